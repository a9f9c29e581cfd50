"""The year's plan: every quarter's budget, what its pools have and its teams used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from hackathon.credits.models import Account, BudgetMove, Quarter
from hackathon.credits.rules import CURRENCY, NONE, USUAL_BUDGET, Kind, in_order
from hackathon.events.models import Event
from hackathon.people.models import Person
from hackathon.shared.facts import Note
from hackathon.shared.money import Micros

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class PlanRow:
    """A quarter of the year in one currency, in micros; `events` are published or not, rehearsals never."""

    quarter: str
    budget: Micros
    in_pools: Micros
    spent: Micros
    events: list[str]

    @property
    def rest(self) -> Micros:
        """What no pool has."""
        return Micros(self.budget - self.in_pools)

    @property
    def band(self) -> str:
        """How the budget stands to the usual one."""
        low, high = USUAL_BUDGET
        if not self.budget:
            return "no budget"
        if self.budget < low:
            return "below usual"
        return "above usual" if self.budget > high else ""


@dataclass(frozen=True)
class MoveLine:
    """Budget that went from one quarter to another."""

    move: BudgetMove
    source: str
    target: str
    by: str
    reason: str


def plans_of(session: Session, year: int) -> dict[str, list[PlanRow]]:
    """The four quarters of a year in each currency that any has a budget in; three statements."""
    names = [f"{year}-Q{number}" for number in range(1, 5)]
    found = {
        (row.name, row.currency): (row.budget, Micros(-(row.balance or 0)))
        for row in session.execute(
            select(Quarter.name, Quarter.currency, Quarter.budget, Account.balance)
            .outerjoin(Account, Account.quarter_id == Quarter.id)
            .where(Quarter.name.in_(names))
        )
    }
    spent = {
        (quarter, unit): Micros(int(amount))
        for quarter, unit, amount in session.execute(
            select(Event.quarter, Account.currency, func.sum(Account.balance))
            .join(Account, Account.event_id == Event.id)
            .where(
                Event.quarter.in_(names),
                Event.is_rehearsal.is_(False),
                Account.kind == Kind.SPENT,
            )
            .group_by(Event.quarter, Account.currency)
        )
    }
    events: dict[str, list[str]] = {name: [] for name in names}
    for quarter, event in session.execute(
        select(Event.quarter, Event.name)
        .where(Event.quarter.in_(names), Event.is_rehearsal.is_(False))
        .order_by(Event.starts_at, Event.id)
    ):
        events[quarter].append(event)
    used = {unit for (_, unit), (budget, _) in found.items() if budget}
    return {
        unit: [
            PlanRow(
                name,
                *found.get((name, unit), (NONE, NONE)),
                spent.get((name, unit), NONE),
                events[name],
            )
            for name in names
        ]
        for unit in in_order(used | {unit for _, unit in spent})
    }


def moves_of(session: Session, year: int, currency: str = CURRENCY) -> list[MoveLine]:
    """Transfers in a currency from or to the quarters of a year, the newest first."""
    source, target = aliased(Quarter), aliased(Quarter)
    begin = f"{year}-Q"
    rows = session.execute(
        select(BudgetMove, source.name, target.name, Person.name, Note.text)
        .join(source, source.id == BudgetMove.from_id)
        .join(target, target.id == BudgetMove.to_id)
        .outerjoin(Person, Person.id == BudgetMove.moved_by_id)
        .outerjoin(Note, Note.id == BudgetMove.note_id)
        .where(
            source.currency == currency,
            source.name.startswith(begin) | target.name.startswith(begin),
        )
        .order_by(BudgetMove.id.desc())
    )
    return [
        MoveLine(move, one, other, name or "command line", text or "")
        for move, one, other, name, text in rows
    ]
