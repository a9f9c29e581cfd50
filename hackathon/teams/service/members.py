"""Who is in a team: organizers add and move, members leave and hand over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from hackathon.events.models import Registration
from hackathon.events.rules import check_reason
from hackathon.people.rules import check_organizes
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, NotFound
from hackathon.teams import queries, rules
from hackathon.teams.models import Membership
from hackathon.teams.service.steps import (
    check_may_form,
    end_membership,
    event_of,
    join,
    say,
    team_of,
    why,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def add_member(
    session: Session, actor: Actor, *, event_id: int, team_id: int, person_id: int, reason: str
) -> None:
    """Put a participant into a team: organizers, with a reason.

    Raises:
        NotAllowed, Conflict, NotFound: as `add_members`.
    """
    add_members(
        session, actor, event_id=event_id, team_id=team_id, person_ids=[person_id], reason=reason
    )


def add_members(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    team_id: int,
    person_ids: Sequence[int],
    reason: str,
) -> None:
    """Put participants into a team, all or none: organizers, with a reason.

    Raises:
        NotAllowed: not an organizer.
        Conflict: full, somebody is in a team already, or results are out.
        NotFound: somebody is not registered in this event.
    """
    check_organizes(actor, event_id)
    event, team = event_of(session, event_id), team_of(session, event_id, team_id)
    check_may_form(session, actor, event, reason=reason, team=team)
    clean = check_reason(reason)
    wanted = select(func.count()).where(
        Registration.event_id == event_id, Registration.person_id.in_(person_ids)
    )
    if session.scalar(wanted) != len(person_ids):
        raise NotFound("not_registered", "This person is not registered in this event.")
    join(session, team, *person_ids)
    if team.captain_id is None:
        team.captain_id = person_ids[0]
    told = why(session, clean)
    for person_id in person_ids:
        say(session, actor, event_id, "member.added", team=team_id, person=person_id, **told)


def place_person(
    session: Session, actor: Actor, *, event_id: int, team_id: int, person_id: int, reason: str
) -> bool:
    """Put a participant into a team, out of another one where need be; returns whether moved.

    Raises:
        NotAllowed, Conflict, NotFound: as `add_members`.
    """
    there = queries.team_of(session, event_id, person_id)
    place = {"event_id": event_id, "team_id": team_id, "person_id": person_id}
    if there is None:
        add_member(session, actor, **place, reason=reason)
        return False
    _move_member(session, actor, there.id, **place, reason=reason)
    return True


def _move_member(
    session: Session,
    actor: Actor,
    from_id: int,
    *,
    event_id: int,
    team_id: int,
    person_id: int,
    reason: str,
) -> None:
    check_organizes(actor, event_id)
    if from_id == team_id:
        raise Conflict("in_this_team", "Already in this team. Nothing was changed.", field="person")
    event = event_of(session, event_id)
    teams = {number: team_of(session, event_id, number) for number in sorted({from_id, team_id})}
    check_may_form(session, actor, event, reason=reason, team=teams[team_id])
    clean = check_reason(reason)
    membership = lock(session, Membership, team_id=from_id, person_id=person_id, left_at=None)
    if membership is None:
        raise Conflict("moved", "Somebody moved this person just now. Nothing was changed.")
    end_membership(session, teams[from_id], membership)
    join(session, teams[team_id], person_id)
    if teams[team_id].captain_id is None:
        teams[team_id].captain_id = person_id
    more = {"team": team_id, "from": from_id, "person": person_id, **why(session, clean)}
    say(session, actor, event_id, "member.moved", **more)


def leave(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    team_id: int,
    person_id: int | None = None,
    reason: str = "",
) -> None:
    """Leave a team, or (captain; organizers with a reason) remove a member.

    The longest member becomes captain when the captain goes; a team whose last member
    goes is archived.

    Raises:
        NotAllowed: removing somebody without being captain or organizer.
        NotFound: the person is not in this team.
        Conflict: teams are closed.
    """
    event, team = event_of(session, event_id), team_of(session, event_id, team_id)
    leaving = person_id or actor.person_id
    membership = lock(session, Membership, team_id=team.id, person_id=leaving, left_at=None)
    if membership is None:
        raise NotFound("not_a_member", "This person is not in this team.")
    if leaving != actor.person_id:
        rules.check_leads(actor, event_id, team.captain_id)
    clean = check_may_form(session, actor, event, reason=reason)
    if actor.person_id not in {leaving, team.captain_id}:
        clean = check_reason(reason)
    end_membership(session, team, membership)
    kind = "member.left" if leaving == actor.person_id else "member.removed"
    say(
        session, actor, event_id, kind, team=team_id, person=leaving, captain=team.captain_id,
        **why(session, clean),
    )  # fmt: skip


def hand_over(
    session: Session, actor: Actor, *, event_id: int, team_id: int, person_id: int
) -> None:
    """Make another member captain.

    Raises:
        NotAllowed: not the captain.
        NotFound: the person is not in this team.
    """
    team = team_of(session, event_id, team_id)
    rules.check_leads(actor, event_id, team.captain_id)
    member = session.scalar(
        select(Membership.id).filter_by(team_id=team.id, person_id=person_id, left_at=None)
    )
    if member is None:
        raise NotFound("not_a_member", "This person is not in this team.")
    team.captain_id = person_id
    say(session, actor, event_id, "captain.changed", team=team_id, person=person_id)
