"""What follows an event: its people learn that the deadline has moved, and what is announced."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from hackathon.events.models import Announcement, Event, Lesson, Registration
from hackathon.events.queries import announcements, moves_of, schedule_of
from hackathon.events.queries.readiness import readiness_of
from hackathon.events.rules import Audience, next_boundary, phase_at
from hackathon.events.service.announcements import send_due
from hackathon.people.models import Person
from hackathon.people.queries import organizer_ids, people_by
from hackathon.shared.clock import now, utc_text
from hackathon.shared.db import reading, transaction
from hackathon.shared.facts import note_texts
from hackathon.shared.jobs import every_minute, on_fact
from hackathon.shared.notices import notify_all
from hackathon.shared.show import ago, mail_time
from hackathon.shared.telling import Kind, Word, tell

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.shared.facts import FactRow
    from hackathon.shared.telling import Reader


WARNED_AHEAD = timedelta(hours=1)


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


# --- before a phase --------------------------------------------------------------------------


@every_minute
def warn_before_phases() -> None:
    """Organizers read once what is missing, an hour before the clock opens a phase."""
    session, moment = reading(), now()
    soon = moment + WARNED_AHEAD
    dates = (Event.starts_at, Event.submissions_close_at)
    query = select(Event).where(
        Event.published_at.is_not(None),
        Event.closed_at.is_(None),
        or_(*(and_(date > moment, date <= soon) for date in dates)),
    )
    for event in session.scalars(query).all():
        schedule, moves = schedule_of(event), moves_of(session, [event.id])[event.id]
        change = next_boundary(schedule, moves, moment)
        if change is None or change[0] > soon:
            continue
        at, phase = change
        found = readiness_of(session, event, phase_at(schedule, moves, moment), phase)
        if found is None or not found.open:
            continue
        count = len(found.open)
        with transaction() as writing:
            notify_all(
                writing,
                person_ids=organizer_ids(writing, event.id),
                key=f"ready:{event.id}:{utc_text(at)}",
                text=f"{event.name}: {phase.label.lower()} begins {ago(at)}, "
                f"{count} point{' is' if count == 1 else 's are'} open.",
                link=f"/events/{event.slug}/settings#ready",
            )
