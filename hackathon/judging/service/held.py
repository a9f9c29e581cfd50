"""A round that is held until the commit, and the facts on its stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hackathon.events.models import Event
from hackathon.judging.models import Round
from hackathon.judging.queries.rounds import no_such_round
from hackathon.people.rules import check_organizes
from hackathon.shared.db import lock
from hackathon.shared.facts import record

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def say(session: Session, actor: Actor, found: Round, kind: str, **body: Any) -> None:  # noqa: ANN401 - as `record`
    """Record a fact on the round's stream."""
    record(
        session,
        stream=f"judging:{found.id}",
        kind=kind,
        actor_id=actor.person_id,
        **body,
    )


def own_round(session: Session, actor: Actor, event_id: int, round_id: int) -> Round:
    """A round of an event the actor organizes, held until the commit.

    Raises:
        NotAllowed: the actor does not organize the event.
        NotFound: the event has no such round.
    """
    check_organizes(actor, event_id)
    found = lock(session, Round, id=round_id, event_id=event_id)
    if found is None:
        raise no_such_round()
    return found


def event_of(session: Session, found: Round) -> Event:
    """The event of a round."""
    return session.get_one(Event, found.event_id)
