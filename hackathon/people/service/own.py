"""What one says of oneself, how one is told, and passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update
from werkzeug.security import generate_password_hash

from hackathon.people import queries, rules
from hackathon.people.models import SignInLink
from hackathon.people.service.signing_in import end_other_sessions
from hackathon.people.service.steps import say
from hackathon.shared import sessions, telling
from hackathon.shared.clock import now
from hackathon.shared.errors import Invalid, NotAllowed
from hackathon.shared.telling import Kind, Way

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


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
    say(session, actor, person.id, "mails.chosen", ways=chosen)


def hash_password(password: str) -> str:
    """The scrypt hash of a password (about 0.1 s: do it before a transaction)."""
    if len(password) not in rules.PASSWORD_LENGTH:
        raise Invalid("password", "A password has 12 to 256 characters.", field="password")
    return generate_password_hash(password)


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
    say(session, actor, person.id, "password.changed")
    end_other_sessions(session, actor, keep=keep)


def set_password(session: Session, actor: Actor, *, person_id: int, password_hash: str) -> None:
    """Set a password for somebody: the command line and administrators."""
    if not actor.is_admin:
        raise NotAllowed("admins_only", "Only administrators can set a password.")
    queries.find_person(session, person_id).password_hash = password_hash
    sessions.end_all(session, person_id)
    say(session, actor, person_id, "password.changed")
