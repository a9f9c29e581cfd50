"""The home's figures move while it is open; notices reach open pages."""

from panel import set_panel

from hackathon.people.access import load_actor
from hackathon.shared.db import transaction
from hackathon.shared.notices import notify
from hackathon.teams import service as teams


def ask(client, name, payload):
    return client.emit(name, payload, callback=True)


def received(client, name):
    return [entry["args"][0] for entry in client.get_received() if entry["name"] == name]


def form_team(app, stage):
    with app.app_context(), transaction() as session:
        paul = load_actor(session, stage.paul.id)
        teams.create_team(session, paul, event_id=stage.event_id, name="Owls")


def test_an_organizer_watches_the_figures_and_they_move(app, stage, connect, tick):
    olga = connect(stage.olga)
    answer = ask(olga, "home.watch", {"event": "q4"})
    figures = {row["id"]: row["value"] for row in answer["rows"]}
    assert (answer["ok"], figures) == (True, {"phase": "Hacking", "alone": "2", "cards": "0"})
    form_team(app, stage)
    tick()
    (change,) = received(olga, "home.changed")
    assert change["base"] == answer["version"] < change["version"]
    assert {row["id"]: row["value"] for row in change["rows"]} == {"alone": "1", "cards": "1"}


def test_judging_moves_the_figures_too(app, stage, connect, tick, clock):
    with app.app_context():
        room = set_panel(stage, clock)
    olga = connect(stage.olga)
    answer = ask(olga, "home.watch", {"event": "q4"})
    figures = {row["id"]: row["value"] for row in answer["rows"]}
    assert figures[f"round:{room.round_id}"] == "0 of 6"
    with app.app_context():
        room.sheet("judith", "owls", 5, 5)
    tick()
    (change,) = received(olga, "home.changed")
    assert [row["value"] for row in change["rows"]] == ["1 of 6"]


def test_others_see_the_phase_alone(stage, connect):
    answer = ask(connect(stage.paul), "home.watch", {"event": "q4"})
    assert answer["rows"] == [{"id": "phase", "value": "Hacking"}]


def test_an_unknown_event_is_not_found(stage, connect):
    answer = ask(connect(stage.olga), "home.watch", {"event": "no-such"})
    assert (answer["ok"], answer["code"]) == (False, 404)


def test_a_notice_reaches_the_open_pages_of_its_person_only(app, stage, connect, tick):
    paul, pia = connect(stage.paul), connect(stage.pia)
    with app.app_context(), transaction() as session:
        notify(session, person_id=stage.paul.id, key="x", text="Come", link="/events/q4")
    tick()
    (news,) = received(paul, "event.notice")
    assert (news["text"], news["link"]) == ("Come", "/events/q4")
    assert received(pia, "event.notice") == []
    tick()
    assert received(paul, "event.notice") == []


def test_a_complete_sheet_tells_the_round_how_far_it_is(app, stage, connect, tick, clock):
    with app.app_context():
        room = set_panel(stage, clock)
    paul = connect(stage.paul)
    ask(paul, "board.watch", {"event": "q4", "round": room.round_id})
    with app.app_context():
        room.mark("judith", "owls", "impact", 5)
    tick()
    assert received(paul, "judging.progress") == []
    with app.app_context():
        room.mark("judith", "owls", "works", 5)
    tick()
    (news,) = received(paul, "judging.progress")
    assert (news["round"], news["done"], news["of"]) == (room.round_id, 1, 6)
