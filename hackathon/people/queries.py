"""Reads of people: by address, devices that are signed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from hackathon.people.models import EventRoleGrant, Person, SignInLink, SiteRoleGrant
from hackathon.people.rules import Role, SiteRole, fold_email
from hackathon.shared import sessions
from hackathon.shared.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from hackathon.shared.sessions import WebSession


def by_email(session: Session, address: str) -> Person | None:
    """The person with an address, however it is spelled."""
    return session.scalar(select(Person).where(Person.email == fold_email(address)))


def everybody(session: Session) -> dict[str, Person]:
    """All people by their address: for files that name hundreds."""
    return {person.email: person for person in session.scalars(select(Person))}


def find_person(session: Session, person_id: int) -> Person:
    """A person by id.

    Raises:
        NotFound: there is none.
    """
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound("no_such_person", "There is no such person.")
    return person


def people_by(session: Session, ids: Iterable[int | None]) -> list[Person]:
    """People by their ids, in their order of coming; unknown ones are left out."""
    wanted = {person_id for person_id in ids if person_id is not None}
    return list(session.scalars(select(Person).where(Person.id.in_(wanted)).order_by(Person.id)))


@dataclass(frozen=True)
class LastLink:
    """The newest sign-in link of a person: when it was made, and whether it was mailed."""

    made_at: datetime
    mailed: bool


def last_links(session: Session, ids: Iterable[int]) -> dict[int, LastLink]:
    """The newest link of each of them who ever got one; one statement."""
    newest = (
        select(func.max(SignInLink.id))
        .where(SignInLink.person_id.in_(set(ids)))
        .group_by(SignInLink.person_id)
    )
    rows = session.execute(
        select(SignInLink.person_id, SignInLink.made_at, SignInLink.mailed).where(
            SignInLink.id.in_(newest)
        )
    )
    return {person_id: LastLink(made_at, mailed) for person_id, made_at, mailed in rows}


def devices_of(session: Session, person_id: int) -> list[WebSession]:
    """Where a person is signed in, newest first."""
    return list(session.scalars(sessions.living(person_id)))


def demo_people(session: Session) -> list[tuple[Person, frozenset[SiteRole]]]:
    """The people one may sign in as in the demo, with their site roles."""
    roles: dict[int, set[SiteRole]] = {}
    for person_id, role in session.execute(select(SiteRoleGrant.person_id, SiteRoleGrant.role)):
        roles.setdefault(person_id, set()).add(SiteRole(role))
    people = session.scalars(select(Person).where(Person.is_demo.is_(True)).order_by(Person.id))
    return [(person, frozenset(roles.get(person.id, set()))) for person in people]


def organizer_ids(session: Session, event_id: int) -> list[int]:
    """Who organizes an event."""
    query = select(EventRoleGrant.person_id).filter_by(event_id=event_id, role=Role.ORGANIZER)
    return list(session.scalars(query.order_by(EventRoleGrant.person_id)))


def program_leads(session: Session) -> list[Person]:
    """Program leads, by name."""
    return list(
        session.scalars(
            select(Person)
            .join(SiteRoleGrant, SiteRoleGrant.person_id == Person.id)
            .where(SiteRoleGrant.role == SiteRole.PROGRAM_LEAD, Person.disabled_at.is_(None))
            .order_by(Person.name)
        )
    )


def admin_count(session: Session) -> int:
    """How many people administer the site."""
    query = (
        select(func.count())
        .select_from(SiteRoleGrant)
        .join(Person, Person.id == SiteRoleGrant.person_id)
        .where(SiteRoleGrant.role == SiteRole.ADMIN, Person.disabled_at.is_(None))
    )
    return session.scalar(query) or 0
