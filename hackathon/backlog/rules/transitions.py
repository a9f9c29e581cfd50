"""The eighteen transitions of a proposal: from where to where, and whose they are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hackathon.backlog.rules.states import ACTIVE, LIVING, OPEN, State


class Who(StrEnum):
    """What a person is to a proposal. A reviewer is a program lead or administrator."""

    AUTHOR = "author"
    LEAD = "team lead"
    OWNER = "outcome owner"
    ORGANIZER = "organizer"
    REVIEWER = "reviewer"


class Verb(StrEnum):
    """What somebody does to a proposal."""

    PROPOSE = "propose"
    REVIEW = "review"
    ACCEPT = "accept"
    DECLINE = "decline"
    RETURN = "return"
    START = "start"
    READY = "ready"
    RECYCLE = "recycle"
    PILOT = "pilot"
    LAUNCH = "launch"
    PARK = "park"
    RESUME = "resume"
    STOP = "stop"
    MERGE = "merge"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"
    RETIRE = "retire"
    UNMERGE = "unmerge"


@dataclass(frozen=True)
class Transition:
    """One row of the table. `ends` None leads back to where the proposal came from.

    `fields` are what the form asks for; the guards check them.
    """

    number: str
    label: str
    begins: frozenset[State]
    ends: State | None
    who: frozenset[Who]
    fields: tuple[str, ...] = ()
    gate: str = ""


def _row(  # noqa: PLR0917 - the columns of the table, in order
    number: str,
    label: str,
    begins: frozenset[State] | State,
    ends: State | None,
    who: tuple[Who, ...],
    fields: tuple[str, ...] = (),
    gate: str = "",
) -> Transition:
    states = begins if isinstance(begins, frozenset) else frozenset({begins})
    return Transition(number, label, states, ends, frozenset(who), fields, gate)


_A, _L, _O, _G, _R = Who.AUTHOR, Who.LEAD, Who.OWNER, Who.ORGANIZER, Who.REVIEWER
S = State

TRANSITIONS: dict[Verb, Transition] = {
    Verb.PROPOSE: _row("T1", "Propose", S.DRAFT, S.PROPOSED, (_A,)),
    Verb.REVIEW: _row("T2", "Take into review", S.PROPOSED, S.IN_REVIEW, (_R,)),
    Verb.ACCEPT: _row("T3", "Accept", S.IN_REVIEW, S.ACCEPTED, (_O, _R), (), "G1"),
    Verb.DECLINE: _row(
        "T4", "Decline", frozenset({S.PROPOSED, S.IN_REVIEW}), S.DECLINED, (_O, _R),
        ("code", "reason"),
    ),
    Verb.RETURN: _row("T5", "Back to the author", S.IN_REVIEW, S.PROPOSED, (_R,), ("reason",)),
    Verb.START: _row("T6", "Start the prototype", S.ACCEPTED, S.PROTOTYPING, (_L, _O)),
    Verb.READY: _row(
        "T7", "The prototype is ready", S.PROTOTYPING, S.PROTOTYPE_READY, (_L, _O),
        ("link", "measured"),
    ),
    Verb.RECYCLE: _row(
        "T8", "Once more", S.PROTOTYPE_READY, S.PROTOTYPING, (_O, _R), ("reason", "days"), "G2"
    ),
    Verb.PILOT: _row(
        "T9", "Go to pilot", S.PROTOTYPE_READY, S.PILOTING, (_O, _R), ("home_team",), "G2"
    ),
    Verb.LAUNCH: _row(
        "T10", "It is live", S.PILOTING, S.PRODUCTION, (_O, _R),
        ("live_on", "release_url", "monitored_by", "is_ready"), "G3",
    ),
    Verb.PARK: _row("T11", "Park", ACTIVE, S.PARKED, (_O, _G, _R), ("reason", "revisit_on")),
    Verb.RESUME: _row("T12", "Resume", S.PARKED, None, (_O, _R)),
    Verb.STOP: _row(
        "T13", "Stop", ACTIVE | {S.PARKED}, S.STOPPED, (_O, _G, _R),
        ("tried", "learned", "who_should_know", "reuse"),
    ),
    Verb.MERGE: _row("T14", "Merge", LIVING, S.MERGED, (_G, _R), ("target", "reason")),
    Verb.WITHDRAW: _row("T15", "Withdraw", OPEN, S.WITHDRAWN, (_A, _G), ("reason",)),
    Verb.REOPEN: _row(
        "T16", "Reopen", frozenset({S.DECLINED, S.STOPPED, S.WITHDRAWN}), S.PROPOSED, (_G, _R),
        ("reason",),
    ),
    Verb.RETIRE: _row("T17", "Retire", S.PRODUCTION, S.RETIRED, (_O, _R), ("reason",)),
    Verb.UNMERGE: _row("T18", "Take apart again", S.MERGED, None, (_G, _R), ("reason",)),
}  # fmt: skip
"""Research 5.2; whatever is not here is refused. Owners act on their own proposals, so
they may take the gates (product.md); a reviewer may take them in the owner's stead."""
