"""`/api/v1/facts`: each stream for those it is for, page by page, with its chain."""

import json

import pytest
from panel import set_panel

from hackathon.shared.db import transaction
from hackathon.shared.facts import link, record


@pytest.fixture
def room(app, stage, clock):
    """An open round."""
    with app.app_context():
        return set_panel(stage, clock)


@pytest.fixture
def ask(app, sign_in):
    """The answer of a member of the cast to a stream."""

    def get(player, stream, **more):
        return sign_in(player).get("/api/v1/facts", query_string={"stream": stream, **more})

    return get


def test_judging_is_read_by_organizers_from_the_freeze_on(app, room, ask):
    stream = f"judging:{room.round_id}"
    readers = (room.cast.olga, room.cast.lena, room.cast.ada)
    others = (room.cast.judith, room.cast.paul, room.cast.rita)
    assert {ask(player, stream).status_code for player in (*readers, *others)} == {404}
    with app.app_context():
        room.everything()
        room.move("freeze")
    assert {ask(player, stream).status_code for player in readers} == {200}
    for kind in ("judging", "late"):
        assert {ask(player, f"{kind}:{room.round_id}").status_code for player in others} == {404}


def test_a_fact_carries_its_link_in_the_chain(app, room, ask):
    rows = ask(room.cast.olga, f"event:{room.cast.event_id}").json["facts"]
    with app.app_context():
        room.everything()
        room.move("freeze")
    rows = ask(room.cast.olga, f"judging:{room.round_id}").json["facts"]
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    prev = "0" * 64
    for row in rows:
        body = json.dumps(row["body"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        wanted = link(row["stream"], row["seq"], row["kind"], row["actor"], row["at"], body, prev)
        assert (row["prev_hash"], row["hash"]) == (prev, wanted)
        prev = row["hash"]
    assert set(rows[0]) == {
        "position", "stream", "seq", "kind", "actor", "at", "body", "prev_hash", "hash",
    }  # fmt: skip


def test_pages_hold_500_facts_and_go_on_after_the_last(app, stage, ask):
    with app.app_context(), transaction() as session:
        for number in range(501):
            record(
                session, stream=f"event:{stage.event_id}", kind="test.done", actor_id=None,
                number=number,
            )  # fmt: skip
    stream = f"event:{stage.event_id}"
    first = ask(stage.olga, stream).json["facts"]
    assert len(first) == 500
    rest = ask(stage.olga, stream, after=first[-1]["seq"]).json["facts"]
    assert [row["seq"] for row in rest] == [501]
    assert ask(stage.olga, stream, after=501).json == {"facts": []}


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "9" * 30, "٣", "1_0", " 1"])
def test_after_is_a_number(stage, ask, after):
    answer = ask(stage.olga, f"event:{stage.event_id}", after=after)
    assert (answer.status_code, answer.json["field"]) == (422, "after")


def test_each_other_stream_is_for_its_own_readers(app, stage, ask):
    event, access = f"event:{stage.event_id}", f"access:{stage.paul.id}"
    money = f"credits:{stage.event_id}"
    wanted = {
        event: {"olga", "lena", "ada"}, money: {"olga", "lena", "ada"}, access: {"paul", "ada"},
        "proposal:1": {"olga", "lena", "ada", "paul", "judith", "rita"},
    }  # fmt: skip
    for stream, readers in wanted.items():
        for name in ("olga", "lena", "ada", "paul", "judith", "rita"):
            status = ask(getattr(stage, name), stream).status_code
            assert (stream, name, status) == (stream, name, 200 if name in readers else 404)
    assert ask(None, event).status_code == 401


@pytest.mark.parametrize(
    "stream",
    ["", "judging", "judging:", "judging:0", "judging:01", "judging:999", "judging:-1",
     "judging:9999999999999999999999", "test:1", "access:1 ", "event:\u0661", "judging:1:2"],
)  # fmt: skip
def test_a_stream_that_cannot_be_is_not_found(stage, ask, stream):
    answer = ask(stage.ada, stream)
    assert (answer.status_code, answer.json["error"]) == (404, "no_such_stream")
