"""Reads of events: one for a viewer, lists, phases, registrations."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select

from hackathon.events.models import AgendaItem, Event, PhaseMove, Registration
from hackathon.events.rules import Phase, Schedule, phase_at
from hackathon.people.models import EventRoleGrant, Person
from hackathon.people.rules import Role
from hackathon.shared.clock import now
from hackathon.shared.errors import NotFound
from hackathon.shared.sessions import WebSession

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor

Moves = list[tuple["datetime", Phase]]


def schedule_of(event: Event) -> Schedule:
    """The instants of an event."""
    return Schedule(
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        submissions_close_at=event.submissions_close_at,
        registration_opens_at=event.registration_opens_at,
        published_at=event.published_at,
        revealed_at=event.revealed_at,
        closed_at=event.closed_at,
    )


def moves_of(session: Session, event_ids: Sequence[int]) -> dict[int, Moves]:
    """The moves by hand of several events."""
    found: dict[int, Moves] = {event_id: [] for event_id in event_ids}
    rows = session.execute(
        select(PhaseMove.event_id, PhaseMove.moved_at, PhaseMove.phase)
        .where(PhaseMove.event_id.in_(event_ids))
        .order_by(PhaseMove.id)
    )
    for event_id, moved_at, phase in rows:
        found[event_id].append((moved_at, Phase(phase)))
    return found


def phase_of(session: Session, event: Event, moment: datetime | None = None) -> Phase:
    """The phase of an event now, or at a moment."""
    moves = moves_of(session, [event.id])[event.id]
    return phase_at(schedule_of(event), moves, moment or now())


def find_event(session: Session, actor: Actor | None, slug: str) -> Event:
    """An event this viewer may see.

    Raises:
        NotFound: unknown, discarded, or a draft and not an organizer.
    """
    return find_place(session, actor, slug)[0]


def find_place(session: Session, actor: Actor | None, slug: str) -> tuple[Event, Moves, bool]:
    """An event this viewer may see; one statement.

    With it the moves by hand that decide its phase, and whether it has an agenda.

    Raises:
        NotFound: as `find_event`.
    """
    has_agenda = exists().where(AgendaItem.event_id == Event.id).label("has_agenda")
    rows = session.execute(
        select(Event, PhaseMove.moved_at, PhaseMove.phase, has_agenda)
        .outerjoin(PhaseMove, PhaseMove.event_id == Event.id)
        .where(Event.slug == slug, Event.discarded_at.is_(None))
        .order_by(PhaseMove.id)
    ).all()
    event = rows[0][0] if rows else None
    hidden = event is None or (
        event.published_at is None and not (actor and actor.organizes(event.id))
    )
    if event is None or hidden:
        raise NotFound("no_such_event", "There is no such event, or it is not for you to see.")
    moves = [(row.moved_at, Phase(row.phase)) for row in rows if row.moved_at]
    return event, moves, rows[0].has_agenda


def likely_zone(session: Session, actor: Actor) -> str:
    """The zone a new event is likely in: the person's own, else that of the last event made."""
    last = select(Event.zone).where(Event.discarded_at.is_(None)).order_by(Event.id.desc()).limit(1)
    return actor.zone or session.scalar(last) or "UTC"


@dataclass(frozen=True)
class EventRow:
    """An event in a list."""

    event: Event
    phase: Phase
    people: int


def events_for(session: Session, actor: Actor | None) -> list[EventRow]:
    """Every event this viewer may see, newest first; one statement."""
    people = (
        select(Registration.event_id, func.count().label("people"))
        .group_by(Registration.event_id)
        .subquery()
    )
    rows = session.execute(
        select(Event, func.coalesce(people.c.people, 0), PhaseMove.moved_at, PhaseMove.phase)
        .outerjoin(people, people.c.event_id == Event.id)
        .outerjoin(PhaseMove, PhaseMove.event_id == Event.id)
        .where(Event.discarded_at.is_(None))
        .order_by(Event.starts_at.desc(), Event.id.desc(), PhaseMove.id)
    )
    found: dict[int, tuple[Event, int]] = {}
    moves: dict[int, Moves] = defaultdict(list)
    for event, count, moved_at, phase in rows:
        found[event.id] = event, count
        if moved_at is not None:
            moves[event.id].append((moved_at, Phase(phase)))
    moment = now()
    every = [
        EventRow(event, phase_at(schedule_of(event), moves[event.id], moment), count)
        for event, count in found.values()
    ]
    return [
        row
        for row in every
        if row.phase is not Phase.DRAFT or (actor and actor.organizes(row.event.id))
    ]


@dataclass(frozen=True)
class PersonRow:
    """A person of an event as a list shows one; the address only where it may be seen."""

    id: int
    name: str
    email: str
    department: str
    roles: frozenset[Role]
    role: str
    skills: str
    line: str
    is_looking: bool
    has_signed_in: bool


def has_signed_in() -> ColumnElement[bool]:
    """Whether a person has ever signed in, as a part of a statement about people."""
    return exists(select(WebSession.id_hash).where(WebSession.person_id == Person.id))


def people_of(session: Session, event_id: int, *, looking: bool = False) -> list[PersonRow]:
    """Everybody with a role or a registration in an event, by name.

    Args:
        session: To read with.
        event_id: The event.
        looking: Only who looks for a team.
    """
    roles: dict[int, set[Role]] = {}
    for person_id, role in session.execute(
        select(EventRoleGrant.person_id, EventRoleGrant.role).where(
            EventRoleGrant.event_id == event_id
        )
    ):
        roles.setdefault(person_id, set()).add(Role(role))
    query = (
        select(Person, Registration, has_signed_in())
        .outerjoin(
            Registration,
            (Registration.person_id == Person.id) & (Registration.event_id == event_id),
        )
        .where(
            Person.id.in_(
                select(EventRoleGrant.person_id)
                .where(EventRoleGrant.event_id == event_id)
                .union(select(Registration.person_id).where(Registration.event_id == event_id))
            )
        )
        .order_by(Person.name, Person.id)
    )
    if looking:
        query = query.where(Registration.is_looking.is_(True))
    rows: Sequence[tuple[Person, Registration | None, bool]] = session.execute(query).all()
    return [
        PersonRow(
            id=person.id,
            name=person.name,
            email=person.email,
            department=person.department,
            roles=frozenset(roles.get(person.id, set())),
            role=found.role if found is not None else "",
            skills=found.skills if found is not None else "",
            line=found.line if found is not None else "",
            is_looking=found is not None and found.is_looking,
            has_signed_in=came,
        )
        for person, found, came in rows
    ]


def registration_of(session: Session, event_id: int, person_id: int) -> Registration | None:
    """A person's registration in an event."""
    return session.scalar(select(Registration).filter_by(event_id=event_id, person_id=person_id))


@dataclass(frozen=True)
class MoveRow:
    """A move between phases, for the history."""

    phase: Phase
    moved_at: datetime
    by: str
    note_id: int


def move_history(session: Session, event_id: int) -> list[MoveRow]:
    """The moves of an event, newest first."""
    rows = session.execute(
        select(PhaseMove, Person.name)
        .outerjoin(Person, Person.id == PhaseMove.moved_by_id)
        .where(PhaseMove.event_id == event_id)
        .order_by(PhaseMove.id.desc())
    )
    return [
        MoveRow(Phase(move.phase), move.moved_at, name or "command line", move.note_id)
        for move, name in rows
    ]
