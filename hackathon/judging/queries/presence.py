"""Which judges are away, since when and why; one judge on the day; paper to print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, select

from hackathon.judging.models import JudgeAbsence, Seat
from hackathon.judging.queries.rounds import SeatRow, visits_of
from hackathon.people.models import Person
from hackathon.shared.errors import NotFound
from hackathon.shared.facts import Note

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from hackathon.judging.models import Round, Visit
    from hackathon.judging.queries.rounds import Entry


def is_away() -> ColumnElement[bool]:
    """Whether a seat's judge is absent or busy now, as a part of a statement about seats."""
    return exists(
        select(JudgeAbsence.id).where(
            JudgeAbsence.seat_id == Seat.id, JudgeAbsence.ended_at.is_(None)
        )
    )


@dataclass(frozen=True)
class Away:
    """Why a judge is not asked for projects: `absent` or `busy`, since when, in whose words."""

    word: str
    since: datetime
    why: str


def away_in(session: Session, round_id: int) -> dict[int, Away]:
    """Who is absent or busy in a round, by seat."""
    rows = session.execute(
        select(JudgeAbsence, Note.text)
        .join(Seat, Seat.id == JudgeAbsence.seat_id)
        .outerjoin(Note, Note.id == JudgeAbsence.note_id)
        .where(Seat.round_id == round_id, JudgeAbsence.ended_at.is_(None))
    )
    return {row.seat_id: Away(row.word, row.began_at, why or "") for row, why in rows}


def judge_of(session: Session, round_id: int, seat_id: int) -> SeatRow:
    """A judge of a round, also one who left.

    Raises:
        NotFound: the round has no such judge.
    """
    query = (
        select(Seat, Person.name, Person.email)
        .join(Person, Person.id == Seat.person_id)
        .where(Seat.id == seat_id, Seat.round_id == round_id)
    )
    for seat, name, email in session.execute(query):
        return SeatRow(seat, name, email)
    raise NotFound("no_such_seat", "This round has no such judge.")


@dataclass(frozen=True)
class OnList:
    """A project of the round as one judge has it; `visit` where it is on the list."""

    entry: Entry
    visit: Visit | None

    @property
    def status(self) -> str:
        """`submitted`, `begun`, `open`, or empty for what is not on the list."""
        if self.visit is None:
            return ""
        if self.visit.submitted_at is not None:
            return "submitted"
        return "begun" if self.visit.begun_at is not None else "open"


def list_of(session: Session, found: Round, seat_id: int, entries: Sequence[Entry]) -> list[OnList]:
    """Every project of a round, with the judge's visit where it is on the list."""
    visits = {visit.project_id: visit for visit in visits_of(session, found.id, seat_id)}
    return [OnList(entry, visits.get(entry.project_id)) for entry in entries]
