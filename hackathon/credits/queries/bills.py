"""Reads of bills: sources, rules, what is stored and what was booked of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, or_, select, union

from hackathon.credits.models import (
    Bill,
    BillCell,
    BillRate,
    BillReject,
    BillRule,
    BillScope,
    Booking,
    Entry,
    Snapshot,
    Source,
)
from hackathon.credits.queries.ledger import standing
from hackathon.credits.rules import CURRENCY, Deed
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
    """A team that rules name, its event's days, and in what else it has credits."""

    team_id: int
    name: str
    event_id: int
    event: str
    starts_at: datetime
    ends_at: datetime
    others: tuple[str, ...] = ()
    """Currencies of its grants that stand, but the main one."""


@dataclass(frozen=True)
class RuleLine:
    """A rule, whose it is and who made it."""

    rule: BillRule
    team: TeamOf | None
    by: str


def rules_of(session: Session, source_id: int | None) -> list[RuleLine]:
    """The rules that hold for a source, the newest first; one statement."""
    granted = (
        standing(Deed.GRANT)
        .with_only_columns(Entry.team_id, Entry.currency)
        .where(Entry.currency != CURRENCY)
        .distinct()
        .subquery()
    )
    rows = session.execute(
        select(
            BillRule,
            Team.name,
            Event.slug,
            Event.starts_at,
            Event.ends_at,
            Person.name,
            granted.c.currency,
        )
        .outerjoin(Team, Team.id == BillRule.team_id)
        .outerjoin(Event, Event.id == BillRule.event_id)
        .outerjoin(Person, Person.id == BillRule.made_by_id)
        .outerjoin(granted, granted.c.team_id == BillRule.team_id)
        .where(or_(BillRule.source_id.is_(None), BillRule.source_id == source_id))
        .order_by(BillRule.id.desc(), granted.c.currency)
    )
    found: dict[int, RuleLine] = {}
    others: dict[int, tuple[str, ...]] = {}
    for rule, name, slug, starts_at, ends_at, by, other in rows:
        others[rule.id] = (*others.get(rule.id, ()), *([other] if other else ()))
        team = None
        if rule.team_id is not None and rule.event_id is not None:
            team = TeamOf(
                rule.team_id, name, rule.event_id, slug, starts_at, ends_at, others[rule.id]
            )
        found[rule.id] = RuleLine(rule, team, by or "command line")
    return list(found.values())


@dataclass(frozen=True)
class Stored:
    """The newest snapshot of a scope."""

    scope_id: int
    source_id: int
    account: str
    period: date
    part: str
    snapshot_id: int
    bill_id: int
    hash: str
    billed: str
    effective: str
    days: int
    through_at: datetime
    currencies: tuple[str, ...]
    lost: str
    file_name: str

    @property
    def name(self) -> tuple[str, date, str]:
        """Account, period, part."""
        return self.account, self.period, self.part


def _newest() -> Select[int]:
    return select(func.max(Snapshot.id)).group_by(Snapshot.scope_id)


def stored_of(
    session: Session, *, source_id: int | None = None, accounts: Iterable[str] = ()
) -> list[Stored]:
    """The newest snapshots of a source, and those of these accounts whoever bills them."""
    rows = session.execute(
        select(BillScope, Snapshot, Bill.lost, Bill.file_name)
        .join(Snapshot, Snapshot.scope_id == BillScope.id)
        .join(Bill, Bill.id == Snapshot.bill_id)
        .where(
            Snapshot.id.in_(_newest()),
            or_(BillScope.source_id == source_id, BillScope.account.in_(list(accounts))),
        )
        .order_by(BillScope.account, BillScope.period, BillScope.part)
    )
    return [
        Stored(
            scope.id, scope.source_id, scope.account, scope.period, scope.part, row.id, row.bill_id,
            row.hash, row.billed, row.effective, row.days, row.through_at,
            tuple(row.currencies.split(",")) if row.currencies else (), lost, name,
        )
        for scope, row, lost, name in rows
    ]  # fmt: skip


def cells_of(session: Session, snapshots: Iterable[int]) -> Iterator[tuple[BillCell, int]]:
    """The cells of snapshots with the snapshot's id, a few at a time."""
    wanted = list(snapshots)
    query = select(BillCell).where(BillCell.snapshot_id.in_(wanted))
    for cell in session.scalars(query.execution_options(yield_per=1000)):
        yield cell, cell.snapshot_id


class BookedKey(NamedTuple):
    """What bookings add up by; `origin` is the currency billed, where another."""

    scope_id: int
    holder: str
    team_id: int | None
    currency: str
    origin: str = ""


class Sum(NamedTuple):
    """Micros booked, and those of the currency billed."""

    amount: int = 0
    origin: int = 0


def booked_of(session: Session, scopes: Iterable[int]) -> dict[BookedKey, Sum]:
    """What is booked of scopes by holder."""
    what = (
        Booking.scope_id, Booking.holder, Booking.team_id, Booking.currency, Booking.origin,
    )  # fmt: skip
    rows = session.execute(
        select(*what, func.sum(Booking.amount), func.sum(Booking.origin_amount))
        .where(Booking.scope_id.in_(list(scopes)))
        .group_by(*what)
    )
    return {
        BookedKey(scope, holder, team, unit, billed): Sum(int(amount), int(origin))
        for scope, holder, team, unit, billed, amount, origin in rows
        if amount or origin
    }


@dataclass(frozen=True)
class RateLine:
    """An exchange rate and who entered it."""

    rate: BillRate
    by: str


def rates_of(session: Session, source_id: int | None) -> list[RateLine]:
    """The exchange rates of a source, the newest first."""
    rows = session.execute(
        select(BillRate, Person.name)
        .outerjoin(Person, Person.id == BillRate.made_by_id)
        .where(BillRate.source_id == source_id)
        .order_by(BillRate.id.desc())
    )
    return [RateLine(rate, by or "command line") for rate, by in rows]


@dataclass(frozen=True)
class Captured:
    """A capture that stands: nobody reversed it, no bill ended it."""

    entry_id: int
    event_id: int
    team_id: int
    currency: str
    amount: Micros
    at: datetime


def captured_of(session: Session, name: str) -> list[Captured]:
    """The captures of a source's name that stand, the oldest first."""
    rows = session.scalars(standing(Deed.CAPTURE).order_by(Entry.id))
    wanted = name.casefold()
    return [
        Captured(
            row.id, row.event_id or 0, row.team_id or 0, row.currency, row.amount, row.through_at
        )
        for row in rows
        if row.source is not None and row.source.casefold() == wanted and row.through_at is not None
    ]


def fed_by(session: Session, source_id: int) -> set[int]:
    """Teams that a source's rules name, or that have had costs of it."""
    named = select(BillRule.team_id).where(
        BillRule.source_id == source_id, BillRule.team_id.is_not(None)
    )
    booked = (
        select(Booking.team_id)
        .join(BillScope, BillScope.id == Booking.scope_id)
        .where(BillScope.source_id == source_id, Booking.team_id.is_not(None))
    )
    return {team for team in session.scalars(union(named, booked)) if team is not None}


def days_of(session: Session, snapshots: Iterable[int]) -> set[date]:
    """The days that snapshots have costs of."""
    query = select(BillCell.day).where(BillCell.snapshot_id.in_(list(snapshots))).distinct()
    return set(session.scalars(query))


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
