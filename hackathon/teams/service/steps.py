"""Steps that the services of teams share: who is concerned, joining, ending."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from hackathon.events.models import Event, Registration
from hackathon.events.queries import phase_of
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, NotFound
from hackathon.shared.facts import note, record
from hackathon.teams import queries, rules
from hackathon.teams.models import JoinRequest, Membership, Team

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def say(session: Session, actor: Actor, event_id: int, kind: str, **body: Any) -> None:  # noqa: ANN401 - as `record`
    """Record a fact of the event."""
    record(session, stream=f"event:{event_id}", kind=kind, actor_id=actor.person_id, **body)


def why(session: Session, reason: str) -> dict[str, Any]:
    """How a reason, if any, stands in a fact."""
    return {"reason": note(session, reason)} if reason else {}


def event_of(session: Session, event_id: int) -> Event:
    """The event.

    Raises:
        NotFound: there is none.
    """
    event = session.get(Event, event_id)
    if event is None:
        raise NotFound("no_such_event", "There is no such event.")
    return event


def team_of(session: Session, event_id: int, team_id: int) -> Team:
    """A living team of the event, held until the commit.

    Raises:
        NotFound: the event has no such team.
    """
    team = lock(session, Team, id=team_id, event_id=event_id)
    if team is None or team.archived_at is not None:
        raise NotFound("no_such_team", "This event has no such team.")
    return team


def check_may_form(
    session: Session, actor: Actor, event: Event, *, reason: str = "", team: Team | None = None
) -> str:
    """Whether teams may change now, or an organizer says why; returns the reason, trimmed."""
    locked = team is not None and team.locked_at is not None
    past = event.teams_lock_at is not None and event.teams_lock_at <= now()
    return rules.check_may_form(
        actor,
        event.id,
        phase_of(session, event),
        reason=reason,
        locked=locked or past,
    )


def join(session: Session, team: Team, *person_ids: int) -> None:
    """Put people into a team, all or none; the database holds both promises.

    Raises:
        Conflict: the team is full, or one of them is in a team already.
    """
    session.flush()
    if queries.members_among(session, team.event_id, person_ids):
        raise Conflict("in_a_team", "Already in a team of this event; leave it first.")
    try:
        with session.begin_nested():
            for person_id in person_ids:
                session.add(
                    Membership(event_id=team.event_id, team_id=team.id, person_id=person_id)
                )
            session.flush()
    except IntegrityError as error:
        if "not_above_size" in str(error.orig):
            raise Conflict("team_full", "The team is full.") from error
        raise Conflict("in_a_team", "Already in a team of this event; leave it first.") from error
    session.refresh(team)
    session.execute(
        update(JoinRequest)
        .where(
            JoinRequest.person_id.in_(person_ids),
            JoinRequest.state == "open",
            JoinRequest.team_id.in_(select(Team.id).where(Team.event_id == team.event_id)),
        )
        .values(state="lapsed", answered_at=now())
    )
    session.execute(
        update(Registration)
        .where(Registration.event_id == team.event_id, Registration.person_id.in_(person_ids))
        .values(is_looking=False)
    )


def end_membership(session: Session, team: Team, membership: Membership) -> None:
    """End a membership: the longest member leads next, a team without members is archived."""
    membership.left_at = now()
    session.flush()
    session.refresh(team)
    rest = list(
        session.scalars(
            select(Membership.person_id)
            .where(Membership.team_id == team.id, Membership.left_at.is_(None))
            .order_by(Membership.id)
        )
    )
    if team.captain_id == membership.person_id:
        team.captain_id = rest[0] if rest else None
    if not rest:
        team.archived_at = now()
