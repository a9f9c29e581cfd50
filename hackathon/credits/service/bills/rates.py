"""Exchange rates: what another currency's costs of a month come to; no silent conversion.

They are for teams without credits in that currency; who has some is billed in it.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from hackathon.credits.models import BillRate, Source
from hackathon.credits.queries.bills import source_of
from hackathon.credits.rules import CURRENCY
from hackathon.credits.service.bills.book import remap, say_of
from hackathon.credits.service.bills.focus import plain
from hackathon.credits.service.ledger import own_event
from hackathon.events.rules import check_reason
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Invalid
from hackathon.shared.facts import note

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor

_RATE = re.compile(r"\d{1,7}(\.\d{1,12})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


def enter_rate(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    source_id: int,
    period: date,
    currency: str,
    rate: str,
    quoted_on: date | None = None,
    reason: str,
) -> int:
    """Say what one unit of a currency is worth in a billing period; returns the postings.

    Costs in it of teams without credits in it are booked in the ledger's currency at once, and again when a newer
    rate is entered; each booking keeps both amounts and the rate.

    Args:
        session: An open transaction.
        actor: Who acts.
        event_id: From which event's pages.
        source_id: Whose bills.
        period: The first day of the billing period.
        currency: Three letters.
        rate: Exact decimal text, above zero.
        quoted_on: The day it was quoted, by default today.
        reason: Where it comes from.

    Raises:
        NotAllowed: the actor does not organize an event that it reaches.
        NotFound: the event has no such source.
        Invalid: not a currency, a rate, a day that has come, or a reason.
    """
    source = source_of(session, actor, event_id, source_id)
    lock(session, Source, id=source.id)
    own_event(session, actor, event_id)
    unit, text = currency.strip().upper(), rate.strip()
    if not _CURRENCY.fullmatch(unit) or unit == CURRENCY:
        raise Invalid(
            "currency", f"Name another currency than {CURRENCY}, such as EUR.", field="currency"
        )
    if not _RATE.fullmatch(text) or not Decimal(text):
        raise Invalid("rate", "A rate is a number above zero, such as 1.0842.", field="rate")
    day = quoted_on or now().date()
    if day > now().date():
        raise Invalid("in_future", "That day has not come yet.", field="quoted_on")
    told = note(session, check_reason(reason))
    row = BillRate(
        source_id=source.id,
        period=period,
        currency=unit,
        rate=plain(Decimal(text)),
        quoted_on=day,
        note_id=told["note"],
        made_by_id=actor.person_id,
    )
    session.add(row)
    session.flush()
    made = remap(session, actor, source)
    say_of(
        session, actor, source, "rate.entered",
        rate=row.id, currency=unit, period=period.isoformat(), value=row.rate, postings=made,
        reason=told,
    )  # fmt: skip
    return made
