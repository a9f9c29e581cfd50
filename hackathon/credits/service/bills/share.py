"""Whose each cell is: rules by account, tag and prefix, dated; sums that always close."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import TYPE_CHECKING, NamedTuple

from hackathon.credits.rules import CURRENCY, Kind
from hackathon.credits.service.bills.focus import fold
from hackathon.shared.errors import Invalid
from hackathon.shared.money import MICROS, Micros

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from hackathon.credits.service.bills.stage import Cell

EXACT = Context(prec=120)
ZERO = Decimal(0)
SETTLING = timedelta(days=10)
"""Costs reach a team until so long after the event; a billing period is closed so long
after its end."""
LARGEST_TOTAL = Decimal(10) ** 12
INVALID = "?"


class Rule(NamedTuple):
    """Whose costs carry this account, tag value or beginning of an account, from a day on."""

    id: int
    kind: str
    key: str
    value: str
    team_id: int | None
    from_day: date | None


class Window(NamedTuple):
    """The days in which costs can be a team's."""

    first: date
    last: date


def window_of(starts_at: datetime, ends_at: datetime) -> Window:
    """From the event's first day (UTC) until it has settled."""
    return Window(starts_at.date(), (ends_at + SETTLING).date())


class Place(NamedTuple):
    """Where a cell goes; `why` says what kept it from a team."""

    holder: Kind | None
    team_id: int | None
    why: str
    conflict: bool


class Bucket(NamedTuple):
    """What is rounded once: one holder's part of one scope, in one currency."""

    account: str
    period: date
    holder: str
    team_id: int | None
    currency: str


@dataclass
class Left:
    """Costs without a team that look alike."""

    sub_account: str
    tags: str
    why: str
    rows: int = 0
    amount: Decimal = ZERO


@dataclass
class Sums:
    """Exact totals of one currency; they close: file = teams + unallocated + excluded + rejected."""

    teams: Decimal = ZERO
    unallocated: Decimal = ZERO
    excluded: Decimal = ZERO
    rejected: Decimal = ZERO

    @property
    def file(self) -> Decimal:
        """All of it."""
        with localcontext(EXACT):
            return self.teams + self.unallocated + self.excluded + self.rejected


@dataclass
class Shares:
    """A bill or a whole source as it is mapped now."""

    buckets: dict[Bucket, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    sums: dict[str, Sums] = field(default_factory=lambda: defaultdict(Sums))
    left: dict[tuple[str, str, str], Left] = field(default_factory=dict)
    excluded: dict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    rows: int = 0
    conflicts: int = 0
    disagreeing: int = 0
    """Rows whose billed or effective cost is zero while the other is not."""
    billed: Decimal = ZERO
    effective: Decimal = ZERO
    listed: Decimal = ZERO

    @property
    def main(self) -> Sums:
        """Those of the ledger's currency."""
        return self.sums[CURRENCY]

    def by_team(self) -> dict[int, Decimal]:
        """Exact totals of teams."""
        found: dict[int, Decimal] = defaultdict(lambda: ZERO)
        with localcontext(EXACT):
            for bucket, amount in self.buckets.items():
                if bucket.team_id is not None:
                    found[bucket.team_id] += amount
        return found

    def unallocated(self) -> list[Left]:
        """Costs without a team, the largest first."""
        return sorted(
            self.left.values(), key=lambda one: (-abs(one.amount), one.sub_account, one.tags)
        )


def tags_of(packed: str) -> dict[str, str]:
    """The chosen tags of a cell, by folded key."""
    if not packed or packed == INVALID:
        return {}
    return dict(pair.split("\x1e", 1) for pair in packed.split("\x1f"))


class Mapping:
    """The rules of a source, ready to be asked."""

    def __init__(
        self,
        rules: Iterable[Rule],
        windows: dict[int, Window],
        tag_keys: Sequence[str],
        charged: Iterable[str],
    ) -> None:
        self._exact: dict[tuple[str, str, str], list[Rule]] = defaultdict(list)
        self._prefixes: list[Rule] = []
        for rule in sorted(
            rules, key=lambda rule: (rule.from_day or date.min, rule.id), reverse=True
        ):
            if rule.kind == "prefix":
                self._prefixes.append(rule)
            else:
                self._exact[rule.kind, rule.key, rule.value].append(rule)
        self._prefixes.sort(key=lambda rule: -len(rule.value))
        self._windows = windows
        self._keys = [fold(key) for key in tag_keys]
        self._charged = frozenset(charged)
        self._known: dict[tuple[str, str, date, str, str], Place] = {}

    def place(self, cell: Cell) -> Place:
        """Where a cell goes."""
        key = (cell.sub_account, cell.tags, cell.day, cell.category, cell.currency)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._place(cell)
        return found

    def _place(self, cell: Cell) -> Place:
        if cell.category not in self._charged:
            return Place(Kind.EXCLUDED, None, cell.category, conflict=False)
        if cell.currency != CURRENCY:
            return Place(Kind.UNALLOCATED, None, f"billed in {cell.currency}", conflict=False)
        said = [rule for rule in self._candidates(cell) if rule is not None]
        if not said:
            why = "no account or tag" if not (cell.sub_account or cell.tags) else "no rule for it"
            why = "tags cannot be read" if cell.tags == INVALID else why
            return Place(Kind.UNALLOCATED, None, why, conflict=False)
        first = said[0]
        conflict = any(rule.team_id != first.team_id for rule in said[1:])
        if first.team_id is None:
            return Place(Kind.UNALLOCATED, None, "nobody's by rule", conflict=conflict)
        window = self._windows[first.team_id]
        if not window.first <= cell.day <= window.last:
            return Place(Kind.UNALLOCATED, None, "outside the event's days", conflict=conflict)
        return Place(None, first.team_id, "", conflict=conflict)

    def _candidates(self, cell: Cell) -> list[Rule | None]:
        """What account, tags in their order, and the longest prefix say."""
        tags = tags_of(cell.tags)
        named = [("account", "", cell.sub_account)] if cell.sub_account else []
        named += [("tag", key, fold(tags[key])) for key in self._keys if key in tags]
        said = [_at(self._exact.get(name, []), cell.day) for name in named]
        if not any(said):
            fits = [r for r in self._prefixes if cell.sub_account.startswith(r.value)]
            said.append(_at(fits, cell.day))
        return said


def _at(rules: Sequence[Rule], day: date) -> Rule | None:
    """The rule in force on a day; the newest come first."""
    return next((rule for rule in rules if rule.from_day is None or rule.from_day <= day), None)


def share(
    cells: Iterable[Cell],
    mapping: Mapping,
    basis: str,
    lost: dict[str, tuple[Decimal, Decimal]] | None = None,
) -> Shares:
    """Add cells up by their holders.

    Args:
        cells: Of a file, or of every newest snapshot of a source.
        mapping: Whose they are.
        basis: `billed` or `effective`.
        lost: What rejected rows cost, billed and effective, by currency; without a
            readable currency they count to that of the ledger.
    """
    found = Shares()
    with localcontext(EXACT):
        for cell in cells:
            _put(found, cell, mapping.place(cell), basis)
        for unit, costs in (lost or {}).items():
            found.sums[unit or CURRENCY].rejected += costs[basis == "effective"]
    return found


def _put(found: Shares, cell: Cell, place: Place, basis: str) -> None:
    amount = cell.billed if basis == "billed" else cell.effective
    sums = found.sums[cell.currency]
    holder = "team" if place.holder is None else place.holder.value
    if place.holder is None:
        sums.teams += amount
    elif place.holder is Kind.EXCLUDED:
        sums.excluded += amount
        found.excluded[place.why] += amount
    else:
        sums.unallocated += amount
        key = (cell.sub_account, cell.tags, place.why)
        left = found.left.setdefault(key, Left(*key))
        left.rows += cell.rows
        left.amount += amount
    found.buckets[Bucket(cell.account, cell.period, holder, place.team_id, cell.currency)] += amount
    found.rows += cell.rows
    found.conflicts += cell.rows if place.conflict else 0
    found.disagreeing += cell.rows if bool(cell.billed) != bool(cell.effective) else 0
    found.billed += cell.billed
    found.effective += cell.effective
    found.listed += cell.listed


def rounded(amount: Decimal) -> Micros:
    """Whole micros, halves to even: the one rounding of a bucket.

    Raises:
        Invalid: a trillion or more.
    """
    if abs(amount) >= LARGEST_TOTAL:
        raise Invalid("amount", "A total of this bill is a trillion or more; nothing was imported.")
    with localcontext(EXACT):
        return Micros(int((amount * MICROS).to_integral_value(ROUND_HALF_EVEN)))


def cents_of(amounts: Sequence[Decimal]) -> list[Decimal]:
    """Whole cents that add up to the rounded total: the largest remainders get the rest."""
    with localcontext(EXACT):
        scaled = [amount * 100 for amount in amounts]
        floors = [int(value.to_integral_value(ROUND_FLOOR)) for value in scaled]
        total = int(sum(scaled, ZERO).to_integral_value(ROUND_HALF_EVEN))
        order = sorted(range(len(scaled)), key=lambda i: (floors[i] - scaled[i], i))
        for index in order[: total - sum(floors)]:
            floors[index] += 1
        return [Decimal(value).scaleb(-2) for value in floors]
