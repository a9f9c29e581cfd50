"""A pause is read by everybody at the event, on every page, with its reason, at once."""

import pytest
from make import client_of
from panel import set_panel
from sqlalchemy import event

from hackathon.judging.queries.glance import glances
from hackathon.judging.queries.here import pause_board, rounds_here
from hackathon.shared import live
from hackathon.shared.db import db, reading

WORDS = "Lunch <b>until two</b>"
SHOWN = "Lunch &lt;b&gt;until two&lt;/b&gt;"
PAGES = {
    "paul": (
        "/", "/events/q4", "/events/q4/teams", "/events/q4/projects", "/events/q4/people",
        "/events/q4/results", "/events/q4/vote",
        "/events/q4/judging/1/method",
    ),
    "judith": ("/", "/events/q4", "/events/q4/judging/1/list", "/events/q4/judging/1/practice"),
    "olga": (
        "/", "/events/q4", "/events/q4/settings", "/events/q4/judging",
        "/events/q4/judging/1/edit", "/events/q4/judging/1/plan",
        "/events/q4/judging/1/timetable", "/events/q4/judging/1/standings",
        "/events/q4/judging/1/screens", "/events/q4/judging/new", "/events/q4/credits/pool",
        "/events/q4/import", "/events/q4/people", "/events/q4/teams",
    ),
}  # fmt: skip


FOR_THE_ROOM = ("/stage", "/rehearsal")
"""The projector says "A short break"."""


@pytest.fixture(autouse=True)
def _no_board_of_another_test():
    live.boards.rooms.boards.clear()


def pages():
    return [(who, path) for who, paths in PAGES.items() for path in paths]


@pytest.mark.parametrize("who", PAGES)
def test_every_page_of_the_event_shows_the_pause_and_why(app, room, sign_in, who):
    with app.app_context():
        room.move("pause", WORDS)
    values = {"slug": "q4", "round_id": room.round_id, "team_id": 1}
    values["project_id"] = room.projects["bees"]
    with app.test_request_context():
        paths = [
            rule.build({name: values[name] for name in rule.arguments})[1]
            for rule in app.url_map.iter_rules()
            if "GET" in rule.methods and {"slug"} <= rule.arguments <= values.keys()
        ]
    client, told = sign_in(getattr(room.cast, who)), {}
    for path in ("/", *paths):
        answer = client.get(path)
        is_page = answer.status_code == 200 and "</html>" in answer.text
        if is_page and not path.endswith(FOR_THE_ROOM):
            told[path] = answer.text.count(SHOWN)
    assert set(PAGES[who]) <= told.keys()
    assert {path for path, count in told.items() if count != 1} == set()


def test_no_page_needs_more_than_twelve_statements_because_of_it(app, room, sign_in):
    with app.app_context():
        room.move("pause", WORDS)
        engine = db.engine
    clients = {who: sign_in(getattr(room.cast, who)) for who in PAGES}
    asked, counted = [], {}
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    for who, path in pages():
        clients[who].get(path)
        asked.clear()
        clients[who].get(path)
        counted[who, path] = sum(text.startswith("SELECT") for text in asked)
    assert {place: count for place, count in counted.items() if count > 12} == {}


def test_when_judging_goes_on_no_page_shows_it(app, room, sign_in):
    with app.app_context():
        room.move("pause", WORDS)
        room.move("resume")
    clients = {who: sign_in(getattr(room.cast, who)) for who in PAGES}
    assert [place for place in pages() if SHOWN in clients[place[0]].get(place[1]).text] == []


def test_a_visitor_reads_that_judging_is_paused_and_not_why(app, room):
    with app.app_context():
        room.move("pause", WORDS)
    page = client_of(app).get("/events/q4/results").text
    assert "Judging is paused" in page
    assert SHOWN not in page
    assert "pause.js" not in page


def test_another_event_shows_nothing_of_it(app, room, sign_in):
    with app.app_context():
        room.move("pause", WORDS)
    client = sign_in(room.cast.rita)
    assert [path for path in ("/", "/events/other") if SHOWN in client.get(path).text] == []


def test_an_open_page_hears_of_it_without_reloading(app, room, connect, tick):
    people = {name: connect(getattr(room.cast, name)) for name in ("paul", "judith", "olga")}
    for client in people.values():
        answer = client.emit("event.watch", {"event": "q4"}, callback=True)
        assert (answer["ok"], answer["rows"]) == (True, [])
        client.get_received()
    with app.app_context():
        room.move("pause", WORDS)
    tick()
    for client in people.values():
        (change,) = heard(client)
        assert change["rows"] == [{"id": "paused", "round": room.round_id, "reason": WORDS}]
    late = connect(room.cast.pia)
    assert late.emit("event.watch", {"event": "q4"}, callback=True)["rows"] == change["rows"]
    with app.app_context():
        room.move("resume")
    tick()
    for client in people.values():
        (change,) = heard(client)
        assert (change["rows"], change["gone"]) == ([], ["paused"])


def heard(client):
    return [entry["args"][0] for entry in client.get_received() if entry["name"] == "event.changed"]


def test_a_page_that_was_open_before_the_round_existed_hears_of_it(
    app, stage, clock, connect, tick
):
    client = connect(stage.paul)
    assert client.emit("event.watch", {"event": "q4"}, callback=True)["rows"] == []
    with app.app_context():
        set_panel(stage, clock).move("pause", WORDS)
    tick()
    assert heard(client)[-1]["rows"][0]["reason"] == WORDS


def test_an_event_that_is_not_there_has_nothing_to_watch(app, room, connect):
    answer = connect(room.cast.paul).emit("event.watch", {"event": "nowhere"}, callback=True)
    assert (answer["ok"], answer["code"]) == (False, 404)


def test_both_engines_say_why(panel):
    panel.move("pause", WORDS)
    (row,) = rounds_here(reading(), panel.cast.event_id, panel.cast.judith.id)
    assert (row.is_paused, row.reason, row.seat.id) == (True, WORDS, panel.seats["judith"])
    (glance,) = glances(reading(), [panel.cast.event_id], None)
    assert glance.reason == WORDS
    version, rows = pause_board(reading(), panel.cast.event_id)
    assert rows[0]["reason"] == WORDS
    panel.move("resume")
    (row,) = rounds_here(reading(), panel.cast.event_id, panel.cast.paul.id)
    assert (row.is_paused, row.reason, row.seat) == (False, "", None)
    assert pause_board(reading(), panel.cast.event_id)[0] > version
