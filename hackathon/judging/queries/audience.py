"""The audience's vote: whose, for what, and (after the reveal) how it went."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from hackathon.judging.models import AudienceVote
from hackathon.judging.rules import MARKING, State
from hackathon.teams.models import Membership

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from hackathon.judging.models import Round


def is_voting(found: Round) -> bool:
    """Whether the vote takes voices: opened, not closed, and the round not final."""
    return (
        found.vote_opened_at is not None
        and found.vote_closed_at is None
        and State(found.state) in MARKING | {State.FROZEN}
    )


def voting_round(rounds: Sequence[Round]) -> Round | None:
    """The round whose vote is open; the newest if there are several."""
    return next((found for found in reversed(rounds) if is_voting(found)), None)


def vote_of(session: Session, round_id: int, person_id: int) -> AudienceVote | None:
    """A person's own vote."""
    return session.scalar(select(AudienceVote).filter_by(round_id=round_id, person_id=person_id))


def own_teams(session: Session, person_id: int) -> set[int]:
    """The teams a person is or was in: for their projects the person does not vote."""
    query = select(Membership.team_id).filter_by(person_id=person_id)
    return set(session.scalars(query))


def voices(session: Session, round_id: int) -> int:
    """How many have voted; not for whom."""
    query = select(func.count()).select_from(AudienceVote).filter_by(round_id=round_id)
    return session.scalar(query) or 0


def votes_in(session: Session, round_ids: Iterable[int]) -> dict[int, dict[int, int]]:
    """Votes by round and project, the most first; only for rounds that are out, or going out."""
    count = func.count()
    answer = session.execute(
        select(AudienceVote.round_id, AudienceVote.project_id, count)
        .where(AudienceVote.round_id.in_(list(round_ids)))
        .group_by(AudienceVote.round_id, AudienceVote.project_id)
        .order_by(count.desc(), AudienceVote.project_id)
    )
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for round_id, project_id, votes in answer:
        found[round_id][project_id] = votes
    return found
