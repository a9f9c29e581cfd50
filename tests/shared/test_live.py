"""The live door: messages are checked, boards follow the facts, rights end at once."""

import pytest
from make import client_of

from hackathon.people import service
from hackathon.people.access import SIGNED_IN, load_actor, requires
from hackathon.people.rules import Role
from hackathon.shared import live
from hackathon.shared.db import transaction
from hackathon.shared.facts import last_seq, record
from hackathon.shared.live import Board, Channel, Message, difference, message, touched_by


class Ping(Message):
    number: int


class Watch(Message):
    event: int


_channel = Channel(
    "test.changed",
    lambda session, key, audience: Board(
        last_seq(session, f"test:{key}"),
        [{"id": "count", "seen": last_seq(session, f"test:{key}"), "as": audience}],
    ),
    touched_by("test"),
)


@message("test.ping", Ping)
@requires(SIGNED_IN)
def ping(data):
    return {"number": data.number}


@message("test.watch", Watch)
@requires(SIGNED_IN)
def watch(data):
    return _channel.watch(data.event, "all")


@message("test.crash", Ping)
@requires(SIGNED_IN)
def crash(data):
    raise ZeroDivisionError


@pytest.fixture(scope="module", autouse=True)
def _only_here():
    yield
    for name in ("test.ping", "test.watch", "test.crash"):
        live.MESSAGES.pop(name)


def ask(client, name, *payload):
    return client.emit(name, *payload, callback=True)


def test_a_message_is_acknowledged(stage, connect):
    assert ask(connect(stage.paul), "test.ping", {"number": 3}) == {"ok": True, "number": 3}


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ([{"number": True}], 422),
        ([{"number": "3"}], 422),
        ([{"number": 3.5}], 422),
        ([{"number": None}], 422),
        ([{}], 422),
        ([{"number": 3, "judge": 1}], 422),
        ([], 400),
        (["text"], 400),
        ([{"number": 1}, {"number": 2}], 400),
        ([{"number": {"a": {"b": {"c": {"d": {}}}}}}], 400),
    ],
)
def test_line_17_a_payload_that_does_not_fit_is_refused(stage, connect, payload, code):
    answer = ask(connect(stage.paul), "test.ping", *payload)
    assert answer["ok"] is False
    assert answer["code"] == code
    assert answer["message"]


def test_an_unknown_message_and_a_crash_are_answered_too(stage, connect):
    client = connect(stage.paul)
    assert ask(client, "no.such.thing", {})["code"] == 404
    crashed = ask(client, "test.crash", {"number": 1})
    assert (crashed["code"], crashed["retry_after"]) == (503, 2)
    assert len(crashed["reference"]) == 10


def test_line_28_a_flood_is_slowed_and_others_are_served(stage, connect):
    flood, other = connect(stage.paul), connect(stage.pia)
    codes = [ask(flood, "test.ping", {"number": n}).get("code") for n in range(60)]
    assert 429 in codes
    assert codes[:20] == [None] * 20
    assert ask(other, "test.ping", {"number": 1})["ok"] is True


def test_line_29_a_handshake_without_a_session_is_refused(app):
    answer = client_of(app).get("/socket.io/?EIO=4&transport=websocket")
    assert answer.status_code == 401


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_line_30_a_handshake_from_another_page_is_refused(stage, sign_in, origin):
    headers = {"Origin": origin, "X-Forwarded-Host": "evil.example"}
    answer = sign_in(stage.paul).get("/socket.io/?EIO=4&transport=websocket", headers=headers)
    assert answer.status_code == 400


def test_watchers_get_what_changed_after_the_commit(app, stage, connect, tick):
    client = connect(stage.paul)
    first = ask(client, "test.watch", {"event": 7})
    assert (first["version"], first["rows"][0]["seen"]) == (0, 0)
    with app.app_context(), transaction() as session:
        record(session, stream="test:7", kind="thing.done", actor_id=None)
        record(session, stream="test:8", kind="thing.done", actor_id=None)
    tick()
    pushed = [event for event in client.get_received() if event["name"] == "test.changed"]
    assert len(pushed) == 1
    change = pushed[0]["args"][0]
    assert (change["base"], change["version"], change["rows"][0]["seen"]) == (0, 1, 1)
    tick()
    assert client.get_received() == []


def test_only_rows_that_show_something_else_are_sent():
    before = Board(1, [{"id": 1, "v": 1}, {"id": 2, "v": 2}, {"id": 3, "v": 3}])
    after = Board(2, [{"id": 1, "v": 1}, {"id": 2, "v": 9}, {"id": 4, "v": 4}])
    assert difference(before, after) == {
        "version": 2, "base": 1, "rows": [{"id": 2, "v": 9}, {"id": 4, "v": 4}], "gone": [3],
    }  # fmt: skip
    assert difference(after, after) is None


def test_line_31_sockets_close_when_a_role_is_taken(app, stage, connect, tick):
    client = connect(stage.paul)
    with app.app_context(), transaction() as session:
        service.take_event_role(
            session, load_actor(session, stage.olga.id), event_id=stage.event_id,
            person_id=stage.paul.id, role=Role.PARTICIPANT,
        )  # fmt: skip
    tick()
    assert not client.is_connected()


def test_line_31_signing_out_closes_this_device_only(app, stage, tick):
    phone, laptop = client_of(app, stage.paul), client_of(app, stage.paul)
    sockets = [
        live.socketio.test_client(app, flask_test_client=client) for client in (phone, laptop)
    ]
    laptop.post("/sign-out")
    tick()
    assert [client.is_connected() for client in sockets] == [True, False]
    sockets[0].disconnect()


def test_a_sixth_socket_of_a_person_closes_the_oldest(stage, connect):
    clients = [connect(stage.paul) for _ in range(6)]
    assert [client.is_connected() for client in clients] == [False] + [True] * 5


def test_in_a_burst_only_the_newest_of_a_kind_is_told(app, stage, tick, monkeypatch):
    told = []
    monkeypatch.setattr(live.ticker, "latest", [])

    @live.follows_latest("burst:", lambda fact: fact.kind == "burst.wanted")
    def tell(_session, fact):
        told.append((fact.stream, fact.seq))

    with app.app_context(), transaction() as session:
        for stream in ("burst:1", "burst:2", "other:1"):
            for kind in ("burst.wanted", "burst.wanted", "burst.not"):
                record(session, stream=stream, kind=kind, actor_id=None)
    tick()
    assert told == [("burst:1", 2), ("burst:2", 2)]
    tick()
    assert len(told) == 2


def test_who_comes_meanwhile_gets_the_same_board_and_after_a_fact_a_new_one(
    app, stage, connect, monkeypatch
):
    read = []
    asked = _channel.read
    monkeypatch.setattr(_channel, "read", lambda *given: read.append(given) or asked(*given))
    first, second = connect(stage.paul), connect(stage.pia)
    boards = [ask(client, "test.watch", {"event": 7}) for client in (first, second)]
    assert (len(read), boards[0]) == (1, boards[1])
    with app.app_context(), transaction() as session:
        record(session, stream="test:7", kind="test.happened", actor_id=None)
    assert ask(second, "test.watch", {"event": 7})["version"] == 1
    assert len(read) == 2
