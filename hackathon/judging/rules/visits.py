"""Visits, and who may score or see values when."""

from __future__ import annotations

from enum import StrEnum

from hackathon.judging.rules.states import FROM_FREEZE, State
from hackathon.shared.errors import Conflict, Invalid, NotAllowed

WANTED = range(1, 21)
"""Judges a project."""
VISIT_MINUTES = range(1, 121)
USUAL_WANTED = 3


class Reason(StrEnum):
    """Why a judge gives a visit back."""

    BUSY = "busy"
    ABSENT = "absent"
    CONFLICT = "conflict"
    BREAK = "break"


BACK_AFTER = {Reason.BUSY: 5, Reason.ABSENT: 15, Reason.BREAK: 0}
"""Minutes after which the same judge may be sent there again."""


def check_wishes(wanted: int, minutes: int) -> None:
    """A plan asks for 1 to 20 judges a project, 1 to 120 minutes a visit."""
    if wanted not in WANTED:
        raise Invalid("wanted", "Each project gets 1 to 20 judges.", field="wanted")
    if minutes not in VISIT_MINUTES:
        raise Invalid("minutes", "A visit takes 1 to 120 minutes.", field="minutes")


def check_release(word: str) -> Reason:
    """The reason of a release."""
    try:
        return Reason(word)
    except ValueError:
        raise Invalid(
            "reason", "Say why: busy, absent, conflict or break. Nothing was changed.",
            field="reason",
        ) from None  # fmt: skip


# --- who may ---------------------------------------------------------------------------


def check_may_score(*, has_seat: bool, has_conflict: bool) -> None:
    """Only a seat scores, and nobody scores a project with a conflict.

    Raises:
        NotAllowed: no seat in this round (line 23), or a conflict with the project.
    """
    if not has_seat:
        raise NotAllowed(
            "seats_only", "Only the judges of this round can score. Nothing was saved."
        )
    if has_conflict:
        raise NotAllowed(
            "conflict",
            "You have a conflict with this project, so you do not score it. Nothing was saved.",
        )


def check_may_begin(state: State, *, is_begun: bool) -> None:
    """Whether a round takes marks: open, or paused for a visit in hand.

    Raises:
        Conflict: not open yet, or paused and this visit has not begun.
    """
    if state is State.DRAFT:
        raise Conflict("not_open", "Judging has not opened yet. Nothing was saved.")
    if state is State.PAUSED and not is_begun:
        raise Conflict("paused", "Judging is paused; finish what you began. Nothing new was saved.")


def check_may_see_values(state: State, *, holds_seat: bool) -> None:
    """Before the freeze values are closed to organizers who judge in the round.

    Raises:
        NotAllowed: the organizer holds a seat and the round is not frozen.
    """
    if holds_seat and state not in FROM_FREEZE:
        raise NotAllowed(
            "holds_seat",
            "You judge in this round, so its values stay closed to you until the freeze. "
            "Another organizer can look.",
        )


LATE_MESSAGE = "Received after judging closed. The organizers will decide."
LEFT_MESSAGE = (
    "You do not judge in this round any more. What you gave before is kept, and the organizers "
    "will decide."
)


def late(*, has_left: bool = False) -> Conflict:
    """What a judge hears of a mark that came after the freeze (22), or after the own seat."""
    return Conflict("late", LEFT_MESSAGE if has_left else LATE_MESSAGE)
