"""People come, get roles, sign in and out. Each change is a fact on `access:<person>`."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update
from werkzeug.security import check_password_hash, generate_password_hash

from hackathon.people import queries, rules
from hackathon.people.models import EventRoleGrant, Person, SignInLink, SiteRoleGrant
from hackathon.people.rules import Role, SiteRole
from hackathon.shared import mail, sessions, telling
from hackathon.shared.clock import now
from hackathon.shared.errors import Conflict, Gone, Invalid, NotAllowed, NotSignedIn
from hackathon.shared.facts import record
from hackathon.shared.show import isolated
from hackathon.shared.telling import Kind, Way

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor

_DUMMY = generate_password_hash("a password that nobody has")


def _access(session: Session, actor: Actor, person_id: int, kind: str, **body: Any) -> None:  # noqa: ANN401 - as `record`
    record(session, stream=f"access:{person_id}", kind=kind, actor_id=actor.person_id, **body)


def hash_password(password: str) -> str:
    """The scrypt hash of a password (about 0.1 s: do it before a transaction)."""
    if len(password) not in rules.PASSWORD_LENGTH:
        raise Invalid("password", "A password has 12 to 256 characters.", field="password")
    return generate_password_hash(password)


def add_person(
    session: Session,
    actor: Actor,
    *,
    email: str,
    name: str,
    department: str = "",
    zone: str = "",
    password_hash: str | None = None,
    is_demo: bool = False,
) -> Person:
    """Add a person, or return the one who has the address already.

    Raises:
        NotAllowed: the actor neither administers, leads the program nor organizes an event.
        Invalid: no name, or not an address.
    """
    if not (actor.is_program_lead or any(Role.ORGANIZER in r for r in actor.event_roles.values())):
        raise NotAllowed("organizers_only", "Only organizers can add people.")
    clean = " ".join(name.split())[:200]
    if not clean:
        raise Invalid("name", "Give the person's name.", field="name")
    address = rules.fold_email(email)
    known = queries.by_email(session, address)
    if known is not None:
        return known
    person = Person(
        email=address,
        name=clean,
        department=department.strip()[:200],
        zone=zone,
        password_hash=password_hash,
        is_demo=is_demo,
    )
    session.add(person)
    session.flush()
    _access(session, actor, person.id, "person.added")
    return person


def person_for(session: Session, actor: Actor, *, email: str, name: str = "") -> Person:
    """The person with an address; an unknown one is added, named after the address at worst.

    Raises:
        NotAllowed, Invalid: as `add_person`.
    """
    person = queries.by_email(session, email)
    if person is not None:
        return person
    return add_person(session, actor, email=email, name=name.strip() or email.split("@", 1)[0])


def correct_person(
    session: Session, actor: Actor, *, person_id: int, name: str, department: str, zone: str
) -> bool:
    """Correct an account from a file; returns whether anything changed.

    Blank texts leave what is there. Program leads correct everything; organizers only
    fill in what is empty, for an account is its person's.

    Raises:
        NotAllowed: neither organizer nor program lead.
    """
    if not (actor.is_program_lead or any(Role.ORGANIZER in r for r in actor.event_roles.values())):
        raise NotAllowed("organizers_only", "Only organizers can add people.")
    person = queries.find_person(session, person_id)
    given = {"name": name, "department": department, "zone": zone}
    changed = {
        field: text
        for field, text in given.items()
        if text
        and text != getattr(person, field)
        and (actor.is_program_lead or not getattr(person, field))
    }
    for field, text in changed.items():
        setattr(person, field, text)
    if changed:
        session.flush()
        _access(session, actor, person_id, "person.changed", fields=sorted(changed))
    return bool(changed)


def give_site_role(session: Session, actor: Actor, *, person_id: int, role: SiteRole) -> None:
    """Make a person an administrator or a program lead; again changes nothing.

    Raises:
        NotAllowed: the actor is no administrator.
    """
    if not actor.is_admin:
        raise NotAllowed("admins_only", "Only administrators can give that role.")
    queries.find_person(session, person_id)
    known = session.scalar(select(SiteRoleGrant).filter_by(person_id=person_id, role=role))
    if known is None:
        session.add(SiteRoleGrant(person_id=person_id, role=role))
        session.flush()
        _access(session, actor, person_id, "role.given", role=role.value)


def take_site_role(session: Session, actor: Actor, *, person_id: int, role: SiteRole) -> None:
    """Take a site role away; the last administrator stays.

    Raises:
        NotAllowed: the actor is no administrator.
        Conflict: nobody would administer the site.
    """
    if not actor.is_admin:
        raise NotAllowed("admins_only", "Only administrators can take that role.")
    known = session.scalar(select(SiteRoleGrant).filter_by(person_id=person_id, role=role))
    if known is None:
        return
    if role is SiteRole.ADMIN and queries.admin_count(session) == 1:
        raise Conflict("last_admin", "Somebody must administer the site; name another first.")
    session.delete(known)
    session.flush()
    _access(session, actor, person_id, "role.taken", role=role.value)


def give_event_role(
    session: Session, actor: Actor, *, event_id: int, person_id: int, role: Role
) -> None:
    """Give a role in an event; again changes nothing.

    Raises:
        NotAllowed: the actor does not organize the event.
    """
    rules.check_organizes(actor, event_id)
    queries.find_person(session, person_id)
    add_event_role(session, actor, event_id=event_id, person_id=person_id, role=role)


def add_event_role(
    session: Session, actor: Actor, *, event_id: int, person_id: int, role: Role
) -> None:
    """Give a role without asking who gives it: for joining by the event's link."""
    known = session.scalar(
        select(EventRoleGrant.id).filter_by(event_id=event_id, person_id=person_id, role=role)
    )
    if known is None:
        session.add(EventRoleGrant(event_id=event_id, person_id=person_id, role=role))
        session.flush()
        _access(session, actor, person_id, "role.given", role=role.value, event=event_id)


def take_event_role(
    session: Session, actor: Actor, *, event_id: int, person_id: int, role: Role
) -> None:
    """Take a role in an event away; the last organizer stays.

    Raises:
        NotAllowed: the actor does not organize the event.
        Conflict: nobody would organize it.
    """
    rules.check_organizes(actor, event_id)
    if role is Role.ORGANIZER and queries.organizer_ids(session, event_id) == [person_id]:
        raise Conflict("last_organizer", "An event needs an organizer; name another first.")
    known = session.scalar(
        select(EventRoleGrant).filter_by(event_id=event_id, person_id=person_id, role=role)
    )
    if known is not None:
        session.delete(known)
        session.flush()
        _access(session, actor, person_id, "role.taken", role=role.value, event=event_id)


def drop_event_roles(session: Session, actor: Actor, *, event_id: int) -> int:
    """Take every role in an event away, the last organizer's too; returns how many."""
    rules.check_organizes(actor, event_id)
    rows = list(
        session.scalars(
            select(EventRoleGrant).filter_by(event_id=event_id).order_by(EventRoleGrant.id)
        )
    )
    for row in rows:
        session.delete(row)
        _access(session, actor, row.person_id, "role.taken", role=row.role, event=event_id)
    session.flush()
    return len(rows)


def disable_person(session: Session, actor: Actor, *, person_id: int) -> None:
    """Close an account: its sessions and sockets end within a second.

    Raises:
        NotAllowed: the actor is no administrator.
        Conflict: one's own account, or the last administrator's.
    """
    if not actor.is_admin:
        raise NotAllowed("admins_only", "Only administrators can close an account.")
    person = queries.find_person(session, person_id)
    if person_id == actor.person_id:
        raise Conflict("own_account", "Another administrator has to close your account.")
    if person.disabled_at is None:
        person.disabled_at = now()
        mail.forget(session, person.email)
        sessions.end_all(session, person_id)
        _access(session, actor, person_id, "person.disabled")


# --- signing in ------------------------------------------------------------------


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
        _access(session, actor, actor.person_id, "session.ended", device=id_hash[:12])


def end_other_sessions(session: Session, actor: Actor, *, keep: str | None) -> None:
    """Sign all other devices of the actor out."""
    if actor.person_id is not None:
        sessions.end_all(session, actor.person_id, keep=keep)
        _access(session, actor, actor.person_id, "session.ended", all_but=(keep or "")[:12])


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


# --- one's own account -------------------------------------------------------------


def change_profile(
    session: Session, actor: Actor, *, name: str, department: str, zone: str
) -> None:
    """Change one's own name, department and zone."""
    person = queries.find_person(session, actor.person_id or 0)
    clean = " ".join(name.split())[:200]
    if not clean:
        raise Invalid("name", "Give your name.", field="name")
    person.name, person.department = clean, department.strip()[:200]
    person.zone = zone


def choose_ways(session: Session, actor: Actor, *, ways: Mapping[Kind, Way]) -> None:
    """Choose mail, notices or both for each kind of word; kinds left out stay."""
    person = queries.find_person(session, actor.person_id or 0)
    telling.choose(session, person, ways)
    if Kind.OTHER in ways:
        person.by_mail = ways[Kind.OTHER] != Way.NOTICE
    chosen = {kind.value: way.value for kind, way in ways.items()}
    _access(session, actor, person.id, "mails.chosen", ways=chosen)


def change_password(
    session: Session, actor: Actor, *, password_hash: str, keep: str | None
) -> None:
    """Set one's own password; every other session and every open link ends."""
    person = queries.find_person(session, actor.person_id or 0)
    person.password_hash = password_hash
    session.execute(
        update(SignInLink)
        .where(SignInLink.person_id == person.id, SignInLink.ended_at.is_(None))
        .values(ended_at=now())
    )
    _access(session, actor, person.id, "password.changed")
    end_other_sessions(session, actor, keep=keep)


def set_password(session: Session, actor: Actor, *, person_id: int, password_hash: str) -> None:
    """Set a password for somebody: the command line and administrators."""
    if not actor.is_admin:
        raise NotAllowed("admins_only", "Only administrators can set a password.")
    queries.find_person(session, person_id).password_hash = password_hash
    sessions.end_all(session, person_id)
    _access(session, actor, person_id, "password.changed")


def names_of(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Names by id."""
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(set(ids))))
    return dict(iter(rows))


def count_people(session: Session) -> int:
    """How many people there are."""
    return session.scalar(select(func.count()).select_from(Person)) or 0
