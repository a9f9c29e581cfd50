"""Where a proposal is: states, the stages of the board, how it came."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a proposal is; the words are fixed because figures depend on them."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    IN_REVIEW = "in_review"
    ACCEPTED = "accepted"
    PROTOTYPING = "prototyping"
    PROTOTYPE_READY = "prototype_ready"
    PILOTING = "piloting"
    PRODUCTION = "production"
    PARKED = "parked"
    STOPPED = "stopped"
    DECLINED = "declined"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    RETIRED = "retired"

    @property
    def label(self) -> str:
        """How it is shown."""
        return self.value.replace("_", " ").capitalize()


class Stage(StrEnum):
    """The four columns of the board."""

    IDEA = "idea"
    PROTOTYPE = "prototype"
    PILOT = "pilot"
    PRODUCTION = "production"


STAGES = {
    State.PROTOTYPING: Stage.PROTOTYPE,
    State.PROTOTYPE_READY: Stage.PROTOTYPE,
    State.PILOTING: Stage.PILOT,
    State.PRODUCTION: Stage.PRODUCTION,
    State.RETIRED: Stage.PRODUCTION,
}

OPEN = frozenset({State.DRAFT, State.PROPOSED, State.IN_REVIEW})
ACTIVE = frozenset({State.ACCEPTED, State.PROTOTYPING, State.PROTOTYPE_READY, State.PILOTING})
LIVING = OPEN | ACTIVE | {State.PARKED}
CLOSED = frozenset(State) - LIVING - {State.PRODUCTION}


def stage_of(state: State, came_from: State | None) -> Stage:
    """The stage of a state; parked, stopped and merged stay where they were."""
    if state in {State.PARKED, State.STOPPED, State.MERGED} and came_from is not None:
        state = came_from
    return STAGES.get(state, Stage.IDEA)


class Source(StrEnum):
    """How a proposal came into the backlog."""

    WINNER = "winner"
    NOMINATED = "nominated"
    IDEA = "idea"
