"""Seats and conflicts: who judges, and what they must not score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, case, select, update

from hackathon.events.models import Event
from hackathon.events.rules import check_reason
from hackathon.judging.models import DeclaredConflict, Pitch, Seat, Visit
from hackathon.judging.queries.conflicts import conflicts_of, is_in_round
from hackathon.judging.queries.rounds import field_of, seat_of
from hackathon.judging.rules import FROM_FREEZE, MARKING, Declared, State
from hackathon.judging.service.held import own_round, say
from hackathon.judging.service.order import plan_visits
from hackathon.people.models import Person
from hackathon.people.rules import check_organizes
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, NotAllowed, NotFound
from hackathon.shared.facts import note, record

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.judging.models import Round
    from hackathon.people.rules import Actor


@dataclass(frozen=True)
class Chair:
    """What is said of a judge: the word in files, the group, tracks, the most projects."""

    key: str | None = None
    group_label: str = ""
    tracks: str = ""
    max_load: int | None = None


def add_seat(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    round_id: int,
    person_id: int,
    chair: Chair | None = None,
) -> Seat:
    """Give a person a seat in a round, also while it is open; again changes what is said.

    Raises:
        Conflict: the round is frozen, or the key belongs to another judge.
        NotFound: no such round or person.
    """
    found = own_round(session, actor, event_id, round_id)
    if State(found.state) in FROM_FREEZE:
        raise Conflict("frozen", "Judging is closed; no seat can be added any more.")
    if session.get(Person, person_id) is None:
        raise NotFound("no_such_person", "There is no such person.")
    chair = chair or Chair()
    if chair.key:
        taken = select(Seat.id).filter_by(round_id=found.id, key=chair.key)
        if session.scalar(taken.where(Seat.person_id != person_id)) is not None:
            raise Conflict("key_taken", f"Another judge of this round is {chair.key}.", field="key")
    seat = session.scalar(select(Seat).filter_by(round_id=found.id, person_id=person_id))
    is_new = seat is None or seat.removed_at is not None
    if seat is None:
        seat = Seat(round_id=found.id, person_id=person_id)
        session.add(seat)
    seat.removed_at = None
    seat.key = chair.key or seat.key
    seat.group_label = chair.group_label or seat.group_label or ""
    seat.tracks = chair.tracks or seat.tracks or ""
    seat.max_load = chair.max_load if chair.max_load is not None else seat.max_load
    session.flush()
    if is_new:
        say(session, actor, found, "seat.added", seat=seat.id, person=person_id)
        record(
            session, stream=f"access:{person_id}", kind="seat.given", actor_id=actor.person_id,
            round=found.id,
        )  # fmt: skip
        if State(found.state) in MARKING:
            plan_visits(session, found)
    return seat


def remove_seat(
    session: Session, actor: Actor, *, event_id: int, round_id: int, seat_id: int
) -> None:
    """Take a seat away; complete sheets stay, nothing new is accepted.

    Raises:
        NotFound: the round has no such seat.
    """
    found = own_round(session, actor, event_id, round_id)
    seat = lock(session, Seat, id=seat_id, round_id=found.id)
    if seat is None:
        raise NotFound("no_such_seat", "This round has no such judge.")
    if seat.removed_at is not None:
        return
    seat.removed_at = now()
    say(session, actor, found, "seat.removed", seat=seat.id, person=seat.person_id)
    record(
        session, stream=f"access:{seat.person_id}", kind="seat.taken", actor_id=actor.person_id,
        round=found.id,
    )  # fmt: skip


def note_seen(session: Session, *, seat_id: int, device: str) -> None:
    """Keep when a judge's device said hello last, and which; presence is not a fact."""
    session.execute(_SEEN, {"seat": seat_id, "moment": now(), "device": device})


_SEEN = (
    update(Seat)
    .where(Seat.id == bindparam("seat"))
    .values(
        other_at=case((Seat.seen_by != bindparam("device"), Seat.seen_at), else_=Seat.other_at),
        seen_at=bindparam("moment"),
        seen_by=bindparam("device"),
    )
    .execution_options(synchronize_session=False)
)


def declare_conflict(
    session: Session,
    actor: Actor,
    *,
    found: Round,
    project_id: int,
    seat_id: int | None = None,
    reason: str = "",
    kind: Declared = Declared.DECLARED,
) -> None:
    """Say that a judge must not score a project; a judge for oneself, organizers for anyone.

    A sheet already given for it does not count any more. Again changes nothing. Organizers
    also say what they know: that the judge mentors the team, or leads a member.

    Raises:
        NotAllowed: neither the judge nor an organizer.
        NotFound: no such seat or project in the round.
        Invalid: an organizer without a reason.
    """
    session.refresh(found, with_for_update=True)  # the freeze waits for it, or is seen here
    own = seat_of(session, found.id, actor.person_id)
    mine = own is not None and seat_id in {None, own.id}
    if not mine:
        check_organizes(actor, found.event_id)
    seat = own if mine else session.get(Seat, seat_id or 0)
    if seat is None or seat.round_id != found.id:
        raise NotFound("no_such_seat", "This round has no such judge.")
    if not is_in_round(session, found.id, project_id):
        field = field_of(session, session.get_one(Event, found.event_id), found)
        if all(row.project_id != project_id for row in field):  # before it opens
            raise NotFound("no_such_project", "This round has no such project.")
    if State(found.state) in FROM_FREEZE:
        raise Conflict("frozen", "Judging is closed; the result record stands.")
    known = select(DeclaredConflict).filter_by(seat_id=seat.id, project_id=project_id)
    said = session.scalar(known)
    if said is not None and said.lifted_at is None:
        return
    words = check_reason(reason) if not mine else reason.strip()[:2000]
    told = note(session, words) if words else None
    said = said or DeclaredConflict(seat_id=seat.id, project_id=project_id)
    said.kind, said.lifted_at = Declared.DECLARED if mine else kind, None
    said.declared_by_id, said.declared_at = actor.person_id, now()
    said.note_id = int(str(told["note"])) if told else None
    session.add(said)
    session.flush()
    body = {"reason": told} if told else {}
    say(session, actor, found, "conflict.declared", seat=seat.id, project=project_id, **body)


def lift_conflict(
    session: Session, actor: Actor, *, event_id: int, round_id: int, conflict_id: int, reason: str
) -> None:
    """A declared conflict was a mistake: the judge may score the project again.

    What is known otherwise (team, challenge, department) is not lifted by anybody. A sheet
    given before counts again.

    Raises:
        NotFound: no such conflict in this round.
        NotAllowed: the actor would lift the own one.
        Conflict: judging is closed.
        Invalid: no reason.
    """
    found = own_round(session, actor, event_id, round_id)
    said = session.get(DeclaredConflict, conflict_id)
    seat = session.get(Seat, said.seat_id) if said else None
    if said is None or seat is None or seat.round_id != found.id:
        raise NotFound("no_such_conflict", "This round has no such conflict.")
    if State(found.state) in FROM_FREEZE:
        raise Conflict("frozen", "Judging is closed; the result record stands.")
    if seat.person_id == actor.person_id:
        raise NotAllowed("own_conflict", "It is your own; another organizer lifts it.")
    told = note(session, check_reason(reason))
    if said.lifted_at is not None:
        return
    said.lifted_at = now()
    session.flush()
    say(session, actor, found, "conflict.lifted", seat=seat.id, project=said.project_id,
        reason=told)  # fmt: skip
    if State(found.state) in MARKING:
        plan_visits(session, found)


def set_departmental(
    session: Session, actor: Actor, *, event_id: int, round_id: int, is_departmental: bool
) -> None:
    """Whether a judge of a member's department has a conflict; said before the round opens.

    Raises:
        Conflict: the round has opened: the method is fixed.
    """
    found = own_round(session, actor, event_id, round_id)
    if found.state != State.DRAFT:
        raise Conflict(
            "rubric_locked",
            "The method is fixed when the round opens, so that all are judged alike. "
            "Nothing was changed.",
        )
    if found.is_departmental != is_departmental:
        found.is_departmental = is_departmental
        say(session, actor, found, "departments.set", forbidden=is_departmental)


def give_visit(
    session: Session, actor: Actor, *, event_id: int, round_id: int, seat_id: int, project_id: int
) -> Visit:
    """Put one project on a judge's list by hand.

    Raises:
        NotFound: no such judge in this round, or the project is not among its projects.
        Conflict: judging is closed.
        NotAllowed: the judge has a conflict with the project.
    """
    found = own_round(session, actor, event_id, round_id)
    if State(found.state) in FROM_FREEZE:
        raise Conflict("wrong_state", f"The round is {found.state}; its lists stay as they are.")
    seat = session.scalar(select(Seat).filter_by(id=seat_id, round_id=found.id, removed_at=None))
    pitch = session.scalar(select(Pitch.id).filter_by(round_id=found.id, project_id=project_id))
    if seat is None or pitch is None:
        raise NotFound("no_such_visit", "This round has no such judge or project.")
    return plan_visit(session, actor, found=found, seat=seat, project_id=project_id)


def plan_visit(
    session: Session, actor: Actor, *, found: Round, seat: Seat, project_id: int
) -> Visit:
    """A visit made by hand or by import; again it is the same one.

    Raises:
        NotAllowed: the judge has a conflict with the project.
    """
    check_organizes(actor, found.event_id)
    if (seat.id, project_id) in conflicts_of(session, found.id, seat.id):
        raise NotAllowed("conflict", "That judge has a conflict with that project.")
    visit = session.scalar(select(Visit).filter_by(seat_id=seat.id, project_id=project_id))
    if visit is None:
        visit = Visit(round_id=found.id, seat_id=seat.id, project_id=project_id)
        session.add(visit)
        session.flush()
        say(session, actor, found, "visit.planned", visit=visit.id)
    return visit
