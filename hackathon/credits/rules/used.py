"""What counts as used, and how old a figure may be."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hackathon.credits.rules.words import NONE, STALE_AFTER
from hackathon.shared.money import Micros

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


@dataclass(frozen=True)
class Seen:
    """The newest reading of a source: its total so far in micros, and when it was seen."""

    source: str
    total: Micros
    seen_at: datetime


@dataclass(frozen=True)
class Charged:
    """What is booked for a source, in micros, and through when; open while bills still come.

    An item (a captured hold) is one use among others: a later reading holds it, an earlier
    one knows nothing of it, and it ends none.
    """

    source: str
    amount: Micros
    through: datetime
    is_item: bool = False
    is_open: bool = False


@dataclass(frozen=True)
class Freshness:
    """What readings add to the booked spend, and how fresh the whole figure is."""

    read: Micros = NONE
    through: datetime | None = None
    is_final: bool = False

    def is_stale(self, present: datetime) -> bool:
        """Whether it is too old to be relied on; final figures do not age."""
        if self.through is None or self.is_final:
            return False
        return present - self.through > STALE_AFTER


def freshness(seen: Iterable[Seen], charged: Iterable[Charged]) -> Freshness:
    """Join readings and charges so that no dollar counts twice.

    A charge through a reading's moment or later ends it. A later reading shows a total that
    holds the charges, so only what lies above them is added.
    """
    booked: dict[str, int] = defaultdict(int)
    ended: dict[str, datetime] = {}
    items: list[Charged] = []
    waits = False
    for row in charged:
        name = row.source.casefold()
        if row.is_item:
            items.append(row)
            continue
        booked[name] += row.amount
        ended[name] = max(row.through, ended.get(name, row.through))
        waits = waits or row.is_open
    moments = [*ended.values(), *(row.through for row in items)]
    read, is_open = 0, waits
    for entry in seen:
        name = entry.source.casefold()
        if name in ended and ended[name] >= entry.seen_at:
            continue
        is_open = True
        moments.append(entry.seen_at)
        inside = sum(
            row.amount
            for row in items
            if row.source.casefold() == name and row.through <= entry.seen_at
        )
        read += max(0, entry.total - booked[name] - inside)
    return Freshness(
        read=Micros(read),
        through=max(moments, default=None),
        is_final=bool(moments) and not is_open,
    )
