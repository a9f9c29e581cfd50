"""Somebody asks to join; the captain answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.events.queries import phase_of
from hackathon.events.rules import check_phase
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, NotAllowed, NotFound
from hackathon.teams import queries, rules
from hackathon.teams.models import JoinRequest
from hackathon.teams.service.steps import (
    check_may_form,
    event_of,
    join,
    say,
    team_of,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def ask_to_join(
    session: Session, actor: Actor, *, event_id: int, team_id: int, message: str
) -> JoinRequest:
    """Ask a team's captain; asking twice changes the message.

    Raises:
        Conflict: in a team already, full, locked, or teams are closed.
    """
    event, team = event_of(session, event_id), team_of(session, event_id, team_id)
    check_may_form(session, actor, event, team=team)
    if not actor.takes_part(event_id):
        raise NotAllowed("participants_only", "Register as a participant first.")
    if queries.team_of(session, event_id, actor.person_id) is not None:
        raise Conflict("in_a_team", "Already in a team of this event; leave it first.")
    if team.member_count >= team.capacity:
        raise Conflict("team_full", "The team is full.")
    known = session.scalar(
        select(JoinRequest).filter_by(team_id=team.id, person_id=actor.person_id, state="open")
    )
    if known is None:
        known = JoinRequest(team_id=team.id, person_id=actor.person_id or 0)
        session.add(known)
    known.message = message.strip()[:500]
    session.flush()
    say(session, actor, event_id, "join.asked", team=team_id, request=known.id)
    return known


def answer_request(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    team_id: int,
    request_id: int,
    accept: bool,
) -> None:
    """Accept or decline somebody who asks; accepted, the person's other requests lapse.

    Raises:
        NotAllowed: not the captain.
        Conflict: answered already, the team is full, or the person is in a team.
    """
    event, team = event_of(session, event_id), team_of(session, event_id, team_id)
    rules.check_leads(actor, event_id, team.captain_id)
    check_phase(phase_of(session, event), *rules.FORMING)
    found = lock(session, JoinRequest, id=request_id, team_id=team.id)
    if found is None:
        raise NotFound("no_such_request", "There is no such request.")
    if found.state != "open":
        raise Conflict("answered", "This request has been answered already.")
    found.state, found.answered_at = ("accepted" if accept else "declined"), now()
    if accept:
        join(session, team, found.person_id)
    kind = "join.accepted" if accept else "join.declined"
    say(session, actor, event_id, kind, team=team_id, person=found.person_id)
