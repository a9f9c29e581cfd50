"""Freeze without leaks: every door, before and after late marks, gives equal bytes."""

import re
import uuid

import pytest
from make import client_of
from panel import do

from hackathon.judging.service import audience
from hackathon.judging.service.late import decide_late
from hackathon.shared import live
from hackathon.shared.jobs import follow_facts

SENTINEL = "Zanzibarquark"
"""A comment that is nowhere else."""
CHANGING = re.compile(
    rb'csrf-token" content="[^"]*"|name="(csrf_token|once)" value="[^"]*"'
    rb'|"server_time":\s*"[^"]*"|"reference":\s*"[^"]*"|Reference [0-9a-f]{10}'
)
"""What is another at each visit: tokens, the server's time, the number of a refusal."""


@pytest.fixture(autouse=True)
def _no_board_of_another_test():
    live._rooms.boards.clear()


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
        "year": 2026, "announcement_id": 1, "item_id": 1, "help_id": 1, "lesson_id": 1,
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
    return [path for path in found if not path.startswith(("/healthz", "/metrics"))]


def answers(client, doors):
    """Status, type and body of each door."""
    found = {}
    for path in doors:
        answer = client.get(path)
        kind = answer.headers.get("Content-Type")
        found[path] = (answer.status_code, kind, CHANGING.sub(b"", answer.data))
    return found


def differences(before, after):
    """What differs: (address, what was, what is), the first bytes of each."""
    found = []
    for path, was in before.items():
        if was == after[path]:
            continue
        at = next(
            (n for n, (a, b) in enumerate(zip(was[2], after[path][2], strict=False)) if a != b), 0
        )
        found.append((path, was[0], was[2][at - 40 : at + 60], after[path][2][at - 40 : at + 60]))
    return found


def watched(client, room):
    return client.emit("board.watch", {"event": "q4", "round": room.round_id}, callback=True)


def late_marks(app, room):
    """Late marks with sentinel values and a sentinel comment, accepted into a new record."""
    with app.app_context():
        for name in ("judith", "jonas"):
            room.sheet(name, "foxes", 1, 1, seq=9)
            room.sheet(name, "bees", 5, 5, seq=9)
        room.texts("judith", "owls", SENTINEL, SENTINEL, SENTINEL, seq=9)
        count = do(
            decide_late, room.cast.olga, **room.place, late_ids=list(range(1, 10)),
            is_accepted=True, reason=f"{SENTINEL} too",
        )  # fmt: skip
        assert count == 9
        do(audience.open_vote, room.cast.olga, **room.place)
        do(audience.cast_vote, room.cast.olga, **room.place, project_id=room.projects["owls"])


@pytest.mark.parametrize("who", ["visitor", "paul", "rita"])
def test_every_door_gives_the_same_bytes_before_and_after_late_marks(app, room, doors, who):
    with app.app_context():
        room.everything()
        do(audience.open_vote, room.cast.olga, **room.place)
        room.move("freeze")
        follow_facts(app)
    client = client_of(app, getattr(room.cast, who, None))
    answers(client, doors)  # what is shown once has been shown
    before = answers(client, doors)
    late_marks(app, room)
    with app.app_context():
        follow_facts(app)
    after = answers(client, doors)
    assert differences(before, after) == []
    told = [path for path, (_, _, body) in after.items() if SENTINEL.encode() in body]
    assert told == []


def test_a_judge_sees_the_own_late_marks_and_nothing_of_anybody_elses(app, room, doors):
    """What a judge sent is the judge's own; Jonas's marks and words change nothing for Judith."""
    with app.app_context():
        room.everything()
        room.move("freeze")
        follow_facts(app)
    client = client_of(app, room.cast.judith)
    answers(client, doors)
    before = answers(client, doors)
    with app.app_context():
        room.sheet("jonas", "foxes", 1, 1, seq=9)
        room.texts("jonas", "owls", SENTINEL, SENTINEL, SENTINEL, seq=9)
        do(
            decide_late, room.cast.olga, **room.place, late_ids=[1, 2, 3], is_accepted=True,
            reason=f"{SENTINEL} too",
        )  # fmt: skip
        follow_facts(app)
    after = answers(client, doors)
    assert differences(before, after) == []


def test_no_room_and_no_message_says_a_word_of_late_marks(app, room, connect, tick):
    with app.app_context():
        room.everything()
        do(audience.open_vote, room.cast.olga, **room.place)
        room.move("freeze")
    tick()
    people = {name: connect(getattr(room.cast, name)) for name in ("paul", "rita")}
    before = {name: watched(client, room) for name, client in people.items()}
    judith = connect(room.cast.judith)
    asked = {"round": room.round_id, "after": 0}
    hello = judith.emit("judging.hello", asked, callback=True)
    for client in (*people.values(), judith):
        client.get_received()
    with app.app_context():
        room.sheet("jonas", "foxes", 1, 1, seq=9)
        room.texts("jonas", "owls", SENTINEL, seq=9)
        do(
            decide_late, room.cast.olga, **room.place, late_ids=[1, 2, 3], is_accepted=True,
            reason=f"{SENTINEL} too",
        )  # fmt: skip
        follow_facts(app)
    tick()
    for client in (*people.values(), judith):
        told = [entry for entry in client.get_received() if "You judge in" not in str(entry)]
        assert told == []
    for name, client in people.items():
        assert watched(client, room) == before[name]
    again = judith.emit("judging.hello", asked, callback=True)
    assert {**again, "server_time": ""} == {**hello, "server_time": ""}


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
    watched(client, room)
    rooms = live.socketio.server.manager.get_rooms(_sid(client), "/")
    assert not [one for one in rooms if one.endswith(":organizers") or one.startswith("seat:")]


def _sid(client):
    return live.socketio.server.manager.sid_from_eio_sid(client.eio_sid, "/")
