"""What follows a survey: everybody who is asked reads that it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app

from hackathon.events.models import Event
from hackathon.report.queries.survey import asked
from hackathon.shared import mail
from hackathon.shared.jobs import on_fact
from hackathon.shared.notices import notify

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.shared.facts import FactRow


@on_fact("event:", "survey.opened")
def ask_everybody(session: Session, fact: FactRow) -> None:
    """A notice to everybody of the event, and a mail to who wants mails; never of a rehearsal."""
    event = session.get_one(Event, int(fact.stream.split(":")[1]))
    if event.discarded_at is not None:
        return
    link = f"/events/{event.slug}/survey"
    address = str(current_app.extensions["settings"].public_url or "http://127.0.0.1:5000")
    text = f"{event.name}: how was it? A few questions, two minutes."
    for person in asked(session, event.id):
        key = f"survey:{fact.position}"
        notify(session, person_id=person.id, key=key, text=text, link=link)
        if person.by_mail and not event.is_rehearsal:
            mail.send(
                session,
                to=person.email,
                subject=f"{event.name}: how was it?",
                body=f"Hello {person.name},\n\n{text}\n\n{address}{link}\n",
                key=f"{key}:{person.id}",
            )
