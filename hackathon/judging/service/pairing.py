"""A screen asks for a code; an organizer's word makes its key open the projector of a round.

The key never leaves the browser that asked: what is confirmed is its hash.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from hackathon.judging.models import StageToken, WaitingScreen
from hackathon.judging.rules import CODE_LASTS, MOST_WAITING, fold_code, make_code
from hackathon.judging.service.held import own_round, say
from hackathon.shared.clock import now
from hackathon.shared.errors import Invalid, TooMany
from hackathon.shared.sessions import digest

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


@dataclass(frozen=True)
class Asked:
    """What a screen shows, and the key that its browser keeps to itself."""

    code: str
    key: str


def ask_code(session: Session) -> Asked:
    """A code for a screen at which nobody is signed in; it opens nothing by itself.

    Raises:
        TooMany: too many screens wait at once.
    """
    session.execute(delete(WaitingScreen).where(WaitingScreen.asked_at <= now() - CODE_LASTS))
    taken = set(session.scalars(select(WaitingScreen.code)))
    if len(taken) >= MOST_WAITING:
        raise TooMany(
            "too_many", "Too many screens show a code just now. Wait ten minutes.", retry_after=600
        )
    code = make_code()
    while code in taken:
        code = make_code()
    asked = Asked(code, secrets.token_urlsafe(24))
    session.add(WaitingScreen(code=code, key_hash=digest(asked.key), asked_at=now()))
    session.flush()
    return asked


def confirm_screen(
    session: Session, actor: Actor, *, event_id: int, round_id: int, code: str
) -> None:
    """The screen that shows a code becomes a projector of this round; the code is used up.

    Raises:
        NotAllowed: not an organizer.
        NotFound: no such round.
        Invalid: no screen shows this code now: mistyped, run out or used.
    """
    found = own_round(session, actor, event_id, round_id)
    shown = select(WaitingScreen).filter_by(code=fold_code(code)).with_for_update()
    screen = session.scalar(shown.where(WaitingScreen.asked_at > now() - CODE_LASTS))
    if screen is None:
        raise Invalid(
            "no_such_code",
            "No screen shows this code now: it was typed differently, is older than ten minutes "
            "or was used. Nothing was changed.",
            field="code",
        )
    made = StageToken(
        round_id=found.id, token_hash=screen.key_hash, made_by_id=actor.person_id, made_at=now()
    )
    session.add(made)
    session.delete(screen)
    session.flush()
    say(session, actor, found, "stage.made", key=made.id)
