"""A team's tokens: what its programs hold credits with. Shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from hackathon.credits.models import TeamToken
from hackathon.credits.service.ledger import hold_team, say
from hackathon.shared.clock import now
from hackathon.shared.errors import Conflict, Invalid, NotFound
from hackathon.teams.rules import check_leads

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor

MOST_TOKENS = 10
PREFIX = "hkt_"


def hash_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def make_token(
    session: Session, actor: Actor, *, event_id: int, team_id: int, name: str
) -> tuple[TeamToken, str]:
    """Make a token of a team; returns it and its text, which is kept nowhere.

    Raises:
        NotFound: the event has no such team.
        NotAllowed: neither its captain nor an organizer.
        Invalid: no name.
        Conflict: ten living tokens, or an archived team.
    """
    team = hold_team(session, event_id, team_id, living=True)
    check_leads(actor, event_id, team.captain_id)
    clean = " ".join(name.split())
    if not 1 <= len(clean) <= 60:  # noqa: PLR2004 - said in the message
        raise Invalid("name", "Say what uses it: 1 to 60 characters.", field="name")
    living = session.scalar(
        select(func.count(TeamToken.id)).where(
            TeamToken.team_id == team_id, TeamToken.revoked_at.is_(None)
        )
    )
    if (living or 0) >= MOST_TOKENS:
        raise Conflict("too_many", f"A team has at most {MOST_TOKENS} tokens. Revoke one first.")
    text = PREFIX + secrets.token_urlsafe(32)
    made = TeamToken(
        event_id=event_id,
        team_id=team_id,
        name=clean,
        token_hash=hash_of(text),
        hint=text[-4:],
        made_by_id=actor.person_id,
    )
    session.add(made)
    session.flush()
    say(session, actor, event_id, "token.made", team=team_id, token=made.id)
    return made, text


def revoke_token(
    session: Session, actor: Actor, *, event_id: int, team_id: int, token_id: int
) -> TeamToken:
    """End a token; its next call is refused. Its holds stay until they end by themselves.

    Raises:
        NotFound: the team has no such token.
        NotAllowed: neither its captain nor an organizer.
    """
    team = hold_team(session, event_id, team_id)
    found = session.scalar(select(TeamToken).filter_by(id=token_id, team_id=team_id))
    if found is None:
        raise NotFound("no_such_token", "This team has no such token.")
    check_leads(actor, event_id, team.captain_id)
    if found.revoked_at is None:
        found.revoked_at, found.revoked_by_id = now(), actor.person_id
        session.flush()
        say(session, actor, event_id, "token.revoked", team=team_id, token=found.id)
    return found
