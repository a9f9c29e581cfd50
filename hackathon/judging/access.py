"""Who may open the doors of judging: a seat, organizing the event, a projector's key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import g

from hackathon.judging.queries.here import rounds_here
from hackathon.judging.queries.rounds import had_seat, no_such_round
from hackathon.judging.queries.stage import round_of_key
from hackathon.people.access import Permission
from hackathon.shared import sessions
from hackathon.shared.db import reading

if TYPE_CHECKING:
    from hackathon.judging.models import Round, Seat
    from hackathon.judging.queries.here import RoundHere
    from hackathon.people.rules import Actor


def rounds_of_page(event_id: int, actor: Actor | None) -> list[RoundHere]:
    """The rounds of an event with the asking person's seats, read once a request."""
    kept: dict[int, list[RoundHere]] = g.setdefault("rounds_here", {})
    if event_id not in kept:
        kept[event_id] = rounds_here(reading(), event_id, actor.person_id if actor else None)
    return kept[event_id]


def round_of_page(event_id: int, actor: Actor | None, round_id: int) -> Round:
    """A round of this event, without a statement of its own.

    Raises:
        NotFound: there is none, or it is another event's.
    """
    for row in rounds_of_page(event_id, actor):
        if row.found.id == round_id:
            return row.found
    raise no_such_round()


def seats_here(event_id: int, actor: Actor | None) -> list[tuple[Seat, Round]]:
    """The asking person's seats in an event with their rounds."""
    if actor is None or actor.person_id is None:
        return []
    return [(row.seat, row.found) for row in rounds_of_page(event_id, actor) if row.seat]


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
    """The round whose projector the key of this request opens."""
    return sessions.stage_key(reading(), sessions.stage_token())


STAGE = Permission(
    "the projector's key",
    lambda _actor, _event, args: (
        (found := stage_round()) is not None and args.get("round_id", found) == found
    ),
)
