"""The lines of retrospectives, and what earlier events left to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from hackathon.events.models import Event, Lesson
from hackathon.events.rules import LessonKind
from hackathon.people.models import EventRoleGrant, Person, SiteRoleGrant
from hackathon.people.rules import Role

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class LessonRow:
    """A line of a retrospective with its people and its event."""

    lesson: Lesson
    owner: str
    by: str
    event: str
    slug: str

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done; other lines than actions never are."""
        return self.lesson.kind == LessonKind.ACTION and self.lesson.ended_at is None


def _lessons() -> Select[Lesson, str, str, str, str]:
    owner, writer = aliased(Person), aliased(Person)
    return (
        select(
            Lesson,
            func.coalesce(owner.name, ""),
            func.coalesce(writer.name, ""),
            Event.name,
            Event.slug,
        )
        .join(Event, Event.id == Lesson.event_id)
        .outerjoin(owner, owner.id == Lesson.owner_id)
        .outerjoin(writer, writer.id == Lesson.written_by_id)
        .order_by(Lesson.id)
    )


def lessons_of(session: Session, event_id: int) -> list[LessonRow]:
    """The retrospective of an event: its lines, without those that were taken off."""
    kept = or_(Lesson.ended_as.is_(None), Lesson.ended_as == "done")
    query = _lessons().where(Lesson.event_id == event_id, kept)
    return [LessonRow(*row) for row in session.execute(query)]


def open_actions(session: Session, before: datetime) -> list[LessonRow]:
    """What events that began before a moment left to do: the next event's checklist begins so.

    One statement. Actions of discarded rehearsals are gone with them.
    """
    query = _lessons().where(
        Lesson.kind == LessonKind.ACTION,
        Lesson.ended_at.is_(None),
        Event.starts_at < before,
        Event.discarded_at.is_(None),
    )
    return [LessonRow(*row) for row in session.execute(query)]


def lesson_owners(session: Session, event_id: int) -> list[Person]:
    """Who may own an action: organizers of the event, program leads, administrators."""
    organizers = select(EventRoleGrant.person_id).filter_by(event_id=event_id, role=Role.ORGANIZER)
    query = select(Person).where(
        Person.disabled_at.is_(None),
        Person.id.in_(organizers.union(select(SiteRoleGrant.person_id))),
    )
    return list(session.scalars(query.order_by(Person.name, Person.id)))
