"""What a person's home shows: their events, and what needs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from hackathon.events.models import Registration
from hackathon.events.queries import EventRow, events_for
from hackathon.events.rules import Phase

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


@dataclass(frozen=True)
class Need:
    """One thing that needs a person: a sentence, and where to do it."""

    text: str
    endpoint: str
    slug: str


@dataclass(frozen=True)
class Home:
    """A home: the sentence is computed from the needs below it."""

    needs: list[Need]
    events: list[EventRow]

    @property
    def sentence(self) -> str:
        """All clear, or how many things need the person."""
        if not self.needs:
            return "All clear: nothing needs you now."
        count = len(self.needs)
        return f"{count} thing{'' if count == 1 else 's'} need{'s' if count == 1 else ''} you."


def home_of(session: Session, actor: Actor) -> Home:
    """The home of a person."""
    rows = events_for(session, actor)
    mine = [
        row for row in rows if actor.organizes(row.event.id) or actor.event_roles.get(row.event.id)
    ]
    needs = []
    versions: dict[int, int | None] = dict(
        iter(
            session.execute(
                select(Registration.event_id, Registration.terms_version).where(
                    Registration.person_id == actor.person_id
                )
            )
        )
    )
    for row in mine:
        event, slug = row.event, row.event.slug
        if actor.organizes(event.id) and row.phase is Phase.DRAFT:
            needs.append(
                Need(f"{event.name} is still in draft: publish it.", "events.settings", slug)
            )
        if actor.organizes(event.id) and row.phase is Phase.REGISTRATION and row.people == 0:
            needs.append(
                Need(
                    f"Nobody has joined {event.name} yet: share the link.", "events.settings", slug
                )
            )
        asked = event.id in versions and event.terms and versions[event.id] != event.terms_version
        if asked and row.phase in {Phase.REGISTRATION, Phase.HACKING}:
            needs.append(Need(f"Accept the text of {event.name}.", "events.overview", slug))
    return Home(needs=needs, events=mine)


def database_answers(session: Session) -> bool:
    """Whether the database can be read."""
    return session.scalar(select(func.count()).select_from(Registration)) is not None
