"""A quarter gets its budget, an event's pool its part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from hackathon.credits import rules
from hackathon.credits.models import Account, Entry, Quarter
from hackathon.credits.queries.ledger import account_name, quarter_name
from hackathon.credits.rules import CURRENCY, NONE, Deed, Kind
from hackathon.credits.service.ledger import (
    Order,
    check_amount,
    check_budgeted,
    clean_key,
    digest_of,
    entry_of_key,
    funding_account,
    named,
    own_event,
    post,
    say,
)
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, NotAllowed
from hackathon.shared.money import Micros, money, whole_money

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def hold_quarter(session: Session, name: str, currency: str = CURRENCY) -> Quarter:
    """The quarter of a name in a currency, made without a budget where missing, held until the commit.

    Its funding account is made with it.
    """
    found = lock(session, Quarter, name=name, currency=currency)
    if found is None:
        try:
            with session.begin_nested():
                made = Quarter(name=name, budget=NONE, currency=currency)
                session.add(made)
                session.flush()
                session.add(funding_account(made))
                session.flush()
        except IntegrityError:  # the quarter's other event made it at the same moment
            pass
        found = lock(session, Quarter, name=name, currency=currency)
    if found is None:
        raise RuntimeError(name)
    return found


def set_budget(
    session: Session, actor: Actor, *, event_id: int, amount: Micros, currency: str = CURRENCY
) -> str:
    """Set the budget of an event's quarter in a currency; returns a warning when it is unusual, else "".

    Raises:
        NotAllowed: the actor does not organize the event, or only a program lead may.
        Invalid: not above zero, too much, or a currency the quarter has no budget in.
        Conflict: less than its pools already have.
    """
    event = own_event(session, actor, event_id)
    check_amount(amount)
    check_budgeted(session, event, currency)
    quarter = hold_quarter(session, quarter_name(event), currency)
    check_may_set(actor, quarter.budget, amount, currency)
    change_budget(session, quarter, amount)
    _say_budget(session, actor, event_id, quarter)
    return rules.budget_warning(amount, currency)


def _say_budget(session: Session, actor: Actor, event_id: int, quarter: Quarter) -> None:
    body = {"quarter": quarter.id, "amount": quarter.budget, **named(quarter.currency)}
    say(session, actor, event_id, "budget.set", **body)


def check_may_set(actor: Actor, before: Micros, amount: Micros, currency: str) -> None:
    """Organizers set a budget up to what is usual, and never lower one.

    Raises:
        NotAllowed: that needs a program lead.
    """
    most = rules.USUAL_BUDGET[1]
    if actor.is_program_lead or before <= amount <= most:
        return
    what = "lowers a budget" if amount < before else f"sets one above {whole_money(most, currency)}"
    raise NotAllowed(
        "program_leads_only",
        f"Only a program lead {what}; the budget was not changed.",
        field="amount",
    )


def change_budget(session: Session, quarter: Quarter, amount: Micros) -> None:
    """Give a held quarter another budget.

    Raises:
        Conflict: less than its pools already have.
    """
    name = account_name(Kind.FUNDING, quarter.id)
    balance = session.scalar(select(Account.balance).where(Account.name == name).with_for_update())
    used = Micros(-(balance or 0))
    if amount < used:
        raise Conflict(
            "under_pools",
            f"Its pools already have {money(used, quarter.currency)}; the budget was not changed.",
            field="amount",
        )
    quarter.budget = amount
    session.flush()


def fund(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    amount: Micros,
    key: str = "",
    currency: str = CURRENCY,
) -> Entry:
    """Fund an event's pool of a currency out of its quarter; a quarter without a budget gets that sum.

    Raises:
        NotAllowed: the actor does not organize the event.
        Invalid: not above zero, too much, or a currency the quarter has no budget in.
        Conflict: more than the rest of the budget, or the key was used for something else.
    """
    event = own_event(session, actor, event_id)
    check_amount(amount)
    key = clean_key(key)
    digest = digest_of(
        actor, {"deed": Deed.FUND, "event": event_id, "amount": amount, **named(currency)}
    )
    check_budgeted(session, event, currency)
    quarter = hold_quarter(session, quarter_name(event), currency)
    if (known := entry_of_key(session, key, digest)) is not None:
        return known
    if quarter.budget == 0:
        check_may_set(actor, quarter.budget, amount, currency)
        quarter.budget = amount
        session.flush()
        _say_budget(session, actor, event_id, quarter)
    order = Order(event_id, Deed.FUND, amount, key, digest, quarter=quarter, currency=currency)
    entry, _ = post(
        session, actor, order, lambda before: rules.fund(amount, before, budget=quarter.budget)
    )
    return entry
