"""Judging for programs: lists, boards, the ledger, to those they are for."""

import json
import re

import pytest
from make import make_rubric
from panel import do

from hackathon.judging.service import rounds, seats
from hackathon.shared.db import reading
from hackathon.shared.facts import facts_of

LIST = "/api/v1/events/q4/judging"
BOARD = "/api/v1/events/q4/board"
MARKS = "/api/v1/events/q4/marks"


@pytest.fixture
def get(room, sign_in):
    """The answer to a member of the cast, by name."""

    def ask(name, path, **query):
        player = getattr(room.cast, name) if name else None
        return sign_in(player).get(path, query_string=query or None, headers={"Accept": "*/*"})

    return ask


def kinds(app, room):
    with app.app_context():
        return [fact.kind for fact in facts_of(reading(), f"judging:{room.round_id}")]


def test_a_judge_reads_the_rubric_and_the_own_visits(app, room, get):
    with app.app_context():
        room.mark("judith", "owls", "impact", 4, seq=3)
        room.sheet("jonas", "owls", 5, 5)
    (found,) = get("judith", LIST).json["rounds"]
    assert (found["id"], found["state"]) == (room.round_id, "open")
    assert found["criteria"][0] == {
        "key": "impact", "label": "Impact", "weight": "1", "min": 1, "max": 5, "step": 1,
        "anchors": {},
    }  # fmt: skip
    assert {row["project"] for row in found["visits"]} == set(room.projects.values())
    mine = {row["project"]: row for row in found["visits"]}[room.projects["owls"]]
    assert (mine["title"], mine["status"]) == ("Owls at work", "begun")
    assert mine["marks"] == [{"criterion": "impact", "value": 4, "seq": 3}]


def test_an_organizer_reads_the_rounds_without_visits_and_others_nothing(room, get):
    (found,) = get("olga", LIST).json["rounds"]
    assert found["visits"] == []
    assert [get(name, LIST).status_code for name in ("paul", "rita", "owen", None)] == [
        403, 403, 403, 401,
    ]  # fmt: skip


def test_a_judge_does_not_read_a_round_of_others(app, room, get):
    with app.app_context():
        other = do(
            rounds.add_round, room.cast.olga, event_id=room.cast.event_id, rubric=make_rubric()
        )
        other = other.id
    assert [row["id"] for row in get("judith", LIST).json["rounds"]] == [room.round_id]
    assert [row["id"] for row in get("olga", LIST).json["rounds"]] == [room.round_id, other]
    assert get("paul", BOARD, round=other).status_code == 404
    assert get("olga", BOARD, round=other).status_code == 200


@pytest.mark.parametrize("name", ["paul", "judith", "rita"])
def test_the_public_board_leaks_nothing_from_the_freeze_to_each_step(app, room, get, name):
    words = ('"place"', '"raw_mean"', '"adjusted"', '"value"', "Owls")
    with app.app_context():
        room.everything()
    for verb in ("freeze", "finalize"):
        assert not any(word in get(name, BOARD).text for word in words)
        with app.app_context():
            room.move(verb)
    before = get(name, BOARD, round=room.round_id).json
    assert before["rows"] == [{"id": "round", "state": "finalized"}]
    with app.app_context():
        room.show(1)
    rows = get(name, BOARD, round=room.round_id).json["rows"]
    assert [row.get("project") for row in rows] == [None, "Foxes at work"]
    with app.app_context():
        room.publish()
    rows = get(name, BOARD).json["rows"][1:]
    assert [(row["place"], row["project"]) for row in rows] == [
        (1, "Owls at work"), (2, "Bees at work"), (3, "Foxes at work"),
    ]  # fmt: skip
    assert (rows[0]["band"], rows[0]["raw_mean"], rows[0]["sheets"]) == (1, 5.0, 2)


def test_every_answer_to_a_participant_is_the_same_before_and_after_a_late_mark(app, room, get):
    """A frozen board stays frozen, byte by byte, at every door a participant may open."""
    with app.app_context():
        room.sheet("judith", "owls", 4, 4)
        room.move("freeze")
    paths = (
        BOARD, f"{BOARD}?round={room.round_id}", "/events/q4/results", "/api/v1/events/q4",
        "/events/q4", f"/events/q4/judging/{room.round_id}/method", "/events/q4/projects",
    )  # fmt: skip

    def answers():
        return [_bare(get("paul", path)) for path in paths]

    before = answers()
    with app.app_context():
        room.sheet("judith", "bees", 5, 5)
    assert answers() == before


def _bare(answer):
    """An answer without what differs every time."""
    text = answer.get_data(as_text=True)
    return answer.status_code, re.sub(r'content="[^"]*"|value="[^"]*"|nonce-[^\']+', "", text)


def test_before_the_freeze_the_ledger_has_no_values(app, room, get):
    with app.app_context():
        room.mark("judith", "owls", "impact", 4, seq=2)
        room.mark("judith", "owls", "impact", 3, seq=1)
    found = get("olga", MARKS, round=room.round_id).json
    assert '"value"' not in json.dumps(found)
    assert [(row["seq"], row["superseded"]) for row in found["rows"]] == [(2, False), (1, True)]
    assert [row["seq"] for row in found["cells"]] == [2]
    assert "values.looked" not in kinds(app, room)


def test_values_before_the_freeze_need_a_reason_which_is_recorded(app, room, get):
    with app.app_context():
        room.mark("judith", "owls", "impact", 4)
    (row,) = get("olga", MARKS, look="A tie is reported").json["rows"]
    assert (row["value"], row["judge"], row["project"], row["criterion"]) == (
        4, "judith@example.com", "Owls at work", "impact",
    )  # fmt: skip
    assert set(row) == {
        "receipt", "key", "seq", "visit", "judge", "project_id", "project", "criterion",
        "value", "at", "superseded",
    }  # fmt: skip
    assert kinds(app, room).count("values.looked") == 1
    blank = get("olga", MARKS, look="  ")
    assert (blank.status_code, blank.json["field"]) == (422, "look")


def test_another_site_cannot_make_a_browser_look(app, room, sign_in):
    client = sign_in(room.cast.olga)
    for site in ("cross-site", "same-site"):
        answer = client.get(f"{MARKS}?look=Curious", headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403
    assert (
        client.get(f"{MARKS}?look=Curious", headers={"Sec-Fetch-Site": "none"}).status_code == 200
    )
    assert kinds(app, room).count("values.looked") == 1


def test_who_judges_here_does_not_look_before_the_freeze(app, room, get):
    with app.app_context():
        do(seats.add_seat, room.cast.olga, **room.place, person_id=room.cast.olga.id)
        room.mark("judith", "owls", "impact", 4)
    refused = get("olga", MARKS, look="Curious")
    assert (refused.status_code, refused.json["error"]) == (403, "holds_seat")
    assert "values.looked" not in kinds(app, room)
    assert get("olga", MARKS).status_code == 200
    with app.app_context():
        room.move("freeze")
    assert get("olga", MARKS).json["rows"][0]["value"] == 4


def test_the_ledger_is_for_organizers_of_this_event(room, get):
    for name in ("paul", "judith", "rita", "owen"):
        for more in ({}, {"look": "Me too"}):
            assert get(name, MARKS, **more).status_code == 403
    assert get(None, MARKS).status_code == 401


@pytest.mark.parametrize("number", ["999", "0", "-1", "x", "9" * 30, str(2**63), str(2**62)])
def test_a_round_that_is_not_here_is_not_found(app, room, get, number):
    for path in (BOARD, MARKS):
        status = get("olga", path, round=number).status_code
        assert status == (200 if number == "x" else 404), path
    for page in ("", "/standings", "/late", "/reveal"):
        if number.isdigit():
            path = f"/events/q4/judging/{number}{page}"
            assert get("olga", path).status_code == 404, path


def test_an_event_without_a_round_has_an_empty_board_and_no_ledger(stage, sign_in):
    olga = sign_in(stage.olga)
    assert olga.get(BOARD).json == {"round": None, "version": 0, "rows": []}
    assert olga.get(MARKS).status_code == 404
