"""Who may open the doors of judging: a seat, organizing the event, a projector's key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import g, request

from hackathon.judging.queries.rounds import had_seat, seats_in_event
from hackathon.judging.queries.stage import round_of_key
from hackathon.people.access import Permission
from hackathon.shared import sessions
from hackathon.shared.db import reading

if TYPE_CHECKING:
    from hackathon.judging.models import Round, Seat
    from hackathon.people.rules import Actor


def seats_here(event_id: int, actor: Actor | None) -> list[tuple[Seat, Round]]:
    """The asking person's seats in an event with their rounds, read once a request."""
    if actor is None or actor.person_id is None:
        return []
    kept: dict[int, list[tuple[Seat, Round]]] = g.setdefault("seats", {})
    if event_id not in kept:
        kept[event_id] = seats_in_event(reading(), event_id, actor.person_id)
    return kept[event_id]


JUDGE_OR_ORGANIZER = Permission(
    "judge of the event, or organizer",
    lambda actor, event, _args: (
        actor is not None
        and event is not None
        and (actor.organizes(event) or bool(seats_here(event, actor)))
    ),
    in_event=True,
)
WAS_JUDGE = Permission(
    "judge of the event, also one whose seat was taken away",
    lambda actor, event, _args: (
        actor is not None and event is not None and had_seat(reading(), event, actor.person_id)
    ),
    in_event=True,
)
JUDGE = Permission(
    "judge of the event",
    lambda actor, event, _args: event is not None and bool(seats_here(event, actor)),
    in_event=True,
)


sessions.opens_by_stage_key(round_of_key)


def stage_round() -> int | None:
    """The round whose projector the key in the address opens (`?stage=`)."""
    return sessions.stage_key(reading(), request.args.get("stage", ""))


STAGE = Permission(
    "the projector's key",
    lambda _actor, _event, args: (
        (found := stage_round()) is not None and args.get("round_id", found) == found
    ),
)
