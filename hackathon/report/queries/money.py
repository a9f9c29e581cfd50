"""The money of a quarter as of a day: its whole budget, and what became of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from hackathon.backlog.queries.figures import end_of
from hackathon.credits.models import Entry, Quarter
from hackathon.credits.rules import CURRENCY, SPEND, Deed
from hackathon.shared.facts import FactRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session


def money_of(
    session: Session, quarter: str, event_ids: Sequence[int], as_of: date
) -> dict[str, Any] | None:
    """The money of a quarter in the main currency, in micros as of a day; None when no budget was recorded.

    `whole` is the quarter's budget, `budget` what of it its events' pools got. Entries that were
    reversed by then do not count; spend is what has been booked. Two statements.
    """
    end, undone = end_of(as_of), aliased(Entry)
    whole = _budget_of(session, quarter, end)
    rows = session.execute(
        select(Entry.deed, func.sum(Entry.amount), func.max(Entry.through_at))
        .outerjoin(undone, (undone.reverses_id == Entry.id) & (undone.made_at < end))
        .where(
            Entry.event_id.in_(event_ids),
            Entry.currency == CURRENCY,
            Entry.made_at < end,
            Entry.deed != Deed.REVERSAL,
            undone.id.is_(None),
        )
        .group_by(Entry.deed)
    )
    sums: Counter[str] = Counter()
    through: datetime | None = None
    for deed, amount, latest in rows:
        sums[deed] = int(amount)
        through = latest or through
    if not sums and not whole:
        return None
    return {
        "whole": whole,
        "budget": sums[Deed.FUND],
        "granted": sums[Deed.GRANT],
        "spent": sum(sums[deed] for deed in SPEND) - sums[Deed.REFUND],
        "returned": sums[Deed.RETURN],
        "through": through.isoformat() if through else None,
    }


def _budget_of(session: Session, quarter: str, end: datetime) -> int:
    """The whole budget that a quarter had, from what was set and moved before an instant."""
    own = session.execute(
        select(FactRow, Quarter.id)
        .join(Quarter, (Quarter.name == quarter) & (Quarter.currency == CURRENCY))
        .where(FactRow.kind.in_(("budget.set", "budget.moved")), FactRow.at < end)
        .order_by(FactRow.position)
    )
    budget = 0
    for fact, quarter_id in own:
        body = fact.values
        if fact.kind == "budget.set":
            budget = body["amount"] if body["quarter"] == quarter_id else budget
        elif fact.stream == f"quarter:{quarter_id}":
            budget -= body["amount"]
        elif body["to"] == quarter_id:
            budget += body["amount"]
    return int(budget)
