"""The year's plan: budgets of quarters, transfers between them, what is carried over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from hackathon.credits import rules
from hackathon.credits.models import Account, BudgetMove, Entry, Quarter
from hackathon.credits.queries.ledger import account_name
from hackathon.credits.rules import CURRENCY, Deed, Kind
from hackathon.credits.service.budgets import change_budget, hold_quarter
from hackathon.credits.service.ledger import (
    Order,
    check_amount,
    check_budgeted,
    check_same,
    clean_key,
    digest_of,
    entry_of_key,
    named,
    own_event,
    post,
)
from hackathon.events.rules import check_quarter, check_reason
from hackathon.people.rules import check_program_lead
from hackathon.shared.clock import now
from hackathon.shared.errors import Conflict, Invalid
from hackathon.shared.facts import note, record
from hackathon.shared.money import Micros, money

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def next_quarter(quarter: str) -> str:
    """`2026-Q4` -> `2027-Q1`."""
    year, number = int(quarter[:4]), int(quarter[6:7])
    return f"{year + 1}-Q1" if number == 4 else f"{year}-Q{number + 1}"  # noqa: PLR2004 - a year has four


def plan_budget(
    session: Session, actor: Actor, *, quarter: str, amount: Micros, currency: str = CURRENCY
) -> str:
    """Set the budget of a quarter, with or without events; returns a warning or "".

    In another currency than the main one it becomes a budget of its own: what the quarter's
    events have in the one never pays for the other.

    Raises:
        NotAllowed: not a program lead.
        Invalid: not a quarter or a currency, or an amount that cannot be.
        Conflict: less than its pools already have.
    """
    check_program_lead(actor)
    check_amount(amount)
    unit = rules.check_currency(currency)
    found = hold_quarter(session, check_quarter(quarter), unit)
    change_budget(session, found, amount)
    record(
        session,
        stream=f"quarter:{found.id}",
        kind="budget.set",
        actor_id=actor.person_id,
        quarter=found.id,
        amount=amount,
    )
    return rules.budget_warning(amount, unit)


def transfer(
    session: Session,
    actor: Actor,
    *,
    source: str,
    target: str,
    amount: Micros,
    reason: str,
    key: str = "",
    currency: str = CURRENCY,
) -> BudgetMove:
    """Move a part of a quarter's budget that no pool has to another quarter, in one currency.

    Raises:
        NotAllowed: not a program lead.
        Invalid: not two quarters or a currency, no reason, or an amount that cannot be.
        Conflict: more than is left of it, or a used key.
    """
    check_program_lead(actor)
    clean = check_reason(reason)
    check_amount(amount)
    names = (check_quarter(source), check_quarter(target))
    if source == target:
        raise Invalid("target", "Choose another quarter.", field="target")
    unit = rules.check_currency(currency)
    asked = {"move": list(names), "amount": amount, "why": clean, **named(unit)}
    digest = digest_of(actor, asked)
    held = {name: hold_quarter(session, name, unit) for name in sorted(names)}
    return _move(
        session,
        actor,
        held[source],
        held[target],
        amount=amount,
        reason=clean,
        key=clean_key(key),
        digest=digest,
    )


def _move(
    session: Session,
    actor: Actor,
    source: Quarter,
    target: Quarter,
    *,
    amount: Micros,
    reason: str,
    key: str,
    digest: str,
    entry: Entry | None = None,
) -> BudgetMove:
    known = session.scalar(select(BudgetMove).filter_by(key=key))
    if known is not None:
        check_same(known.digest, digest)
        return known
    name = account_name(Kind.FUNDING, source.id)
    balance = session.scalar(select(Account.balance).where(Account.name == name).with_for_update())
    rest = Micros(source.budget + (balance or 0))
    if amount > rest:
        raise Conflict(
            "over_rest",
            f"Only {money(rest, source.currency)} of {source.name} is in no pool; nothing was moved.",
            field="amount",
            left=rest,
        )
    told = note(session, reason)
    made = BudgetMove(
        key=key,
        digest=digest,
        from_id=source.id,
        to_id=target.id,
        amount=amount,
        note_id=told["note"],
        entry_id=entry.id if entry is not None else None,
        moved_by_id=actor.person_id,
    )
    try:
        with session.begin_nested():
            session.add(made)
            session.flush()
    except IntegrityError:  # the key came in at the same moment, for other quarters
        other = session.scalars(select(BudgetMove).filter_by(key=key)).one()
        check_same(other.digest, digest)
        return other
    source.budget = Micros(source.budget - amount)
    session.flush()
    target.budget = Micros(target.budget + amount)
    session.flush()
    record(
        session,
        stream=f"quarter:{source.id}",
        kind="budget.moved",
        actor_id=actor.person_id,
        move=made.id,
        to=target.id,
        amount=amount,
        reason=told,
    )
    return made


def carry_over(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    amount: Micros | None = None,
    reason: str,
    key: str = "",
    currency: str = CURRENCY,
) -> BudgetMove:
    """Carry what lies in an event's pool of a currency (None: all) over to the next quarter's budget.

    Raises:
        NotAllowed: the actor does not organize the event.
        Invalid: no reason, or an amount or a currency that cannot be.
        Conflict: the event is not over, a rehearsal, an empty pool, or more than it holds.
    """
    event = own_event(session, actor, event_id)
    check_budgeted(session, event, currency)
    clean, key = check_reason(reason), clean_key(key)
    if event.is_rehearsal:
        raise Conflict("rehearsal", "A rehearsal plays with money of its own; nothing was moved.")
    if now() < event.ends_at:
        raise Conflict("not_over", "The event is not over yet; nothing was moved.")
    digest = digest_of(
        actor, {"carry": event_id, "amount": amount, "why": clean, **named(currency)}
    )
    names = (event.quarter, next_quarter(event.quarter))
    held = {name: hold_quarter(session, name, currency) for name in sorted(names)}
    source, target = (held[name] for name in names)
    if (known := entry_of_key(session, key, digest)) is not None:
        return session.scalars(select(BudgetMove).filter_by(entry_id=known.id)).one()
    if amount is None:
        name = account_name(Kind.POOL, event_id, currency)
        pool = session.scalar(select(Account.balance).where(Account.name == name).with_for_update())
        amount = Micros(pool or 0)
        if amount == 0:
            raise Conflict("empty_pool", "The pool is empty; nothing was carried over.")
    order = Order(
        event_id,
        Deed.CARRY,
        amount,
        key,
        digest,
        quarter=source,
        reason=clean,
        currency=currency,
    )
    entry, _ = post(session, actor, order, lambda before: rules.carry(order.amount, before))
    return _move(
        session,
        actor,
        source,
        target,
        amount=amount,
        reason=clean,
        key=f"{key}/move",
        digest=digest,
        entry=entry,
    )
