"""The one way to post: locks in order, the caller's key, legs on the held balances, a fact."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from hackathon.credits.models import Account, CreditState, Entry, Posting, Quarter
from hackathon.credits.queries.ledger import account_name, balances_of, currencies_of
from hackathon.credits.rules import (
    CURRENCY,
    TEAM_KINDS,
    Balances,
    Deed,
    Kind,
    Leg,
    State,
    after,
    state_at,
)
from hackathon.credits.service.alerts import watch_team
from hackathon.events.models import Event
from hackathon.people.rules import check_organizes
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, Invalid, NotFound
from hackathon.shared.facts import canonical, note, record
from hackathon.shared.money import LARGEST, Micros
from hackathon.teams.models import Team

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor

Plan = Callable[[Balances], list[Leg]]
"""The legs of an entry on the balances as they are once the accounts are held."""
LONGEST_KEY = 80


def say(session: Session, actor: Actor, event_id: int, kind: str, **body: Any) -> None:  # noqa: ANN401 - as `record`
    """Record a fact on the event's stream of credits."""
    stream = f"credits:{event_id}"
    record(session, stream=stream, kind=kind, actor_id=actor.person_id, **body)


def own_event(session: Session, actor: Actor, event_id: int) -> Event:
    """An event the actor organizes; it cannot go away until the commit.

    Raises:
        NotAllowed: the actor does not organize it.
        NotFound: there is none.
    """
    check_organizes(actor, event_id)
    query = select(Event).where(Event.id == event_id).with_for_update(read=True, key_share=True)
    event = session.scalar(query)
    if event is None:
        raise NotFound("no_such_event", "There is no such event.")
    return event


def hold_team(session: Session, event_id: int, team_id: int, *, living: bool = False) -> Team:
    """A team of the event, held until the commit.

    Raises:
        NotFound: the event has no such team.
        Conflict: it must be living and is archived.
    """
    team = lock(session, Team, id=team_id, event_id=event_id)
    if team is None:
        raise NotFound("no_such_team", "This event has no such team.")
    if living and team.archived_at is not None:
        raise Conflict("archived", "This team is archived; it gets no more credits.", field="team")
    return team


def state_of(session: Session, event: Event, team_id: int) -> State:
    """Whether a held team may use its credits now."""
    stored = session.scalar(select(CreditState.state).where(CreditState.team_id == team_id))
    return state_at(State(stored or State.OPEN), event.ends_at, now())


def check_not_closed(session: Session, event: Event, team_id: int) -> None:
    """A closed team gets nothing and gives nothing back.

    Raises:
        Conflict: its credits are closed.
    """
    if state_of(session, event, team_id) is State.CLOSED:
        raise Conflict(
            "closed", "This team's credits are closed. Reopen them first; nothing was moved."
        )


def named(currency: str) -> dict[str, str]:
    """How a currency stands in digests and facts: only when it is not the main one."""
    return {} if currency == CURRENCY else {"currency": currency}


def check_budgeted(session: Session, event: Event, currency: str) -> str:
    """Credits are in a currency that the event's quarter has a budget in.

    Raises:
        Invalid: it has none.
    """
    if currency != CURRENCY and currency not in currencies_of(session, event):
        raise Invalid(
            "currency",
            f"{event.quarter} has no budget in this currency; a program lead adds one on the plan "
            "of budgets. Nothing was changed.",
            field="currency",
        )
    return currency


def digest_of(actor: Actor, request: Mapping[str, object]) -> str:
    """What a key stands for: the request and who made it."""
    asked = canonical({**request, "actor": actor.person_id})
    return hashlib.sha256(asked.encode()).hexdigest()


def clean_key(key: str) -> str:
    """The caller's key, or a new one for callers without.

    Raises:
        Invalid: longer than 80 characters.
    """
    if len(key) > LONGEST_KEY:
        raise Invalid("key", f"A key has at most {LONGEST_KEY} characters.", field="key")
    return key or uuid.uuid4().hex


def check_same(known: str, asked: str) -> None:
    """The same key must carry the same request.

    Raises:
        Conflict: it does not.
    """
    if known != asked:
        raise Conflict(
            "key_reused",
            "This form was already used for something else; nothing was saved. "
            "Reload the page and try again.",
        )


def entry_of_key(session: Session, key: str, digest: str) -> Entry | None:
    """The entry a key has made, if any.

    Raises:
        Conflict: it was another request.
    """
    found = session.scalar(select(Entry).where(Entry.key == key))
    if found is not None:
        check_same(found.digest, digest)
    return found


@dataclass(frozen=True)
class Order:
    """What is to be posted.

    `digest` is that of the caller's request; `quarter` is needed for money that comes out
    of it or goes back; `read` is what readings add to the spend, when the caller knows it and
    the entry does not change it.
    """

    event_id: int
    deed: Deed
    amount: Micros
    key: str
    digest: str
    team_id: int | None = None
    quarter: Quarter | None = None
    reason: str = ""
    source: str | None = None
    through_at: datetime | None = None
    reverses: Entry | None = None
    is_closed: bool = False
    read: Micros | None = None
    currency: str = CURRENCY


FACTS = {
    Deed.FUND: "pool.funded",
    Deed.GRANT: "credits.granted",
    Deed.CHARGE: "charge.recorded",
    Deed.HOLD: "hold.made",
    Deed.RELEASE: "hold.released",
    Deed.CAPTURE: "hold.captured",
    Deed.CARRY: "credits.carried",
    Deed.RETURN: "credits.returned",
    Deed.REVERSAL: "entry.reversed",
    Deed.REFUND: "charge.refunded",
}


WITHIN_TEAM = {Deed.CHARGE, Deed.REFUND, Deed.CAPTURE, Deed.HOLD, Deed.RELEASE}
"""What leaves the pool alone, unless the team's credits are closed."""
WATCHED = {Deed.CHARGE, Deed.CAPTURE, Deed.HOLD}


def post(session: Session, actor: Actor, order: Order, plan: Plan) -> tuple[Entry, bool]:
    """Post one entry; returns it and whether it was there already. Event and team are held.

    Args:
        session: An open transaction.
        actor: Who acts; the permission was checked.
        order: What is to be posted.
        plan: The legs on the balances as they are once the accounts are held.

    Raises:
        Conflict: the key was used for another request, or what `plan` refuses.
    """
    check_amount(order.amount)
    accounts = hold_accounts(session, order)
    if (known := entry_of_key(session, order.key, order.digest)) is not None:
        return known, True
    before = balances_of(accounts.values(), order.currency)
    legs = plan(before)
    told = note(session, order.reason) if order.reason else None
    entry = Entry(
        key=order.key,
        digest=order.digest,
        event_id=order.event_id,
        team_id=order.team_id,
        deed=order.deed,
        currency=order.currency,
        amount=order.amount,
        lines=len(legs),
        reverses_id=order.reverses.id if order.reverses is not None else None,
        source=order.source,
        through_at=order.through_at,
        is_late=order.is_closed,
        note_id=told["note"] if told else None,
        made_by_id=actor.person_id,
    )
    try:
        with session.begin_nested():
            session.add(entry)
            session.flush()
    except IntegrityError:  # the key came in at the same moment, for other accounts
        entry_of_key(session, order.key, order.digest)
        raise
    for line, leg in enumerate(legs, start=1):
        session.add(
            Posting(
                entry_id=entry.id,
                line=line,
                from_id=accounts[leg.source].id,
                to_id=accounts[leg.target].id,
                amount=leg.amount,
            )
        )
        session.flush()
    body: dict[str, object] = {"entry": entry.id, "team": entry.team_id, "amount": entry.amount}
    body |= named(order.currency)
    if order.reverses is not None:
        body["reverses"] = order.reverses.id
    if told is not None:
        body["reason"] = told
    say(session, actor, order.event_id, FACTS[order.deed], **body)
    if order.team_id is not None and order.deed in WATCHED and not order.is_closed:
        watch_team(session, order.event_id, order.team_id, after(before, legs), read=order.read)
    return entry, False


def check_amount(amount: Micros) -> None:
    """An entry moves more than nothing and at most 10,000,000 (research credits 10.49).

    Raises:
        Invalid: it does not.
    """
    if not 0 < amount <= LARGEST:
        raise Invalid("amount", "An amount is above 0 and at most 10,000,000.", field="amount")


def hold_accounts(session: Session, order: Order) -> dict[Kind, Account]:
    """The accounts an order may touch, made where missing and held in the order of their ids."""
    deed = Deed(order.reverses.deed) if order.reverses is not None else order.deed
    wanted: dict[str, Account] = {}
    if order.quarter is not None:
        name = account_name(Kind.FUNDING, order.quarter.id)
        wanted[name] = funding_account(order.quarter)
    if deed not in WITHIN_TEAM or order.is_closed:
        _want(wanted, Kind.POOL, order.event_id, order)
    if order.team_id is not None:
        for kind in TEAM_KINDS:
            _want(wanted, kind, order.team_id, order, team_id=order.team_id)
    there = set(session.scalars(select(Account.name).where(Account.name.in_(wanted))))
    for name, account in wanted.items():
        if name in there:
            continue
        try:
            with session.begin_nested():
                session.add(account)
                session.flush()
        except IntegrityError:  # somebody made it at the same moment
            continue
    held = session.scalars(
        select(Account)
        .where(Account.name.in_(wanted))
        .order_by(Account.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {Kind(account.kind): account for account in held}


def funding_account(quarter: Quarter) -> Account:
    """The account a quarter's money comes from, not stored yet."""
    return Account(
        name=account_name(Kind.FUNDING, quarter.id),
        kind=Kind.FUNDING,
        quarter_id=quarter.id,
        currency=quarter.currency,
        floor=-quarter.budget,
    )


def _want(
    wanted: dict[str, Account], kind: Kind, owner: int, order: Order, team_id: int | None = None
) -> None:
    name = account_name(kind, owner, order.currency)
    wanted[name] = Account(
        name=name, kind=kind, event_id=order.event_id, team_id=team_id, currency=order.currency
    )
