"""Whose each cell is: rules by account, tag and prefix, dated; sums that always close."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import TYPE_CHECKING, NamedTuple

from hackathon.credits.rules import CURRENCY, Kind, in_order
from hackathon.shared.errors import Invalid
from hackathon.shared.money import MICROS, Micros

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from hackathon.credits.service.bills.stage import Cell
    from hackathon.credits.service.bills.whose import Mapping, Place, Rate

EXACT = Context(prec=120)
ZERO = Decimal(0)
LARGEST_TOTAL = Decimal(10) ** 12
TAX = "Tax"
CORRECTION = "Correction"


class Bucket(NamedTuple):
    """What is rounded once: one holder's part of one scope, in one currency.

    `origin` is the currency it was billed in when that is another; a rate made it this one.
    """

    account: str
    period: date
    part: str
    holder: str
    team_id: int | None
    currency: str
    origin: str = ""


class Change(NamedTuple):
    """An account that changed hands within a day."""

    sub_account: str
    day: date


@dataclass
class Left:
    """Costs without a team that look alike, in one currency."""

    sub_account: str
    tags: str
    why: str
    currency: str
    rows: int = 0
    amount: Decimal = ZERO


@dataclass
class Month:
    """A billing month: what its invoice says, and what later months' corrections say of it."""

    invoiced: Decimal = ZERO
    later: Decimal = ZERO


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
    left: dict[tuple[str, str, str, str], Left] = field(default_factory=dict)
    excluded: dict[tuple[str, str], Decimal] = field(
        default_factory=lambda: defaultdict(lambda: ZERO)
    )
    """What was kept off teams, by why and currency."""
    origins: dict[Bucket, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    """What buckets of another origin were billed, in that currency."""
    rates: dict[tuple[date, str], Rate] = field(default_factory=dict)
    """Those that were used, by billing period and currency."""
    own: frozenset[tuple[int, str]] = frozenset()
    """Teams and the other currencies in which they have credits."""
    unrated: dict[tuple[date, str], Decimal] = field(
        default_factory=lambda: defaultdict(lambda: ZERO)
    )
    """What waits for a rate, by billing period and currency."""
    months: dict[date, Month] = field(default_factory=lambda: defaultdict(Month))
    """What each billing month came to in the ledger's currency, and what later ones corrected."""
    changes: dict[Change, int] = field(default_factory=lambda: defaultdict(int))
    """Accounts that changed hands within a day, and their rows that say no hour of it."""
    rows: int = 0
    conflicts: int = 0
    disagreeing: int = 0
    """Rows whose billed or effective cost is zero while the other is not."""
    billed: Decimal = ZERO
    """All of it in the ledger's currency, as `effective` and `listed`."""
    effective: Decimal = ZERO
    listed: Decimal = ZERO

    @property
    def main(self) -> Sums:
        """Those of the ledger's currency."""
        return self.sums[CURRENCY]

    @property
    def discount(self) -> Decimal | None:
        """The part of the list price that was not billed, 0 to 1; None when that says nothing."""
        if self.listed <= 0 or self.listed < self.billed:
            return None
        with localcontext(EXACT):
            return (self.listed - self.billed) / self.listed

    @property
    def converted(self) -> Decimal:
        """What other currencies came to in that of the ledger, by their rates."""
        with localcontext(EXACT):
            return sum((amount for bucket, amount in self.buckets.items() if bucket.origin), ZERO)

    def by_team(self, currency: str = CURRENCY) -> dict[int, Decimal]:
        """Exact totals of teams, of what is booked in a currency."""
        found: dict[int, Decimal] = defaultdict(lambda: ZERO)
        with localcontext(EXACT):
            for bucket, amount in self.buckets.items():
                if bucket.team_id is not None and bucket.currency == currency:
                    found[bucket.team_id] += amount
        return found

    def teams(self) -> set[int]:
        """Those with costs in any currency."""
        return {bucket.team_id for bucket in self.buckets if bucket.team_id is not None}

    def team_currencies(self) -> tuple[str, ...]:
        """In which costs of teams are booked, the main one first."""
        return in_order({one.currency for one in self.buckets if one.team_id is not None})

    def unallocated(self) -> list[Left]:
        """Costs without a team, the largest first."""
        return sorted(
            self.left.values(), key=lambda one: (-abs(one.amount), one.sub_account, one.tags)
        )


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
    found = Shares(rates=mapping.rates, own=mapping.own)
    taxes: dict[tuple[str, date, str, str], Decimal] = defaultdict(lambda: ZERO)
    with localcontext(EXACT):
        for cell in cells:
            place = mapping.place(cell)
            if mapping.shares_taxes and place.why == TAX and place.holder is Kind.EXCLUDED:
                taxes[cell.account, cell.period, cell.part, cell.currency] += _count(
                    found, cell, place, basis
                )
                continue
            _put(found, cell, place, basis)
            if cell.hour == 0 and mapping.changes_hands(cell):
                found.changes[Change(cell.sub_account, cell.day)] += cell.rows
        for (account, period, part, unit), amount in taxes.items():
            _share_tax(found, Bucket(account, period, part, "", None, unit), amount)
        for unit, costs in (lost or {}).items():
            found.sums[unit or CURRENCY].rejected += costs[basis == "effective"]
    return found


def _put(found: Shares, cell: Cell, place: Place, basis: str) -> None:
    amount = _count(found, cell, place, basis)
    sums = found.sums[cell.currency]
    holder = "team" if place.holder is None else place.holder.value
    if place.holder is None:
        sums.teams += amount
    elif place.holder is Kind.EXCLUDED:
        sums.excluded += amount
        found.excluded[place.why, cell.currency] += amount
    else:
        sums.unallocated += amount
        key = (cell.sub_account, cell.tags, place.why, cell.currency)
        left = found.left.setdefault(key, Left(*key))
        left.rows += cell.rows
        left.amount += amount
        if cell.currency != CURRENCY and (cell.period, cell.currency) not in found.rates:
            found.unrated[cell.period, cell.currency] += amount
    bucket = Bucket(cell.account, cell.period, cell.part, holder, place.team_id, cell.currency)
    _add(found, bucket, amount)


def _add(found: Shares, bucket: Bucket, amount: Decimal) -> None:
    """Add to a bucket; a team's costs in another currency by their rate, unless it has credits in it."""
    is_own = bucket.currency == CURRENCY or (bucket.team_id, bucket.currency) in found.own
    if bucket.team_id is None or is_own:
        found.buckets[bucket] += amount
        return
    rate = found.rates[bucket.period, bucket.currency]
    there = bucket._replace(currency=CURRENCY, origin=bucket.currency)
    found.buckets[there] += amount * rate.value
    found.origins[there] += amount


def _share_tax(found: Shares, of: Bucket, amount: Decimal) -> None:
    """Share a scope's tax by what teams and costs without one bear of it, to the last digit.

    Where nobody bears anything it stays excluded.
    """
    sums = found.sums[of.currency]
    bearing: list[tuple[Bucket, Decimal]] = []
    for bucket, borne in sorted(found.buckets.items(), key=str):
        same = bucket[:3] == of[:3] and (bucket.origin or bucket.currency) == of.currency
        weight = found.origins[bucket] if bucket.origin else borne
        if same and bucket.holder != Kind.EXCLUDED.value and weight > 0:
            bearing.append((bucket._replace(currency=of.currency, origin=""), weight))
    if not bearing or not amount:
        sums.excluded += amount
        found.excluded[TAX, of.currency] += amount
        found.buckets[of._replace(holder=Kind.EXCLUDED.value)] += amount
        return
    for (bucket, _), part in zip(
        bearing, shared_by(amount, [weight for _, weight in bearing]), strict=True
    ):
        _add(found, bucket, part)
        if bucket.team_id is not None:
            sums.teams += part
            continue
        sums.unallocated += part
        key = ("", "", "its share of tax", of.currency)
        found.left.setdefault(key, Left(*key)).amount += part


def shared_by(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Parts of an amount by weights above zero, in micros or finer: they add up to it exactly.

    The largest remainders get what is left, the earlier first.
    """
    with localcontext(EXACT):
        places = min(int(amount.as_tuple().exponent), -6)
        unit = Decimal(1).scaleb(places)
        whole = int(abs(amount).scaleb(-places))
        scale = min(int(weight.as_tuple().exponent) for weight in weights)
        parts = [int(weight.scaleb(-scale)) for weight in weights]
        total = sum(parts)
        shares = [whole * part // total for part in parts]
        order = sorted(range(len(parts)), key=lambda i: (-(whole * parts[i] % total), i))
        for index in order[: whole - sum(shares)]:
            shares[index] += 1
        return [(-share if amount < 0 else share) * unit for share in shares]


def _count(found: Shares, cell: Cell, place: Place, basis: str) -> Decimal:
    """Count a cell's rows and costs; its amount on this basis."""
    found.rows += cell.rows
    found.conflicts += cell.rows if place.conflict else 0
    found.disagreeing += cell.rows if bool(cell.billed) != bool(cell.effective) else 0
    amount = cell.billed if basis == "billed" else cell.effective
    if cell.currency == CURRENCY:
        found.billed += cell.billed
        found.effective += cell.effective
        found.listed += cell.listed
        found.months[cell.period].invoiced += amount
        month = cell.day.replace(day=1)
        if cell.class_ == CORRECTION and month < cell.period.replace(day=1):
            found.months[month].later += amount
    return amount


def rounded(amount: Decimal) -> Micros:
    """Whole micros, halves to even: the one rounding of a bucket.

    Raises:
        Invalid: a trillion or more.
    """
    if abs(amount) >= LARGEST_TOTAL:
        raise Invalid("amount", "A total of this bill is a trillion or more; nothing was imported.")
    with localcontext(EXACT):
        return Micros(int((amount * MICROS).to_integral_value(ROUND_HALF_EVEN)))


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """A sum to the last digit."""
    with localcontext(EXACT):
        return sum(amounts, ZERO)


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
