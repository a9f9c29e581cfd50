"""Projects that no judge left a word for: asked before the results become final."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.judging.models import LateMark, Seat, Visit
from hackathon.judging.queries.results import recorded_standings
from hackathon.people.models import Person

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.judging.models import ResultRecord


@dataclass(frozen=True)
class Silent:
    """A project without a word for its team, and the judges who scored it and could write.

    `judges` are (visit, seat, name); `is_late`: words for it wait in the late tray.
    """

    project_id: int
    title: str
    team_name: str
    judges: tuple[tuple[int, int, str], ...]
    is_late: bool


def silent_projects(session: Session, record: ResultRecord) -> list[Silent]:
    """The projects of a record that no released strength or question is for; three statements."""
    rows = [row for row in recorded_standings(session, record) if not row.texts]
    if not rows:
        return []
    projects = [row.project_id for row in rows]
    judges: dict[int, list[tuple[int, int, str]]] = {}
    for project_id, visit_id, seat_id, name in session.execute(
        select(Visit.project_id, Visit.id, Seat.id, Person.name)
        .join(Seat, Seat.id == Visit.seat_id)
        .join(Person, Person.id == Seat.person_id)
        .where(
            Visit.round_id == record.round_id,
            Visit.project_id.in_(projects),
            Visit.submitted_at.is_not(None),
            Seat.removed_at.is_(None),
        )
        .order_by(Person.name, Seat.id)
    ):
        judges.setdefault(project_id, []).append((visit_id, seat_id, name))
    late = set(
        session.scalars(
            select(LateMark.project_id).where(
                LateMark.round_id == record.round_id,
                LateMark.decided_at.is_(None),
                LateMark.criterion_id.is_(None),
            )
        )
    )
    return [
        Silent(
            row.project_id,
            row.title,
            row.team_name,
            tuple(judges.get(row.project_id, ())),
            row.project_id in late,
        )
        for row in sorted(rows, key=lambda row: (row.title.casefold(), row.project_id))
    ]
