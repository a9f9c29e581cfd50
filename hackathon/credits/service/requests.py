"""Requests: a team asks for credits; somebody else grants, reduces or refuses, with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.credits.models import CreditRequest
from hackathon.credits.rules import CURRENCY
from hackathon.credits.service.grants import grant
from hackathon.credits.service.ledger import (
    check_amount,
    check_budgeted,
    check_not_closed,
    check_same,
    clean_key,
    digest_of,
    hold_team,
    named,
    own_event,
    say,
)
from hackathon.events.models import Event
from hackathon.events.rules import check_reason
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import note
from hackathon.shared.money import Micros, money
from hackathon.teams.models import Membership

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor

KINDS = {"gpu": "GPU hours", "api": "API", "storage": "Storage"}
WAITING = ("asked", "agreed")
MOST_WAITING = 5


def ask(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    team_id: int,
    amount: Micros,
    kind: str,
    reason: str,
    key: str = "",
    currency: str = CURRENCY,
) -> CreditRequest:
    """Ask for credits; the pool's rest matters when it is granted, not now.

    Raises:
        NotFound: the event has no such team, or it is not the actor's.
        Invalid: an amount, currency, kind or reason that cannot be.
        Conflict: closed credits, five requests waiting, or a used key.
    """
    event = _event(session, event_id)
    hold_team(session, event_id, team_id, living=True)
    own = select(Membership.id).filter_by(team_id=team_id, person_id=actor.person_id, left_at=None)
    if not actor.organizes(event_id) and session.scalar(own) is None:
        raise NotFound("no_such_team", "This event has no such team, or it is not yours.")
    check_amount(amount)
    clean = check_reason(reason)
    if kind not in KINDS:
        raise Invalid("kind", "Choose what it is for.", field="kind")
    key = clean_key(key)
    asked = {"ask": team_id, "amount": amount, "kind": kind, "why": clean, **named(currency)}
    digest = digest_of(actor, asked)
    known = session.scalar(select(CreditRequest).filter_by(key=key))
    if known is not None:
        check_same(known.digest, digest)
        return known
    check_not_closed(session, event, team_id)
    check_budgeted(session, event, currency)
    waiting = session.scalars(
        select(CreditRequest.id).where(
            CreditRequest.team_id == team_id, CreditRequest.state.in_(WAITING)
        )
    ).all()
    if len(waiting) >= MOST_WAITING:
        raise Conflict(
            "too_many", f"{MOST_WAITING} requests of this team wait already; nothing was asked."
        )
    told = note(session, clean)
    made = CreditRequest(
        key=key,
        digest=digest,
        event_id=event_id,
        team_id=team_id,
        currency=currency,
        amount=amount,
        kind=kind,
        note_id=told["note"],
        asked_by_id=actor.person_id,
    )
    session.add(made)
    session.flush()
    say(
        session, actor, event_id, "request.asked", team=team_id, request=made.id, amount=amount,
        reason=told, **named(currency),
    )  # fmt: skip
    return made


def approve(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    request_id: int,
    amount: Micros,
    two_above: Micros,
    reason: str = "",
) -> CreditRequest:
    """Grant a request in its currency, or less than it; above `two_above` the first yes waits for a second.

    The second person grants what the first agreed to. Approving again changes nothing.

    Raises:
        NotAllowed: not an organizer, who asked, or the same person twice.
        NotFound: the event has no such request.
        Invalid: more than was asked or agreed, or less without a reason.
        Conflict: refused already, closed credits, or more than the pool holds.
    """
    found = _own_request(session, actor, event_id, request_id)
    if found.state == "granted":
        return found
    _check_waits(found)
    most = found.agreed if found.state == "agreed" else found.amount
    check_amount(amount)
    if amount > most:
        raise Invalid(
            "amount",
            f"At most {money(most, found.currency)}; grant more separately.",
            field="amount",
        )
    clean = reason.strip()[:2000]
    if amount < most:
        clean = check_reason(reason)
    if found.state == "agreed" and actor.person_id == found.agreed_by_id:
        raise NotAllowed("second_person", "You have agreed already; a second person has to, too.")
    if found.state == "asked" and amount > two_above:
        found.state, found.agreed = "agreed", amount
        found.agreed_by_id, found.agreed_at = actor.person_id, now()
        _answer(session, actor, found, "request.agreed", clean, amount)
        return found
    entry = grant(
        session,
        actor,
        event_id=event_id,
        team_id=found.team_id,
        amount=amount,
        reason=clean or f"Request {found.id}: {KINDS[found.kind]}",
        key=f"request:{found.id}",
        currency=found.currency,
    )
    found.state, found.entry_id = "granted", entry.id
    found.decided_by_id, found.decided_at = actor.person_id, now()
    _answer(session, actor, found, "request.granted", clean, amount)
    return found


def refuse(
    session: Session, actor: Actor, *, event_id: int, request_id: int, reason: str
) -> CreditRequest:
    """Refuse a request with a reason that the team reads.

    Raises:
        NotAllowed: not an organizer, or who asked.
        NotFound: the event has no such request.
        Invalid: no reason.
        Conflict: decided already.
    """
    found = _own_request(session, actor, event_id, request_id)
    clean = check_reason(reason)
    _check_waits(found)
    found.state = "refused"
    found.decided_by_id, found.decided_at = actor.person_id, now()
    _answer(session, actor, found, "request.refused", clean, found.amount)
    return found


def _event(session: Session, event_id: int) -> Event:
    query = select(Event).where(Event.id == event_id).with_for_update(read=True, key_share=True)
    return session.scalars(query).one()


def _own_request(session: Session, actor: Actor, event_id: int, request_id: int) -> CreditRequest:
    own_event(session, actor, event_id)
    team_id = session.scalar(
        select(CreditRequest.team_id).filter_by(id=request_id, event_id=event_id)
    )
    if team_id is None:
        raise NotFound("no_such_request", "This event has no such request.")
    hold_team(session, event_id, team_id)
    found = lock(session, CreditRequest, id=request_id)
    if found is None:
        raise NotFound("no_such_request", "This event has no such request.")
    if found.asked_by_id is not None and found.asked_by_id == actor.person_id:
        raise NotAllowed("own_request", "Who asks does not decide; another organizer has to.")
    return found


def _check_waits(found: CreditRequest) -> None:
    if found.state not in WAITING:
        raise Conflict("decided", f"This request is {found.state} already; nothing was changed.")


def _answer(
    session: Session, actor: Actor, found: CreditRequest, kind: str, reason: str, amount: Micros
) -> None:
    body: dict[str, object] = {"team": found.team_id, "request": found.id, "amount": amount}
    body |= named(found.currency)
    if reason:
        told = note(session, reason)
        found.answer_id = int(str(told["note"]))
        body["reason"] = told
    session.flush()
    say(session, actor, found.event_id, kind, **body)
