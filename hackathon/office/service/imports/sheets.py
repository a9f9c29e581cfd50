"""Judges' sheets from a file: marks that differ become rows of the ledger."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.judging.models import Mark, Seat, Visit
from hackathon.judging.queries.rounds import criteria_of, entries_of, rubric_of, seat_of, seats_of
from hackathon.judging.rules import (
    FROM_FREEZE,
    State,
    check_may_see_values,
    check_text,
    parse_form_value,
)
from hackathon.judging.service.held import own_round
from hackathon.judging.service.marks import Texts
from hackathon.judging.service.rounds import take_in
from hackathon.judging.service.seats import add_seat
from hackathon.judging.service.sheets import bring_sheet
from hackathon.office.rules.tables import Problem, fold_column
from hackathon.office.service.imports.judges import meant_round
from hackathon.office.service.imports.runs import Run, needed, own_event
from hackathon.people.queries import by_email
from hackathon.people.rules import fold_name
from hackathon.shared.errors import Conflict, Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from hackathon.events.models import Event
    from hackathon.judging.models import CriterionRow, Round
    from hackathon.judging.queries.rounds import Entry
    from hackathon.judging.rules import Scale
    from hackathon.office.rules.tables import Line, Outcome, Table
    from hackathon.people.rules import Actor

NEEDED = ("project", "judge")
TEXTS = ("strength", "question", "note")


def import_sheets(
    session: Session, actor: Actor, *, slug: str, table: Table, round_id: int | None = None
) -> Outcome:
    """Bring sheets into a round before its freeze, with the seats and visits they need.

    A blank cell is not scored. A row with every criterion is a submitted sheet, with some
    an incomplete one, with none the visit only.

    Raises:
        NotFound, NotAllowed: the event or round is unknown, or not the actor's to organize;
            or the actor judges in this round.
        Conflict: the round is frozen, or there is none.
    """
    event = own_event(session, actor, slug)
    found = own_round(session, actor, event.id, meant_round(session, event, round_id).id)
    own = seat_of(session, found.id, actor.person_id)
    check_may_see_values(State(found.state), holds_seat=own is not None)
    if State(found.state) in FROM_FREEZE:
        raise Conflict("frozen", "Judging is closed; sheets come in before the freeze.")
    take_in(session, actor, event_id=event.id)
    lines = criteria_of(session, found.id)
    columns = _columns(lines, table)
    run = Run(table, needed=NEEDED, known={*NEEDED, *TEXTS, *columns.values()})
    if not table.problems:
        run.outcome.warnings += [
            Problem(1, line.label, "The file has no column for this criterion.")
            for line in lines
            if line.key not in columns
        ]
    scale = rubric_of(found, lines).scale
    projects = _Projects(entries_of(session, event, found.id))
    for line in run.lines():
        with run.at(line):
            project_id = projects.find(needed(line, "project"))
            seat = _seat(session, actor, event, found, needed(line, "judge", 320))
            run.only_once(line, "judge", (project_id, seat.id))
            values = _values(line, columns, scale)
            was_there, had_marks = _before(session, seat.id, project_id)
            added = bring_sheet(
                session,
                actor,
                found=found,
                seat=seat,
                project_id=project_id,
                values=values,
                texts=_texts(line),
            )
            is_new = not was_there or (added > 0 and not had_marks)
            run.count(created=is_new, changed=added > 0)
    return run.outcome


def _columns(lines: Sequence[CriterionRow], table: Table) -> dict[str, str]:
    """The folded column of each criterion that the file has, by key or else by label."""
    found = {}
    for line in lines:
        for name in (fold_column(line.key), fold_column(line.label)):
            if name in table.header:
                found[line.key] = name
                break
    return found


class _Projects:
    """The projects of a round by what files call them."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.by_key: dict[str, int] = {}
        self.by_title: dict[str, list[int]] = defaultdict(list)
        for entry in entries:
            if entry.submission.key:
                self.by_key[entry.submission.key] = entry.project_id
            self.by_title[fold_name(entry.submission.title)].append(entry.project_id)

    def find(self, word: str) -> int:
        """A project by key, else by title."""
        if word in self.by_key:
            return self.by_key[word]
        named = self.by_title.get(fold_name(word), [])
        if not named:
            raise Invalid(
                "no_such_project", "No project of this round has that key or title.",
                field="project",
            )  # fmt: skip
        if len(named) > 1:
            raise Invalid(
                "ambiguous", f"{len(named)} projects have this title; use their keys.",
                field="project",
            )  # fmt: skip
        return named[0]


def _seat(session: Session, actor: Actor, event: Event, found: Round, word: str) -> Seat:
    """A judge's seat by e-mail, made where it is missing; else by key."""
    if "@" in word:
        person = by_email(session, word)
        if person is None:
            raise Invalid("no_such_judge", "Nobody here has this address.", field="judge")
        seat = seat_of(session, found.id, person.id)
        return seat or add_seat(
            session, actor, event_id=event.id, round_id=found.id, person_id=person.id
        )
    for row in seats_of(session, found.id):
        if row.seat.key == word:
            return row.seat
    raise Invalid("no_such_judge", "No judge of this round has that key.", field="judge")


def _values(line: Line, columns: dict[str, str], scale: Scale) -> dict[str, int]:
    values = {}
    for key, column in columns.items():
        typed = line.get(column).replace(",", ".")
        if typed:
            try:
                values[key] = parse_form_value(typed, scale)
            except Invalid as refusal:
                raise Invalid(refusal.word, refusal.message, field=column) from refusal
    return values


def _texts(line: Line) -> Texts:
    return Texts(**{name: check_text(line.get(name), name) for name in TEXTS})


def _before(session: Session, seat_id: int, project_id: int) -> tuple[bool, bool]:
    """Whether the visit is there, and whether it has marks."""
    visit = session.scalar(select(Visit.id).filter_by(seat_id=seat_id, project_id=project_id))
    marks = select(Mark.id).filter_by(visit_id=visit or 0).limit(1)
    return visit is not None, session.scalar(marks) is not None
