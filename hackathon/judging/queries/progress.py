"""How far a round is: counts, never values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, func, literal, or_, select, union_all

from hackathon.judging.models import Pitch, Seat, Visit
from hackathon.judging.queries.conflicts import stands
from hackathon.judging.queries.ground import judges_of
from hackathon.projects.models import Project

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import CompoundSelect, Select
    from sqlalchemy.orm import Session

    from hackathon.judging.models import Round
    from hackathon.judging.queries.ground import Ground
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


Counts = dict[tuple[str, int], tuple[int, int]]
"""Complete sheets and planned ones, by `seat` or `project` and its number."""


def progress_of(
    session: Session, found: Round, entries: Sequence[Entry], ground: Ground | None = None
) -> Progress:
    """How far a round is: complete sheets of the visits that count; a statement or two.

    With its `ground`, as boards have it, nothing is asked that marks leave as it is.
    """
    judges = ground.judges if ground is not None else judges_of(session, found.id)
    counts = _counts(session, found, ground)
    return Progress(
        judges=[
            JudgeProgress(
                row.seat_id, row.name, *counts.get(("seat", row.seat_id), _NONE),
                is_away=row.is_away,
            )
            for row in judges
        ],
        projects=_projects(entries, counts),
    )  # fmt: skip


def projects_of(session: Session, found: Round, entries: Sequence[Entry]) -> list[ProjectProgress]:
    """How far each project is, without its judges; one statement."""
    return _projects(entries, _counts(session, found))


def _projects(entries: Sequence[Entry], counts: Counts) -> list[ProjectProgress]:
    return [
        ProjectProgress(
            entry.project_id, entry.position, entry.submission.title, entry.submission.team_name,
            *counts.get(("project", entry.project_id), _NONE),
        )
        for entry in entries
    ]  # fmt: skip


_NONE = (0, 0)


def _counts(session: Session, found: Round, ground: Ground | None = None) -> Counts:
    asked, given = (_FRESH, {}) if ground is None else (_ON_GROUND, {"void": sorted(ground.void)})
    rows = session.execute(asked, {"round": found.id, **given})
    return {(kind, number): (done, of) for kind, number, done, of in rows}


def _counted(which: Select[int, int, datetime | None]) -> CompoundSelect[Any]:
    """(seat or project, its number, complete sheets, planned ones) of some visits.

    A judge who left does not hold up a project.
    """
    left = select(Seat.id).where(Seat.round_id == bindparam("round"), Seat.removed_at.is_not(None))
    visits = which.where(
        Visit.round_id == bindparam("round"),
        Visit.released_at.is_(None),
        or_(Visit.submitted_at.is_not(None), Visit.seat_id.not_in(left)),
    ).cte("planned")
    done, of = func.count(visits.c.submitted_at), func.count()
    return union_all(
        *(
            select(literal(kind), column, done, of).group_by(column)
            for kind, column in (("seat", visits.c.seat_id), ("project", visits.c.project_id))
        )
    )


_VISITS = select(Visit.seat_id, Visit.project_id, Visit.submitted_at)
_FRESH = _counted(
    _VISITS.join(Project, Project.id == Visit.project_id)
    .join(Pitch, and_(Pitch.round_id == Visit.round_id, Pitch.project_id == Visit.project_id))
    .where(stands())
)
_ON_GROUND = _counted(_VISITS.where(Visit.id.not_in(bindparam("void", expanding=True))))
