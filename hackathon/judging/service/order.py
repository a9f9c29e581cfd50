"""The running order: which projects a round has, who visits them, which is on stage."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from hackathon.judging.models import Pitch, Round, Seat, Visit
from hackathon.judging.queries.conflicts import conflicts_of
from hackathon.judging.queries.finals import final_of
from hackathon.judging.queries.presence import is_away
from hackathon.judging.queries.rounds import entries_of, field_of
from hackathon.judging.rules import FROM_FREEZE, MARKING, PITCH_SECONDS, Mode, State, Takes
from hackathon.judging.service.held import event_of, own_round, say
from hackathon.people.rules import check_organizes
from hackathon.projects.queries import submissions
from hackathon.shared.clock import now
from hackathon.shared.errors import Conflict, Invalid

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def gather_projects(session: Session, found: Round) -> None:
    """Put every valid submission of its field that is not there yet at the end of the order."""
    there = set(session.scalars(select(Pitch.project_id).filter_by(round_id=found.id)))
    last = session.scalar(select(func.max(Pitch.position)).filter_by(round_id=found.id)) or 0
    for entry in field_of(session, event_of(session, found), found):
        if entry.project_id not in there:
            last += 1
            session.add(Pitch(round_id=found.id, project_id=entry.project_id, position=last))
    session.flush()


def plan_visits(session: Session, found: Round) -> None:
    """In pitches everyone sees everyone: make each visit that is missing."""
    if found.mode != Mode.PITCHES:
        return
    there = {
        (seat, project)
        for seat, project in session.execute(
            select(Visit.seat_id, Visit.project_id).where(Visit.round_id == found.id)
        )
    }
    there |= conflicts_of(session, found.id)
    here = select(Seat.id).filter_by(round_id=found.id, removed_at=None).where(~is_away())
    seats = session.scalars(here).all()
    order = session.scalars(
        select(Pitch.project_id).filter_by(round_id=found.id).order_by(Pitch.position)
    ).all()
    for seat_id in seats:
        for project_id in order:
            if (seat_id, project_id) not in there:
                session.add(Visit(round_id=found.id, seat_id=seat_id, project_id=project_id))
    session.flush()


def take_in(session: Session, actor: Actor, *, event_id: int) -> None:
    """Take projects that came since then into every round that is not frozen, with visits.

    Raises:
        NotAllowed: the actor does not organize the event.
    """
    check_organizes(actor, event_id)
    going_on = select(Round.id).where(
        Round.event_id == event_id, Round.state.not_in(list(FROM_FREEZE))
    )
    for round_id in session.scalars(going_on.order_by(Round.id)).all():
        found = own_round(session, actor, event_id, round_id)
        here = select(func.count()).select_from(Pitch).filter_by(round_id=found.id)
        before = session.scalar(here)
        gather_projects(session, found)
        added = (session.scalar(here) or 0) - (before or 0)
        if added and State(found.state) in MARKING:
            plan_visits(session, found)
        if added:
            say(session, actor, found, "projects.gathered", added=added)


def set_order(
    session: Session, actor: Actor, *, event_id: int, round_id: int, projects: Sequence[int] | None
) -> None:
    """Set the running order; None draws it by lot.

    Raises:
        Conflict: a pitch is on stage or the round is over.
        Invalid: the list does not name exactly the projects of the round.
    """
    found = own_round(session, actor, event_id, round_id)
    if found.pitch is not None or State(found.state) in FROM_FREEZE:
        raise Conflict("order_fixed", "The pitches have begun; the order stays as it is.")
    gather_projects(session, found)
    rows = {
        row.project_id: row for row in session.scalars(select(Pitch).filter_by(round_id=found.id))
    }
    wanted = list(projects) if projects is not None else sorted(rows)
    if projects is None:
        secrets.SystemRandom().shuffle(wanted)
    if sorted(wanted) != sorted(rows):
        raise Invalid(
            "order", "The order must name each project once; nothing was changed.", field="order"
        )
    for position, project_id in enumerate(wanted, 1):
        rows[project_id].position = position
    say(session, actor, found, "order.set", projects=wanted)


def show_pitch(
    session: Session, actor: Actor, *, event_id: int, round_id: int, position: int | None
) -> None:
    """Put a pitch on stage (by its place in the order) or take it off; starts its timer.

    Raises:
        Conflict: the round is not open.
        Invalid: there is no such place in the order.
    """
    found = own_round(session, actor, event_id, round_id)
    if found.state != State.OPEN:
        raise Conflict("not_open", "Pitches run while the round is open. Nothing was changed.")
    entries = entries_of(session, event_of(session, found), found.id)
    if position is not None and not 1 <= position <= len(entries):
        raise Invalid("position", "There is no such place in the running order.", field="position")
    if found.pitch == position:
        return  # the second click: the timer goes on
    found.pitch = position
    found.pitch_started_at = now() if position is not None else None
    project = entries[position - 1].project_id if position is not None else None
    say(session, actor, found, "pitch.shown", position=position, project=project)


def restart_timer(
    session: Session, actor: Actor, *, event_id: int, round_id: int, seconds: int | None = None
) -> None:
    """Start the timer of the pitch on stage again, perhaps with another length in seconds."""
    found = own_round(session, actor, event_id, round_id)
    if seconds is not None:
        if seconds not in PITCH_SECONDS:
            raise Invalid("seconds", "A pitch takes 30 seconds to an hour.", field="seconds")
        found.pitch_seconds = seconds
    if found.pitch is not None:
        found.pitch_started_at = now()
    say(session, actor, found, "timer.started", seconds=found.pitch_seconds)


def choose_projects(
    session: Session, actor: Actor, *, event_id: int, round_id: int, projects: Collection[int]
) -> None:
    """Say which projects a round has, such as those that stand for a prize.

    Before it opens any; afterwards projects come, none goes.

    Raises:
        Conflict: not such a round, a final (the round before decides), or closed.
        Invalid: a project that was not submitted, or none.
    """
    found = own_round(session, actor, event_id, round_id)
    state = State(found.state)
    if found.takes != Takes.CHOSEN or final_of(session, found.id) is not None:
        raise Conflict("not_chosen", "The projects of this round are not chosen by hand.")
    if state in FROM_FREEZE:
        raise Conflict("frozen", "Judging is closed; the projects stay as they are.")
    known = {row.project_id for row in submissions(session, event_of(session, found))}
    if not projects or not set(projects) <= known:
        raise Invalid("projects", "Choose submitted projects, at least one.", field="projects")
    set_pitches(session, found, projects, only_add=state in MARKING)
    if state in MARKING:
        plan_visits(session, found)
    say(session, actor, found, "projects.chosen", projects=sorted(projects))


def set_pitches(
    session: Session, found: Round, projects: Collection[int], *, only_add: bool = False
) -> None:
    """Make these the projects of a round; new ones come last, drawn by lot among themselves.

    By lot, because the order is seen by everybody and must not tell how they stand.
    """
    there = {
        row.project_id: row for row in session.scalars(select(Pitch).filter_by(round_id=found.id))
    }
    gone = there.keys() - set(projects)
    if gone and not only_add:
        session.execute(delete(Pitch).where(Pitch.round_id == found.id, Pitch.project_id.in_(gone)))
    last = max((row.position for row in there.values()), default=0)
    fresh = sorted(set(projects) - there.keys())
    secrets.SystemRandom().shuffle(fresh)
    for position, project_id in enumerate(fresh, last + 1):
        session.add(Pitch(round_id=found.id, project_id=project_id, position=position))
    session.flush()
