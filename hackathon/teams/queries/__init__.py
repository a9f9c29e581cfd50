"""Reads of teams: lists, one team, who looks, what fits a person."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from hackathon.events.models import Registration
from hackathon.events.queries.announcements import reaches
from hackathon.events.rules import Audience
from hackathon.people.models import Person
from hackathon.people.rules import fold_name
from hackathon.shared.errors import NotFound
from hackathon.teams import rules
from hackathon.teams.models import Invitation, JoinRequest, Membership, Opening, Team

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from hackathon.events.models import Event


@dataclass(frozen=True)
class Member:
    """A person in a team."""

    id: int
    name: str
    email: str
    role: str
    skills: str
    joined_at: datetime


@dataclass(frozen=True)
class TeamRow:
    """A team in a list."""

    team: Team
    members: list[Member]
    openings: list[Opening]

    @property
    def free(self) -> int:
        """How many may still join."""
        return max(0, self.team.capacity - len(self.members))

    @property
    def missing(self) -> list[str]:
        """Roles that nobody in the team has."""
        return rules.uncovered(member.role for member in self.members)

    @property
    def cover(self) -> list[tuple[str, str, int]]:
        """(role, its two letters, how many have it): the team at a glance."""
        return rules.cover(member.role for member in self.members)

    @property
    def is_open(self) -> bool:
        """Whether somebody can still get in."""
        return self.free > 0 and self.team.locked_at is None and self.team.archived_at is None


def find_team(session: Session, event_id: int, team_id: int) -> Team:
    """A team of this event.

    Raises:
        NotFound: there is none, or it is another event's.
    """
    team = session.scalar(select(Team).filter_by(id=team_id, event_id=event_id))
    if team is None:
        raise NotFound("no_such_team", "This event has no such team.")
    return team


def team_named(session: Session, event_id: int, name: str) -> Team | None:
    """The team of a name, however it is spelled."""
    return session.scalar(select(Team).filter_by(event_id=event_id, name_key=fold_name(name)))


def team_of(session: Session, event_id: int, person_id: int | None) -> Team | None:
    """The team a person is in now."""
    return session.scalar(
        select(Team)
        .join(Membership, Membership.team_id == Team.id)
        .where(
            Membership.event_id == event_id,
            Membership.person_id == person_id,
            Membership.left_at.is_(None),
        )
    )


def members_among(
    session: Session, event_id: int, person_ids: Sequence[int] | None = None
) -> dict[int, Team]:
    """The present teams of those who are in one (of everybody when nobody is named)."""
    query = (
        select(Membership.person_id, Team)
        .join(Team, Team.id == Membership.team_id)
        .where(Membership.event_id == event_id, Membership.left_at.is_(None))
    )
    if person_ids is not None:
        query = query.where(Membership.person_id.in_(person_ids))
    return {person_id: team for person_id, team in session.execute(query)}  # noqa: C416 - rows are no pairs to a type checker


def team_rows(session: Session, event_id: int, *, team_id: int | None = None) -> list[TeamRow]:
    """The teams of an event that are not archived, by name; three statements."""
    query = select(Team).where(Team.event_id == event_id, Team.archived_at.is_(None))
    if team_id is not None:
        query = select(Team).where(Team.event_id == event_id, Team.id == team_id)
    teams = list(session.scalars(query.order_by(Team.name_key)))
    members: dict[int, list[Member]] = defaultdict(list)
    living = (
        select(Membership, Person, Registration)
        .join(Person, Person.id == Membership.person_id)
        .outerjoin(
            Registration,
            (Registration.person_id == Person.id) & (Registration.event_id == event_id),
        )
        .where(Membership.event_id == event_id, Membership.left_at.is_(None))
        .order_by(Membership.id)
    )
    if team_id is not None:
        living = living.where(Membership.team_id == team_id)
    rows: Iterable[tuple[Membership, Person, Registration | None]] = session.execute(living).all()
    for membership, person, found in rows:
        members[membership.team_id].append(
            Member(
                id=person.id,
                name=person.name,
                email=person.email,
                role=found.role if found is not None else "",
                skills=found.skills if found is not None else "",
                joined_at=membership.joined_at,
            )
        )
    openings: dict[int, list[Opening]] = defaultdict(list)
    wanted = (
        select(Opening)
        .join(Team, Team.id == Opening.team_id)
        .where(Team.event_id == event_id, Opening.closed_at.is_(None))
        .order_by(Opening.id)
    )
    for opening in session.scalars(wanted):
        openings[opening.team_id].append(opening)
    return [TeamRow(team, members[team.id], openings[team.id]) for team in teams]


@dataclass(frozen=True)
class Suggestion:
    """A team that fits a person, with the one reason."""

    row: TeamRow
    reason: str


def suggestions(rows: list[TeamRow], role: str, *, most: int = 3) -> list[Suggestion]:
    """The best-fitting open teams for a person of a role; smaller teams first among equals."""
    rated = []
    for row in rows:
        if row.is_open:
            score, reason = rules.fit(
                role,
                wanted=[opening.role for opening in row.openings],
                missing=row.missing,
                free=row.free,
            )
            rated.append((-score, len(row.members), row.team.name_key, row, reason))
    rated.sort(key=lambda entry: entry[:3])
    return [Suggestion(row, reason) for *_, row, reason in rated[:most]]


@dataclass(frozen=True)
class RequestRow:
    """A person who asks to join."""

    request: JoinRequest
    name: str
    role: str
    skills: str


def open_requests(session: Session, event_id: int, team_id: int) -> list[RequestRow]:
    """Who asks to join a team, the first first."""
    rows: Iterable[tuple[JoinRequest, str, Registration | None]] = session.execute(
        select(JoinRequest, Person.name, Registration)
        .join(Person, Person.id == JoinRequest.person_id)
        .outerjoin(
            Registration,
            (Registration.person_id == JoinRequest.person_id) & (Registration.event_id == event_id),
        )
        .where(JoinRequest.team_id == team_id, JoinRequest.state == "open")
        .order_by(JoinRequest.id)
    )
    return [
        RequestRow(
            request,
            name,
            found.role if found is not None else "",
            found.skills if found is not None else "",
        )
        for request, name, found in rows
    ]


def own_requests(session: Session, event_id: int, person_id: int | None) -> set[int]:
    """The teams a person has asked to join."""
    query = (
        select(JoinRequest.team_id)
        .join(Team, Team.id == JoinRequest.team_id)
        .where(
            Team.event_id == event_id,
            JoinRequest.person_id == person_id,
            JoinRequest.state == "open",
        )
    )
    return set(session.scalars(query))


def open_invitations(session: Session, team_id: int) -> list[Invitation]:
    """Invitations that are neither accepted nor revoked, the newest first."""
    query = (
        select(Invitation)
        .where(
            Invitation.team_id == team_id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .order_by(Invitation.id.desc())
    )
    return list(session.scalars(query))


@dataclass(frozen=True)
class Alone:
    """A registered person without a team."""

    id: int
    name: str
    role: str
    skills: str
    is_looking: bool


def teamless(session: Session, event_id: int) -> list[Alone]:
    """Registered people who are in no team, by name."""
    in_team = select(Membership.person_id).where(
        Membership.event_id == event_id, Membership.left_at.is_(None)
    )
    rows = session.execute(
        select(Registration, Person.name)
        .join(Person, Person.id == Registration.person_id)
        .where(Registration.event_id == event_id, Registration.person_id.not_in(in_team))
        .order_by(Person.name, Person.id)
    )
    return [Alone(row.person_id, name, row.role, row.skills, row.is_looking) for row, name in rows]


@dataclass(frozen=True)
class Placeable:
    """A registered person an organizer may put into a team; `team` where there is one."""

    id: int
    name: str
    role: str
    team: str | None


def placeable(session: Session, event_id: int, team_id: int) -> list[Placeable]:
    """Everybody registered who is not in this team: those without one first, then by name."""
    present = (
        select(Membership.person_id, Team.id.label("team_id"), Team.name.label("team"))
        .join(Team, Team.id == Membership.team_id)
        .where(Membership.event_id == event_id, Membership.left_at.is_(None))
        .subquery()
    )
    rows = session.execute(
        select(Person.id, Person.name, Registration.role, present.c.team)
        .join(Registration, Registration.person_id == Person.id)
        .outerjoin(present, present.c.person_id == Person.id)
        .where(
            Registration.event_id == event_id,
            Person.disabled_at.is_(None),
            or_(present.c.team_id.is_(None), present.c.team_id != team_id),
        )
        .order_by(present.c.team.is_not(None), Person.name, Person.id)
    )
    return [Placeable(*row) for row in rows]


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


def wrong_counts(session: Session) -> list[str]:
    """Teams whose member count differs from their memberships: for `hackathon verify`."""
    counts: dict[int, int] = defaultdict(int)
    living = select(Membership.team_id).where(Membership.left_at.is_(None))
    for team_id in session.scalars(living):
        counts[team_id] += 1
    return [
        f"team {team_id}: {stored} members are counted, {counts[team_id]} are there"
        for team_id, stored in session.execute(select(Team.id, Team.member_count))
        if stored != counts[team_id]
    ]
