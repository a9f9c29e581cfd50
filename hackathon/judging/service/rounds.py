"""Rounds: made, opened, paused, frozen, finalized; the running order and the pitch on stage."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select

from hackathon.events import queries as events
from hackathon.events.models import Event
from hackathon.events.rules import Phase, check_phase, check_reason
from hackathon.judging.models import CriterionRow, Mark, Pitch, Round, Seat, Visit
from hackathon.judging.queries import marks as mark_queries
from hackathon.judging.queries.presence import is_away
from hackathon.judging.queries.rounds import conflicts_of, entries_of, no_such_round
from hackathon.judging.rules import (
    FROM_FREEZE,
    MARKING,
    PITCH_SECONDS,
    Mode,
    Rubric,
    Rule,
    State,
    Verb,
    next_state,
    weight_text,
)
from hackathon.judging.service.results import record_results
from hackathon.people.rules import check_organizes
from hackathon.projects.queries import submissions
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, Invalid
from hackathon.shared.facts import note, record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def say(session: Session, actor: Actor, found: Round, kind: str, **body: Any) -> None:  # noqa: ANN401 - as `record`
    """Record a fact on the round's stream."""
    record(
        session,
        stream=f"judging:{found.id}",
        kind=kind,
        actor_id=actor.person_id,
        **body,
    )


def own_round(session: Session, actor: Actor, event_id: int, round_id: int) -> Round:
    """A round of an event the actor organizes, held until the commit.

    Raises:
        NotAllowed: the actor does not organize the event.
        NotFound: the event has no such round.
    """
    check_organizes(actor, event_id)
    found = lock(session, Round, id=round_id, event_id=event_id)
    if found is None:
        raise no_such_round()
    return found


def event_of(session: Session, found: Round) -> Event:
    """The event of a round."""
    return session.get_one(Event, found.event_id)


def add_round(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    rubric: Rubric,
    mode: Mode = Mode.PITCHES,
    rule: Rule = Rule.ADJUSTED,
) -> Round:
    """Make a round in draft with its rubric.

    Raises:
        NotAllowed: the actor does not organize the event.
        Conflict: the results of the event are out.
    """
    check_organizes(actor, event_id)
    event = session.get_one(Event, event_id)
    if event.revealed_at is not None:
        raise Conflict("revealed", "The results are out; there is nothing left to judge.")
    found = Round(
        event_id=event_id,
        name=rubric.name,
        mode=mode,
        rule=rule,
        low=rubric.scale.low,
        high=rubric.scale.high,
        step=rubric.scale.step,
        reveal_top=3,
    )
    session.add(found)
    session.flush()
    _write_rubric(session, found, rubric)
    say(session, actor, found, "round.created", criteria=len(rubric.criteria))
    return found


def _write_rubric(session: Session, found: Round, rubric: Rubric) -> None:
    for position, criterion in enumerate(rubric.criteria):
        session.add(
            CriterionRow(
                round_id=found.id,
                position=position,
                key=criterion.key,
                label=criterion.label,
                weight=weight_text(criterion.weight),
                anchors=json.dumps(criterion.anchors, sort_keys=True, ensure_ascii=False),
            )
        )
    session.flush()


def change_round(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    round_id: int,
    rubric: Rubric,
    mode: Mode,
    rule: Rule,
) -> None:
    """Change the rubric, the mode and the rule until the first mark is there.

    Raises:
        Conflict: a mark has been given, or (mode and rule) the round has opened.
    """
    found = own_round(session, actor, event_id, round_id)
    marked = session.scalar(
        select(Mark.id).join(Visit, Visit.id == Mark.visit_id).where(Visit.round_id == found.id)
        .limit(1)
    )  # fmt: skip
    if marked is not None or found.state != State.DRAFT:
        raise Conflict(
            "rubric_locked",
            "The method is fixed when the round opens, so that all are judged alike. "
            "Nothing was changed.",
        )
    session.execute(delete(CriterionRow).where(CriterionRow.round_id == found.id))
    found.name, found.mode, found.rule = rubric.name, mode, rule
    found.low, found.high, found.step = rubric.scale.low, rubric.scale.high, rubric.scale.step
    session.flush()
    _write_rubric(session, found, rubric)
    say(session, actor, found, "round.changed", criteria=len(rubric.criteria))


# --- the running order ----------------------------------------------------------------


def gather_projects(session: Session, found: Round) -> None:
    """Put every valid submission that is not there yet at the end of the running order."""
    there = set(session.scalars(select(Pitch.project_id).filter_by(round_id=found.id)))
    last = session.scalar(select(func.max(Pitch.position)).filter_by(round_id=found.id)) or 0
    for entry in submissions(session, event_of(session, found)):
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


# --- states ---------------------------------------------------------------------------


def move(
    session: Session, actor: Actor, *, event_id: int, round_id: int, verb: Verb, reason: str = ""
) -> Round:
    """Open, pause, resume, freeze or finalize a round.

    Pausing needs a reason, which judges read. The freeze writes the result record in the
    same transaction. The reveal has its own steps (`results.show_step`).

    Raises:
        Conflict: the verb does not start in this state, or a guard does not hold.
        Invalid: no reason where one is needed.
    """
    if verb is Verb.OPEN:
        lock(session, Event, id=event_id)  # two rounds opened at once meet here
    found = own_round(session, actor, event_id, round_id)
    ends = next_state(State(found.state), verb)
    body: dict[str, object] = {}
    if verb is Verb.PAUSE or reason.strip():
        told = note(session, check_reason(reason))
        body["reason"] = told
        if verb is Verb.PAUSE:
            found.paused_note_id = int(str(told["note"]))
    if verb is Verb.OPEN:
        _check_may_open(session, found)
        gather_projects(session, found)
        plan_visits(session, found)
        _check_has_projects(session, found)
        found.opened_at = now()
    if verb is Verb.FREEZE:
        found.frozen_at = now()
        found.pitch = found.pitch_started_at = None
    if verb is Verb.FINALIZE:
        _check_may_finalize(session, found)
        found.finalized_at = now()
        if found.vote_opened_at is not None and found.vote_closed_at is None:
            found.vote_closed_at = now()
    if verb is Verb.REVEAL:
        raise Conflict("by_steps", "The reveal has its own page; nothing was changed.")
    found.state = ends
    session.flush()
    say(session, actor, found, f"round.{_PAST[verb]}", **body)
    if verb is Verb.FREEZE:
        record_results(session, actor, found)
    return found


_PAST = {
    Verb.OPEN: "opened",
    Verb.PAUSE: "paused",
    Verb.RESUME: "resumed",
    Verb.FREEZE: "frozen",
    Verb.FINALIZE: "finalized",
}


def _check_may_open(session: Session, found: Round) -> None:
    phase = events.phase_of(session, event_of(session, found))
    check_phase(phase, Phase.JUDGING)
    if session.scalar(select(Seat.id).filter_by(round_id=found.id, removed_at=None)) is None:
        raise Conflict("no_judges", "Nobody has a seat yet. Add the judges, then open.")
    other = session.scalar(
        select(Round.name).where(
            Round.event_id == found.event_id,
            Round.id != found.id,
            Round.state.in_([State.OPEN, State.PAUSED]),
        )
    )
    if other is not None:
        raise Conflict("other_open", f"{other} is open; freeze it first. Nothing was changed.")


def _check_has_projects(session: Session, found: Round) -> None:
    if not entries_of(session, event_of(session, found), found.id):
        raise Conflict(
            "no_projects", "No project was submitted, so there is nothing to judge. "
            "Reopen a card for a team that should be judged.",
        )  # fmt: skip


def _check_may_finalize(session: Session, found: Round) -> None:
    waiting = mark_queries.late_waiting(session, found.id)
    if waiting:
        raise Conflict(
            "late_waiting",
            f"{waiting} late mark{'s wait' if waiting > 1 else ' waits'} for a decision. "
            "Accept or refuse, then finalize.",
        )
