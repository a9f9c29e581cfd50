"""The one way a proposal gets into a state: row, history and fact together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from hackathon.backlog.models import Proposal, ProposalMove
from hackathon.backlog.queries.proposals import hides, no_such_proposal, today_of
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict
from hackathon.shared.facts import note, record

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from hackathon.backlog.rules import State
    from hackathon.people.rules import Actor


def say(session: Session, actor: Actor, proposal_id: int, kind: str, **body: Any) -> None:  # noqa: ANN401 - as `record`
    """Record a fact on the proposal's stream."""
    stream = f"proposal:{proposal_id}"
    record(session, stream=stream, kind=kind, actor_id=actor.person_id, **body)


def held(session: Session, actor: Actor, proposal_id: int, version: int | None = None) -> Proposal:
    """A proposal this person may read, held until the commit.

    Raises:
        NotFound: there is none, or it is somebody else's draft.
        Conflict: somebody changed it since `version`.
    """
    found = lock(session, Proposal, id=proposal_id)
    if found is None or hides(found, actor):
        raise no_such_proposal()
    if version is not None and found.version != version:
        raise Conflict(
            "faster",
            "Somebody else changed this proposal first. Nothing of yours was saved; "
            "look at the page as it is now and try again.",
            version=found.version,
        )
    return found


def write_move(
    session: Session,
    actor: Actor,
    proposal: Proposal,
    *,
    verb: str,
    to: State,
    reason: str = "",
    code: str = "",
    into_id: int | None = None,
    happened_on: date | None = None,
) -> None:
    """Add a line to the history and set the state; the caller holds the row."""
    numbers = select(func.max(ProposalMove.number)).filter_by(proposal_id=proposal.id)
    with session.no_autoflush:  # the row fits its constraints only with the new state
        last = session.scalar(numbers)
    before = proposal.state if last else None
    proposal.state = to
    told = note(session, reason.strip()) if reason.strip() else None
    day = happened_on or today_of(proposal)
    session.add(
        ProposalMove(
            proposal_id=proposal.id,
            number=(last or 0) + 1,
            verb=verb,
            from_state=before,
            to_state=to,
            cycle=proposal.cycle,
            code=code,
            note_id=told["note"] if told else None,
            into_id=into_id,
            happened_on=day,
            at=now(),
            by_id=actor.person_id,
        )
    )
    session.flush()
    body: dict[str, Any] = {"verb": verb, "from": before, "to": to.value, "on": day.isoformat()}
    if told:
        body["reason"] = told
    if into_id is not None:
        body["into"] = into_id
    say(session, actor, proposal.id, "proposal.moved", **body)
