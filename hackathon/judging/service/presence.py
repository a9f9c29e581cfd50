"""Judges on the day: absent, busy, back, gone; their open projects go to others, with a reason.

What an absent judge has not completed is taken back. In a round of visits each project that
then lacks a judge goes to the one with the least to do; in pitches everyone sees everyone
anyway. Complete sheets stay and count; a mark that still comes takes its sheet up again.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from hackathon.events.rules import check_reason
from hackathon.judging.models import Correction, JudgeAbsence, Mark, Round, Seat, Visit
from hackathon.judging.queries.conflicts import conflicts_of
from hackathon.judging.queries.presence import is_away
from hackathon.judging.queries.rounds import seat_of
from hackathon.judging.rules import FROM_FREEZE, USUAL_WANTED, Away, Mode, State
from hackathon.judging.service.held import own_round, say
from hackathon.judging.service.order import plan_visits
from hackathon.judging.service.seats import remove_seat
from hackathon.judging.service.sheets import bring_sheet
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, NotFound
from hackathon.shared.facts import note

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from hackathon.judging.service.marks import Texts
    from hackathon.people.rules import Actor

TAKEN_BACK = "away"
"""Why a visit was released: its judge is not here."""


@dataclass(frozen=True)
class Handed:
    """What became of a judge's open projects: taken back, given to others, without anybody."""

    released: list[int] = field(default_factory=list)
    given: list[tuple[int, int]] = field(default_factory=list)
    """(seat, project)"""
    short: list[int] = field(default_factory=list)


def mark_away(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    round_id: int,
    seat_id: int,
    word: Away,
    reason: str,
) -> Handed:
    """Say that a judge is absent or busy: leases end, open visits go to others.

    Raises:
        NotAllowed: not an organizer.
        NotFound: no such judge in this round.
        Conflict: judging is closed, or somebody said it already.
        Invalid: no reason.
    """
    found, seat = _seat(session, actor, event_id, round_id, seat_id)
    told = note(session, check_reason(reason))
    if _absence(session, seat.id) is not None:
        raise Conflict("away", "Somebody has marked this judge already. Nothing was changed.")
    session.add(
        JudgeAbsence(
            seat_id=seat.id,
            word=word,
            note_id=int(str(told["note"])),
            noted_by_id=actor.person_id,
            began_at=now(),
        )
    )
    session.flush()
    handed = _hand_over(session, actor, found, seat, told)
    say(
        session, actor, found, "judge.away",
        seat=seat.id, word=word.value, released=handed.released, given=handed.given,
        short=handed.short, reason=told,
    )  # fmt: skip
    return handed


def mark_back(
    session: Session, actor: Actor, *, event_id: int, round_id: int, seat_id: int
) -> None:
    """The judge is here again, says an organizer; what nobody took comes back to the list.

    Raises:
        NotAllowed: not an organizer.
        NotFound: no such judge in this round.
        Conflict: judging is closed.
    """
    found, seat = _seat(session, actor, event_id, round_id, seat_id)
    _come_back(session, actor, found, seat)


def come_back(session: Session, actor: Actor, *, round_id: int, event_id: int) -> None:
    """The judge says "I am here"; as `mark_back`.

    Raises:
        NotFound: no seat in this round.
    """
    found = lock(session, Round, id=round_id, event_id=event_id)
    own = seat_of(session, round_id, actor.person_id)
    seat = lock(session, Seat, id=own.id) if own is not None else None
    if found is None or seat is None:
        raise NotFound("no_such_seat", "You do not judge in this round.")
    _come_back(session, actor, found, seat)


def _come_back(session: Session, actor: Actor, found: Round, seat: Seat) -> None:
    absence = _absence(session, seat.id)
    if absence is None:
        return
    absence.ended_at = now()
    session.flush()
    if State(found.state) in FROM_FREEZE:
        say(session, actor, found, "judge.back", seat=seat.id, restored=[])
        return
    wanted = found.wanted or USUAL_WANTED
    live = _live(session, found)
    count: dict[int, int] = defaultdict(int)
    for visit in live:
        count[visit.project_id] += 1
    restored = []
    for visit in session.scalars(
        select(Visit)
        .filter_by(seat_id=seat.id, release_reason=TAKEN_BACK)
        .where(Visit.released_at >= absence.began_at)
        .order_by(Visit.id)
    ):
        if found.mode == Mode.PITCHES or count[visit.project_id] < wanted:
            visit.released_at = visit.release_reason = None
            restored.append(visit.project_id)
    session.flush()
    if State(found.state) is not State.DRAFT:
        plan_visits(session, found)
    say(session, actor, found, "judge.back", seat=seat.id, restored=restored)


def let_go(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    round_id: int,
    seat_id: int,
    reason: str,
) -> Handed:
    """A judge leaves: the seat ends, complete sheets stay, open projects go to others.

    Raises:
        NotAllowed: not an organizer.
        NotFound: no such judge in this round.
        Conflict: judging is closed.
        Invalid: no reason.
    """
    found, seat = _seat(session, actor, event_id, round_id, seat_id)
    told = note(session, check_reason(reason))
    remove_seat(session, actor, event_id=event_id, round_id=round_id, seat_id=seat_id)
    session.flush()
    handed = _hand_over(session, actor, found, seat, told)
    absence = _absence(session, seat.id)
    if absence is not None:
        absence.ended_at = now()
    say(
        session, actor, found, "judge.left",
        seat=seat.id, released=handed.released, given=handed.given, short=handed.short, reason=told,
    )  # fmt: skip
    return handed


def enter_paper(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    round_id: int,
    seat_id: int,
    project_id: int,
    values: Mapping[str, int],
    texts: Texts,
    reason: str,
) -> int:
    """Enter a judge's paper sheet in the judge's place; the judge sees it with the reason.

    Args:
        session: An open transaction.
        actor: An organizer who does not judge in this round.
        event_id: The event.
        round_id: Its round, before the freeze.
        seat_id: The judge.
        project_id: The project; the visit is made where it is missing.
        values: Tenths by criterion; what is left out stays as it is.
        texts: The judge's words, if any.
        reason: Why somebody else writes.

    Returns how many rows were added; the same sheet again adds none.

    Raises:
        NotAllowed: not an organizer, a judge of this round, or the judge has a conflict.
        NotFound: no such judge or project in this round.
        Conflict: judging is closed.
        Invalid: no reason.
    """
    found, seat = _seat(session, actor, event_id, round_id, seat_id)
    told = note(session, check_reason(reason))
    last = select(func.max(Mark.id)).join(Visit, Visit.id == Mark.visit_id)
    before = session.scalar(last.where(Visit.seat_id == seat.id)) or 0
    added = bring_sheet(
        session, actor, found=found, seat=seat, project_id=project_id, values=values, texts=texts
    )
    if not added:
        return 0
    fresh = session.scalars(
        select(Mark.id)
        .join(Visit, Visit.id == Mark.visit_id)
        .where(Visit.seat_id == seat.id, Visit.project_id == project_id, Mark.id > before)
    )
    note_id = int(str(told["note"]))
    session.add_all(Correction(mark_id=mark_id, note_id=note_id) for mark_id in fresh.all())
    session.flush()
    say(
        session, actor, found, "sheet.entered",
        seat=seat.id, project=project_id, rows=added, reason=told,
    )  # fmt: skip
    return added


def _seat(
    session: Session, actor: Actor, event_id: int, round_id: int, seat_id: int
) -> tuple[Round, Seat]:
    found = own_round(session, actor, event_id, round_id)
    seat = lock(session, Seat, id=seat_id, round_id=found.id, removed_at=None)
    if seat is None:
        raise NotFound("no_such_seat", "This round has no such judge.")
    if State(found.state) in FROM_FREEZE:
        raise Conflict("frozen", "Judging is closed; who judged stays as it is.")
    return found, seat


def _absence(session: Session, seat_id: int) -> JudgeAbsence | None:
    return session.scalar(select(JudgeAbsence).filter_by(seat_id=seat_id, ended_at=None))


def _live(session: Session, found: Round) -> Sequence[Visit]:
    """The visits somebody will make or has made."""
    here = select(Seat.id).where(Seat.round_id == found.id, Seat.removed_at.is_(None), ~is_away())
    return session.scalars(
        select(Visit)
        .where(Visit.round_id == found.id, Visit.released_at.is_(None))
        .where(Visit.submitted_at.is_not(None) | Visit.seat_id.in_(here))
        .order_by(Visit.id)
    ).all()


def _hand_over(
    session: Session, actor: Actor, found: Round, seat: Seat, told: dict[str, object]
) -> Handed:
    """Take back what a judge has not completed; in rounds of visits find others for it."""
    open_ = session.scalars(
        select(Visit)
        .filter_by(seat_id=seat.id, submitted_at=None, released_at=None)
        .order_by(Visit.slot, Visit.id)
    ).all()
    planned = {visit.project_id: visit.slot for visit in open_}
    for visit in open_:
        visit.released_at, visit.release_reason = now(), TAKEN_BACK
        visit.slot = visit.leased_until = None
    session.flush()
    if found.mode != Mode.VISITS:
        return Handed(released=list(planned))
    choice = _Others(session, found)
    given, short = [], []
    for project_id, slot in planned.items():
        if choice.has_enough(project_id):
            continue
        other = choice.take(project_id)
        if other is None:
            short.append(project_id)
            continue
        visit = choice.visit(other, project_id, is_timed=slot is not None)
        session.flush()
        say(session, actor, found, "visit.planned", visit=visit.id, instead_of=seat.id, reason=told)
        given.append((other, project_id))
    return Handed(list(planned), given, short)


class _Others:
    """Who takes a project over: no conflict, room left, the least still to do."""

    def __init__(self, session: Session, found: Round) -> None:
        self.session, self.found = session, found
        self.conflicts = conflicts_of(session, found.id)
        self.rows: dict[tuple[int, int], Visit] = {
            (visit.seat_id, visit.project_id): visit
            for visit in session.scalars(select(Visit).filter_by(round_id=found.id))
        }
        self.live = list(_live(session, found))
        seats: Any = session.execute(
            select(Seat.id, Seat.max_load)
            .where(Seat.round_id == found.id, Seat.removed_at.is_(None), ~is_away())
            .order_by(Seat.id)
        )
        self.most: dict[int, int | None] = dict(iter(seats))

    def has_enough(self, project_id: int) -> bool:
        """Whether as many judges as wanted still meet a project."""
        there = sum(visit.project_id == project_id for visit in self.live)
        return there >= (self.found.wanted or USUAL_WANTED)

    def take(self, project_id: int) -> int | None:
        """The seat that takes a project over; None when nobody may or has room."""
        there = {visit.seat_id for visit in self.live if visit.project_id == project_id}
        able = [
            seat
            for seat, most in self.most.items()
            if seat not in there
            and (seat, project_id) not in self.conflicts
            and (most is None or len(self._of(seat)) < most)
        ]
        return min(able, key=lambda seat: (*self._load(seat), seat), default=None)

    def _of(self, seat_id: int) -> list[Visit]:
        return [visit for visit in self.live if visit.seat_id == seat_id]

    def _load(self, seat_id: int) -> tuple[int, int]:
        own = self._of(seat_id)
        return sum(visit.submitted_at is None for visit in own), len(own)

    def visit(self, seat_id: int, project_id: int, *, is_timed: bool) -> Visit:
        """The visit, at the end of the judge's turns and never beside another judge's."""
        visit = self.rows.get((seat_id, project_id))
        if visit is None:
            visit = Visit(round_id=self.found.id, seat_id=seat_id, project_id=project_id)
            self.session.add(visit)
            self.rows[seat_id, project_id] = visit
        visit.released_at = visit.release_reason = visit.leased_until = None
        visit.slot = self._slot(seat_id, project_id) if is_timed else None
        self.live.append(visit)
        return visit

    def _slot(self, seat_id: int, project_id: int) -> int:
        gone = 0
        if self.found.visits_start_at is not None:
            minutes = (now() - self.found.visits_start_at).total_seconds() / 60
            gone = max(0, int(minutes // self.found.visit_minutes) + 1)
        slot = max([gone, *(visit.slot or 0 for visit in self._of(seat_id))]) + 1
        taken = {visit.slot for visit in self.live if visit.project_id == project_id}
        while slot in taken:
            slot += 1
        return slot
