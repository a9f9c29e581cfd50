"""`hackathon events add` and `hackathon verify`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from hackathon.events import service
from hackathon.events.rules import check_zone, local_instant
from hackathon.office import queries
from hackathon.people.access import acting
from hackathon.shared.db import reading
from hackathon.shared.terminal import Commands
from hackathon.shared.web import act

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@click.group("events", cls=Commands)
def events() -> None:
    """Look after events."""


@events.command("add")
@click.argument("slug")
@click.option("--name", required=True, help="The event's name.")
@click.option("--starts", required=True, help="ISO time, local in the zone without an offset.")
@click.option("--ends", required=True, help="ISO time, local in the zone without an offset.")
@click.option("--zone", required=True, help="Such as Europe/Berlin.")
@click.option("--quarter", default="", help="Such as 2026-Q4; default that of the last day.")
@click.option("--rehearsal", is_flag=True, help="Outside figures, mail and backlog.")
def add(  # noqa: PLR0913, PLR0917 - click passes each option
    slug: str,
    name: str,
    starts: str,
    ends: str,
    zone: str,
    quarter: str,
    rehearsal: bool,  # noqa: FBT001 - click passes flags so
) -> None:
    """Add an event in draft."""

    def work(session: Session) -> str:
        check_zone(zone)
        plan = service.Plan(
            name=name,
            slug=slug,
            zone=zone,
            starts_at=local_instant(starts, zone, field="starts"),
            ends_at=local_instant(ends, zone, field="ends"),
            quarter=quarter,
            is_rehearsal=rehearsal,
        )
        return service.create_event(session, acting(session), plan).quarter

    click.echo(f"Added {slug} in {act(work)}, in draft.")


@click.command("verify")
def verify() -> None:
    """Walk every chain of facts and rebuild every count; exit 1 when anything differs."""
    found = queries.differences(reading())
    for line in found:
        click.echo(line)
    click.echo("Everything fits." if not found else f"{len(found)} differences.")
    if found:
        sys.exit(1)
