"""Holds and tokens of a team, as its statement shows them; what is due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import aliased

from hackathon.credits.models import Entry, Hold, TeamToken
from hackathon.people.models import Person

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from hackathon.shared.money import Micros


@dataclass(frozen=True)
class HoldLine:
    """A hold, the token that made it, what was captured of it."""

    hold: Hold
    token: str
    captured: Micros | None


@dataclass(frozen=True)
class TokenLine:
    """A token and who made and revoked it."""

    token: TeamToken
    made_by: str
    revoked_by: str


def holds_of(session: Session, team_id: int, limit: int = 50) -> list[HoldLine]:
    """Holds of a team, the open ones first, then the newest; one statement."""
    rows = session.execute(
        select(Hold, TeamToken.name, Entry.amount)
        .outerjoin(TeamToken, TeamToken.id == Hold.token_id)
        .outerjoin(Entry, Entry.key == "capture:" + Hold.id.cast(Entry.key.type))
        .where(Hold.team_id == team_id)
        .order_by((Hold.state == "open").desc(), Hold.id.desc())
        .limit(limit)
    )
    return [HoldLine(hold, name or "", amount) for hold, name, amount in rows]


def tokens_of(session: Session, team_id: int) -> list[TokenLine]:
    """Tokens of a team, the newest first; one statement."""
    maker, revoker = aliased(Person), aliased(Person)
    rows = session.execute(
        select(TeamToken, maker.name, revoker.name)
        .outerjoin(maker, maker.id == TeamToken.made_by_id)
        .outerjoin(revoker, revoker.id == TeamToken.revoked_by_id)
        .where(TeamToken.team_id == team_id)
        .order_by(TeamToken.revoked_at.is_(None).desc(), TeamToken.id.desc())
    )
    return [TokenLine(token, made or "command line", ended or "") for token, made, ended in rows]


def teams_with_due(session: Session, moment: datetime) -> list[int]:
    """Teams with a hold that should have ended by itself."""
    query = select(Hold.team_id).where(Hold.state == "open", Hold.expires_at <= moment).distinct()
    return list(session.scalars(query.order_by(Hold.team_id)))
