"""People come, are corrected, and their accounts are closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from hackathon.people import queries, rules
from hackathon.people.models import Person
from hackathon.people.rules import Role
from hackathon.people.service.steps import say
from hackathon.shared import mail, sessions
from hackathon.shared.clock import now
from hackathon.shared.errors import Conflict, Invalid, NotAllowed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


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
    say(session, actor, person.id, "person.added")
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
        say(session, actor, person_id, "person.changed", fields=sorted(changed))
    return bool(changed)


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
        say(session, actor, person_id, "person.disabled")


def names_of(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Names by id."""
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(set(ids))))
    return dict(iter(rows))


def count_people(session: Session) -> int:
    """How many people there are."""
    return session.scalar(select(func.count()).select_from(Person)) or 0
