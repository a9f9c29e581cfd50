"""Applying a plan of visits: nothing moves without this click."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.judging.models import Pitch, Visit
from hackathon.judging.queries.assignment import Wishes, propose
from hackathon.judging.rules import FROM_FREEZE, Mode, State, check_wishes
from hackathon.judging.service.held import event_of, own_round, say
from hackathon.judging.service.order import gather_projects
from hackathon.shared.clock import now
from hackathon.shared.errors import Conflict

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.judging.queries.assignment import Proposal
    from hackathon.people.rules import Actor


def apply_plan(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    round_id: int,
    wishes: Wishes,
    stamp: str,
) -> Proposal:
    """Make the plan that was looked at the one that holds; visits that have begun stay.

    Args:
        session: An open transaction.
        actor: An organizer.
        event_id: The event.
        round_id: Its round of visits, before the freeze.
        wishes: What was asked of the plan.
        stamp: The name of the plan that was looked at.

    Raises:
        Conflict: a round of pitches, or frozen; or something changed since the plan was made.
        Invalid: wishes that cannot be.
    """
    found = own_round(session, actor, event_id, round_id)
    if found.mode != Mode.VISITS:
        raise Conflict("pitches", "In pitches everyone sees everyone; there is nothing to plan.")
    if State(found.state) in FROM_FREEZE:
        raise Conflict("frozen", "Judging is closed; the plan stays as it is.")
    check_wishes(wishes.wanted, wishes.minutes)
    proposal = propose(session, event_of(session, found), found, wishes)
    if proposal.stamp != stamp:
        raise Conflict(
            "plan_changed",
            "Judges, projects or visits changed since this plan was made. Nothing was moved; "
            "look at the new plan and apply that one.",
        )
    gather_projects(session, found)
    rows = {
        (visit.seat_id, visit.project_id): visit
        for visit in session.scalars(select(Visit).filter_by(round_id=found.id))
    }
    for pair in proposal.dropped:
        rows[pair].released_at, rows[pair].release_reason = now(), "planned"
        rows[pair].slot = None
    for turn in proposal.turns:
        if turn.is_begun:
            continue
        pair = turn.seat_id, turn.project_id
        visit = rows.get(pair)
        if visit is None:
            visit = Visit(round_id=found.id, seat_id=turn.seat_id, project_id=turn.project_id)
            session.add(visit)
        visit.slot = turn.slot
        visit.released_at = visit.release_reason = visit.leased_until = None
    for pitch in session.scalars(select(Pitch).filter_by(round_id=found.id)):
        pitch.place = proposal.places.get(pitch.project_id, pitch.place)
    found.wanted, found.visit_minutes = wishes.wanted, wishes.minutes
    found.visits_start_at = wishes.starts_at
    session.flush()
    say(
        session, actor, found, "plan.applied",
        wanted=wishes.wanted, visits=len(proposal.turns), added=len(proposal.added),
        dropped=len(proposal.dropped),
    )  # fmt: skip
    return proposal
