"""Teams get credits, learn how to use them, and give back what they did not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from hackathon.credits import rules
from hackathon.credits.models import Access, Account, CreditState, Entry
from hackathon.credits.queries.ledger import account_name, read_of
from hackathon.credits.rules import CURRENCY, Deed, Kind, State
from hackathon.credits.service.bills.mapping import seed_rule
from hackathon.credits.service.ledger import (
    Order,
    Plan,
    check_budgeted,
    check_not_closed,
    clean_key,
    digest_of,
    entry_of_key,
    hold_team,
    named,
    own_event,
    post,
    say,
)
from hackathon.events.rules import check_reason
from hackathon.shared.clock import now
from hackathon.shared.errors import Conflict
from hackathon.shared.money import CENT, Micros, split
from hackathon.teams.models import Team

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def grant(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    team_id: int,
    amount: Micros,
    reason: str,
    key: str = "",
    currency: str = CURRENCY,
) -> Entry:
    """Give a team credits out of the pool of a currency; an overrun is repaid first.

    Raises:
        NotAllowed: the actor does not organize the event.
        NotFound: the event has no such team.
        Invalid: no reason, or an amount or a currency that cannot be.
        Conflict: more than the pool holds, an archived team, or a used key.
    """
    event = own_event(session, actor, event_id)
    clean = check_reason(reason)
    hold_team(session, event_id, team_id, living=True)
    check_not_closed(session, event, team_id)
    check_budgeted(session, event, currency)
    asked = {"deed": Deed.GRANT, "event": event_id, "team": team_id, "amount": amount, "why": clean}
    digest = digest_of(actor, {**asked, **named(currency)})
    order = Order(
        event_id,
        Deed.GRANT,
        amount,
        clean_key(key),
        digest,
        team_id=team_id,
        reason=clean,
        currency=currency,
    )
    entry, _ = post(session, actor, order, lambda before: rules.grant(amount, before))
    return entry


def split_pool(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    amount: Micros | None,
    reason: str,
    key: str = "",
    by_member: bool = False,
    currency: str = CURRENCY,
) -> list[Entry]:
    """Split an amount of the pool of a currency (None: all of it) among the event's teams whose credits live.

    Each team the same, or (`by_member`) each member.

    In whole cents by the largest remainder; a fraction of a cent stays in the pool. One
    grant a team, so that each can be reversed by itself.

    Raises:
        NotAllowed: the actor does not organize the event.
        Invalid: no reason, no teams, or an amount that cannot be split.
        Conflict: more than the pool holds, an empty pool, or a used key.
    """
    check_budgeted(session, own_event(session, actor, event_id), currency)
    clean, key = check_reason(reason), clean_key(key)
    asked = {"deed": "split", "event": event_id, "amount": amount, "why": clean}
    asked |= ({"by": "member"} if by_member else {}) | named(currency)
    digest = digest_of(actor, asked)
    closed = select(CreditState.team_id).where(CreditState.state == State.CLOSED)
    teams = session.scalars(
        select(Team)
        .where(Team.event_id == event_id, Team.archived_at.is_(None), Team.id.not_in(closed))
        .order_by(Team.id)
        .with_for_update()
    ).all()
    if entry_of_key(session, key, digest) is not None:
        own = or_(Entry.key == key, Entry.key.startswith(f"{key}/", autoescape=True))
        return list(session.scalars(select(Entry).where(own).order_by(Entry.id)))
    name = account_name(Kind.POOL, event_id, currency)
    pool = session.scalar(select(Account.balance).where(Account.name == name).with_for_update())
    whole = Micros((pool or 0) // CENT * CENT)
    rules.grant(amount or whole, rules.Balances(pool=Micros(pool or 0), currency=currency))
    shares = split(
        whole if amount is None else amount,
        [team.member_count if by_member else 1 for team in teams],
    )
    if not any(shares):
        raise Conflict("empty_pool", "The pool is empty; fund it first. Nothing was granted.")
    made = []
    for number, (team, share) in enumerate(zip(teams, shares, strict=True), start=1):
        if share:
            own_key = key if number == 1 else f"{key}/{number}"
            order = Order(
                event_id,
                Deed.GRANT,
                share,
                own_key,
                digest,
                team_id=team.id,
                reason=clean,
                currency=currency,
            )
            entry, _ = post(session, actor, order, _grant_of(share))
            made.append(entry)
    return made


def _grant_of(share: Micros) -> Plan:
    return lambda before: rules.grant(share, before)


def give_back(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    team_id: int,
    amount: Micros | None = None,
    reason: str = "",
    key: str = "",
    currency: str = CURRENCY,
) -> Entry:
    """Return unused money of a team in a currency (None: all of it) to its pool.

    What a reading shows as used stays with the team until its charge is booked.

    Raises:
        NotAllowed: the actor does not organize the event.
        NotFound: the event has no such team.
        Conflict: more than is unused, nothing is, or a used key.
    """
    own_event(session, actor, event_id)
    hold_team(session, event_id, team_id)
    key = clean_key(key)
    asked = {"deed": Deed.RETURN, "event": event_id, "team": team_id, "amount": amount}
    digest = digest_of(actor, {**asked, **named(currency)})
    if (known := entry_of_key(session, key, digest)) is not None:
        return known
    read = read_of(session, event_id, team_id, currency)
    if amount is None:
        name = account_name(Kind.AVAILABLE, team_id, currency)
        available = session.scalar(
            select(Account.balance).where(Account.name == name).with_for_update()
        )
        amount = Micros(max(0, (available or 0) - read))
        if amount == 0:
            raise Conflict("nothing_unused", "This team has nothing unused; nothing was returned.")
    order = Order(
        event_id,
        Deed.RETURN,
        amount,
        key,
        digest,
        team_id=team_id,
        reason=reason.strip()[:2000],
        currency=currency,
    )
    entry, _ = post(
        session, actor, order, lambda before: rules.give_back(order.amount, before, read=read)
    )
    return entry


def describe_access(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    team_id: int,
    sub_account: str,
    how: str,
    link: str,
    until: date | None,
) -> Access:
    """Say where and how a team uses its credits, and until when.

    Raises:
        NotAllowed: the actor does not organize the event.
        NotFound: the event has no such team.
        Invalid: a link that is none.
    """
    event = own_event(session, actor, event_id)
    hold_team(session, event_id, team_id)
    checked = rules.check_link(link)
    row = session.scalar(select(Access).filter_by(team_id=team_id))
    if row is None:
        row = Access(event_id=event_id, team_id=team_id)
        session.add(row)
    before, after = row.sub_account or "", sub_account.strip()[:200]
    row.sub_account, row.how = after, how.strip()[:4000]
    row.link, row.until, row.changed_at = checked, until, now()
    session.flush()
    seed_rule(
        session, actor, event_id=event_id, team_id=team_id,
        before=before, after=after, day=event.starts_at.date(),
    )  # fmt: skip
    say(session, actor, event_id, "access.described", team=team_id)
    return row
