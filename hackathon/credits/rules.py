"""Credits: which amounts move where, what counts as used, how old a figure may be."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from hackathon.shared.errors import Conflict, Invalid
from hackathon.shared.money import MICROS, Micros, dollars, whole_dollars

if TYPE_CHECKING:
    from collections.abc import Iterable

CURRENCY = "USD"
USUAL_BUDGET = (Micros(2_000 * MICROS), Micros(5_000 * MICROS))
"""What a quarter's budget usually is; outside it a warning, never a refusal."""
STALE_AFTER = timedelta(hours=36)
"""Bills arrive 8-24 hours late; a figure older than that by half is called stale."""
NONE = Micros(0)


class Kind(StrEnum):
    """What an account holds.

    Funding goes down to minus the quarter's budget; pool, available and held stay at zero
    or above; overrun at zero or below; spent has no bound. The last three belong to a source
    of bills: clearing is the counter-account of costs without a team.
    """

    FUNDING = "funding"
    POOL = "pool"
    AVAILABLE = "available"
    HELD = "held"
    SPENT = "spent"
    OVERRUN = "overrun"
    UNALLOCATED = "unallocated"
    EXCLUDED = "excluded"
    CLEARING = "clearing"


TEAM_KINDS = (Kind.AVAILABLE, Kind.HELD, Kind.SPENT, Kind.OVERRUN)


class Deed(StrEnum):
    """What an entry does."""

    FUND = "fund"
    GRANT = "grant"
    CHARGE = "charge"
    HOLD = "hold"
    RELEASE = "release"
    CAPTURE = "capture"
    CARRY = "carry"
    RETURN = "return"
    REVERSAL = "reversal"
    REFUND = "refund"
    BILL = "bill"


SPEND = (Deed.CHARGE, Deed.CAPTURE)
"""What books spend; a capture is a charge that ends a hold."""
BOOKED = (*SPEND, Deed.REFUND)
"""What changes what is booked: spend, and what a bill takes back."""
FINAL = frozenset({Deed.HOLD, Deed.RELEASE, Deed.CARRY, Deed.REVERSAL})
"""What is not undone by a reversal: a hold ends by itself, carried money is transferred back."""


class State(StrEnum):
    """Whether a team may use its credits: open, paused by hand, settling, closed.

    From the event's end on nothing is open any more; who closes returns what is unused.
    """

    OPEN = "open"
    PAUSED = "paused"
    SETTLING = "settling"
    CLOSED = "closed"


def state_at(stored: State, ends_at: datetime, present: datetime) -> State:
    """The state at a moment: the event's end ends open and paused, whatever a job does."""
    if present >= ends_at and stored in {State.OPEN, State.PAUSED}:
        return State.SETTLING
    return stored


class Leg(NamedTuple):
    """An amount above zero that leaves one account for another."""

    source: Kind
    target: Kind
    amount: Micros


@dataclass(frozen=True)
class Balances:
    """The accounts an entry may touch, in micros."""

    funding: Micros = NONE
    pool: Micros = NONE
    available: Micros = NONE
    held: Micros = NONE
    spent: Micros = NONE
    overrun: Micros = NONE

    @property
    def owed(self) -> Micros:
        """What was used beyond the grant."""
        return Micros(-self.overrun)

    @property
    def granted(self) -> Micros:
        """Grants less what was returned: available + held + spent + overrun."""
        return Micros(self.available + self.held + self.spent + self.overrun)


def after(before: Balances, legs: Iterable[Leg]) -> Balances:
    """The balances once the legs are posted."""
    found: dict[str, int] = asdict(before)
    for leg in legs:
        found[leg.source] -= leg.amount
        found[leg.target] += leg.amount
    return Balances(**{kind: Micros(amount) for kind, amount in found.items()})


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
            f"Only {dollars(rest)} of the quarter's budget is left; nothing was moved.",
            field="amount",
            left=rest,
        )
    return _legs(Leg(Kind.FUNDING, Kind.POOL, amount))


def _check_pool(amount: Micros, before: Balances) -> None:
    if amount > before.pool:
        raise Conflict(
            "over_pool",
            f"Only {dollars(before.pool)} is left in the pool; nothing was granted.",
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
            f"Only {dollars(free)} is available; nothing was held.",
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
            f"Only {dollars(unused)} is unused; nothing was returned.",
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
            _check_there(amount, before.pool, "The pool has")
            return _legs(Leg(Kind.POOL, Kind.FUNDING, amount))
        case Deed.GRANT:
            _check_there(amount, Micros(before.available + repaid), "The team has")
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


def _check_there(amount: Micros, there: Micros, whose: str) -> None:
    if amount > there:
        raise Conflict(
            "moved_on",
            f"{whose} only {dollars(there)} of this {dollars(amount)} left; nothing was reversed.",
            left=there,
        )


def budget_warning(budget: Micros) -> str:
    """A sentence when a budget is unusual, else empty."""
    low, high = USUAL_BUDGET
    if low <= budget <= high:
        return ""
    return (
        f"A quarter usually has {whole_dollars(low)} to {whole_dollars(high)}; "
        f"{dollars(budget)} is {'less' if budget < low else 'more'}."
    )


def check_source(source: str) -> str:
    """Where spend is seen or billed, such as "AWS": one spelling a source.

    Raises:
        Invalid: empty or longer than 80 characters.
    """
    clean = " ".join(source.split())
    if not 1 <= len(clean) <= 80:  # noqa: PLR2004 - said in the message
        raise Invalid("source", "Say where: 1 to 80 characters, such as AWS.", field="source")
    return clean


def check_seen(moment: datetime, present: datetime, field: str) -> datetime:
    """Spend is seen and billed in the past.

    Raises:
        Invalid: the moment lies ahead.
    """
    if moment > present:
        raise Invalid("in_future", "That moment has not come yet.", field=field)
    return moment


def check_link(link: str) -> str:
    """An address a team can follow, or nothing.

    Raises:
        Invalid: not http or https, or longer than 500 characters.
    """
    clean = link.strip()
    if not clean:
        return ""
    is_web = clean.startswith(("https://", "http://")) and not any(c.isspace() for c in clean)
    if not is_web or len(clean) > 500:  # noqa: PLR2004 - far above any address
        raise Invalid("link", "A link begins with https:// and has no spaces.", field="link")
    return clean


# --- what counts as used ------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """The newest reading of a source: its total so far in micros, and when it was seen."""

    source: str
    total: Micros
    seen_at: datetime


@dataclass(frozen=True)
class Charged:
    """What is booked for a source, in micros, and through when; open while bills still come.

    An item (a captured hold) is one use among others: a later reading holds it, an earlier
    one knows nothing of it, and it ends none.
    """

    source: str
    amount: Micros
    through: datetime
    is_item: bool = False
    is_open: bool = False


@dataclass(frozen=True)
class Freshness:
    """What readings add to the booked spend, and how fresh the whole figure is."""

    read: Micros = NONE
    through: datetime | None = None
    is_final: bool = False

    def is_stale(self, present: datetime) -> bool:
        """Whether it is too old to be relied on; final figures do not age."""
        if self.through is None or self.is_final:
            return False
        return present - self.through > STALE_AFTER


def freshness(seen: Iterable[Seen], charged: Iterable[Charged]) -> Freshness:
    """Join readings and charges so that no dollar counts twice.

    A charge through a reading's moment or later ends it. A later reading shows a total that
    holds the charges, so only what lies above them is added.
    """
    booked: dict[str, int] = defaultdict(int)
    ended: dict[str, datetime] = {}
    items: list[Charged] = []
    waits = False
    for row in charged:
        name = row.source.casefold()
        if row.is_item:
            items.append(row)
            continue
        booked[name] += row.amount
        ended[name] = max(row.through, ended.get(name, row.through))
        waits = waits or row.is_open
    moments = [*ended.values(), *(row.through for row in items)]
    read, is_open = 0, waits
    for entry in seen:
        name = entry.source.casefold()
        if name in ended and ended[name] >= entry.seen_at:
            continue
        is_open = True
        moments.append(entry.seen_at)
        inside = sum(
            row.amount
            for row in items
            if row.source.casefold() == name and row.through <= entry.seen_at
        )
        read += max(0, entry.total - booked[name] - inside)
    return Freshness(
        read=Micros(read),
        through=max(moments, default=None),
        is_final=bool(moments) and not is_open,
    )
