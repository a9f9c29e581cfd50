"""What a round goes through, how judges meet projects, by what it ranks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from typing import TYPE_CHECKING

from hackathon.shared.errors import Conflict, Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable

PITCH_SECONDS = range(30, 3_601)


class State(StrEnum):
    """What a round is in."""

    DRAFT = "draft"
    OPEN = "open"
    PAUSED = "paused"
    FROZEN = "frozen"
    FINALIZED = "finalized"
    REVEALED = "revealed"

    @property
    def label(self) -> str:
        """How it is shown."""
        return self.value.capitalize()


class Verb(StrEnum):
    """What an organizer does to a round."""

    OPEN = "open"
    PAUSE = "pause"
    RESUME = "resume"
    FREEZE = "freeze"
    FINALIZE = "finalize"
    REVEAL = "reveal"


MOVES: dict[Verb, tuple[frozenset[State], State]] = {
    Verb.OPEN: (frozenset({State.DRAFT}), State.OPEN),
    Verb.PAUSE: (frozenset({State.OPEN}), State.PAUSED),
    Verb.RESUME: (frozenset({State.PAUSED}), State.OPEN),
    Verb.FREEZE: (frozenset({State.OPEN, State.PAUSED}), State.FROZEN),
    Verb.FINALIZE: (frozenset({State.FROZEN}), State.FINALIZED),
    Verb.REVEAL: (frozenset({State.FINALIZED}), State.REVEALED),
}
"""From where a verb leads where; there is no other way between states."""

MARKING = frozenset({State.OPEN, State.PAUSED})
FROM_FREEZE = frozenset({State.FROZEN, State.FINALIZED, State.REVEALED})


def next_state(present: State, verb: Verb) -> State:
    """The state a verb leads to.

    Raises:
        Conflict: the verb does not start here.
    """
    begins, ends = MOVES[verb]
    if present not in begins:
        wanted = " or ".join(sorted(state.value for state in begins))
        raise Conflict(
            "wrong_state",
            f"The round is {present.value}; this needs it {wanted}. Nothing was changed.",
            state=present.value,
        )
    return ends


def verbs_of(present: State) -> list[Verb]:
    """What can be done to a round now."""
    return [verb for verb, (begins, _) in MOVES.items() if present in begins]


class Mode(StrEnum):
    """How judges meet projects."""

    PITCHES = "pitches"
    VISITS = "visits"


class Away(StrEnum):
    """Why a judge is not asked for projects just now."""

    ABSENT = "absent"
    BUSY = "busy"


class Rule(StrEnum):
    """By what a round ranks; chosen before it opens."""

    ADJUSTED = "adjusted"
    RAW = "raw"


class Takes(StrEnum):
    """Which projects come into a round."""

    EVERY = "every"
    CHALLENGE = "challenge"
    CHOSEN = "chosen"


LONGEST_TRACK = 80


@dataclass(frozen=True)
class Track:
    """What a round judges apart: its name (empty: the event itself) and which projects."""

    name: str = ""
    takes: Takes = Takes.EVERY
    challenge_id: int | None = None


def check_track(text: str) -> str:
    """The name of a track or prize; empty for the event itself.

    Raises:
        Invalid: longer than 80 characters.
    """
    clean = " ".join(text.split())
    if len(clean) > LONGEST_TRACK:
        raise Invalid("track", f"At most {LONGEST_TRACK} characters, please.", field="track")
    return clean


def usual_name(known: Iterable[str]) -> str:
    """A name to start a round from: `Round 1`, or the next number; only finals are a "Final"."""
    taken = {name.casefold() for name in known}
    return next(name for n in count(1) if (name := f"Round {n}").casefold() not in taken)


def moved_up(order: list[int], project_id: int) -> list[int]:
    """A running order with one project a place earlier; unknown or first changes nothing."""
    spot = order.index(project_id) if project_id in order else 0
    if spot == 0:
        return list(order)
    return [*order[: spot - 1], order[spot], order[spot - 1], *order[spot + 1 :]]
