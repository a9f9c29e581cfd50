"""An entry is never changed; it is reversed, once, with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.credits import rules
from hackathon.credits.models import Account, Entry, Posting, Quarter
from hackathon.credits.queries.ledger import BILLED, repaid_by
from hackathon.credits.rules import SPEND, Balances, Deed, Leg, State
from hackathon.credits.service.ledger import (
    Order,
    check_not_closed,
    clean_key,
    digest_of,
    hold_team,
    own_event,
    post,
    state_of,
)
from hackathon.events.rules import check_reason
from hackathon.shared.errors import Conflict, NotFound

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def _quarter_of(session: Session, entry: Entry) -> Quarter:
    """The quarter that funded, whatever quarter the event belongs to by now; held."""
    return session.scalars(
        select(Quarter)
        .join(Account, Account.quarter_id == Quarter.id)
        .join(Posting, Posting.from_id == Account.id)
        .where(Posting.entry_id == entry.id)
        .with_for_update(of=Quarter)
    ).one()


def reverse_entry(
    session: Session, actor: Actor, *, event_id: int, entry_id: int, reason: str, key: str = ""
) -> Entry:
    """Post the opposite of an entry, in its currency.

    Raises:
        NotAllowed: the actor does not organize the event.
        NotFound: the event has no such entry.
        Invalid: no reason.
        Conflict: reversed already, a reversal itself, or its money has moved on.
    """
    event = own_event(session, actor, event_id)
    clean = check_reason(reason)
    found = session.scalar(select(Entry).filter_by(id=entry_id, event_id=event_id))
    if found is None:
        raise NotFound("no_such_entry", "This event has no such entry.")
    if found.key.startswith(BILLED):
        raise Conflict(
            "is_billed",
            "A bill booked this; its next delivery or a rule corrects it. Nothing was changed.",
        )
    if found.team_id is not None:
        hold_team(session, event_id, found.team_id)
    deed = Deed(found.deed)
    is_closed = False
    if found.team_id is not None and deed in {*SPEND, Deed.RETURN}:
        is_closed = state_of(session, event, found.team_id) is State.CLOSED
        if is_closed and deed is Deed.RETURN:
            check_not_closed(session, event, found.team_id)
    order = Order(
        event_id,
        Deed.REVERSAL,
        found.amount,
        clean_key(key),
        digest_of(actor, {"deed": Deed.REVERSAL, "entry": entry_id, "why": clean}),
        team_id=found.team_id,
        quarter=_quarter_of(session, found) if deed is Deed.FUND else None,
        reason=clean,
        reverses=found,
        is_closed=is_closed,
        currency=found.currency,
    )

    def plan(before: Balances) -> list[Leg]:
        if session.scalar(select(Entry.id).where(Entry.reverses_id == found.id)) is not None:
            raise Conflict("reversed", "This entry has been reversed already; nothing was changed.")
        repaid = repaid_by(session, found.id)
        return rules.reverse(deed, found.amount, before, repaid=repaid, is_closed=is_closed)

    entry, _ = post(session, actor, order, plan)
    return entry
