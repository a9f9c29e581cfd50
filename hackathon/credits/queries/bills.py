"""Reads of bills: sources, rules, what is stored and what was booked of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from hackathon.credits.models import (
    Bill,
    BillCell,
    BillReject,
    BillRule,
    BillScope,
    Booking,
    Snapshot,
    Source,
)
from hackathon.events.models import Event
from hackathon.people.models import Person
from hackathon.shared.errors import NotFound
from hackathon.teams.models import Team

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor
    from hackathon.shared.money import Micros


def source_named(session: Session, name: str) -> Source | None:
    """A source by its name, however it is spelled."""
    return session.scalar(select(Source).where(Source.name_key == name.casefold()))


def sources_of(session: Session, actor: Actor, event_id: int) -> list[Source]:
    """The sources an organizer of an event works with: set up there, or feeding its teams.

    Program leads see all.
    """
    query = select(Source).order_by(Source.name_key)
    if not actor.is_program_lead:
        feeds = select(BillRule.source_id).where(
            BillRule.event_id == event_id, BillRule.source_id.is_not(None)
        )
        query = query.where(or_(Source.event_id == event_id, Source.id.in_(feeds)))
    return list(session.scalars(query))


def source_of(session: Session, actor: Actor, event_id: int, source_id: int) -> Source:
    """One of them.

    Raises:
        NotFound: there is none, or it is not this event's.
    """
    for source in sources_of(session, actor, event_id):
        if source.id == source_id:
            return source
    raise NotFound("no_such_source", "This event has no such source of bills.")


@dataclass(frozen=True)
class TeamOf:
    """A team that rules name, and its event's days."""

    team_id: int
    name: str
    event_id: int
    event: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class RuleLine:
    """A rule, whose it is and who made it."""

    rule: BillRule
    team: TeamOf | None
    by: str


def rules_of(session: Session, source_id: int | None) -> list[RuleLine]:
    """The rules that hold for a source, the newest first; one statement."""
    rows = session.execute(
        select(BillRule, Team.name, Event.slug, Event.starts_at, Event.ends_at, Person.name)
        .outerjoin(Team, Team.id == BillRule.team_id)
        .outerjoin(Event, Event.id == BillRule.event_id)
        .outerjoin(Person, Person.id == BillRule.made_by_id)
        .where(or_(BillRule.source_id.is_(None), BillRule.source_id == source_id))
        .order_by(BillRule.id.desc())
    )
    return [
        RuleLine(
            rule,
            TeamOf(rule.team_id, name, rule.event_id, slug, starts_at, ends_at)
            if rule.team_id is not None and rule.event_id is not None
            else None,
            by or "command line",
        )
        for rule, name, slug, starts_at, ends_at, by in rows
    ]


@dataclass(frozen=True)
class Stored:
    """The newest snapshot of a scope."""

    scope_id: int
    source_id: int
    account: str
    period: date
    snapshot_id: int
    bill_id: int
    hash: str
    billed: str
    effective: str
    days: int
    through_at: datetime
    currencies: tuple[str, ...]
    lost: str


def _newest() -> Select[int]:
    return select(func.max(Snapshot.id)).group_by(Snapshot.scope_id)


def stored_of(
    session: Session, *, source_id: int | None = None, accounts: Iterable[str] = ()
) -> list[Stored]:
    """The newest snapshots of a source, and those of these accounts whoever bills them."""
    rows = session.execute(
        select(BillScope, Snapshot, Bill.lost)
        .join(Snapshot, Snapshot.scope_id == BillScope.id)
        .join(Bill, Bill.id == Snapshot.bill_id)
        .where(
            Snapshot.id.in_(_newest()),
            or_(BillScope.source_id == source_id, BillScope.account.in_(list(accounts))),
        )
        .order_by(BillScope.account, BillScope.period)
    )
    return [
        Stored(
            scope.id, scope.source_id, scope.account, scope.period, row.id, row.bill_id, row.hash,
            row.billed, row.effective, row.days, row.through_at,
            tuple(row.currencies.split(",")) if row.currencies else (), lost,
        )
        for scope, row, lost in rows
    ]  # fmt: skip


def cells_of(session: Session, snapshots: Iterable[int]) -> Iterator[tuple[BillCell, int]]:
    """The cells of snapshots with the snapshot's id, a few at a time."""
    wanted = list(snapshots)
    query = select(BillCell).where(BillCell.snapshot_id.in_(wanted))
    for cell in session.scalars(query.execution_options(yield_per=1000)):
        yield cell, cell.snapshot_id


BookedKey = tuple[int, str, "int | None", str]
"""Scope, holder, team, currency."""


def booked_of(session: Session, scopes: Iterable[int]) -> dict[BookedKey, Micros]:
    """What is booked of scopes by holder."""
    rows = session.execute(
        select(
            Booking.scope_id,
            Booking.holder,
            Booking.team_id,
            Booking.currency,
            func.sum(Booking.amount),
        )
        .where(Booking.scope_id.in_(list(scopes)))
        .group_by(Booking.scope_id, Booking.holder, Booking.team_id, Booking.currency)
    )
    return {
        (scope, holder, team, unit): int(amount)  # type: ignore[misc]
        for scope, holder, team, unit, amount in rows
        if amount
    }


@dataclass(frozen=True)
class BillLine:
    """A bill of the history."""

    bill: Bill
    source: Source
    by: str

    @property
    def totals(self) -> dict[str, dict[str, str]]:
        """How it was shared when it was applied, by currency."""
        read: dict[str, dict[str, str]] = json.loads(self.bill.totals)
        return read


def history_of(
    session: Session, sources: Iterable[int], *, bill_id: int | None = None, limit: int = 100
) -> list[BillLine]:
    """Imported bills of sources, or one of them; the newest first."""
    query = (
        select(Bill, Source, Person.name)
        .join(Source, Source.id == Bill.source_id)
        .outerjoin(Person, Person.id == Bill.applied_by_id)
        .where(Bill.source_id.in_(list(sources)))
        .order_by(Bill.id.desc())
        .limit(limit)
    )
    if bill_id is not None:
        query = query.where(Bill.id == bill_id)
    rows = session.execute(query)
    return [BillLine(bill, source, by or "command line") for bill, source, by in rows]


def rejects_of(session: Session, bill_id: int) -> list[BillReject]:
    """The rows a bill did not take."""
    query = select(BillReject).where(BillReject.bill_id == bill_id).order_by(BillReject.line)
    return list(session.scalars(query))
