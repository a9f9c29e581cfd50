"""Rows become cells: exact sums by charge, day or hour, and pick of tags.

Cells and numbers that become too many are put aside in the stage, which joins them at the end.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from hackathon.credits.service.bills.focus import plain
from hackathon.credits.service.bills.values import HOURS, Numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hackathon.credits.service.bills.scan import Scan
    from hackathon.credits.service.bills.stage import Stage
    from hackathon.credits.service.bills.values import Values

MOST_CELLS = 30_000
"""Cells, and pairs of scope and period, kept in memory; more are put aside."""


class Cells:
    """Adds rows up into a stage; `part` names the file where each file stands for itself."""

    def __init__(self, stage: Stage, values: Values, scan: Scan, part: str) -> None:
        self._stage, self._values, self._scan, self._part = stage, values, scan, part
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._slots: Numbers[tuple[int, int, int]] = Numbers()
        self._counts: list[int] = []
        self._sums: tuple[list[Decimal], ...] = ([], [], [])
        self._scopes: Numbers[tuple[str, date]] = Numbers()
        self._scope_of: list[int] = []
        self._time_of: list[int] = []
        self._pairs: set[tuple[int, int]] = set()

    def add(
        self,
        charges: Sequence[int],
        periods: Sequence[int],
        picks: Sequence[int],
        costs: Sequence[Sequence[Decimal]],
    ) -> None:
        """Add rows: the numbers `Values` gave them and their three costs.

        It must run in a decimal context that is exact.
        """
        self._know_numbers()
        times = map(self._time_of.__getitem__, periods)
        slots = list(map(self._slots.__getitem__, zip(charges, times, picks, strict=True)))
        more = len(self._slots) - len(self._counts)
        if more:
            self._counts.extend([0] * more)
            for sums in self._sums:
                sums.extend([Decimal(0)] * more)
        scopes = map(self._scope_of.__getitem__, charges)
        self._pairs.update(zip(scopes, periods, strict=True))
        counts, (billed, effective, listed) = self._counts, self._sums
        for slot, one, two, three in zip(slots, *costs, strict=True):
            counts[slot] += 1
            if one:
                billed[slot] += one
            if two:
                effective[slot] += two
            if three:
                listed[slot] += three
        self._scan.rows += len(slots)
        if len(counts) > MOST_CELLS or len(self._pairs) > MOST_CELLS or self._values.is_full():
            self.put_aside()

    def _know_numbers(self) -> None:
        """Look up what is new among the charges and periods."""
        charges, periods = self._values.charges, self._values.periods
        if len(charges) > len(self._scope_of):
            new = list(charges)[len(self._scope_of) :]
            self._scope_of += [self._scopes[charge.account, charge.period] for charge in new]
        if len(periods) > len(self._time_of):
            self._time_of += [period.slot for period in list(periods)[len(self._time_of) :]]

    def put_aside(self) -> None:
        """Write what there is to the stage and begin anew."""
        periods, scopes = list(self._values.periods), list(self._scopes)
        for scope, number in self._pairs:
            period = periods[number]
            self._scan.reach((*scopes[scope], self._part), period.end, is_long=period.is_long)
        self._stage.put_aside(self._rows())
        self._begin_anew()
        if self._values.is_full():
            self._values.forget()

    def _rows(self) -> Iterator[tuple[object, ...]]:
        """Cells as they stand in the stage."""
        charges, picks = list(self._values.charges), list(self._values.picks)
        for key, count, *sums in zip(self._slots, self._counts, *self._sums, strict=True):
            charge, (day, hour) = charges[key[0]], divmod(key[1], HOURS)
            yield (
                charge.account, charge.period.isoformat(), self._part,
                date.fromordinal(day).isoformat(), hour, *charge[2:], picks[key[2]], count,
                *map(plain, sums),
            )  # fmt: skip
