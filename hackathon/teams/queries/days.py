"""What the days of an event ask of teams: captains, who has no team, which are too small."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, select

from hackathon.events.models import Registration
from hackathon.events.queries.announcements import reaches
from hackathon.events.queries.readiness import count_of, once, ready
from hackathon.events.rules import Audience, Phase
from hackathon.teams.models import Membership, Team

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

    from hackathon.events.models import Event


@reaches(Audience.CAPTAINS)
def _captains(event: Event) -> Select[Any]:
    return select(Team.captain_id).where(
        Team.event_id == event.id, Team.archived_at.is_(None), Team.captain_id.is_not(None)
    )


@reaches(Audience.TEAMLESS)
def _teamless(event: Event) -> Select[Any]:
    in_team = select(Membership.person_id).where(
        Membership.event_id == event.id, Membership.left_at.is_(None)
    )
    return select(Registration.person_id).where(
        Registration.event_id == event.id, Registration.person_id.not_in(in_team)
    )


@ready(
    Phase.HACKING,
    done="Everybody has a team.",
    one="1 person is without a team.",
    many="{n} people are without a team.",
    endpoint="teams.index",
)
def _alone(event: Event) -> ColumnElement[int]:
    has_people = exists().where(Registration.event_id == event.id)
    return once(has_people, count_of(_teamless(event)))


@ready(
    Phase.HACKING,
    done="No team is too small.",
    one="1 team has fewer people than the event asks for.",
    many="{n} teams have fewer people than the event asks for.",
    endpoint="teams.index",
)
def _small(event: Event) -> ColumnElement[int]:
    living = select(Team.id).where(Team.event_id == event.id, Team.archived_at.is_(None))
    return once(living.exists(), count_of(living.where(Team.member_count < event.team_min)))
