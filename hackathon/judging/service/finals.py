"""The best of a round go on into its final: one action, one reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.events.models import Event
from hackathon.events.rules import check_reason
from hackathon.judging.models import CriterionRow, DeclaredConflict, Final, Round, Seat
from hackathon.judging.queries.finals import candidates, final_after, final_of, ranked
from hackathon.judging.queries.results import newest_record
from hackathon.judging.queries.rounds import criteria_of
from hackathon.judging.rules import Mode, State, Takes, check_best, check_finalists, cut
from hackathon.judging.service.held import own_round, say
from hackathon.judging.service.order import set_pitches
from hackathon.judging.service.seats import Chair, add_seat
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict
from hackathon.shared.facts import note

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def carry_on(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    round_id: int,
    best: int,
    reason: str,
    projects: Collection[int] | None = None,
    name: str = "",
) -> Round:
    """Carry the best of a final round's record into a second round of the same track.

    The second round is a draft with the same rubric, which may be changed; judges and
    declared conflicts come along. Again, until it opens, the finalists are those of now.

    Args:
        session: An open transaction.
        actor: An organizer.
        event_id: The event.
        round_id: The first round, finalized and not revealed.
        best: How many of each group of projects that is ranked by itself.
        reason: Why these; kept with the fact.
        projects: Who goes on; None: who the published rule takes, ties included. Only inside
            the band in which the line falls may it differ from the rule.
        name: What the second round is called.

    Returns the second round.

    Raises:
        Conflict: not finalized, the reveal has begun, the final has opened, or a project
            across the edge of a band.
        Invalid: no reason, or too few.
    """
    lock(session, Event, id=event_id)  # two carried at once meet here
    first = own_round(session, actor, event_id, round_id)
    record = newest_record(session, first.id)
    if first.state != State.FINALIZED or record is None:
        raise Conflict(
            "wrong_state",
            f"The round is {first.state}; its best are carried on once it is final. "
            "Nothing was changed.",
        )
    if first.reveal_step:
        raise Conflict("reveal_begun", "Places are on the projector; blank it first.")
    found = final_after(session, first.id)
    if found is not None and found.state != State.DRAFT:
        raise Conflict("final_open", f"{found.name} has opened; its projects stay as they are.")
    rows = ranked(candidates(session, session.get_one(Event, event_id), first))
    check_best(best)
    chosen = set(projects) if projects is not None else set()
    if projects is None:
        chosen = {project for line in cut(rows, best) for project in line.by_rule}
    check_finalists(rows, best, chosen)
    told = note(session, check_reason(reason))
    found = found or _second_round(session, first, name)
    final = final_of(session, found.id) or Final(round_id=found.id, first_id=first.id)
    final.record_id, final.best, final.note_id = record.id, best, int(str(told["note"]))
    final.carried_by_id, final.carried_at = actor.person_id, now()
    session.add(final)
    set_pitches(session, found, chosen)
    _carry_seats(session, actor, first, found, chosen)
    say(
        session, actor, found, "finalists.carried",
        first=first.id, record=record.number, best=best, projects=sorted(chosen), reason=told,
    )  # fmt: skip
    return found


def _second_round(session: Session, first: Round, name: str) -> Round:
    found = Round(
        event_id=first.event_id,
        name=" ".join(name.split())[:200] or "Final",
        mode=Mode.PITCHES,
        rule=first.rule,
        track=first.track,
        takes=Takes.CHOSEN,
        is_departmental=first.is_departmental,
        low=first.low,
        high=first.high,
        step=first.step,
        pitch_seconds=first.pitch_seconds,
        visit_minutes=first.visit_minutes,
        lease_minutes=first.lease_minutes,
        reveal_top=first.reveal_top,
    )
    session.add(found)
    session.flush()
    for line in criteria_of(session, first.id):
        session.add(
            CriterionRow(
                round_id=found.id, position=line.position, key=line.key, label=line.label,
                weight=line.weight, anchors=line.anchors,
            )
        )  # fmt: skip
    session.flush()
    return found


def _carry_seats(
    session: Session, actor: Actor, first: Round, found: Round, projects: Collection[int]
) -> None:
    """Judges who are there, and what they or organizers declared about the finalists.

    A judge whom an organizer took out of the final stays out when the best are carried again.
    """
    known = {seat.person_id: seat for seat in _seats(session, found.id)}
    of: dict[int, Seat] = {}
    for seat in _seats(session, first.id):
        if seat.removed_at is None and seat.person_id not in known:
            known[seat.person_id] = add_seat(
                session,
                actor,
                event_id=found.event_id,
                round_id=found.id,
                person_id=seat.person_id,
                chair=Chair(seat.key, seat.group_label, seat.tracks, seat.max_load),
            )
        if seat.person_id in known:
            of[seat.id] = known[seat.person_id]
    there = {(row.seat_id, row.project_id) for row in session.scalars(_declared(found.id))}
    for row in session.scalars(_declared(first.id)).all():
        own = of.get(row.seat_id)
        if own is None or row.project_id not in projects or (own.id, row.project_id) in there:
            continue
        session.add(
            DeclaredConflict(
                seat_id=own.id, project_id=row.project_id, kind=row.kind, note_id=row.note_id,
                declared_by_id=row.declared_by_id, declared_at=row.declared_at,
            )
        )  # fmt: skip
    session.flush()


def _seats(session: Session, round_id: int) -> list[Seat]:
    return list(session.scalars(select(Seat).filter_by(round_id=round_id).order_by(Seat.id)))


def _declared(round_id: int) -> Select[DeclaredConflict]:
    return (
        select(DeclaredConflict)
        .join(Seat, Seat.id == DeclaredConflict.seat_id)
        .where(Seat.round_id == round_id, DeclaredConflict.lifted_at.is_(None))
        .order_by(DeclaredConflict.id)
    )
