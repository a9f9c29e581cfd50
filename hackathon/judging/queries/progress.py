"""How far a round is: counts, never values."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, select

from hackathon.judging.models import Pitch, Seat, Visit
from hackathon.judging.queries.conflicts import counts
from hackathon.judging.queries.rounds import seats_of
from hackathon.projects.models import Project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from hackathon.judging.models import Round
    from hackathon.judging.queries.rounds import Entry


@dataclass(frozen=True)
class JudgeProgress:
    """How far a judge is: complete sheets of visits, and the one begun last."""

    seat_id: int
    name: str
    done: int
    of: int
    is_away: bool


@dataclass(frozen=True)
class ProjectProgress:
    """How many complete sheets a project has, of how many visits."""

    project_id: int
    position: int
    title: str
    team_name: str
    done: int
    of: int


@dataclass(frozen=True)
class Progress:
    """How far a round is. Counts, never values."""

    judges: list[JudgeProgress]
    projects: list[ProjectProgress]

    @property
    def done(self) -> int:
        """Complete sheets."""
        return sum(row.done for row in self.projects)

    @property
    def of(self) -> int:
        """Sheets that are planned."""
        return sum(row.of for row in self.projects)


Counted = dict[tuple[str, int], int]
"""How many sheets, by `seat` or `project` and its number."""


def progress_of(session: Session, found: Round, entries: Sequence[Entry]) -> Progress:
    """How far a round is: complete sheets of the visits that count."""
    done, planned = _counted(session, found)
    return Progress(
        judges=[
            JudgeProgress(
                seat_id=row.seat.id,
                name=row.name,
                done=done["seat", row.seat.id],
                of=planned["seat", row.seat.id],
                is_away=row.seat.removed_at is not None,
            )
            for row in seats_of(session, found.id)
        ],
        projects=_projects(entries, done, planned),
    )


def projects_of(session: Session, found: Round, entries: Sequence[Entry]) -> list[ProjectProgress]:
    """How far each project is, without its judges; one statement."""
    return _projects(entries, *_counted(session, found))


def _projects(entries: Sequence[Entry], done: Counted, planned: Counted) -> list[ProjectProgress]:
    return [
        ProjectProgress(
            project_id=entry.project_id,
            position=entry.position,
            title=entry.submission.title,
            team_name=entry.submission.team_name,
            done=done["project", entry.project_id],
            of=planned["project", entry.project_id],
        )
        for entry in entries
    ]


def _counted(session: Session, found: Round) -> tuple[Counted, Counted]:
    """The complete sheets and the planned ones."""
    done: Counted = defaultdict(int)
    planned: Counted = defaultdict(int)
    query = (  # columns, not objects: boards are read five times a second
        select(
            Visit.seat_id,
            Visit.project_id,
            Visit.submitted_at.is_not(None),
            Seat.removed_at.is_not(None),
        )
        .join(Seat, Seat.id == Visit.seat_id)
        .join(Project, Project.id == Visit.project_id)
        .join(Pitch, and_(Pitch.round_id == Visit.round_id, Pitch.project_id == Visit.project_id))
        .where(Visit.round_id == found.id, counts())
    )
    for seat_id, project_id, is_done, has_left in session.execute(query):
        if has_left and not is_done:
            continue  # a judge who left does not hold up a project
        for key in (("seat", seat_id), ("project", project_id)):
            planned[key] += 1
            done[key] += is_done
    return done, planned
