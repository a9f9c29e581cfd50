"""Opening a frozen or final round again: one asks with a reason, another confirms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hackathon.events.models import Event
from hackathon.events.rules import check_reason
from hackathon.judging.models import Reopening, Round
from hackathon.judging.queries.rounds import reopening_of
from hackathon.judging.rules import State
from hackathon.judging.service.guards import check_may_open, check_no_final
from hackathon.judging.service.held import own_round, say
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, NotAllowed
from hackathon.shared.facts import note

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def ask_to_reopen(
    session: Session, actor: Actor, *, event_id: int, round_id: int, reason: str
) -> None:
    """Ask for a second person: nothing changes until somebody else confirms.

    Raises:
        Conflict: not frozen or finalized, the reveal has begun, or somebody has asked.
        Invalid: no reason.
        NotAllowed: the command line; two people decide this.
    """
    found = own_round(session, actor, event_id, round_id)
    person_id = _person(actor)
    _check_may_reopen(session, found)
    if reopening_of(session, found.id) is not None:
        raise Conflict("asked", "Somebody has asked already; another organizer decides.")
    told = note(session, check_reason(reason))
    session.add(Reopening(round_id=found.id, asked_by_id=person_id, note_id=int(str(told["note"]))))
    session.flush()
    say(session, actor, found, "reopening.asked", reason=told)


def decide_reopening(
    session: Session, actor: Actor, *, event_id: int, round_id: int, is_confirmed: bool
) -> None:
    """Confirm: the round is open again, its records stay. Or decline, or take it back.

    Marks may change again; what participants see does not: nothing, as while it is open.

    Raises:
        Conflict: nobody asked, or the round cannot be reopened any more.
        NotAllowed: the one who asked confirms.
    """
    lock(session, Event, id=event_id)  # two rounds opened at once meet here
    found = own_round(session, actor, event_id, round_id)
    person_id = _person(actor)
    waiting = reopening_of(session, found.id)
    if waiting is None:
        raise Conflict("not_asked", "Nobody asks to reopen this round. Nothing was changed.")
    if is_confirmed:
        if waiting.asked_by_id == person_id:
            raise NotAllowed(
                "two_people",
                "You asked, so somebody else confirms: another organizer, a program lead or "
                "an administrator. Nothing was changed.",
            )
        _check_may_reopen(session, found)
        check_may_open(session, found)
        found.state = State.OPEN
        found.frozen_at = found.finalized_at = found.reveal_step = None
    waiting.decided_by_id, waiting.decided_at = person_id, now()
    waiting.is_confirmed = is_confirmed
    session.flush()
    kind = "round.reopened" if is_confirmed else "reopening.declined"
    say(session, actor, found, kind, reason={"note": waiting.note_id})


def _person(actor: Actor) -> int:
    if actor.person_id is None:
        raise NotAllowed("two_people", "Two people decide this; nothing was changed.")
    return actor.person_id


def _check_may_reopen(session: Session, found: Round) -> None:
    if found.state not in {State.FROZEN, State.FINALIZED}:
        raise Conflict(
            "wrong_state",
            f"The round is {found.state}; only a frozen or final one can be reopened. "
            "Nothing was changed.",
        )
    if found.reveal_step:
        raise Conflict("reveal_begun", "Places are on the projector; blank it first.")
    check_no_final(session, found)
