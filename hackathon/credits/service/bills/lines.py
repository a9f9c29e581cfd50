"""Usual lines of a bill, taken apart at once by one pattern instead of character by character.

The pattern is the grammar of a line with as many fields as the header: what it takes apart,
a csv reader reads the same. Anything else, it leaves to the csv reader.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from hackathon.credits.service.bills.values import CHARGED, COSTS, PERIOD, Amounts

if TYPE_CHECKING:
    from hackathon.credits.service.bills.focus import Layout
    from hackathon.credits.service.bills.values import Values

QUOTED = r'"[^"]*+(?:""[^"]*+)*+"'
FIELD = rf'(?:{QUOTED}|[^",\r\n][^,]*+|)'
LAST = rf'(?:{QUOTED}|[^",\r\n][^,\r\n]*+|)'
"""Fields of a line. All but the last may run over its end, which `Lines` finds by counting."""
MOST_FIELDS = 500
"""Wider lines are for the csv reader: a pattern for them would be huge."""
REST = r"|(?s:.+)"
"""From the first line that is no usual one: everything, so that nothing is looked at twice."""


class Lines:
    """Takes lines of `width` fields apart.

    A span is a first and a last column that stay together, with what is between them; spans
    must not overlap.
    """

    def __init__(self, width: int, spans: Sequence[tuple[int, int]]) -> None:
        self._width = width
        self._order = sorted(range(len(spans)), key=spans.__getitem__)
        opens, ends = {first for first, _ in spans}, {last for _, last in spans}
        fields = ",".join(
            ("(" if at in opens else "")
            + (FIELD if at < width - 1 else LAST)
            + (")" if at in ends else "")
            for at in range(width)
        )
        self._of_end = {end: re.compile(fields + end + REST) for end in ("\n", "\r\n")}

    def spans_of(self, text: str) -> list[Sequence[str]] | None:
        """Each span's raw texts, line by line; None unless every line is a usual one."""
        end = "\r\n" if "\r" in text else "\n"
        if not text.endswith("\n"):
            text += end
        count = text.count("\n")
        if count * self._width > len(text) or (end == "\r\n" and text.count("\r") != count):
            return None
        rows = self._of_end[end].findall(text)
        if len(rows) != count or not any(rows[-1]):
            return None
        found: list[Sequence[str]] = [()] * len(self._order)
        for index, column in zip(self._order, zip(*rows, strict=True), strict=True):
            found[index] = column
        return found


def value_of(raw: str) -> str:
    """The value of one raw field."""
    return raw[1:-1].replace('""', '"') if raw.startswith('"') else raw


def values_of(raw: str) -> list[str]:
    """The values of a raw span."""
    return next(csv.reader([raw], strict=True)) if raw else [""]


Rows = tuple[list[int], list[int], list[int], list[list[Decimal]]]
"""Numbers of charges, periods and picks, and the three costs, of so many rows."""
Picker = Callable[[tuple[str, ...]], tuple[str, ...]]


class Usual:
    """Usual lines of one file as numbers and costs.

    Columns of a charge that stand together stay together as one text, which is read once.
    """

    def __init__(self, layout: Layout, values: Values) -> None:
        charged, period = _runs(layout, CHARGED), _runs(layout, PERIOD)
        singles = [name for name in ("Tags", *COSTS) if layout.at[name] >= 0]
        self._charged = slice(0, len(charged))
        self._period = slice(len(charged), len(charged) + len(period))
        self._at = {name: len(charged) + len(period) + n for n, name in enumerate(singles)}
        spans = [*charged, *period, *((layout.at[name],) * 2 for name in singles)]
        self._lines = Lines(layout.width, spans) if layout.width <= MOST_FIELDS else None
        of_charge, of_period = _picker(layout, CHARGED, charged), _picker(layout, PERIOD, period)
        self._charge_of = values.memo(lambda raw: values.charge_of[of_charge(raw)])
        self._period_of = values.memo(lambda raw: values.period_of[of_period(raw)])
        self._pick_of = values.memo(lambda raw: values.pick_of[(value_of(raw[0]),)])
        self._amounts = [Amounts(name, value_of) for name in COSTS]

    def rows_of(self, text: str) -> Rows | None:
        """The rows of some lines; None unless every line is a usual one.

        Raises:
            RowWrong: at least one cannot be booked.
        """
        spans = self._lines.spans_of(text) if self._lines else None
        if spans is None:
            return None
        nothing = ("",) * len(spans[0])
        tags, *costs = (
            spans[self._at[name]] if name in self._at else nothing for name in ("Tags", *COSTS)
        )
        return (
            list(map(self._charge_of.__getitem__, zip(*spans[self._charged], strict=True))),
            list(map(self._period_of.__getitem__, zip(*spans[self._period], strict=True))),
            list(map(self._pick_of.__getitem__, zip(tags, strict=True))),
            [amounts.of(column) for amounts, column in zip(self._amounts, costs, strict=True)],
        )


def _runs(layout: Layout, names: Sequence[str]) -> list[tuple[int, int]]:
    """First and last of the columns that stand together, but for such as add nothing new."""
    found: list[tuple[int, int]] = []
    for at in sorted(layout.at[name] for name in names if layout.at[name] >= 0):
        if found and layout.beside.issuperset(range(found[-1][1] + 1, at)):
            found[-1] = (found[-1][0], at)
        else:
            found.append((at, at))
    return found


def _picker(layout: Layout, names: Sequence[str], runs: Sequence[tuple[int, int]]) -> Picker:
    """What makes the values of these columns of their raw runs."""
    columns = [at for first, last in runs for at in range(first, last + 1)]
    picks = [columns.index(layout.at[name]) if layout.at[name] >= 0 else -1 for name in names]

    def pick(raw: tuple[str, ...]) -> tuple[str, ...]:
        values = [value for run in raw for value in values_of(run)]
        values.append("")  # what a missing column holds
        return tuple(values[index] for index in picks)

    return pick
