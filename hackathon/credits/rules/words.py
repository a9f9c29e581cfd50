"""The words of the ledger: kinds of accounts, deeds, states; what people may type."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from hackathon.credits.rules.currencies import CURRENCY
from hackathon.shared.errors import Invalid
from hackathon.shared.money import MICROS, Micros, money, whole_money

USUAL_BUDGET = (Micros(2_000 * MICROS), Micros(5_000 * MICROS))
"""What a quarter's budget usually is, in any currency; outside it a warning, never a refusal."""
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


def budget_warning(budget: Micros, currency: str = CURRENCY) -> str:
    """A sentence when a budget is unusual, else empty."""
    low, high = USUAL_BUDGET
    if low <= budget <= high:
        return ""
    return (
        f"A quarter usually has {whole_money(low, currency)} to {whole_money(high, currency)}; "
        f"{money(budget, currency)} is {'less' if budget < low else 'more'}."
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
