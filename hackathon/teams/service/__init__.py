"""Teams form: create, invite, ask, accept, leave. Each change is a fact on `event:<id>`."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from hackathon.events.models import Event, Registration
from hackathon.events.queries import phase_of
from hackathon.events.rules import check_phase, check_reason
from hackathon.people import queries as people
from hackathon.people.rules import check_organizes, fold_email
from hackathon.shared import mail
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, Gone, NotAllowed, NotFound
from hackathon.shared.facts import note, record
from hackathon.shared.sessions import digest
from hackathon.shared.show import before
from hackathon.shared.telling import Kind, Way, ways_of
from hackathon.teams import queries, rules
from hackathon.teams.models import Invitation, JoinRequest, Membership, Opening, Team

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def _say(session: Session, actor: Actor, event_id: int, kind: str, **body: Any) -> None:  # noqa: ANN401 - as `record`
    record(session, stream=f"event:{event_id}", kind=kind, actor_id=actor.person_id, **body)


def _why(session: Session, reason: str) -> dict[str, Any]:
    return {"reason": note(session, reason)} if reason else {}


def _event(session: Session, event_id: int) -> Event:
    event = session.get(Event, event_id)
    if event is None:
        raise NotFound("no_such_event", "There is no such event.")
    return event


def _team(session: Session, event_id: int, team_id: int) -> Team:
    team = lock(session, Team, id=team_id, event_id=event_id)
    if team is None or team.archived_at is not None:
        raise NotFound("no_such_team", "This event has no such team.")
    return team


def _may_form(
    session: Session, actor: Actor, event: Event, *, reason: str = "", team: Team | None = None
) -> str:
    locked = team is not None and team.locked_at is not None
    past = event.teams_lock_at is not None and event.teams_lock_at <= now()
    return rules.check_may_form(
        actor,
        event.id,
        phase_of(session, event),
        reason=reason,
        locked=locked or past,
    )


def _join(session: Session, team: Team, *person_ids: int) -> None:
    """Put people into a team, all or none; the database holds both promises.

    Raises:
        Conflict: the team is full, or one of them is in a team already.
    """
    session.flush()
    if queries.members_among(session, team.event_id, person_ids):
        raise Conflict("in_a_team", "Already in a team of this event; leave it first.")
    try:
        with session.begin_nested():
            for person_id in person_ids:
                session.add(
                    Membership(event_id=team.event_id, team_id=team.id, person_id=person_id)
                )
            session.flush()
    except IntegrityError as error:
        if "not_above_size" in str(error.orig):
            raise Conflict("team_full", "The team is full.") from error
        raise Conflict("in_a_team", "Already in a team of this event; leave it first.") from error
    session.refresh(team)
    session.execute(
        update(JoinRequest)
        .where(
            JoinRequest.person_id.in_(person_ids),
            JoinRequest.state == "open",
            JoinRequest.team_id.in_(select(Team.id).where(Team.event_id == team.event_id)),
        )
        .values(state="lapsed", answered_at=now())
    )
    session.execute(
        update(Registration)
        .where(Registration.event_id == team.event_id, Registration.person_id.in_(person_ids))
        .values(is_looking=False)
    )


def create_team(
    session: Session, actor: Actor, *, event_id: int, name: str, about: str = "", reason: str = ""
) -> Team:
    """Make a team; its maker is its first member and captain.

    Raises:
        Conflict: the name is taken, the person is in a team, or teams are closed.
        NotAllowed: not a participant of the event.
        Invalid: no name.
    """
    event = _event(session, event_id)
    _may_form(session, actor, event, reason=reason)
    if not actor.takes_part(event_id):
        raise NotAllowed("participants_only", "Register as a participant first.")
    team = _new_team(session, event, name=name, about=about)
    team.captain_id = actor.person_id
    _join(session, team, actor.person_id or 0)
    _say(session, actor, event_id, "team.created", team=team.id)
    return team


def _new_team(session: Session, event: Event, *, name: str, about: str) -> Team:
    shown, key = rules.check_name(name)
    if session.scalar(select(Team.id).filter_by(event_id=event.id, name_key=key)) is not None:
        raise Conflict("name_taken", "Another team has that name.", field="name")
    team = Team(
        event_id=event.id,
        name=shown,
        name_key=key,
        about=about.strip()[:500],
        capacity=event.team_max,
    )
    try:
        with session.begin_nested():
            session.add(team)
            session.flush()
    except IntegrityError as error:
        raise Conflict("name_taken", "Another team has that name.", field="name") from error
    return team


def add_team(session: Session, actor: Actor, *, event_id: int, name: str, reason: str) -> Team:
    """Make an empty team for others: organizers and importers.

    Raises:
        NotAllowed: not an organizer.
    """
    check_organizes(actor, event_id)
    team = _new_team(session, _event(session, event_id), name=name, about="")
    _say(session, actor, event_id, "team.created", team=team.id, **_why(session, reason))
    return team


def add_member(
    session: Session, actor: Actor, *, event_id: int, team_id: int, person_id: int, reason: str
) -> None:
    """Put a participant into a team: organizers, with a reason.

    Raises:
        NotAllowed, Conflict, NotFound: as `add_members`.
    """
    add_members(
        session, actor, event_id=event_id, team_id=team_id, person_ids=[person_id], reason=reason
    )


def add_members(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    team_id: int,
    person_ids: Sequence[int],
    reason: str,
) -> None:
    """Put participants into a team, all or none: organizers, with a reason.

    Raises:
        NotAllowed: not an organizer.
        Conflict: full, somebody is in a team already, or results are out.
        NotFound: somebody is not registered in this event.
    """
    check_organizes(actor, event_id)
    event, team = _event(session, event_id), _team(session, event_id, team_id)
    _may_form(session, actor, event, reason=reason, team=team)
    clean = check_reason(reason)
    wanted = select(func.count()).where(
        Registration.event_id == event_id, Registration.person_id.in_(person_ids)
    )
    if session.scalar(wanted) != len(person_ids):
        raise NotFound("not_registered", "This person is not registered in this event.")
    _join(session, team, *person_ids)
    if team.captain_id is None:
        team.captain_id = person_ids[0]
    why = _why(session, clean)
    for person_id in person_ids:
        _say(session, actor, event_id, "member.added", team=team_id, person=person_id, **why)


def place_person(
    session: Session, actor: Actor, *, event_id: int, team_id: int, person_id: int, reason: str
) -> bool:
    """Put a participant into a team, out of another one where need be; returns whether moved.

    Raises:
        NotAllowed, Conflict, NotFound: as `add_members`.
    """
    there = queries.team_of(session, event_id, person_id)
    place = {"event_id": event_id, "team_id": team_id, "person_id": person_id}
    if there is None:
        add_member(session, actor, **place, reason=reason)
        return False
    _move_member(session, actor, there.id, **place, reason=reason)
    return True


def _move_member(
    session: Session,
    actor: Actor,
    from_id: int,
    *,
    event_id: int,
    team_id: int,
    person_id: int,
    reason: str,
) -> None:
    check_organizes(actor, event_id)
    if from_id == team_id:
        raise Conflict("in_this_team", "Already in this team. Nothing was changed.", field="person")
    event = _event(session, event_id)
    teams = {number: _team(session, event_id, number) for number in sorted({from_id, team_id})}
    _may_form(session, actor, event, reason=reason, team=teams[team_id])
    clean = check_reason(reason)
    membership = lock(session, Membership, team_id=from_id, person_id=person_id, left_at=None)
    if membership is None:
        raise Conflict("moved", "Somebody moved this person just now. Nothing was changed.")
    _end(session, teams[from_id], membership)
    _join(session, teams[team_id], person_id)
    if teams[team_id].captain_id is None:
        teams[team_id].captain_id = person_id
    more = {"team": team_id, "from": from_id, "person": person_id, **_why(session, clean)}
    _say(session, actor, event_id, "member.moved", **more)


def _end(session: Session, team: Team, membership: Membership) -> None:
    """End a membership: the longest member leads next, a team without members is archived."""
    membership.left_at = now()
    session.flush()
    session.refresh(team)
    rest = list(
        session.scalars(
            select(Membership.person_id)
            .where(Membership.team_id == team.id, Membership.left_at.is_(None))
            .order_by(Membership.id)
        )
    )
    if team.captain_id == membership.person_id:
        team.captain_id = rest[0] if rest else None
    if not rest:
        team.archived_at = now()


def change_team(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    team_id: int,
    name: str,
    about: str,
    capacity: int,
) -> Team:
    """Rename a team, say what it is about, set its size.

    Raises:
        NotAllowed: not its captain.
        Conflict: the name is taken, or it has more members.
    """
    event, team = _event(session, event_id), _team(session, event_id, team_id)
    rules.check_leads(actor, event_id, team.captain_id)
    shown, key = rules.check_name(name)
    other = session.scalar(select(Team.id).filter_by(event_id=event_id, name_key=key))
    if other not in {None, team.id}:
        raise Conflict("name_taken", "Another team has that name.", field="name")
    rules.check_capacity(capacity, members=team.member_count, largest=event.team_max)
    team.name, team.name_key, team.about, team.capacity = shown, key, about.strip()[:500], capacity
    _say(session, actor, event_id, "team.changed", team=team_id, capacity=capacity)
    return team


def set_lock(
    session: Session, actor: Actor, *, event_id: int, team_id: int, is_locked: bool
) -> None:
    """Close a team for newcomers, or open it again."""
    team = _team(session, event_id, team_id)
    rules.check_leads(actor, event_id, team.captain_id)
    team.locked_at = now() if is_locked else None
    kind = "team.locked" if is_locked else "team.unlocked"
    _say(session, actor, event_id, kind, team=team_id)


def open_place(
    session: Session, actor: Actor, *, event_id: int, team_id: int, role: str, wanted: str
) -> Opening:
    """Say that a team looks for a role."""
    team = _team(session, event_id, team_id)
    rules.check_leads(actor, event_id, team.captain_id)
    opening = Opening(team_id=team.id, role=rules.check_role(role), wanted=wanted.strip()[:200])
    session.add(opening)
    session.flush()
    _say(session, actor, event_id, "opening.made", team=team_id, role=role)
    return opening


def close_place(
    session: Session, actor: Actor, *, event_id: int, team_id: int, opening_id: int
) -> None:
    """A team no longer looks for a role."""
    team = _team(session, event_id, team_id)
    rules.check_leads(actor, event_id, team.captain_id)
    opening = session.scalar(select(Opening).filter_by(id=opening_id, team_id=team.id))
    if opening is None:
        raise NotFound("no_such_opening", "There is no such opening.")
    opening.closed_at = now()
    _say(session, actor, event_id, "opening.closed", team=team_id)


# --- invitations ------------------------------------------------------------------------


def invite(
    session: Session, actor: Actor, *, event_id: int, team_id: int, email: str, address: str
) -> str:
    """Invite an address; returns the token of a link that works once, for 72 hours.

    Raises:
        NotAllowed: not the captain.
        Conflict: the team is full or teams are closed.
        Invalid: not an address.
    """
    event, team = _event(session, event_id), _team(session, event_id, team_id)
    rules.check_leads(actor, event_id, team.captain_id)
    check_phase(phase_of(session, event), *rules.FORMING)
    _may_form(session, actor, event, team=team)
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
    _say(session, actor, event_id, "invitation.sent", team=team_id, invitation=invitation.id)
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
    team = _team(session, event_id, team_id)
    rules.check_leads(actor, event_id, team.captain_id)
    found = session.scalar(select(Invitation).filter_by(id=invitation_id, team_id=team.id))
    if found is None:
        raise NotFound("no_such_invitation", "There is no such invitation.")
    if found.accepted_at is None and found.revoked_at is None:
        found.revoked_at = now()
        _say(session, actor, event_id, "invitation.revoked", team=team_id, invitation=found.id)


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
    _may_form(session, actor, event, team=team)
    if not actor.takes_part(event.id):
        raise NotAllowed("participants_only", "Register for the event first, by its join link.")
    found.accepted_at = now()
    _join(session, team, actor.person_id or 0)
    _say(session, actor, event.id, "invitation.accepted", team=team.id, invitation=found.id)
    return team


# --- asking to join ----------------------------------------------------------------------


def ask_to_join(
    session: Session, actor: Actor, *, event_id: int, team_id: int, message: str
) -> JoinRequest:
    """Ask a team's captain; asking twice changes the message.

    Raises:
        Conflict: in a team already, full, locked, or teams are closed.
    """
    event, team = _event(session, event_id), _team(session, event_id, team_id)
    _may_form(session, actor, event, team=team)
    if not actor.takes_part(event_id):
        raise NotAllowed("participants_only", "Register as a participant first.")
    if queries.team_of(session, event_id, actor.person_id) is not None:
        raise Conflict("in_a_team", "Already in a team of this event; leave it first.")
    if team.member_count >= team.capacity:
        raise Conflict("team_full", "The team is full.")
    known = session.scalar(
        select(JoinRequest).filter_by(team_id=team.id, person_id=actor.person_id, state="open")
    )
    if known is None:
        known = JoinRequest(team_id=team.id, person_id=actor.person_id or 0)
        session.add(known)
    known.message = message.strip()[:500]
    session.flush()
    _say(session, actor, event_id, "join.asked", team=team_id, request=known.id)
    return known


def answer_request(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    team_id: int,
    request_id: int,
    accept: bool,
) -> None:
    """Accept or decline somebody who asks; accepted, the person's other requests lapse.

    Raises:
        NotAllowed: not the captain.
        Conflict: answered already, the team is full, or the person is in a team.
    """
    event, team = _event(session, event_id), _team(session, event_id, team_id)
    rules.check_leads(actor, event_id, team.captain_id)
    check_phase(phase_of(session, event), *rules.FORMING)
    found = lock(session, JoinRequest, id=request_id, team_id=team.id)
    if found is None:
        raise NotFound("no_such_request", "There is no such request.")
    if found.state != "open":
        raise Conflict("answered", "This request has been answered already.")
    found.state, found.answered_at = ("accepted" if accept else "declined"), now()
    if accept:
        _join(session, team, found.person_id)
    kind = "join.accepted" if accept else "join.declined"
    _say(session, actor, event_id, kind, team=team_id, person=found.person_id)


# --- leaving -----------------------------------------------------------------------------


def leave(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    team_id: int,
    person_id: int | None = None,
    reason: str = "",
) -> None:
    """Leave a team, or (captain; organizers with a reason) remove a member.

    The longest member becomes captain when the captain goes; a team whose last member
    goes is archived.

    Raises:
        NotAllowed: removing somebody without being captain or organizer.
        NotFound: the person is not in this team.
        Conflict: teams are closed.
    """
    event, team = _event(session, event_id), _team(session, event_id, team_id)
    leaving = person_id or actor.person_id
    membership = lock(session, Membership, team_id=team.id, person_id=leaving, left_at=None)
    if membership is None:
        raise NotFound("not_a_member", "This person is not in this team.")
    if leaving != actor.person_id:
        rules.check_leads(actor, event_id, team.captain_id)
    clean = _may_form(session, actor, event, reason=reason)
    if actor.person_id not in {leaving, team.captain_id}:
        clean = check_reason(reason)
    _end(session, team, membership)
    kind = "member.left" if leaving == actor.person_id else "member.removed"
    _say(
        session, actor, event_id, kind, team=team_id, person=leaving, captain=team.captain_id,
        **_why(session, clean),
    )  # fmt: skip


def hand_over(
    session: Session, actor: Actor, *, event_id: int, team_id: int, person_id: int
) -> None:
    """Make another member captain.

    Raises:
        NotAllowed: not the captain.
        NotFound: the person is not in this team.
    """
    team = _team(session, event_id, team_id)
    rules.check_leads(actor, event_id, team.captain_id)
    member = session.scalar(
        select(Membership.id).filter_by(team_id=team.id, person_id=person_id, left_at=None)
    )
    if member is None:
        raise NotFound("not_a_member", "This person is not in this team.")
    team.captain_id = person_id
    _say(session, actor, event_id, "captain.changed", team=team_id, person=person_id)
