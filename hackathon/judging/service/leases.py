"""The next visit, taken live: a lease for one judge, made while the round is held.

The round is held alone, so that two judges who ask at the same moment are answered one
after the other; then the judge's seat. A repetition with the same key gets the same visit.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.judging.models import Round, Seat, Visit, VisitStep
from hackathon.judging.queries.conflicts import conflicts_of
from hackathon.judging.queries.presence import away_in
from hackathon.judging.queries.rounds import entries_of, places_of
from hackathon.judging.rules import (
    BACK_AFTER,
    USUAL_WANTED,
    Mode,
    Reason,
    State,
    check_may_score,
    key_reused,
)
from hackathon.judging.service.held import event_of, say
from hackathon.judging.service.ledger import no_such_visit
from hackathon.judging.service.seats import declare_conflict
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor

LEASED, RELEASED = "leased", "released"


@dataclass(frozen=True)
class Given:
    """What a judge is given: a visit, or the word why there is none."""

    visit: Visit | None = None
    none: str = ""


NONE = {
    "not_open": "Judging has not opened yet.",
    "paused": "Judging is paused.",
    "closed": "Judging is closed. Thank you!",
    "full": "You have all the projects you were asked for. Thank you!",
    "conflicts": "What is left you must not score. Thank you!",
    "busy": "What is left is with somebody else just now. Ask again in a few minutes.",
    "away": "An organizer noted that you are away. Say that you are here, then ask again.",
    "done": "Every project has its judges. Thank you!",
}
"""Why there is no next visit, as judges read it."""


def take_next(session: Session, actor: Actor, *, round_id: int, key: str) -> Given:
    """The judge's next visit; the same one again while it is open.

    Args:
        session: An open transaction.
        actor: The judge.
        round_id: The round.
        key: Made on the device; asking again with it gives the same visit.

    Raises:
        NotAllowed: no seat in this round.
        Conflict: the key was used for something else.
    """
    found, seat = _held(session, actor, round_id)
    step = session.scalar(select(VisitStep).filter_by(key=key))
    if step is not None:
        known = session.get_one(Visit, step.visit_id)
        if step.kind != LEASED or known.seat_id != seat.id:
            raise key_reused()
        return Given(known)
    if found.state != State.OPEN:
        words = {State.DRAFT.value: "not_open", State.PAUSED.value: "paused"}
        return Given(none=words.get(found.state, "closed"))
    if seat.id in away_in(session, found.id):
        return Given(none="away")
    _end_leases(session, found)
    given = _Choice(session, found, seat).make()
    visit = given.visit
    if visit is None:
        return given
    visit.leased_until = now() + timedelta(minutes=found.lease_minutes)
    visit.released_at = visit.release_reason = None
    session.add(visit)
    session.flush()
    session.add(VisitStep(key=key, visit_id=visit.id, kind=LEASED))
    say(session, actor, found, "visit.leased", visit=visit.id, seat=seat.id)
    return given


def _held(session: Session, actor: Actor, round_id: int) -> tuple[Round, Seat]:
    found = lock(session, Round, id=round_id)
    person_id = actor.person_id or 0
    seat = lock(session, Seat, round_id=round_id, person_id=person_id, removed_at=None)
    check_may_score(has_seat=seat is not None, has_conflict=False)
    if found is None or seat is None:
        raise no_such_visit()
    return found, seat


def _end_leases(session: Session, found: Round) -> None:
    """Give back what was taken live and never begun; planned visits stay planned."""
    over = select(Visit).where(
        Visit.round_id == found.id,
        Visit.leased_until <= now(),
        Visit.begun_at.is_(None),
        Visit.slot.is_(None),
        Visit.released_at.is_(None),
    )
    for visit in session.scalars(over):
        visit.released_at, visit.release_reason = now(), "expired"
    session.flush()


class _Choice:
    """Which project a judge goes to next."""

    def __init__(self, session: Session, found: Round, seat: Seat) -> None:
        self.found, self.seat = found, seat
        entries = entries_of(session, event_of(session, found), found.id)
        self.order = {entry.project_id: entry.position for entry in entries}
        self.places = places_of(session, found.id)
        self.conflicts = conflicts_of(session, found.id)
        self.visits = session.scalars(select(Visit).filter_by(round_id=found.id)).all()
        away = set(
            session.scalars(
                select(Seat.id).where(Seat.round_id == found.id, Seat.removed_at.is_not(None))
            )
        )
        self.live = [
            visit
            for visit in self.visits
            if visit.released_at is None
            and (visit.seat_id, visit.project_id) not in self.conflicts
            and visit.project_id in self.order
            and (visit.submitted_at is not None or visit.seat_id not in away)
        ]
        self.mine = [visit for visit in self.live if visit.seat_id == seat.id]

    def make(self) -> Given:
        """What is open first, then what is planned, then where judges are missing."""
        open_ = [visit for visit in self.mine if visit.submitted_at is None]
        taken = [visit for visit in open_ if visit.begun_at or self._is_leased(visit)]
        if taken:
            return Given(min(taken, key=lambda visit: visit.id))
        planned = sorted(
            open_,
            key=lambda visit: (
                self._is_busy(visit.project_id), visit.slot or 0, self.order[visit.project_id],
            ),
        )  # fmt: skip
        if planned:
            return Given(planned[0])
        if self.found.mode != Mode.VISITS:
            return Given(none="done")
        return self._free()

    def _is_leased(self, visit: Visit) -> bool:
        return visit.leased_until is not None and visit.leased_until > now()

    def _is_busy(self, project_id: int) -> bool:
        return any(
            visit.project_id == project_id
            and visit.seat_id != self.seat.id
            and visit.submitted_at is None
            and self._is_leased(visit)
            for visit in self.live
        )

    def _free(self) -> Given:
        most = self.seat.max_load
        if most is not None and len(self.mine) >= most:
            return Given(none="full")
        wanted = self.found.wanted or USUAL_WANTED
        count: dict[int, int] = defaultdict(int)
        for visit in self.live:
            count[visit.project_id] += 1
        own = {visit.project_id: visit for visit in self.visits if visit.seat_id == self.seat.id}
        done = {visit.project_id for visit in self.mine}
        missing = [
            project for project in self.order if count[project] < wanted and project not in done
        ]
        if not missing:
            return Given(none="done")
        able = [project for project in missing if (self.seat.id, project) not in self.conflicts]
        if not able:
            return Given(none="conflicts")
        ready = [project for project in able if self._is_back(own.get(project))]
        if not ready:
            return Given(none="busy")
        project = self._best(ready, count)
        known = own.get(project)
        return Given(
            known or Visit(round_id=self.found.id, seat_id=self.seat.id, project_id=project)
        )

    def _is_back(self, visit: Visit | None) -> bool:
        """Whether the judge may be sent again where the judge gave back before."""
        if visit is None or visit.released_at is None or visit.release_reason is None:
            return True
        try:
            minutes = BACK_AFTER.get(Reason(visit.release_reason), 0)
        except ValueError:  # the lease ended, or a plan was applied
            return True
        return now() >= visit.released_at + timedelta(minutes=minutes)

    def _best(self, ready: Sequence[int], count: dict[int, int]) -> int:
        """Nobody there now, fewest judges, fewest fellow judges met before, same room, order."""
        mine = {visit.project_id for visit in self.mine}
        met: dict[int, int] = defaultdict(int)
        on: dict[int, set[int]] = defaultdict(set)
        for visit in self.live:
            on[visit.project_id].add(visit.seat_id)
        for project in mine:
            for seat in on[project] - {self.seat.id}:
                met[seat] += 1
        last = max(self.mine, key=lambda visit: visit.begun_at or visit.created_at, default=None)
        room = _room(self.places.get(last.project_id, "")) if last else ""
        return min(
            ready,
            key=lambda project: (
                self._is_busy(project),
                count[project],
                sum(met[seat] for seat in on[project]),
                _room(self.places.get(project, "")) != room,
                self.order[project],
            ),
        )


def _room(place: str) -> str:
    """The part of a place before its number: `Room A, table 3` is in `Room A, table`."""
    return place.rstrip("0123456789 ")


def release(session: Session, actor: Actor, *, visit_id: int, key: str, reason: Reason) -> Visit:
    """Give a visit back, so that somebody else (or the same judge later) goes there.

    A conflict is also declared. Marks that were given stay in the ledger; they count again
    only when the judge goes on with the sheet.

    Raises:
        NotFound: not on the judge's list.
        Conflict: the sheet is complete; the round is closed; the key was used otherwise.
    """
    round_id = session.scalar(select(Visit.round_id).filter_by(id=visit_id))
    if round_id is None:
        raise no_such_visit()
    found, seat = _held(session, actor, round_id)
    visit = lock(session, Visit, id=visit_id, seat_id=seat.id)
    if visit is None:
        raise no_such_visit()
    step = session.scalar(select(VisitStep).filter_by(key=key))
    if step is not None:
        if (step.kind, step.visit_id, step.reason) != (RELEASED, visit.id, reason.value):
            raise key_reused()
        return visit
    if State(found.state) not in {State.OPEN, State.PAUSED}:
        raise Conflict("closed", "Judging is not open. Nothing was changed.")
    if visit.submitted_at is not None and reason is not Reason.CONFLICT:
        raise Conflict(
            "submitted", "This sheet is complete; it stays on your list. Nothing was changed."
        )
    if reason is Reason.CONFLICT:
        declare_conflict(session, actor, found=found, project_id=visit.project_id)
    if visit.released_at is None:
        visit.released_at, visit.release_reason = now(), reason.value
        visit.slot = visit.leased_until = None
    session.add(VisitStep(key=key, visit_id=visit.id, kind=RELEASED, reason=reason.value))
    session.flush()
    say(session, actor, found, "visit.released", visit=visit.id, seat=seat.id, reason=reason.value)
    return visit
