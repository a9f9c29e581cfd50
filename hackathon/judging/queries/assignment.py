"""The plan of visits: what it is made from, what it would change, the timetable."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.judging.models import Pitch, Round, Visit
from hackathon.judging.planner import Answer, Pair, Question, islands_of, plan, slots_of
from hackathon.judging.queries.conflicts import conflicts_of
from hackathon.judging.queries.presence import away_in
from hackathon.judging.queries.rounds import SeatRow, field_of, places_of, seats_of
from hackathon.judging.rules import MARKING, State
from hackathon.shared.clock import now

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from hackathon.events.models import Event
    from hackathon.projects.queries import Submission


@dataclass(frozen=True)
class Wishes:
    """What the organizer asks of a plan; `places` are tables in the running order."""

    wanted: int
    minutes: int
    starts_at: datetime
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class Turn:
    """A visit in a plan or a timetable."""

    seat_id: int
    project_id: int
    slot: int
    at: datetime | None
    is_begun: bool = False
    is_done: bool = False
    visit_id: int | None = None


@dataclass(frozen=True)
class Proposal:
    """A plan that nobody has applied yet.

    `stamp` names the inputs and wishes: what is applied is what was looked at.
    """

    stamp: str
    answer: Answer
    turns: list[Turn]
    added: set[Pair]
    dropped: set[Pair]
    kept: int
    judges: list[SeatRow]
    projects: list[Submission]
    places: dict[int, str]

    @property
    def slots(self) -> int:
        """The last turn."""
        return max((turn.slot for turn in self.turns), default=0)

    @property
    def ends_at(self) -> datetime | None:
        """When the last turn begins."""
        return max((turn.at for turn in self.turns if turn.at), default=None)

    @property
    def load_range(self) -> tuple[int, int]:
        """The fewest and the most visits of a judge."""
        loads = self.answer.loads(row.seat.id for row in self.judges).values()
        return min(loads, default=0), max(loads, default=0)


def time_of(wishes_start: datetime | None, minutes: int, slot: int | None) -> datetime | None:
    """When a turn begins."""
    if wishes_start is None or slot is None:
        return None
    return wishes_start + timedelta(minutes=minutes * (slot - 1))


def propose(session: Session, event: Event, found: Round, wishes: Wishes) -> Proposal:
    """The plan for these wishes; the same inputs give the same plan.

    Visits that have begun stay. In a round that goes on, the turns of the others follow
    the present one.
    """
    projects = in_order(session, event, found)
    away = away_in(session, found.id)
    seats = [
        row
        for row in seats_of(session, found.id)
        if row.seat.removed_at is None and row.seat.id not in away
    ]
    visits = list(session.scalars(select(Visit).filter_by(round_id=found.id).order_by(Visit.id)))
    conflicts = conflicts_of(session, found.id)
    active = {row.seat.id for row in seats}
    here = {project.project_id for project in projects}
    held = {
        (visit.seat_id, visit.project_id): visit
        for visit in visits
        if visit.released_at is None
        and visit.project_id in here
        and (visit.seat_id, visit.project_id) not in conflicts
        and (visit.submitted_at or (_is_taken(visit) and visit.seat_id in active))
    }
    present = {
        (visit.seat_id, visit.project_id)
        for visit in visits
        if visit.released_at is None and visit.seat_id in active
    }
    gone = {
        (visit.seat_id, visit.project_id)
        for visit in visits
        if visit.released_at is None and visit.seat_id not in active and visit.begun_at is None
    }
    question = Question(
        judges=tuple(sorted(active)),
        projects=tuple(project.project_id for project in projects),
        wanted=wishes.wanted,
        conflicts=frozenset(conflicts),
        most={row.seat.id: row.seat.max_load for row in seats if row.seat.max_load is not None},
        fixed=frozenset(held),
        present=frozenset(present),
        seed=found.id,
    )
    answer = plan(question)
    first = _first_slot(found, wishes, held.values())
    turns = slots_of(answer.pairs - held.keys(), first)
    places = _places(session, found, projects, wishes)
    told = json.dumps(
        [
            sorted(question.judges), sorted(gone), question.projects, sorted(conflicts), sorted(held),
            sorted(present), sorted(question.most.items()), wishes.wanted, wishes.minutes,
            wishes.starts_at.isoformat(), list(wishes.places),
        ]
    )  # fmt: skip
    return Proposal(
        stamp=hashlib.sha256(told.encode()).hexdigest()[:24],
        answer=answer,
        turns=[
            *(
                Turn(
                    seat, project, visit.slot or 0,
                    time_of(wishes.starts_at, wishes.minutes, visit.slot),
                    is_begun=True, is_done=visit.submitted_at is not None,
                )
                for (seat, project), visit in held.items()
            ),
            *(
                Turn(seat, project, slot, time_of(wishes.starts_at, wishes.minutes, slot))
                for (seat, project), slot in sorted(turns.items(), key=lambda item: item[1])
            ),
        ],
        added=set(answer.pairs - present - held.keys()),
        dropped=(present | gone) - answer.pairs,
        kept=len(answer.pairs & (present | held.keys())),
        judges=seats,
        projects=projects,
        places=places,
    )  # fmt: skip


def _is_taken(visit: Visit) -> bool:
    """Whether a judge stands there now or has stood there."""
    return visit.begun_at is not None or (
        visit.leased_until is not None and visit.leased_until > now()
    )


def in_order(session: Session, event: Event, found: Round) -> list[Submission]:
    """The valid submissions of a round's field: those of the running order first, in it."""
    query = select(Pitch.project_id, Pitch.position).filter_by(round_id=found.id)
    order = dict(iter(session.execute(query)))
    every = field_of(session, event, found)
    return sorted(every, key=lambda row: order.get(row.project_id, len(order) + len(every)))


def _first_slot(found: Round, wishes: Wishes, held: Iterable[Visit]) -> int:
    """The first turn that can still be planned."""
    if State(found.state) not in MARKING:
        return 1
    begun = max((visit.slot or 0 for visit in held), default=0)
    gone = (now() - wishes.starts_at) / timedelta(minutes=wishes.minutes)
    return max(begun, int(gone) + 1 if gone > 0 else 0) + 1 if begun or gone > 0 else 1


def _places(
    session: Session, found: Round, projects: Sequence[Submission], wishes: Wishes
) -> dict[int, str]:
    """The table of each project: as typed, else what it has, else its number."""
    known = places_of(session, found.id)
    named = {}
    for number, project in enumerate(projects):
        typed = wishes.places[number] if number < len(wishes.places) else ""
        named[project.project_id] = typed or known.get(project.project_id) or f"Table {number + 1}"
    return named


@dataclass(frozen=True)
class Timetable:
    """The plan that holds: turns, names, tables."""

    turns: list[Turn]
    judges: dict[int, SeatRow]
    projects: dict[int, Submission]
    places: dict[int, str]
    islands: int

    def of(self, seat_id: int) -> list[Turn]:
        """A judge's turns, in time."""
        return [turn for turn in self.turns if turn.seat_id == seat_id]


def timetable_of(
    session: Session, event: Event, found: Round, seat_id: int | None = None
) -> Timetable:
    """The visits that are planned and not given back, by turn; of a round, or of one judge."""
    seats = {row.seat.id: row for row in seats_of(session, found.id)}
    projects = {row.project_id: row for row in in_order(session, event, found)}
    conflicts = conflicts_of(session, found.id)
    visits = [
        visit
        for visit in session.scalars(
            select(Visit)
            .filter_by(round_id=found.id, released_at=None)
            .order_by(Visit.slot, Visit.seat_id)
        )
        if (visit.seat_id, visit.project_id) not in conflicts
        and visit.project_id in projects
        and (visit.submitted_at or seats[visit.seat_id].seat.removed_at is None)
    ]
    places = places_of(session, found.id)
    return Timetable(
        turns=[
            Turn(
                visit.seat_id, visit.project_id, visit.slot or 0,
                time_of(found.visits_start_at, found.visit_minutes, visit.slot),
                is_begun=visit.begun_at is not None, is_done=visit.submitted_at is not None,
                visit_id=visit.id,
            )
            for visit in visits
            if seat_id is None or visit.seat_id == seat_id
        ],
        judges=seats,
        projects=projects,
        places=places,
        islands=islands_of({(visit.seat_id, visit.project_id) for visit in visits}),
    )  # fmt: skip
