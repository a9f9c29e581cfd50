"""Who is given which role, on the site and in an event, and who loses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.people import queries, rules
from hackathon.people.models import EventRoleGrant, SiteRoleGrant
from hackathon.people.rules import Role, SiteRole
from hackathon.people.service.steps import say
from hackathon.shared.errors import Conflict, NotAllowed

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


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
        say(session, actor, person_id, "role.given", role=role.value)


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
    say(session, actor, person_id, "role.taken", role=role.value)


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
        say(session, actor, person_id, "role.given", role=role.value, event=event_id)


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
        say(session, actor, person_id, "role.taken", role=role.value, event=event_id)


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
        say(session, actor, row.person_id, "role.taken", role=row.role, event=event_id)
    session.flush()
    return len(rows)
