"""The reveal: step by step, then everything to everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.events import service as events
from hackathon.events.models import Event
from hackathon.judging.models import Award, Final, Round
from hackathon.judging.queries.audience import votes_in
from hackathon.judging.queries.results import newest_record, recorded_standings, steps_of
from hackathon.judging.rules import AUDIENCE_PRIZE, Prize, State, most_votes
from hackathon.judging.service.guards import check_no_final
from hackathon.judging.service.held import own_round, say
from hackathon.people.rules import check_organizes
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, Invalid
from hackathon.shared.facts import note, record

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def show_step(session: Session, actor: Actor, *, event_id: int, round_id: int, step: int) -> int:
    """Show the first `step` steps of the reveal; a smaller number goes back.

    Returns the step shown. The same step again changes nothing.

    Raises:
        Conflict: the round is not finalized, or all is out.
        Invalid: there is no such step.
    """
    found = own_round(session, actor, event_id, round_id)
    if found.state != State.FINALIZED:
        raise Conflict(
            "wrong_state",
            f"The round is {found.state}; the reveal needs it finalized. Nothing was shown.",
        )
    check_no_final(session, found)
    made = newest_record(session, found.id)
    steps = steps_of(recorded_standings(session, made) if made else [], found.reveal_top)
    if not 0 <= step <= len(steps):
        raise Invalid("step", "The reveal has no such step; nothing was shown.", field="step")
    if found.reveal_step != step:
        found.reveal_step = step
        record(
            session,
            stream=f"judging:{found.id}",
            kind="reveal.shown",
            actor_id=actor.person_id,
            step=step,
        )
    return step


def set_reveal_top(
    session: Session, actor: Actor, *, event_id: int, round_id: int, top: int
) -> None:
    """How many places are shown one by one, before the first is; 0 for every place."""
    found = own_round(session, actor, event_id, round_id)
    if found.state not in {State.FROZEN, State.FINALIZED} or found.reveal_step:
        raise Conflict("reveal_begun", "The reveal has begun or is over; nothing was changed.")
    if not 0 <= top <= 1000:  # noqa: PLR2004 - far above any event
        raise Invalid("top", "Choose a number of places.", field="top")
    found.reveal_top = top
    record(
        session, stream=f"judging:{found.id}", kind="reveal.planned", actor_id=actor.person_id,
        top=top,
    )  # fmt: skip


def publish_results(session: Session, actor: Actor, *, event_id: int, round_id: int) -> None:
    """The reveal's end: everybody sees the results, also of the rounds before a final.

    With the event's own round its phase is results from now on; an event that has only tracks
    waits for the last of them.

    Raises:
        Conflict: the round is not finalized, or it has a final that has begun.
    """
    check_organizes(actor, event_id)
    lock(session, Event, id=event_id)  # before the round, as everywhere
    found = own_round(session, actor, event_id, round_id)
    if found.state == State.REVEALED:
        return
    if found.state != State.FINALIZED:
        raise Conflict(
            "wrong_state",
            f"The round is {found.state}; the reveal needs it finalized. Nothing was shown.",
            state=found.state,
        )
    check_no_final(session, found)
    for each in [found, *_before(session, found)]:
        _give_audience_prize(session, each)
        each.state, each.revealed_at = State.REVEALED, now()
        session.flush()
        say(session, actor, each, "round.revealed")
    if _ends_event(session, found):
        events.mark_revealed(session, actor, event_id=event_id)


def _before(session: Session, found: Round) -> list[Round]:
    """The rounds whose best went on into this one, the nearest first."""
    firsts = dict(
        iter(
            session.execute(
                select(Final.round_id, Final.first_id)
                .join(Round, Round.id == Final.round_id)
                .where(Round.event_id == found.event_id)
            )
        )
    )
    chain, at = [], firsts.get(found.id)
    while at is not None:
        chain.append(session.get_one(Round, at))
        at = firsts.get(at)
    return [row for row in chain if row.state != State.REVEALED]


def _ends_event(session: Session, found: Round) -> bool:
    """Whether the event's results are out: its own round's, else those of its last track."""
    if not found.track:
        return True
    begun = session.execute(
        select(Round.track, Round.state).where(
            Round.event_id == found.event_id, Round.state != State.DRAFT
        )
    ).all()
    return all(track and state == State.REVEALED for track, state in begun)


def _give_audience_prize(session: Session, found: Round) -> None:
    """People's choice goes to the most votes, or to several with equally many."""
    votes = votes_in(session, [found.id]).get(found.id, {})
    for project in sorted(most_votes(votes)):
        told = note(session, f"{votes[project]} of {sum(votes.values())} votes of the audience")
        session.add(
            Award(
                round_id=found.id, project_id=project, name=AUDIENCE_PRIZE, kind=Prize.AUDIENCE,
                note_id=int(str(told["note"])),
            )
        )  # fmt: skip
