"""The safety gate: what an organizer must have seen before a bill is applied (research 6.6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from hackathon.credits.service.bills.whose import SETTLING
from hackathon.shared.clock import utc_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hackathon.credits.service.bills.share import Shares

LEAST_OF_BEFORE = Decimal("0.8")
MOST_UNALLOCATED = Decimal("0.1")
MOST_DISAGREEING = 20
"""One row in so many may have one of its two costs at zero: 5 %."""


@dataclass(frozen=True)
class Was:
    """A scope as it was or as it comes, as much of it as the gate compares."""

    account: str
    period: date
    part: str
    total: Decimal
    days: int
    through: datetime
    currencies: tuple[str, ...]


def period_end(period: date) -> date:
    """The first day after a billing period of a month, which most begin on its first day."""
    return (period.replace(day=1) + timedelta(days=32)).replace(day=min(period.day, 28))


def is_closed(period: date, today: date) -> bool:
    """Whether no more changes are expected of a billing period."""
    return today >= period_end(period) + SETTLING


def concerns_of(
    pairs: Iterable[tuple[Was | None, Was]], shares: Shares, rejected: int, today: date
) -> list[str]:
    """A sentence each, with its numbers; empty when nothing needs a second look.

    Args:
        pairs: Each changed scope as stored (None: new) and as it comes.
        shares: The bill as it is mapped.
        rejected: Rows that were not taken.
        today: The present day.
    """
    found = [said for before, after in pairs if before for said in _compare(before, after, today)]
    if rejected:
        found.append(f"{_rows(rejected)} cannot be taken; each is listed with its line.")
    found += _of_shares(shares)
    return found


def _compare(before: Was, after: Was, today: date) -> list[str]:
    name = f"{after.account}, {after.period:%B %Y}" + (f", {after.part}" if after.part else "")
    found = []
    if before.total > 0 and after.total < before.total * LEAST_OF_BEFORE:
        found.append(f"{name}: the total falls from {before.total:.2f} to {after.total:.2f}.")
    if after.days < before.days:
        found.append(f"{name}: only {after.days} days instead of {before.days}.")
    if after.through < before.through:
        found.append(
            f"{name}: older than what is stored: through {utc_text(after.through)[:16]} "
            f"instead of {utc_text(before.through)[:16]}."
        )
    if is_closed(after.period, today):
        found.append(f"{name}: this billing period is closed and changes nevertheless.")
    if after.currencies != before.currencies:
        found.append(
            f"{name}: billed in {', '.join(after.currencies)} instead of "
            f"{', '.join(before.currencies)}."
        )
    return found


def _of_shares(shares: Shares) -> list[str]:
    found = []
    if not shares.rows:
        found.append("The file has no rows.")
    main = shares.main
    base = abs(main.teams) + abs(main.unallocated)
    if base and abs(main.unallocated) > base * MOST_UNALLOCATED:
        share = abs(main.unallocated) * 100 / base
        found.append(
            f"{main.unallocated:.2f} of {main.teams + main.unallocated:.2f} reach no team "
            f"({share:.0f} %)."
        )
    if shares.disagreeing * MOST_DISAGREEING > shares.rows:
        found.append(
            f"At least {_rows(shares.disagreeing)} with either billed or effective cost at zero: "
            f"billed {shares.billed:.2f}, effective {shares.effective:.2f}."
        )
    for (period, unit), amount in sorted(shares.unrated.items()):
        found.append(
            f"{amount:.2f} {unit} of {period:%B %Y} reach no team before an exchange rate "
            "is entered."
        )
    for change, rows in sorted(shares.changes.items()):
        found.append(
            f"{change.sub_account} changed hands within {change.day:%-d %B %Y}: "
            f"{_rows(rows)} without an hour stay with who held it at 00:00 UTC."
        )
    return found


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
