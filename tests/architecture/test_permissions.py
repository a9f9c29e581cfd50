"""The permission matrix: every door, every member of the cast; a door without a row fails."""

import pytest
from make import actor, client_of, make_event, make_participant

from hackathon.events.models import Event
from hackathon.people.models import Person
from hackathon.people.rules import COMMAND_LINE
from hackathon.people.service import make_link
from hackathon.shared.db import transaction
from hackathon.teams import service as teams
from hackathon.teams.models import Team

EVERYBODY = {"visitor", "paul", "rita", "olga", "lena", "ada"}
SIGNED_IN = EVERYBODY - {"visitor"}
MEMBERS = {"paul", "olga", "lena", "ada"}
ORGANIZERS = {"olga", "lena", "ada"}
LEADS = {"lena", "ada"}

MATRIX = {
    "static": EVERYBODY,
    "home.index": EVERYBODY,
    "home.start": EVERYBODY,
    "home.start_for_real": EVERYBODY,
    "home.health": EVERYBODY,
    "people.sign_in": EVERYBODY,
    "people.enter": EVERYBODY,
    "people.enter_demo": EVERYBODY,
    "people.ask_for_link": EVERYBODY,
    "people.link": EVERYBODY,
    "people.use_link": EVERYBODY,
    "people.sign_out": EVERYBODY,
    "people.account": SIGNED_IN,
    "people.save_account": SIGNED_IN,
    "people.save_password": SIGNED_IN,
    "people.end_devices": SIGNED_IN,
    "people.notice_list": SIGNED_IN,
    "people.read_notices": SIGNED_IN,
    "events.index": EVERYBODY,
    "events.new": LEADS,
    "events.create": LEADS,
    "events.overview": EVERYBODY,
    "events.as_json": SIGNED_IN,
    "events.join": EVERYBODY,
    "events.register": SIGNED_IN,
    "events.people_list": MEMBERS,
    "events.settings": ORGANIZERS,
    "events.change": ORGANIZERS,
    "events.publish": ORGANIZERS,
    "events.move_phase": ORGANIZERS,
    "events.extend": ORGANIZERS,
    "events.close": ORGANIZERS,
    "events.change_join_link": ORGANIZERS,
    "events.give_role": ORGANIZERS,
    "events.take_role": ORGANIZERS,
    "events.make_link": ORGANIZERS,
    "teams.index": MEMBERS,
    "teams.create": MEMBERS,
    "teams.look": MEMBERS,
    "teams.team": MEMBERS,
    "teams.change_team": MEMBERS,
    "teams.lock_team": MEMBERS,
    "teams.open_place": MEMBERS,
    "teams.close_place": MEMBERS,
    "teams.invite": MEMBERS,
    "teams.revoke": MEMBERS,
    "teams.invitation": EVERYBODY,
    "teams.accept": SIGNED_IN,
    "teams.ask": {"paul"},
    "teams.answer": MEMBERS,
    "teams.leave": MEMBERS,
    "teams.remove": MEMBERS,
    "teams.hand_over": MEMBERS,
    "teams.place_person": ORGANIZERS,
    "projects.index": MEMBERS,
    "projects.project": MEMBERS,
    "projects.edit": {"paul"},
    "projects.save": {"paul"},
    "projects.version": MEMBERS,
    "projects.reopen": ORGANIZERS,
    "projects.take_out": ORGANIZERS,
}
"""Who passes the door; what the rules behind it refuse is tested with each service."""


def _doors(app):
    for rule in app.url_map.iter_rules():
        method = "POST" if "POST" in rule.methods else "GET"
        yield rule, method


@pytest.fixture
def places(app, stage):
    """Real values for every argument of an address, all of the event q4."""
    with app.app_context(), transaction() as session:
        paul = teams.people.find_person(session, stage.paul.id)
        captain = actor(stage.paul, event_id=stage.event_id, roles=["participant"])
        team = teams.create_team(session, captain, event_id=stage.event_id, name="Owls")
        token = make_link(session, COMMAND_LINE, person_id=paul.id)
    return {
        "slug": "q4",
        "team_id": team.id,
        "person_id": stage.pia.id,
        "role": "mentor",
        "token": token,
        "filename": "shared/app.css",
        "number": 1,
        "opening_id": 1,
        "request_id": 1,
        "invitation_id": 1,
    }


@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_each_door_opens_exactly_for_whom_the_matrix_says(app, stage, places, who):
    wrong = {}
    for rule, method in _doors(app):
        # a client each: signing out or leaving must not change what the next door sees
        client = client_of(app, getattr(stage, who, None))
        with app.test_request_context():
            path = rule.build({name: places[name] for name in rule.arguments})[1]
        status = client.open(path, method=method).status_code
        to_sign_in = status == 302 and who == "visitor" and rule.endpoint != "home.start"
        refused = status in {401, 403} or (to_sign_in and who not in MATRIX[rule.endpoint])
        if rule.endpoint == "people.enter":
            refused = False  # 401 there is the answer to a wrong password
        if refused == (who in MATRIX[rule.endpoint]):
            wrong[rule.endpoint] = status
    assert wrong == {}


def test_every_door_has_a_row_in_the_matrix(app):
    assert {rule.endpoint for rule, _ in _doors(app)} == set(MATRIX)


def test_what_belongs_to_another_event_is_not_found(app, stage, sign_in):
    with app.app_context(), transaction() as session:
        event = session.get_one(Event, stage.other_event_id)
        paul = session.get_one(Person, stage.paul.id)
        make_participant(session, paul, event)
        hidden = make_event(session, slug="hidden", published_at=None)
        team = Team(event_id=event.id, name="Bees", name_key="bees", capacity=5)
        session.add(team)
        session.flush()
        foreign = team.id
        assert hidden.id
    client = sign_in(stage.paul)
    assert client.get(f"/events/q4/teams/{foreign}").status_code == 404
    assert client.post(f"/events/q4/teams/{foreign}/leave").status_code == 404
    assert client.get(f"/events/other/teams/{foreign}").status_code == 200
    missing = client.get("/api/v1/events/nowhere")
    draft = client.get("/api/v1/events/hidden")
    assert (missing.status_code, draft.status_code) == (404, 404)
    assert missing.json["message"] == draft.json["message"]
