"""Requests for credits, with the words of both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from hackathon.credits.models import CreditRequest
from hackathon.people.models import Person
from hackathon.shared.facts import Note
from hackathon.teams.models import Team

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

WAITING = ("asked", "agreed")


@dataclass(frozen=True)
class RequestLine:
    """A request as people read it."""

    request: CreditRequest
    team: str
    asked_by: str
    reason: str
    agreed_by: str
    decided_by: str
    answer: str

    @property
    def waits(self) -> bool:
        """Whether somebody has to decide."""
        return self.request.state in WAITING


def requests_of(
    session: Session, event_id: int, team_id: int | None = None, limit: int = 200
) -> list[RequestLine]:
    """Requests of an event or a team, those that wait first; one statement."""
    asker, agreer, decider = aliased(Person), aliased(Person), aliased(Person)
    why, answer = aliased(Note), aliased(Note)
    query = (
        select(
            CreditRequest, Team.name, asker.name, why.text, agreer.name, decider.name, answer.text
        )
        .join(Team, Team.id == CreditRequest.team_id)
        .join(why, why.id == CreditRequest.note_id)
        .outerjoin(asker, asker.id == CreditRequest.asked_by_id)
        .outerjoin(agreer, agreer.id == CreditRequest.agreed_by_id)
        .outerjoin(decider, decider.id == CreditRequest.decided_by_id)
        .outerjoin(answer, answer.id == CreditRequest.answer_id)
        .where(CreditRequest.event_id == event_id)
        .order_by(CreditRequest.state.in_(WAITING).desc(), CreditRequest.id.desc())
        .limit(limit)
    )
    if team_id is not None:
        query = query.where(CreditRequest.team_id == team_id)
    return [
        RequestLine(
            row[0], row[1], row[2] or "", row[3] or "", row[4] or "", row[5] or "", row[6] or ""
        )
        for row in session.execute(query)
    ]


def waiting_count(session: Session, event_id: int) -> int:
    """How many requests of an event wait."""
    return (
        session.scalar(
            select(func.count(CreditRequest.id)).where(
                CreditRequest.event_id == event_id, CreditRequest.state.in_(WAITING)
            )
        )
        or 0
    )
