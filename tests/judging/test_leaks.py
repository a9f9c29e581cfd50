"""Freeze without leaks: every door, before and after late marks, gives equal bytes.

One walk asks everything that can be asked: every address of the program and every address that
a page names, each with its headers, every message of the live line, and hears every push. What
it answers is compared before and after late marks of sentinel values with a sentinel comment.
The walk itself is tested: leaks that are planted must each be found.
"""

import io
import re
import uuid
import zipfile
from html import unescape

import pytest
import sqlalchemy as sa
from flask import request
from make import client_of
from panel import do

from hackathon.judging.models import LateMark
from hackathon.judging.queries import boards
from hackathon.judging.queries import results as queries
from hackathon.judging.service import audience, stage
from hackathon.judging.service.late import decide_late
from hackathon.shared import live
from hackathon.shared.db import reading
from hackathon.shared.errors import Refusal
from hackathon.shared.facts import last_seq
from hackathon.shared.jobs import follow_facts
from hackathon.shared.live import ticker
from hackathon.shared.workbook import MIMETYPE

SENTINEL = "Zanzibarquark"
"""A comment that is nowhere else."""
CHANGING = re.compile(
    rb'csrf-token" content="[^"]*"|name="(csrf_token|once)" value="[^"]*"'
    rb'|"server_time":\s*"[^"]*"|"reference":\s*"[^"]*"|Reference [0-9a-f]{10}'
)
"""What is another at each visit: tokens, the server's time, the number of a refusal."""
LINKS = re.compile(r'(?:href|src|action)="(/[^"#]*)|[?&]format=(?=xlsx)')
KEY = "0b0e6f5c9d6f4a35a3a7c1f8d2b4e690"
"""The key of a mark that Judith sent before the freeze, and sends again in each walk."""


@pytest.fixture(autouse=True)
def _no_board_of_another_test():
    live.boards.rooms.boards.clear()


@pytest.fixture
def doors(app, room):
    """Every address that answers GET, with this event's real numbers."""
    values = {
        "slug": "q4", "round_id": room.round_id, "seat_id": room.seats["judith"],
        "project_id": room.projects["owls"], "team_id": 1, "person_id": room.cast.paul.id,
        "role": "mentor", "token": "x", "filename": "shared/app.css", "number": 1,
        "proposal_id": 1, "quarter": "2026-Q4", "verb": "accept", "key": "7d", "opening_id": 1,
        "request_id": 1, "invitation_id": 1, "entry_id": 1, "key_id": 1, "word": "open",
        "path": "x", "posting_id": 1, "late_id": 1, "name": "x", "visit_id": 1, "lease_id": 1,
        "bill_id": 1, "model": "x", "source_id": 1, "kind": "people", "token_id": 1, "hold_id": 1,
        "year": 2026, "announcement_id": 1, "item_id": 1, "help_id": 1, "reader": "judge",
        "lesson_id": 1, "conflict_id": 1, "award_id": 1,
    }  # fmt: skip
    found = []
    with app.test_request_context():
        found += [
            rule.build({name: values[name] for name in rule.arguments})[1]
            for rule in app.url_map.iter_rules()
            if "GET" in rule.methods
        ]
    found += [
        f"/api/v1/events/q4/board?round={room.round_id}",
        f"/api/v1/events/q4/marks?round={room.round_id}",
        f"/api/v1/facts?stream=judging:{room.round_id}&after=0",
        f"/api/v1/facts?stream=late:{room.round_id}&after=0",
        f"/api/v1/facts?stream=audience:{room.round_id}&after=0",
        "/api/v1/facts?stream=event:1&after=0",
    ]
    found += [path + "?format=xlsx" for path in found if path.endswith((".csv", "/csv"))]
    return found


def questions(room):
    """Each message of the live line with what is asked of it; a new one must be entered here."""
    place = {"event": "q4"}
    mark = {
        "round": room.round_id, "project": room.projects["owls"], "criterion": "impact",
        "value": 5, "seq": 1, "key": KEY, "made_at": "2026-11-22T13:00:00Z",
    }  # fmt: skip
    bare = {name: value for name, value in mark.items() if name not in {"criterion", "value"}}
    again = uuid.UUID(int=7).hex
    return {
        "board.watch": [place, place | {"round": room.round_id}, place | {"public": True}],
        "event.watch": [place],
        "home.watch": [place],
        "credits.watch": [place],
        "help.watch": [place],
        "judging.hello": [{"round": room.round_id, "after": 0}],
        "judging.next": [{"round": room.round_id, "key": again}],
        "judging.release": [{"visit": 1, "key": again, "reason": "busy"}],
        "judging.mark": [mark, mark | {"value": 4}, mark | {"round": 99}],
        "judging.clear": [{**bare, "criterion": "impact"}],
        "judging.submit": [bare | {"round": 99, "strength": "x"}],
    }


class Walk:
    """Everything one viewer can ask; `line` is their socket, if they have one."""

    def __init__(self, client, doors, room, line=None):
        self.client, self.room, self.line = client, room, line
        client.environ_base["REMOTE_ADDR"] = "192.0.2.7"  # nobody sits at the server itself
        self.doors = list(doors)
        self.known = set(doors)
        self.before = self.look()
        if line:
            line.get_received()

    def look(self):
        """Every answer by its address or message; what pages name is asked as well."""
        found = {}
        for path in self.doors:  # it grows on the way
            answer = self.client.get(path)
            assert answer.status_code < 500, path
            body = CHANGING.sub(b"", content(answer))
            headers = sorted(
                pair for pair in answer.headers if pair[0] not in {"Date", "Expires", "Set-Cookie"}
                and not (pair[0] == "Content-Length" and body != answer.data)
            )  # fmt: skip
            found[path] = (answer.status_code, headers, body)
            if answer.mimetype == "text/html":
                self._follow(answer.text)
        self.client.application.extensions["message_limits"].forget()
        for name, payloads in questions(self.room).items() if self.line else ():
            for number, payload in enumerate(payloads):
                answer = self.line.emit(name, payload, callback=True)
                found[f"{name} {number}"] = {**answer, "server_time": "", "reference": ""}
        return found

    def _follow(self, page):
        for link in LINKS.findall(page):
            path = unescape(link)
            if path not in self.known and not path.startswith("/static/"):
                self.known.add(path)
                self.doors.append(path)

    def leaks(self):
        """What differs now: (where, what was, what is), and every push since."""
        after = self.look()
        found = [(place, *difference(was, after.get(place))) for place, was in self.before.items()
                 if was != after.get(place)]  # fmt: skip
        found += [(place, b"", b"") for place in after.keys() - self.before.keys()]
        found += [(place, b"", SENTINEL) for place, told in after.items() if SENTINEL in str(told)]
        pushed = self.line.get_received() if self.line else []
        found += [("push " + entry["name"], b"", entry["args"]) for entry in pushed]
        return found


def content(answer):
    """The bytes of an answer; of a workbook what its files hold, without when it was made."""
    if answer.mimetype != MIMETYPE:
        return answer.data
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        return b"".join(
            packed.read(name) for name in packed.namelist() if name != "docProps/core.xml"
        )


def difference(was, now):
    """The first bytes that differ."""
    if not (isinstance(was, tuple) and isinstance(now, tuple)) or was[:2] != now[:2]:
        return was, now
    at = next((n for n, (a, b) in enumerate(zip(was[2], now[2], strict=False)) if a != b), 0)
    return was[2][max(at - 40, 0) : at + 60], now[2][max(at - 40, 0) : at + 60]


@pytest.fixture
def frozen(app, room):
    """Every sheet is in but one, which late marks will complete; the audience votes; closed."""
    with app.app_context():
        room.mark("judith", "owls", "impact", 5, key=KEY)
        room.mark("judith", "owls", "works", 5)
        room.sheet("jonas", "owls", 5, 5)
        room.sheet("judith", "bees", 4, 4)
        room.sheet("judith", "foxes", 2, 2)
        room.sheet("jonas", "bees", 4, 4)
        do(audience.open_vote, room.cast.olga, **room.place)
        room.move("freeze")
        follow_facts(app)
    return room


@pytest.fixture
def walk(app, frozen, doors, connect, tick):
    """Begin the walk of a visitor (""), a projector ("stage") or a member of the cast."""

    def begin(who):
        player = getattr(frozen.cast, who, None)
        client, line = client_of(app, player), None
        if who == "stage":
            with app.app_context():
                token = do(stage.make_key, frozen.cast.olga, **frozen.place)
            client.set_cookie("stage", token)
            line = live.socketio.test_client(app, flask_test_client=client)
        elif player is not None:
            line = connect(player)
        tick()
        return Walk(client, doors, frozen, line)

    return begin


@pytest.fixture
def late_marks(app, frozen, tick):
    """Late marks of sentinel values with a sentinel comment; accepted into a new record."""

    def send(*names):
        with app.app_context():
            for name in names:
                frozen.sheet(name, "foxes", 1, 1, seq=9)
                frozen.sheet(name, "bees", 5, 5, seq=9)
            frozen.texts("jonas", "owls", SENTINEL, SENTINEL, SENTINEL, seq=9)
            ids = list(reading().scalars(sa.select(LateMark.id)))
            assert len(ids) == 4 * len(names) + 1
            do(
                decide_late, frozen.cast.olga, **frozen.place, which=ids, is_accepted=True,
                reason=f"{SENTINEL} too",
            )  # fmt: skip
            vote = {**frozen.place, "project_id": frozen.projects["owls"]}
            do(audience.cast_vote, frozen.cast.lena, **vote)
            follow_facts(app)
        tick()

    return send


@pytest.mark.parametrize("who", ["visitor", "stage", "paul", "rita"])
def test_every_door_gives_the_same_bytes_before_and_after_late_marks(walk, late_marks, who):
    begun = walk(who)
    late_marks("judith", "jonas")
    assert begun.leaks() == []


def test_a_judge_sees_the_own_late_marks_and_nothing_of_anybody_elses(walk, late_marks):
    """What a judge sent is the judge's own; Jonas's marks and words change nothing for Judith."""
    begun = walk("judith")
    late_marks("jonas")
    assert begun.leaks() == []


def test_the_walk_asks_every_message_and_what_pages_name(walk, frozen, doors):
    assert set(questions(frozen)) == {name for name in live.MESSAGES if "test" not in name}
    begun = walk("paul")
    assert "/events/q4/people?looking=yes" in begun.before.keys() - set(doors)
    statuses = [told[0] for told in begun.before.values() if isinstance(told, tuple)]
    assert statuses.count(200) > 25
    answers = {place: told["ok"] for place, told in begun.before.items() if isinstance(told, dict)}
    assert {place for place, ok in answers.items() if ok} == {
        "board.watch 0", "board.watch 1", "board.watch 2", "event.watch 0", "home.watch 0",
        "credits.watch 0", "help.watch 0",
    }  # fmt: skip


def _late():
    """What nobody but organizers may know."""
    return reading().scalar(sa.select(sa.func.count(LateMark.id))) or 0


@pytest.fixture
def plant(app, monkeypatch):
    """Change what a page answers: `plant(endpoint, change)`."""

    def change_page(endpoint, change):
        view = app.view_functions[endpoint]

        def leaky(**arguments):
            answer = app.make_response(view(**arguments))
            change(answer)
            return answer

        monkeypatch.setitem(app.view_functions, endpoint, leaky)

    return change_page


def add(text):
    """A change that adds a text to a page."""
    return lambda answer: answer.set_data(answer.data + text().encode())


def test_every_leak_that_is_planted_is_found(app, walk, late_marks, plant, monkeypatch):
    """A count in a page, a header, an error page, a link, a push; a version; the live rows."""
    plant("events.people_list", add(lambda: f"{_late()} came late"))
    plant("events.overview", lambda answer: answer.headers.set("X-Waiting", str(_late())))
    plant("teams.index", add(lambda: f'<a href="/events/q4/teams?late={_late()}">x</a>'))
    refuse = app.error_handler_spec[None][None][Refusal]

    def refused(refusal):
        return (str(_late()), 403) if request.path.endswith("/why") else refuse(refusal)

    monkeypatch.setitem(
        app.error_handler_spec[None][None],
        Refusal,
        refused,
    )

    def tell(_session, fact):
        if fact.kind == "results.recorded":
            live.push("judging.progress", {"done": 1}, "round:1")

    monkeypatch.setattr(ticker, "followers", [*ticker.followers, ("judging:", tell)])

    def moving_version(session, found):
        return last_seq(session, f"judging:{found.id}")

    def live_rows(session, found):
        record = queries.newest_record(session, found.id)
        return queries.recorded_standings(session, record)

    monkeypatch.setattr(boards, "public_version", moving_version)
    monkeypatch.setattr(queries, "public_standings", live_rows)
    begun = walk("paul")
    late_marks("jonas")
    board = "/api/v1/events/q4/board"
    assert {place for place, *_ in begun.leaks()} == {
        "/events/q4/people", "/events/q4/people?looking=yes", "/events/q4", "/events/other",
        "/events/q4/teams", "/events/q4/teams?late=0", "/events/q4/teams?late=5",
        "/events/q4/judging/1/why", board, f"{board}?round=1",
        "push judging.progress", "push board.changed",
        "board.watch 0", "board.watch 1", "board.watch 2",
    }  # fmt: skip


def test_a_participant_joins_no_room_of_judges_or_organizers(app, room, connect):
    client = connect(room.cast.paul)
    for name, payload in (
        ("judging.hello", {"round": room.round_id, "after": 0}),
        ("judging.mark", {
            "round": room.round_id, "project": 1, "criterion": "impact", "value": 1, "seq": 1,
            "key": uuid.uuid4().hex, "made_at": "2026-11-22T13:00:00Z",
        }),
    ):  # fmt: skip
        assert client.emit(name, payload, callback=True)["ok"] is False
    client.emit("board.watch", {"event": "q4"}, callback=True)
    rooms = live.socketio.server.manager.get_rooms(_sid(client), "/")
    assert not [one for one in rooms if one.endswith(":organizers") or one.startswith("seat:")]


def _sid(client):
    return live.socketio.server.manager.sid_from_eio_sid(client.eio_sid, "/")
