"""A team takes its project further: it asks, organizers promote it or say why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.backlog.models import FurtherWish
from hackathon.backlog.queries.wishes import promoted, wish_of
from hackathon.events.models import Event
from hackathon.events.rules import check_reason
from hackathon.people.rules import check_organizes
from hackathon.projects.models import Project
from hackathon.projects.queries import is_member, submissions
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import note, record

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor

LEAST, MOST = 10, 2000


def _event(session: Session, event_id: int) -> Event:
    event = lock(session, Event, id=event_id)
    if event is None:
        raise NotFound("no_such_event", "There is no such event.")
    return event


def take_further(
    session: Session, actor: Actor, *, event_id: int, team_id: int, needs: str
) -> FurtherWish:
    """Ask that the team's project goes on; asking again changes the words, or asks anew.

    Args:
        session: An open transaction.
        actor: A member of the team.
        event_id: The event.
        team_id: The team.
        needs: What it takes: people, days, data, credits, somebody who decides.

    Raises:
        NotAllowed: not a member of the team.
        NotFound: no such event or project in it.
        Conflict: before the reveal, a rehearsal, or in the backlog already.
        Invalid: too few words.
    """
    event = _event(session, event_id)
    if not is_member(session, team_id, actor.person_id):
        raise NotAllowed("members_only", "Only members of the team can ask for it.")
    if event.is_rehearsal:
        raise Conflict("rehearsal", "A rehearsal counts nowhere: its projects do not go on.")
    if event.revealed_at is None:
        raise Conflict("not_revealed", "Projects go on after the reveal. Nothing was saved.")
    project = next((row for row in submissions(session, event) if row.team_id == team_id), None)
    if project is None:
        raise NotFound("no_such_project", "The team submitted no project that could go on.")
    if promoted(session, project.project_id) is not None:
        raise Conflict("promoted", "It is in the backlog already; nothing was changed.")
    clean = needs.strip()
    if not LEAST <= len(clean) <= MOST:
        raise Invalid(
            "needs", f"Say what it needs, in {LEAST} to {MOST:,} characters.", field="needs"
        )
    found = wish_of(session, project.project_id)
    if found is None:
        found = FurtherWish(event_id=event.id, project_id=project.project_id)
        session.add(found)
    found.needs, found.wished_by_id, found.wished_at = clean, actor.person_id, now()
    found.declined_at = found.declined_by_id = found.note_id = None
    session.flush()
    record(
        session,
        stream=f"event:{event.id}",
        kind="wish.made",
        actor_id=actor.person_id,
        wish=found.id,
        project=project.project_id,
    )
    return found


def decline_wish(
    session: Session, actor: Actor, *, event_id: int, project_id: int, reason: str
) -> None:
    """Say why a project does not go on now; the team reads it and may ask again.

    Raises:
        NotAllowed: not an organizer.
        NotFound: no such wish.
        Conflict: it was answered meanwhile.
        Invalid: no reason.
    """
    check_organizes(actor, event_id)
    _event(session, event_id)
    there = select(Project.id).filter_by(id=project_id, event_id=event_id)
    found = wish_of(session, project_id) if session.scalar(there) is not None else None
    if found is None:
        raise NotFound("no_such_wish", "No team asked for that here.")
    if found.declined_at is not None or promoted(session, project_id) is not None:
        raise Conflict("answered", "That has been answered meanwhile; nothing was changed.")
    told = note(session, check_reason(reason))
    found.declined_at, found.declined_by_id = now(), actor.person_id
    found.note_id = int(str(told["note"]))
    session.flush()
    record(
        session,
        stream=f"event:{event_id}",
        kind="wish.declined",
        actor_id=actor.person_id,
        wish=found.id,
        reason=told,
    )
