"""Sixty-six sheets of a real event, tap by tap from eight devices, and what comes of them."""

import csv
import hashlib
import io
import os
import re
import subprocess
import sys
import threading
import time
import uuid
from collections import defaultdict
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import make
import pytest
import requests
import socketio
from conftest import engines, make_app

import hackathon.demo
from hackathon.backlog.models import Proposal
from hackathon.backlog.queries.proposals import evidence_of
from hackathon.judging.models import ResultRow
from hackathon.judging.rules import read_rubric
from hackathon.judging.service.rounds import add_round
from hackathon.people.queries import by_email
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared import sessions
from hackathon.shared.clock import now, utc_text
from hackathon.shared.db import db, reading, transaction
from hackathon.shared.facts import canonical

ROOT = Path(__file__).parents[2]
CIVIC = Path(hackathon.demo.__file__).parent / "civic"
KEYS = ["impact", "novelty", "amplification", "open-source", "usability", "continuity"]
WEIGHTS = [20, 20, 15, 15, 15, 15]
TWICE = "J7"
"""Sends every mark twice."""
LOSES_THE_LINE = ("J3", "J5")
"""Lose it in the middle and come back with another socket."""


def table(name):
    return list(csv.DictReader(io.StringIO((CIVIC / f"{name}.csv").read_text("utf-8"))))


def sheets_of(judge):
    """(project's key, value by criterion) of a judge's sheets, as given."""
    rows = list(csv.reader(io.StringIO((CIVIC / "sheets.csv").read_text("utf-8"))))[1:]
    return [
        (row[0], {key: float(cell) for key, cell in zip(KEYS, row[2:], strict=True) if cell})
        for row in rows
        if row[1] == judge
    ]


# --- the server -----------------------------------------------------------------------


class Place:
    """An event brought from files, and the server that shows it."""

    def __init__(self, url, folder):
        self.url, self.folder = url, folder
        self.app = make_app(url, folder)
        moment = now()
        with self.app.app_context(), transaction() as session:
            event = make.make_event(
                session, slug="civic", starts_at=moment - timedelta(days=2),
                submissions_close_at=moment - timedelta(hours=1),
                ends_at=moment + timedelta(days=1), published_at=moment - timedelta(days=9),
            )  # fmt: skip
            olga = make.make_person(session, name="Olga")
            make.give_event_role(session, olga, event, "organizer")
            rubric = read_rubric((CIVIC / "rubric.json").read_text("utf-8"))
            self.round = add_round(session, COMMAND_LINE, event_id=event.id, rubric=rubric).id

    def command(self, *arguments):
        """The command line, as Olga."""
        done = subprocess.run(
            [sys.executable, "-m", "hackathon", "--as", "olga@example.com", *arguments],
            cwd=ROOT, capture_output=True, text=True, check=False,
            env={**os.environ, "HACKATHON_INSTANCE": str(self.folder), "DATABASE_URL": self.url},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sign_in(self, email):
        """A device's cookie."""
        with self.app.app_context(), transaction() as session:
            person = by_email(session, email)
            return sessions.begin(session, person_id=person.id, device="test")

    def close(self):
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(params=engines())
def place(request, tmp_path):
    place = Place(request.getfixturevalue(f"{request.param}_url"), tmp_path)
    for name in ("people", "projects", "judges"):
        place.command("import", name, str(CIVIC / f"{name}.csv"), "--event", "civic")
    yield place
    place.close()


@pytest.fixture
def server(place, make_server):
    return make_server(place.folder, "--no-demo", DATABASE_URL=place.url)


class Organizer:
    """Olga's browser, as far as forms and addresses go."""

    def __init__(self, server, place):
        self.base, self.round = server.url, place.round
        self.session = requests.Session()
        self.session.cookies.set("session", place.sign_in("olga@example.com"))
        page = self.session.get(server.url + "/me", timeout=20).text
        self.token = re.search(r'name="csrf-token" content="([^"]+)"', page)[1]

    def press(self, button, **data):
        """Send a form of the round; every one answers with a redirect."""
        self.post(f"judging/{self.round}/{button}", data)

    def post(self, path, data):
        """Send a form of the event."""
        answer = self.session.post(
            f"{self.base}/events/civic/{path}", data=data, timeout=30,
            headers={"X-CSRF-Token": self.token}, allow_redirects=False,
        )  # fmt: skip
        assert answer.status_code == 303, answer.text[:2000]

    def read(self, what):
        """A program's answer."""
        path = f"{self.base}/api/v1/events/civic/{what}?round={self.round}"
        answer = self.session.get(path, timeout=30)
        assert answer.status_code == 200, answer.text[:2000]
        return answer.json()


# --- the judges -----------------------------------------------------------------------


class Device:
    """A judge's phone: one socket, marks sent in order, each until it is acknowledged."""

    def __init__(self, server, place, judge):
        self.server, self.place = server, place
        self.judge = judge["key"]
        self.cookie = place.sign_in(judge["email"])
        self.given = {}
        """(receipt, title, criterion, value) by the key of the mark."""
        self.version = 0
        self.titles = {row["key"]: row["title"] for row in table("projects")}
        self.client = None
        self.visits = {}
        self.error = None

    def connect(self):
        """Open the line and read the list; what was acknowledged must be on it."""
        self.client = socketio.Client(reconnection=False)
        self.client.connect(
            self.server.url, headers={"Cookie": f"session={self.cookie}"},
            transports=["websocket"], wait_timeout=20,
        )  # fmt: skip
        hello = self.ask("judging.hello", {"round": self.place.round, "after": self.version})
        assert hello["state"] == "open"
        assert hello["version"] >= self.version
        self.visits = {visit["title"]: visit for visit in hello["visits"]}
        known = {
            (title, mark["criterion"], mark["value"])
            for title, visit in self.visits.items()
            for mark in visit["marks"]
        }
        assert known == {row[1:] for row in self.given.values()}

    def ask(self, name, payload):
        """Send until the server has taken it; too fast is no reason to lose it."""
        for _ in range(60):
            answer = self.client.call(name, payload, timeout=30)
            if answer["ok"]:
                return answer
            assert answer["code"] in {429, 503}, answer
            time.sleep(answer["retry_after"])
        raise AssertionError(answer)

    def mark(self, title, criterion, value):
        payload = {
            "round": self.place.round,
            "project": self.visits[title]["project"],
            "criterion": criterion,
            "value": value,
            "seq": 1,
            "key": str(uuid.uuid4()),
            "made_at": utc_text(now()),
        }
        answer = self.ask("judging.mark", payload)
        assert (answer["replay"], answer["superseded"]) == (False, False)
        self.given[payload["key"]] = (answer["receipt"], title, criterion, value)
        self.version = max(self.version, answer["version"])
        if self.judge == TWICE:
            self.again(payload, answer)
        return payload, answer

    def again(self, payload, answer):
        """The same mark once more has the same receipt."""
        repeated = self.ask("judging.mark", payload)
        assert (repeated["replay"], repeated["receipt"]) == (True, answer["receipt"])

    def judge_all(self):
        try:
            self.connect()
            sheets = sheets_of(self.judge)
            for number, (project, values) in enumerate(sheets):
                for key, value in values.items():
                    payload, answer = self.mark(self.titles[project], key, value)
                    is_last = len(values) == len(KEYS) and key == KEYS[-1]
                    assert answer["submitted"] == is_last
                if self.judge in LOSES_THE_LINE and number == len(sheets) // 2:
                    self.client.eio.ws.shutdown()
                    self.connect()
                    self.again(payload, answer)
        except BaseException as error:  # noqa: BLE001 - told by the test
            self.error = error
        finally:
            if self.client is not None:
                self.client.disconnect()


# --- what should come of it -----------------------------------------------------------


def solve(matrix):
    """Gauss and Jordan with fractions: the last column for the unit matrix."""
    size = len(matrix)
    for column in range(size):
        pivot = next(row for row in range(column, size) if matrix[row][column])
        matrix[column], matrix[pivot] = matrix[pivot], matrix[column]
        head = matrix[column][column]
        matrix[column] = [cell / head for cell in matrix[column]]
        for row in range(size):
            if row != column and (factor := matrix[row][column]):
                matrix[row] = [
                    a - factor * b for a, b in zip(matrix[row], matrix[column], strict=True)
                ]
    return [row[-1] for row in matrix]


def expected():
    """(adjusted, raw mean, sheets) by project: score = project + judge, judges shrunk by 2.

    One equation a project (n q + its judges' b = its scores) and one a judge
    (its projects' q + (n + 2) b = its scores), all 21 solved together.
    """
    scores = {}
    for judge in table("judges"):
        for project, values in sheets_of(judge["key"]):
            if len(values) == len(KEYS):
                total = sum(
                    weight * Fraction(str(values[key]))
                    for key, weight in zip(KEYS, WEIGHTS, strict=True)
                )
                scores[judge["key"], project] = total / sum(WEIGHTS)
    judges = sorted({judge for judge, _ in scores})
    projects = sorted({project for _, project in scores})
    names = [*projects, *judges]
    matrix = [[Fraction(0)] * (len(names) + 1) for _ in names]
    for (judge, project), score in scores.items():
        q, b = names.index(project), names.index(judge)
        for one, other in ((q, q), (q, b), (b, b), (b, q)):
            matrix[one][other] += 1
        matrix[q][-1] += score
        matrix[b][-1] += score
    for judge in judges:
        matrix[names.index(judge)][names.index(judge)] += 2
    solved = dict(zip(names, solve(matrix), strict=True))
    given = defaultdict(list)
    for (_, project), score in scores.items():
        given[project].append(score)
    return {
        project: (solved[project], Fraction(sum(rows), len(rows)), len(rows))
        for project, rows in given.items()
    }


def test_sixty_six_real_sheets_survive_the_room_and_the_standings_are_exact(place, server):
    olga = Organizer(server, place)
    olga.press("move", verb="open")

    devices = [Device(server, place, judge) for judge in table("judges")]
    threads = [threading.Thread(target=device.judge_all) for device in devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(180)
    assert [device.error for device in devices] == [None] * 8

    before = olga.read("marks")["rows"]
    assert len(before) == 386
    assert not [row for row in before if "value" in row]
    olga.press("move", verb="freeze")
    olga.press("move", verb="finalize")
    for step in (1, 2, 3):
        olga.press("reveal", step=str(step))
    olga.press("publish")

    compare_ledger(olga.read("marks"), devices)
    compare_standings(place, olga.read("board")["rows"])
    promote_the_first_three(place, olga)
    assert place.command("verify") == "Everything fits.\n"


def promote_the_first_three(place, olga):
    """One click takes the winners into the backlog, each with the record as evidence."""
    with place.app.app_context():
        rows = list(reading().query(ResultRow).filter(ResultRow.place <= 3))
        winners = {row.project_id: row.place for row in rows}
        reading().rollback()
    owners = {f"owner-{project}": "judith@example.com" for project in winners}
    for _ in range(2):  # the second click changes nothing
        olga.post("results/promote", {"project": list(winners), **owners})
    with place.app.app_context():
        proposals = list(reading().query(Proposal))
        assert {row.project_id for row in proposals} == set(winners)
        assert {row.state for row in proposals} == {"in_review"}
        for row in proposals:
            evidence, digest = evidence_of(reading(), row.id)
            text = canonical(evidence)
            assert hashlib.sha256(text.encode()).hexdigest() == digest
            assert evidence["result"]["place"] == winners[row.project_id]
        reading().rollback()


def compare_ledger(answer, devices):
    """Row by row: what was acknowledged is there, once, and nothing else."""
    emails = {judge["key"]: judge["email"] for judge in table("judges")}
    sent = sorted(
        (receipt, uuid.UUID(key).hex, emails[device.judge], title, criterion, value)
        for device in devices
        for key, (receipt, title, criterion, value) in device.given.items()
    )
    rows = answer["rows"]
    assert [
        (row["receipt"], row["key"], row["judge"], row["project"], row["criterion"], row["value"])
        for row in rows
    ] == sent
    assert {(row["seq"], row["superseded"]) for row in rows} == {(1, False)}
    assert answer["cells"] == rows
    titles = {row["key"]: row["title"] for row in table("projects")}
    given = {
        (emails[judge], titles[project], key, value)
        for judge in emails
        for project, values in sheets_of(judge)
        for key, value in values.items()
    }
    assert {row[2:] for row in sent} == given


def compare_standings(place, board):
    """To the last digit, by another way of solving; places by the exact figures."""
    titles = {row["key"]: row["title"] for row in table("projects")}
    wanted = {titles[key]: figures for key, figures in expected().items()}
    with place.app.app_context():
        record = {
            row.title: (Fraction(row.adjusted), Fraction(row.raw_mean), row.sheets)
            for row in reading().query(ResultRow)
        }
    assert record == wanted
    assert sum(sheets for _, _, sheets in wanted.values()) == 64
    rows = [row for row in board if row["id"] != "round"]
    assert {row["project"]: (row["adjusted"], row["raw_mean"], row["sheets"]) for row in rows} == {
        title: (float(adjusted), float(raw), sheets)
        for title, (adjusted, raw, sheets) in wanted.items()
    }
    order = sorted(wanted, key=lambda title: -wanted[title][0])
    assert [row["project"] for row in sorted(rows, key=lambda row: row["place"])] == order
    assert [row["place"] for row in sorted(rows, key=lambda row: row["place"])] == list(
        range(1, 14)
    )
