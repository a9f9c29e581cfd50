"""A real server on a free port and Debian's chromium."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import SATURDAY, make_app, set_stage
from panel import SUNDAY, set_panel
from playwright.sync_api import sync_playwright

from hackathon.shared import clock as clock_module
from hackathon.shared import schema, sessions
from hackathon.shared.db import db, transaction

ROOT = Path(__file__).parents[2]
BROWSER = os.environ.get("HACKATHON_TEST_BROWSER") or shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`hackathon run` in a process of its own."""

    ahead = ()  # what stands before the command: where another computer is to run it

    def __init__(self, folder, *arguments, **more):
        self.folder = folder
        self.arguments = arguments
        self.more = more
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = (folder / "server.log").open("w")
        self.start()

    def start(self):
        """Start the process and wait until it answers; again after `kill`, on the same port."""
        environment = {**os.environ, "HACKATHON_INSTANCE": str(self.folder), **self.more}
        if "DATABASE_URL" not in self.more:
            environment.pop("DATABASE_URL", None)
        line = [sys.executable, "-m", "hackathon", "run", "--port", str(self.port)]
        self.before = len(self.printed())
        self.process = subprocess.Popen(
            [*self.ahead, *line, *self.arguments],
            cwd=ROOT,
            env=environment,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        for _ in range(600):  # a minute: others may keep this computer busy
            if self.answers():
                return
            time.sleep(0.1)
        raise RuntimeError(self.printed())

    def answers(self):
        """Whether it serves; one on another computer is asked there."""
        address = f"http://127.0.0.1:{self.port}/healthz"
        if self.ahead:
            asks = f"import urllib.request as u; u.urlopen('{address}', timeout=2)"
            line = [*self.ahead, sys.executable, "-I", "-S", "-c", asks]
            return subprocess.run(line, check=False, capture_output=True).returncode == 0
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def printed(self):
        """Everything it has written to its terminal."""
        return Path(self.log.name).read_text("utf-8")

    def kill(self):
        """Pull the plug."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """End the process."""
        self.process.terminate()
        self.process.wait()
        self.log.close()


@pytest.fixture(scope="session")
def launch():
    """Start a Chromium, by its own command or by one that runs it elsewhere."""
    if BROWSER is None:
        pytest.fail("no browser: install chromium")
    with sync_playwright() as playwright:
        yield lambda path=BROWSER: playwright.chromium.launch(executable_path=path, args=FLAGS)


@pytest.fixture(scope="session")
def browser(launch):
    """Chromium, one a worker."""
    chromium = launch()
    yield chromium
    chromium.close()


@pytest.fixture
def demo(tmp_path, demo_folder):
    """A server with a filled demo of its own."""
    shutil.copytree(demo_folder, tmp_path, dirs_exist_ok=True)
    server = Server(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def make_server():
    """Start servers; each ends with the test."""
    servers = []

    def make(folder, *arguments, **more):
        servers.append(Server(folder, *arguments, **more))
        return servers[-1]

    yield make
    for server in servers:
        server.stop()


@pytest.fixture
def evening(tmp_path):
    """A server in which a round is open on a Sunday; `server.room` acts in it, `clock` moves it.

    Returns (server, room, enter): `enter(page, name)` signs a member of the cast in.
    """
    clock = tmp_path / "clock"
    with clock_module.at(SATURDAY) as moved:
        app = make_app(f"sqlite:///{tmp_path / 'hackathon.db'}", tmp_path)
        with app.app_context():
            schema.upgrade(db.engine)
            room = set_panel(set_stage(), moved)
            db.session.remove()
            db.engine.dispose()
    clock.write_text(SUNDAY.isoformat())
    server = Server(tmp_path, HACKATHON_CLOCK_FILE=str(clock))
    server.clock, server.app = clock, app

    def enter(page, name):
        moment = datetime.fromisoformat(clock.read_text())
        with app.app_context(), clock_module.at(moment), transaction() as session:
            person = getattr(room.cast, name)
            token = sessions.begin(session, person_id=person.id, device="test")
        cookie = {"name": "session", "value": token, "url": server.url}
        page.context.add_cookies([cookie])
        return page

    yield server, room, enter
    server.stop()


def is_problem(line):
    """Whether a line of the console is one: leaving a page before its socket opens is none."""
    return line.type == "error" and "closed before the connection is established" not in line.text


def open_page(browser, width, scheme, host="127.0.0.1", **more):
    """A page in a context of its own; `problems` holds its errors and requests that left the host."""
    context = browser.new_context(
        viewport={"width": width, "height": 844 if width < 600 else 900},
        color_scheme=scheme,
        **{"reduced_motion": "reduce", **more},
    )
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on(
        "console",
        lambda line: page.problems.append(line.text) if is_problem(line) else None,
    )
    page.on(
        "request",
        lambda request: (
            page.problems.append("left the host: " + request.url)
            if host not in request.url and not request.url.startswith("data:")
            else None
        ),
    )
    return page


@pytest.fixture
def pages(browser):
    """Make pages of one width and color scheme; everything else they load is refused."""
    contexts = []

    def make(width=1280, scheme="light", **more):
        page = open_page(browser, width, scheme, **more)
        contexts.append(page.context)
        return page

    yield make
    for context in contexts:
        context.close()


AXE = Axe().axe_script


@pytest.fixture
def axe():
    """Fail with every violation axe finds on a page; of all its rules, or of those named."""

    def check(page, *rules):
        if not page.evaluate("Boolean(window.axe)"):
            page.evaluate(AXE)
        options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
        found = page.evaluate("(o) => axe.run(o).then((all) => all.violations)", options)
        told = [
            f"{entry['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
            for entry in found
            for node in entry["nodes"]
        ]
        assert told == [], page.url

    return check


LOOKS = (
    (390, "light", ()),
    (1280, "dark", ()),
    (390, "dark", ("color-contrast",)),
    (1280, "light", ("color-contrast",)),
)
"""(width, color scheme, rules of axe; none: all): each width and each scheme sees every rule."""


@pytest.fixture
def looks_right(axe):
    """Accessible in every look, never wider than the screen, and not reloading by itself."""

    def check(page):
        for width, scheme, rules in LOOKS:
            page.set_viewport_size({"width": width, "height": 844 if width < 600 else 900})
            page.emulate_media(color_scheme=scheme)
            axe(page, *rules)
            wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            assert not page.evaluate(wide), f"{page.url} is wider than {width} px"
        how = page.evaluate("performance.getEntriesByType('navigation')[0].type")
        assert how == "navigate", f"{page.url} came by {how}"

    return check
