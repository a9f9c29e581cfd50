"""The card through the pages."""

from datetime import timedelta

import pytest
from make import client_of

from hackathon.events import service as events
from hackathon.people.access import load_actor
from hackathon.projects.rules import NEEDED
from hackathon.shared.db import transaction
from hackathon.teams import service as teams

FULL = dict.fromkeys(NEEDED, "Something")


@pytest.fixture
def owls(app, stage):
    with app.app_context(), transaction() as session:
        paul = load_actor(session, stage.paul.id)
        return teams.create_team(session, paul, event_id=stage.event_id, name="Owls").id


def test_a_card_saved_by_form_leads_to_its_page(stage, sign_in, owls):
    paul = sign_in(stage.paul)
    answer = paul.post(f"/events/q4/projects/{owls}/edit", data={**FULL, "version": "0"})
    assert answer.location == f"/events/q4/projects/{owls}"
    assert "This is what judges will see" in paul.get(answer.location).get_data(as_text=True)


def test_a_card_saved_by_itself_is_answered_in_json(stage, sign_in, owls):
    answer = sign_in(stage.paul).post(
        f"/events/q4/projects/{owls}/edit",
        data={"title": "Night Watch", "version": "0"},
        headers={"Accept": "application/json"},
    )
    assert answer.json["version"] == 1
    assert answer.json["complete"] is False
    assert "The problem" in answer.json["missing"]


def test_line_38_after_the_deadline_the_typed_text_stays_on_the_page(stage, sign_in, owls, clock):
    paul = sign_in(stage.paul)
    paul.post(f"/events/q4/projects/{owls}/edit", data={**FULL, "version": "0"})
    clock.forward(timedelta(days=1, hours=4))
    answer = sign_in(stage.paul).post(
        f"/events/q4/projects/{owls}/edit", data={**FULL, "title": "Ten years late", "version": "1"}
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Submissions closed at" in page
    assert "Ten years late" in page


def test_line_32_a_rival_card_is_not_found_before_the_results(app, stage, sign_in, owls):
    paul = sign_in(stage.paul)
    paul.post(f"/events/q4/projects/{owls}/edit", data={**FULL, "version": "0"})
    for path in ("", "/edit", "/versions/1"):
        assert sign_in(stage.pia).get(f"/events/q4/projects/{owls}{path}").status_code == 404
    assert sign_in(stage.olga).get(f"/events/q4/projects/{owls}").status_code == 200
    assert sign_in(stage.olga).get(f"/events/q4/projects/{owls}/edit").status_code == 403
    assert "Something" not in sign_in(stage.pia).get("/events/q4/projects").text


def test_the_gallery_opens_with_the_results_and_shows_the_submission_only(
    app, stage, sign_in, owls
):
    paul = sign_in(stage.paul)
    paul.post(f"/events/q4/projects/{owls}/edit", data={**FULL, "version": "0"})
    draft = {**FULL, "problem": "", "title": "A later draft", "version": "1"}
    paul.post(f"/events/q4/projects/{owls}/edit", data=draft)
    with app.app_context(), transaction() as session:
        events.mark_revealed(session, load_actor(session, stage.olga.id), event_id=stage.event_id)
    page = sign_in(stage.pia).get(f"/events/q4/projects/{owls}")
    assert page.status_code == 200
    assert "Something" in page.text
    assert "A later draft" not in page.text
    assert "Versions" not in page.text


def test_the_organizer_sees_what_is_missing(stage, sign_in, owls):
    page = sign_in(stage.olga).get("/events/q4/projects").get_data(as_text=True)
    assert "0 of 1 teams have a complete card." in page
    assert "nothing yet" in page


def test_reopening_and_taking_out_need_a_reason(stage, sign_in, owls):
    sign_in(stage.paul).post(f"/events/q4/projects/{owls}/edit", data={**FULL, "version": "0"})
    olga = sign_in(stage.olga)
    for path in ("reopen", "out"):
        answer = olga.post(f"/events/q4/projects/{owls}/{path}", data={"until": "2026-11-22T15:00"})
        assert answer.status_code == 422
        assert "Say why" in answer.get_data(as_text=True)
    reopened = olga.post(
        f"/events/q4/projects/{owls}/reopen",
        data={"until": "2026-11-22T15:00", "reason": "Power cut at their table"},
    )
    assert reopened.status_code == 303
    out = olga.post(
        f"/events/q4/projects/{owls}/out", data={"how": "withdraw", "reason": "They asked for it"}
    )
    assert out.status_code == 303
    assert "withdrawn" in olga.get("/events/q4/projects").get_data(as_text=True)


def test_a_team_that_never_saved_anything_can_be_reopened(stage, sign_in, clock, owls):
    clock.forward(timedelta(days=1, hours=4))  # Sunday, an hour after the deadline
    path = f"/events/q4/projects/{owls}"
    olga = sign_in(stage.olga)
    assert "Reopen for this team" in olga.get(path).text
    assert "Take it out" not in olga.get(path).text
    more = {"until": "2026-11-22T15:00", "reason": "Their laptop died"}
    for _ in range(2):
        assert olga.post(f"{path}/reopen", data=more).status_code == 303
    paul = sign_in(stage.paul)
    assert "Your project card is open again for a while" in paul.get("/").text
    paul.post(f"{path}/edit", data={**FULL, "version": "0"})
    page = paul.get(path).text
    assert "Reopened for your team" in page
    assert "Complete. This is what judges will see." in page


def test_a_visitor_sees_no_card(app, stage, owls):
    assert client_of(app).get(f"/events/q4/projects/{owls}").status_code == 302
