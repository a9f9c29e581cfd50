"""What every change of an event begins and ends with: whose it is, and the fact of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hackathon.events.models import Event
from hackathon.people.rules import check_organizes
from hackathon.shared.db import lock
from hackathon.shared.errors import NotFound
from hackathon.shared.facts import record

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor
    from hackathon.shared.facts import Fact


def say(session: Session, actor: Actor, event_id: int, kind: str, **body: Any) -> Fact:  # noqa: ANN401 - as `record`
    """Record a fact of an event."""
    return record(session, stream=f"event:{event_id}", kind=kind, actor_id=actor.person_id, **body)


def own_event(session: Session, actor: Actor, event_id: int) -> Event:
    """An event the actor organizes, held until the commit.

    Raises:
        NotAllowed: the actor does not organize it.
        NotFound: there is none.
    """
    check_organizes(actor, event_id)
    event = lock(session, Event, id=event_id)
    if event is None:
        raise NotFound("no_such_event", "There is no such event.")
    return event
