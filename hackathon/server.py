"""Serving: one process for a laptop, the demo first, the real thing from the same process.

`run` serves the demo until the real database holds a person. "Start for real" writes
that database and the process goes on with it: the `Switch` hands the next request to
the real application.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy import select

from hackathon import demo
from hackathon.app import create_app
from hackathon.people.models import Person
from hackathon.shared import facts, jobs, live, schema
from hackathon.shared.clock import now, utc_text
from hackathon.shared.db import db, reading, transaction
from hackathon.shared.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from wsgiref.types import StartResponse, WSGIEnvironment

    from hackathon.shared.settings import Settings

logger = logging.getLogger("hackathon.server")

ANCHOR_SECONDS = 300


class Running:
    """An application with its ticker and its jobs."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.app = create_app(settings)
        with self.app.app_context():
            schema.upgrade(db.engine)
        self._stop_jobs: Callable[[], None] | None = None

    @property
    def has_people(self) -> bool:
        """Whether anybody is in its database."""
        with self.app.app_context():
            return reading().scalar(select(Person.id).limit(1)) is not None

    def start(self) -> None:
        """Start what runs beside the requests."""
        ticker: live.Ticker = self.app.extensions["ticker"]
        ticker.start()
        if self.settings.jobs:
            self._stop_jobs = jobs.start(self.app, self.settings)

    def stop(self) -> None:
        """Stop what runs beside the requests."""
        ticker: live.Ticker = self.app.extensions["ticker"]
        ticker.stop()
        if self._stop_jobs:
            self._stop_jobs()


class Switch:
    """WSGI: the application in use; can be changed while serving."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.current: Running | None = None
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Hand the request to the application in use."""
        if self.current is None:
            message = "nothing is running yet"
            raise RuntimeError(message)
        return self.current.app(environ, start_response)

    def use(self, running: Running) -> None:
        """Serve this application from the next request on."""
        before, self.current = self.current, running
        running.start()
        if before is not None:
            before.stop()

    def start_for_real(self, work: Callable[[Any], int]) -> int:
        """Open the empty real database, run `work(session)` in it, go on with it.

        Raises:
            Conflict: somebody has already started for real.
        """
        with self._lock:
            real = Running(self.settings.model_copy(update={"demo": False}))
            if real.has_people:
                raise Conflict(
                    "already_real",
                    "This has already been started for real; reload the page.",
                )
            with real.app.app_context(), transaction() as session:
                made = work(session)
            self.use(real)
            return made


@contextmanager
def server_lock(folder: Path) -> Iterator[None]:
    """Hold `server.lock`, so that `restore` knows that a server runs.

    Raises:
        Conflict: another server already serves this instance.
    """
    path = folder / "server.lock"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Conflict(
                "already_serving",
                f"Another server already uses {folder}; stop it first.",
            ) from error
        yield
    finally:
        os.close(descriptor)


def write_anchor(running: Running) -> None:
    """Write the heads of all streams outside the database, so that a cut tail shows."""
    with running.app.app_context():
        heads = facts.heads(reading())
    line = facts.canonical({"at": utc_text(now()), "heads": heads})
    path = running.settings.folder / "anchors.log"
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def _keep_anchoring(switch: Switch) -> None:
    wait = threading.Event()
    while not wait.wait(ANCHOR_SECONDS):
        if switch.current is not None:
            try:
                write_anchor(switch.current)
            except Exception:
                logger.exception("anchor not written")


def serve_laptop(settings: Settings, host: str, port: int, *, with_demo: bool) -> None:
    """Serve in this process until interrupted."""
    from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: PLC0415 - only here

    class Prompt(WSGIRequestHandler):
        """Sends small frames at once: without it an acknowledgement waits 40 ms."""

        disable_nagle_algorithm = True

    settings.instance.mkdir(parents=True, exist_ok=True)
    with server_lock(settings.instance):
        switch = Switch(settings)
        running = Running(settings)
        first = not running.has_people
        filling = first and with_demo
        if filling:
            running = Running(settings.model_copy(update={"demo": True, "database_url": ""}))
            running.app.extensions["start_for_real"] = switch.start_for_real
        switch.use(running)
        server = make_server(host, port, switch, threaded=True, request_handler=Prompt)
        click.echo(f"Instance: {settings.folder.resolve()}")
        click.echo(f"Hackathon is at http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}")  # noqa: S104 - only compared
        if filling:
            click.echo("It shows a demo; press 'Start for real' there for your own first event.")
            demo.fill_in_background(running.app)
        elif first:
            click.echo("The database is empty. The first administrator signs in here, once:")
            click.echo("  " + first_administrator_link(running, f"http://{host}:{port}"))
        threading.Thread(target=_keep_anchoring, args=(switch,), daemon=True).start()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("Stopped.")


def first_administrator_link(running: Running, address: str) -> str:
    """Make the first administrator of an empty database; returns the one-time link."""
    from hackathon.people import service  # noqa: PLC0415 - after the tables are loaded
    from hackathon.people.rules import COMMAND_LINE, SiteRole  # noqa: PLC0415 - as above

    with running.app.app_context(), transaction() as session:
        person = service.add_person(
            session, COMMAND_LINE, email="admin@localhost", name="Administrator"
        )
        service.give_site_role(session, COMMAND_LINE, person_id=person.id, role=SiteRole.ADMIN)
        token = service.make_link(session, COMMAND_LINE, person_id=person.id)
    return f"{address}/sign-in/{token}"
