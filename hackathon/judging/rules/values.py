"""What a device sends: values on the scale, keys, counts, times, words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from hackathon.shared.errors import Conflict, Invalid

LONGEST_TEXT = 2_000
LARGEST_SEQ = 2**53 - 1
"""A device counts in JavaScript, whose whole numbers end here."""

_KEY = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_FORM_VALUE = re.compile(r"\d{1,2}(\.\d)?", re.ASCII)


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


def key_reused() -> Conflict:
    """A key that was used for something else, or by somebody else (line 20)."""
    return Conflict("key_reused", "This key was used for something else. Nothing was saved.")
