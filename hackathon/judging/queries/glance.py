"""How far the rounds are, for homes: one statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import aliased

from hackathon.judging.models import Final, Round, Seat, Visit
from hackathon.judging.queries.conflicts import counts
from hackathon.judging.rules import State
from hackathon.projects.models import Project
from hackathon.shared.facts import Note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Glance:
    """A round: complete sheets of those planned, in all and of the person who asks."""

    round_id: int
    event_id: int
    name: str
    state: State
    done: int
    of: int
    own_done: int
    own_of: int
    is_judge: bool
    reason: str
    """Why it is paused."""


def glances(session: Session, event_ids: Sequence[int], person_id: int | None) -> list[Glance]:
    """The rounds of these events and those in which the person has a seat, until the reveal."""
    visits = (
        select(Visit.round_id, Visit.submitted_at, Seat.person_id)
        .join(Seat, Seat.id == Visit.seat_id)
        .join(Project, Project.id == Visit.project_id)
        .where(counts(), or_(Seat.removed_at.is_(None), Visit.submitted_at.is_not(None)))
        .subquery()
    )
    own = case((visits.c.person_id == person_id, 1), else_=0)
    own_done = case((visits.c.submitted_at.is_not(None), own), else_=0)
    seats = select(Seat.round_id).filter_by(person_id=person_id or 0, removed_at=None)
    is_judge = Round.id.in_(seats)
    final = aliased(Round)  # a round whose final has begun waits for nobody
    went_on = (
        select(Final.first_id)
        .join(final, final.id == Final.round_id)
        .where(final.state != State.DRAFT)
    )
    rows = session.execute(
        select(
            Round.id,
            Round.event_id,
            Round.name,
            Round.state,
            func.count(visits.c.submitted_at),
            func.count(visits.c.round_id),
            func.coalesce(func.sum(own_done), 0),
            func.coalesce(func.sum(own), 0),
            case((is_judge, 1), else_=0),
            Note.text,
        )
        .outerjoin(visits, visits.c.round_id == Round.id)
        .outerjoin(Note, and_(Round.state == State.PAUSED, Note.id == Round.paused_note_id))
        .where(
            or_(Round.event_id.in_(event_ids), is_judge),
            Round.state != State.REVEALED,
            Round.id.not_in(went_on),
        )
        .group_by(Round.id, Note.id)
        .order_by(Round.id)
    )
    return [
        Glance(
            round_id,
            event_id,
            name,
            State(state),
            done,
            of,
            mine,
            mine_of,
            bool(judges),
            reason or "",
        )
        for round_id, event_id, name, state, done, of, mine, mine_of, judges, reason in rows
    ]
