"""The ledger: accounts by name, what was read and charged, what does not add up."""

from __future__ import annotations

from collections import defaultdict
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
    NONE,
    Balances,
    Charged,
    Deed,
    Freshness,
    Kind,
    Seen,
    freshness,
)
from hackathon.shared.clock import now
from hackathon.shared.db import UtcDateTime
from hackathon.shared.money import Micros
from hackathon.teams.models import Team

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from hackathon.events.models import Event


BILLED = "bill:"
"""What the keys of entries begin with that a bill made."""
SETTLING = timedelta(days=10)


def account_name(kind: Kind, owner: int) -> str:
    """The unique name of an account: its kind and the id of its quarter, event or team."""
    return f"{kind.value}:{owner}"


def quarter_name(event: Event) -> str:
    """The quarter that pays for an event; each rehearsal has one of its own, with play money."""
    return f"{event.quarter} rehearsal {event.id}" if event.is_rehearsal else event.quarter


def balances_of(accounts: Iterable[Account]) -> Balances:
    """Balances by kind; accounts that are not there hold nothing."""
    return Balances(**{Kind(row.kind).value: row.balance for row in accounts})


def standing(*deeds: Deed) -> Select[Entry]:
    """Entries of these deeds that were not reversed."""
    undone = aliased(Entry)
    return (
        select(Entry)
        .outerjoin(undone, undone.reverses_id == Entry.id)
        .where(Entry.deed.in_(deeds), undone.id.is_(None))
    )


def freshness_by_team(
    session: Session, event_id: int, team_id: int | None = None
) -> dict[int, Freshness]:
    """What readings add and how fresh it is, by team id; two statements."""
    newest = (
        select(
            Reading.team_id,
            Reading.source,
            Reading.total,
            Reading.seen_at,
            Reading.source_key,
            func.row_number()
            .over(
                partition_by=(Reading.team_id, Reading.source_key),
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
        & (newest.c.source_key == func.lower(charges.c.source))
        & (newest.c.place == 1)
        & is_item
    )
    booked = (
        select(
            charges.c.team_id,
            charges.c.source,
            func.sum(
                case((charges.c.deed == Deed.REFUND, -charges.c.amount), else_=charges.c.amount)
            ),
            func.max(charges.c.through_at),
            is_item,
            cast(None, Date),
        )
        .outerjoin(newest, same)
        .group_by(charges.c.team_id, charges.c.source, is_item, is_in)
    )
    read = select(newest).where(newest.c.place == 1)
    if team_id is not None:
        booked = booked.where(charges.c.team_id == team_id)
        read = read.where(newest.c.team_id == team_id)
    seen: dict[int, list[Seen]] = defaultdict(list)
    for team, source, total, seen_at, *_ in session.execute(read):
        seen[team].append(Seen(source, total, seen_at))
    charged: dict[int, list[Charged]] = defaultdict(list)
    billed = billed_of(event_id, team_id).subquery()
    reach = select(
        billed.c.team_id, billed.c.source, literal(0), billed.c.through, false(), billed.c.period
    )
    for team, source, amount, through, item, period in session.execute(union_all(booked, reach)):
        charged[team].append(
            Charged(source, Micros(int(amount)), through, is_item=bool(item))
            if period is None
            else billed_charge(source, through, period)
        )
    return {team: freshness(seen[team], charged[team]) for team in {*seen, *charged}}


class ChargedTeam(NamedTuple):
    """What is booked on a team of one source, in micros; below zero after refunds."""

    team: str
    source: str
    amount: Micros


def charged_by_source(session: Session, event_id: int) -> list[ChargedTeam]:
    """What is booked on an event's teams, by team and source; the sum is what teams spent."""
    booked = standing(*BOOKED).where(Entry.event_id == event_id).subquery()
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
    """Teams whose open holds are not what their account holds."""
    sums: dict[int, int] = {
        team: int(amount)
        for team, amount in session.execute(
            select(Hold.team_id, func.sum(Hold.amount))
            .where(Hold.state == "open")
            .group_by(Hold.team_id)
        )
    }
    query = select(Account.team_id, Account.balance).where(Account.kind == Kind.HELD)
    for team, balance in session.execute(query):
        sums[team or 0] = sums.get(team or 0, 0) - balance
    return [
        f"team {team}: its open holds differ from its account by {amount} micros"
        for team, amount in sorted(sums.items())
        if amount
    ]


def wrong_balances(session: Session) -> list[str]:
    """Balances rebuilt from the postings, and what else does not add up; for `verify`."""
    rebuilt: dict[int, int] = defaultdict(int)
    lines: dict[int, int] = defaultdict(int)
    moved: dict[int, int] = defaultdict(int)
    for row in session.execute(
        select(Posting.entry_id, Posting.from_id, Posting.to_id, Posting.amount)
    ):
        rebuilt[row.from_id] -= row.amount
        rebuilt[row.to_id] += row.amount
        lines[row.entry_id] += 1
        moved[row.entry_id] += row.amount
    budgets: dict[int, int] = dict(iter(session.execute(select(Quarter.id, Quarter.budget))))
    problems = []
    for account in session.scalars(select(Account).order_by(Account.id)):
        if account.balance != rebuilt[account.id]:
            problems.append(
                f"account {account.name}: the balance says {account.balance} micros, "
                f"its postings {rebuilt[account.id]}"
            )
        floor = -budgets.get(account.quarter_id or 0, 0)
        if account.floor != floor:
            problems.append(f"account {account.name}: the floor says {account.floor}, not {floor}")
    problems += _wrong_holds(session)
    for entry_id, count, amount in session.execute(select(Entry.id, Entry.lines, Entry.amount)):
        if count != lines[entry_id]:
            problems.append(f"entry {entry_id}: {count} postings are due, {lines[entry_id]} there")
        elif amount != moved[entry_id]:
            problems.append(f"entry {entry_id}: it says {amount} micros, its postings otherwise")
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
