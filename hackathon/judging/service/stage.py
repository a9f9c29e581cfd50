"""Keys to the projector: made and revoked by organizers, read-only."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.judging.models import StageToken
from hackathon.judging.service.held import own_round, say
from hackathon.shared.clock import now
from hackathon.shared.errors import NotFound
from hackathon.shared.sessions import digest

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def make_key(session: Session, actor: Actor, *, event_id: int, round_id: int) -> str:
    """A new key to the projector of a round; it is shown once, its hash is stored."""
    found = own_round(session, actor, event_id, round_id)
    token = secrets.token_urlsafe(24)
    made = StageToken(
        round_id=found.id, token_hash=digest(token), made_by_id=actor.person_id, made_at=now()
    )
    session.add(made)
    session.flush()
    say(session, actor, found, "stage.made", key=made.id)
    return token


def revoke_key(
    session: Session, actor: Actor, *, event_id: int, round_id: int, key_id: int
) -> None:
    """The key opens nothing any more; projectors that use it go dark.

    Raises:
        NotFound: the round has no such key.
    """
    found = own_round(session, actor, event_id, round_id)
    key = session.scalar(select(StageToken).filter_by(id=key_id, round_id=found.id))
    if key is None:
        raise NotFound("no_such_key", "This round has no such key.")
    if key.revoked_at is None:
        key.revoked_at = now()
        say(session, actor, found, "stage.revoked", key=key.id)
