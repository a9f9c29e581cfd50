"""What of a round stays as it is while marks come: its projects, its rubric, who judges.

Sixty phones that come back at once and the boards, five times a second, stand on the same
ground; it is read once, until a fact other than a mark says otherwise (`shared.kept`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, bindparam, not_, or_, select

from hackathon.events.models import Event
from hackathon.judging.models import Pitch, Seat, Visit
from hackathon.judging.queries.conflicts import stands
from hackathon.judging.queries.rounds import criteria_of, entries_of
from hackathon.people.models import Person
from hackathon.projects.models import Project
from hackathon.shared.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from hackathon.judging.models import Round
    from hackathon.judging.queries.rounds import Entry


class Line(NamedTuple):
    """A criterion by its number and by its word."""

    id: int
    key: str


class Judge(NamedTuple):
    """Who judges, or did."""

    seat_id: int
    name: str
    is_away: bool
    """The seat was taken away."""


@dataclass(frozen=True)
class Ground:
    """The projects of a round in their order, its criteria, its judges by name."""

    entries: Sequence[Entry]
    lines: Sequence[Line]
    judges: Sequence[Judge]
    void: frozenset[int]
    """The visits that do not stand: a conflict, or a project that is out."""


QUIET = ("mark.saved", "texts.saved", "session.begun", "session.ended")
"""The facts that leave the ground as it is."""

_kept = Kept(QUIET)


def ground_of(session: Session, found: Round) -> Ground:
    """The ground of a round, not older than a second; for a session that only reads."""
    round_id, event_id = found.id, found.event_id
    return _kept.of(session, round_id, lambda: _read(session, round_id, event_id))


def _read(session: Session, round_id: int, event_id: int) -> Ground:
    event = session.get_one(Event, event_id)
    return Ground(
        entries=entries_of(session, event, round_id),
        lines=[Line(line.id, line.key) for line in criteria_of(session, round_id)],
        judges=judges_of(session, round_id),
        void=frozenset(session.scalars(_VOID, {"round": round_id})),
    )


def judges_of(session: Session, round_id: int) -> list[Judge]:
    """Who judges in a round, or did, by name."""
    return [Judge(*row) for row in session.execute(_JUDGES, {"round": round_id})]


_JUDGES = (
    select(Seat.id, Person.name, Seat.removed_at.is_not(None))
    .join(Person, Person.id == Seat.person_id)
    .where(Seat.round_id == bindparam("round"))
    .order_by(Person.name, Seat.id)
)
_VOID = (
    select(Visit.id)
    .join(Project, Project.id == Visit.project_id)
    .outerjoin(Pitch, and_(Pitch.round_id == Visit.round_id, Pitch.project_id == Visit.project_id))
    .where(Visit.round_id == bindparam("round"), or_(not_(stands()), Pitch.id.is_(None)))
)
