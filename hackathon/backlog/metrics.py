"""Conversion as it is defined and printed: production only, twelve months, all projects."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Z = 1.959964
SMALLEST = 20
"""Projects below which no verdict is given: 4 of 20 may mean 8 to 42 percent."""

BAND = (15, 25)
QUARTERS = 4
YEAR = 365

DEFINITION = (
    "Innovation projects that are live in production within 12 months, of all projects that "
    "began at least 12 months ago, from the last four quarters that have such projects. A "
    "project is every valid submission, promoted or not, and every other experiment; it "
    "begins on the last day of its event."
)

CHECK_INS = {
    "7d": 7, "30d": 30, "60d": 60, "90d": 90, "180d": 180, "270d": 270, "12m": 0,
}  # fmt: skip
"""Days after the event's last day; the last one is 12 months."""

CHECK_IN_LABELS = {
    "7d": "Handover",
    "30d": "Go or no-go",
    "60d": "Progress",
    "90d": "End of the time box",
    "180d": "Pilot or production",
    "270d": "Pilot or production",
    "12m": "Close-out",
}


def in_a_year(day: date) -> date:
    """The same day twelve months later; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def check_in_dates(last_day: date, promoted_on: date) -> dict[str, date]:
    """When the check-ins are due; one that would be past becomes promotion + 7 days."""
    dates = {}
    for key, days in CHECK_INS.items():
        due = last_day + timedelta(days=days) if days else in_a_year(last_day)
        dates[key] = due if due >= promoted_on else promoted_on + timedelta(days=7)
    return dates


def wilson(hits: int, of: int) -> tuple[float, float] | None:
    """The 95 % interval of a share; None when there is nothing to share."""
    if of == 0:
        return None
    p, z2 = hits / of, Z * Z
    center = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = Z * math.sqrt(p * (1 - p) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return max(0.0, center - half), min(1.0, center + half)


@dataclass(frozen=True)
class Project:
    """An innovation project: its cohort's quarter, its start, and what became of it."""

    quarter: str
    start: date
    live_on: date | None = None
    stopped_on: date | None = None
    is_promoted: bool = False

    def is_mature(self, as_of: date) -> bool:
        """Whether its twelve months are over."""
        return in_a_year(self.start) <= as_of

    @property
    def converted(self) -> bool:
        """Whether it was live within twelve months, that day included."""
        return self.live_on is not None and self.live_on <= in_a_year(self.start)


@dataclass(frozen=True)
class Share:
    """A share with its 95 % interval, in percent where it is a number."""

    hits: int
    of: int

    @property
    def percent(self) -> float | None:
        """The share; None of nothing."""
        return 100 * self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval (Wilson)."""
        found = wilson(self.hits, self.of)
        return (100 * found[0], 100 * found[1]) if found else None

    @property
    def text(self) -> str:
        """`2 of 6 (33.3 %, between 9.7 and 70.0 %)`."""
        if self.percent is None or self.interval is None:
            return "no mature projects yet"
        low, high = self.interval
        return (
            f"{self.hits} of {self.of} ({self.percent:.1f} %, between {low:.1f} and {high:.1f} %)"
        )

    @property
    def verdict(self) -> str:
        """Against the band of 15 to 25 %; withheld under 20 projects."""
        if self.percent is None:
            return ""
        if self.of < SMALLEST:
            return f"n < {SMALLEST}, no verdict"
        low, high = BAND
        if self.percent < low:
            return f"below the band of {low} to {high} %"
        if self.percent > high:
            return f"above the band of {low} to {high} %"
        return f"within the band of {low} to {high} %"


@dataclass(frozen=True)
class Conversion:
    """The headline and what stands beside it."""

    as_of: date
    headline: Share
    promoted: Share
    late: int
    young: Share
    quarters: tuple[str, ...]


def conversion(projects: Iterable[Project], as_of: date) -> Conversion:
    """Conversion of the last four quarters with mature projects, as of a day."""
    every = list(projects)
    old = [project for project in every if project.is_mature(as_of)]
    quarters = sorted({project.quarter for project in old})[-QUARTERS:]
    old = [project for project in old if project.quarter in quarters]
    young = [project for project in every if not project.is_mature(as_of)]
    return Conversion(
        as_of=as_of,
        headline=_share(old),
        promoted=_share([project for project in old if project.is_promoted]),
        late=sum(project.live_on is not None and not project.converted for project in old),
        young=_share(young),
        quarters=tuple(quarters),
    )


def _share(projects: Sequence[Project]) -> Share:
    return Share(sum(project.converted for project in projects), len(projects))


@dataclass(frozen=True)
class Step:
    """A day of the curve: shares in production, stopped, still open. They sum to 1."""

    day: int
    at_risk: int
    live: Fraction
    stopped: Fraction

    @property
    def open(self) -> Fraction:
        """Neither live nor stopped."""
        return 1 - self.live - self.stopped


LIVE, STOPPED, STILL_OPEN = 1, 2, 0


def curve(outcomes: Iterable[tuple[int, int]]) -> list[Step]:
    """Cumulative incidence by day with stopping as a competing event (Aalen-Johansen).

    Args:
        outcomes: (days, 1 live, 2 stopped or 0 open); events come before censorings.
    """
    every = sorted(outcomes)
    steps: list[Step] = []
    survival, live, stopped = Fraction(1), Fraction(0), Fraction(0)
    for day in sorted({days for days, cause in every if cause != STILL_OPEN}):
        at_risk = sum(days >= day for days, _ in every)
        counts = Counter(cause for days, cause in every if days == day)
        live += survival * Fraction(counts[LIVE], at_risk)
        stopped += survival * Fraction(counts[STOPPED], at_risk)
        survival *= 1 - Fraction(counts[LIVE] + counts[STOPPED], at_risk)
        steps.append(Step(day, at_risk, live, stopped))
    return steps


def outcome_of(project: Project, as_of: date) -> tuple[int, int]:
    """A project as the curve takes it: censored at the day asked for, or after a year."""
    ends = [(project.live_on, LIVE), (project.stopped_on, STOPPED)]
    found = sorted((day, cause) for day, cause in ends if day is not None and day <= as_of)
    if found and (days := (found[0][0] - project.start).days) <= YEAR:
        return days, found[0][1]
    return min(YEAR, (as_of - project.start).days), STILL_OPEN
