"""`hackathon people`: add people, make one-time links."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
from sqlalchemy import select
from sqlalchemy.sql import column, table

from hackathon.people import queries, service
from hackathon.people.access import acting
from hackathon.people.rules import Role, SiteRole
from hackathon.shared.errors import NotFound
from hackathon.shared.terminal import Commands
from hackathon.shared.web import act

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def _address() -> str:
    from hackathon.shared.settings import read_settings  # noqa: PLC0415 - only for links

    return read_settings().public_url or "http://127.0.0.1:5000"


EVENTS = table("events", column("id"), column("slug"))
"""As much of the events as `people add --event` needs; the feature itself lies above."""


def _event_id(session: Session, slug: str) -> int:
    event_id = session.scalar(select(EVENTS.c.id).where(EVENTS.c.slug == slug))
    if event_id is None:
        raise NotFound("no_such_event", f"There is no event {slug}; nothing was saved.")
    return int(event_id)


@click.group("people", cls=Commands)
def people() -> None:
    """Add people and make sign-in links."""


@people.command("add")
@click.argument("email")
@click.option("--name", required=True, help="The person's name.")
@click.option("--admin", is_flag=True, help="Make an administrator.")
@click.option("--program-lead", is_flag=True, help="Make a program lead.")
@click.option("--event", "slug", help="The event to give a role in.")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="The role there.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add(  # noqa: PLR0917 - click passes each option
    email: str,
    name: str,
    admin: bool,  # noqa: FBT001 - click passes flags so
    program_lead: bool,  # noqa: FBT001 - click passes flags so
    slug: str | None,
    role: str | None,
    password_stdin: bool,  # noqa: FBT001 - click passes flags so
) -> None:
    """Add a person; a known address only gets the role."""
    if bool(slug) != bool(role):
        message = "--event and --role go together"
        raise click.UsageError(message)
    hashed = None
    if password_stdin:
        hashed = service.hash_password(sys.stdin.readline().rstrip("\r\n"))

    def work(session: Session) -> tuple[bool, str]:
        actor = acting(session)
        known = queries.by_email(session, email)
        person = known or service.add_person(session, actor, email=email, name=name)
        if hashed:
            service.set_password(session, actor, person_id=person.id, password_hash=hashed)
        for wanted, site_role in ((admin, SiteRole.ADMIN), (program_lead, SiteRole.PROGRAM_LEAD)):
            if wanted:
                service.give_site_role(session, actor, person_id=person.id, role=site_role)
        if slug:
            service.give_event_role(
                session,
                actor,
                event_id=_event_id(session, slug),
                person_id=person.id,
                role=Role(str(role)),
            )
        token = ""
        if known is None and hashed is None:
            token = service.make_link(session, actor, person_id=person.id)
        return known is None, token

    created, token = act(work)
    click.echo(f"{'Added' if created else 'Known'}: {email}")
    if token:
        click.echo(f"Sign in once within 24 hours: {_address()}/sign-in/{token}")


@people.command("link")
@click.argument("email")
def link(email: str) -> None:
    """Print a new one-time sign-in link; older ones end."""

    def work(session: Session) -> str:
        person = queries.by_email(session, email)
        if person is None:
            raise NotFound("no_such_person", f"Nobody here has the address {email}.")
        return service.make_link(session, acting(session), person_id=person.id)

    click.echo(f"{_address()}/sign-in/{act(work)}")
