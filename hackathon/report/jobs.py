"""What follows a survey: everybody who is asked reads that it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hackathon.events.models import Event
from hackathon.report.queries.survey import asked
from hackathon.shared.jobs import on_fact
from hackathon.shared.telling import Kind, Word, tell

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.shared.facts import FactRow


@on_fact("event:", "survey.opened")
def ask_everybody(session: Session, fact: FactRow) -> None:
    """Everybody of the event reads of it, the way they chose; no mail leaves a rehearsal."""
    event = session.get_one(Event, int(fact.stream.split(":")[1]))
    if event.discarded_at is not None:
        return
    word = Word(
        kind=Kind.OTHER,
        key=f"survey:{fact.position}",
        subject=f"{event.name}: how was it?",
        text=f"{event.name}: how was it? A few questions, two minutes.",
        link=f"/events/{event.slug}/survey",
        by_mail=not event.is_rehearsal,
    )
    tell(session, asked(session, event.id), word)
