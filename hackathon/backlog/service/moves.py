"""A proposal moves: guard, effect, history and fact in one transaction."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.backlog.metrics import check_in_dates
from hackathon.backlog.models import CheckIn, LearningCard, Proposal, ProposalMove
from hackathon.backlog.queries.proposals import (
    asker_of,
    case_of,
    hides,
    members_of,
    page_of,
    today_of,
)
from hackathon.backlog.rules import (
    DECISION,
    FIRST_RESPONSE,
    LIVING,
    Given,
    State,
    Verb,
    next_state,
)
from hackathon.backlog.service.history import held, say, write_move
from hackathon.shared.db import lock
from hackathon.shared.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def move(
    session: Session,
    actor: Actor,
    *,
    proposal_id: int,
    verb: Verb,
    version: int,
    given: Given | None = None,
) -> State:
    """Take one of the listed transitions; returns the state it led to.

    Args:
        session: An open transaction.
        actor: Who asks.
        proposal_id: Which proposal.
        verb: Which transition.
        version: The proposal's version as the asker saw it.
        given: What was typed for it.

    Raises:
        NotFound: no such proposal for this person.
        Conflict: somebody was faster, or the transition does not begin here.
        NotAllowed: it is for somebody else.
        Invalid: something a guard asks for is missing.
    """
    given = given or Given()
    target = None
    if verb is Verb.MERGE and given.target is not None and given.target < proposal_id:
        target = lock(session, Proposal, id=given.target)  # the lower id first, always
    found = held(session, actor, proposal_id, version)
    members = members_of(session, found.id)
    to = next_state(
        case_of(found, page_of(session, found)), verb, asker_of(actor, found, members), given
    )
    if verb is Verb.MERGE:
        target = target or lock(session, Proposal, id=given.target or 0)
        _check_target(actor, found, target)
    before = State(found.state)
    came_from = _came_from(session, found, before, to)
    _EFFECTS.get(verb, _nothing)(session, actor, found, given)
    found.came_from = came_from
    found.version += 1
    write_move(
        session,
        actor,
        found,
        verb=verb,
        to=to,
        reason=given.reason,
        code=given.code if verb is Verb.DECLINE else "",
        into_id=found.merged_into_id,
        happened_on=found.live_on if verb is Verb.LAUNCH else None,
    )
    return to


def _check_target(actor: Actor, found: Proposal, target: Proposal | None) -> None:
    if target is None or hides(target, actor):
        raise Invalid("target", "The backlog has no proposal of that number.", field="target")
    if target.id == found.id:
        raise Invalid("target", "It cannot be merged into itself.", field="target")
    if target.state not in LIVING | {State.PRODUCTION}:
        raise Invalid("target", "That one is closed; choose one that lives.", field="target")


def _came_from(session: Session, found: Proposal, before: State, to: State) -> str | None:
    """The state before parking, stopping or merging; after taking apart, before parking."""
    if to is State.STOPPED and before is State.PARKED:
        return found.came_from
    if to in {State.STOPPED, State.MERGED} or (to is State.PARKED and before is not State.MERGED):
        return before
    if to is State.PARKED:
        return session.scalar(
            select(ProposalMove.from_state)
            .filter_by(proposal_id=found.id, verb=Verb.PARK)
            .order_by(ProposalMove.number.desc())
            .limit(1)
        )
    return None


# --- effects --------------------------------------------------------------------------


def schedule(session: Session, found: Proposal, last_day: date, today: date) -> dict[str, date]:
    """Write the check-ins; their days by key."""
    dates = check_in_dates(last_day, today)
    for key, due_on in dates.items():
        session.add(CheckIn(proposal_id=found.id, key=key, due_on=due_on))
    session.flush()
    return dates


def _nothing(_session: Session, _actor: Actor, _found: Proposal, _given: Given) -> None:
    """Most transitions change nothing but the state."""


def _proposed(_session: Session, _actor: Actor, found: Proposal, _given: Given) -> None:
    found.decide_by = today_of(found) + timedelta(days=FIRST_RESPONSE)


def _reviewed(_session: Session, _actor: Actor, found: Proposal, _given: Given) -> None:
    found.decide_by = today_of(found) + timedelta(days=DECISION)


def _accepted(session: Session, _actor: Actor, found: Proposal, _given: Given) -> None:
    today = today_of(found)
    found.time_box_ends = today + timedelta(days=found.time_box_days or 0)
    found.decide_by = None
    if session.scalar(select(CheckIn.id).filter_by(proposal_id=found.id).limit(1)) is None:
        schedule(session, found, today, today)


def _started(_session: Session, _actor: Actor, found: Proposal, _given: Given) -> None:
    found.start = found.start or today_of(found)


def _made_ready(_session: Session, _actor: Actor, found: Proposal, given: Given) -> None:
    found.link = given.link or found.link
    found.measured = json.dumps(given.measured, ensure_ascii=False)


def _recycled(_session: Session, _actor: Actor, found: Proposal, given: Given) -> None:
    found.is_extended = True
    found.time_box_days = given.days
    found.time_box_ends = today_of(found) + timedelta(days=given.days or 0)


def _piloted(_session: Session, _actor: Actor, found: Proposal, given: Given) -> None:
    found.home_team = given.home_team.strip()[:200]


def _launched(_session: Session, _actor: Actor, found: Proposal, given: Given) -> None:
    found.live_on = given.live_on
    found.release_url = given.release_url
    found.monitored_by = given.monitored_by.strip()[:200]


def _parked(_session: Session, _actor: Actor, found: Proposal, given: Given) -> None:
    found.revisit_on = given.revisit_on


def _resumed(_session: Session, _actor: Actor, found: Proposal, _given: Given) -> None:
    found.revisit_on = None


def _stopped(session: Session, actor: Actor, found: Proposal, given: Given) -> None:
    card = LearningCard(
        proposal_id=found.id,
        cycle=found.cycle,
        tried=given.tried.strip(),
        learned=given.learned.strip(),
        who_should_know=given.who_should_know.strip(),
        reuse=given.reuse.strip(),
        written_by_id=actor.person_id,
    )
    session.add(card)
    session.flush()
    say(session, actor, found.id, "learning_card.written", card=card.id)


def _merged(_session: Session, _actor: Actor, found: Proposal, given: Given) -> None:
    found.merged_into_id = given.target


def _unmerged(_session: Session, _actor: Actor, found: Proposal, _given: Given) -> None:
    found.merged_into_id = None


def _reopened(session: Session, actor: Actor, found: Proposal, given: Given) -> None:
    found.cycle += 1
    found.is_extended, found.measured = False, "[]"
    found.time_box_ends = found.revisit_on = None
    _proposed(session, actor, found, given)


_EFFECTS: dict[Verb, Callable[[Session, Actor, Proposal, Given], None]] = {
    Verb.PROPOSE: _proposed,
    Verb.REVIEW: _reviewed,
    Verb.ACCEPT: _accepted,
    Verb.RETURN: _proposed,
    Verb.START: _started,
    Verb.READY: _made_ready,
    Verb.RECYCLE: _recycled,
    Verb.PILOT: _piloted,
    Verb.LAUNCH: _launched,
    Verb.PARK: _parked,
    Verb.RESUME: _resumed,
    Verb.STOP: _stopped,
    Verb.MERGE: _merged,
    Verb.UNMERGE: _unmerged,
    Verb.REOPEN: _reopened,
}
