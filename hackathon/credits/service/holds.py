"""Holds: money set aside before a job runs, and what becomes of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.credits import rules
from hackathon.credits.models import Entry, Hold, TeamToken
from hackathon.credits.queries.ledger import read_of
from hackathon.credits.rules import CURRENCY, Deed, State
from hackathon.credits.service.ledger import (
    Order,
    check_amount,
    check_budgeted,
    check_same,
    digest_of,
    entry_of_key,
    hold_team,
    named,
    post,
    state_of,
)
from hackathon.events.models import Event
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.clock import now, utc_text
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, Invalid, NotFound, NotSignedIn
from hackathon.shared.money import LARGEST, Micros

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor

PROGRAM = COMMAND_LINE
"""Who acts for a token, and when the clock ends a hold: no person."""
USUAL_SECONDS = 3_600
LONGEST_SECONDS = 7 * 86_400
LONGEST_KEY = 80


def _team_event(session: Session, event_id: int) -> Event:
    query = select(Event).where(Event.id == event_id).with_for_update(read=True, key_share=True)
    return session.scalars(query).one()


def living_token(session: Session, token_id: int) -> TeamToken:
    """A token that was not revoked meanwhile, as this transaction sees it.

    Raises:
        NotSignedIn: it was.
    """
    token = session.get(TeamToken, token_id)
    if token is None or token.revoked_at is not None:
        raise NotSignedIn("token", "This token is unknown or was revoked; nothing was changed.")
    return token


def make_hold(
    session: Session,
    *,
    token_id: int,
    key: str,
    amount: Micros,
    source: str,
    purpose: str = "",
    seconds: int = USUAL_SECONDS,
    currency: str = CURRENCY,
) -> tuple[Hold, bool]:
    """Set money of the token's team aside; returns the hold and whether it was there already.

    Args:
        session: An open transaction.
        token_id: The team's token.
        key: The caller's; the same key and request again is the same hold.
        amount: In micros.
        source: Who will bill it, such as AWS; the name readings and bills have.
        purpose: What it is for.
        seconds: After how long it ends by itself.
        currency: Of which of the team's credits.

    Raises:
        NotSignedIn: the token was revoked.
        Invalid: a key, source, time, amount or currency that cannot be.
        Conflict: more than is available, credits that are not open, or a used key.
    """
    token = living_token(session, token_id)
    event = _team_event(session, token.event_id)
    team = hold_team(session, event.id, token.team_id, living=True)
    clean = rules.check_source(source)
    if not 1 <= len(key) <= LONGEST_KEY:
        raise Invalid("key", "Send a key of 1 to 80 characters, a new one a hold.", field="key")
    if not 1 <= seconds <= LONGEST_SECONDS:
        raise Invalid("expires_in", "A hold lasts 1 second to 7 days.", field="expires_in")
    check_amount(amount)
    asked = {"source": clean, "amount": amount, "purpose": purpose, "seconds": seconds}
    digest = digest_of(PROGRAM, {"deed": Deed.HOLD, "team": team.id, **asked, **named(currency)})
    known = session.scalar(select(Hold).filter_by(team_id=team.id, key=key))
    if known is not None:
        check_same(known.digest, digest)
        return known, True
    check_open(state_of(session, event, team.id), event.ends_at)
    check_budgeted(session, event, currency)
    moment = now()
    for late in _due(session, moment, team.id):
        _end(session, late, "expired")
    read = read_of(session, event.id, team.id, currency)
    made = Hold(
        event_id=event.id,
        team_id=team.id,
        key=key,
        digest=digest,
        currency=currency,
        amount=amount,
        source=clean,
        purpose=purpose.strip()[:200],
        expires_at=moment + timedelta(seconds=seconds),
        token_id=token_id,
        made_at=moment,
    )
    session.add(made)
    session.flush()
    order = Order(
        event.id,
        Deed.HOLD,
        amount,
        f"hold:{made.id}",
        digest,
        team_id=team.id,
        source=clean,
        read=read,
        currency=currency,
    )
    post(session, PROGRAM, order, lambda before: rules.hold(amount, before, read=read))
    return made, False


def check_open(state: State, ends_at: datetime) -> None:
    """Holds are for open credits (research credits 10.62: until the event's last second).

    Raises:
        Conflict: paused, settling or closed.
    """
    words = {
        State.PAUSED: "An organizer has paused this team's credits",
        State.SETTLING: f"The event is over or settling (its end: {utc_text(ends_at)})",
        State.CLOSED: "This team's credits are closed",
    }
    if state in words:
        raise Conflict(state.value, f"{words[state]}; nothing was held.", state=state.value)


def own_hold(session: Session, token: TeamToken, hold_id: int) -> Hold:
    """A hold of the token's team, held with event and team until the commit.

    Raises:
        NotFound: none, or another team's.
    """
    _team_event(session, token.event_id)
    hold_team(session, token.event_id, token.team_id)
    found = lock(session, Hold, id=hold_id, team_id=token.team_id)
    if found is None:
        raise NotFound("no_such_hold", "Your team has no such hold; nothing was changed.")
    return found


def capture(
    session: Session, *, token_id: int, hold_id: int, amount: Micros, key: str = ""
) -> tuple[Hold, Entry | None, bool]:
    """End a hold with what was really used; the rest is available again.

    More than was held is taken from what is available, then booked as overrun: spend is a
    fact. When the hold has expired meanwhile, it is a plain charge.

    Returns:
        The hold, the entry (None for 0) and whether this was done before.

    Raises:
        NotSignedIn: the token was revoked.
        NotFound: the team has no such hold.
        Invalid: an amount that cannot be.
        Conflict: it was voided, or captured with another amount or key.
    """
    token = living_token(session, token_id)
    found = own_hold(session, token, hold_id)
    if not 0 <= amount <= LARGEST:
        raise Invalid("amount", "A capture is between 0 and 10,000,000.", field="amount")
    digest = digest_of(PROGRAM, {"capture": found.id, "amount": amount, "key": key})
    own_key = f"capture:{found.id}"
    known = entry_of_key(session, own_key, digest)
    if known is not None:
        return found, known, True
    if found.state == "captured":
        if amount == 0:
            return found, None, True
        raise Conflict(
            "key_reused", "This hold was captured with another amount; nothing was saved."
        )
    if found.state == "voided":
        raise Conflict("hold_ended", "This hold was voided; nothing was captured.")
    event = session.get_one(Event, found.event_id)
    if found.state == "open":
        _end(session, found, "expired" if found.expires_at <= now() else "captured")
    if amount == 0:
        return found, None, False
    is_closed = state_of(session, event, found.team_id) is State.CLOSED
    order = Order(
        found.event_id,
        Deed.CAPTURE,
        amount,
        own_key,
        digest,
        team_id=found.team_id,
        source=found.source,
        through_at=now(),
        is_closed=is_closed,
        currency=found.currency,
    )
    entry, _ = post(
        session, PROGRAM, order, lambda before: rules.charge(amount, before, is_closed=is_closed)
    )
    return found, entry, False


def void(session: Session, *, token_id: int, hold_id: int) -> tuple[Hold, bool]:
    """End a hold unused; returns it and whether it had ended so before.

    Raises:
        NotSignedIn: the token was revoked.
        NotFound: the team has no such hold.
        Conflict: it was captured.
    """
    found = own_hold(session, living_token(session, token_id), hold_id)
    if found.state == "captured":
        raise Conflict("hold_ended", "This hold was captured; nothing was changed.")
    if found.state != "open":
        return found, True
    _end(session, found, "expired" if found.expires_at <= now() else "voided")
    return found, False


def expire_holds(session: Session, team_id: int) -> int:
    """End what is due of a team; for the job of each minute. Returns how many."""
    event_id = session.scalar(select(Hold.event_id).where(Hold.team_id == team_id).limit(1))
    if event_id is None:
        return 0
    _team_event(session, event_id)
    hold_team(session, event_id, team_id)
    due = _due(session, now(), team_id)
    for late in due:
        _end(session, late, "expired")
    return len(due)


def end_all(session: Session, team_id: int) -> int:
    """End every open hold of a held team, because its credits close; returns how many."""
    found = session.scalars(_open_of(team_id)).all()
    for row in found:
        _end(session, row, "expired")
    return len(found)


def release_billed(session: Session, actor: Actor, charge: Order) -> None:
    """End holds that a charge will pay for: same source and currency, made by then, oldest first.

    Before the charge is posted: no dollar is held and spent at once, so no level is reached
    by counting it twice. The team is held.
    """
    left = charge.amount
    if charge.through_at is None or charge.source is None or charge.team_id is None:
        return
    for row in session.scalars(_open_of(charge.team_id)).all():
        is_same = row.source.casefold() == charge.source.casefold()
        is_same = is_same and row.currency == charge.currency
        if is_same and row.made_at <= charge.through_at and row.amount <= left:
            left = Micros(left - row.amount)
            _end(session, row, "expired", actor)


def _open_of(team_id: int) -> Select[Hold]:
    return (
        select(Hold)
        .where(Hold.team_id == team_id, Hold.state == "open")
        .order_by(Hold.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _due(session: Session, moment: datetime, team_id: int) -> list[Hold]:
    return list(session.scalars(_open_of(team_id).where(Hold.expires_at <= moment)))


def _end(session: Session, found: Hold, state: str, actor: Actor = PROGRAM) -> None:
    """End a hold that is open and locked: its money is available again."""
    found.state, found.ended_at = state, now()
    session.flush()
    order = Order(
        found.event_id,
        Deed.RELEASE,
        found.amount,
        f"release:{found.id}",
        found.digest,
        team_id=found.team_id,
        source=found.source,
        currency=found.currency,
    )
    post(session, actor, order, lambda before: rules.release(found.amount, before))
