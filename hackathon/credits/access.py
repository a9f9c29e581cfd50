"""Who asks with a team's token: a program, never a person."""

from __future__ import annotations

from flask import g, request
from sqlalchemy import select

from hackathon.credits.models import TeamToken
from hackathon.credits.service.tokens import PREFIX, hash_of
from hackathon.people.access import Permission
from hackathon.shared.db import reading
from hackathon.shared.errors import NotSignedIn


def token_or_none() -> TeamToken | None:
    """The living token of `Authorization: Bearer`, read once a request."""
    if "team_token" not in g:
        g.team_token = None
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        text = text.strip()
        if scheme.casefold() == "bearer" and text.startswith(PREFIX):
            query = select(TeamToken).filter_by(token_hash=hash_of(text), revoked_at=None)
            g.team_token = reading().scalar(query)
    found: TeamToken | None = g.team_token
    return found


def _holds(_actor: object, _event: object, _args: object) -> bool:
    if token_or_none() is None:
        raise NotSignedIn(
            "token", "Send a team's token as `Authorization: Bearer <token>`; nothing was changed."
        )
    return True


TEAM_TOKEN = Permission("team token", _holds, by_token=True)
