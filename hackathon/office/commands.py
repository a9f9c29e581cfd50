"""`hackathon events add`, `import`, `export`, `verify`, `backup` and `restore`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hackathon.credits.service import budgets
from hackathon.credits.service.bills import runs
from hackathon.credits.service.bills.book import Booked, apply_bill
from hackathon.credits.service.bills.delivery import File, base_name
from hackathon.credits.service.bills.files import KEPT, keep_files
from hackathon.events import service
from hackathon.events.queries import find_event
from hackathon.events.rules import check_zone, local_instant
from hackathon.office import queries
from hackathon.office.rules.event_file import read_event
from hackathon.office.rules.tables import Outcome, read_table
from hackathon.office.service import copies, exports
from hackathon.office.service.imports.event import import_event
from hackathon.office.service.imports.kinds import KINDS, Given, Kind, Undone, attempt
from hackathon.office.service.imports.runs import own_event
from hackathon.people.access import acting
from hackathon.people.rules import check_organizes
from hackathon.shared.db import db, reading
from hackathon.shared.money import parse_money
from hackathon.shared.settings import BadSettings, read_settings
from hackathon.shared.terminal import Commands, acting_as, as_json, print_json
from hackathon.shared.web import act

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.credits.service.bills.look import Preview


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
@click.option("--budget", default="", help="Dollars for its pool, out of the quarter.")
@click.option("--rehearsal", is_flag=True, help="Outside figures, mail and backlog.")
def add(  # noqa: PLR0917 - click passes each option
    slug: str,
    name: str,
    starts: str,
    ends: str,
    zone: str,
    quarter: str,
    budget: str,
    rehearsal: bool,  # noqa: FBT001 - click passes flags so
) -> None:
    """Add an event in draft."""
    amount = parse_money(budget, "budget") if budget else None

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
        actor = acting(session)
        event = service.create_event(session, actor, plan)
        if amount is not None:
            budgets.fund(session, actor, event_id=event.id, amount=amount)
        return event.quarter

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


# --- files in and out -----------------------------------------------------------------


@click.group("import", cls=Commands)
def import_() -> None:
    """Bring an event, people, projects, judges, sheets or bills: all of a file or nothing."""


def bring(kind: Kind, data: bytes, given: Given, *, dry_run: bool) -> Outcome:
    """Import a file in one transaction, undone when anything in it is wrong."""
    table = read_table(data)
    if table.problems:
        return Outcome(errors=table.problems)
    try:
        return act(
            lambda session: attempt(session, acting(session), kind, table, given, dry_run=dry_run)
        )
    except Undone as undone:
        return undone.outcome


def _add_importer(kind: Kind) -> None:
    @import_.command(kind.name, help=f"Columns: {kind.columns}.")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--event", "slug", required=True, help="The event.")
    @click.option("--round", "round_id", type=int, help="Default: the open one, else the newest.")
    @click.option("--dry-run", is_flag=True, help="Say what would happen; save nothing.")
    @as_json
    @acting_as
    def run(
        file: Path,
        slug: str,
        round_id: int | None,
        dry_run: bool,  # noqa: FBT001 - click passes flags so
        as_json: bool,  # noqa: FBT001 - click passes flags so
    ) -> None:
        outcome = bring(kind, file.read_bytes(), Given(slug, round_id), dry_run=dry_run)
        if as_json:
            print_json(outcome.as_json())
        else:
            _tell(file.name, outcome, dry_run=dry_run, own=kind.name)
        if outcome.errors:
            sys.exit(1)


def _tell(name: str, outcome: Outcome, *, dry_run: bool, own: str = "") -> None:
    for warning in outcome.warnings:
        click.echo(f"{name}, {warning}", err=True)
    for problem in outcome.errors:
        click.echo(f"{name}, {problem}", err=True)
    if outcome.errors:
        count = len(outcome.errors)
        click.echo(f"Nothing was imported: {count} error{'s' if count > 1 else ''}.", err=True)
        return
    counts = f"{outcome.created} created, {outcome.changed} changed, {outcome.unchanged} unchanged"
    beside = [made.counted(number) for made, number in outcome.made.items() if made != own]
    if beside:
        counts += f" (and {', '.join(beside)} in the event by it)"
    click.echo(f"{name}: {counts}." + (" A dry run: nothing was saved." if dry_run else ""))


for _kind in KINDS.values():
    _add_importer(_kind)


@import_.command("event")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen; save nothing.")
@as_json
@acting_as
def bring_event(
    file: Path,
    dry_run: bool,  # noqa: FBT001 - click passes flags so
    as_json: bool,  # noqa: FBT001 - click passes flags so
) -> None:
    """Make an event in draft from an exported event.json: set-up, teams, projects, rounds."""
    given = read_event(file.read_bytes())
    if isinstance(given, list):
        outcome = Outcome(errors=given)
    else:

        def work(session: Session) -> Outcome:
            made = import_event(session, acting(session), given=given)
            if made.errors or dry_run:
                raise Undone(made)
            return made

        try:
            outcome = act(work)
        except Undone as undone:
            outcome = undone.outcome
    if as_json:
        print_json(outcome.as_json())
    else:
        _tell(file.name, outcome, dry_run=dry_run)
    if outcome.errors:
        sys.exit(1)


@import_.command("usage")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--source", required=True, help="Who bills, such as AWS; one name a source.")
@click.option("--dry-run", is_flag=True, help="Say what would be booked; save nothing.")
@click.option("--yes", is_flag=True, help="Book it although it needs a second look.")
@as_json
@acting_as
def usage(
    files: tuple[Path, ...],
    source: str,
    dry_run: bool,  # noqa: FBT001 - click passes flags so
    yes: bool,  # noqa: FBT001 - click passes flags so
    as_json: bool,  # noqa: FBT001 - click passes flags so
) -> None:
    """Book a FOCUS bill (CSV or CSV.gz) as what differs from what is booked.

    Several FILES are one delivery; a manifest among them says which belong to it.
    """
    session = reading()
    given = [File(path, base_name(path.name)) for path in files]
    name = files[0].name if len(files) == 1 else f"{files[0].name} and {len(files) - 1} more"
    with runs.staged(session, acting(session), given, source) as run:
        waits = bool(run.preview.concerns) and not (yes or dry_run)
        booked = Booked(run.preview.bill_id, 0)
        if not (dry_run or waits):
            keep_files(read_settings().folder / KEPT, given, run.preview.scan)
            booked = act(
                lambda session: apply_bill(
                    session,
                    acting(session),
                    preview=run.preview,
                    stage=run.stage,
                    file_name=name,
                    confirmed=yes,
                )
            )
        if as_json:
            print_json(runs.outcome(run.preview, booked))
        else:
            _tell_bill(name, run.preview, booked, dry_run=dry_run)
    if waits:
        click.echo("Nothing was booked. Look at it, then repeat with --yes.", err=True)
        sys.exit(1)


def _tell_bill(name: str, preview: Preview, booked: Booked, *, dry_run: bool) -> None:
    for warning in preview.scan.warnings:
        click.echo(f"{name}: {warning}", err=True)
    for row in preview.scan.rejects:
        click.echo(f"{name}, line {row.line}: {row.reason}", err=True)
    for concern in preview.concerns:
        click.echo(f"Look: {concern}", err=True)
    click.echo(
        f"FOCUS {preview.scan.version}, {preview.scan.rows:,} rows. {runs.sentence(preview)}"
    )
    if preview.changes_nothing:
        click.echo("No change: all of it is booked already.")
    elif dry_run:
        click.echo("A dry run: nothing was saved.")
    elif booked.bill_id is not None:
        click.echo(f"Bill {booked.bill_id}: {booked.postings} postings.")


@click.group("export", cls=Commands)
def export() -> None:
    """Write what is here to files."""


@export.command("event")
@click.argument("slug")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--look", default="", help="Why: takes values of open rounds along; recorded.")
@acting_as
def export_event(slug: str, folder: Path, look: str) -> None:
    """Write every table of an event as CSV, and event.json; same state, same bytes."""
    exports.check_folder(folder)
    if look:
        act(
            lambda session: exports.look_everywhere(
                session,
                acting(session),
                event_id=own_event(session, acting(session), slug).id,
                reason=look,
            )
        )
    with exports.snapshot() as session:
        actor = acting(session)
        event = find_event(session, actor, slug)
        check_organizes(actor, event.id)
        dump = exports.dump_event(session, event, with_values=bool(look))
        names = exports.write_files(folder, dump, exports.event_json(session, event))
    click.echo(f"{folder}: {len(names)} files.")
    for name in dump.withheld:
        click.echo(
            f"{name} is not frozen: its values are left out; --look REASON takes them along."
        )
