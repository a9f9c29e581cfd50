"""Production: `hackathon serve`, one event on one server, behind a proxy with https.

Three processes. The overseer holds the instance's lock and begins the other two again when
they end: one answers pages and live lines (gunicorn, a thread a line), one runs the jobs,
writes the anchors and backs up. When the overseer is gone, both end by themselves.
Promises: nothing starts with a setting that would show sign-ins or fake the time; the
schema changes only with a copy made before; the jobs run once, whatever dies; SIGTERM ends
everything in good order.
"""

from __future__ import annotations

import resource
from contextlib import suppress
from typing import TYPE_CHECKING

import click
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from hackathon.app import create_app
from hackathon.people.models import Person
from hackathon.production import backups, checks
from hackathon.server import first_administrator_link, server_lock
from hackathon.shared import schema
from hackathon.shared.db import db, reading
from hackathon.shared.errors import Conflict, Unavailable

if TYPE_CHECKING:
    from flask import Flask

    from hackathon.shared.settings import Settings

FILES = 8_192
"""Open files: at worst each of 340 threads holds a line and a database of three files."""


def serve(settings: Settings, host: str, port: int, workers: int = 1) -> None:
    """Serve until SIGTERM; ends the process.

    Raises:
        Conflict: this cannot be served so; each reason, and what to do.
        Unavailable: the database does not answer.
    """
    checks.check(settings, workers)
    from hackathon.production import web  # noqa: PLC0415 - gunicorn is there, as just checked

    settings = settings.model_copy(update={"log_format": settings.log_format or "json"})
    settings.instance.mkdir(parents=True, exist_ok=True)
    with server_lock(settings.instance):
        app = create_app(settings)
        with app.app_context():
            _prepare(app, settings)
        _allow_files()
        click.echo(f"Instance: {settings.folder.resolve()}")
        click.echo(f"People open {settings.public_url}; the proxy asks http://{host}:{port}")
        web.Overseer(web.Site(settings, host, port)).run()


def _prepare(app: Flask, settings: Settings) -> None:
    """Bring up the database and let go of it: whoever forks must hold no connection."""
    try:
        copy = schema.bring_up(db.engine)
        people = reading().execute(select(Person.id, Person.is_demo).limit(1)).first()
    except OperationalError as problem:
        raise Unavailable(
            "no_database", f"The database does not answer; nothing was started.\n{problem.orig}"
        ) from problem
    if copy is not None:
        click.echo(f"The schema is new; a copy of the database before: {copy}")
    if people is not None and people.is_demo:
        raise Conflict("demo", "This database holds the demo's people, whom anybody can be.")
    if people is None:
        click.echo("The database is empty. The first administrator signs in here, once:")
        click.echo("  " + first_administrator_link(app, settings.public_url))
    if db.engine.dialect.name == "postgresql":
        click.echo("Backups are PostgreSQL's own; during an event every ten minutes:")
        click.echo("  " + backups.dump_line(db.engine.url))
    db.session.remove()
    db.engine.dispose()


def _allow_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
