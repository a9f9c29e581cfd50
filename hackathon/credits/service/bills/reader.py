"""Rows become cells: exact sums by scope, day, account, service, category and tags.

One pass in bounded memory. Lines are split and their columns read at once, so that almost all
work happens in C; where anything is unusual, the csv reader reads them again, row by row.
Cells that become too many are put aside in the stage and joined at the end.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Context, Decimal, localcontext
from itertools import islice
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from hackathon.credits.service.bills import focus
from hackathon.credits.service.bills.focus import RowWrong
from hackathon.credits.service.bills.stream import Bytes, parts_of, text_of
from hackathon.shared.errors import Invalid, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from hackathon.credits.service.bills.stage import Stage

AT_ONCE = 1 << 16
"""Characters split at once: few enough to stay in the processor's cache."""
BATCH = 100
"""Records read at once where splitting does not do."""
MOST_CELLS = 30_000
"""Cells kept in memory; more are put aside."""
MOST_KNOWN = 5_000
"""Distinct texts remembered a column."""
REJECTS_KEPT = 1_000
MODULUS = 1 << 128
EXACT = Context(prec=120)
HOURS = 24
LONG = timedelta(days=1)
"""A charge for longer than a day, such as a month's fee, says nothing about what came in by now."""
DIGITS = b"0123456789.-"
SHORT = 30
"""Digits that no `focus.amount` finds too small or too many."""
BEYOND = Decimal("1e13")
"""What it finds too large."""
INVALID = "?"
"""Stands for tags that could not be read."""
QUOTED = re.compile(r'"(?<![^,\n]")([^"\n]*+(?:""[^"\n]*+)*+)"(?![^,\r\n])')
"""A field in quotes on one line, from a comma or the line's begin to a comma or its end."""
NUL = "\0"
"""No file has it."""
HIDDEN_COMMA, HIDDEN_QUOTE = "\x1c", "\x1d"
"""Stand for them inside quotes; a file that has these is left to the csv reader."""
COSTS = ("BilledCost", "EffectiveCost", "ListCost")
FIXED = (
    "BillingAccountId", "BillingPeriodStart", "BillingCurrency", "ChargeCategory", "ChargeClass",
    "ChargeFrequency", "ServiceProviderName", "ProviderName", "ServiceName", "SubAccountId",
)  # fmt: skip
WANTED = (*FIXED, "ChargePeriodStart", "ChargePeriodEnd", "Tags", *COSTS)


class Records(Protocol):
    """A csv reader."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]:
        """Itself."""

    def __next__(self) -> list[str]:
        """The next record."""


ScopeName = tuple[str, date, str]
"""Billing account, first day of the billing period, part: the file's name where each file
stands for itself, else empty."""
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
    lost_hash: dict[str, int] = field(default_factory=dict)
    """Which rows of each part were rejected, in any order; it counts in its first scope's hash."""
    through: dict[ScopeName, datetime] = field(default_factory=dict)
    """Through when each scope's charges reach; those for longer than a day when there is
    nothing else."""
    long_through: dict[ScopeName, datetime] = field(default_factory=dict)
    files: list[tuple[str, str]] = field(default_factory=list)
    """Name and hash of each file, where there are several."""

    def add(self, other: Scan) -> None:
        """Add what another part of the same delivery holds."""
        self.version = other.version
        self.rows += other.rows
        self.rejected += other.rejected
        self.rejects += other.rejects
        self.warnings += [line for line in other.warnings if line not in self.warnings]
        self.tag_keys = sorted({*self.tag_keys, *other.tag_keys})
        for part, digest in other.lost_hash.items():
            self.lost_hash[part] = (self.lost_hash.get(part, 0) + digest) % MODULUS
        for unit, (billed, effective) in other.lost.items():
            one, two = self.lost.get(unit, (Decimal(0), Decimal(0)))
            self.lost[unit] = (one + billed, two + effective)
        for mine, theirs in (
            (self.through, other.through),
            (self.long_through, other.long_through),
        ):
            for name, end in theirs.items():
                mine[name] = max(mine.get(name, end), end)


Fixed = tuple[str, date, str, str, str, str, str, str]
"""Account, first day of the billing period, currency, category, class, provider, service,
sub-account."""


class Reader:
    """Reads one file into a stage.

    Cells of `by_hour` days keep the hour a charge begins in; `part` names the file where
    each file stands for itself.
    """

    def __init__(
        self, stage: Stage, tag_keys: Sequence[str], by_hour: Collection[date] = (), part: str = ""
    ) -> None:
        self._stage = stage
        self._by_hour = frozenset(day.toordinal() for day in by_hour)
        self._part = part
        self._wanted = [focus.fold(key) for key in tag_keys]
        self._begin_anew()

    def _begin_anew(self) -> None:
        self.scan = Scan()
        self._said: dict[str, None] = {}
        self._fixed: Numbers[Fixed] = Numbers()
        self._scopes: Numbers[tuple[str, date]] = Numbers()
        self._scope_of: list[int] = []
        self._picks: Numbers[str] = Numbers()
        self._periods: Numbers[tuple[int, datetime, bool]] = Numbers()
        self._pairs: set[tuple[int, int]] = set()
        self._fixed_of = Memo(self._read_fixed)
        self._period_of = Memo(self._read_period)
        self._slot_of: list[int] = []
        self._pick_of = Memo(self._read_tags)
        self._keys: set[str] = set()
        self._slots: Numbers[tuple[int, int, int]] = Numbers()
        self._sums: tuple[list[Decimal], ...] = ([], [], [])
        self._counts: list[int] = []
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
        self._wanted_at = [self._layout.at[name] for name in WANTED]
        return records

    def _read_parts(self, source: Bytes) -> None:
        parts = ((lines, part.decode("utf-8")) for lines, part in parts_of(source))
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
        columns = self._columns_of(text)
        if columns is None:
            return False
        try:
            with localcontext(EXACT):
                self._add(columns)
        except (RowWrong, ArithmeticError):
            return False
        self._make_room()
        return True

    def _columns_of(self, text: str) -> list[Sequence[str]] | None:
        """The wanted columns of lines, split in C; None unless a csv reader says the same.

        Commas and quotes inside quotes are hidden. Behind each line stands a field of its own:
        where it is missing, a line has another length.
        """
        if HIDDEN_COMMA in text or HIDDEN_QUOTE in text:
            return None
        if not text.endswith("\n"):
            text += "\n"
        if '"' in text:
            pieces = QUOTED.split(text)
            if len(pieces) == 1:
                return None
            within = NUL.join(pieces[1::2]).replace('""', HIDDEN_QUOTE).replace(",", HIDDEN_COMMA)
            pieces[1::2] = within.split(NUL)
            text = "".join(pieces)
            if '"' in text:
                return None
        width = self._layout.width
        step = width + 1
        fields = text.replace("\n", ",\n,").split(",")
        count = len(fields) // step
        if len(fields) != count * step + 1 or fields[width::step].count("\n") != count:
            return None
        if "\r" in text:
            last = fields[width - 1 :: step]
            if text.count("\r") != count or {value[-1:] for value in last} != {"\r"}:
                return None
            fields[width - 1 :: step] = [value[:-1] for value in last]
        nothing = ("",) * count
        return [fields[at:-1:step] if at >= 0 else nothing for at in self._wanted_at]

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
            batch = self._even(batch, before)
        try:
            self._add_rows(batch)
        except (RowWrong, ArithmeticError):
            self._one_by_one(batch, before)
        self._make_room()

    def _make_room(self) -> None:
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

    def _add_rows(self, batch: Sequence[list[str]]) -> None:
        if batch:
            columns = list(zip(*batch, strict=True))
            columns.append(("",) * len(batch))  # what a missing column holds: index -1
            self._add([columns[at] for at in self._wanted_at])

    def _add(self, columns: Sequence[Sequence[str]]) -> None:
        """Add the wanted columns of rows to their cells: all of them, or none and an error."""
        *fixed_columns, starts, ends, tags, billed, effective, listed = columns
        fixed = list(map(self._fixed_of.__getitem__, zip(*fixed_columns, strict=True)))
        periods = list(map(self._period_of.__getitem__, zip(starts, ends, strict=True)))
        picks = map(self._pick_of.__getitem__, tags)
        costs = (
            _amounts(billed, COSTS[0], required=True),
            _amounts(effective, COSTS[1], required=False),
            _amounts(listed, COSTS[2], required=False),
        )
        times = map(self._slot_of.__getitem__, periods)
        slots = list(map(self._slots.__getitem__, zip(fixed, times, picks, strict=True)))
        self._pairs.update(zip(map(self._scope_of.__getitem__, fixed), periods, strict=True))
        self._grow()
        counts = self._counts
        for slot in slots:
            counts[slot] += 1
        for sums, amounts in zip(self._sums, costs, strict=True):
            for slot, amount in zip(slots, amounts, strict=True):
                if amount:
                    sums[slot] += amount
        self.scan.rows += len(slots)

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
                self._add_rows([row])
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
        before = self.scan.lost_hash.get(self._part, 0)
        self.scan.lost_hash[self._part] = (before + int.from_bytes(digest, "big")) % MODULUS
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
        account, period, unit, category, class_, frequency, *names = map(_shown, raw)
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
        start = self._moment(_shown(raw[0]), "ChargePeriodStart")
        try:
            end = self._moment(_shown(raw[1]), "ChargePeriodEnd")
        except RowWrong:
            end = start
        if end <= start:
            self._warn("Some charges end before they begin; the day they begin counts.")
            end = start
        day = start.toordinal()
        slot = day * HOURS + (start.hour if day in self._by_hour else 0)
        number = self._periods[slot, end, end - start > LONG]
        if number == len(self._slot_of):
            self._slot_of.append(slot)
        return number

    def _read_tags(self, raw: str) -> int:
        found = focus.tags(_shown(raw))
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
            _, end, is_long = periods[period]
            name = (*scopes[scope], self._part)
            found = scan.long_through if is_long else scan.through
            found[name] = max(found.get(name, end), end)
        scan.version = self._layout.version
        scan.warnings = [*self._layout.warnings, *self._said]
        scan.tag_keys = sorted(self._keys)
        scan.lost = {unit: (known[0], known[1]) for unit, known in self._lost.items()}
        fixed, picks = list(self._fixed), list(self._picks)
        self._stage.join(
            lambda number: fixed[number],
            lambda number: picks[number],
            self._part,
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
    """A column of costs, each text once; plain digits go the short way."""
    texts = set(column)
    known = _plain(texts)
    if known is None:
        known = {text: focus.amount(text, name, required=required) for text in texts}
    return list(map(known.__getitem__, column))


def _plain(texts: set[str]) -> dict[str, Decimal] | None:
    """What plain digits say; None where `focus.amount` must look."""
    if "".join(texts).encode().translate(None, DIGITS) or max(map(len, texts)) > SHORT:
        return None
    try:
        known = dict(zip(texts, map(Decimal, texts), strict=True))
    except ArithmeticError:  # an empty one, or 1.2.3
        return None
    found = known.values()
    return known if min(found) > -BEYOND and max(found) < BEYOND else None


def _shown(value: str) -> str:
    """A field as it was before its commas and quotes were hidden."""
    return value.replace(HIDDEN_COMMA, ",").replace(HIDDEN_QUOTE, '"')


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
