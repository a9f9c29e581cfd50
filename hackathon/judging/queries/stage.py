"""The projector: its keys, and the step of the reveal that is on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hackathon.events.models import Event
from hackathon.judging.models import Round, StageToken, WaitingScreen
from hackathon.judging.queries.results import newest_record, recorded_standings, steps_of
from hackathon.judging.rules import CODE_LASTS, State
from hackathon.shared.clock import now

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.judging.queries.results import Standing


def round_of_key(session: Session, token_hash: str) -> int | None:
    """The round whose projector a key opens; None when it was revoked or never made."""
    return session.scalar(
        select(StageToken.round_id).filter_by(token_hash=token_hash, revoked_at=None)
    )


def keys_of(session: Session, round_id: int) -> list[StageToken]:
    """The keys of a round's projector that open it."""
    query = select(StageToken).filter_by(round_id=round_id, revoked_at=None)
    return list(session.scalars(query.order_by(StageToken.id)))


def waiting_screen(session: Session, key_hash: str) -> WaitingScreen | None:
    """The screen whose browser holds a key, while its code can be confirmed."""
    return session.scalar(
        select(WaitingScreen)
        .filter_by(key_hash=key_hash)
        .where(WaitingScreen.asked_at > now() - CODE_LASTS)
    )


def event_of_round(session: Session, round_id: int) -> str:
    """The slug of the event of a round."""
    query = select(Event.slug).join(Round, Round.event_id == Event.id)
    return session.scalars(query.where(Round.id == round_id)).one()


def _steps(session: Session, found: Round) -> list[list[Standing]]:
    record = newest_record(session, found.id)
    return steps_of(recorded_standings(session, record) if record else [], found.reveal_top)


def steps_in(session: Session, found: Round) -> int:
    """How many steps the reveal has."""
    return len(_steps(session, found))


def step_json(session: Session, found: Round) -> dict[str, Any] | None:
    """The step of the reveal that is shown, with its rows only; None when none is."""
    if found.state not in {State.FINALIZED, State.REVEALED} or not found.reveal_step:
        return None
    steps, step = _steps(session, found), found.reveal_step
    return {
        "step": step,
        "of": len(steps),
        "rows": [
            {"place": row.place, "project": row.title, "team": row.team_name}
            for row in (steps[step - 1] if step <= len(steps) else [])
        ],
    }
