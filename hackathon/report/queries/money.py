"""The money of a quarter as of a day: its whole budget, and what became of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from hackathon.backlog.queries.figures import end_of
from hackathon.credits.models import Entry, Quarter
from hackathon.credits.rules import SPEND, Deed
from hackathon.shared.facts import FactRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session


def money_of(
    session: Session, quarter: str, event_ids: Sequence[int], as_of: date
) -> dict[str, dict[str, Any]]:
    """The money of a quarter in micros as of a day, by currency; only those with any.

    `whole` is the quarter's budget, `budget` what of it its events' pools got. Entries that were
    reversed by then do not count; spend is what has been booked. Two statements.
    """
    end, undone = end_of(as_of), aliased(Entry)
    wholes = _budgets_of(session, quarter, end)
    rows = session.execute(
        select(Entry.currency, Entry.deed, func.sum(Entry.amount), func.max(Entry.through_at))
        .outerjoin(undone, (undone.reverses_id == Entry.id) & (undone.made_at < end))
        .where(
            Entry.event_id.in_(event_ids),
            Entry.made_at < end,
            Entry.deed != Deed.REVERSAL,
            undone.id.is_(None),
        )
        .group_by(Entry.currency, Entry.deed)
    )
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    through: dict[str, datetime] = {}
    for unit, deed, amount, latest in rows:
        sums[unit][deed] = int(amount)
        if latest:
            through[unit] = max(latest, through.get(unit, latest))
    return {
        unit: {
            "whole": wholes[unit],
            "budget": sums[unit][Deed.FUND],
            "granted": sums[unit][Deed.GRANT],
            "spent": sum(sums[unit][deed] for deed in SPEND) - sums[unit][Deed.REFUND],
            "returned": sums[unit][Deed.RETURN],
            "through": through[unit].isoformat() if unit in through else None,
        }
        for unit in sorted(sums.keys() | +wholes)
    }


def _budgets_of(session: Session, quarter: str, end: datetime) -> Counter[str]:
    """The whole budget a quarter had in each currency, from what was set and moved before then."""
    own = session.execute(
        select(FactRow, Quarter.id, Quarter.currency)
        .join(Quarter, Quarter.name == quarter)
        .where(FactRow.kind.in_(("budget.set", "budget.moved")), FactRow.at < end)
        .order_by(FactRow.position)
    )
    budgets: Counter[str] = Counter()
    for fact, quarter_id, unit in own:
        body = fact.values
        if fact.kind == "budget.set":
            if body["quarter"] == quarter_id:
                budgets[unit] = body["amount"]
        elif fact.stream == f"quarter:{quarter_id}":
            budgets[unit] -= body["amount"]
        elif body["to"] == quarter_id:
            budgets[unit] += body["amount"]
    return budgets
