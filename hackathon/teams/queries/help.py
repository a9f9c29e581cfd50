"""Reads of help requests: the queue, one team's, whom nobody has helped yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import aliased

from hackathon.people.models import EventRoleGrant, Person
from hackathon.people.rules import Role
from hackathon.teams.models import HelpRequest, Membership, Team
from hackathon.teams.rules import TOPICS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

LIVING = ("open", "claimed")
STREAM = "help"
"""Facts of help lie on `help:<event id>`."""


@dataclass(frozen=True)
class HelpRow:
    """A request for help in the queue."""

    id: int
    team_id: int
    team: str
    topic: str
    wish: str
    place: str
    state: str
    asked_by: str
    asked_at: datetime
    claimed_by_id: int | None
    claimed_by: str

    def as_json(self) -> dict[str, object]:
        """What a live board shows of it."""
        return {
            "id": str(self.id),
            "team": self.team,
            "topic": self.topic,
            "wish": self.wish,
            "place": self.place,
            "state": self.state,
            "asked_at": self.asked_at.isoformat(),
            "claimed_by": self.claimed_by,
        }


def living_requests(
    session: Session, event_id: int, *, team_id: int | None = None
) -> list[HelpRow]:
    """Who waits for help or is being helped, the longest wait first; one statement."""
    asker, helper = aliased(Person), aliased(Person)
    query = (
        select(HelpRequest, Team.name, asker.name, helper.name)
        .join(Team, Team.id == HelpRequest.team_id)
        .outerjoin(asker, asker.id == HelpRequest.asked_by_id)
        .outerjoin(helper, helper.id == HelpRequest.claimed_by_id)
        .where(HelpRequest.event_id == event_id, HelpRequest.state.in_(LIVING))
        .order_by(HelpRequest.state.desc(), HelpRequest.asked_at, HelpRequest.id)
    )
    if team_id is not None:
        query = query.where(HelpRequest.team_id == team_id)
    return [
        HelpRow(
            id=row.id,
            team_id=row.team_id,
            team=team,
            topic=TOPICS[row.topic],
            wish=row.wish,
            place=row.place,
            state=row.state,
            asked_by=asked or "",
            asked_at=row.asked_at,
            claimed_by_id=row.claimed_by_id,
            claimed_by=claimed or "",
        )
        for row, team, asked, claimed in session.execute(query)
    ]


def never_helped(session: Session, event_id: int) -> Sequence[str]:
    """The living teams that nobody has come to yet, by name."""
    seen = select(HelpRequest.team_id).where(
        HelpRequest.event_id == event_id, HelpRequest.claimed_by_id.is_not(None)
    )
    query = select(Team.name).where(
        Team.event_id == event_id, Team.archived_at.is_(None), Team.id.not_in(seen)
    )
    return session.scalars(query.order_by(Team.name_key)).all()


def members_of(session: Session, team_id: int) -> list[int]:
    """Who is in a team now."""
    query = select(Membership.person_id).filter_by(team_id=team_id, left_at=None)
    return list(session.scalars(query.order_by(Membership.id)))


def helpers_of(session: Session, event_id: int) -> list[int]:
    """The mentors of an event; its organizers when it has none."""
    rows = session.execute(
        select(EventRoleGrant.person_id, EventRoleGrant.role)
        .where(
            EventRoleGrant.event_id == event_id,
            EventRoleGrant.role.in_([Role.MENTOR, Role.ORGANIZER]),
        )
        .order_by(EventRoleGrant.person_id)
    ).all()
    mentors = [row.person_id for row in rows if row.role == Role.MENTOR]
    return mentors or [row.person_id for row in rows]
