"""The ledger of marks: current cells, texts, complete sheets, the late tray."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Integer, and_, bindparam, func, select

from hackathon.judging.models import (
    Correction,
    CriterionRow,
    Feedback,
    LateMark,
    Mark,
    Pitch,
    Seat,
    Visit,
)
from hackathon.judging.queries.conflicts import counts
from hackathon.judging.standings import Sheet
from hackathon.people.models import Person
from hackathon.projects.models import Project
from hackathon.shared.facts import Note

if TYPE_CHECKING:
    from collections.abc import Container, Sequence
    from datetime import datetime

    from sqlalchemy import BindParameter, Select, Subquery
    from sqlalchemy.orm import Session


class Cell(NamedTuple):
    """The current mark of a cell. `value` in tenths; None: cleared."""

    value: int | None
    seq: int
    receipt: int
    corrected: str = ""
    """Why an organizer entered it in the judge's place; empty for the judge's own."""


Cells = dict[int, Cell]
"""By criterion."""


def _ranked(round_id: int | BindParameter[int], seat: BindParameter[int] | None = None) -> Subquery:
    """Every mark of a round, or of one judge in it, ranked in its cell: 1 is the one that counts.

    That is the one of the highest (seq, receipt).
    """
    ranked = select(
        Mark.visit_id,
        Mark.criterion_id,
        Mark.value,
        Mark.seq,
        Mark.id,
        func.row_number()
        .over(
            partition_by=(Mark.visit_id, Mark.criterion_id),
            order_by=(Mark.seq.desc(), Mark.id.desc()),
        )
        .label("back"),
    )
    ranked = ranked.join(Visit, Visit.id == Mark.visit_id).where(Visit.round_id == round_id)
    return (ranked.where(Visit.seat_id == seat) if seat is not None else ranked).subquery()


def visits_with_cells(
    session: Session, round_id: int, seat_id: int | None = None
) -> list[tuple[Visit, Cells]]:
    """The visits that count with their current marks, in the running order; one statement."""
    asked = _visits_asked(of_one=seat_id is not None)
    found: dict[int, tuple[Visit, Cells]] = {}
    for visit, criterion_id, value, seq, receipt, why in session.execute(
        asked, {"round": round_id, "seat": seat_id} if seat_id is not None else {"round": round_id}
    ):
        cells = found.setdefault(visit.id, (visit, {}))[1]
        if criterion_id is not None:
            cells[criterion_id] = Cell(value, seq, receipt, why or "")
    return list(found.values())


@cache
def _visits_asked(*, of_one: bool) -> Select[Any]:
    """Made once: every phone that comes asks it."""
    seat = bindparam("seat", type_=Integer) if of_one else None
    ranked = _ranked(bindparam("round", type_=Integer), seat)
    query = (
        select(Visit, ranked.c.criterion_id, ranked.c.value, ranked.c.seq, ranked.c.id, Note.text)
        .join(Project, Project.id == Visit.project_id)
        .join(Pitch, and_(Pitch.round_id == Visit.round_id, Pitch.project_id == Visit.project_id))
        .outerjoin(ranked, and_(ranked.c.visit_id == Visit.id, ranked.c.back == 1))
        .outerjoin(Correction, Correction.mark_id == ranked.c.id)
        .outerjoin(Note, Note.id == Correction.note_id)
        .where(Visit.round_id == bindparam("round"), counts())
        .order_by(Pitch.position, Visit.id)
    )
    return query.where(Visit.seat_id == seat) if seat is not None else query


def cells_of_visit(session: Session, visit_id: int) -> dict[int, Cell]:
    """The current marks of one visit by criterion."""
    rows = session.execute(_CELLS, {"visit": visit_id})
    return {criterion: Cell(value, seq, receipt) for criterion, value, seq, receipt in rows}


_CELLS = (
    select(Mark.criterion_id, Mark.value, Mark.seq, Mark.id)
    .where(Mark.visit_id == bindparam("visit"))
    .order_by(Mark.seq, Mark.id)
)


def texts_of(session: Session, round_id: int, seat_id: int | None = None) -> dict[int, Feedback]:
    """The current texts of each visit that has any."""
    query, given = _TEXTS, {"round": round_id}
    if seat_id is not None:
        query, given = _TEXTS_OF_ONE, {"round": round_id, "seat": seat_id}
    return {row.visit_id: row for row in session.scalars(query, given)}


_TEXTS = (
    select(Feedback)
    .join(Visit, Visit.id == Feedback.visit_id)
    .where(Visit.round_id == bindparam("round"))
    .order_by(Feedback.seq, Feedback.id)
)
_TEXTS_OF_ONE = _TEXTS.where(Visit.seat_id == bindparam("seat"))


@dataclass(frozen=True)
class Ledger:
    """What a round's standings are made from: its complete sheets and their visits."""

    sheets: list[Sheet]
    projects: dict[int, int]
    """The project of each complete visit."""


def ledger_of(
    session: Session, round_id: int, lines: Sequence[CriterionRow], known: Container[int]
) -> Ledger:
    """The complete sheets of the known projects, recomputed from the marks; one statement."""
    sheets, projects = [], {}
    for visit, cells in visits_with_cells(session, round_id):
        values = {
            line.key: cell.value
            for line in lines
            if (cell := cells.get(line.id)) is not None and cell.value is not None
        }
        if len(values) == len(lines) and visit.project_id in known:
            projects[visit.id] = visit.project_id
            sheets.append(Sheet(visit.seat_id, visit.project_id, values))
    return Ledger(sheets, projects)


def sheets_of_visits(
    session: Session, round_id: int, lines: Sequence[CriterionRow], visit_ids: Container[int]
) -> list[Sheet]:
    """The complete sheets of named visits, such as those a record counts; one statement."""
    ranked = _ranked(round_id)
    query = (
        select(Visit, ranked.c.criterion_id, ranked.c.value)
        .join(ranked, and_(ranked.c.visit_id == Visit.id, ranked.c.back == 1))
        .where(ranked.c.value.is_not(None))
        .order_by(Visit.id)
    )
    keys = {line.id: line.key for line in lines}
    found: dict[int, Sheet] = {}
    values: dict[int, dict[str, int]] = {}
    for visit, criterion_id, value in session.execute(query):
        if visit.id in visit_ids:
            own = values.setdefault(visit.id, {})
            own[keys[criterion_id]] = value
            found[visit.id] = Sheet(visit.seat_id, visit.project_id, own)
    return [found[visit_id] for visit_id, own in values.items() if len(own) == len(keys)]


@dataclass(frozen=True)
class MarkRow:
    """A row of the ledger as organizers see it."""

    receipt: int
    key: str
    seq: int
    visit: int
    judge: str
    project_id: int
    project: str
    criterion: str
    value: int | None
    at: datetime
    superseded: bool


def mark_rows(session: Session, round_id: int, titles: dict[int, str]) -> list[MarkRow]:
    """Every mark of a round, the oldest first; `titles` by project."""
    ranked = _ranked(round_id)
    current = set(session.scalars(select(ranked.c.id).where(ranked.c.back == 1)))
    rows = session.execute(
        select(Mark, Visit.project_id, Person.email, CriterionRow.key)
        .join(Visit, Visit.id == Mark.visit_id)
        .join(Seat, Seat.id == Visit.seat_id)
        .join(Person, Person.id == Seat.person_id)
        .join(CriterionRow, CriterionRow.id == Mark.criterion_id)
        .where(Visit.round_id == round_id)
        .order_by(Mark.id)
    )
    return [
        MarkRow(
            receipt=mark.id,
            key=mark.key,
            seq=mark.seq,
            visit=mark.visit_id,
            judge=email,
            project_id=project_id,
            project=titles.get(project_id, ""),
            criterion=criterion,
            value=mark.value,
            at=mark.received_at,
            superseded=mark.id not in current,
        )
        for mark, project_id, email, criterion in rows
    ]


# --- the late tray --------------------------------------------------------------------


@dataclass(frozen=True)
class LateRow:
    """Something that came after the freeze, as organizers see it."""

    late: LateMark
    judge: str
    person_id: int
    criterion: str
    before_freeze: bool
    has_left: bool = False
    """Came after the judge's seat was taken away."""


def late_rows(session: Session, round_id: int, frozen_at: datetime | None) -> list[LateRow]:
    """The late tray, what is undecided first."""
    rows = session.execute(
        select(LateMark, Person.name, Person.id, CriterionRow.label, Seat.removed_at)
        .join(Seat, Seat.id == LateMark.seat_id)
        .join(Person, Person.id == Seat.person_id)
        .outerjoin(CriterionRow, CriterionRow.id == LateMark.criterion_id)
        .where(LateMark.round_id == round_id)
        .order_by(LateMark.decided_at.is_not(None), LateMark.id)
    )
    return [
        LateRow(
            late=late,
            judge=name,
            person_id=person_id,
            criterion=label or "texts",
            before_freeze=frozen_at is not None and late.made_at < frozen_at,
            has_left=removed_at is not None and late.received_at >= removed_at,
        )
        for late, name, person_id, label, removed_at in rows
    ]


def late_waiting(session: Session, round_id: int) -> int:
    """How many late marks nobody has decided yet."""
    query = select(func.count()).select_from(LateMark)
    found = session.scalar(
        query.where(LateMark.round_id == round_id, LateMark.decided_at.is_(None))
    )
    return found or 0
