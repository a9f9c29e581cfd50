"""Events are made, published, moved and joined. Each change is a fact on `event:<id>`."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hackathon.events import queries, rules
from hackathon.events.models import Event, Lesson, PhaseMove, Registration
from hackathon.events.rules import LessonKind, Phase, check_phase
from hackathon.people import service as people
from hackathon.people.rules import Role, check_organizes, check_program_lead
from hackathon.shared.clock import now, utc_text
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import note, record

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor
    from hackathon.shared.facts import Fact

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


def _say(session: Session, actor: Actor, event_id: int, kind: str, **body: Any) -> Fact:  # noqa: ANN401 - as `record`
    return record(session, stream=f"event:{event_id}", kind=kind, actor_id=actor.person_id, **body)


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
    """Make an event in draft; the actor organizes it.

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
    _say(session, actor, event.id, "event.created", copied_from=copied_from_id)
    return event


def _own_event(session: Session, actor: Actor, event_id: int) -> Event:
    check_organizes(actor, event_id)
    event = lock(session, Event, id=event_id)
    if event is None:
        raise NotFound("no_such_event", "There is no such event.")
    return event


def find_own(session: Session, actor: Actor, *, event_id: int) -> Event:
    """An event the actor organizes, held until the commit.

    Raises:
        NotAllowed: the actor does not organize it.
        NotFound: there is none.
    """
    return _own_event(session, actor, event_id)


def change_event(
    session: Session, actor: Actor, *, event_id: int, plan: Plan, version: int, reason: str = ""
) -> Event:
    """Change an event; a date that moves after publishing needs a reason.

    Raises:
        Conflict: somebody saved first, or the results are out.
        Invalid: a rule of dates, or a date moved without a reason.
    """
    event = _own_event(session, actor, event_id)
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
    _say(session, actor, event.id, "event.changed", version=event.version, **body)
    return event


def publish_event(session: Session, actor: Actor, *, event_id: int) -> None:
    """Let people see and join the event; again changes nothing."""
    event = _own_event(session, actor, event_id)
    if event.published_at is None:
        event.published_at = now()
        _say(session, actor, event.id, "event.published")


def move_phase(session: Session, actor: Actor, *, event_id: int, phase: Phase, reason: str) -> None:
    """Move an event to a phase by hand, with a reason that its people can read.

    Raises:
        Conflict: a phase with a door of its own, the same phase, or after the reveal.
        Invalid: no reason.
    """
    event = _own_event(session, actor, event_id)
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
    _say(session, actor, event.id, "phase.moved", phase=phase.value, reason=told)


def extend_deadline(
    session: Session, actor: Actor, *, event_id: int, minutes: int, reason: str
) -> datetime:
    """Give all teams more time; returns the new deadline.

    Raises:
        Conflict: the deadline has passed for longer than the extension, or judging began by hand.
        Invalid: no reason, or not 1 to 720 minutes.
    """
    event = _own_event(session, actor, event_id)
    if not timedelta(0) < timedelta(minutes=minutes) <= MOST_EXTENSION:
        raise Invalid("minutes", "Extend by 1 to 720 minutes.", field="minutes")
    clean = rules.check_reason(reason)
    closes = event.submissions_close_at + timedelta(minutes=minutes)
    if closes <= now() or event.revealed_at is not None:
        raise Conflict("too_late", "That would still lie in the past; nothing was changed.")
    event.submissions_close_at = closes
    event.ends_at = max(event.ends_at, closes)
    event.version += 1
    _say(
        session,
        actor,
        event.id,
        "deadline.moved",
        submissions_close_at=utc_text(closes),
        minutes=minutes,
        reason=note(session, clean),
    )
    return closes


def mark_revealed(session: Session, actor: Actor, *, event_id: int) -> None:
    """The results are out: phase results from now on. Called by the reveal's last step."""
    event = _own_event(session, actor, event_id)
    if event.revealed_at is None:
        event.revealed_at = now()
        _say(session, actor, event.id, "event.revealed")


def close_event(session: Session, actor: Actor, *, event_id: int, reason: str) -> None:
    """End the follow-up.

    Raises:
        Conflict: the results are not out yet.
    """
    event = _own_event(session, actor, event_id)
    check_phase(queries.phase_of(session, event), Phase.RESULTS, Phase.FOLLOW_UP)
    event.closed_at = now()
    told = note(session, rules.check_reason(reason))
    _say(session, actor, event.id, "event.closed", reason=told)


def mark_discarded(session: Session, actor: Actor, *, event_id: int, reason: str) -> Event:
    """Hide a rehearsal from everybody for good; its address is free again.

    Its rows and facts stay: what has happened is never deleted. What opens doors to it
    (roles, links, keys, tokens) is ended by the office, which knows every feature.

    Raises:
        Conflict: a real event; those are closed, never discarded.
        NotFound: it has been discarded already.
    """
    event = _own_event(session, actor, event_id)
    if not event.is_rehearsal:
        raise Conflict("not_a_rehearsal", "Only a rehearsal can be discarded; nothing was changed.")
    if event.discarded_at is not None:
        raise NotFound("no_such_event", "There is no such event.")
    event.discarded_at, event.join_closed = now(), True
    slug, event.slug = event.slug, f"{event.slug[:30].strip('-')}-discarded-{event.id}"
    event.version += 1
    told = note(session, rules.check_reason(reason))
    _say(session, actor, event.id, "event.discarded", slug=slug, reason=told)
    return event


def add_lesson(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    kind: LessonKind,
    text: str,
    owner_id: int | None = None,
) -> Lesson:
    """Write a line of the retrospective; everybody of the event, actions by organizers alone.

    Raises:
        NotAllowed: not of this event, or an action by somebody who does not organize it.
        Invalid: too short or too long, or an action without an owner who could do it.
    """
    if not (actor.organizes(event_id) or actor.event_roles.get(event_id)):
        raise NotAllowed("members_only", "Only people of this event write here.")
    clean = rules.check_lesson(text)
    if kind is LessonKind.ACTION:
        check_organizes(actor, event_id)
        if owner_id not in {person.id for person in queries.lesson_owners(session, event_id)}:
            raise Invalid("owner", "Choose who sees to it.", field="owner")
    made = Lesson(
        event_id=event_id,
        kind=kind,
        text=clean,
        owner_id=owner_id if kind is LessonKind.ACTION else None,
        written_by_id=actor.person_id,
    )
    session.add(made)
    session.flush()
    _say(session, actor, event_id, "lesson.added", lesson=made.id, line=kind.value)
    return made


def end_lesson(
    session: Session, actor: Actor, *, event_id: int, lesson_id: int, is_done: bool
) -> None:
    """End an action as done, or take a line off; again changes nothing.

    An action is ended by its owner, or by the organizers of its event and of every later one
    whose checklist shows it; another line by who wrote it, or its event's organizers.

    Raises:
        NotFound: this event shows no such line.
        NotAllowed: it is somebody else's.
    """
    event = session.get(Event, event_id)
    found = lock(session, Lesson, id=lesson_id)
    shown = event is not None and (
        (found is not None and found.event_id == event.id)
        or lesson_id in {row.lesson.id for row in queries.open_actions(session, event.starts_at)}
    )
    if found is None or not shown:
        raise NotFound("no_such_line", "There is no such line here.")
    own = found.owner_id if found.kind == LessonKind.ACTION else found.written_by_id
    if not actor.organizes(event_id) and (own is None or own != actor.person_id):
        raise NotAllowed("not_yours", "Its owner or an organizer does that; nothing was changed.")
    if found.ended_at is not None:
        return
    found.ended_as = "done" if is_done and found.kind == LessonKind.ACTION else "dropped"
    found.ended_at, found.ended_by_id = now(), actor.person_id
    _say(session, actor, found.event_id, "lesson.ended", lesson=found.id, end=found.ended_as)


def set_join_link(session: Session, actor: Actor, *, event_id: int, is_open: bool) -> str:
    """Close the join link, or open it anew with another token."""
    event = _own_event(session, actor, event_id)
    event.join_closed = not is_open
    if is_open:
        event.join_token = secrets.token_urlsafe(18)
    _say(session, actor, event.id, "join_link.opened" if is_open else "join_link.closed")
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
    if event.terms and joining.accepts_version != event.terms_version:
        raise Invalid(
            "terms", "Read and accept the event's text; it may have changed.", field="accepts"
        )
    return add_registration(
        session, actor, event_id=event.id, person_id=actor.person_id or 0, joining=joining
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
    _say(session, actor, event_id, kind, person=person_id, terms_version=row.terms_version)
    return row


def set_looking(
    session: Session, actor: Actor, *, event_id: int, is_looking: bool, line: str
) -> None:
    """Say whether one looks for a team, with one line about oneself."""
    row = queries.registration_of(session, event_id, actor.person_id or 0)
    if row is None:
        raise NotFound("not_registered", "Register for the event first.")
    row.is_looking, row.line = is_looking, line.strip()[:200]
    _say(session, actor, event_id, "registration.changed", person=actor.person_id)
