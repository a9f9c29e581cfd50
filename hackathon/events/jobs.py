"""What follows an event: its people learn that the deadline has moved, and what is announced."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.events.models import Announcement, Event, Lesson, Registration
from hackathon.events.queries import announcements
from hackathon.events.rules import Audience
from hackathon.events.service.announcements import send_due
from hackathon.people.models import Person
from hackathon.people.queries import people_by
from hackathon.shared.clock import now
from hackathon.shared.db import reading, transaction
from hackathon.shared.facts import note_texts
from hackathon.shared.jobs import every_minute, on_fact
from hackathon.shared.show import mail_time
from hackathon.shared.telling import Kind, Word, tell

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.shared.facts import FactRow
    from hackathon.shared.telling import Reader


@on_fact("event:", "deadline.moved")
def tell_of_more_time(session: Session, fact: FactRow) -> None:
    """Everybody registered reads the new deadline and why; by mail who wants mails."""
    _tell(session, fact)


@on_fact("event:", "event.changed")
def tell_of_moved_dates(session: Session, fact: FactRow) -> None:
    """The same when the dates were moved in the settings of a published event."""
    if fact.values.get("moved") and "reason" in fact.values:
        _tell(session, fact)


@on_fact("event:", "lesson.added")
def tell_the_owner(session: Session, fact: FactRow) -> None:
    """Who is to see to an action reads it, unless they wrote it themselves."""
    lesson = session.get_one(Lesson, int(fact.values["lesson"]))
    event = session.get_one(Event, lesson.event_id)
    if lesson.owner_id is None or lesson.owner_id == fact.actor_id or event.discarded_at:
        return
    word = Word(
        kind=Kind.OUTCOMES,
        key=f"lesson:{lesson.id}",
        subject=f"{event.name}: an action is yours",
        text=f"{event.name}, retrospective: you see to “{lesson.text}”",
        link=f"/events/{event.slug}/retrospective",
        by_mail=not event.is_rehearsal,
    )
    tell(session, people_by(session, [lesson.owner_id]), word)


def _tell(session: Session, fact: FactRow) -> None:
    event = session.get_one(Event, int(fact.stream.split(":")[1]))
    closes = datetime.fromisoformat(fact.values["submissions_close_at"])
    note_id = int(fact.values["reason"]["note"])
    why = note_texts(session, [note_id]).get(note_id, "")
    people = session.scalars(
        select(Person)
        .join(Registration, Registration.person_id == Person.id)
        .where(Registration.event_id == event.id)
        .order_by(Person.id)
    )

    def text(reader: Reader) -> str:
        at = mail_time(closes, reader.zone or event.zone)
        return f"{event.name}: submissions close {at} now. {why}".strip()

    word = Word(
        kind=Kind.DEADLINES,
        key=f"deadline:{fact.position}",
        subject=f"{event.name}: a new deadline",
        text=text,
        link=f"/events/{event.slug}",
        by_mail=not event.is_rehearsal,
    )
    tell(session, people.all(), word)


# --- announcements ------------------------------------------------------------------------


@every_minute
def announce() -> None:
    """Send the announcements whose time has come, each in a transaction of its own."""
    for announcement_id in announcements.due(reading(), now()):
        with transaction() as session:
            send_due(session, announcement_id=announcement_id)


@on_fact("event:", "announcement.sent")
def tell_announcement(session: Session, fact: FactRow) -> None:
    """The audience as it is now reads it in a notice, and by mail who wants mails."""
    row = session.get_one(Announcement, int(fact.values["announcement"]))
    event = session.get_one(Event, row.event_id)
    people = announcements.people_reached(session, event, Audience(row.audience))
    word = Word(
        kind=Kind.OTHER,
        key=f"announcement:{row.id}",
        subject=f"{event.name}: {row.text.splitlines()[0]}",
        text=f"{event.name}: {row.text}",
        link=f"/events/{event.slug}/announcements",
        by_mail=row.by_mail and not event.is_rehearsal,
    )
    tell(session, people, word)
