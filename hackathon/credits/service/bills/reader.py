"""Rows become cells: exact sums by scope, day, account, service, category and tags.

One pass in bounded memory. A column of a batch is read at once, so that almost all work
happens in C; a batch in which anything is unusual is read again row by row. Cells that
become too many are put aside in the stage and joined at the end.
"""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Context, Decimal, localcontext
from itertools import islice
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from hackathon.credits.service.bills import focus
from hackathon.credits.service.bills.focus import RowWrong
from hackathon.credits.service.bills.stream import Bytes, text_of
from hackathon.shared.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from hackathon.credits.service.bills.stage import Stage

BATCH = 100
"""Rows read at once: few enough to stay in the processor's cache."""
MOST_CELLS = 30_000
"""Cells kept in memory; more are put aside."""
MOST_KNOWN = 5_000
"""Distinct texts remembered a column."""
REJECTS_KEPT = 1_000
MODULUS = 1 << 128
EXACT = Context(prec=120)
DIGITS = "0123456789.-"
INVALID = "?"
"""Stands for tags that could not be read."""
COSTS = ("BilledCost", "EffectiveCost", "ListCost")
FIXED = (
    "BillingAccountId", "BillingPeriodStart", "BillingCurrency", "ChargeCategory", "ChargeClass",
    "ChargeFrequency", "ServiceProviderName", "ProviderName", "ServiceName", "SubAccountId",
)  # fmt: skip


class Records(Protocol):
    """A csv reader."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]:
        """Itself."""

    def __next__(self) -> list[str]:
        """The next record."""


K = TypeVar("K")
V = TypeVar("V")


class Memo(dict[K, V], Generic[K, V]):
    """Remembers what a function said; it forgets all when there is too much."""

    def __init__(self, work: Callable[[K], V], most: int = MOST_KNOWN) -> None:
        super().__init__()
        self._work, self._most = work, most

    def __missing__(self, key: K) -> V:
        """Ask once."""
        if len(self) >= self._most:
            self.clear()
        found = self[key] = self._work(key)
        return found


class Numbers(dict[K, int], Generic[K]):
    """Gives each new key the next number."""

    def __missing__(self, key: K) -> int:
        """The next number."""
        found = self[key] = len(self)
        return found


@dataclass(frozen=True)
class Reject:
    """A row that was not taken: its line, why, and its cost where it can be read."""

    line: int
    reason: str
    currency: str
    billed: Decimal
    effective: Decimal


@dataclass
class Scan:
    """What a file holds besides its cells."""

    version: str = ""
    digest: str = ""
    size: int = 0
    rows: int = 0
    warnings: list[str] = field(default_factory=list)
    tag_keys: list[str] = field(default_factory=list)
    rejected: int = 0
    rejects: list[Reject] = field(default_factory=list)
    lost: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    """What rejected rows cost, billed and effective, by currency."""
    lost_hash: int = 0
    """Which rows were rejected, in any order; a part of the first scope's hash."""
    through: dict[tuple[str, date], datetime] = field(default_factory=dict)
    """Through when each scope's charges reach."""


Fixed = tuple[str, date, str, str, str, str, str, str]
"""Account, first day of the billing period, currency, category, class, provider, service,
sub-account."""


class Reader:
    """Reads one file into a stage."""

    def __init__(self, stage: Stage, tag_keys: Sequence[str]) -> None:
        self.scan = Scan()
        self._stage = stage
        self._wanted = [focus.fold(key) for key in tag_keys]
        self._said: dict[str, None] = {}
        self._fixed: Numbers[Fixed] = Numbers()
        self._scopes: Numbers[tuple[str, date]] = Numbers()
        self._scope_of: list[int] = []
        self._picks: Numbers[str] = Numbers()
        self._periods: Numbers[tuple[int, datetime]] = Numbers()
        self._pairs: set[tuple[int, int]] = set()
        self._fixed_of = Memo(self._read_fixed)
        self._period_of = Memo(self._read_period)
        self._day_of: list[int] = []
        self._pick_of = Memo(self._read_tags)
        self._keys: set[str] = set()
        self._slots: Numbers[tuple[int, int, int]] = Numbers()
        self._sums: tuple[list[Decimal], ...] = ([], [], [])
        self._counts: list[int] = []
        self._lost: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])

    def read(self, path: Path, told: Callable[[int], object] = lambda _done: None) -> Scan:
        """Read a whole file; nothing of it is kept when it is refused.

        Raises:
            Invalid: not a FOCUS bill, or one that is cut off or damaged.
            TooLarge: beyond 1 GB.
        """
        with Bytes(path, told) as source, text_of(source) as lines:
            records = self.begin(lines)
            self._read_all(records, 0)
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
        self._at()
        return records

    def read_part(self, lines: Iterable[str], before: int) -> None:
        """Read a part of a file, whole records, that so many lines come before.

        Raises:
            Invalid: damaged or cut off.
        """
        self._read_all(csv.reader(lines, strict=True), before)

    def _at(self) -> None:
        at = self._layout.at
        self._fixed_at = [at[name] for name in FIXED]
        self._cost_at = [at[name] for name in COSTS]
        self._start_at, self._end_at = at["ChargePeriodStart"], at["ChargePeriodEnd"]
        self._tags_at = at["Tags"]

    def _read_all(self, records: Records, offset: int) -> None:
        width = {self._layout.width}
        with _refusing(records, offset), localcontext(EXACT):
            while True:
                before = offset + records.line_num
                batch = list(islice(records, BATCH))
                if not batch:
                    return
                self._take(batch, before, width)

    def _take(self, batch: list[list[str]], before: int, width: set[int]) -> None:
        if set(map(len, batch)) != width:
            batch = self._even(batch, before)
        try:
            self._add(batch)
        except (RowWrong, ArithmeticError):
            self._one_by_one(batch, before)
        if len(self._counts) > MOST_CELLS:
            self._put_aside()

    def _even(self, batch: list[list[str]], before: int) -> list[list[str]]:
        """Without empty lines; any other row of another length ends the import.

        Raises:
            Invalid: naming its line.
        """
        kept = []
        for line, row in _lines(batch, before):
            if row and len(row) != self._layout.width:
                raise _cut(line, f"it has {len(row)} fields instead of {self._layout.width}")
            if row:
                kept.append(row)
        return kept

    def _add(self, batch: Sequence[list[str]]) -> None:
        """Add rows to their cells: all of them, or none and an error."""
        if not batch:
            return
        columns = list(zip(*batch, strict=True))
        columns.append(("",) * len(batch))  # what a missing column holds: index -1
        fixed = list(
            map(self._fixed_of.__getitem__, zip(*[columns[i] for i in self._fixed_at], strict=True))
        )
        spans = zip(columns[self._start_at], columns[self._end_at], strict=True)
        periods = list(map(self._period_of.__getitem__, spans))
        picks = map(self._pick_of.__getitem__, columns[self._tags_at])
        costs = [
            _amounts(columns[index], name, required=name == "BilledCost")
            for index, name in zip(self._cost_at, COSTS, strict=True)
        ]
        days = map(self._day_of.__getitem__, periods)
        slots = list(map(self._slots.__getitem__, zip(fixed, days, picks, strict=True)))
        self._pairs.update(zip(map(self._scope_of.__getitem__, fixed), periods, strict=True))
        self._grow()
        counts = self._counts
        for slot in slots:
            counts[slot] += 1
        for sums, amounts in zip(self._sums, costs, strict=True):
            for slot, amount in zip(slots, amounts, strict=True):
                if amount:
                    sums[slot] += amount
        self.scan.rows += len(batch)

    def _grow(self) -> None:
        more = len(self._slots) - len(self._counts)
        if more:
            self._counts.extend([0] * more)
            for sums in self._sums:
                sums.extend([Decimal(0)] * more)

    def _one_by_one(self, batch: list[list[str]], before: int) -> None:
        for line, row in _lines(batch, before):
            if not row:
                continue
            try:
                self._add([row])
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
        self.scan.lost_hash = (self.scan.lost_hash + int.from_bytes(digest, "big")) % MODULUS
        if len(self.scan.rejects) < REJECTS_KEPT:
            self.scan.rejects.append(Reject(line, reason, currency, *known))

    # --- values, each distinct one once ---------------------------------------------

    def _warn(self, sentence: str) -> None:
        self._said.setdefault(sentence)

    def _moment(self, value: str, column: str) -> datetime:
        found, said = focus.moment(value, column)
        if not said:
            self._warn("Times do not say their zone as the standard wants; they are read as UTC.")
        return found

    def _read_fixed(self, raw: tuple[str, ...]) -> int:
        account, period, unit, category, class_, frequency, *names = raw
        provider = focus.text(names[0]) or focus.text(names[1])
        if not focus.text(account):
            raise RowWrong("BillingAccountId is empty")
        kind, spelled = focus.one_of(category, focus.CATEGORIES)
        if not kind:
            raise RowWrong("ChargeCategory is empty")
        often, spelled_too = focus.one_of(frequency, focus.FREQUENCIES)
        if not (spelled and spelled_too):
            self._warn(f"Words are spelled otherwise, such as {often if spelled else category}.")
        if kind not in focus.CATEGORIES:
            self._warn(f"The category {kind} is not known; its rows are kept off teams.")
        scope = (focus.text(account)[:200], self._moment(period, "BillingPeriodStart").date())
        made: Fixed = (
            *scope,
            focus.currency(unit),
            kind,
            focus.one_of(class_, ("Correction",))[0],
            provider[:100],
            focus.text(names[2])[:100],
            focus.text(names[3])[:200],
        )
        number = self._fixed[made]
        if number == len(self._scope_of):
            self._scope_of.append(self._scopes[scope])
        return number

    def _read_period(self, raw: tuple[str, str]) -> int:
        start = self._moment(raw[0], "ChargePeriodStart")
        try:
            end = self._moment(raw[1], "ChargePeriodEnd")
        except RowWrong:
            end = start
        if end <= start:
            self._warn("Some charges end before they begin; the day they begin counts.")
            end = start
        number = self._periods[start.toordinal(), end]
        if number == len(self._day_of):
            self._day_of.append(start.toordinal())
        return number

    def _read_tags(self, raw: str) -> int:
        found = focus.tags(raw)
        if found is None:
            self._warn("Some tags cannot be read; those rows count as untagged.")
            return self._picks[INVALID]
        if len(self._keys) < 200:  # noqa: PLR2004 - enough to choose from
            self._keys.update(found)
        return self._picks[
            "\x1f".join(f"{key}\x1e{found[key]}" for key in self._wanted if key in found)
        ]

    # --- the end --------------------------------------------------------------------

    def _put_aside(self) -> None:
        """Write the cells at hand to the stage and begin anew."""
        self._stage.put_aside(
            (*key, count, *map(str, sums))
            for key, count, *sums in zip(self._slots, self._counts, *self._sums, strict=True)
        )
        self._slots.clear()
        self._counts.clear()
        for sums in self._sums:
            sums.clear()

    def finish(self) -> Scan:
        """Join the cells; what the file holds besides them."""
        self._put_aside()
        scan = self.scan
        periods, scopes = list(self._periods), list(self._scopes)
        for scope, period in self._pairs:
            end = periods[period][1]
            name = scopes[scope]
            scan.through[name] = max(scan.through.get(name, end), end)
        scan.version = self._layout.version
        scan.warnings = [*self._layout.warnings, *self._said]
        scan.tag_keys = sorted(self._keys)
        scan.lost = {unit: (known[0], known[1]) for unit, known in self._lost.items()}
        fixed, picks = list(self._fixed), list(self._picks)
        self._stage.join(
            lambda number: fixed[number],
            lambda number: picks[number],
            date.fromordinal,
        )
        return scan


@contextmanager
def _refusing(records: Records, offset: int) -> Iterator[None]:
    """Say at which line a file is damaged."""
    try:
        yield
    except csv.Error as error:
        raise _cut(offset + records.line_num, str(error)) from None
    except UnicodeDecodeError:
        raise _cut(offset + records.line_num + 1, "the text is not UTF-8") from None


def _amounts(column: Sequence[str], name: str, *, required: bool) -> list[Decimal]:
    """A column of costs; plain digits go the short way."""
    if not "".join(column).strip(DIGITS) and max(map(len, column)) < focus.LONGEST_NUMBER // 2:
        try:
            return list(map(Decimal, column))
        except ArithmeticError:  # an empty one, or 1.2.3
            pass
    return [focus.amount(value, name, required=required) for value in column]


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
