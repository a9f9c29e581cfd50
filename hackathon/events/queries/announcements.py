"""Reads of announcements: who an audience is, what hangs over a person's pages, the list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, or_, select, union

from hackathon.events.models import Announcement, Dismissal
from hackathon.events.rules import BANNER_LIFE, Audience
from hackathon.people.models import EventRoleGrant, Person
from hackathon.people.rules import Role
from hackathon.shared.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, CompoundSelect, Select
    from sqlalchemy.orm import Session

    from hackathon.events.models import Event
    from hackathon.people.rules import Actor

    People = Callable[[Event], "Select[Any] | CompoundSelect[Any]"]

MOST_BANNERS = 3

_reached: dict[Audience, People] = {}


def reaches(audience: Audience) -> Callable[[People], People]:
    """Say who an audience is: `f(event)` selects the ids of its people.

    The features that know captains, submissions and judges lie above this one.
    """

    def register(people: People) -> People:
        _reached[audience] = people
        return people

    return register


def _with_role(role: Role, audience: Audience) -> None:
    @reaches(audience)
    def people(event: Event) -> Select[Any]:
        return select(EventRoleGrant.person_id).where(
            EventRoleGrant.event_id == event.id, EventRoleGrant.role == role
        )


_with_role(Role.PARTICIPANT, Audience.PARTICIPANTS)
_with_role(Role.MENTOR, Audience.MENTORS)
_with_role(Role.ORGANIZER, Audience.ORGANIZERS)


@reaches(Audience.EVERYBODY)
def _everybody(event: Event) -> CompoundSelect[Any]:
    roles = select(EventRoleGrant.person_id).where(EventRoleGrant.event_id == event.id)
    return union(roles, _reached[Audience.JUDGES](event))


def _is_for(event: Event, person_id: int) -> ColumnElement[bool]:
    """Whether a row of announcements is for a person, as a part of a statement."""
    fits = []
    for audience, people in _reached.items():
        found = people(event).subquery()
        is_in = exists().where(found.c[0] == person_id)
        fits.append(and_(Announcement.audience == audience, is_in))
    return or_(*fits)


def people_reached(session: Session, event: Event, audience: Audience) -> list[Person]:
    """Who an audience is now, by id; without those who were disabled."""
    found = _reached[audience](event).subquery()
    query = select(Person).where(Person.id.in_(select(found.c[0])), Person.disabled_at.is_(None))
    return list(session.scalars(query.order_by(Person.id)))


def how_many(session: Session, event: Event) -> dict[Audience, int]:
    """How many people each audience has now; one statement."""
    counts = []
    for audience in Audience:
        found = _reached[audience](event).subquery()
        counts.append(select(func.count(found.c[0].distinct())).scalar_subquery())
    row = session.execute(select(*counts)).one()
    return dict(zip(Audience, row, strict=True))


@dataclass(frozen=True)
class Announced:
    """What a person was told in an event: what hangs over the pages, and whether anything ever."""

    banners: Sequence[Announcement] = ()
    ever: bool = False


def announced_to(session: Session, event: Event, person_id: int, moment: datetime) -> Announced:
    """What this person was told, the newest first; one statement."""
    is_read = exists().where(
        Dismissal.announcement_id == Announcement.id, Dismissal.person_id == person_id
    )
    hangs = and_(Announcement.send_at > moment - BANNER_LIFE, ~is_read).label("hangs")
    rows = session.execute(
        select(Announcement, hangs)
        .where(
            Announcement.event_id == event.id,
            Announcement.withdrawn_at.is_(None),
            Announcement.send_at <= moment,
            _is_for(event, person_id),
        )
        .order_by(hangs.desc(), Announcement.send_at.desc(), Announcement.id.desc())
        .limit(MOST_BANNERS)
    ).all()
    return Announced([row.Announcement for row in rows if row.hangs], bool(rows))


@dataclass(frozen=True)
class AnnouncementRow:
    """An announcement in the list."""

    announcement: Announcement
    audience: Audience
    by: str
    is_out: bool


def announcements_of(
    session: Session, event: Event, actor: Actor, moment: datetime
) -> list[AnnouncementRow]:
    """What was announced to this viewer; organizers see all, also what is to come."""
    query = (
        select(Announcement, Person.name)
        .outerjoin(Person, Person.id == Announcement.written_by_id)
        .where(Announcement.event_id == event.id, Announcement.withdrawn_at.is_(None))
        .order_by(Announcement.send_at.desc(), Announcement.id.desc())
    )
    if not actor.organizes(event.id):
        query = query.where(Announcement.send_at <= moment, _is_for(event, actor.person_id or 0))
    return [
        AnnouncementRow(row, Audience(row.audience), name or "", is_out(row, moment))
        for row, name in session.execute(query)
    ]


def is_out(row: Announcement, moment: datetime) -> bool:
    """Whether people may have read it: from its time on, whatever the jobs do."""
    return row.sent_at is not None or row.send_at <= moment


def find_announcement(session: Session, event_id: int, announcement_id: int) -> Announcement:
    """An announcement of this event that was not withdrawn.

    Raises:
        NotFound: there is none.
    """
    row = session.scalar(
        select(Announcement).filter_by(id=announcement_id, event_id=event_id, withdrawn_at=None)
    )
    if row is None:
        raise NotFound("no_such_announcement", "This event has no such announcement.")
    return row


def is_for(session: Session, event: Event, row: Announcement, person_id: int) -> bool:
    """Whether an announcement is for a person."""
    query = select(Announcement.id).where(Announcement.id == row.id, _is_for(event, person_id))
    return session.scalar(query) is not None


def due(session: Session, moment: datetime) -> Sequence[int]:
    """Which announcements are to be told now, of all events."""
    query = select(Announcement.id).where(
        Announcement.sent_at.is_(None),
        Announcement.withdrawn_at.is_(None),
        Announcement.send_at <= moment,
    )
    return session.scalars(query.order_by(Announcement.send_at, Announcement.id)).all()
