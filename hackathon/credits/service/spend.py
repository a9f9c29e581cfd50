"""What teams spend: readings of a console, and final charges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from hackathon.credits import rules
from hackathon.credits.models import Account, Entry, Reading
from hackathon.credits.queries.ledger import balances_of
from hackathon.credits.rules import CURRENCY, Deed, State
from hackathon.credits.service.alerts import watch_team
from hackathon.credits.service.holds import release_billed
from hackathon.credits.service.ledger import (
    Order,
    check_amount,
    check_budgeted,
    check_same,
    clean_key,
    digest_of,
    entry_of_key,
    hold_team,
    named,
    own_event,
    post,
    say,
    state_of,
)
from hackathon.shared.clock import now, utc_text
from hackathon.shared.errors import Invalid
from hackathon.shared.money import LARGEST

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor
    from hackathon.shared.money import Micros


def record_reading(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    team_id: int,
    source: str,
    total: Micros,
    seen_at: datetime | None = None,
    key: str = "",
    currency: str = CURRENCY,
) -> Reading:
    """Keep what a console shows as spent so far; the newest seen counts, zero is a figure.

    Without `seen_at` it was seen now.

    Raises:
        NotAllowed: the actor does not organize the event.
        NotFound: the event has no such team.
        Invalid: no source, a total below zero, an unknown currency, or a moment that has not
            come.
        Conflict: the key was used for something else.
    """
    event = own_event(session, actor, event_id)
    hold_team(session, event_id, team_id)
    check_budgeted(session, event, currency)
    clean = rules.check_source(source)
    if not 0 <= total <= LARGEST:
        raise Invalid("amount", "A reading is between 0 and 10,000,000.", field="total")
    moment = rules.check_seen(seen_at or now(), now(), "seen_at")
    key = clean_key(key)
    digest = digest_of(
        actor,
        {
            "deed": "reading",
            "event": event_id,
            "team": team_id,
            "source": clean,
            "total": total,
            "seen": utc_text(seen_at) if seen_at is not None else "now",
            **named(currency),
        },
    )
    reading = Reading(
        key=key,
        digest=digest,
        event_id=event_id,
        team_id=team_id,
        source=clean,
        source_key=clean.casefold(),
        currency=currency,
        total=total,
        seen_at=moment,
        recorded_by_id=actor.person_id,
    )
    try:
        with session.begin_nested():
            session.add(reading)
            session.flush()
    except IntegrityError:  # the key was here before
        known = session.scalars(select(Reading).where(Reading.key == key)).one()
        check_same(known.digest, digest)
        return known
    body = {"team": team_id, "reading": reading.id, "total": total, **named(currency)}
    say(session, actor, event_id, "reading.recorded", **body)
    if state_of(session, event, team_id) is not State.CLOSED:
        rows = session.scalars(select(Account).where(Account.team_id == team_id))
        watch_team(session, event_id, team_id, balances_of(rows, currency))
    return reading


def record_charge(  # noqa: PLR0913 - what an invoice says
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    team_id: int,
    source: str,
    amount: Micros,
    through: datetime | None = None,
    reason: str = "",
    key: str = "",
    currency: str = CURRENCY,
) -> Entry:
    """Book a final charge (an invoice, a coupon) for use through a moment, by default now.

    Spend is a fact: above the rest of the grant it is booked as overrun, never refused.
    Holds of the same source end up to the amount, so that no dollar is both held and spent.

    Raises:
        NotAllowed: the actor does not organize the event.
        NotFound: the event has no such team.
        Invalid: no source, an amount or a currency that cannot be, or a moment that has not
            come.
        Conflict: the key was used for something else.
    """
    event = own_event(session, actor, event_id)
    hold_team(session, event_id, team_id)
    check_budgeted(session, event, currency)
    is_closed = state_of(session, event, team_id) is State.CLOSED
    clean = rules.check_source(source)
    moment = rules.check_seen(through or now(), now(), "through")
    digest = digest_of(
        actor,
        {
            "deed": Deed.CHARGE,
            "event": event_id,
            "team": team_id,
            "source": clean,
            "amount": amount,
            "through": utc_text(through) if through is not None else "now",
            **named(currency),
        },
    )
    order = Order(
        event_id,
        Deed.CHARGE,
        amount,
        clean_key(key),
        digest,
        team_id=team_id,
        reason=reason.strip()[:2000],
        source=clean,
        through_at=moment,
        is_closed=is_closed,
        currency=currency,
    )
    known = entry_of_key(session, order.key, digest)
    if known is not None:
        return known
    check_amount(amount)
    release_billed(session, actor, order)
    entry, _ = post(
        session, actor, order, lambda before: rules.charge(amount, before, is_closed=is_closed)
    )
    return entry
