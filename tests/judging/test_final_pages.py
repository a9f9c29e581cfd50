"""The pages of finals, conflicts, tracks and prizes, by plain forms."""

import re

import pytest
from make import make_project
from sqlalchemy import event

from hackathon.events.models import Event
from hackathon.judging.models import Award, DeclaredConflict, Round
from hackathon.judging.queries.rounds import entries_of
from hackathon.projects.models import Challenge
from hackathon.shared.db import db, reading, transaction


def page_of(answer):
    return answer.get_data(as_text=True)


def base(room):
    return f"/events/q4/judging/{room.round_id}"


@pytest.fixture
def first(app, room):
    with app.app_context():
        room.to_reveal()
    return room


def carry(client, room, **more):
    chosen = [room.projects["owls"], room.projects["bees"]]
    form = {"best": "2", "name": "Finale", "reason": "Six minutes each", "projects": chosen}
    return client.post(f"{base(room)}/final", data=form | more)


def test_the_line_is_shown_then_carried_by_one_form(app, first, sign_in):
    olga = sign_in(first.cast.olga)
    assert "Carry the best into a final" in page_of(olga.get(base(first)))
    page = page_of(olga.get(f"{base(first)}/final?best=2"))
    assert "2 projects go on by the rule" in page
    assert "Foxes at work" not in page
    for wrong in ({"reason": ""}, {"best": ""}, {"projects": []}):
        assert carry(olga, first, **wrong).status_code in {409, 422}
    answer = carry(olga, first)
    assert answer.status_code == 303
    with app.app_context():
        made = reading().query(Round).filter_by(name="Finale").one()
        names = {row.submission.team_name for row in entries_of(reading(), first.event, made.id)}
        assert names == {"Owls", "Bees"}
    page = page_of(olga.get(answer.location))
    assert "The best of" in page
    assert "Both results go out together" in page
    assert "Finale" in page_of(olga.get(f"{base(first)}/final"))
    edit = page_of(olga.get(f"/events/q4/judging/{made.id}/edit"))
    assert 'name="track"' not in edit


def test_a_refused_form_keeps_what_was_chosen(first, sign_in):
    page = page_of(carry(sign_in(first.cast.olga), first, projects=[first.projects["foxes"]]))
    assert "The scores tell these projects apart" in page
    assert "Six minutes each" in page


def test_participants_see_both_stages_after_the_reveal_and_nothing_of_the_carrying(
    app, first, sign_in
):
    paul, olga = sign_in(first.cast.paul), sign_in(first.cast.olga)

    def seen():
        page = page_of(paul.get("/events/q4/results"))
        return re.sub(r'csrf-token" content="[^"]*"|name="csrf_token" value="[^"]*"', "", page)

    before = seen()
    carry(olga, first)
    assert seen() == before
    with app.app_context():
        first_id = first.round_id
        first.round_id = reading().query(Round).filter_by(name="Finale").one().id
        first.move("open")
        for name in ("judith", "jonas"):
            first.sheet(name, "owls", 2, 2)
            first.sheet(name, "bees", 5, 5)
        first.move("freeze")
        first.move("finalize")
    assert "No results yet" in seen()
    page = page_of(olga.get(f"/events/q4/judging/{first_id}/reveal"))
    assert "publishes both" in page
    assert "Show place" not in page
    assert olga.post(f"{base(first)}/reveal", data={"step": "1"}).status_code == 303
    assert "The reveal is on" in seen()
    assert olga.post(f"{base(first)}/publish").status_code == 303
    page = page_of(paul.get("/events/q4/results"))
    assert "took the first place" in page
    assert "3 projects, of which 2 went on" in page
    assert page.count("in the final") == 2
    with app.app_context():
        team = first.entries()[0].submission
        team_id = next(
            row.submission.team_id for row in first.entries()
            if row.submission.team_name == "Owls"
        )  # fmt: skip
    assert team is not None
    card = page_of(paul.get(f"/events/q4/results/teams/{team_id}"))
    assert card.index("Finale") < card.index("Place 1 of 3")
    assert "Bees" not in card


def test_conflicts_are_told_to_organizers_only(app, room, sign_in):
    olga, judith, paul = (sign_in(getattr(room.cast, n)) for n in ("olga", "judith", "paul"))
    path = f"{base(room)}/conflicts"
    assert judith.get(path).status_code == paul.get(path).status_code == 403
    form = {
        "seat": room.seats["jonas"], "project": room.projects["owls"], "kind": "mentor",
        "reason": "Met them weekly",
    }  # fmt: skip
    assert olga.post(path, data=form | {"kind": "cousin"}).status_code == 422
    assert olga.post(path, data=form | {"reason": ""}).status_code == 422
    answer = olga.post(path, data=form)
    assert (answer.status_code, answer.location) == (303, path)
    page = page_of(olga.get(path))
    assert "mentors the team" in page
    assert "Met them weekly" in page
    for client in (judith, paul, sign_in(room.cast.jonas)):
        for place in ("", "/list", "/method"):
            assert "Met them weekly" not in page_of(client.get(base(room) + place))
    with app.app_context():
        number = reading().query(DeclaredConflict).one().id
    assert olga.post(f"{path}/{number}/lift", data={"reason": ""}).status_code == 422
    assert olga.post(f"{path}/{number}/lift", data={"reason": "A mistake"}).status_code == 303
    assert "No judge has a conflict" in page_of(olga.get(path))
    assert olga.post(f"{path}/999/lift", data={"reason": "A mistake"}).status_code == 404
    assert olga.post(f"{path}/departments", data={"forbid": "yes"}).status_code == 409


def test_a_prize_with_its_own_rubric_is_set_up_in_the_one_form(app, room, sign_in):
    with app.app_context(), transaction() as session:
        challenge = Challenge(event_id=room.cast.event_id, title="Cold calls")
        session.add(challenge)
        session.flush()
        number = challenge.id
    olga = sign_in(room.cast.olga)
    form = {
        "name": "Data", "scale": "1 5 1", "mode": "pitches", "rule": "raw", "criteria-0-label": "Data",
        "criteria-0-weight": "1", "track": "Best use of data", "takes": "chosen",
    }  # fmt: skip
    assert "those of Cold calls" in page_of(olga.get("/events/q4/judging/new"))
    answer = olga.post("/events/q4/judging/new", data=form)
    assert answer.status_code == 303
    page = page_of(olga.get(answer.location))
    assert "Best use of data" in page
    chosen = olga.post(f"{answer.location}/projects", data={"projects": room.projects["owls"]})
    assert chosen.status_code == 303
    assert "1 of 3 submitted projects stands for this prize" in page_of(
        olga.get(f"{answer.location}/projects")
    )
    assert olga.post(f"{answer.location}/projects", data={}).status_code == 422
    assert olga.get(f"{base(room)}/projects").status_code == 404
    other = olga.post("/events/q4/judging/new", data=form | {"takes": f"challenge-{number}"})
    assert other.status_code == 303
    for wrong in ("challenge-999", "challenge-x", "nobody"):
        again = olga.post("/events/q4/judging/new", data=form | {"takes": wrong})
        assert again.status_code == 422


def test_prizes_are_given_and_taken_back_on_the_page(app, first, sign_in):
    olga = sign_in(first.cast.olga)
    form = {"place": "1", "project": first.projects["foxes"], "reason": "Kind people"}
    refused = olga.post(f"{base(first)}/awards", data=form)
    assert refused.status_code == 409
    assert "tell this project apart" in page_of(refused)
    form["project"] = first.projects["owls"]
    assert olga.post(f"{base(first)}/awards", data=form).status_code == 303
    assert "First prize" in page_of(olga.get(f"{base(first)}/standings"))
    with app.app_context():
        number = reading().query(Award).one().id
    path = f"{base(first)}/awards/{number}/take-back"
    assert sign_in(first.cast.judith).post(path).status_code == 403
    assert olga.post(path).status_code == 303
    assert olga.post(path).status_code == 404


@pytest.mark.parametrize("path", ["/conflicts", "/projects"])
def test_the_pages_need_few_statements_with_many_projects(app, room, sign_in, path):
    with app.app_context():
        with transaction() as session:
            place = session.get_one(Event, room.cast.event_id)
            for number in range(60):
                make_project(session, place, name=f"Team {number}", saved_at=place.starts_at)
            session.get_one(Round, room.round_id).takes = "chosen"
        engine = db.engine
    assert statements(engine, sign_in(room.cast.olga), base(room) + path) <= 12


@pytest.mark.parametrize("path", ["/final", "/standings", "", "/reveal"])
def test_the_pages_of_a_final_round_need_few_statements(app, first, sign_in, path):
    with app.app_context():
        engine = db.engine
    olga = sign_in(first.cast.olga)
    carry(olga, first)
    assert statements(engine, olga, base(first) + path) <= 12


def test_the_results_of_two_stages_and_a_prize_need_few_statements(app, first, sign_in):
    olga = sign_in(first.cast.olga)
    carry(olga, first)
    with app.app_context():
        main = first.round_id
        first.round_id = reading().query(Round).filter_by(name="Finale").one().id
        first.move("open")
        first.sheet("judith", "bees", 5, 5)
        first.move("freeze")
        first.move("finalize")
        first.publish()
        team = first.entries()[0].submission.team_id
        engine = db.engine
    assert main != first.round_id
    paul = sign_in(first.cast.paul)
    assert statements(engine, paul, "/events/q4/results") <= 12
    assert statements(engine, olga, f"/events/q4/results/teams/{team}") <= 12


def statements(engine, client, path):
    client.get(path)
    asked = []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert client.get(path).status_code == 200
    return len([one for one in asked if not one.startswith(("BEGIN", "PRAGMA", "ROLLBACK"))])
