"""`hackathon serve` behind nginx with https and many devices, beside a bare floor: `bench/serve.py`.

    .venv/bin/python bench/serve.py [--devices 150] [--rounds 3]

Needs nginx and openssl (Debian: apt-get install nginx-light openssl). nginx runs the shipped
`deploy/nginx.conf`; host name, ports and certificate are put in for the run. The floor is the
least code that could do the job, on the same gunicorn settings behind the same site: one row
committed (SQLite, FULL), an acknowledgement, the board five times a second. App and floor take
turns; every figure is the median of the rounds. Two fifths of the devices judge, the others
watch the board as organizers; all offer compression, as browsers do.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import re
import resource
import signal
import socket
import ssl
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import uuid
import zlib
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from itertools import count, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sqlalchemy import func, select

from hackathon.app import create_app
from hackathon.events import service as events
from hackathon.judging.models import Mark
from hackathon.judging.rules import Verb, check_rubric, check_scale
from hackathon.judging.service import rounds, seats
from hackathon.people import service as people
from hackathon.people.access import load_actor
from hackathon.people.rules import COMMAND_LINE, Role
from hackathon.projects import service as projects
from hackathon.projects.rules import NEEDED
from hackathon.shared import clock, schema, sessions
from hackathon.shared.db import db, reading, transaction
from hackathon.shared.settings import read_settings
from hackathon.teams import service as teams

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

ROOT = Path(__file__).resolve().parents[1]
PROJECTS = 30
CRITERIA = ("impact", "works", "idea", "adoption")
PHASES = ((12, 10), (60, 5))
"""(marks a second, seconds): the last minutes of an evening, and far beyond them."""
PATIENCE = 60
SMALL, WIDE, CLOSING, DEFLATED = 126, 127, 8, 64
"""Of a websocket's frame (RFC 6455, 7692)."""


# --- what is served --------------------------------------------------------------------


class Scene:
    """An event with an open round, and who comes: tokens of judges and of organizers."""

    def __init__(self, folder: Path, url: str, devices: int) -> None:
        self.folder = folder
        app = create_app(
            read_settings(instance=folder, database_url="", public_url=url, proxies=1,
                          log_level="WARNING")
        )  # fmt: skip
        self.cookie = app.session_interface.cookie
        judges = devices * 2 // 5
        with app.app_context():
            schema.upgrade(db.engine)
            yesterday = clock.now() - timedelta(days=1)
            with clock.story(yesterday):
                self.event_id, self.projects = self._event(yesterday)
            with transaction() as session:
                crowd = [
                    people.add_person(
                        session, COMMAND_LINE, email=f"p{n}@example.test", name=f"Person {n}"
                    ).id
                    for n in range(devices)
                ]
                for person_id in crowd[judges:]:
                    people.give_event_role(
                        session, COMMAND_LINE, person_id=person_id, event_id=self.event_id,
                        role=Role.ORGANIZER,
                    )  # fmt: skip
                self.round_id = self._round(session, crowd[:judges])
            with transaction() as session:
                tokens = [sessions.begin(session, person_id=n, device="bench") for n in crowd]
            db.session.remove()
            db.engine.dispose()
        self.app = app
        self.judges, self.watchers = tokens[:judges], tokens[judges:]

    @staticmethod
    def _event(yesterday: datetime) -> tuple[int, list[int]]:
        found = []
        with transaction() as session:
            plan = events.Plan(
                name="Bench", slug="bench", zone="UTC", starts_at=yesterday - timedelta(days=1),
                ends_at=yesterday + timedelta(days=3),
                submissions_close_at=yesterday + timedelta(hours=2),
            )  # fmt: skip
            event_id = events.create_event(session, COMMAND_LINE, plan).id
            events.publish_event(session, COMMAND_LINE, event_id=event_id)
            for number in range(1, PROJECTS + 1):
                person = people.add_person(
                    session, COMMAND_LINE, email=f"t{number}@example.test", name=f"Team {number}"
                )
                events.add_registration(
                    session, COMMAND_LINE, event_id=event_id, person_id=person.id,
                    joining=events.Joining(accepts_version=None),
                )  # fmt: skip
                actor = load_actor(session, person.id)
                team = teams.create_team(session, actor, event_id=event_id, name=f"Team {number}")
                values = dict.fromkeys(NEEDED, "Something") | {"title": f"Project {number}"}
                card = projects.save_card(
                    session, actor, event_id=event_id, team_id=team.id, values=values, version=0
                )
                found.append(card.project_id)
        return event_id, found

    def _round(self, session: Session, judges: list[int]) -> int:
        scale = check_scale(1, 5, 1)
        rubric = check_rubric("Final", scale, [(key, key.title(), 25, {}) for key in CRITERIA])
        found = rounds.add_round(session, COMMAND_LINE, event_id=self.event_id, rubric=rubric)
        place = {"event_id": self.event_id, "round_id": found.id}
        for person_id in judges:
            seats.add_seat(session, COMMAND_LINE, **place, person_id=person_id)
        rounds.move(session, COMMAND_LINE, **place, verb=Verb.OPEN)
        return found.id

    def marks(self) -> int:
        """How many the database holds."""
        with self.app.app_context():
            kept = reading().scalar(select(func.count()).select_from(Mark)) or 0
            db.session.remove()
            db.engine.dispose()
        return kept


FLOOR = """
import logging, sqlite3, sys, threading, time
from flask import Flask
from flask_socketio import SocketIO, join_room
app = Flask("floor")
line = SocketIO(app, async_mode="threading", async_handlers=False, transports=["websocket"],
                cors_allowed_origins="*", ping_interval=20, ping_timeout=15)
file = sqlite3.connect(sys.argv[1], check_same_thread=False, isolation_level=None)
file.execute("PRAGMA journal_mode = WAL"); file.execute("PRAGMA synchronous = FULL")
file.execute("CREATE TABLE IF NOT EXISTS marks (id INTEGER PRIMARY KEY, body TEXT)")
lock = threading.Lock()
newest = 0
@app.get("/healthz")
def health():
    return {"status": "ok"}
@line.on("hello")
def hello(data):
    return {"ok": True}
@line.on("watch")
def watch(data):
    join_room("board")
    return {"ok": True}
@line.on("mark")
def mark(data):
    global newest
    with lock:
        newest = file.execute("INSERT INTO marks (body) VALUES (?)", (str(data),)).lastrowid
        return {"ok": True, "version": newest}
def tick():
    told = 0
    while True:
        time.sleep(0.2)
        if newest != told:
            base, told = told, newest
            line.emit("board.changed", {"version": told, "base": base, "rows": [{"id": told, "mean": 3.5,
                      "sheets": 4, "state": "scored"}] * 3, "gone": []}, to="board")
threading.Thread(target=tick, daemon=True).start()
"""
BARE = """
from gunicorn.app.base import BaseApplication
class Bare(BaseApplication):
    def load_config(self):
        for name, value in {told}.items():
            self.cfg.set(name, value)
    def load(self):
        exec(compile({floor!r}, "floor", "exec"), globals())
        return app
Bare().run()
"""


def start(name: str, folder: Path, url: str, port: int) -> subprocess.Popen[bytes]:
    """The app or the floor on a port of this computer."""
    if name == "app":
        line = [sys.executable, "-m", "hackathon", "serve", "--port", str(port)]
    else:
        from hackathon.production.web import THREADS  # noqa: PLC0415 - after the arguments are read

        told = {
            "bind": f"127.0.0.1:{port}", "workers": 1, "worker_class": "gthread",
            "threads": THREADS, "worker_connections": 4 * THREADS, "keepalive": 75,
            "graceful_timeout": 1, "loglevel": "error", "control_socket_disable": True,
        }  # fmt: skip
        text = BARE.format(told=told, floor=FLOOR)
        line = [sys.executable, "-c", text, str(folder / "floor.db")]
    environment = {
        **os.environ, "HACKATHON_INSTANCE": str(folder), "HACKATHON_PUBLIC_URL": url,
        "HACKATHON_PROXIES": "1", "HACKATHON_LOG_LEVEL": "WARNING",
    }  # fmt: skip
    environment.pop("DATABASE_URL", None)
    with (folder / f"{name}.log").open("ab") as log:
        return subprocess.Popen(line, cwd=ROOT, env=environment, stdout=log, stderr=log)


def tree(pid: int) -> tuple[int, int, float]:
    """Memory (PSS, MB), threads and processor seconds of a process and its children."""
    memory, threads, used = 0, 0, 0.0
    kin = subprocess.run(["ps", "--ppid", str(pid), "-o", "pid="], capture_output=True, check=False)
    for one in [pid, *map(int, kin.stdout.split())]:
        with suppress(OSError):
            rollup = Path(f"/proc/{one}/smaps_rollup").read_text("ascii")
            memory += int(re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)[1]) // 1024
            stat = Path(f"/proc/{one}/stat").read_text("ascii").rpartition(")")[2].split()
            threads += int(stat[17])
            used += (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
    return memory, threads, used


# --- nginx -----------------------------------------------------------------------------


@contextmanager
def nginx(folder: Path, sites: dict[int, int], http: list[int]) -> Iterator[None]:
    """The shipped site in front of each port: {port of https: port behind}; ports of http."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key,
         "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    shipped = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
    written = []
    for (https, behind), plain in zip(sites.items(), http, strict=True):
        site = re.sub(r"(?m)^\s*listen \[::\].*\n", "", shipped)
        for old, new in {
            "listen 80;": f"listen 127.0.0.1:{plain};",
            "listen 443 ": f"listen 127.0.0.1:{https} ",
            "/etc/letsencrypt/live/hackathon.example.com/fullchain.pem": str(certificate),
            "/etc/letsencrypt/live/hackathon.example.com/privkey.pem": str(key),
            "/var/log/nginx/hackathon.log hackathon": f"{folder}/access-{https}.log hackathon{https}",
            "127.0.0.1:8000": f"127.0.0.1:{behind}",
            "hackathon.example.com": "localhost",
            "upstream hackathon": f"upstream hackathon{https}",
            "http://hackathon;": f"http://hackathon{https};",
            "log_format hackathon ": f"log_format hackathon{https} ",
            "$hackathon_": f"$hackathon{https}_",
            "shared:hackathon:": f"shared:hackathon{https}:",
        }.items():
            if old not in site:
                sys.exit(f"deploy/nginx.conf no longer says {old!r}")
            site = site.replace(old, new)
        path = folder / f"site-{https}.conf"
        path.write_text(site, "utf-8")
        written.append(f"include {path};")
    main = folder / "nginx.conf"
    main.write_text(
        f"daemon off; pid {folder}/nginx.pid; worker_processes 2; error_log {folder}/nginx.log;\n"
        f"events {{ worker_connections 1024; }}\nhttp {{ {' '.join(written)} }}\n",
        "utf-8",
    )
    process = subprocess.Popen(["nginx", "-c", str(main), "-e", f"{folder}/nginx.log"])
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def free_ports(wanted: int) -> list[int]:
    """Ports of this computer that nobody uses."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(wanted)]
        return [int(probe.getsockname()[1]) for probe in probes]


# --- devices ---------------------------------------------------------------------------


class Device:
    """A browser's live line: websocket over TLS, Engine.IO 4, Socket.IO 5."""

    def __init__(self, token: str, cookie: str, port: int) -> None:
        self.head = {"Cookie": f"{cookie}={token}", "Origin": f"https://localhost:{port}"}
        self.port = port
        self.answers: dict[int, asyncio.Future[Any]] = {}
        self.numbers = count()
        self.seen: list[tuple[int, float]] = []
        self.inflate: Any = None
        self.wanted = 0
        self.ended, self.reached = asyncio.Event(), asyncio.Event()

    async def open(self, context: ssl.SSLContext) -> None:
        """Shake hands: TLS, upgrade, Engine.IO's and Socket.IO's greetings."""
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=context, server_hostname="localhost"
        )
        key = base64.b64encode(os.urandom(16)).decode()
        lines = {
            "Host": f"localhost:{self.port}", "Upgrade": "websocket", "Connection": "Upgrade",
            "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits", **self.head,
        }  # fmt: skip
        asked = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        path = "/socket.io/?EIO=4&transport=websocket"
        self.writer.write(f"GET {path} HTTP/1.1\r\n{asked}\r\n".encode())
        answer = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        if " 101 " not in answer.split("\r\n")[0]:
            raise ConnectionError(answer.split("\r\n")[0])
        if "permessage-deflate" in answer:
            self.inflate = zlib.decompressobj(-15)
        await self._frame()
        self._send("40")
        await self._frame()
        self.task = asyncio.create_task(self._listen())

    def _send(self, text: str, kind: int = 1) -> None:
        data = text.encode()
        length = len(data)
        size = bytes([0x80 | length]) if length < SMALL else b"\xfe" + struct.pack("!H", length)
        mask = os.urandom(4)
        pad = (mask * (len(data) // 4 + 1))[: len(data)]
        masked = (int.from_bytes(data) ^ int.from_bytes(pad)).to_bytes(len(data))
        self.writer.write(bytes([0x80 | kind]) + size + mask + masked)

    async def _frame(self) -> str:
        while True:
            first, second = await self.reader.readexactly(2)
            size = second & WIDE
            if size >= SMALL:
                size = int.from_bytes(await self.reader.readexactly(2 if size == SMALL else 8))
            data = await self.reader.readexactly(size)
            if first & 15 == CLOSING:
                self.writer.write(b"\x88\x80" + os.urandom(4))
                raise ConnectionError
            if first & 15 == 1:
                if first & DEFLATED:
                    data = self.inflate.decompress(data + b"\x00\x00\xff\xff")
                return data.decode()

    async def _listen(self) -> None:
        try:
            while True:
                text = await self._frame()
                if text == "2":
                    self._send("3")
                elif text.startswith("43"):
                    number, _, body = text[2:].partition("[")
                    self.answers.pop(int(number)).set_result(json.loads("[" + body)[0])
                elif text.startswith('42["board.changed"'):
                    version = json.loads(text[2:])[1]["version"]
                    self.seen.append((version, time.monotonic()))
                    if version >= self.wanted:
                        self.reached.set()
        except (OSError, asyncio.IncompleteReadError):
            self.ended.set()
            self.writer.close()
            for waiting in self.answers.values():
                waiting.set_exception(ConnectionError("the line ended before the answer"))

    async def call(self, name: str, **payload: object) -> dict[str, Any]:
        """Send a message; its acknowledgement."""
        number = next(self.numbers)
        done = self.answers[number] = asyncio.get_running_loop().create_future()
        self._send(f"42{number}" + json.dumps([name, payload]))
        return await asyncio.wait_for(done, PATIENCE)

    async def sees(self, version: int) -> None:
        """Wait until its board shows a version."""
        self.wanted = version
        if not self.seen or self.seen[-1][0] < version:
            self.reached.clear()
            await asyncio.wait_for(self.reached.wait(), PATIENCE)

    async def close(self) -> None:
        """Hang up."""
        self.task.cancel()
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


class Crowd:
    """All devices against one side, the app or the floor."""

    def __init__(self, name: str, scene: Scene, port: int, context: ssl.SSLContext) -> None:
        self.name, self.scene, self.context = name, scene, context
        self.judges = [Device(token, scene.cookie, port) for token in scene.judges]
        self.watchers = [Device(token, scene.cookie, port) for token in scene.watchers]
        self.acknowledged = self.again = 0

    async def come(self) -> list[float]:
        """All at once; the milliseconds each needed until it had what it shows."""
        begun = time.monotonic()

        async def one(device: Device) -> float:
            await device.open(self.context)
            answer = await self._greet(device)
            if not answer["ok"]:
                raise RuntimeError(answer)
            return 1000 * (time.monotonic() - begun)

        return list(await asyncio.gather(*(one(each) for each in (*self.judges, *self.watchers))))

    async def _greet(self, device: Device) -> dict[str, Any]:
        if self.name == "floor":
            return await device.call("hello" if device in self.judges else "watch")
        if device in self.judges:
            return await device.call("judging.hello", round=self.scene.round_id)
        return await device.call("board.watch", event="bench")

    async def mark(self, rate: int, seconds: int, first: int) -> tuple[list[float], list[float]]:
        """Marks at a fixed rate, whatever the server does: (acknowledged, on the last board) in ms."""
        begun = time.monotonic() + 0.1
        sent: list[asyncio.Task[tuple[float, float, int]]] = []
        cells = list(product(self.scene.projects, CRITERIA))

        async def one(number: int, due: float) -> tuple[float, float, int]:
            judge = self.judges[number % len(self.judges)]
            turn = (first + number) // len(self.judges)
            project, criterion = cells[turn % len(cells)]
            payload = {
                "round": self.scene.round_id, "project": project, "criterion": criterion,
                "value": 1 + number % 5, "seq": 1 + turn // len(cells), "key": uuid.uuid4().hex,
                "made_at": clock.utc_text(clock.now()),
            }  # fmt: skip
            name = "mark" if self.name == "floor" else "judging.mark"
            while not (answer := await judge.call(name, **payload))["ok"]:
                if answer["code"] not in {429, 503}:
                    raise RuntimeError(answer)
                self.again += 1
                await asyncio.sleep(answer["retry_after"])
            return due, 1000 * (time.monotonic() - due), answer["version"]

        for number in range(rate * seconds):
            due = begun + number / rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            sent.append(asyncio.create_task(one(number, due)))
        done = await asyncio.gather(*sent)
        self.acknowledged += len(done)
        newest = max(version for _, _, version in done)
        await asyncio.gather(*(device.sees(newest) for device in self.watchers))
        return [ack for _, ack, _ in done], [
            1000 * (self._last_seen(version) - due) for due, _, version in done
        ]

    def _last_seen(self, version: int) -> float:
        return max(
            next(at for found, at in device.seen if found >= version) for device in self.watchers
        )

    async def ended(self) -> float:
        """Seconds until every line has ended."""
        begun = time.monotonic()
        lines = (device.ended.wait() for device in (*self.judges, *self.watchers))
        await asyncio.wait_for(asyncio.gather(*lines), PATIENCE)
        return time.monotonic() - begun

    async def close(self) -> None:
        """All hang up."""
        await asyncio.gather(*(each.close() for each in (*self.judges, *self.watchers)))


def middle(values: list[float]) -> float:
    """The median."""
    return statistics.median(values)


def late(values: list[float]) -> float:
    """The 95th hundredth."""
    return sorted(values)[int(0.95 * (len(values) - 1))]


async def measure(
    name: str, scene: Scene, folder: Path, ports: tuple[int, int], first: int
) -> dict[str, float]:
    """One round against one side; its figures."""
    https, behind = ports
    context = ssl.create_default_context(cafile=str(folder / "certificate.pem"))
    process = start(name, folder, f"https://localhost:{https}", behind)
    try:
        await _answers(behind, process)
        crowd = Crowd(name, scene, https, context)
        used = tree(process.pid)[2]
        came = await crowd.come()
        found = {"come half": middle(came), "come last": max(came)}
        found["come cpu s"] = tree(process.pid)[2] - used
        for rate, seconds in PHASES:
            used, begun = tree(process.pid)[2], time.monotonic()
            acks, boards = await crowd.mark(rate, seconds, first)
            first += rate * seconds
            found[f"{rate}/s ack half"], found[f"{rate}/s ack 95"] = middle(acks), late(acks)
            found[f"{rate}/s board 95"] = late(boards)
            found[f"{rate}/s cpu"] = (tree(process.pid)[2] - used) / (time.monotonic() - begun)
        found["MB"], found["threads"], _ = tree(process.pid)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        if name == "app":
            found["lines ended"] = await crowd.ended()
        found["exit"] = await asyncio.to_thread(process.wait, PATIENCE)
        found["ended"] = time.monotonic() - begun
        await crowd.close()
        found["marks"], found["sent again"] = crowd.acknowledged, crowd.again
        return found
    finally:
        process.kill()
        process.wait()


async def _answers(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            line = await reader.readline()
            writer.close()
            if b" 200 " in line:
                return
        await asyncio.sleep(0.1)
    sys.exit("It did not start; look into its log.")


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--devices", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        free = free_ports(6)
        ports = {"floor": (free[0], free[1]), "app": (free[2], free[3])}
        instance = folder / "instance"
        scene = Scene(instance, f"https://localhost:{ports['app'][0]}", asked.devices)
        rows: dict[str, list[dict[str, float]]] = {"floor": [], "app": []}
        first = 0
        with nginx(folder, dict(ports.values()), free[4:]):
            for file in ("certificate.pem", "key.pem"):
                (instance / file).write_bytes((folder / file).read_bytes())
            for number in range(asked.rounds):
                for side, found in rows.items():
                    found.append(asyncio.run(measure(side, scene, instance, ports[side], first)))
                    print(f"round {number + 1} {side}: {found[-1]}", file=sys.stderr, flush=True)
                first += sum(rate * seconds for rate, seconds in PHASES)
        acknowledged = sum(int(each["marks"]) for each in rows["app"])
        lost = acknowledged - scene.marks()
    print(f"{asked.devices} devices, {len(scene.judges)} of them judges; medians of {asked.rounds}")
    print("| | floor | app | times |\n| --- | ---: | ---: | ---: |")
    for key in rows["floor"][0]:
        bare, own = (middle([each[key] for each in rows[side]]) for side in ("floor", "app"))
        print(f"| {key} | {bare:.4g} | {own:.4g} | {own / bare if bare else 0:.1f} |")
    ends = max(each["lines ended"] for each in rows["app"])
    print(f"acknowledged {acknowledged}, lost {lost}; lines ended within {ends:.2f} s of SIGTERM")
    load = os.getloadavg()
    print(f"load average {load[0]:.1f}")


if __name__ == "__main__":
    main()
