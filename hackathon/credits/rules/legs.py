"""Legs: which amounts move where, for each deed, on the balances as they are."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from hackathon.credits.rules.currencies import CURRENCY
from hackathon.credits.rules.words import NONE, Deed, Kind
from hackathon.shared.errors import Conflict
from hackathon.shared.money import Micros, money

if TYPE_CHECKING:
    from collections.abc import Iterable


class Leg(NamedTuple):
    """An amount above zero that leaves one account for another."""

    source: Kind
    target: Kind
    amount: Micros


@dataclass(frozen=True)
class Balances:
    """The accounts an entry may touch, in micros of one currency."""

    funding: Micros = NONE
    pool: Micros = NONE
    available: Micros = NONE
    held: Micros = NONE
    spent: Micros = NONE
    overrun: Micros = NONE
    currency: str = CURRENCY

    @property
    def owed(self) -> Micros:
        """What was used beyond the grant."""
        return Micros(-self.overrun)

    @property
    def net_refund(self) -> Micros:
        """What was taken back beyond all that was charged."""
        return Micros(max(0, -self.spent))

    @property
    def granted(self) -> Micros:
        """Grants less what was returned: available + held + spent + overrun."""
        return Micros(self.available + self.held + self.spent + self.overrun)


def after(before: Balances, legs: Iterable[Leg]) -> Balances:
    """The balances once the legs are posted."""
    moved: dict[str, int] = defaultdict(int)
    for leg in legs:
        moved[leg.source.value] -= leg.amount
        moved[leg.target.value] += leg.amount
    found: dict[str, Any] = {kind: getattr(before, kind) + moved[kind] for kind in moved}
    return replace(before, **found)


def _legs(*legs: Leg) -> list[Leg]:
    return [leg for leg in legs if leg.amount > 0]


def fund(amount: Micros, before: Balances, *, budget: Micros) -> list[Leg]:
    """Money of the quarter enters an event's pool.

    Raises:
        Conflict: more than the rest of the budget.
    """
    rest = Micros(budget + before.funding)
    if amount > rest:
        raise Conflict(
            "over_budget",
            f"Only {money(rest, before.currency)} of the quarter's budget is left; nothing was moved.",
            field="amount",
            left=rest,
        )
    return _legs(Leg(Kind.FUNDING, Kind.POOL, amount))


def _check_pool(amount: Micros, before: Balances) -> None:
    if amount > before.pool:
        raise Conflict(
            "over_pool",
            f"Only {money(before.pool, before.currency)} is left in the pool; nothing was granted.",
            field="amount",
            left=before.pool,
        )


def grant(amount: Micros, before: Balances) -> list[Leg]:
    """Money of the pool goes to a team; an overrun is repaid first.

    Raises:
        Conflict: more than the pool holds.
    """
    _check_pool(amount, before)
    repaid = Micros(min(amount, before.owed))
    return _legs(
        Leg(Kind.POOL, Kind.OVERRUN, repaid),
        Leg(Kind.POOL, Kind.AVAILABLE, Micros(amount - repaid)),
    )


def charge(amount: Micros, before: Balances, *, is_closed: bool = False) -> list[Leg]:
    """Money was spent, a fact that is never refused; beyond the grant it is overrun.

    When the team's credits are closed the pool pays what it can (research credits 10.25).
    """
    source = Kind.POOL if is_closed else Kind.AVAILABLE
    covered = Micros(min(amount, before.pool if is_closed else before.available))
    return _legs(
        Leg(source, Kind.SPENT, covered),
        Leg(Kind.OVERRUN, Kind.SPENT, Micros(amount - covered)),
    )


def refund(amount: Micros, before: Balances, *, is_closed: bool = False) -> list[Leg]:
    """Spend is taken back: overrun is repaid first, the rest is available again.

    When the team's credits are closed the rest goes to the pool.
    """
    repaid = Micros(min(amount, before.owed))
    target = Kind.POOL if is_closed else Kind.AVAILABLE
    return _legs(
        Leg(Kind.SPENT, Kind.OVERRUN, repaid),
        Leg(Kind.SPENT, target, Micros(amount - repaid)),
    )


def hold(amount: Micros, before: Balances, *, read: Micros = NONE) -> list[Leg]:
    """Money of a team is set aside for a job that is about to run.

    Args:
        amount: In micros.
        before: The balances now.
        read: What readings show as used and no charge has booked yet; it is not free.

    Raises:
        Conflict: more than is available.
    """
    free = Micros(max(0, before.available - read))
    if amount > free:
        raise Conflict(
            "over_available",
            f"Only {money(free, before.currency)} is available; nothing was held.",
            field="amount",
            left=free,
        )
    return _legs(Leg(Kind.AVAILABLE, Kind.HELD, amount))


def release(amount: Micros, before: Balances) -> list[Leg]:
    """A hold ends; its money repays an overrun first, the rest is available again."""
    repaid = Micros(min(amount, before.owed))
    return _legs(
        Leg(Kind.HELD, Kind.OVERRUN, repaid),
        Leg(Kind.HELD, Kind.AVAILABLE, Micros(amount - repaid)),
    )


def carry(amount: Micros, before: Balances) -> list[Leg]:
    """Money of a pool goes back to its quarter, to be carried over to the next.

    Raises:
        Conflict: more than the pool holds.
    """
    _check_pool(amount, before)
    return _legs(Leg(Kind.POOL, Kind.FUNDING, amount))


def give_back(amount: Micros, before: Balances, *, read: Micros = NONE) -> list[Leg]:
    """Unused money of a team returns to the pool.

    Args:
        amount: In micros.
        before: The balances now.
        read: What readings show as used and no charge has booked yet; it stays.

    Raises:
        Conflict: more than is unused.
    """
    unused = Micros(max(0, before.available - read))
    if amount > unused:
        raise Conflict(
            "over_unused",
            f"Only {money(unused, before.currency)} is unused; nothing was returned.",
            field="amount",
            left=unused,
        )
    return _legs(Leg(Kind.AVAILABLE, Kind.POOL, amount))


def reverse(
    deed: Deed,
    amount: Micros,
    before: Balances,
    *,
    repaid: Micros = NONE,
    is_closed: bool = False,
) -> list[Leg]:
    """The opposite of an entry, on the balances as they are now.

    With nothing in between it restores the earlier balances exactly; afterwards it keeps
    the same order as the entries themselves: overrun is repaid before money is available.

    Args:
        deed: What the entry did.
        amount: Its amount in micros.
        before: The balances now.
        repaid: How much of a grant went into an overrun, which it may open again.
        is_closed: The team's credits are closed: what comes back goes to the pool.

    Raises:
        Conflict: the money has moved on since, or the entry is a reversal itself.
    """
    match deed:
        case Deed.FUND:
            _check_there(amount, before.pool, "The pool has", before.currency)
            return _legs(Leg(Kind.POOL, Kind.FUNDING, amount))
        case Deed.GRANT:
            there = Micros(before.available + repaid)
            _check_there(amount, there, "The team has", before.currency)
            taken = Micros(min(amount, before.available))
            return _legs(
                Leg(Kind.AVAILABLE, Kind.POOL, taken),
                Leg(Kind.OVERRUN, Kind.POOL, Micros(amount - taken)),
            )
        case Deed.CHARGE | Deed.CAPTURE:
            return refund(amount, before, is_closed=is_closed)
        case Deed.RETURN:
            return grant(amount, before)
        case Deed.REVERSAL:
            raise Conflict(
                "is_reversal", "A reversal stays. Enter the amount again; nothing was changed."
            )
        case Deed.REFUND | Deed.BILL:
            raise Conflict(
                "is_billed",
                "What a bill booked is corrected by the next bill; nothing was changed.",
            )
        case Deed.HOLD | Deed.RELEASE | Deed.CARRY:
            raise Conflict(
                "is_final",
                "A hold ends by itself, and what was carried over is transferred back on the "
                "plan; nothing was changed.",
            )


def _check_there(amount: Micros, there: Micros, whose: str, currency: str) -> None:
    if amount > there:
        raise Conflict(
            "moved_on",
            f"{whose} only {money(there, currency)} of this {money(amount, currency)} left; "
            "nothing was reversed.",
            left=there,
        )
