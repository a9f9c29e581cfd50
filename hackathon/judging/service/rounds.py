"""Rounds: made, opened, paused, frozen, finalized; the running order and the pitch on stage."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from hackathon.events.models import Event
from hackathon.events.rules import check_reason
from hackathon.judging.models import CriterionRow, Mark, Pitch, Round, Seat, Visit
from hackathon.judging.queries import marks as mark_queries
from hackathon.judging.queries.finals import final_of
from hackathon.judging.queries.rounds import entries_of
from hackathon.judging.rules import (
    LONGEST_TRACK,
    Mode,
    Rubric,
    Rule,
    State,
    Takes,
    Track,
    Verb,
    check_track,
    next_state,
    weight_text,
)
from hackathon.judging.service.decisions import check_place_prizes
from hackathon.judging.service.guards import check_may_open
from hackathon.judging.service.held import event_of, own_round, say
from hackathon.judging.service.order import (
    gather_projects,
    plan_visits,
    restart_timer,
    set_order,
    show_pitch,
    take_in,
)
from hackathon.judging.service.results import record_results
from hackathon.people.rules import check_organizes
from hackathon.projects.models import Challenge
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, NotFound
from hackathon.shared.facts import note

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


__all__ = [
    "add_round", "change_round", "move", "restart_timer", "set_order", "show_pitch", "take_in",
]  # fmt: skip


def add_round(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    rubric: Rubric,
    mode: Mode = Mode.PITCHES,
    rule: Rule = Rule.ADJUSTED,
    track: Track | None = None,
) -> Round:
    """Make a round in draft with its rubric; of the event, or of a track or prize.

    Raises:
        NotAllowed: the actor does not organize the event.
        NotFound: the event has no such challenge.
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
    _set_track(session, found, track or Track())
    session.add(found)
    session.flush()
    _write_rubric(session, found, rubric)
    say(session, actor, found, "round.created", criteria=len(rubric.criteria))
    return found


def _set_track(session: Session, found: Round, track: Track) -> None:
    """What the round judges apart; a challenge gives the track its name where none is typed."""
    name, challenge = check_track(track.name), None
    if track.takes is Takes.CHALLENGE:
        query = select(Challenge).filter_by(id=track.challenge_id, event_id=found.event_id)
        challenge = session.scalar(query)
        if challenge is None:
            raise NotFound("no_such_challenge", "This event has no such challenge.")
        name = name or challenge.title[:LONGEST_TRACK]
    found.track, found.takes = name, track.takes
    found.challenge_id = challenge.id if challenge else None


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
    track: Track | None = None,
) -> None:
    """Change the rubric, the mode, the rule and the track until the first mark is there.

    A final stays in the track of the round before it, with the projects that came on.

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
    if track is not None and final_of(session, found.id) is None:
        had = found.takes, found.challenge_id
        _set_track(session, found, track)
        if had != (found.takes, found.challenge_id):  # another field; opening gathers it
            session.execute(delete(Pitch).where(Pitch.round_id == found.id))
    session.execute(delete(CriterionRow).where(CriterionRow.round_id == found.id))
    found.name, found.mode, found.rule = rubric.name, mode, rule
    found.low, found.high, found.step = rubric.scale.low, rubric.scale.high, rubric.scale.step
    session.flush()
    _write_rubric(session, found, rubric)
    say(session, actor, found, "round.changed", criteria=len(rubric.criteria))


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
        check_may_open(session, found)
        _check_has_judges(session, found)
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


def _check_has_judges(session: Session, found: Round) -> None:
    if session.scalar(select(Seat.id).filter_by(round_id=found.id, removed_at=None)) is None:
        raise Conflict("no_judges", "Nobody has a seat yet. Add the judges, then open.")


def _check_has_projects(session: Session, found: Round) -> None:
    if not entries_of(session, event_of(session, found), found.id):
        raise Conflict(
            "no_projects", "No project was submitted, so there is nothing to judge. "
            "Reopen a card for a team that should be judged.",
        )  # fmt: skip


def _check_may_finalize(session: Session, found: Round) -> None:
    check_place_prizes(session, event_of(session, found), found)
    waiting = mark_queries.late_waiting(session, found.id)
    if waiting:
        raise Conflict(
            "late_waiting",
            f"{waiting} late mark{'s wait' if waiting > 1 else ' waits'} for a decision. "
            "Accept or refuse, then finalize.",
        )
