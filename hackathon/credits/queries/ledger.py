"""The ledger: accounts by name, what was read and charged, what does not add up."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Date, case, cast, false, func, literal, select, union, union_all
from sqlalchemy.orm import aliased

from hackathon.credits.models import (
    Account,
    BillRule,
    BillScope,
    Booking,
    Entry,
    Hold,
    Posting,
    Quarter,
    Reading,
    Snapshot,
    Source,
)
from hackathon.credits.rules import (
    BOOKED,
    CURRENCY,
    NONE,
    Balances,
    Charged,
    Deed,
    Freshness,
    Kind,
    Seen,
    freshness,
    in_order,
)
from hackathon.shared.clock import now
from hackathon.shared.db import UtcDateTime
from hackathon.shared.money import Micros
from hackathon.teams.models import Team

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from sqlalchemy import CompoundSelect, Select
    from sqlalchemy.orm import Session

    from hackathon.events.models import Event


BILLED = "bill:"
"""What the keys of entries begin with that a bill made."""
SETTLING = timedelta(days=10)


def account_name(kind: Kind, owner: int, currency: str = CURRENCY) -> str:
    """The unique name of an account: its kind and the id of its quarter, event or team.

    Those of another currency than the main one end with it.
    """
    return f"{kind.value}:{owner}" + ("" if currency == CURRENCY else f":{currency}")


def quarter_name(event: Event) -> str:
    """The quarter that pays for an event; each rehearsal has one of its own, with play money."""
    return f"{event.quarter} rehearsal {event.id}" if event.is_rehearsal else event.quarter


def balances_of(accounts: Iterable[Account], currency: str = CURRENCY) -> Balances:
    """Balances by kind of the accounts of a currency; those that are not there hold nothing."""
    found = {Kind(row.kind).value: row.balance for row in accounts if row.currency == currency}
    return Balances(**found, currency=currency)


def currencies_of(session: Session, event: Event) -> tuple[str, ...]:
    """What an event's credits may be in: the main one, and what its quarter has a budget in.

    A rehearsal plays with those of its real quarter, too; what a pool has stays. One statement.
    """
    return in_order(set(session.scalars(currencies_query(event))))


def currencies_query(event: Event) -> CompoundSelect[str]:
    """What `currencies_of` asks, for statements that ask more."""
    names = [quarter_name(event), event.quarter]
    budgets = select(Quarter.currency).where(Quarter.name.in_(names), Quarter.budget > 0)
    pools = select(Account.currency).where(Account.event_id == event.id, Account.kind == Kind.POOL)
    return union(budgets, pools)


def standing(*deeds: Deed) -> Select[Entry]:
    """Entries of these deeds that were not reversed."""
    undone = aliased(Entry)
    return (
        select(Entry)
        .outerjoin(undone, undone.reverses_id == Entry.id)
        .where(Entry.deed.in_(deeds), undone.id.is_(None))
    )


@dataclass
class Figures:
    """What was seen and charged, by team and currency, and how far bills reach, by team.

    A bill's word holds for every currency: what it has no cost in, it says is zero.
    """

    seen: dict[tuple[int, str], list[Seen]] = field(default_factory=lambda: defaultdict(list))
    charged: dict[tuple[int, str], list[Charged]] = field(default_factory=lambda: defaultdict(list))
    reach: dict[int, list[Charged]] = field(default_factory=lambda: defaultdict(list))

    def of(self, team_id: int, currency: str = CURRENCY) -> Freshness:
        """What readings add to a team's spend in a currency, and how fresh it is."""
        key = (team_id, currency)
        return freshness(
            self.seen.get(key, ()), [*self.charged.get(key, ()), *self.reach.get(team_id, ())]
        )

    def currencies(self, team_id: int) -> set[str]:
        """Those in which anything was seen or charged."""
        return {unit for team, unit in (*self.seen, *self.charged) if team == team_id}


def read_of(session: Session, event_id: int, team_id: int, currency: str = CURRENCY) -> Micros:
    """What readings show as used by a team and no charge has booked yet; two statements."""
    return figures_of(session, event_id, team_id).of(team_id, currency).read


def figures_of(session: Session, event_id: int, team_id: int | None = None) -> Figures:
    """What readings, charges and bills say of an event's teams; two statements."""
    newest = (
        select(
            Reading.team_id,
            Reading.source,
            Reading.total,
            Reading.seen_at,
            Reading.currency,
            Reading.source_key,
            func.row_number()
            .over(
                partition_by=(Reading.team_id, Reading.currency, Reading.source_key),
                order_by=(Reading.seen_at.desc(), Reading.id.desc()),
            )
            .label("place"),
        )
        .where(Reading.event_id == event_id)
        .subquery()
    )
    charges = standing(*BOOKED).where(Entry.event_id == event_id).subquery()
    # captures made since the newest reading of their source are not in it yet
    is_item = charges.c.deed == Deed.CAPTURE
    is_in = newest.c.seen_at >= charges.c.through_at
    same = (
        (newest.c.team_id == charges.c.team_id)
        & (newest.c.currency == charges.c.currency)
        & (newest.c.source_key == func.lower(charges.c.source))
        & (newest.c.place == 1)
        & is_item
    )
    whose = (charges.c.team_id, charges.c.currency, charges.c.source)
    booked = (
        select(
            *whose,
            func.sum(
                case((charges.c.deed == Deed.REFUND, -charges.c.amount), else_=charges.c.amount)
            ),
            func.max(charges.c.through_at),
            is_item,
            cast(None, Date),
        )
        .outerjoin(newest, same)
        .group_by(*whose, is_item, is_in)
    )
    read = select(newest).where(newest.c.place == 1)
    if team_id is not None:
        booked = booked.where(charges.c.team_id == team_id)
        read = read.where(newest.c.team_id == team_id)
    found = Figures()
    for team, source, total, seen_at, unit, *_ in session.execute(read):
        found.seen[team, unit].append(Seen(source, total, seen_at))
    billed = billed_of(event_id, team_id).subquery()
    reach = select(
        billed.c.team_id,
        literal(""),
        billed.c.source,
        literal(0),
        billed.c.through,
        false(),
        billed.c.period,
    )
    rows = session.execute(union_all(booked, reach))
    for team, unit, source, amount, through, item, period in rows:
        if period is None:
            charge = Charged(source, Micros(int(amount)), through, is_item=bool(item))
            found.charged[team, unit].append(charge)
        else:
            found.reach[team].append(billed_charge(source, through, period))
    return found


class ChargedTeam(NamedTuple):
    """What is booked on a team of one source, in micros; below zero after refunds."""

    team: str
    source: str
    amount: Micros


def charged_by_source(
    session: Session, event_id: int, currency: str = CURRENCY
) -> list[ChargedTeam]:
    """What is booked on an event's teams in a currency, by team and source: what they spent."""
    booked = (
        standing(*BOOKED).where(Entry.event_id == event_id, Entry.currency == currency).subquery()
    )
    amount = case((booked.c.deed == Deed.REFUND, -booked.c.amount), else_=booked.c.amount)
    rows = session.execute(
        select(Team.name, booked.c.source, func.sum(amount))
        .join(booked, booked.c.team_id == Team.id)
        .group_by(Team.id, Team.name, Team.name_key, booked.c.source)
        .order_by(Team.name_key, Team.id, booked.c.source)
    )
    return [ChargedTeam(team, source or "", Micros(int(sum_))) for team, source, sum_ in rows]


def billed_of(event_id: int, team_id: int | None = None) -> Select[int, str, datetime, date]:
    """How far the bills of each source reach that a team's costs come from, and their period.

    A bill without a cost of the team says zero, too: its reading is superseded.
    """
    rules = select(BillRule.team_id, BillRule.source_id).where(
        BillRule.event_id == event_id, BillRule.source_id.is_not(None)
    )
    booked = (
        select(Booking.team_id, BillScope.source_id)
        .join(BillScope, BillScope.id == Booking.scope_id)
        .join(Team, Team.id == Booking.team_id)
        .where(Team.event_id == event_id)
    )
    if team_id is not None:
        rules = rules.where(BillRule.team_id == team_id)
        booked = booked.where(Booking.team_id == team_id)
    feeds = union(rules, booked).subquery()
    return (
        select(
            feeds.c.team_id,
            Source.name.label("source"),
            func.max(Snapshot.through_at, type_=UtcDateTime()).label("through"),
            func.max(BillScope.period, type_=Date()).label("period"),
        )
        .join(Source, Source.id == feeds.c.source_id)
        .join(BillScope, BillScope.source_id == Source.id)
        .join(Snapshot, Snapshot.scope_id == BillScope.id)
        .group_by(feeds.c.team_id, Source.name)
    )


def billed_charge(source: str, through: datetime, period: date) -> Charged:
    """How far a source's bills reach; open until the newest billing period has settled."""
    is_open = now().date() < _after(period) + SETTLING
    return Charged(source, NONE, through, is_open=is_open)


def _after(period: date) -> date:
    """The first day after a month."""
    return (period.replace(day=1) + timedelta(days=32)).replace(day=1)


def repaid_by(session: Session, entry_id: int) -> Micros:
    """How much of an entry went into a team's overrun."""
    query = (
        select(func.coalesce(func.sum(Posting.amount), 0))
        .join(Account, Account.id == Posting.to_id)
        .where(Posting.entry_id == entry_id, Account.kind == Kind.OVERRUN)
    )
    return int(session.scalar(query) or 0)  # type: ignore[return-value]


def _wrong_holds(session: Session) -> list[str]:
    """Teams whose open holds are not what their account of that currency holds."""
    sums: dict[tuple[int, str], int] = {
        (team, unit): int(amount)
        for team, unit, amount in session.execute(
            select(Hold.team_id, Hold.currency, func.sum(Hold.amount))
            .where(Hold.state == "open")
            .group_by(Hold.team_id, Hold.currency)
        )
    }
    query = select(Account.team_id, Account.currency, Account.balance).where(
        Account.kind == Kind.HELD
    )
    for team, unit, balance in session.execute(query):
        key = (team or 0, unit)
        sums[key] = sums.get(key, 0) - balance
    return [
        f"team {team}: its open holds{'' if unit == CURRENCY else f' in {unit}'} differ from its "
        f"account by {amount} micros"
        for (team, unit), amount in sorted(sums.items())
        if amount
    ]


def wrong_balances(session: Session) -> list[str]:
    """Balances rebuilt from the postings, and what else does not add up; for `verify`."""
    rebuilt: dict[int, int] = defaultdict(int)
    lines: dict[int, int] = defaultdict(int)
    moved: dict[int, int] = defaultdict(int)
    units: dict[int, set[int]] = defaultdict(set)
    for row in session.execute(
        select(Posting.entry_id, Posting.from_id, Posting.to_id, Posting.amount)
    ):
        units[row.entry_id] |= {row.from_id, row.to_id}
        rebuilt[row.from_id] -= row.amount
        rebuilt[row.to_id] += row.amount
        lines[row.entry_id] += 1
        moved[row.entry_id] += row.amount
    budgets: dict[int, int] = dict(iter(session.execute(select(Quarter.id, Quarter.budget))))
    problems, unit_of = [], {}
    for account in session.scalars(select(Account).order_by(Account.id)):
        unit_of[account.id] = account.currency
        if account.balance != rebuilt[account.id]:
            problems.append(
                f"account {account.name}: the balance says {account.balance} micros, "
                f"its postings {rebuilt[account.id]}"
            )
        floor = -budgets.get(account.quarter_id or 0, 0)
        if account.floor != floor:
            problems.append(f"account {account.name}: the floor says {account.floor}, not {floor}")
    problems += _wrong_holds(session)
    entries = select(Entry.id, Entry.lines, Entry.amount, Entry.currency)
    for entry_id, count, amount, unit in session.execute(entries):
        if count != lines[entry_id]:
            problems.append(f"entry {entry_id}: {count} postings are due, {lines[entry_id]} there")
        elif amount != moved[entry_id]:
            problems.append(f"entry {entry_id}: it says {amount} micros, its postings otherwise")
        if any(unit_of[one] != unit for one in units[entry_id]):
            problems.append(f"entry {entry_id}: it says {unit}, its accounts otherwise")
    return problems + _wrong_bookings(session)


def _wrong_bookings(session: Session) -> list[str]:
    """Entries of bills against what their bookings say."""
    problems = []
    rows = session.execute(
        select(Entry.id, Entry.deed, Entry.amount, func.coalesce(func.sum(Booking.amount), 0))
        .outerjoin(Booking, Booking.entry_id == Entry.id)
        .where(Entry.key.startswith(BILLED))
        .group_by(Entry.id, Entry.deed, Entry.amount)
    )
    for entry_id, deed, amount, booked in rows:
        said = -booked if deed == Deed.REFUND else booked
        if (abs(said) if deed == Deed.BILL else said) != amount:
            problems.append(f"entry {entry_id}: a bill booked {booked} micros, it says {amount}")
    return problems
