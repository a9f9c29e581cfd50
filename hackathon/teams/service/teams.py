"""Make teams, rename and lock them, open places. Each change is a fact on `event:<id>`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from hackathon.people.rules import check_organizes
from hackathon.shared.clock import now
from hackathon.shared.errors import Conflict, NotAllowed, NotFound
from hackathon.teams import rules
from hackathon.teams.models import Opening, Team
from hackathon.teams.service.steps import (
    check_may_form,
    event_of,
    join,
    say,
    team_of,
    why,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.events.models import Event
    from hackathon.people.rules import Actor


def create_team(
    session: Session, actor: Actor, *, event_id: int, name: str, about: str = "", reason: str = ""
) -> Team:
    """Make a team; its maker is its first member and captain.

    Raises:
        Conflict: the name is taken, the person is in a team, or teams are closed.
        NotAllowed: not a participant of the event.
        Invalid: no name.
    """
    event = event_of(session, event_id)
    check_may_form(session, actor, event, reason=reason)
    if not actor.takes_part(event_id):
        raise NotAllowed("participants_only", "Register as a participant first.")
    team = _new_team(session, event, name=name, about=about)
    team.captain_id = actor.person_id
    join(session, team, actor.person_id or 0)
    say(session, actor, event_id, "team.created", team=team.id)
    return team


def _new_team(session: Session, event: Event, *, name: str, about: str) -> Team:
    shown, key = rules.check_name(name)
    if session.scalar(select(Team.id).filter_by(event_id=event.id, name_key=key)) is not None:
        raise Conflict("name_taken", "Another team has that name.", field="name")
    team = Team(
        event_id=event.id,
        name=shown,
        name_key=key,
        about=about.strip()[:500],
        capacity=event.team_max,
    )
    try:
        with session.begin_nested():
            session.add(team)
            session.flush()
    except IntegrityError as error:
        raise Conflict("name_taken", "Another team has that name.", field="name") from error
    return team


def add_team(session: Session, actor: Actor, *, event_id: int, name: str, reason: str) -> Team:
    """Make an empty team for others: organizers and importers.

    Raises:
        NotAllowed: not an organizer.
    """
    check_organizes(actor, event_id)
    team = _new_team(session, event_of(session, event_id), name=name, about="")
    say(session, actor, event_id, "team.created", team=team.id, **why(session, reason))
    return team


def change_team(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    team_id: int,
    name: str,
    about: str,
    capacity: int,
) -> Team:
    """Rename a team, say what it is about, set its size.

    Raises:
        NotAllowed: not its captain.
        Conflict: the name is taken, or it has more members.
    """
    event, team = event_of(session, event_id), team_of(session, event_id, team_id)
    rules.check_leads(actor, event_id, team.captain_id)
    shown, key = rules.check_name(name)
    other = session.scalar(select(Team.id).filter_by(event_id=event_id, name_key=key))
    if other not in {None, team.id}:
        raise Conflict("name_taken", "Another team has that name.", field="name")
    rules.check_capacity(capacity, members=team.member_count, largest=event.team_max)
    team.name, team.name_key, team.about, team.capacity = shown, key, about.strip()[:500], capacity
    say(session, actor, event_id, "team.changed", team=team_id, capacity=capacity)
    return team


def set_lock(
    session: Session, actor: Actor, *, event_id: int, team_id: int, is_locked: bool
) -> None:
    """Close a team for newcomers, or open it again."""
    team = team_of(session, event_id, team_id)
    rules.check_leads(actor, event_id, team.captain_id)
    team.locked_at = now() if is_locked else None
    kind = "team.locked" if is_locked else "team.unlocked"
    say(session, actor, event_id, kind, team=team_id)


def open_place(
    session: Session, actor: Actor, *, event_id: int, team_id: int, role: str, wanted: str
) -> Opening:
    """Say that a team looks for a role."""
    team = team_of(session, event_id, team_id)
    rules.check_leads(actor, event_id, team.captain_id)
    opening = Opening(team_id=team.id, role=rules.check_role(role), wanted=wanted.strip()[:200])
    session.add(opening)
    session.flush()
    say(session, actor, event_id, "opening.made", team=team_id, role=role)
    return opening


def close_place(
    session: Session, actor: Actor, *, event_id: int, team_id: int, opening_id: int
) -> None:
    """A team no longer looks for a role."""
    team = team_of(session, event_id, team_id)
    rules.check_leads(actor, event_id, team.captain_id)
    opening = session.scalar(select(Opening).filter_by(id=opening_id, team_id=team.id))
    if opening is None:
        raise NotFound("no_such_opening", "There is no such opening.")
    opening.closed_at = now()
    say(session, actor, event_id, "opening.closed", team=team_id)
