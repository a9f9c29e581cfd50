"""Judging live: taps are acknowledged as the contract says, and each hears only the own."""

import json
import uuid

import pytest
import sqlalchemy as sa
from make import make_rubric
from panel import do

from hackathon.judging.models import LateMark, Mark
from hackathon.judging.service import rounds, seats
from hackathon.judging.service.late import decide_late
from hackathon.people import service as people
from hackathon.people.access import load_actor
from hackathon.people.models import Person
from hackathon.projects import service as projects
from hackathon.shared import live
from hackathon.shared.clock import utc_text
from hackathon.shared.db import db, reading, transaction
from hackathon.shared.facts import last_seq

LEAKS = ('"value"', '"raw_mean"', '"adjusted"', '"place"')


@pytest.fixture(autouse=True)
def _no_board_of_another_test():
    live.boards.rooms.boards.clear()


@pytest.fixture
def judge(room, connect):
    """A socket of a member of the cast, by name."""
    return lambda name: connect(getattr(room.cast, name))


def tap(room, team, **more):
    """The payload of a mark."""
    return {
        "round": room.round_id, "project": room.projects[team], "criterion": "impact",
        "value": 4, "seq": 1, "key": uuid.uuid4().hex, "made_at": "2026-11-22T13:00:00Z",
    } | more  # fmt: skip


def ask(client, name, payload):
    return client.emit(name, payload, callback=True)


def heard(client, name=None):
    """What was pushed to a socket: payloads of one event, or all."""
    events = client.get_received()
    return [event["args"][0] for event in events if name in {None, event["name"]}]


def stored(app):
    with app.app_context():
        return reading().scalar(sa.select(sa.func.count(Mark.id)))


def test_a_tap_is_acknowledged_with_receipt_and_version(app, room, judge):
    answer = ask(judge("judith"), "judging.mark", tap(room, "owls"))
    with app.app_context():
        version = last_seq(reading(), f"judging:{room.round_id}")
    assert answer == {
        "ok": True, "receipt": 1, "version": version, "superseded": False, "submitted": False,
        "replay": False,
    }  # fmt: skip


def test_a_tap_may_name_its_visit_and_carry_the_time_in_milliseconds(app, room, judge):
    with app.app_context():
        visit = room.visit("judith", "owls").id
    payload = tap(room, "owls", visit=visit, made_at=1_795_352_400_000)
    del payload["round"], payload["project"]
    assert ask(judge("judith"), "judging.mark", payload)["ok"] is True
    with app.app_context():
        assert utc_text(room.values()[0].made_at) == "2026-11-22T13:00:00.000000Z"


@pytest.mark.parametrize(
    "value", [-1, 0, 6, 4.5, 10.0001, 1e308, 10**40, True, "4", None, [], {}, [4], {"a": 4}]
)
def test_line_15_a_value_off_the_scale_is_422_score(app, room, judge, value):
    answer = ask(judge("judith"), "judging.mark", tap(room, "owls", value=value))
    assert (answer["ok"], answer["code"], answer["error"], answer["field"]) == (
        False, 422, "score", "value",
    )  # fmt: skip
    assert answer["message"] == "Scores go from 1 to 5. Nothing was saved."
    assert stored(app) == 0


@pytest.mark.parametrize("more", [{"judge": 1}, {"event": "q4"}, {"at": 1}, {"submitted": True}])
def test_line_17_a_field_that_only_the_server_sets_is_refused(app, room, judge, more):
    answer = ask(judge("judith"), "judging.mark", tap(room, "owls", **more))
    assert (answer["ok"], answer["code"], answer["field"]) == (False, 422, next(iter(more)))
    assert stored(app) == 0


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"project": 999}, 404), ({"project": 2**40}, 404), ({"project": 0}, 404),
        ({"project": 10**40}, 422), ({"project": -1}, 422), ({"project": "1"}, 422),
        ({"project": None}, 422), ({"round": 999}, 404), ({"round": 10**30}, 422),
        ({"visit": 999}, 404), ({"visit": 10**30}, 422), ({"criterion": "nope"}, 404),
        ({"criterion": 7}, 422), ({"seq": -1}, 422), ({"seq": 2**53}, 422), ({"seq": "1"}, 422),
        ({"seq": 1.5}, 422), ({"seq": True}, 422), ({"key": "x"}, 422), ({"key": "k" * 99}, 422),
        ({"key": "0" * 31 + "g"}, 422), ({"key": 7}, 422), ({"made_at": "yesterday"}, 422),
        ({"made_at": 10**30}, 422), ({"made_at": None}, 422), ({"made_at": "1970-01-01"}, 422),
    ],
    ids=str,
)  # fmt: skip
def test_line_18_whatever_else_cannot_be_is_refused_in_words(app, room, judge, more, code):
    answer = ask(judge("judith"), "judging.mark", tap(room, "owls", **more))
    assert (answer["ok"], answer["code"]) == (False, code)
    assert answer["error"].isidentifier()
    assert answer["message"].lower().count("nothing was saved") == 1
    assert stored(app) == 0


@pytest.mark.parametrize("name", ["round", "criterion", "value", "seq", "key", "made_at"], ids=str)
def test_what_is_missing_is_named(room, judge, name):
    payload = tap(room, "owls")
    del payload[name]
    answer = ask(judge("judith"), "judging.mark", payload)
    assert (answer["code"], answer["field"]) == (422, "visit" if name == "round" else name)


def test_line_19_the_same_again_is_a_replay_also_with_hyphens(app, room, judge):
    client, key = judge("judith"), uuid.uuid4()
    first = ask(client, "judging.mark", tap(room, "owls", key=key.hex))
    for spelling in (key.hex, str(key), str(key).upper()):
        again = ask(client, "judging.mark", tap(room, "owls", key=spelling))
        assert again == first | {"replay": True}
    assert stored(app) == 1


def test_line_20_a_used_key_is_409_key_reused(app, room, judge):
    key = uuid.uuid4().hex
    ask(judge("judith"), "judging.mark", tap(room, "owls", key=key))
    for name, more in (("judith", {"value": 5}), ("jonas", {})):
        answer = ask(judge(name), "judging.mark", tap(room, "owls", key=key, **more))
        assert (answer["code"], answer["error"]) == (409, "key_reused")
    assert stored(app) == 1


def test_line_21_an_older_count_is_said_to_be_superseded(room, judge):
    client = judge("judith")
    assert ask(client, "judging.mark", tap(room, "owls", seq=5))["superseded"] is False
    assert ask(client, "judging.mark", tap(room, "owls", seq=4, value=1))["superseded"] is True
    hello = ask(client, "judging.hello", {"round": room.round_id, "after": 0})
    mine = next(row for row in hello["visits"] if row["team"] == "Owls")
    assert mine["marks"] == [{"criterion": "impact", "value": 4, "seq": 5}]


def test_line_22_after_the_freeze_it_is_409_late_and_kept(app, room, judge):
    client = judge("judith")
    with app.app_context():
        room.move("freeze")
    payload = tap(room, "owls")
    answers = [ask(client, "judging.mark", payload) for _ in range(2)]
    assert {(answer["code"], answer["error"]) for answer in answers} == {(409, "late")}
    assert answers[0]["message"] == (
        "Received after judging closed. The organizers will decide."
    )  # fmt: skip
    with app.app_context():
        assert reading().scalar(sa.select(sa.func.count(LateMark.id))) == 1
    assert stored(app) == 0


@pytest.mark.parametrize("name", ["paul", "olga", "lena", "ada", "rita"])
@pytest.mark.parametrize("message", ["judging.mark", "judging.clear", "judging.submit"])
def test_line_23_nobody_without_a_seat_scores(app, room, judge, name, message):
    payload = tap(room, "foxes")
    if message != "judging.mark":
        del payload["value"]
    if message == "judging.submit":
        del payload["criterion"]
    answer = ask(judge(name), message, payload)
    assert (answer["ok"], answer["code"], answer["error"]) == (False, 403, "seats_only")
    assert stored(app) == 0


@pytest.mark.parametrize("payload", [None, [], "text", 7, {"a": {"b": {"c": {"d": {"e": 1}}}}}])
def test_line_24_odd_payloads_are_refused_and_others_are_served(room, judge, payload):
    assert ask(judge("judith"), "judging.mark", payload)["ok"] is False
    assert ask(judge("jonas"), "judging.mark", tap(room, "owls"))["ok"] is True


def test_clearing_and_the_words(room, judge):
    client = judge("judith")
    ask(client, "judging.mark", tap(room, "owls"))
    cleared = tap(room, "owls", seq=2)
    del cleared["value"]
    assert ask(client, "judging.clear", cleared)["ok"] is True
    words = {"strength": "Clear", "question": "Who pays?", "note": "Mine"}
    texts = {
        key: value for key, value in tap(room, "owls").items() if key not in {"criterion", "value"}
    }
    refused = ask(client, "judging.submit", texts | words)
    assert (refused["code"], refused["error"], refused["criteria"]) == (
        422, "incomplete", ["impact", "works"],
    )  # fmt: skip
    ask(client, "judging.mark", tap(room, "owls", seq=3))
    done = ask(client, "judging.mark", tap(room, "owls", criterion="works"))
    assert done["submitted"] is True
    saved = ask(client, "judging.submit", texts | words)
    assert set(saved) == {"ok", "receipt", "version", "replay"}
    assert ask(client, "judging.submit", texts | words) == saved | {"replay": True}
    refused = ask(client, "judging.clear", cleared | {"key": uuid.uuid4().hex, "seq": 4})
    assert (refused["code"], refused["error"]) == (409, "submitted")
    long = ask(client, "judging.submit", texts | {"note": "x" * 2001, "key": uuid.uuid4().hex})
    assert (long["code"], long["field"]) == (422, "note")


def test_hello_holds_the_own_list_and_nobody_elses(app, room, judge):
    with app.app_context():
        room.sheet("jonas", "owls", 5, 5)
        room.mark("judith", "bees", "impact", 2)
    answer = ask(judge("judith"), "judging.hello", {"round": room.round_id, "after": 0})
    assert answer["state"] == "open"
    assert {row["status"] for row in answer["visits"]} == {"open", "begun"}
    assert [row["marks"] for row in answer["visits"] if row["marks"]] == [
        [{"criterion": "impact", "value": 2, "seq": 1}]
    ]
    assert "resync" not in answer
    for name in ("paul", "olga"):
        refused = ask(judge(name), "judging.hello", {"round": room.round_id, "after": 0})
        assert refused["code"] == 403
    assert ask(judge("judith"), "judging.hello", {"round": 10**40, "after": 0})["code"] == 422


def test_who_missed_too_much_is_told_to_read_again(app, room, judge, monkeypatch):
    monkeypatch.setattr("hackathon.judging.live.RESYNC_AFTER", 0)
    answer = ask(judge("judith"), "judging.hello", {"round": room.round_id, "after": 1})
    assert answer["resync"] is True


def test_a_judges_other_device_hears_of_a_mark_and_nobody_else_does(room, judge, tick):
    phone, tablet, jonas, olga, paul = (
        judge(name) for name in ("judith", "judith", "jonas", "olga", "paul")
    )
    for client in (phone, tablet, jonas):
        ask(client, "judging.hello", {"round": room.round_id, "after": 0})
    for client in (olga, paul, jonas):
        ask(client, "board.watch", {"event": "q4"})
    ask(phone, "judging.mark", tap(room, "owls", value=5))
    tick()
    (visit,) = heard(tablet, "judging.visit")
    assert (visit["criterion"], visit["value"], visit["seq"]) == ("impact", 5, 1)
    for client in (jonas, olga, paul):
        text = json.dumps(heard(client))
        assert not any(word in text for word in LEAKS)


def test_the_board_follows_progress_and_shows_no_value(app, room, judge, tick):
    paul, olga = judge("paul"), judge("olga")
    first = ask(paul, "board.watch", {"event": "q4", "round": room.round_id})
    ask(olga, "board.watch", {"event": "q4"})
    assert first["rows"] == [{"id": "round", "state": "open", "done": 0, "of": 6}]
    with app.app_context():
        room.sheet("judith", "owls", 5, 5)
    tick()
    (change,) = heard(paul, "board.changed")
    assert change["rows"] == [{"id": "round", "state": "open", "done": 1, "of": 6}]
    assert first["version"] == change["base"] < change["version"]
    (change,) = heard(olga, "board.changed")
    assert {row["id"].split(":")[0] for row in change["rows"]} == {"round", "judge", "project"}


def test_state_and_stage_reach_everybody_in_the_round(app, room, judge, tick):
    judith, paul = judge("judith"), judge("paul")
    ask(judith, "judging.hello", {"round": room.round_id, "after": 0})
    ask(paul, "board.watch", {"event": "q4"})
    with app.app_context():
        do(rounds.show_pitch, room.cast.olga, **room.place, position=2)
    tick()
    for client in (judith, paul):
        (state,) = heard(client, "judging.state")
        assert (state["pitch"]["position"], state["pitch"]["seconds"]) == (2, 300)
    with app.app_context():
        room.move("pause", "Coffee")
    tick()
    assert [state["state"] for state in heard(judith, "judging.state")] == ["paused"]


def test_no_room_hears_of_results_before_each_step_is_pressed(app, room, judge, tick):
    ears = {name: judge(name) for name in ("paul", "judith", "rita")}
    for client in ears.values():
        ask(client, "board.watch", {"event": "q4"})
    with app.app_context():
        room.to_reveal()
        late = room.sheet("judith", "owls", 1, 1, seq=9).receipt
        assert late
    tick()
    for client in ears.values():
        assert not any(word in json.dumps(heard(client)) for word in LEAKS)
    with app.app_context():
        room.show(1)
    tick()
    for client in ears.values():
        events = client.get_received()
        (step,) = [event["args"][0] for event in events if event["name"] == "reveal.step"]
        assert step["rows"] == [{"place": 3, "project": "Foxes at work", "team": "Foxes"}]
        assert (step["step"], step["of"]) == (1, 3)
        text = json.dumps(events)
        assert "Owls" not in text
        assert "Bees" not in text
    with app.app_context():
        room.show(0)
    tick()
    (step,) = heard(ears["paul"], "reveal.step")
    assert (step["step"], step["rows"]) == (0, [])
    with app.app_context():
        room.publish()
    tick()
    (change,) = heard(ears["paul"], "board.changed")
    assert len(change["rows"]) == 4


def test_a_late_mark_that_is_accepted_moves_nothing_that_others_see(app, room, judge, tick):
    paul, olga = judge("paul"), judge("olga")
    with app.app_context():
        room.sheet("judith", "owls", 4, 4)
        room.move("freeze")
    tick()
    before = ask(paul, "board.watch", {"event": "q4"})
    ask(olga, "board.watch", {"event": "q4"})
    with app.app_context():
        late = [
            room.mark("judith", "bees", criterion, 5).receipt for criterion in ("impact", "works")
        ]
        do(
            decide_late, room.cast.olga, **room.place, which=late, is_accepted=True,
            reason="The network was down",
        )  # fmt: skip
    tick()
    assert heard(paul) == []
    assert ask(paul, "board.watch", {"event": "q4"}) == before
    assert len(heard(olga, "board.changed")[0]["rows"]) == 2


def test_the_organizers_hear_of_each_late_mark_and_each_decision(app, room, judge, tick):
    paul, olga = judge("paul"), judge("olga")
    with app.app_context():
        room.sheet("judith", "owls", 4, 4)
        room.move("freeze")
    tick()
    ask(paul, "board.watch", {"event": "q4"})
    watched = ask(olga, "board.watch", {"event": "q4"})
    assert watched["rows"][0] == {"id": "round", "state": "frozen", "late": 0}
    with app.app_context():
        late = room.mark("judith", "bees", "impact", 5).receipt
    tick()
    (change,) = heard(olga, "board.changed")
    assert change["rows"] == [{"id": "round", "state": "frozen", "late": 1}]
    assert watched["version"] == change["base"] < change["version"]
    with app.app_context():
        do(
            decide_late, room.cast.olga, **room.place, which=[late], is_accepted=False,
            reason="Made after the talk",
        )  # fmt: skip
    tick()
    (change,) = heard(olga, "board.changed")
    assert change["rows"] == [{"id": "round", "state": "frozen", "late": 0}]
    assert heard(paul) == []


def test_a_board_is_for_those_who_may_see_its_round(app, room, judge):
    with app.app_context():
        draft = do(
            rounds.add_round, room.cast.olga, event_id=room.cast.event_id, rubric=make_rubric()
        ).id
    paul, olga = judge("paul"), judge("olga")
    assert ask(paul, "board.watch", {"event": "q4", "round": draft})["code"] == 404
    assert ask(olga, "board.watch", {"event": "q4", "round": draft})["ok"] is True
    assert ask(paul, "board.watch", {"event": "nowhere"})["code"] == 404
    assert ask(paul, "board.watch", {"event": "other"}) == {"ok": True, "version": 0, "rows": []}
    assert ask(paul, "board.watch", {"event": "other", "round": room.round_id})["code"] == 404


def test_a_round_in_draft_is_nothing_to_watch_for_participants(app, stage, connect):
    with app.app_context():
        do(rounds.add_round, stage.olga, event_id=stage.event_id, rubric=make_rubric())
    answer = ask(connect(stage.paul), "board.watch", {"event": "q4"})
    assert answer == {"ok": True, "version": 0, "rows": []}


def test_line_31_a_seat_taken_away_closes_the_judges_sockets(app, room, judge, tick):
    judith, jonas = judge("judith"), judge("jonas")
    with app.app_context():
        do(seats.remove_seat, room.cast.olga, **room.place, seat_id=room.seats["judith"])
    tick()
    assert [client.is_connected() for client in (judith, jonas)] == [False, True]
    back = judge("judith")
    assert ask(back, "judging.hello", {"round": room.round_id, "after": 0})["code"] == 403


def test_line_31_a_disabled_judge_scores_no_more(app, room, judge):
    client = judge("judith")
    with app.app_context(), transaction() as session:
        ada = load_actor(session, room.cast.ada.id)
        people.disable_person(session, ada, person_id=room.cast.judith.id)
    answer = ask(client, "judging.mark", tap(room, "owls"))
    assert answer["code"] == 401
    assert stored(app) == 0
    with app.app_context():
        assert reading().get(Person, room.cast.judith.id).disabled_at is not None


def test_line_28_a_flood_of_marks_is_slowed_and_nothing_acknowledged_is_missing(app, room, judge):
    flood, other = judge("judith"), judge("jonas")
    # Messages that are refused count too, and are quick enough for any machine.
    for _ in range(live.MESSAGES_A_SECOND - 1):
        ask(flood, "judging.mark", {})
    answers = [ask(flood, "judging.mark", tap(room, "owls", seq=number)) for number in range(9)]
    kept = [answer["receipt"] for answer in answers if answer["ok"]]
    slowed = [answer for answer in answers if not answer["ok"]]
    assert slowed
    assert {(answer["code"], answer["retry_after"]) for answer in slowed} == {(429, 1)}
    assert ask(other, "judging.mark", tap(room, "owls"))["ok"] is True
    with app.app_context():
        assert {row.id for row in room.values()} >= set(kept)
    assert stored(app) == len(kept) + 1


# --- what a message costs -------------------------------------------------------------


@pytest.fixture
def asked(app):
    """The statements since it was last emptied, without the frame of a transaction."""
    found = []

    def note(_connection, _cursor, statement, *_given):
        if not statement.startswith(("BEGIN", "PRAGMA", "ROLLBACK")):
            found.append(statement)

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    yield found
    sa.event.remove(engine, "before_cursor_execute", note)


def test_a_phone_that_comes_back_asks_for_its_own_only(room, judge, asked):
    judith, jonas = judge("judith"), judge("jonas")
    ask(judith, "judging.hello", {"round": room.round_id, "after": 0})
    asked.clear()
    ask(jonas, "judging.hello", {"round": room.round_id, "after": 0})
    assert len(asked) <= 9
    assert not [one for one in asked if "FROM teams" in one], "the projects are read once for all"


def test_a_tap_needs_few_statements(room, judge, asked):
    judith = judge("judith")
    ask(judith, "judging.mark", tap(room, "owls", value=5))
    asked.clear()
    ask(judith, "judging.mark", tap(room, "owls", criterion="works"))
    assert len(asked) <= 14


def test_many_who_watch_read_the_board_once(room, judge, asked):
    ask(judge("paul"), "board.watch", {"event": "q4"})
    asked.clear()
    ask(judge("pia"), "board.watch", {"event": "q4"})
    assert not [one for one in asked if "FROM visits" in one]


def test_a_mark_leaves_the_projects_of_the_board_unread(app, room, judge, tick, asked):
    ask(judge("olga"), "board.watch", {"event": "q4"})
    tick()
    with app.app_context():
        room.sheet("judith", "owls", 5, 5)
    asked.clear()
    tick()
    assert not [one for one in asked if "FROM teams" in one]


def test_a_project_that_is_out_leaves_list_and_board_at_once(app, room, judge, tick):
    """What is kept for all is never shown past the fact that changes it."""
    jonas, olga = judge("jonas"), judge("olga")
    before = ask(jonas, "judging.hello", {"round": room.round_id, "after": 0})
    ask(olga, "board.watch", {"event": "q4"})
    tick()
    heard(olga)
    with app.app_context():
        do(
            projects.take_out, room.cast.olga, event_id=room.cast.event_id,
            project_id=room.projects["owls"], disqualify=True, reason="Not made here",
        )  # fmt: skip
        room.sheet("judith", "bees", 4, 4)
    after = ask(jonas, "judging.hello", {"round": room.round_id, "after": 0})
    assert len(after["visits"]) == len(before["visits"]) - 1
    tick()
    (change,) = heard(olga, "board.changed")
    assert change["gone"] == [f"project:{room.projects['owls']}"]
    by_id = {row["id"]: row for row in change["rows"]}
    assert (by_id["round"]["done"], by_id["round"]["of"]) == (1, 4)


def test_a_conflict_that_is_declared_leaves_the_count_of_the_board(app, room, judge, tick):
    olga = judge("olga")
    first = ask(olga, "board.watch", {"event": "q4"})
    with app.app_context():
        room.declare(room.cast.jonas, "owls")
        room.sheet("judith", "owls", 4, 4)
    tick()
    (change,) = heard(olga, "board.changed")
    (row,) = [row for row in change["rows"] if row["id"] == "round"]
    assert row["of"] == first["rows"][0]["of"] - 1
