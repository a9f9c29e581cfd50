"""How far a round is: counts, never values."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hackathon.judging.queries.rounds import seats_of, visits_of

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


def progress_of(session: Session, found: Round, entries: Sequence[Entry]) -> Progress:
    """How far a round is: complete sheets of the visits that count."""
    seats = seats_of(session, found.id)
    away = {row.seat.id for row in seats if row.seat.removed_at is not None}
    done: dict[tuple[str, int], int] = defaultdict(int)
    planned: dict[tuple[str, int], int] = defaultdict(int)
    for visit in visits_of(session, found.id):
        is_done = visit.submitted_at is not None
        if visit.seat_id in away and not is_done:
            continue  # a judge who left does not hold up a project
        for key in (("seat", visit.seat_id), ("project", visit.project_id)):
            planned[key] += 1
            done[key] += is_done
    return Progress(
        judges=[
            JudgeProgress(
                seat_id=row.seat.id,
                name=row.name,
                done=done["seat", row.seat.id],
                of=planned["seat", row.seat.id],
                is_away=row.seat.id in away,
            )
            for row in seats
        ],
        projects=[
            ProjectProgress(
                project_id=entry.project_id,
                position=entry.position,
                title=entry.submission.title,
                team_name=entry.submission.team_name,
                done=done["project", entry.project_id],
                of=planned["project", entry.project_id],
            )
            for entry in entries
        ],
    )
