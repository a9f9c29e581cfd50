"""Who judges one project, and what is there of each sheet: counts and sources, never values."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select

from hackathon.judging.models import Mark, Seat, Visit
from hackathon.judging.queries.conflicts import conflicts_of
from hackathon.judging.queries.presence import is_away
from hackathon.people.models import Person

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from hackathon.judging.models import Round


@dataclass(frozen=True)
class OnPaper:
    """A judge of a round and the sheet for one project.

    `scored`: criteria that have a score; `entered_by`: who entered the newest of them in the
    judge's place, at `entered_at`; empty where the judge's own device sent them all.
    """

    seat_id: int
    name: str
    is_listed: bool
    """The project is on the judge's list."""
    is_complete: bool
    is_away: bool
    has_conflict: bool
    scored: int
    is_from_device: bool
    entered_by: str
    entered_at: datetime | None


def judges_of_project(session: Session, found: Round, project_id: int) -> list[OnPaper]:
    """The judges of a round by name, with what is there for a project; three statements."""
    conflicts = conflicts_of(session, found.id)
    cells = _cells(session, found.id, project_id)
    rows: Any = session.execute(
        select(Seat.id, Person.name, Visit, is_away())
        .join(Person, Person.id == Seat.person_id)
        .outerjoin(Visit, and_(Visit.seat_id == Seat.id, Visit.project_id == project_id))
        .where(Seat.round_id == found.id, Seat.removed_at.is_(None))
        .order_by(Person.name, Seat.id)
    )
    return [
        OnPaper(
            seat_id=seat_id,
            name=name,
            is_listed=visit is not None and visit.released_at is None,
            is_complete=visit is not None and visit.submitted_at is not None,
            is_away=away,
            has_conflict=(seat_id, project_id) in conflicts,
            scored=len(there := cells.get(seat_id, {})),
            is_from_device=any(not by for by, _ in there.values()),
            entered_by=(newest := max(there.values(), key=_when, default=("", None)))[0],
            entered_at=newest[1],
        )
        for seat_id, name, visit, away in rows
    ]


Entered = tuple[str, "datetime | None"]
"""Who entered a score in the judge's place (empty: nobody) and when it came."""


def _when(entered: Entered) -> tuple[bool, datetime | None]:
    return bool(entered[0]), entered[1]


def _cells(session: Session, round_id: int, project_id: int) -> dict[int, dict[int, Entered]]:
    """By seat and criterion: where the current score comes from; cleared ones are left out."""
    rows = session.execute(
        select(Visit.seat_id, Mark.criterion_id, Mark.value, Mark.received_at, Person.name)
        .join(Visit, Visit.id == Mark.visit_id)
        .outerjoin(Person, Person.id == Mark.entered_by_id)
        .where(Visit.round_id == round_id, Visit.project_id == project_id)
        .order_by(Mark.seq, Mark.id)
    )
    found: dict[int, dict[int, Entered]] = defaultdict(dict)
    for seat_id, criterion_id, value, at, name in rows:
        if value is None:
            found[seat_id].pop(criterion_id, None)
        else:
            found[seat_id][criterion_id] = (name or "", at)
    return found
