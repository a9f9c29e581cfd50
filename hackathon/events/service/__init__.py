"""Events are made, published, moved and joined. Each change is a fact on `event:<id>`."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hackathon.events import queries, rules
from hackathon.events.models import Event, PhaseMove
from hackathon.events.rules import Phase, check_phase
from hackathon.events.service.agenda import copy_agenda
from hackathon.events.service.joining import (
    Joining,
    accept_terms,
    add_registration,
    find_join,
    register,
    set_join_link,
    set_looking,
)
from hackathon.events.service.own import own_event, say
from hackathon.people import service as people
from hackathon.people.rules import Role, check_program_lead
from hackathon.shared.clock import now, utc_text
from hackathon.shared.errors import Conflict, Invalid, NotFound
from hackathon.shared.facts import note

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor

__all__ = [
    "Joining",
    "Plan",
    "accept_terms",
    "add_registration",
    "change_event",
    "close_event",
    "create_event",
    "extend_deadline",
    "find_join",
    "mark_revealed",
    "move_phase",
    "publish_event",
    "register",
    "set_join_link",
    "set_looking",
]

MOST_EXTENSION = timedelta(hours=12)


@dataclass(frozen=True)
class Plan:
    """What an organizer says of an event; instants in UTC."""

    name: str
    slug: str
    zone: str
    starts_at: datetime
    ends_at: datetime
    submissions_close_at: datetime | None = None
    registration_opens_at: datetime | None = None
    quarter: str = ""
    goals: str = ""
    terms: str = ""
    team_min: int = 2
    team_max: int = 5
    join_domain: str = ""
    is_rehearsal: bool = False


def _checked(plan: Plan) -> tuple[datetime, str]:
    """The deadline and the quarter of a plan, after its rules."""
    if not plan.name.strip():
        raise Invalid("name", "Give the event a name.", field="name")
    rules.check_zone(plan.zone)
    closes = plan.submissions_close_at or max(
        plan.ends_at - rules.SUBMISSIONS_BEFORE_END,
        plan.starts_at + (plan.ends_at - plan.starts_at) / 2,
    )
    rules.check_dates(plan.starts_at, plan.ends_at, closes)
    if not 1 <= plan.team_min <= plan.team_max <= 50:  # noqa: PLR2004 - far above any team
        raise Invalid(
            "team_size", "A team has at least one person and at most fifty.", field="team_max"
        )
    quarter = plan.quarter or rules.quarter_of(rules.last_day_of(plan.ends_at, plan.zone))
    return closes, rules.check_quarter(quarter)


def create_event(
    session: Session, actor: Actor, plan: Plan, *, copied_from_id: int | None = None
) -> Event:
    """Make an event in draft; the actor organizes it. A copied one takes the agenda along.

    Raises:
        NotAllowed: the actor neither leads the program nor administers.
        Conflict: the address word is taken.
        Invalid: a date, zone, quarter or size that cannot be.
    """
    check_program_lead(actor)
    closes, quarter = _checked(plan)
    slug = rules.check_slug(plan.slug)
    if session.scalar(select(Event.id).where(Event.slug == slug)) is not None:
        raise Conflict("slug_taken", f"There is already an event at {slug}.", field="slug")
    event = Event(
        slug=slug,
        name=plan.name.strip()[:200],
        goals=plan.goals.strip(),
        quarter=quarter,
        zone=plan.zone,
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
        last_day=rules.last_day_of(plan.ends_at, plan.zone),
        registration_opens_at=plan.registration_opens_at,
        submissions_close_at=closes,
        team_min=plan.team_min,
        team_max=plan.team_max,
        terms=plan.terms.strip(),
        join_token=secrets.token_urlsafe(18),
        join_domain=plan.join_domain.strip().casefold().removeprefix("@"),
        is_rehearsal=plan.is_rehearsal,
        copied_from_id=copied_from_id,
    )
    session.add(event)
    session.flush()
    if actor.person_id is not None:
        people.add_event_role(
            session, actor, event_id=event.id, person_id=actor.person_id, role=Role.ORGANIZER
        )
    say(session, actor, event.id, "event.created", copied_from=copied_from_id)
    if copied_from_id is not None:
        copy_agenda(session, actor, source_id=copied_from_id, event=event)
    return event


def change_event(
    session: Session, actor: Actor, *, event_id: int, plan: Plan, version: int, reason: str = ""
) -> Event:
    """Change an event; a date that moves after publishing needs a reason.

    Raises:
        Conflict: somebody saved first, or the results are out.
        Invalid: a rule of dates, or a date moved without a reason.
    """
    event = own_event(session, actor, event_id)
    if event.version != version:
        raise Conflict(
            "saved_first",
            "Somebody else saved first. Reload to see their changes; yours are below.",
        )
    if event.revealed_at is not None:
        raise Conflict("revealed", "The results are out; the event cannot be changed any more.")
    closes, quarter = _checked(plan)
    before = (event.starts_at, event.ends_at, event.submissions_close_at)
    after = (plan.starts_at, plan.ends_at, closes)
    body: dict[str, Any] = {}
    if before != after:
        if event.published_at is not None:
            body["reason"] = note(session, rules.check_reason(reason))
            if closes != event.submissions_close_at:
                _note_move(event, body["reason"])
        body["submissions_close_at"] = utc_text(closes)
        body["moved"] = True
    if event.terms != plan.terms.strip():
        event.terms, event.terms_version = plan.terms.strip(), event.terms_version + 1
        body["terms_version"] = event.terms_version
    event.name, event.goals = plan.name.strip()[:200], plan.goals.strip()
    event.zone, event.quarter = plan.zone, quarter
    event.starts_at, event.ends_at, event.submissions_close_at = after
    event.last_day = rules.last_day_of(plan.ends_at, plan.zone)
    event.registration_opens_at = plan.registration_opens_at
    event.team_min, event.team_max = plan.team_min, plan.team_max
    event.join_domain = plan.join_domain.strip().casefold().removeprefix("@")
    event.version += 1
    say(session, actor, event.id, "event.changed", version=event.version, **body)
    return event


def publish_event(session: Session, actor: Actor, *, event_id: int) -> None:
    """Let people see and join the event; again changes nothing."""
    event = own_event(session, actor, event_id)
    if event.published_at is None:
        event.published_at = now()
        say(session, actor, event.id, "event.published")


def move_phase(session: Session, actor: Actor, *, event_id: int, phase: Phase, reason: str) -> None:
    """Move an event to a phase by hand, with a reason that its people can read.

    Raises:
        Conflict: a phase with a door of its own, the same phase, or after the reveal.
        Invalid: no reason.
    """
    event = own_event(session, actor, event_id)
    clean = rules.check_reason(reason)
    rules.check_move(queries.phase_of(session, event), phase)
    told = note(session, clean)
    session.add(
        PhaseMove(
            event_id=event.id,
            phase=phase,
            moved_at=now(),
            moved_by_id=actor.person_id,
            note_id=told["note"],
        )
    )
    session.flush()
    say(session, actor, event.id, "phase.moved", phase=phase.value, reason=told)


def extend_deadline(
    session: Session, actor: Actor, *, event_id: int, minutes: int, reason: str
) -> datetime:
    """Give all teams more time; returns the new deadline.

    Raises:
        Conflict: the deadline has passed for longer than the extension, or judging began by hand.
        Invalid: no reason, or not 1 to 720 minutes.
    """
    event = own_event(session, actor, event_id)
    if not timedelta(0) < timedelta(minutes=minutes) <= MOST_EXTENSION:
        raise Invalid("minutes", "Extend by 1 to 720 minutes.", field="minutes")
    clean = rules.check_reason(reason)
    closes = event.submissions_close_at + timedelta(minutes=minutes)
    if closes <= now() or event.revealed_at is not None:
        raise Conflict("too_late", "That would still lie in the past; nothing was changed.")
    told = note(session, clean)
    _note_move(event, told)
    event.submissions_close_at = closes
    event.ends_at = max(event.ends_at, closes)
    event.version += 1
    say(
        session,
        actor,
        event.id,
        "deadline.moved",
        submissions_close_at=utc_text(closes),
        minutes=minutes,
        reason=told,
    )
    return closes


def _note_move(event: Event, told: dict[str, object]) -> None:
    """Keep what the banner says of a deadline that moves: when, from which, why."""
    event.deadline_moved_at, event.deadline_was = now(), event.submissions_close_at
    event.deadline_note_id = int(str(told["note"]))


def mark_revealed(session: Session, actor: Actor, *, event_id: int) -> None:
    """The results are out: phase results from now on. Called by the reveal's last step."""
    event = own_event(session, actor, event_id)
    if event.revealed_at is None:
        event.revealed_at = now()
        say(session, actor, event.id, "event.revealed")


def close_event(session: Session, actor: Actor, *, event_id: int, reason: str) -> None:
    """End the follow-up.

    Raises:
        Conflict: the results are not out yet.
    """
    event = own_event(session, actor, event_id)
    check_phase(queries.phase_of(session, event), Phase.RESULTS, Phase.FOLLOW_UP)
    event.closed_at = now()
    told = note(session, rules.check_reason(reason))
    say(session, actor, event.id, "event.closed", reason=told)


def mark_discarded(session: Session, actor: Actor, *, event_id: int, reason: str) -> Event:
    """Hide a rehearsal from everybody for good; its address is free again.

    Its rows and facts stay: what has happened is never deleted. What opens doors to it
    (roles, links, keys, tokens) is ended by the office, which knows every feature.

    Raises:
        Conflict: a real event; those are closed, never discarded.
        NotFound: it has been discarded already.
    """
    event = own_event(session, actor, event_id)
    if not event.is_rehearsal:
        raise Conflict("not_a_rehearsal", "Only a rehearsal can be discarded; nothing was changed.")
    if event.discarded_at is not None:
        raise NotFound("no_such_event", "There is no such event.")
    event.discarded_at, event.join_closed = now(), True
    slug, event.slug = event.slug, f"{event.slug[:30].strip('-')}-discarded-{event.id}"
    event.version += 1
    told = note(session, rules.check_reason(reason))
    say(session, actor, event.id, "event.discarded", slug=slug, reason=told)
    return event
