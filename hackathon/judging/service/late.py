"""The late tray: what came after the freeze waits for a person's decision."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.events.rules import check_reason
from hackathon.judging.models import LateMark, Seat, Visit
from hackathon.judging.queries.results import newest_record
from hackathon.judging.queries.rounds import criteria_of
from hackathon.judging.queries.silence import silent_projects
from hackathon.judging.rules import State
from hackathon.judging.service.held import own_round
from hackathon.judging.service.ledger import Target, write_mark, write_texts
from hackathon.judging.service.marks import Sent, Texts
from hackathon.judging.service.results import record_results
from hackathon.shared.clock import now
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import note, record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from hackathon.judging.models import CriterionRow, Round
    from hackathon.people.rules import Actor


@dataclass(frozen=True)
class OfJudge:
    """All of one judge, up to the last one that the deciding person has seen."""

    seat_id: int
    last: int


def ask_for_words(session: Session, actor: Actor, *, event_id: int, round_id: int) -> int:
    """Ask the judges of projects without any comment for a line; returns how many are asked.

    What they write comes by the late tray. Asked again for the same record, nobody is told twice.

    Raises:
        NotAllowed: not an organizer.
        Conflict: the round is not frozen.
    """
    found = own_round(session, actor, event_id, round_id)
    record_now = newest_record(session, found.id)
    if found.state != State.FROZEN or record_now is None:
        raise Conflict(
            "wrong_state", "Judges are asked between the close and the final results; nobody was."
        )
    silent = silent_projects(session, record_now)
    seats = sorted({seat for row in silent if not row.is_late for _, seat, _ in row.judges})
    if seats:
        record(
            session,
            stream=f"judging:{found.id}",
            kind="words.asked",
            actor_id=actor.person_id,
            seats=seats,
            number=record_now.number,
        )
    return len(seats)


def decide_late(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    round_id: int,
    which: Sequence[int] | OfJudge | None,
    is_accepted: bool,
    reason: str,
) -> int:
    """Accept or refuse what came late; accepting makes a new result record.

    Args:
        session: An open transaction.
        actor: An organizer; nobody decides on own marks.
        event_id: The event.
        round_id: Its round, frozen.
        which: These; all of a judge; None: all made before the freeze by the device's word.
        is_accepted: Whether they count from now on.
        reason: Why; a word about the one click is enough.

    Returns how many were decided. What was decided before stays as it was.

    Raises:
        Conflict: the round is not frozen (finalized results need to be reopened).
        Invalid: no reason, or none chosen.
        NotFound: no such late mark in this round.
        NotAllowed: the actor is the judge who made one of them.
    """
    found = own_round(session, actor, event_id, round_id)
    if found.state != State.FROZEN:
        raise Conflict(
            "wrong_state",
            f"The round is {found.state}; late marks are decided while it is frozen.",
        )
    words = check_reason(reason)
    waiting = [row for row in _meant(session, found, which) if row.decided_at is None]
    own = select(Seat.id).filter_by(round_id=found.id, person_id=actor.person_id or 0)
    if session.scalar(own) in {row.seat_id for row in waiting}:
        raise NotAllowed(
            "own_marks", "These are your own marks; another organizer decides. Nothing was changed."
        )
    told = note(session, words) if waiting else {}
    lines = criteria_of(session, found.id) if waiting and is_accepted else []
    for row in waiting:
        row.decided_at, row.decided_by_id = now(), actor.person_id
        row.is_accepted, row.note_id = is_accepted, int(str(told["note"]))
        if is_accepted:
            _count(session, actor, found, row, lines)
        record(
            session,
            stream=f"late:{found.id}",
            kind="late.accepted" if is_accepted else "late.refused",
            actor_id=actor.person_id,
            late=row.id,
            reason=told,
        )
    session.flush()
    if waiting and is_accepted:
        record_results(session, actor, found)
    return len(waiting)


def _meant(
    session: Session, found: Round, which: Sequence[int] | OfJudge | None
) -> Sequence[LateMark]:
    """The rows of the tray that are meant, held; decided ones among them.

    Raises:
        Invalid: none is named.
        NotFound: one of those named is not in this tray.
    """
    query = select(LateMark).filter_by(round_id=found.id).order_by(LateMark.id).with_for_update()
    if which is None:
        return session.scalars(query.where(LateMark.made_at < found.frozen_at)).all()
    if isinstance(which, OfJudge):
        own = query.where(LateMark.seat_id == which.seat_id, LateMark.id <= which.last)
        return session.scalars(own).all()
    if not which:
        raise Invalid(
            "nothing_chosen", "Choose a score, or take all of one judge. Nothing was changed."
        )
    rows = session.scalars(query.where(LateMark.id.in_(which))).all()
    if len(rows) != len(set(which)):
        raise NotFound("no_such_late_mark", "The late tray of this round has no such mark.")
    return rows


def _count(
    session: Session,
    actor: Actor,
    found: Round,
    row: LateMark,
    lines: Sequence[CriterionRow],
) -> None:
    """Add an accepted mark to the ledger under its own key and count."""
    seat = session.get_one(Seat, row.seat_id)
    visit = session.scalars(
        select(Visit).filter_by(seat_id=row.seat_id, project_id=row.project_id)
    ).one()
    target = Target(found, seat, visit)
    sent = Sent(key=row.key, seq=row.seq, made_at=row.made_at, visit_id=visit.id)
    if row.criterion_id is None:
        write_texts(session, actor, target, sent, Texts(**json.loads(row.texts)), actor.person_id)
        return
    line = next(line for line in lines if line.id == row.criterion_id)
    write_mark(
        session,
        actor,
        target,
        sent,
        lines=lines,
        line=line,
        value=row.value,
        entered_by_id=actor.person_id,
    )
