"""The `hackathon` command: every feature's commands, and those that run the program."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from hackathon.app import create_app, doors
from hackathon.shared import schema
from hackathon.shared.db import db
from hackathon.shared.settings import BadSettings, Settings, read_settings
from hackathon.shared.terminal import Commands

if TYPE_CHECKING:
    from flask import Flask


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--as", "acting", metavar="EMAIL", default="", help="Act as this person.")
@click.pass_context
def cli(context: click.Context, acting: str) -> None:
    """Quarterly hackathons: teams, cloud credits, live judging, follow-up."""
    context.obj = {"as": acting}
    if context.invoked_subcommand in WITHOUT_DATABASE:
        return
    app = _app_or_exit()
    context.with_resource(app.app_context())
    if context.invoked_subcommand != "db":
        _bring_up()


WITHOUT_DATABASE = {"demo", "restore", "run", "serve", "settings", "screenshots"}


def _bring_up() -> None:
    """As `db upgrade` does: SQLite is copied first, PostgreSQL that holds data is refused."""
    copy = schema.bring_up(db.engine)
    if copy is not None:
        click.echo(f"The schema is new; a copy of the database before: {copy}", err=True)


def _app_or_exit(settings: Settings | None = None) -> Flask:
    try:
        return create_app(settings)
    except BadSettings as problem:
        click.echo(f"These settings are wrong; nothing was started:\n{problem}", err=True)
        sys.exit(1)


@cli.command("settings")
def show_settings() -> None:
    """Print every setting with its value, secrets masked."""
    try:
        settings = read_settings()
    except BadSettings as problem:
        click.echo(str(problem), err=True)
        sys.exit(1)
    for name, value in settings.shown().items():
        click.echo(f"HACKATHON_{name.upper()}={value}")


@cli.command("run")
@click.option("--port", default=5000, show_default=True, help="Port to serve at.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve at.")
@click.option("--no-demo", is_flag=True, help="Serve the real database even when it is empty.")
def run(port: int, host: str, no_demo: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Serve on this computer, in one process."""
    from hackathon import server  # noqa: PLC0415 - other commands need none of it

    try:
        settings = read_settings()
    except BadSettings as problem:
        click.echo(f"These settings are wrong; nothing was started:\n{problem}", err=True)
        sys.exit(1)
    server.serve_laptop(settings, host, port, with_demo=not no_demo)


@cli.command("serve")
@click.option("--port", default=8000, show_default=True, help="Port to serve at.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve at.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1), help="Processes.")
def serve(port: int, host: str, workers: int) -> None:
    """Serve an event for real, behind a proxy with https.

    One process for pages and up to 300 live connections, one for the jobs, which also backs
    up every ten minutes during an event. SIGTERM ends both in good order. Ready files for
    nginx, Caddy and systemd lie in deploy/.
    """
    from hackathon import production  # noqa: PLC0415 - other commands need none of it

    try:
        settings = read_settings()
    except BadSettings as problem:
        click.echo(f"These settings are wrong; nothing was started:\n{problem}", err=True)
        sys.exit(1)
    production.serve(settings, host, port, workers)


@cli.command("demo")
@click.option("--reset", is_flag=True, help="Throw the demo away and build it anew.")
def build_demo(reset: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Build the demo's believable year in a database of its own."""
    from hackathon import demo, server  # noqa: PLC0415 - other commands need none of it

    try:
        settings = read_settings(database_url="", demo=True)
    except BadSettings as problem:
        click.echo(f"These settings are wrong; nothing was started:\n{problem}", err=True)
        sys.exit(1)
    settings.instance.mkdir(parents=True, exist_ok=True)
    with server.server_lock(settings.instance):
        if not demo.make_room(settings.folder / "hackathon.db", reset=reset):
            click.echo(f"The demo is in {settings.folder} already; --reset builds it anew.")
            return
        app = create_app(settings)
        with app.app_context():
            schema.upgrade(db.engine)
            demo.fill(demo.Progress(told=click.echo))
    click.echo(f"The demo is in {settings.folder}. `run` shows it until you start for real.")


@cli.group("db")
def database() -> None:
    """Look after the schema."""


@database.command("upgrade")
@click.option("--yes", is_flag=True, help="On PostgreSQL: I have a dump.")
def upgrade(yes: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Bring the schema up to date; on SQLite a copy is made first."""
    if schema.current(db.engine) == schema.newest():
        click.echo("Already up to date.")
        return
    copy = schema.bring_up(db.engine, has_dump=yes)
    click.echo(f"Upgraded to {schema.newest()}." + (f" The copy: {copy}" if copy else ""))


@database.command("current")
def current() -> None:
    """Print the schema's revision."""
    click.echo(schema.current(db.engine) or "empty")


def main() -> None:
    """Run the command line with every feature's commands."""
    for module in doors("commands"):
        commands = [found for found in vars(module).values() if isinstance(found, click.Command)]
        groups = [found for found in commands if isinstance(found, click.Group)]
        inner = [command for group in groups for command in group.commands.values()]
        for found in commands:
            if found not in inner:
                _merge(found)
    cli(prog_name="hackathon")


def _merge(command: click.Command) -> None:
    """Add a command; groups of one name become one (`events add` lives in office)."""
    known = cli.commands.get(str(command.name))
    if isinstance(known, click.Group) and isinstance(command, click.Group):
        known.commands.update(command.commands)
    elif known is None:
        cli.add_command(command)
