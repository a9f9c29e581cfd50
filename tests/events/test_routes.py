"""Events through the pages."""

import re
from datetime import timedelta

import pytest
from make import make_event

from hackathon.events.models import Event
from hackathon.people.models import Person
from hackathon.shared.clock import now
from hackathon.shared.db import reading, transaction

FORM = {
    "name": "Winter Hackathon",
    "zone": "Europe/Berlin",
    "starts": "2027-02-04T09:00",
    "ends": "2027-02-06T17:00",
    "team_min": "2",
    "team_max": "5",
}


def _event(app, slug):
    with app.app_context():
        return reading().query(Event).filter_by(slug=slug).one_or_none()


def test_an_event_is_made_with_one_form_and_published(app, stage, sign_in):
    lena = sign_in(stage.lena)
    made = lena.post("/events/new", data=FORM)
    assert (made.status_code, made.location) == (303, "/events/winter-hackathon")
    assert sign_in(stage.paul).get("/events/winter-hackathon").status_code == 404
    lena.post("/events/winter-hackathon/publish")
    assert sign_in(stage.paul).get("/events/winter-hackathon").status_code == 200


def test_line_41_a_double_click_makes_one_event(app, stage, sign_in):
    lena = sign_in(stage.lena)
    answers = [lena.post("/events/new", data={**FORM, "once": "k" * 32}) for _ in range(2)]
    assert [answer.location for answer in answers] == ["/events/winter-hackathon"] * 2
    with app.app_context():
        assert reading().query(Event).filter_by(name="Winter Hackathon").count() == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"starts": "2027-03-28T02:30"}, "does not exist that night"),
        ({"ends": "2027-10-31T02:30"}, "happens twice"),
        ({"ends": "2027-02-03T09:00"}, "must end after it starts"),
        ({"name": ""}, "Give the event a name"),
        ({"zone": "Nowhere"}, "Choose a time zone"),
        ({"team_max": "many"}, "Not a valid integer"),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_stays(app, stage, sign_in, change, words):
    answer = sign_in(stage.lena).post("/events/new", data={**FORM, "goals": "Our goals", **change})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    assert "Nothing was saved." in page
    assert "Our goals" in page
    assert _event(app, "winter-hackathon") is None


def zone_field(client, path="/events/new"):
    (found,) = re.findall(r'<input[^>]* name="zone"[^>]*>', client.get(path).text)
    return re.search(r'value="([^"]*)"', found)[1], "data-own-zone" in found


def test_a_new_event_is_offered_the_persons_zone_else_the_last_events(app, stage, sign_in):
    lena = sign_in(stage.lena)
    assert zone_field(lena) == ("Europe/Berlin", True)  # the browser may know better
    with app.app_context(), transaction() as session:
        make_event(session, slug="west", zone="America/Lima")
        make_event(session, slug="gone", zone="Asia/Tokyo", discarded_at=now())
    assert zone_field(lena) == ("America/Lima", True)
    with app.app_context(), transaction() as session:
        session.get_one(Person, stage.lena.id).zone = "Europe/Lisbon"
    assert zone_field(lena) == ("Europe/Lisbon", False)
    assert zone_field(lena, "/events/new?copy=west") == ("America/Lima", False)


def test_a_zone_that_was_typed_stays_when_the_form_is_refused(stage, sign_in):
    refused = sign_in(stage.lena).post("/events/new", data={"zone": "Asia/Seoul"})
    assert refused.status_code == 422
    assert 'value="Asia/Seoul"' in refused.text
    assert "data-own-zone" not in refused.text


def test_a_copy_takes_everything_but_the_dates(stage, sign_in):
    page = sign_in(stage.lena).get("/events/new?copy=q4").get_data(as_text=True)
    assert "Be kind. What you build belongs to the company." in page
    assert "2026-11-20" not in page


def test_joining_by_the_link_asks_for_sign_in_first_and_leads_back(app, stage, sign_in):
    token = _event(app, "q4").join_token
    away = sign_in().get(f"/join/{token}")
    assert away.location == f"/sign-in?next=/join/{token}"
    judith = sign_in(stage.judith)
    assert "Be kind." in judith.get(f"/join/{token}").get_data(as_text=True)
    refused = judith.post(f"/join/{token}", data={"role": "data scientist", "terms_version": "1"})
    assert refused.status_code == 422
    assert "Read and accept" in refused.get_data(as_text=True)
    done = judith.post(
        f"/join/{token}", data={"role": "data scientist", "terms_version": "1", "accepts": "y"}
    )
    assert done.location == "/events/q4"


def test_participants_do_not_see_addresses(stage, sign_in):
    assert "pia@example.com" not in sign_in(stage.paul).get("/events/q4/people").text
    assert "pia@example.com" in sign_in(stage.olga).get("/events/q4/people").text


def test_a_moved_phase_shows_its_reason_to_everybody(stage, sign_in):
    olga = sign_in(stage.olga)
    refused = olga.post("/events/q4/phase", data={"phase": "judging", "reason": ""})
    assert refused.status_code == 422
    olga.post(
        "/events/q4/phase",
        data={"phase": "judging", "reason": "The hall closes early.", "anyway": "y"},
    )
    page = sign_in(stage.paul).get("/events/q4").get_data(as_text=True)
    assert "The hall closes early." in page
    assert sign_in(stage.paul).get("/api/v1/events/q4").json["phase"] == "judging"


def test_a_role_taken_away_stops_working_with_the_next_request(stage, sign_in):
    lena, olga = sign_in(stage.lena), sign_in(stage.olga)
    lena.post("/events/q4/people/roles", data={"email": "owen@example.com", "role": "organizer"})
    owen = sign_in(stage.owen)
    assert owen.get("/events/q4/settings").status_code == 200
    olga.post(f"/events/q4/people/{stage.owen.id}/roles/organizer/take")
    assert owen.get("/events/q4/settings").status_code == 403


def test_the_event_for_programs_names_phase_and_dates(stage, sign_in):
    found = sign_in(stage.judith).get("/api/v1/events/q4").json
    assert found["event"]["slug"] == "q4"
    assert found["phase"] == "hacking"
    assert found["dates"]["submissions_close_at"] == "2026-11-22T12:00:00.000000Z"
    refused = sign_in().get("/api/v1/events/q4")
    assert refused.status_code == 401
    assert refused.json["error"] == "not_signed_in"


def test_a_quarter_without_an_event_shows_an_empty_page(app, sign_in):
    page = sign_in().get("/events").get_data(as_text=True)
    assert "No event yet" in page


def test_times_are_shown_in_the_event_zone_until_a_person_has_one(stage, sign_in, clock):
    paul = sign_in(stage.paul)
    assert "CET" in paul.get("/events/q4").get_data(as_text=True)
    paul.post("/me", data={"name": "Paul", "zone": "America/New_York"})
    page = paul.get("/events/q4").get_data(as_text=True)
    assert "EST" in page
    assert "the event is in Europe/Berlin" in page
    clock.forward(timedelta(days=3))
    assert "Judging until an organizer goes on" in paul.get("/events/q4").get_data(as_text=True)
