"""Passwords are checked, one-time links made and used, devices signed out."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update
from werkzeug.security import check_password_hash, generate_password_hash

from hackathon.people import queries, rules
from hackathon.people.models import Person, SignInLink, SiteRoleGrant
from hackathon.people.rules import Role
from hackathon.people.service.steps import say
from hackathon.shared import mail, sessions
from hackathon.shared.clock import now
from hackathon.shared.errors import Conflict, Gone, Invalid, NotAllowed, NotSignedIn
from hackathon.shared.facts import record
from hackathon.shared.show import isolated

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor

_DUMMY = generate_password_hash("a password that nobody has")


def check_password(session: Session, *, email: str, password: str) -> Person:
    """The person with this address and password; takes as long for an unknown address.

    Raises:
        NotSignedIn: wrong, in the same words whatever was wrong.
    """
    wrong = NotSignedIn("wrong_password", "That address and password do not go together.")
    if len(password) >= rules.PASSWORD_LENGTH.stop:
        password = ""
    try:
        person = queries.by_email(session, email)
    except Invalid:
        person = None
    known = person.password_hash if person and person.disabled_at is None else None
    if not check_password_hash(known or _DUMMY, password) or known is None or person is None:
        raise wrong
    return person


def begin_session(session: Session, *, person_id: int, device: str) -> str:
    """Sign a person in on a device; returns the cookie's value."""
    token = sessions.begin(session, person_id=person_id, device=device)
    record(
        session,
        stream=f"access:{person_id}",
        kind="session.begun",
        actor_id=person_id,
        device=sessions.digest(token)[:12],
    )
    return token


def end_session(session: Session, actor: Actor, *, id_hash: str) -> None:
    """Sign one's own device out; sockets of it close."""
    if actor.person_id is None:
        return
    mine = {row.id_hash for row in queries.devices_of(session, actor.person_id)}
    if id_hash in mine:
        sessions.end(session, id_hash)
        say(session, actor, actor.person_id, "session.ended", device=id_hash[:12])


def end_other_sessions(session: Session, actor: Actor, *, keep: str | None) -> None:
    """Sign all other devices of the actor out."""
    if actor.person_id is not None:
        sessions.end_all(session, actor.person_id, keep=keep)
        say(session, actor, actor.person_id, "session.ended", all_but=(keep or "")[:12])


def make_link(session: Session, actor: Actor, *, person_id: int, mailed: bool = False) -> str:
    """A new one-time sign-in link's token; older ones end.

    Printed links live 24 hours, mailed ones 30 minutes.

    Raises:
        NotAllowed: neither an administrator nor program lead nor organizer.
    """
    organizes = any(Role.ORGANIZER in roles for roles in actor.event_roles.values())
    if not (actor.is_program_lead or organizes):
        raise NotAllowed("organizers_only", "Only organizers can make sign-in links.")
    target_site = set(
        session.scalars(select(SiteRoleGrant.role).where(SiteRoleGrant.person_id == person_id))
    )
    if target_site and not actor.is_admin and person_id != actor.person_id:
        raise NotAllowed("admins_only", "Only administrators can make a link for this person.")
    return _new_link(session, actor.person_id, person_id, mailed=mailed)


def make_own_link(session: Session, actor: Actor) -> str:
    """A one-time link for another device of one's own, for 30 minutes; older links end.

    Raises:
        NotAllowed: the command line is nobody.
    """
    if actor.person_id is None:
        raise NotAllowed("nobody", "Only a person can continue on another device.")
    return _new_link(session, actor.person_id, actor.person_id, mailed=True)


def _new_link(session: Session, actor_id: int | None, person_id: int, *, mailed: bool) -> str:
    if queries.find_person(session, person_id).disabled_at is not None:
        raise NotAllowed("closed_account", "This account is closed; it gets no link.")
    session.execute(
        update(SignInLink)
        .where(SignInLink.person_id == person_id, SignInLink.ended_at.is_(None))
        .values(ended_at=now())
    )
    token = secrets.token_urlsafe(24)
    life = (
        timedelta(minutes=rules.LINK_MINUTES_MAILED)
        if mailed
        else timedelta(hours=rules.LINK_HOURS_PRINTED)
    )
    session.add(
        SignInLink(
            person_id=person_id,
            token_hash=sessions.digest(token),
            expires_at=now() + life,
            mailed=mailed,
        )
    )
    session.flush()
    record(
        session, stream=f"access:{person_id}", kind="link.made", actor_id=actor_id, mailed=mailed
    )
    return token


def mail_link(session: Session, *, email: str, address: str) -> None:
    """Mail a one-time link when somebody has this address; say nothing either way.

    Args:
        session: An open transaction.
        email: As typed.
        address: The public address links begin with.
    """
    try:
        person = queries.by_email(session, email)
    except Invalid:
        return
    if person is None or person.disabled_at is not None:
        return
    token = _new_link(session, None, person.id, mailed=True)
    mail.send(
        session,
        to=person.email,
        subject="Your sign-in link",
        body=(
            f"Hello {isolated(person.name)},\n\nsign in here; the link works once, for 30 minutes:\n"
            f"{address}/sign-in/{token}\n\nIf you did not ask for it, ignore this mail.\n"
        ),
        key=f"link:{sessions.digest(token)}",
    )


def find_link(session: Session, token: str) -> SignInLink:
    """A link that still works.

    Raises:
        Gone: used, replaced, expired or unknown (line 8).
    """
    link = session.scalar(
        select(SignInLink).where(SignInLink.token_hash == sessions.digest(token)).with_for_update()
    )
    if link is None or link.ended_at is not None or link.expires_at <= now():
        raise Gone("link_gone", "This link has been used or has expired. Ask for a new one.")
    return link


def use_link(session: Session, *, token: str, device: str, password_hash: str | None = None) -> str:
    """Spend a link and sign its person in; returns the cookie's value.

    Args:
        session: An open transaction.
        token: The link's.
        device: What the browser calls itself.
        password_hash: The first password, for a person who has none.

    Raises:
        Gone: the link has been used or has expired.
        Conflict: the person has a password, and a link changes none.
    """
    link = find_link(session, token)
    person = queries.find_person(session, link.person_id)
    if person.disabled_at is not None:
        raise Gone("link_gone", "This link has been used or has expired. Ask for a new one.")
    if password_hash and person.password_hash:
        raise Conflict(
            "has_password",
            "You have a password already, so none was set and the link still works. Sign in; "
            "it is changed on the page of your account.",
        )
    link.ended_at = now()
    cookie = begin_session(session, person_id=person.id, device=device)
    if password_hash:
        person.password_hash = password_hash
        record(session, stream=f"access:{person.id}", kind="password.changed", actor_id=person.id)
        sessions.end_all(session, person.id, keep=sessions.digest(cookie))
    return cookie
