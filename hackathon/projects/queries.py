"""Reads of projects: the card, its versions, submissions, what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, or_, select

from hackathon.events.queries.announcements import reaches
from hackathon.events.queries.readiness import count_of, once, ready
from hackathon.events.rules import Audience, Phase
from hackathon.people.models import Person
from hackathon.projects.models import Challenge, Project, ProjectVersion
from hackathon.projects.rules import NEEDED, Card, empty_field, read_card
from hackathon.shared.errors import NotFound
from hackathon.shared.facts import FactRow, note_texts
from hackathon.teams.models import Membership, Team

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select, Subquery
    from sqlalchemy.orm import Session

    from hackathon.events.models import Event


def find_project(session: Session, event_id: int, project_id: int) -> Project:
    """A project of this event.

    Raises:
        NotFound: there is none, or it is another event's.
    """
    project = session.scalar(select(Project).filter_by(id=project_id, event_id=event_id))
    if project is None:
        raise NotFound("no_such_project", "This event has no such project.")
    return project


def project_of_team(session: Session, team_id: int) -> Project | None:
    """A team's project."""
    return session.scalar(select(Project).filter_by(team_id=team_id))


def challenges_of(session: Session, event_id: int) -> dict[str, int]:
    """The challenges of an event by title."""
    rows = session.execute(select(Challenge.title, Challenge.id).filter_by(event_id=event_id))
    return dict(iter(rows))


def is_member(session: Session, team_id: int, person_id: int | None) -> bool:
    """Whether a person is in the team now."""
    query = select(Membership.id).filter_by(team_id=team_id, person_id=person_id, left_at=None)
    return person_id is not None and session.scalar(query) is not None


def newest(session: Session, project: Project) -> ProjectVersion | None:
    """The newest saved card."""
    return session.scalar(
        select(ProjectVersion).filter_by(project_id=project.id, number=project.version)
    )


def deadline(event: Event, project: Project | None) -> datetime:
    """Until when this project's card may be saved: the event's end of submissions, or later."""
    if project is not None and project.reopened_until is not None:
        return max(event.submissions_close_at, project.reopened_until)
    return event.submissions_close_at


def submission_of(session: Session, event: Event, project: Project) -> ProjectVersion | None:
    """The last complete version saved by the deadline: what judges see."""
    return session.scalar(
        select(ProjectVersion)
        .where(
            ProjectVersion.project_id == project.id,
            ProjectVersion.is_complete.is_(True),
            ProjectVersion.saved_at < deadline(event, project),
        )
        .order_by(ProjectVersion.number.desc())
        .limit(1)
    )


def newest_and_submission(
    session: Session, event: Event, project: Project
) -> tuple[ProjectVersion | None, ProjectVersion | None]:
    """The newest saved card and the one that judges see; one statement."""
    counting = (
        select(func.max(ProjectVersion.number))
        .where(
            ProjectVersion.project_id == project.id,
            ProjectVersion.is_complete.is_(True),
            ProjectVersion.saved_at < deadline(event, project),
        )
        .scalar_subquery()
    )
    rows = session.execute(
        select(ProjectVersion, ProjectVersion.number == counting).where(
            ProjectVersion.project_id == project.id,
            or_(ProjectVersion.number == project.version, ProjectVersion.number == counting),
        )
    ).all()
    first = next((row for row, _ in rows if row.number == project.version), None)
    return first, next((row for row, counts in rows if counts), None)


@dataclass(frozen=True)
class VersionRow:
    """A saved version in the history."""

    number: int
    title: str
    is_complete: bool
    saved_at: datetime
    by: str
    is_thin: bool
    """It counts although it leaves fields open: a file brought it."""
    why: str = ""
    """Why an organizer typed it."""


def mended_why(session: Session, event_id: int, project_id: int) -> dict[int, str]:
    """The reasons of the versions that organizers typed, by their numbers; two statements."""
    bodies = [
        fact.values
        for fact in session.scalars(
            select(FactRow).where(
                FactRow.stream == f"event:{event_id}", FactRow.kind == "project.mended"
            )
        )
    ]
    own = [body for body in bodies if body["project"] == project_id]
    texts = note_texts(session, [int(body["reason"]["note"]) for body in own]) if own else {}
    erased = "The reason was erased."
    return {int(body["version"]): texts.get(int(body["reason"]["note"]), erased) for body in own}


def versions_of(session: Session, event_id: int, project_id: int) -> list[VersionRow]:
    """Every saved version, the newest first; two statements, three where one was mended."""
    whys = mended_why(session, event_id, project_id)
    rows = session.execute(
        select(ProjectVersion, Person.name)
        .outerjoin(Person, Person.id == ProjectVersion.saved_by_id)
        .where(ProjectVersion.project_id == project_id)
        .order_by(ProjectVersion.number.desc())
        .limit(200)
    )
    return [
        VersionRow(
            number=row.number,
            title=row.title,
            is_complete=row.is_complete,
            saved_at=row.saved_at,
            by=name or "import",
            is_thin=row.is_complete and bool(read_card(row.card).missing),
            why=whys.get(row.number, ""),
        )
        for row, name in rows
    ]


def find_version(session: Session, project_id: int, number: int) -> ProjectVersion:
    """One saved version.

    Raises:
        NotFound: there is none of that number.
    """
    row = session.scalar(select(ProjectVersion).filter_by(project_id=project_id, number=number))
    if row is None:
        raise NotFound("no_such_version", "This project has no such version.")
    return row


def _in_time(event: Event) -> ColumnElement[bool]:
    """Whether a version, joined to its project, is complete and in time."""
    return and_(
        Project.event_id == event.id,
        ProjectVersion.is_complete.is_(True),
        or_(
            ProjectVersion.saved_at < event.submissions_close_at,
            ProjectVersion.saved_at < Project.reopened_until,
        ),
    )


def teams_without_submission(event: Event) -> Select[Any]:
    """The ids of living teams that would come before no judge, as a part of a statement."""
    served = (
        select(Project.team_id)
        .join(ProjectVersion, ProjectVersion.project_id == Project.id)
        .where(_in_time(event))
    )
    out = select(Project.team_id).where(
        Project.event_id == event.id,
        or_(Project.withdrawn_at.is_not(None), Project.disqualified_at.is_not(None)),
    )
    return select(Team.id).where(
        Team.event_id == event.id,
        Team.archived_at.is_(None),
        Team.id.not_in(served),
        Team.id.not_in(out),
    )


@reaches(Audience.UNSUBMITTED)
def _unsubmitted(event: Event) -> Select[Any]:
    return select(Membership.person_id).where(
        Membership.left_at.is_(None), Membership.team_id.in_(teams_without_submission(event))
    )


@ready(
    Phase.JUDGING,
    done="Every team has a complete card.",
    one="1 team has no complete card.",
    many="{n} teams have no complete card.",
    endpoint="projects.index",
)
def _incomplete(event: Event) -> ColumnElement[int]:
    has_teams = exists().where(Team.event_id == event.id, Team.archived_at.is_(None))
    return once(has_teams, count_of(teams_without_submission(event)))


def _newest_in_time(event: Event) -> Subquery:
    """The number of the version that counts, by project."""
    return (
        select(ProjectVersion.project_id, func.max(ProjectVersion.number).label("number"))
        .join(Project, Project.id == ProjectVersion.project_id)
        .where(_in_time(event))
        .group_by(ProjectVersion.project_id)
        .subquery()
    )


@ready(
    Phase.JUDGING,
    done="No submitted card leaves a field open.",
    one="1 submitted card is thin: it leaves fields open.",
    many="{n} submitted cards are thin: they leave fields open.",
    endpoint="projects.index",
    show="thin",
)
def _thin(event: Event) -> ColumnElement[int]:
    """Only a file brings such cards, so where none is there nothing is asked."""
    counted = _newest_in_time(event)
    thin = count_of(
        select(Project.id)
        .join(Team, Team.id == Project.team_id)
        .join(counted, counted.c.project_id == Project.id)
        .join(
            ProjectVersion,
            and_(
                ProjectVersion.project_id == Project.id, ProjectVersion.number == counted.c.number
            ),
        )
        .where(
            Team.archived_at.is_(None),
            Project.withdrawn_at.is_(None),
            Project.disqualified_at.is_(None),
            or_(*(ProjectVersion.card.contains(empty_field(name)) for name in NEEDED)),
        )
    )
    return func.nullif(thin, 0)


@dataclass(frozen=True)
class ProjectRow:
    """A team and its project in the organizer's list."""

    team: Team
    project: Project | None
    card: Card
    submission: ProjectVersion | None

    @property
    def status(self) -> str:
        """One word: submitted, incomplete, nothing yet, withdrawn or disqualified."""
        if self.project is not None and self.project.disqualified_at is not None:
            return "disqualified"
        if self.project is not None and self.project.withdrawn_at is not None:
            return "withdrawn"
        if self.submission is not None:
            return "submitted"
        return "incomplete" if self.project is not None and self.project.version else "nothing yet"

    @property
    def thin(self) -> list[str]:
        """The fields that a submission lacks which counts all the same: a file brought it."""
        if self.submission is None or self.status != "submitted":
            return []
        return read_card(self.submission.card).missing


def project_rows(
    session: Session,
    event: Event,
    among: Subquery | None = None,
    *,
    person_id: int | None = None,
) -> list[ProjectRow]:
    """Every living team with its newest card and its submission, by name; one statement.

    With `among`, a subquery of (project_id, position): only these, in that order. With
    `person_id`: only the team of this person.
    """
    in_time = _newest_in_time(event)
    query = (
        select(Team, Project, ProjectVersion, in_time.c.number)
        .outerjoin(Project, Project.team_id == Team.id)
        .outerjoin(in_time, in_time.c.project_id == Project.id)
        .outerjoin(
            ProjectVersion,
            and_(
                ProjectVersion.project_id == Project.id,
                or_(
                    ProjectVersion.number == Project.version,
                    ProjectVersion.number == in_time.c.number,
                ),
            ),
        )
        .where(Team.event_id == event.id, Team.archived_at.is_(None))
    )
    if person_id is not None:
        own = select(Membership.team_id).filter_by(person_id=person_id, left_at=None)
        query = query.where(Team.id.in_(own))
    if among is not None:
        query = query.join(among, among.c.project_id == Project.id)
        query = query.order_by(among.c.position, among.c.project_id, ProjectVersion.number)
    else:
        query = query.order_by(Team.name_key, ProjectVersion.number)
    rows = session.execute(query)
    found: dict[int, ProjectRow] = {}
    for team, project, version, number in rows:
        before = found.get(team.id)
        submission = before.submission if before else None
        card = before.card if before else Card()
        if version is not None:
            card = read_card(version.card)
            if version.number == number:
                submission = version
        found[team.id] = ProjectRow(team, project, card, submission)
    return list(found.values())


@dataclass(frozen=True)
class Submission:
    """A valid submission: what judges see and the follow-up builds on."""

    project_id: int
    team_id: int
    team_name: str
    key: str | None
    card: Card
    version_id: int
    saved_at: datetime

    @property
    def title(self) -> str:
        """The project's title as submitted."""
        return self.card.title

    @property
    def summary(self) -> str:
        """The project in one sentence."""
        return self.card.summary


def submissions(session: Session, event: Event, among: Subquery | None = None) -> list[Submission]:
    """The valid submissions of an event, by team, or those of `among` in its order."""
    return [
        Submission(
            project_id=row.project.id,
            team_id=row.team.id,
            team_name=row.team.name,
            key=row.project.key,
            card=read_card(row.submission.card),
            version_id=row.submission.id,
            saved_at=row.submission.saved_at,
        )
        for row in project_rows(session, event, among)
        if row.status == "submitted" and row.project is not None and row.submission is not None
    ]
