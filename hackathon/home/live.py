"""Home live: the figures of the event that runs move on open pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from hackathon.events.models import Event
from hackathon.events.queries import find_event
from hackathon.home.queries import alone_in, numbers_of, row_of
from hackathon.judging.models import Round
from hackathon.judging.queries.glance import glances
from hackathon.people.access import SIGNED_IN, current_actor, requires
from hackathon.shared.db import reading
from hackathon.shared.facts import FactRow
from hackathon.shared.live import Board, Channel, Message, message

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ORGANIZERS, OTHERS = "organizers", "others"

_events_by_round: dict[int, int] = {}
"""Filled when a home is read: a fact of judging names its round only."""


def _touched(stream: str) -> int | None:
    kind, _, key = stream.partition(":")
    if not key.isdigit():
        return None
    if kind == "judging":
        return _events_by_round.get(int(key))
    return int(key) if kind in {"event", "credits"} else None


def _read(session: Session, event_id: int, audience: str) -> Board:
    """What an audience sees of an event: organizers every figure, others its phase."""
    event = session.get_one(Event, event_id)
    row = row_of(session, event)
    rows: list[dict[str, Any]] = [{"id": "phase", "value": row.phase.label}]
    streams = [f"event:{event_id}"]
    if audience == ORGANIZERS:
        rounds = list(session.scalars(select(Round.id).filter_by(event_id=event_id)))
        _events_by_round.update(dict.fromkeys(rounds, event_id))
        streams += [f"credits:{event_id}", *(f"judging:{number}" for number in rounds)]
        found = glances(session, [event_id], None)
        rows += [
            {"id": one.key, "label": one.label, "value": one.value, "detail": one.detail}
            for one in numbers_of(session, row, found, alone_in(session, row))
        ]
    version = session.scalar(select(func.max(FactRow.position)).where(FactRow.stream.in_(streams)))
    return Board(version or 0, rows)


board = Channel("home.changed", _read, _touched)


class WatchHome(Message):
    """The home's figures of an event, by its slug."""

    event: str


@message("home.watch", WatchHome)
@requires(SIGNED_IN)
def watch_home(data: WatchHome) -> dict[str, Any]:
    """The figures as this viewer may see them; changes are pushed."""
    actor = current_actor()
    event = find_event(reading(), actor, data.event)
    audience = ORGANIZERS if actor.organizes(event.id) else OTHERS
    return {"key": event.id, **board.watch(event.id, audience)}
