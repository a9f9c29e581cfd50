"""Captures that a bill takes the place of: what a job reported stands until it is billed.

A capture says what was used before any bill can (research credits 5, "near-real-time
layer"); a bill of the same source is the authority for the days it covers, and the two are
never added (6, "Provisional source"). So a bill ends every capture of its source that lies
in a billing period it has and before the moment its charges reach, for the teams it feeds:
by a reversal, in the transaction that books the bill. What it has no word of yet stays.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hackathon.credits import rules
from hackathon.credits.models import Entry
from hackathon.credits.queries.bills import captured_of, fed_by
from hackathon.credits.rules import Deed
from hackathon.credits.service.bills.gate import period_end
from hackathon.credits.service.ledger import Order, Plan, digest_of, post

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from hackathon.credits.models import Source
    from hackathon.credits.queries.bills import Captured
    from hackathon.people.rules import Actor
    from hackathon.shared.money import Micros

ENDED = "billed:"
"""What the keys of entries begin with that take a billed capture back."""


@dataclass
class Reach:
    """How far a source's bills reach: by billing period, or only on days they have costs of."""

    through: dict[date, datetime] = field(default_factory=dict)
    days: set[date] | None = None

    def add(self, period: date, through: datetime) -> None:
        """Take a scope in."""
        self.through[period] = max(through, self.through.get(period, through))

    def covers(self, moment: datetime) -> bool:
        """Whether what was used at a moment is in the bills."""
        day = moment.date()
        if self.days is not None and day not in self.days:
            return False
        return any(
            period <= day < period_end(period) and moment < end
            for period, end in self.through.items()
        )


def ended_by(
    session: Session, name: str, source: Source | None, reach: Reach, teams: Iterable[int]
) -> dict[int, list[Captured]]:
    """The captures that bills of a source take the place of, by team.

    Args:
        session: Any session.
        name: The source's.
        source: The source; None before its first bill.
        reach: How far its bills reach.
        teams: Those its costs reach now.
    """
    fed = {*teams, *(fed_by(session, source.id) if source is not None else ())}
    found: dict[int, list[Captured]] = defaultdict(list)
    for row in captured_of(session, name) if fed else ():
        if row.team_id in fed and reach.covers(row.at):
            found[row.team_id].append(row)
    return found


def end_captures(
    session: Session,
    actor: Actor,
    source: Source,
    captures: Iterable[Captured],
    *,
    is_closed: bool,
) -> int:
    """Reverse captures of a held team that a bill holds; returns how many."""
    count = 0
    for row in captures:
        entry = session.get_one(Entry, row.entry_id)
        order = Order(
            row.event_id,
            Deed.REVERSAL,
            row.amount,
            f"{ENDED}{entry.id}",
            digest_of(actor, {"deed": Deed.REVERSAL, "entry": entry.id}),
            team_id=row.team_id,
            reason=f"The bill of {source.name} holds it",
            reverses=entry,
            is_closed=is_closed,
            currency=entry.currency,
        )
        post(
            session,
            actor,
            order,
            _back(row.amount, is_closed=is_closed),
        )
        count += 1
    return count


def _back(amount: Micros, *, is_closed: bool) -> Plan:
    return lambda before: rules.reverse(Deed.CAPTURE, amount, before, is_closed=is_closed)
