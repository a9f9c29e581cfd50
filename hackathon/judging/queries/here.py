"""What every page of an event asks of judging: own seats, and whether it is paused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select

from hackathon.judging.models import Final, Round, Seat
from hackathon.judging.rules import State
from hackathon.shared.facts import FactRow, Note

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from sqlalchemy.orm import Session

TURNS = ("round.opened", "round.paused", "round.resumed", "round.frozen", "round.reopened")
"""The facts after which a banner may come or go."""


@dataclass(frozen=True)
class RoundHere:
    """A round of an event, the asking person's seat in it, and why it is paused.

    `first_id`: the round whose best are judged in it.
    """

    found: Round
    seat: Seat | None
    reason: str
    first_id: int | None

    @property
    def is_paused(self) -> bool:
        """Whether everybody at the event should know that judging waits."""
        return self.found.state == State.PAUSED


def rounds_here(session: Session, event_id: int, person_id: int | None) -> list[RoundHere]:
    """The rounds of an event, the newest last; one statement."""
    is_own = and_(
        Seat.round_id == Round.id, Seat.person_id == (person_id or 0), Seat.removed_at.is_(None)
    )
    is_why = and_(Round.state == State.PAUSED, Note.id == Round.paused_note_id)
    query = (
        select(Round, Seat, func.coalesce(Note.text, ""), Final.first_id)
        .outerjoin(Final, Final.round_id == Round.id)
        .outerjoin(Seat, is_own)
        .outerjoin(Note, is_why)
        .where(Round.event_id == event_id)
        .order_by(Round.id)
    )
    return [RoundHere(*row) for row in session.execute(query)]


def pause_board(session: Session, event_id: int) -> tuple[int, list[dict[str, Any]]]:
    """(version, rows): the round that is paused with its reason; no row when none is."""
    rounds = rounds_here(session, event_id, None)
    rows = [
        {"id": "paused", "round": row.found.id, "reason": row.reason}
        for row in rounds
        if row.is_paused
    ]
    return _version(session, [row.found.id for row in rounds]), rows


def _version(session: Session, round_ids: Sequence[int]) -> int:
    streams = [f"judging:{number}" for number in round_ids]
    query = select(func.max(FactRow.position)).where(
        FactRow.stream.in_(streams), FactRow.kind.in_(TURNS)
    )
    return session.scalar(query) or 0
