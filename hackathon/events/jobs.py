"""What follows an event: everybody in it learns that its deadline has moved."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import select

from hackathon.events.models import Event, Lesson, Registration
from hackathon.people.models import Person
from hackathon.shared import mail
from hackathon.shared.facts import note_texts
from hackathon.shared.jobs import on_fact
from hackathon.shared.notices import notify
from hackathon.shared.show import local_time

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.shared.facts import FactRow


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
    notify(
        session,
        person_id=lesson.owner_id,
        key=f"lesson:{lesson.id}",
        text=f"{event.name}, retrospective: you see to “{lesson.text}”",
        link=f"/events/{event.slug}/retrospective",
    )


def _tell(session: Session, fact: FactRow) -> None:
    event = session.get_one(Event, int(fact.stream.split(":")[1]))
    closes = datetime.fromisoformat(fact.values["submissions_close_at"])
    note_id = int(fact.values["reason"]["note"])
    why = note_texts(session, [note_id]).get(note_id, "")
    link = f"/events/{event.slug}"
    address = str(current_app.extensions["settings"].public_url or "http://127.0.0.1:5000")
    people = session.scalars(
        select(Person)
        .join(Registration, Registration.person_id == Person.id)
        .where(Registration.event_id == event.id, Person.disabled_at.is_(None))
        .order_by(Person.id)
    )
    for person in people.all():
        at = local_time(closes, person.zone or event.zone)
        text = f"{event.name}: submissions close {at} now. {why}".strip()
        key = f"deadline:{fact.position}"
        notify(session, person_id=person.id, key=key, text=text, link=link)
        if person.by_mail and not event.is_rehearsal:
            mail.send(
                session,
                to=person.email,
                subject=f"{event.name}: a new deadline",
                body=f"Hello {person.name},\n\n{text}\n\n{address}{link}\n",
                key=f"{key}:{person.id}",
            )
