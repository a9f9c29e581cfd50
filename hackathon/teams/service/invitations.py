"""A captain invites; a link or a notice is accepted once."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.events.models import Event, Registration
from hackathon.events.queries import phase_of
from hackathon.events.rules import check_phase
from hackathon.people import queries as people
from hackathon.people.rules import fold_email
from hackathon.shared import mail
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, Gone, NotAllowed, NotFound
from hackathon.shared.sessions import digest
from hackathon.shared.show import before
from hackathon.shared.telling import Kind, Way, ways_of
from hackathon.teams import queries, rules
from hackathon.teams.models import Invitation, Team
from hackathon.teams.service.steps import (
    check_may_form,
    event_of,
    join,
    say,
    team_of,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def invite(
    session: Session, actor: Actor, *, event_id: int, team_id: int, email: str, address: str
) -> str:
    """Invite an address; returns the token of a link that works once, for 72 hours.

    Raises:
        NotAllowed: not the captain.
        Conflict: the team is full or teams are closed.
        Invalid: not an address.
    """
    event, team = event_of(session, event_id), team_of(session, event_id, team_id)
    rules.check_leads(actor, event_id, team.captain_id)
    check_phase(phase_of(session, event), *rules.FORMING)
    check_may_form(session, actor, event, team=team)
    if team.member_count >= team.capacity:
        raise Conflict("team_full", "The team is full.", field="email")
    folded = fold_email(email)
    token = secrets.token_urlsafe(24)
    invitation = Invitation(
        team_id=team.id,
        email=folded,
        token_hash=digest(token),
        invited_by_id=actor.person_id,
        sent_at=now(),
        expires_at=now() + rules.INVITATION_LIFE,
    )
    session.add(invitation)
    session.flush()
    say(session, actor, event_id, "invitation.sent", team=team_id, invitation=invitation.id)
    if not event.is_rehearsal and _wants_mail(session, event, folded):
        mail.send(
            session,
            to=folded,
            subject=f"Join {team.name} at {event.name}",
            body=(
                f"Hello,\n\n{actor.name} invites you to {before('the team', team.name)}{team.name} "
                f"at {event.name}.\n"
                f"The link works once, until it is accepted or three days have passed:\n"
                f"{address}/invitations/{token}\n"
            ),
            key=f"invitation:{invitation.id}",
        )
    return token


def _wants_mail(session: Session, event: Event, email: str) -> bool:
    """Whether the link is mailed: not to closed accounts, nor to participants who read notices."""
    person = people.by_email(session, email)
    if person is None:
        return not mail.is_demo()
    if person.disabled_at is not None or mail.is_demo():
        return False
    is_here = select(Registration.id).filter_by(event_id=event.id, person_id=person.id)
    chosen = ways_of(session, [person], Kind.TEAMS)[person.id]
    return chosen is not Way.NOTICE or session.scalar(is_here) is None


def revoke(
    session: Session, actor: Actor, *, event_id: int, team_id: int, invitation_id: int
) -> None:
    """Take an invitation back."""
    team = team_of(session, event_id, team_id)
    rules.check_leads(actor, event_id, team.captain_id)
    found = session.scalar(select(Invitation).filter_by(id=invitation_id, team_id=team.id))
    if found is None:
        raise NotFound("no_such_invitation", "There is no such invitation.")
    if found.accepted_at is None and found.revoked_at is None:
        found.revoked_at = now()
        say(session, actor, event_id, "invitation.revoked", team=team_id, invitation=found.id)


def find_invitation(session: Session, token: str) -> tuple[Invitation, Team, Event]:
    """An invitation that still works, with its team and event.

    Raises:
        Gone: accepted, revoked, expired or unknown.
    """
    found = session.scalar(
        select(Invitation).where(Invitation.token_hash == digest(token)).with_for_update()
    )
    over = (
        found is None
        or found.accepted_at is not None
        or found.revoked_at is not None
        or found.expires_at <= now()
    )
    if found is None or over:
        raise Gone("invitation_gone", "This invitation has been used, taken back or has expired.")
    team = session.get_one(Team, found.team_id, with_for_update=True)
    return found, team, session.get_one(Event, team.event_id)


def accept_invitation(session: Session, actor: Actor, *, token: str) -> Team:
    """Join by an invitation: confirmed by its person, once.

    Raises:
        Gone: the invitation does not work any more.
        NotAllowed: it is for another address, or the person is not a participant.
        Conflict: the team is full, locked, or the person is in a team.
    """
    found, team, event = find_invitation(session, token)
    return _accept(session, actor, found, team, event)


def accept_shown(session: Session, actor: Actor, *, event_id: int, invitation_id: int) -> Team:
    """Join by an invitation that the signed-in person's own page shows, without its link.

    Raises:
        NotFound: there is none of that number for this person.
        NotAllowed, Conflict: as `accept_invitation`.
    """
    shown = {row.id for row in queries.invitations_to(session, event_id, actor.email)}
    found = lock(session, Invitation, id=invitation_id) if invitation_id in shown else None
    if found is None:
        raise NotFound("no_such_invitation", "There is no such invitation for you any more.")
    team = session.get_one(Team, found.team_id, with_for_update=True)
    return _accept(session, actor, found, team, session.get_one(Event, team.event_id))


def _accept(session: Session, actor: Actor, found: Invitation, team: Team, event: Event) -> Team:
    if people.find_person(session, actor.person_id or 0).email != found.email:
        raise NotAllowed("other_address", "This invitation is for another address.")
    check_may_form(session, actor, event, team=team)
    if not actor.takes_part(event.id):
        raise NotAllowed("participants_only", "Register for the event first, by its join link.")
    found.accepted_at = now()
    join(session, team, actor.person_id or 0)
    say(session, actor, event.id, "invitation.accepted", team=team.id, invitation=found.id)
    return team
