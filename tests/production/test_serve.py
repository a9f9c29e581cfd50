"""`hackathon serve` for real: sign in, mark over a live line, lose the jobs, end in good order."""

import http.cookiejar
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import uuid
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import socketio
from conftest import make_app, set_stage
from panel import set_panel
from sqlalchemy import update

from hackathon.events.models import Event
from hackathon.judging.models import Mark
from hackathon.people.rules import COMMAND_LINE
from hackathon.people.service import make_link
from hackathon.shared.clock import now
from hackathon.shared.db import db, reading, transaction

ROOT = Path(__file__).parents[2]
PATIENCE = 15.0


def until(look):
    """Wait for something to be there; returns it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.02)
    return pytest.fail(f"not within {PATIENCE} s: {look}")


class Served:
    """A server on a free port, and the database that it serves."""

    def __init__(self, folder):
        self.folder = folder
        self.app = make_app(f"sqlite:///{folder / 'hackathon.db'}", folder)
        with self.app.app_context():
            cast = set_stage()
            begun = now()
            self.schedule(starts_at=begun - timedelta(hours=9), ends_at=begun + timedelta(hours=9))
            closes = SimpleNamespace(set=lambda _sunday: self.schedule(submissions_close_at=now()))
            self.room = set_panel(cast, closes)
            with transaction() as session:
                self.token = make_link(session, COMMAND_LINE, person_id=cast.judith.id)
            self.let_go()
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "serve.log"
        self.start()

    def start(self):
        """Begin, and wait until it answers."""
        environment = {
            **os.environ, "HACKATHON_INSTANCE": str(self.folder), "HACKATHON_PUBLIC_URL": self.url,
        }  # fmt: skip
        environment.pop("DATABASE_URL", None)
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hackathon", "serve", "--port", str(self.port)],
                cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        until(self.answers)

    @staticmethod
    def schedule(**times):
        """Move the events to this day: the server's clock is the real one."""
        with transaction() as session:
            session.execute(update(Event).values(**times))

    @staticmethod
    def let_go():
        db.session.remove()
        db.engine.dispose()

    def answers(self):
        if self.process.poll() is not None:
            pytest.fail(self.log.read_text())
        try:
            with urllib.request.urlopen(self.url + "/healthz", timeout=2) as answer:  # noqa: S310 - our own loopback
                return json.load(answer)["status"] == "ok"
        except OSError:
            return False

    def said(self, words):
        """Lines of the log whose message begins with these words."""
        lines = [line for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in map(json.loads, lines) if line["message"].startswith(words)]

    def jobs(self):
        """The process that runs the jobs now, if one does."""
        begun = [line["process"] for line in self.said("jobs begin")]
        return begun[-1] if begun and is_alive(begun[-1]) else None


def is_alive(pid):
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


@pytest.fixture
def served(hackathon):
    """The server of the terminal's instance; whatever happens, none of its processes is left."""
    server = Served(hackathon.instance)
    yield server
    if server.process.poll() is None:
        server.process.kill()  # the others end by themselves
        server.process.wait()


def sign_in(served):
    """Use a one-time link as a browser does; returns the session's cookie."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    with browser.open(f"{served.url}/sign-in/{served.token}") as answer:
        csrf = re.search(r'name="csrf-token" content="(\w+)"', answer.read().decode())[1]
    form = urllib.parse.urlencode({"csrf_token": csrf}).encode()
    with browser.open(f"{served.url}/sign-in/{served.token}", form) as answer:
        assert "Judith" in answer.read().decode()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def connect(served, cookie):
    """A device's line; `client.ends` fills with the reasons it ended for."""
    client = socketio.Client(reconnection=False)
    client.ends = []
    client.on("disconnect", client.ends.append)
    client.connect(served.url, headers={"Cookie": cookie}, transports=["websocket"])
    return client


def mark(client, served, *, key, seq=1):
    return client.call(
        "judging.mark",
        {
            "round": served.room.round_id, "project": served.room.projects["owls"],
            "criterion": "impact", "value": 4, "seq": seq, "key": key,
            "made_at": now().isoformat(),
        },
        timeout=5,
    )  # fmt: skip


def test_it_serves_survives_the_death_of_its_jobs_and_ends_in_good_order(served, hackathon):
    # pages and lines
    judith = connect(served, sign_in(served))
    key = uuid.uuid4().hex
    receipt = mark(judith, served, key=key)
    assert (receipt["ok"], receipt["replay"]) == (True, False)
    assert mark(judith, served, key=key) == {**receipt, "replay": True}
    with pytest.raises(socketio.exceptions.ConnectionError):
        connect(served, "session=forged")

    # nobody takes the database away meanwhile, and nobody serves it twice
    backup = until(lambda: next((served.folder / "backups").glob("hackathon-*.tar"), None))
    refused = hackathon("restore", str(backup))
    assert (refused.returncode, "stop it first" in refused.stderr) == (1, True)
    refused = hackathon("serve", HACKATHON_PUBLIC_URL=served.url)
    assert (refused.returncode, "Another server already uses" in refused.stderr) == (1, True)

    # the jobs' process dies; another does its work
    first = until(served.jobs)
    os.kill(first, signal.SIGKILL)
    until(lambda: served.jobs() not in {None, first})
    with served.app.app_context():
        served.room.move("freeze")
        served.let_go()
    anchors = served.folder / "anchors.log"
    until(lambda: anchors.exists() and f"judging:{served.room.round_id}" in anchors.read_text())
    assert served.said("the jobs' process ended")[0]["message"].endswith("code -9)")

    # the end; the line is told nothing of being put out, so that a browser comes back
    judging, jobs, web = judith.ends, served.jobs(), served.said("GET /healthz")[-1]["process"]
    served.process.send_signal(signal.SIGTERM)
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(PATIENCE) == 0
    assert (is_alive(jobs), is_alive(web), len(served.said("jobs end"))) == (False, False, 1)
    until(lambda: judging)
    assert judging != [socketio.Client.reason.SERVER_DISCONNECT]
    with served.app.app_context():
        (kept,) = reading().query(Mark).all()
        assert (kept.id, kept.key) == (receipt["receipt"], uuid.UUID(key).hex)
        served.let_go()

    # begun again, its overseer dies: the others do not stay behind
    served.start()
    jobs = until(lambda: served.jobs() not in {None, jobs} and served.jobs())
    served.process.kill()
    served.process.wait()
    until(lambda: not (is_alive(jobs) or is_alive(served.said("GET /healthz")[-1]["process"])))
