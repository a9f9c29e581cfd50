"""A rehearsal is discarded whole: every door to it closes, and nobody finds it any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.credits.models import Hold, TeamToken
from hackathon.credits.service.holds import end_all
from hackathon.credits.service.ledger import hold_team
from hackathon.credits.service.tokens import revoke_token
from hackathon.events import service as events
from hackathon.events.service.own import own_event
from hackathon.judging.models import Round, Seat, StageToken
from hackathon.judging.service.seats import remove_seat
from hackathon.judging.service.stage import revoke_key
from hackathon.people import service as people
from hackathon.shared.notices import forget
from hackathon.teams import service as teams
from hackathon.teams.models import Invitation, Team

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


@dataclass(frozen=True)
class Discarded:
    """What was ended with a rehearsal."""

    roles: int
    seats: int


def discard(session: Session, actor: Actor, *, event_id: int, reason: str) -> Discarded:
    """Discard a rehearsal: seats, keys, tokens, holds, invitations, roles and notices end.

    Rows and facts stay, because nothing that happened is deleted; no page shows them.

    Raises:
        NotAllowed: the actor does not organize the event.
        Conflict: a real event.
        NotFound: discarded already.
        Invalid: no reason.
    """
    slug = own_event(session, actor, event_id).slug
    events.mark_discarded(session, actor, event_id=event_id, reason=reason)
    where = {"event_id": event_id}
    seats = session.execute(
        select(Seat.id, Seat.round_id)
        .join(Round, Round.id == Seat.round_id)
        .where(Round.event_id == event_id, Seat.removed_at.is_(None))
        .order_by(Seat.id)
    ).all()
    for seat_id, round_id in seats:
        remove_seat(session, actor, **where, round_id=round_id, seat_id=seat_id)
    keys = session.execute(
        select(StageToken.id, StageToken.round_id)
        .join(Round, Round.id == StageToken.round_id)
        .where(Round.event_id == event_id, StageToken.revoked_at.is_(None))
    ).all()
    for key_id, round_id in keys:
        revoke_key(session, actor, **where, round_id=round_id, key_id=key_id)
    _close_teams(session, actor, event_id)
    forget(session, f"/events/{slug}")
    return Discarded(people.drop_event_roles(session, actor, event_id=event_id), len(seats))


def _close_teams(session: Session, actor: Actor, event_id: int) -> None:
    where = {"event_id": event_id}
    tokens = session.execute(
        select(TeamToken.id, TeamToken.team_id).filter_by(event_id=event_id, revoked_at=None)
    ).all()
    for token_id, team_id in tokens:
        revoke_token(session, actor, **where, team_id=team_id, token_id=token_id)
    held = select(Hold.team_id).filter_by(event_id=event_id, state="open").distinct()
    for team_id in sorted(session.scalars(held)):
        hold_team(session, event_id, team_id)
        end_all(session, team_id)
    invited = session.execute(
        select(Invitation.id, Invitation.team_id)
        .join(Team, Team.id == Invitation.team_id)
        .where(
            Team.event_id == event_id,
            Team.archived_at.is_(None),
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
    ).all()
    for invitation_id, team_id in invited:
        teams.revoke(session, actor, **where, team_id=team_id, invitation_id=invitation_id)
