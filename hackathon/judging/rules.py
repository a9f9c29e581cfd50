"""Rounds, rubrics, scales, keys: who may score what, and what a mark must look like."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from hackathon.shared.errors import Conflict, Invalid, NotAllowed

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_CRITERIA = 20
MOST_LEVELS = 41
LONGEST_LABEL = 80
LONGEST_ANCHOR = 200
LONGEST_TEXT = 2_000
LARGEST_SEQ = 2**53 - 1
"""A device counts in JavaScript, whose whole numbers end here."""

PITCH_SECONDS = range(30, 3_601)

_KEY = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_FORM_VALUE = re.compile(r"\d{1,2}(\.\d)?", re.ASCII)
_WORD = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,38}[a-z0-9])?", re.ASCII)


# --- states ---------------------------------------------------------------------------


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


# --- scale and values -----------------------------------------------------------------


@dataclass(frozen=True)
class Scale:
    """The steps of a rubric, in tenths: 1-5 is `Scale(10, 50, 10)`."""

    low: int
    high: int
    step: int

    def levels(self) -> list[int]:
        """Every value in tenths, lowest first."""
        return list(range(self.low, self.high + 1, self.step))

    def check(self, tenths: int) -> int:
        """Refuse a value that is not a step of the scale."""
        if not self.low <= tenths <= self.high or (tenths - self.low) % self.step:
            raise self.refusal()
        return tenths

    def refusal(self) -> Invalid:
        """The one sentence for a value that does not fit (line 15)."""
        steps = "" if self.step == 10 else f" in steps of {shown(self.step)}"  # noqa: PLR2004
        return Invalid(
            "score",
            f"Scores go from {shown(self.low)} to {shown(self.high)}{steps}. Nothing was saved.",
            field="value",
        )


def shown(tenths: int) -> str:
    """Tenths as people read them: `4`, `4.5`."""
    whole, rest = divmod(tenths, 10)
    return f"{whole}.{rest}" if rest else str(whole)


def number(tenths: int) -> int | float:
    """Tenths as JSON carries them: 4, 4.5."""
    return tenths // 10 if tenths % 10 == 0 else tenths / 10


def parse_value(value: object, scale: Scale) -> int:
    """Tenths of a number as JSON carries it (line 15).

    Raises:
        Invalid: not a number, not finite, more than one decimal, or not on the scale.
    """
    if type(value) is int:
        if abs(value) > scale.high:
            raise scale.refusal()
        return scale.check(value * 10)
    if type(value) is float:
        exact = Decimal(repr(value))
        if exact.is_finite() and abs(exact) <= scale.high and exact * 10 == int(exact * 10):
            return scale.check(int(exact * 10))
    raise scale.refusal()


def parse_form_value(text: str, scale: Scale) -> int:
    """Tenths of a typed number (line 16: only digits and one decimal, after trimming)."""
    clean = text.strip()
    if not _FORM_VALUE.fullmatch(clean):
        raise scale.refusal()
    return scale.check(int(Decimal(clean) * 10))


CLEAR = object()
"""What takes a score away; JSON cannot carry it, so a message cannot either."""

_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def parse_made_at(given: str | float) -> datetime:
    """When a device says a mark was made: ISO text with its offset, or milliseconds since 1970.

    Raises:
        Invalid: neither, or not within this century.
    """
    try:
        if isinstance(given, str):
            moment = datetime.fromisoformat(given.strip()[:40])
        else:
            moment = datetime.fromtimestamp(given / 1000, UTC)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        moment = _EARLIEST
    if not _EARLIEST < moment < _LATEST:
        raise Invalid(
            "made_at", "Say when it was made, like 2026-11-22T14:05:00Z; nothing was saved.",
            field="made_at",
        )  # fmt: skip
    return moment


def check_key(text: str) -> str:
    """The one spelling of a device's key: 32 hex digits without hyphens.

    Raises:
        Invalid: not a UUID.
    """
    clean = text.casefold()
    if len(text) > 36 or not _KEY.fullmatch(clean):  # noqa: PLR2004 - a UUID with hyphens
        raise Invalid(
            "key", "A mark needs a key in the form of a UUID; nothing was saved.", field="key"
        )
    return clean.replace("-", "")


def check_seq(seq: int) -> int:
    """A device's count, 0 to 2^53 - 1."""
    if not 0 <= seq <= LARGEST_SEQ:
        raise Invalid("seq", "A mark's number goes from 0 upward; nothing was saved.", field="seq")
    return seq


def check_text(text: str, field_name: str) -> str:
    """A judge's text, at most 2,000 characters."""
    clean = text.strip().replace("\r\n", "\n")
    if len(clean) > LONGEST_TEXT:
        raise Invalid(
            "too_long",
            f"At most {LONGEST_TEXT:,} characters, please. Nothing was saved.",
            field=field_name,
        )
    return clean


# --- rubric ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Criterion:
    """One line of a rubric. `weight` is exact; `anchors` says what a level means."""

    key: str
    label: str
    weight: Decimal
    anchors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rubric:
    """A named scale with its criteria, in the order judges see them."""

    name: str
    scale: Scale
    criteria: tuple[Criterion, ...]

    def share(self, criterion: Criterion) -> str:
        """A criterion's part of the whole, as people read it: `30 %`, `33.3 %`."""
        part = 100 * criterion.weight / sum(line.weight for line in self.criteria)
        return f"{part.quantize(Decimal('0.1')).normalize():f} %"


def as_tenths(value: object, field_name: str) -> int:
    """Tenths of a bound of the scale, given as a number or text."""
    try:
        exact = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation:
        exact = Decimal("NaN")
    if not exact.is_finite() or not 0 <= exact <= 100 or exact * 10 != int(exact * 10):  # noqa: PLR2004
        raise Invalid(
            "scale",
            "A scale has numbers from 0 to 100 with at most one decimal.",
            field=field_name,
        )
    return int(exact * 10)


def check_scale(low: object, high: object, step: object) -> Scale:
    """A scale of 2 to 41 steps that ends on its highest value."""
    scale = Scale(as_tenths(low, "min"), as_tenths(high, "max"), as_tenths(step, "step"))
    if scale.step <= 0 or scale.low >= scale.high:
        raise Invalid("scale", "The scale must go up, by a step above zero.", field="max")
    if (scale.high - scale.low) % scale.step:
        raise Invalid("scale", "The steps must end on the highest value.", field="step")
    if (scale.high - scale.low) // scale.step >= MOST_LEVELS:
        raise Invalid("scale", f"At most {MOST_LEVELS} steps, please.", field="step")
    return scale


def check_weight(value: object, where: str) -> Decimal:
    """A weight: above zero, at most 1,000, at most six decimals; exact."""
    try:
        exact = Decimal(str(value).strip()) if not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation:
        exact = Decimal("NaN")
    scaled = exact * 1_000_000 if exact.is_finite() else Decimal("NaN")
    if not scaled.is_finite() or not 0 < exact <= 1000 or scaled != int(scaled):  # noqa: PLR2004
        raise Invalid("weight", f"The weight of {where} must be a number above 0.", field="weight")
    return exact.normalize()


def weight_text(weight: Decimal) -> str:
    """Exact text of a weight without an exponent: `0.25`, `40`."""
    return f"{weight:f}"


def fold_key(text: str) -> str:
    """A key proposed from a label: `business-value`."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:40].strip("-")


def check_rubric(
    name: str, scale: Scale, criteria: Iterable[tuple[str, str, object, dict[str, str]]]
) -> Rubric:
    """A rubric from what was typed or read: (key, label, weight, anchors) a criterion.

    Raises:
        Invalid: no criteria, two of one key or label, or a part that breaks its rule.
    """
    if not name.strip():
        raise Invalid("name", "Give the round a name.", field="name")
    made = tuple(_check_criterion(scale, *given) for given in criteria)
    if not 1 <= len(made) <= MOST_CRITERIA:
        raise Invalid("criteria", f"A rubric has 1 to {MOST_CRITERIA} criteria.", field="criteria")
    for what in ("key", "label"):
        seen = [getattr(criterion, what).casefold() for criterion in made]
        if len(set(seen)) < len(seen):
            raise Invalid("criteria", f"Two criteria have the same {what}.", field="criteria")
    return Rubric(" ".join(name.split())[:200], scale, made)


def _check_criterion(
    scale: Scale, key: str, label: str, weight: object, anchors: dict[str, str]
) -> Criterion:
    clean = " ".join(label.split())
    if not clean or len(clean) > LONGEST_LABEL:
        raise Invalid(
            "label", f"A criterion has a label of at most {LONGEST_LABEL} characters.",
            field="criteria",
        )  # fmt: skip
    key = key or fold_key(clean)
    if not _WORD.fullmatch(key):
        raise Invalid(
            "criterion_key",
            f"The key of {clean} has lower-case letters, digits, hyphens; at most 40.",
            field="criteria",
        )
    levels = {shown(level) for level in scale.levels()}
    kept = {}
    for level, words in anchors.items():
        if not words.strip():
            continue
        if level not in levels:
            raise Invalid(
                "anchor", f"{clean}: {level} is not a step of the scale.", field="criteria"
            )
        kept[level] = " ".join(words.split())[:LONGEST_ANCHOR]
    return Criterion(key, clean, check_weight(weight, clean), kept)


def read_rubric(text: str) -> Rubric:
    """A rubric from the JSON file of the contract.

    Raises:
        Invalid: not JSON, or a part is missing or wrong.
    """
    try:
        given = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise Invalid("rubric", "The rubric is not valid JSON.", field="rubric") from None
    if not isinstance(given, dict) or not isinstance(given.get("criteria"), list):
        raise Invalid("rubric", "A rubric is an object with criteria.", field="rubric")
    scale = check_scale(given.get("min", 1), given.get("max", 5), given.get("step", 1))
    return check_rubric(
        str(given.get("name") or ""), scale, [_read_criterion(entry) for entry in given["criteria"]]
    )


def _read_criterion(entry: Any) -> tuple[str, str, object, dict[str, str]]:  # noqa: ANN401 - parsed JSON
    if not isinstance(entry, dict):
        raise Invalid("rubric", "Each criterion is an object.", field="rubric")
    anchors = entry.get("anchors") or {}
    if not isinstance(anchors, dict):
        raise Invalid("rubric", "Anchors are an object: level to words.", field="rubric")
    return (
        str(entry.get("key") or ""),
        str(entry.get("label") or entry.get("key") or ""),
        entry.get("weight", 1),
        {str(level): str(words) for level, words in anchors.items()},
    )


# --- visits ---------------------------------------------------------------------------

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


def late() -> Conflict:
    """What a judge hears of a mark that came after the freeze (line 22)."""
    return Conflict("late", LATE_MESSAGE)


def key_reused() -> Conflict:
    """A key that was used for something else, or by somebody else (line 20)."""
    return Conflict("key_reused", "This key was used for something else. Nothing was saved.")


def moved_up(order: list[int], project_id: int) -> list[int]:
    """A running order with one project a place earlier; unknown or first changes nothing."""
    spot = order.index(project_id) if project_id in order else 0
    if spot == 0:
        return list(order)
    return [*order[: spot - 1], order[spot], order[spot - 1], *order[spot + 1 :]]
