"""The join link, registrations, who looks for a team."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.events import queries, rules
from hackathon.events.models import Event, Registration
from hackathon.events.rules import Phase, check_phase
from hackathon.events.service.own import own_event, say
from hackathon.people import service as people
from hackathon.people.rules import Role, check_organizes
from hackathon.shared.clock import now
from hackathon.shared.errors import Conflict, Gone, Invalid, NotAllowed, NotFound

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def set_join_link(session: Session, actor: Actor, *, event_id: int, is_open: bool) -> str:
    """Close the join link, or open it anew with another token."""
    event = own_event(session, actor, event_id)
    event.join_closed = not is_open
    if is_open:
        event.join_token = secrets.token_urlsafe(18)
    say(session, actor, event.id, "join_link.opened" if is_open else "join_link.closed")
    return event.join_token


def find_join(session: Session, token: str) -> Event:
    """The event a join link leads to.

    Raises:
        Gone: closed, replaced, unknown, or the event is over.
    """
    event = session.scalar(select(Event).where(Event.join_token == token))
    if event is None or event.join_closed or event.published_at is None:
        raise Gone(
            "join_link_gone", "This link does not work any more. Ask an organizer for a new one."
        )
    return event


@dataclass(frozen=True)
class Joining:
    """What a person says when registering."""

    accepts_version: int | None
    role: str = ""
    skills: str = ""
    line: str = ""
    dietary: str = ""
    is_looking: bool = False


def register(session: Session, actor: Actor, *, token: str, joining: Joining) -> Registration:
    """Register the actor by the event's link; again changes what was said.

    Raises:
        Gone: the link does not work.
        Conflict: not in registration or hacking.
        NotAllowed: an address of another domain.
        Invalid: the event's text was not accepted in its present version.
    """
    event = find_join(session, token)
    check_phase(queries.phase_of(session, event), Phase.REGISTRATION, Phase.HACKING)
    if event.join_domain and not actor.email.endswith("@" + event.join_domain):
        raise NotAllowed("other_domain", f"This event is for addresses of {event.join_domain}.")
    _check_terms(event, joining.accepts_version)
    return add_registration(
        session, actor, event_id=event.id, person_id=actor.person_id or 0, joining=joining
    )


def accept_terms(session: Session, actor: Actor, *, event_id: int, version: int | None) -> None:
    """Accept the event's text: the registered, whatever the join link's state; again is the same.

    Raises:
        NotFound: not registered here.
        Conflict: the event is in draft or closed.
        Invalid: not the present version of the text.
    """
    event = session.get_one(Event, event_id)
    row = queries.registration_of(session, event_id, actor.person_id or 0)
    if row is None:
        raise NotFound("not_registered", "Only who is registered here accepts the text.")
    if queries.phase_of(session, event) in {Phase.DRAFT, Phase.CLOSED}:
        raise Conflict("not_now", "The text is accepted while the event is on; nothing was saved.")
    _check_terms(event, version)
    if event.terms and row.terms_version != event.terms_version:
        row.terms_version, row.accepted_at = event.terms_version, now()
        session.flush()
        say(
            session, actor, event_id, "registration.changed",
            person=row.person_id, terms_version=row.terms_version,
        )  # fmt: skip


def _check_terms(event: Event, version: int | None) -> None:
    if event.terms and version != event.terms_version:
        raise Invalid(
            "terms", "Read and accept the event's text; it may have changed.", field="accepts"
        )


def add_registration(
    session: Session, actor: Actor, *, event_id: int, person_id: int, joining: Joining
) -> Registration:
    """Register a person (organizers, importers, the person's own joining); idempotent.

    Raises:
        NotAllowed: for somebody else without organizing the event.
        Invalid: an unknown role.
    """
    if person_id != actor.person_id:
        check_organizes(actor, event_id)
    if joining.role and joining.role not in rules.ROLES:
        raise Invalid("role", "Choose one of the five roles.", field="role")
    row = queries.registration_of(session, event_id, person_id)
    created = row is None
    if row is None:
        row = Registration(event_id=event_id, person_id=person_id)
        session.add(row)
    if joining.accepts_version is not None and row.terms_version != joining.accepts_version:
        row.terms_version, row.accepted_at = joining.accepts_version, now()
    row.role, row.skills = joining.role, joining.skills.strip()[:500]
    row.line, row.dietary = joining.line.strip()[:200], joining.dietary.strip()[:200]
    row.is_looking = joining.is_looking
    session.flush()
    people.add_event_role(
        session, actor, event_id=event_id, person_id=person_id, role=Role.PARTICIPANT
    )
    kind = "person.registered" if created else "registration.changed"
    say(session, actor, event_id, kind, person=person_id, terms_version=row.terms_version)
    return row


def set_looking(
    session: Session, actor: Actor, *, event_id: int, is_looking: bool, line: str
) -> None:
    """Say whether one looks for a team, with one line about oneself."""
    row = queries.registration_of(session, event_id, actor.person_id or 0)
    if row is None:
        raise NotFound("not_registered", "Register for the event first.")
    row.is_looking, row.line = is_looking, line.strip()[:200]
    say(session, actor, event_id, "registration.changed", person=actor.person_id)
