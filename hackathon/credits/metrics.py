"""How fast credits are used, where that leads, and which levels of a grant are reached.

Research credits, section 7: hourly buckets of the time of use, not of import; the last 24
hours; low, mid and high are the 25th percentile, the mean and the 90th percentile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from hackathon.credits.rules import NONE, Charged, Seen, freshness
from hackathon.shared.money import Micros

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HOUR = timedelta(hours=1)
WINDOW = 24 * HOUR
LEAST_HOURS = 3
"""Fewer hours with data are "not enough data", never 0 and never infinity."""
LEVELS = (
    ("spent", 5_000),
    ("spent", 8_000),
    ("spent", 10_000),
    ("committed", 10_000),
    ("forecast", 10_000),
)
"""What is told: on which figure, at how many basis points of the grant."""


class Point(NamedTuple):
    """What was known to be used through a moment, in micros."""

    at: datetime
    used: Micros


@dataclass(frozen=True)
class Burn:
    """Micros an hour."""

    low: Micros
    mid: Micros
    high: Micros


@dataclass(frozen=True)
class Forecast:
    """Where a team's spend leads; `burn` None: not enough data.

    `low`, `mid` and `high` are used and held at the end; `exhausted_at` is when the grant is
    used up at the middle rate, None when it is not by then or the rate is not above zero.
    """

    points: list[Point]
    burn: Burn | None
    low: Micros = NONE
    mid: Micros = NONE
    high: Micros = NONE
    exhausted_at: datetime | None = None

    @property
    def through(self) -> datetime | None:
        """Through when there is data."""
        return self.points[-1].at if self.points else None


def curve(seen: Iterable[Seen], charged: Iterable[Charged]) -> list[Point]:
    """What was used through each hour with data, every reading and charge at its own time."""
    readings = sorted(seen, key=lambda row: row.seen_at)
    charges = sorted(charged, key=lambda row: row.through)
    moments: dict[datetime, datetime] = {}
    for moment in sorted([row.seen_at for row in readings] + [row.through for row in charges]):
        moments[moment.replace(minute=0, second=0, microsecond=0)] = moment
    points = []
    for moment in moments.values():
        newest = {row.source.casefold(): row for row in readings if row.seen_at <= moment}
        booked = [row for row in charges if row.through <= moment]
        used = sum(row.amount for row in booked) + freshness(newest.values(), booked).read
        points.append(Point(moment, Micros(used)))
    return points


def value_at(points: Sequence[Point], moment: datetime) -> Micros:
    """The curve at a moment, straight between two points."""
    before = points[0]
    for point in points:
        if point.at >= moment:
            step = (point.at - before.at) // timedelta(microseconds=1)
            if not step:
                return point.used
            gone = (moment - before.at) // timedelta(microseconds=1)
            return Micros(before.used + (point.used - before.used) * gone // step)
        before = point
    return before.used


def burn_of(points: Sequence[Point]) -> Burn | None:
    """The rates of the last 24 hours with data; None when fewer than three hours have any."""
    if not points:
        return None
    end = points[-1].at
    inside = [point for point in points if point.at >= end - WINDOW]
    hours = (end - inside[0].at) // HOUR
    if len(inside) < LEAST_HOURS or hours < LEAST_HOURS - 1:
        return None
    marks = [value_at(points, end - HOUR * back) for back in range(hours, -1, -1)]
    steps = sorted(after - before for before, after in pairwise(marks))
    return Burn(
        low=Micros(steps[_rank(25, len(steps))]),
        mid=Micros((marks[-1] - marks[0]) // hours),
        high=Micros(steps[_rank(90, len(steps))]),
    )


def _rank(percent: int, count: int) -> int:
    """The place of a percentile among sorted values: the nearest rank."""
    return max(0, -(-percent * count // 100) - 1)


def forecast(points: list[Point], *, held: Micros, granted: Micros, end: datetime) -> Forecast:
    """Used and held at the end: what is known, and the rate for the time after the data."""
    burn = burn_of(points)
    if burn is None:
        return Forecast(points, None)
    through, used = points[-1]
    left = max(end - through, timedelta())
    seconds = left // timedelta(seconds=1)

    def at_end(rate: Micros) -> Micros:
        return Micros(used + held + rate * seconds // 3600)

    exhausted = None
    if burn.mid > 0 and used + held < granted:
        needed = timedelta(seconds=(granted - used - held) * 3600 // burn.mid)
        exhausted = through + needed if needed <= left else None
    elif used + held >= granted > 0:
        exhausted = through
    return Forecast(points, burn, at_end(burn.low), at_end(burn.mid), at_end(burn.high), exhausted)


def is_reached(amount: Micros, limit: Micros, threshold: int) -> bool:
    """Whether an amount reaches a threshold in basis points; of nothing any use is all."""
    return amount > 0 and amount * 10_000 >= threshold * max(limit, 0)


def reached(
    *, spent: Micros, held: Micros, granted: Micros, projected: Micros | None = None
) -> list[tuple[str, int]]:
    """The levels that are reached, the lowest first."""
    amounts = {"spent": spent, "committed": Micros(spent + held), "forecast": projected or NONE}
    return [
        (basis, threshold)
        for basis, threshold in LEVELS
        if is_reached(amounts[basis], granted, threshold)
    ]
