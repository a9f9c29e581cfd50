"""`hackathon events add`, `verify`, `backup` and `restore`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hackathon.events import service
from hackathon.events.rules import check_zone, local_instant
from hackathon.office import queries
from hackathon.office.service import copies
from hackathon.people.access import acting
from hackathon.shared.db import db, reading
from hackathon.shared.settings import BadSettings, read_settings
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


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write one .tar of a consistent copy and the uploads, while serving; no secrets."""
    settings = read_settings()
    database = copies.sqlite_file(
        db.engine.url.render_as_string(hide_password=False),
        otherwise="pg_dump --format=custom --file=hackathon.dump '{address}'",
    )
    made = copies.write_backup(database, settings.folder / copies.UPLOADS, file)
    click.echo(
        f"{file}: {made.size:,} bytes, facts to {made.facts}, {made.uploads} uploads. Checked."
    )


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Put a backup in place of the database; the old one is kept aside."""
    try:
        settings = read_settings()
    except BadSettings as problem:
        click.echo(f"These settings are wrong; nothing was changed:\n{problem}", err=True)
        sys.exit(1)
    database = copies.sqlite_file(
        settings.database,
        otherwise="pg_restore --clean --if-exists --dbname='{address}' hackathon.dump",
    )
    with copies.no_server(settings.instance):
        done = copies.restore_backup(file, database, settings.folder / copies.UPLOADS)
    click.echo(f"Restored {database} as of {done.made_at}, facts to {done.facts}. Checked.")
    for path in done.kept:
        click.echo(f"Kept: {path}")
