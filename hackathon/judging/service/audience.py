"""The audience's vote: opened, cast, closed; beside the places, never in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.events.models import Event
from hackathon.judging.models import AudienceVote, Round
from hackathon.judging.queries.audience import is_voting, own_teams, vote_of
from hackathon.judging.queries.rounds import entries_of, no_such_round
from hackathon.judging.rules import MARKING, State
from hackathon.judging.service.held import own_round, say
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, NotAllowed, NotFound
from hackathon.shared.facts import record

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def open_vote(session: Session, actor: Actor, *, event_id: int, round_id: int) -> None:
    """Let the audience vote; a closed vote goes on with the votes it has.

    Raises:
        Conflict: the round is neither open nor frozen, or another round's vote is open.
    """
    lock(session, Event, id=event_id)  # two rounds' votes opened at once meet here
    found = own_round(session, actor, event_id, round_id)
    if State(found.state) not in MARKING | {State.FROZEN}:
        raise Conflict(
            "wrong_state",
            f"The round is {found.state}; the audience votes while it is open or frozen.",
        )
    if is_voting(found):
        return
    for other in session.scalars(select(Round).filter_by(event_id=event_id)):
        if is_voting(other):
            raise Conflict("other_vote", f"The vote of {other.name} is open; close it first.")
    found.vote_opened_at, found.vote_closed_at = now(), None
    say(session, actor, found, "vote.opened")


def close_vote(session: Session, actor: Actor, *, event_id: int, round_id: int) -> None:
    """Take no more votes; the result stays hidden until the reveal."""
    found = own_round(session, actor, event_id, round_id)
    if found.vote_opened_at is not None and found.vote_closed_at is None:
        found.vote_closed_at = now()
        say(session, actor, found, "vote.closed")


def cast_vote(
    session: Session, actor: Actor, *, event_id: int, round_id: int, project_id: int
) -> None:
    """One person, one vote; it may move to another project until the vote closes.

    Raises:
        Conflict: the vote is not open.
        NotFound: no such round or project in it.
        NotAllowed: the project of the own team, or nobody in person.
    """
    if actor.person_id is None:
        raise NotAllowed("people_only", "Only people vote.")
    found = lock(session, Round, id=round_id, event_id=event_id)
    if found is None:
        raise no_such_round()
    if not is_voting(found):
        raise Conflict("vote_closed", "The vote is not open. Nothing was saved.")
    event = session.get_one(Event, event_id)
    entries = {row.project_id: row.submission for row in entries_of(session, event, found.id)}
    if project_id not in entries:
        raise NotFound("no_such_project", "There is no such project to vote for.")
    if entries[project_id].team_id in own_teams(session, actor.person_id):
        raise NotAllowed("own_team", "Your own team does not get your vote. Nothing was saved.")
    vote = vote_of(session, found.id, actor.person_id)
    if vote is not None and vote.project_id == project_id:
        return
    if vote is None:
        vote = AudienceVote(round_id=found.id, person_id=actor.person_id, project_id=project_id)
        session.add(vote)
    vote.project_id, vote.cast_at = project_id, now()
    session.flush()
    # not for whom: the tally is nobody's before the reveal
    record(session, stream=f"audience:{found.id}", kind="vote.cast", actor_id=actor.person_id,
           vote=vote.id)  # fmt: skip
