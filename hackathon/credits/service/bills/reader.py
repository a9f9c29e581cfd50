"""A bill's file into a stage: one pass in bounded memory.

Usual lines are taken apart at once (`lines`); where anything is unusual, the csv reader reads
them again, row by row, and what it says is the last word. What rows mean (`values`) is added
up exactly (`cells`); what was not taken is kept with its line and reason (`scan`).
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import defaultdict
from contextlib import contextmanager
from decimal import Context, Decimal, localcontext
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from hackathon.credits.service.bills import focus
from hackathon.credits.service.bills.cells import Cells
from hackathon.credits.service.bills.focus import RowWrong
from hackathon.credits.service.bills.lines import Usual
from hackathon.credits.service.bills.scan import (
    MODULUS,
    REJECTS_KEPT,
    Reject,
    Scan,
    ScopeName,
)
from hackathon.credits.service.bills.stream import Bytes, parts_of, text_of
from hackathon.credits.service.bills.values import (
    CHARGED,
    COSTS,
    HOURS,
    PERIOD,
    Amounts,
    Values,
)
from hackathon.shared.errors import Invalid, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from hackathon.credits.service.bills.stage import Stage

__all__ = ["HOURS", "MODULUS", "REJECTS_KEPT", "Reader", "Reject", "Scan", "ScopeName"]

AT_ONCE = 3 << 15
"""Characters taken apart at once: a block and what was left of the one before, few enough to
stay in the processor's cache, and fewer than the longest field a csv reader takes."""
BATCH = 100
"""Records read at once where that does not do."""
EXACT = Context(prec=120)


class Records(Protocol):
    """A csv reader."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]:
        """Itself."""

    def __next__(self) -> list[str]:
        """The next record."""


class Reader:
    """Reads one file into a stage.

    Cells of `by_hour` days keep the hour a charge begins in; `part` names the file where
    each file stands for itself.
    """

    def __init__(
        self, stage: Stage, tag_keys: Sequence[str], by_hour: Collection[date] = (), part: str = ""
    ) -> None:
        self._stage, self._part = stage, part
        self._tag_keys, self._by_hour = tag_keys, by_hour
        self._begin_anew()

    def _begin_anew(self) -> None:
        self.scan = Scan()
        self._values = Values(self._tag_keys, self._by_hour)
        self._cells = Cells(self._stage, self._values, self.scan, self._part)
        self._amounts = [Amounts(name) for name in COSTS]
        self._lost: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])

    def read(self, path: Path, told: Callable[[int], object] = lambda _done: None) -> Scan:
        """Read a whole file; nothing of it is kept when it is refused.

        What is refused in parts is read again record by record: that is the last word.

        Raises:
            Invalid: not a FOCUS bill, or one that is cut off or damaged.
            TooLarge: beyond 1 GB.
        """
        try:
            with Bytes(path, told) as source:
                self._read_parts(source)
                self.scan.digest, self.scan.size = source.digest, source.size
        except (Refusal, UnicodeDecodeError):
            self._begin_anew()
            self._stage.forget()
            with Bytes(path, told) as source, text_of(source) as lines:
                self._read_records(self.begin(lines), 0)
                self.scan.digest, self.scan.size = source.digest, source.size
        return self.finish()

    def begin(self, lines: Iterable[str]) -> Records:
        """Read the header.

        Raises:
            Invalid: not that of a FOCUS bill.
        """
        records = csv.reader(lines, strict=True)
        with _refusing(records, 0):
            header = next(records, None)
        if header is None:
            raise Invalid("empty", "The file is empty; nothing was imported.", field="file")
        self._layout = focus.layout_of(header)
        self._usual = Usual(self._layout, self._values)
        return records

    def _read_parts(self, source: Bytes) -> None:
        parts = ((part.lines, part.text.decode("utf-8")) for part in parts_of(source))
        self.begin([next(parts, (0, ""))[1]])
        for before, text in parts:
            self.read_part(text, before)

    def read_part(self, text: str, before: int) -> None:
        """Read whole records that so many lines come before.

        Raises:
            Invalid: damaged or cut off.
        """
        start = 0
        while start < len(text):
            end = text.rfind("\n", start, start + AT_ONCE) + 1 or len(text)
            if end - start > AT_ONCE or not self._take_text(text[start:end]):
                break
            start = end
        if start < len(text):  # a line's end may be none of a record's: all that is left
            lines = before + text.count("\n", 0, start)
            rest = io.StringIO(text[start:], newline="")
            self._read_records(csv.reader(rest, strict=True), lines)

    def _take_text(self, text: str) -> bool:
        """Take lines if each is a record, and a usual one; else nothing of them, and say so."""
        try:
            with localcontext(EXACT):
                rows = self._usual.rows_of(text)
                if rows is not None:
                    self._cells.add(*rows)
        except (RowWrong, ArithmeticError):
            return False
        return rows is not None

    def _read_records(self, records: Records, offset: int) -> None:
        with _refusing(records, offset), localcontext(EXACT):
            while True:
                before = offset + records.line_num
                batch = list(islice(records, BATCH))
                if not batch:
                    return
                self._take(batch, before)

    def _take(self, batch: list[list[str]], before: int) -> None:
        if set(map(len, batch)) != {self._layout.width}:
            self._check_widths(batch, before)
        try:
            self._add_rows([row for row in batch if row])
        except (RowWrong, ArithmeticError):
            self._one_by_one(batch, before)

    def _check_widths(self, batch: list[list[str]], before: int) -> None:
        """Let empty lines pass; any other row of another length ends the import.

        Raises:
            Invalid: naming its line.
        """
        for line, row in _lines(batch, before):
            if row and len(row) != self._layout.width:
                raise _cut(line, f"it has {len(row)} fields instead of {self._layout.width}")

    def _add_rows(self, rows: Sequence[list[str]]) -> None:
        """Add rows to their cells: all of them, or none and an error."""
        if not rows:
            return
        columns = list(zip(*rows, strict=True))
        columns.append(("",) * len(rows))  # what a missing column holds: index -1
        at, values = self._layout.at, self._values
        self._cells.add(
            [values.charge_of[key] for key in zip(*(columns[at[n]] for n in CHARGED), strict=True)],
            [values.period_of[key] for key in zip(*(columns[at[n]] for n in PERIOD), strict=True)],
            [values.pick_of[key] for key in zip(columns[at["Tags"]], strict=True)],
            [
                amounts.of(columns[at[name]])
                for name, amounts in zip(COSTS, self._amounts, strict=True)
            ],
        )

    def _one_by_one(self, batch: list[list[str]], before: int) -> None:
        for line, row in _lines(batch, before):
            try:
                self._add_rows([row] if row else [])
            except RowWrong as wrong:
                self._reject(line, row, str(wrong))

    def _reject(self, line: int, row: list[str], reason: str) -> None:
        """Keep a row's line and reason; its cost counts as rejected where it can be read."""
        at = self._layout.at
        known = []
        for name in COSTS[:2]:
            try:
                known.append(focus.amount(row[at[name]] if at[name] >= 0 else "", name))
            except RowWrong:
                known.append(Decimal(0))
        try:
            currency = focus.currency(row[at["BillingCurrency"]])
        except RowWrong:
            currency = ""
        self.scan.rows += 1
        self.scan.rejected += 1
        for index, amount in enumerate(known):
            self._lost[currency][index] += amount
        said = "\x1d".join((reason, currency, *map(str, known)))
        digest = hashlib.blake2b(said.encode(), digest_size=16).digest()
        self.scan.lose(self._part, int.from_bytes(digest, "big"))
        if len(self.scan.rejects) < REJECTS_KEPT:
            self.scan.rejects.append(Reject(line, reason, currency, *known))

    def finish(self) -> Scan:
        """Put the last cells aside, for the stage to join; what the file holds besides them."""
        self._cells.put_aside()
        self.scan.version = self._layout.version
        self.scan.warnings = [*self._layout.warnings, *self._values.warnings]
        self.scan.tag_keys = sorted(self._values.tag_keys)
        self.scan.lost = {unit: (known[0], known[1]) for unit, known in self._lost.items()}
        return self.scan


@contextmanager
def _refusing(records: Records, offset: int) -> Iterator[None]:
    """Say at which line a file is damaged."""
    try:
        yield
    except csv.Error as error:
        raise _cut(offset + records.line_num, str(error)) from None
    except UnicodeDecodeError:
        raise _cut(offset + records.line_num + 1, "the text is not UTF-8") from None


def _lines(batch: Sequence[list[str]], before: int) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line it begins at."""
    line = before + 1
    for row in batch:
        yield line, row
        line += 1 + sum(value.count("\n") for value in row)


def _cut(line: int, why: str) -> Invalid:
    return Invalid(
        "not_readable",
        f"Line {line}: {why}. The file is damaged or cut off; nothing was imported.",
        field="file",
    )
