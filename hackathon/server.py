"""Serving: one process for a laptop, the demo first, the real thing from the same process.

`run` serves the demo until the real database holds a person. "Start for real" writes
that database and the process goes on with it: the `Switch` hands the next request to
the real application.
"""

from __future__ import annotations

import fcntl
import ipaddress
import logging
import os
import socket
import struct
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy import select

from hackathon import demo
from hackathon.app import create_app
from hackathon.people.models import Person
from hackathon.shared import jobs, live, near, qr, schema
from hackathon.shared.anchors import write_anchor
from hackathon.shared.db import db, reading, transaction
from hackathon.shared.errors import Conflict
from hackathon.shared.settings import keep_settings, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from wsgiref.types import StartResponse, WSGIEnvironment

    from flask import Flask

    from hackathon.shared.settings import Settings

logger = logging.getLogger("hackathon.server")

ANCHOR_SECONDS = 300


class Running:
    """An application with its ticker and its jobs."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.app = create_app(settings)
        with self.app.app_context():
            copy = schema.bring_up(db.engine)
        if copy is not None:
            logger.warning("The schema is new; a copy of the database before: %s", copy)
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

    def __init__(self, settings: Settings, reached: dict[str, str] | None = None) -> None:
        self.settings = settings
        self.reached = reached or {}
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
        if not running.settings.demo:
            running.app.extensions["change_ways"] = self.change_ways
        running.start()
        if before is not None:
            before.stop()

    def as_reached(self, settings: Settings) -> Settings:
        """With the address phones in the room use, unless a public one is set."""
        if settings.public_url or not self.reached:
            return settings
        origins = ",".join(filter(None, (settings.origins, self.reached["origins"])))
        return settings.model_copy(update={**self.reached, "origins": origins})

    def change_ways(self, kept: dict[str, object]) -> Settings:
        """Keep other settings of mail and address, and go on with them at once.

        Raises:
            BadSettings: one of them is wrong; nothing was kept.
        """
        with self._lock:
            keep_settings(self.settings.instance, kept)
            self.settings = read_settings(instance=self.settings.instance)
            running = Running(self.as_reached(self.settings))
            self.use(running)
            return running.settings

    def start_for_real(self, work: Callable[[Any], int], kept: dict[str, object]) -> Settings:
        """Open the empty real database, run `work(session)` in it, go on with it.

        Args:
            work: Writes who begins.
            kept: Settings that the instance keeps from now on; the environment wins.

        Raises:
            Conflict: somebody has already started for real.
            BadSettings: one of those to keep is wrong.
        """
        with self._lock:
            told = {
                name: value
                for name, value in kept.items()
                if name not in self.settings.model_fields_set
            }
            checked = read_settings(instance=self.settings.instance, **told)
            settings = self.settings.model_copy(
                update={"demo": False, **{name: getattr(checked, name) for name in told}}
            )
            real = Running(self.as_reached(settings))
            if real.has_people:
                raise Conflict(
                    "already_real",
                    "This has already been started for real; reload the page.",
                )
            with real.app.app_context(), transaction() as session:
                work(session)
                keep_settings(settings.instance, told)
            self.use(real)
            return real.settings


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


def _keep_anchoring(switch: Switch) -> None:
    wait = threading.Event()
    while not wait.wait(ANCHOR_SECONDS):
        if switch.current is not None:
            try:
                with switch.current.app.app_context():
                    write_anchor(reading(), switch.current.settings.folder)
            except Exception:
                logger.exception("anchor not written")


EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - only compared


def reached_at(host: str, port: int) -> dict[str, str]:
    """The settings by which other devices reach this one; none on a loopback address."""
    if host in EVERYWHERE:
        address, *others = own_addresses() or [""]
    else:
        address, others = host, []
    if not address or address == "localhost" or _is_loopback(address):
        return {}
    origins = ",".join(f"http://{other}:{port}" for other in others)
    return {"public_url": f"http://{address}:{port}", "origins": origins}


def own_addresses() -> list[str]:
    """The IPv4 addresses of this computer on its networks, the one of the way out first.

    A hotspot in the hall has no way out; then its interfaces are asked, in their order.
    """
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # nothing is sent; it only chooses the way out
        found.append(str(probe.getsockname()[0]))
    found.extend(_addresses_of_interfaces())
    with suppress(OSError):
        for *_, place in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET):
            found.append(str(place[0]))
    return [address for address in dict.fromkeys(found) if not _is_loopback(address)]


ADDRESS_OF_INTERFACE = 0xC0206921 if sys.platform == "darwin" else 0x8915
"""The request SIOCGIFADDR: a name of 16 bytes goes in, the address comes back at byte 20."""


def _addresses_of_interfaces() -> Iterator[str]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        for _, name in socket.if_nameindex():
            with suppress(OSError):  # one without an IPv4 address
                request = struct.pack("256s", name.encode()[:15])
                answer = fcntl.ioctl(asked.fileno(), ADDRESS_OF_INTERFACE, request)
                yield socket.inet_ntoa(answer[20:24])


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def serve_laptop(settings: Settings, host: str, port: int, *, with_demo: bool) -> None:
    """Serve in this process until interrupted."""
    from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: PLC0415 - only here

    class Prompt(WSGIRequestHandler):
        """Sends small frames at once: without it an acknowledgement waits 40 ms."""

        disable_nagle_algorithm = True

    settings.instance.mkdir(parents=True, exist_ok=True)
    with server_lock(settings.instance):
        switch = Switch(settings, reached_at(host, port))
        running = Running(switch.as_reached(settings))
        first = not running.has_people
        filling = first and with_demo
        pin = ""
        if filling:
            demo_settings = settings.model_copy(update={"demo": True, "database_url": ""})
            running = Running(switch.as_reached(demo_settings))
            running.app.extensions["start_for_real"] = switch.start_for_real
            pin = near.make_pin(running.app) if switch.reached else ""
        switch.use(running)
        server = make_server(host, port, switch, threaded=True, request_handler=Prompt)
        own = f"http://127.0.0.1:{port}" if host in EVERYWHERE else f"http://{host}:{port}"
        click.echo(f"Instance: {settings.folder.resolve()}")
        click.echo(f"Hackathon is at {own}")
        if switch.reached:
            address = running.settings.public_url
            click.echo(f"Phones on this network open {address}, or scan:")
            click.echo(qr.in_terminal(address))
        if filling:
            click.echo("It shows a demo; press 'Start for real' there for your own first event.")
            if pin:
                click.echo(f"From other devices the demo asks for this PIN: {pin}")
            demo.fill_in_background(running.app)
        elif first:
            click.echo("The database is empty. The first administrator signs in here, once:")
            address = running.settings.public_url or own
            click.echo("  " + first_administrator_link(running.app, address))
        threading.Thread(target=_keep_anchoring, args=(switch,), daemon=True).start()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("Stopped.")


def first_administrator_link(app: Flask, address: str) -> str:
    """Make the first administrator of an empty database; returns the one-time link."""
    from hackathon.people import service  # noqa: PLC0415 - after the tables are loaded
    from hackathon.people.rules import COMMAND_LINE, SiteRole  # noqa: PLC0415 - as above

    with app.app_context(), transaction() as session:
        person = service.add_person(
            session, COMMAND_LINE, email="admin@localhost", name="Administrator"
        )
        service.give_site_role(session, COMMAND_LINE, person_id=person.id, role=SiteRole.ADMIN)
        token = service.make_link(session, COMMAND_LINE, person_id=person.id)
    return f"{address}/sign-in/{token}"
