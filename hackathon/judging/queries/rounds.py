"""Rounds, rubrics, seats, conflicts, the running order."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, func, select

from hackathon.judging.models import (
    CriterionRow,
    Pitch,
    Reopening,
    Round,
    Seat,
    Visit,
)
from hackathon.judging.queries.conflicts import counts
from hackathon.judging.rules import FROM_FREEZE, MARKING, Criterion, Rubric, Scale, State, Takes
from hackathon.people.models import Person
from hackathon.projects.models import Project
from hackathon.projects.queries import submissions
from hackathon.shared.errors import NotFound
from hackathon.shared.facts import note_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from hackathon.events.models import Event
    from hackathon.projects.queries import Submission


def no_such_round() -> NotFound:
    """The one sentence for rounds that are not here, or not for this person."""
    return NotFound("no_such_round", "This event has no such round.")


def find_round(session: Session, event_id: int, round_id: int) -> Round:
    """A round of this event.

    Raises:
        NotFound: there is none, or it is another event's.
    """
    found = session.scalar(select(Round).filter_by(id=round_id, event_id=event_id))
    if found is None:
        raise no_such_round()
    return found


def rounds_of(session: Session, event_id: int) -> list[Round]:
    """The rounds of an event, the oldest first."""
    return list(session.scalars(_ROUNDS, {"event": event_id}))


_ROUNDS = select(Round).where(Round.event_id == bindparam("event")).order_by(Round.id)


def present_round(rounds: Sequence[Round]) -> Round | None:
    """The round that matters now: the one that is open, else the newest."""
    running = [row for row in rounds if State(row.state) in MARKING]
    return running[0] if running else (rounds[-1] if rounds else None)


def board_round(rounds: Sequence[Round]) -> Round | None:
    """The round whose board is meant without a word: open, else revealed last, else begun."""
    begun = [row for row in rounds if row.state != State.DRAFT]
    rounds = begun or rounds
    running = [row for row in rounds if State(row.state) in MARKING]
    revealed = [row for row in rounds if row.state == State.REVEALED]
    wanted = [*running, *revealed[::-1]]
    return wanted[0] if wanted else present_round(rounds)


def is_frozen(found: Round) -> bool:
    """Whether results come from a record."""
    return State(found.state) in FROM_FREEZE


def reasons_of(session: Session, found: Round) -> tuple[str, str]:
    """Why a round is paused and why its rubric changed last, for everybody in it; else empty."""
    paused = found.paused_note_id if found.state == State.PAUSED else None
    asked = [note for note in (paused, found.revised_note_id) if note is not None]
    texts = note_texts(session, asked) if asked else {}
    return texts.get(paused or 0, ""), texts.get(found.revised_note_id or 0, "")


def reopening_of(session: Session, round_id: int) -> Reopening | None:
    """The wish to open the round again that waits for a second person."""
    return session.scalar(select(Reopening).filter_by(round_id=round_id, decided_at=None))


def criteria_of(session: Session, round_id: int) -> list[CriterionRow]:
    """The lines of a rubric in the order judges see them."""
    return list(session.scalars(_CRITERIA, {"round": round_id}))


_CRITERIA = (
    select(CriterionRow)
    .where(CriterionRow.round_id == bindparam("round"))
    .order_by(CriterionRow.position)
)


def rubric_of(found: Round, lines: Sequence[CriterionRow]) -> Rubric:
    """The rubric of a round."""
    return Rubric(
        found.name,
        Scale(found.low, found.high, found.step),
        tuple(
            Criterion(line.key, line.label, Decimal(line.weight), json.loads(line.anchors))
            for line in lines
        ),
    )


def weights_of(lines: Sequence[CriterionRow]) -> dict[str, Decimal]:
    """Each criterion's weight in the rubric's order: what the standings take."""
    return {line.key: Decimal(line.weight) for line in lines}


# --- seats ----------------------------------------------------------------------------


@dataclass(frozen=True)
class SeatRow:
    """A judge of a round."""

    seat: Seat
    name: str
    email: str


def seats_of(session: Session, round_id: int) -> list[SeatRow]:
    """Who judges, or did, by name."""
    rows = session.execute(
        select(Seat, Person.name, Person.email)
        .join(Person, Person.id == Seat.person_id)
        .where(Seat.round_id == round_id)
        .order_by(Person.name, Seat.id)
    )
    return [SeatRow(seat, name, email) for seat, name, email in rows]


def count_seats(session: Session, round_id: int) -> int:
    """How many judge."""
    query = select(func.count()).select_from(Seat).filter_by(round_id=round_id, removed_at=None)
    return session.scalar(query) or 0


def seat_of(session: Session, round_id: int, person_id: int | None) -> Seat | None:
    """A person's seat in a round, unless it was taken away."""
    if person_id is None:
        return None
    return session.scalar(_OWN_SEAT, {"round": round_id, "person": person_id})


_OWN_SEAT = select(Seat).where(
    Seat.round_id == bindparam("round"),
    Seat.person_id == bindparam("person"),
    Seat.removed_at.is_(None),
)


def had_seat(session: Session, event_id: int, person_id: int | None) -> bool:
    """Whether a person judges in the event, or did."""
    query = select(Seat.id).join(Round, Round.id == Seat.round_id)
    own = query.where(Round.event_id == event_id, Seat.person_id == (person_id or 0))
    return session.scalar(own.limit(1)) is not None


# --- the running order ----------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """A project in a round at its place in the running order, from 1."""

    position: int
    submission: Submission

    @property
    def project_id(self) -> int:
        """The project."""
        return self.submission.project_id


def entries_of(session: Session, event: Event, round_id: int) -> list[Entry]:
    """The valid projects of a round in their order; those taken out are left out."""
    order = select(Pitch.project_id, Pitch.position).filter_by(round_id=round_id).subquery()
    return [
        Entry(number, submission)
        for number, submission in enumerate(submissions(session, event, order), 1)
    ]


def field_of(session: Session, event: Event, found: Round) -> list[Submission]:
    """The valid submissions that belong in a round: every one, a challenge's, or its own."""
    if found.takes == Takes.EVERY:
        return submissions(session, event)
    if found.takes == Takes.CHALLENGE:
        own = select(Project.id.label("project_id"), Project.id.label("position"))
        return submissions(
            session, event, own.filter_by(challenge_id=found.challenge_id).subquery()
        )
    own = select(Pitch.project_id, Pitch.position).filter_by(round_id=found.id)
    return submissions(session, event, own.subquery())


def places_of(session: Session, round_id: int) -> dict[int, str]:
    """The table of each project."""
    query = select(Pitch.project_id, Pitch.place).filter_by(round_id=round_id)
    return dict(iter(session.execute(query)))


# --- visits ---------------------------------------------------------------------------


def visits_of(session: Session, round_id: int, seat_id: int | None = None) -> list[Visit]:
    """The visits that count, in the running order; of a round, or of one judge in it."""
    query = (
        select(Visit)
        .join(Project, Project.id == Visit.project_id)
        .join(Pitch, and_(Pitch.round_id == Visit.round_id, Pitch.project_id == Visit.project_id))
        .where(Visit.round_id == round_id, counts())
        .order_by(Pitch.position, Visit.id)
    )
    if seat_id is not None:
        query = query.where(Visit.seat_id == seat_id)
    return list(session.scalars(query))
