"""Posting differences: what is booked of scopes becomes what they should be, no more."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from hackathon.credits import rules
from hackathon.credits.models import Account, Booking, Entry, Posting
from hackathon.credits.queries.bills import BookedKey, Sum, booked_of
from hackathon.credits.queries.ledger import BILLED, account_name
from hackathon.credits.rules import CURRENCY, Deed, Kind, State, in_order
from hackathon.credits.service.bills.captures import Reach, end_captures, ended_by
from hackathon.credits.service.bills.share import Shares, rounded
from hackathon.credits.service.holds import release_billed
from hackathon.credits.service.ledger import Order, hold_team, own_event, post, state_of
from hackathon.shared.money import Micros

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from hackathon.credits.models import Bill, Source
    from hackathon.credits.queries.bills import Captured, TeamOf
    from hackathon.credits.service.bills.reader import ScopeName
    from hackathon.events.models import Event
    from hackathon.people.rules import Actor


class HolderKey(NamedTuple):
    """Whose one entry is: holder, team, currency."""

    holder: str
    team_id: int | None
    currency: str


@dataclass(frozen=True)
class Aim:
    """What is to be booked of scopes.

    `scopes` are their ids and `throughs` how far their charges reach; `reach` is how far the
    source's bills do, whose word counts instead of captures; `bill` is None for a change of
    the mapping.
    """

    shares: Shares
    teams: Mapping[int, TeamOf]
    scopes: Mapping[ScopeName, int]
    throughs: Mapping[ScopeName, datetime]
    reach: Reach = field(default_factory=Reach)
    bill: Bill | None = None


class Change(NamedTuple):
    """A difference of one bucket, and by which rate."""

    sums: Sum
    rate_id: int | None


def post_differences(session: Session, actor: Actor, source: Source, aim: Aim) -> int:
    """Post target less booked, an entry a holder; returns the postings made.

    Captures that the bills hold now are taken back first, team by team, so that no level is
    crossed by what counts twice for a moment. The source is held.

    Raises:
        NotAllowed: it reaches teams of an event the actor does not organize.
    """
    changes = _changes(aim, booked_of(session, aim.scopes.values()))
    reach = {aim.scopes[key]: through for key, through in aim.throughs.items() if key in aim.scopes}
    run = uuid.uuid4().hex
    nets: dict[HolderKey, int] = defaultdict(int)
    ends: dict[HolderKey, datetime] = {}
    for key, change in changes.items():
        whose = HolderKey(key.holder, key.team_id, key.currency)
        nets[whose] += change.sums.amount
        ends[whose] = max(reach[key.scope_id], ends.get(whose, reach[key.scope_id]))
    named = {key.team_id for key in nets if key.team_id is not None}
    ended = ended_by(session, source.name, source, aim.reach, {*named, *aim.shares.teams()})
    made = 0
    entries: dict[HolderKey, Entry] = {}
    for team in _in_order({*named, *ended}, aim.teams, ended):
        event = own_event(session, actor, team.event_id)
        hold_team(session, team.event_id, team.team_id)
        is_closed = state_of(session, event, team.team_id) is State.CLOSED
        made += end_captures(
            session, actor, source, ended.get(team.team_id, ()), is_closed=is_closed
        )
        for unit in in_order({one.currency for one in nets}):
            whose = HolderKey("team", team.team_id, unit)
            if net := nets.get(whose):
                entries[whose] = _charge(
                    session, actor, source, event, whose, net, ends[whose], run,
                    is_closed=is_closed,
                )  # fmt: skip
    for whose in sorted(one for one in nets if one.team_id is None and nets[one]):
        entries[whose] = _clear(session, actor, source, whose, nets[whose], ends[whose], run)
    for key, change in changes.items():
        entry = entries.get(HolderKey(key.holder, key.team_id, key.currency))
        session.add(
            Booking(
                scope_id=key.scope_id,
                bill_id=aim.bill.id if aim.bill is not None else None,
                run=run,
                holder=key.holder,
                team_id=key.team_id,
                currency=key.currency,
                amount=change.sums.amount,
                origin=key.origin,
                origin_amount=change.sums.origin,
                rate_id=change.rate_id,
                entry_id=entry.id if entry is not None else None,
            )
        )
    session.flush()
    return made + sum(entry.lines for entry in entries.values())


class Place(NamedTuple):
    """A team and its event."""

    event_id: int
    team_id: int


def _in_order(
    ids: Iterable[int | None],
    teams: Mapping[int, TeamOf],
    ended: Mapping[int, list[Captured]],
) -> list[Place]:
    """Teams in the order their rows are locked."""
    return sorted(
        Place(teams[one].event_id if one in teams else ended[one][0].event_id, one)
        for one in ids
        if one is not None
    )


def _changes(aim: Aim, booked: Mapping[BookedKey, Sum]) -> dict[BookedKey, Change]:
    """Target less booked, of each bucket where it is not zero."""
    targets: dict[BookedKey, Sum] = {}
    rates: dict[BookedKey, int] = {}
    for bucket, exactly in aim.shares.buckets.items():
        key = BookedKey(
            aim.scopes[bucket.account, bucket.period, bucket.part],
            bucket.holder,
            bucket.team_id,
            bucket.currency,
            bucket.origin,
        )
        origin = rounded(aim.shares.origins[bucket]) if bucket.origin else 0
        targets[key] = Sum(rounded(exactly), origin)
        if bucket.origin:
            rates[key] = aim.shares.rates[bucket.period, bucket.origin].id
    found = {}
    for key in sorted({*targets, *booked}, key=str):
        after, before = targets.get(key, Sum()), booked.get(key, Sum())
        if after.amount != before.amount:
            sums = Sum(after.amount - before.amount, after.origin - before.origin)
            found[key] = Change(sums, rates.get(key))
    return found


def _charge(  # noqa: PLR0917 - one deed, told whole
    session: Session,
    actor: Actor,
    source: Source,
    event: Event,
    whose: HolderKey,
    net: int,
    through: datetime,
    run: str,
    *,
    is_closed: bool,
) -> Entry:
    """A held team's difference in one currency: more is charged, never refused; less is refunded.

    As with a charge by hand, open holds of the source end up to the amount, and the pool
    pays and gets what comes after the team's credits were closed.
    """
    amount = Micros(abs(net))
    order = Order(
        event.id,
        Deed.CHARGE if net > 0 else Deed.REFUND,
        amount,
        f"{BILLED}{run}/{whose.team_id}"
        + ("" if whose.currency == CURRENCY else f"/{whose.currency}"),
        run,
        team_id=whose.team_id,
        source=source.name,
        through_at=through,
        is_closed=is_closed,
        currency=whose.currency,
    )
    legs = rules.charge if net > 0 else rules.refund
    if net > 0:
        release_billed(session, actor, order)
    entry, _ = post(session, actor, order, lambda before: legs(amount, before, is_closed=is_closed))
    return entry


def _clear(  # noqa: PLR0917 - one deed, told whole
    session: Session,
    actor: Actor,
    source: Source,
    holder: HolderKey,
    net: int,
    through: datetime,
    run: str,
) -> Entry:
    """Costs without a team, against the source's clearing account."""
    kind, unit = Kind(holder.holder), holder.currency
    held = _source_accounts(session, source, (kind, Kind.CLEARING), unit)
    entry = Entry(
        key=f"{BILLED}{run}/{kind.value}/{unit}",
        digest=run,
        deed=Deed.BILL,
        currency=unit,
        amount=Micros(abs(net)),
        lines=1,
        source=source.name,
        through_at=through,
        made_by_id=actor.person_id,
    )
    session.add(entry)
    session.flush()
    first, second = (Kind.CLEARING, kind) if net > 0 else (kind, Kind.CLEARING)
    session.add(
        Posting(
            entry_id=entry.id,
            line=1,
            from_id=held[first].id,
            to_id=held[second].id,
            amount=entry.amount,
        )
    )
    session.flush()
    return entry


def _source_accounts(
    session: Session, source: Source, kinds: Iterable[Kind], unit: str
) -> dict[Kind, Account]:
    """A source's accounts of one currency, made where missing; the source is held."""
    names = {account_name(kind, source.id, unit): kind for kind in kinds}
    query = select(Account).where(Account.name.in_(names)).order_by(Account.id)
    there = {row.name for row in session.scalars(query)}
    for name, kind in names.items():
        if name not in there:
            session.add(Account(name=name, kind=kind, source_id=source.id, currency=unit))
    session.flush()
    return {Kind(row.kind): row for row in session.scalars(query.with_for_update())}
