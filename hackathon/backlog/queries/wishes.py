"""What teams ask for after the reveal: that their project goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from hackathon.backlog.models import FurtherWish, Proposal
from hackathon.backlog.rules import State
from hackathon.people.models import Person
from hackathon.projects.queries import submissions
from hackathon.shared.facts import note_texts

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from hackathon.events.models import Event


def promoted(session: Session, project_id: int) -> Proposal | None:
    """The proposal a project has become; None when it was taken back."""
    return session.scalar(
        select(Proposal).where(Proposal.project_id == project_id, Proposal.state != State.WITHDRAWN)
    )


def wish_of(session: Session, project_id: int) -> FurtherWish | None:
    """What the team of a project asked for."""
    return session.scalar(select(FurtherWish).filter_by(project_id=project_id))


def reason_of(session: Session, wish: FurtherWish) -> str:
    """Why it was declined."""
    if wish.note_id is None:
        return ""
    return note_texts(session, [wish.note_id]).get(wish.note_id, "")


def is_waiting(event_id: int) -> tuple[ColumnElement[bool], ...]:
    """Whether a wish waits for an answer, as a part of a statement."""
    there = select(Proposal.project_id).where(
        Proposal.event_id == event_id,
        Proposal.project_id.is_not(None),
        Proposal.state != State.WITHDRAWN,
    )
    return (
        FurtherWish.event_id == event_id,
        FurtherWish.declined_at.is_(None),
        FurtherWish.project_id.not_in(there),
    )


@dataclass(frozen=True)
class WishRow:
    """A wish that waits for an answer."""

    wish: FurtherWish
    title: str
    team: str
    by: str


def waiting_wishes(session: Session, event: Event) -> list[WishRow]:
    """The wishes of an event that nobody has answered, the first first."""
    rows = session.execute(
        select(FurtherWish, func.coalesce(Person.name, ""))
        .outerjoin(Person, Person.id == FurtherWish.wished_by_id)
        .where(*is_waiting(event.id))
        .order_by(FurtherWish.wished_at, FurtherWish.id)
    ).all()
    known = {row.project_id: row for row in submissions(session, event)} if rows else {}
    return [
        WishRow(wish, known[wish.project_id].title, known[wish.project_id].team_name, by)
        for wish, by in rows
        if wish.project_id in known
    ]
