"""What an organizer should look after while judging goes on: judges, projects, flags."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, case, func, select

from hackathon.judging.models import Correction, Mark, Seat, Visit, VisitStep
from hackathon.judging.rules import USUAL_WANTED, Mode, Reason, State
from hackathon.people.models import Person
from hackathon.shared.clock import now
from hackathon.shared.errors import NotFound
from hackathon.shared.facts import Note

if TYPE_CHECKING:
    from collections.abc import Container
    from datetime import datetime

    from sqlalchemy.orm import Session

    from hackathon.judging.models import Round
    from hackathon.judging.queries.progress import Progress, ProjectProgress

QUIET_AFTER = timedelta(minutes=10)
OFFLINE_AFTER = timedelta(seconds=90)
FLAGS_FOR = timedelta(minutes=30)
A_MINUTE = timedelta(minutes=1)
HASTY = 5
"""So many sheets completed within a minute are more likely a pocket than a judge."""
BEHIND = 2
"""Sheets fewer than the middle project has."""


@dataclass(frozen=True)
class Quiet:
    """A judge with open projects who gives no scores; `since` is the last mark, or the opening.

    `seen` is when the device was here last: who is offline may be scoring all the same.
    """

    seat_id: int
    name: str
    since: datetime
    left: int
    seen: datetime | None


@dataclass(frozen=True)
class Watch:
    """What needs a person."""

    quiet: list[Quiet]
    """Here, and without a score."""
    lost: list[Quiet]
    """Not here: the device keeps what is tapped."""
    hasty: list[tuple[str, int]]
    """Who completed many sheets within a minute lately, and how many."""
    offline: dict[int, datetime | None]
    """When the devices of judges who are not here were seen last, by seat."""
    behind: list[ProjectProgress]
    flags: list[tuple[str, int]]
    """Projects where judges found nobody lately, and how many of them."""

    @property
    def count(self) -> int:
        """How many things need somebody."""
        people = len(self.quiet) + len(self.lost) + len(self.hasty)
        return people + len(self.behind) + len(self.flags)


def watch_of(
    session: Session, found: Round, progress: Progress, away: Container[int] = ()
) -> Watch:
    """Who is quiet or offline, which projects lag behind, where nobody was; two statements.

    Nobody waits for judges whose seats are among `away`.
    """
    left = {row.seat_id: row.of - row.done for row in progress.judges if not row.is_away}
    begun = found.opened_at or found.created_at
    rows, made = _last_marks(session, found)
    silent = [
        Quiet(seat_id, name, last or begun, left.get(seat_id, 0), seen)
        for seat_id, name, seen, last in rows
        if found.state == State.OPEN
        and seat_id not in away
        and left.get(seat_id, 0) > 0
        and now() - (last or begun) >= QUIET_AFTER
    ]
    offline = {seat_id: seen for seat_id, _, seen, _ in rows if is_offline(seen)}
    return Watch(
        quiet=[row for row in silent if row.seat_id not in offline],
        lost=[row for row in silent if row.seat_id in offline],
        offline=offline,
        hasty=_hasty(rows, made),
        behind=behind_of(found, progress),
        flags=_flags(session, found, progress),
    )


Row = tuple[int, str, "datetime | None", "datetime | None"]
"""A seat, its judge's name, when the device was here, when the last mark came."""


def _last_marks(session: Session, found: Round) -> tuple[list[Row], dict[int, list[datetime]]]:
    """The seats, and of each when its complete sheets were tapped on the judge's own device."""
    own = case((Mark.entered_by_id.is_(None), Mark.made_at))
    answer = session.execute(
        select(
            Seat.id,
            Person.name,
            Seat.seen_at,
            func.max(Mark.received_at),
            Visit.submitted_at,
            func.max(own),
        )
        .join(Person, Person.id == Seat.person_id)
        .outerjoin(Visit, Visit.seat_id == Seat.id)
        .outerjoin(Mark, Mark.visit_id == Visit.id)
        .where(Seat.round_id == found.id, Seat.removed_at.is_(None))
        .group_by(Seat.id, Person.name, Seat.seen_at, Visit.id, Visit.submitted_at)
        .order_by(Person.name, Seat.id)
    )
    rows: dict[int, Row] = {}
    made: dict[int, list[datetime]] = {}
    for seat_id, name, seen, last, submitted, tapped in answer:
        before = rows[seat_id][3] if seat_id in rows else None
        newest = max(filter(None, (before, last)), default=None)
        rows[seat_id] = (seat_id, name, seen, newest)
        if submitted is not None and tapped is not None:
            made.setdefault(seat_id, []).append(tapped)
    return list(rows.values()), made


def _hasty(rows: list[Row], made: dict[int, list[datetime]]) -> list[tuple[str, int]]:
    found = []
    for seat_id, name, *_ in rows:
        times = sorted(at for at in made.get(seat_id, []) if at > now() - FLAGS_FOR)
        within = [sum(start <= at <= start + A_MINUTE for at in times) for start in times]
        if within and max(within) >= HASTY:
            found.append((name, max(within)))
    return found


def is_offline(seen: datetime | None) -> bool:
    """Whether a judge's devices have been silent, not even saying hello."""
    return seen is None or now() - seen > OFFLINE_AFTER


def offline_seats(session: Session, round_id: int) -> set[int]:
    """The seats whose devices are not here."""
    rows = session.execute(_SEEN, {"round": round_id})
    return {seat_id for seat_id, seen in rows if is_offline(seen)}


_SEEN = select(Seat.id, Seat.seen_at).where(
    Seat.round_id == bindparam("round"), Seat.removed_at.is_(None)
)


def behind_of(found: Round, progress: Progress) -> list[ProjectProgress]:
    """Projects with fewer judges than wanted, or fewer sheets than most, the fewest first.

    A project that has not been on stage yet is not behind, it is to come.
    """
    wanted = found.wanted or USUAL_WANTED
    seen = [row for row in progress.projects if found.pitch is None or row.position < found.pitch]
    middle = median([row.done for row in seen] or [0])
    rows = [
        row
        for row in seen
        if row.done <= middle - BEHIND
        or (found.mode == Mode.VISITS and found.wanted is not None and row.of < wanted)
    ]
    return sorted(rows, key=lambda row: (row.done, row.position))


def _flags(session: Session, found: Round, progress: Progress) -> list[tuple[str, int]]:
    if found.mode != Mode.VISITS:
        return []
    titles = {row.project_id: row.title for row in progress.projects}
    absent = session.scalars(
        select(Visit.project_id)
        .join(VisitStep, VisitStep.visit_id == Visit.id)
        .where(
            Visit.round_id == found.id,
            VisitStep.reason == Reason.ABSENT,
            VisitStep.at > now() - FLAGS_FOR,
        )
    )
    counted = Counter(absent.all())
    return [(titles[project], times) for project, times in counted.items() if project in titles]


def sheet_of(session: Session, round_id: int, visit_id: int) -> tuple[Visit, str]:
    """A visit of a round and its judge's name.

    Raises:
        NotFound: there is none, or it is another round's.
    """
    query = (
        select(Visit, Person.name)
        .join(Seat, Seat.id == Visit.seat_id)
        .join(Person, Person.id == Seat.person_id)
        .where(Visit.id == visit_id, Visit.round_id == round_id)
    )
    for visit, name in session.execute(query):
        return visit, name
    raise NotFound("no_such_sheet", "This round has no such sheet.")


@dataclass(frozen=True)
class SheetMark:
    """A row of one sheet's ledger as organizers see it."""

    mark: Mark
    entered_by: str | None
    reason: str | None


def sheet_marks(session: Session, visit_id: int) -> list[SheetMark]:
    """Every mark of a visit, the newest first, with who entered it in the judge's place."""
    rows = session.execute(
        select(Mark, Person.name, Note.text)
        .outerjoin(Person, Person.id == Mark.entered_by_id)
        .outerjoin(Correction, Correction.mark_id == Mark.id)
        .outerjoin(Note, Note.id == Correction.note_id)
        .where(Mark.visit_id == visit_id)
        .order_by(Mark.id.desc())
    )
    return [SheetMark(mark, name, reason) for mark, name, reason in rows]
