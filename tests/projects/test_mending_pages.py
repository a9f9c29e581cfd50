"""Thin cards and the organizer's hand on a card, through the pages."""

from datetime import timedelta
from html import unescape

import pytest

from hackathon.events.models import Event
from hackathon.people.access import load_actor
from hackathon.projects import service
from hackathon.projects.rules import NEEDED
from hackathon.shared.db import transaction
from hackathon.teams import service as teams

FULL = dict.fromkeys(NEEDED, "Something")
WHY = "They asked me to mend the title."


@pytest.fixture
def owls(app, stage):
    with app.app_context(), transaction() as session:
        paul = load_actor(session, stage.paul.id)
        return teams.create_team(session, paul, event_id=stage.event_id, name="Owls").id


@pytest.fixture
def thin(app, stage, owls):
    with app.app_context(), transaction() as session:
        service.bring_card(
            session, load_actor(session, stage.olga.id), event_id=stage.event_id, team_id=owls,
            values={"title": "Night Watch"},
        )  # fmt: skip
    return f"/events/q4/projects/{owls}"


def text_of(answer):
    return unescape(answer.text)


def test_an_organizer_types_into_a_card_and_everybody_concerned_reads_why(stage, sign_in, owls):
    path = f"/events/q4/projects/{owls}"
    paul, olga = sign_in(stage.paul), sign_in(stage.olga)
    paul.post(f"{path}/edit", data={**FULL, "version": "0"})
    assert "Change the card" in olga.get(path).text
    page = olga.get(f"{path}/mend").text
    assert "edit.js" not in page  # a version with a reason is not saved as one types
    assert 'value="Something"' in page
    refused = olga.post(f"{path}/mend", data={**FULL, "title": "Night Watch", "version": "1"})
    assert refused.status_code == 422
    assert "Say why; the team will read it." in refused.text
    assert 'value="Night Watch"' in refused.text
    given = {**FULL, "title": "Night Watch", "version": "1", "reason": WHY}
    assert olga.post(f"{path}/mend", data=given).location == path
    assert "Saved; the team is told why." in olga.get(path).text
    page = paul.get(path).text
    assert f"an organizer: <bdi>{WHY}</bdi>" in page
    assert "Change the card" not in page
    assert f"An organizer typed this. Why: <bdi>{WHY}</bdi>" in paul.get(f"{path}/versions/2").text
    assert "An organizer typed this" not in paul.get(f"{path}/versions/1").text
    assert paul.get(f"{path}/mend").status_code == 403


def test_after_the_deadline_the_page_says_to_reopen_and_keeps_what_was_typed(
    stage, sign_in, owls, clock
):
    path = f"/events/q4/projects/{owls}"
    clock.forward(timedelta(days=1, hours=4))
    olga = sign_in(stage.olga)
    assert "Change the card" not in olga.get(path).text
    refused = olga.post(f"{path}/mend", data={**FULL, "version": "0", "reason": WHY})
    assert refused.status_code == 409
    assert "Reopen the project for its team first" in refused.text
    assert 'value="Something"' in refused.text
    more = {"until": "2026-11-22T15:00", "reason": "Their laptop died"}
    assert olga.post(f"{path}/reopen", data=more).status_code == 303
    assert olga.post(
        f"{path}/mend", data={**FULL, "version": "0", "reason": WHY}
    ).status_code == 303  # fmt: skip
    assert "Change the card" in olga.get(path).text


def test_a_draft_of_an_event_lets_organizers_mend_what_a_file_brought(app, stage, sign_in, thin):
    with app.app_context(), transaction() as session:
        session.get_one(Event, stage.event_id).published_at = None
    olga = sign_in(stage.olga)
    page = olga.get(thin).text
    assert "Change the card" in page
    assert '<span class="badge badge-yellow">thin</span><div' in page
    given = {**FULL, "version": "1", "reason": WHY}
    assert olga.post(f"{thin}/mend", data=given).status_code == 303


def test_somebody_elses_text_is_shown_beside_the_organizers(stage, sign_in, owls):
    path = f"/events/q4/projects/{owls}"
    sign_in(stage.paul).post(f"{path}/edit", data={"title": "Ours", "version": "0"})
    answer = sign_in(stage.olga).post(
        f"{path}/mend", data={"title": "Mine", "version": "0", "reason": WHY}
    )
    assert answer.status_code == 409
    assert "What the other saved" in answer.text
    assert "Ours" in answer.text
    assert 'name="version" id="version" value="1"' in answer.text


def test_thin_cards_are_counted_named_and_listed_alone(app, stage, sign_in, thin):
    with app.app_context(), transaction() as session:
        pia = load_actor(session, stage.pia.id)
        teams.create_team(session, pia, event_id=stage.event_id, name="Bees")
    olga = sign_in(stage.olga)
    page = text_of(olga.get("/events/q4/projects"))
    assert "1 of 2 teams have submitted; 1 of them is thin" in page
    assert "6 open: In one sentence, The problem, The approach …" in page
    alone = text_of(olga.get("/events/q4/projects?show=thin"))
    assert "Night Watch" in alone
    assert "Bees" not in alone
    assert "1 of 2 teams" in alone
    rest = text_of(olga.get("/events/q4/projects?show=open"))
    assert "Bees" in rest
    assert "Night Watch" not in rest
    assert "It counts as submitted, for a file brought it; still open:" in olga.get(thin).text
    assert "Thin" not in sign_in(stage.pia).get("/events/q4/projects?show=thin").text


def test_the_list_before_judging_leads_to_the_thin_cards(stage, sign_in, thin):
    page = text_of(sign_in(stage.olga).get("/events/q4/settings"))
    assert 'href="/events/q4/projects?show=thin">1 submitted card is thin' in page


def test_where_no_card_is_thin_nothing_is_said_of_it(stage, sign_in, owls):
    sign_in(stage.paul).post(f"/events/q4/projects/{owls}/edit", data={**FULL, "version": "0"})
    olga = sign_in(stage.olga)
    assert "thin" not in olga.get("/events/q4/projects").text.replace("Something", "")
    assert "thin:" not in olga.get("/events/q4/settings").text
