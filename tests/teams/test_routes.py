"""Teams through the pages."""

import re

import pytest

from hackathon.people.access import load_actor
from hackathon.shared.db import transaction
from hackathon.shared.jobs import follow_facts
from hackathon.teams import service as teams
from hackathon.teams.models import Team


def page_of(answer):
    return answer.get_data(as_text=True)


@pytest.fixture
def owls(app, stage):
    """Paul's team."""
    with app.app_context(), transaction() as session:
        paul = load_actor(session, stage.paul.id)
        return teams.create_team(session, paul, event_id=stage.event_id, name="Owls").id


def path(team_id, more=""):
    return f"/events/q4/teams/{team_id}{more}"


def test_a_team_is_made_by_form_and_the_second_click_is_the_same_team(stage, sign_in):
    paul = sign_in(stage.paul)
    form = {"name": "Owls", "about": "See at night", "once": "one-click"}
    first, second = (paul.post("/events/q4/teams", data=form) for _ in range(2))
    assert first.location == second.location
    assert "See at night" in page_of(paul.get(first.location))


def test_a_team_without_a_name_is_refused_and_the_sentence_stays(stage, sign_in):
    answer = sign_in(stage.paul).post("/events/q4/teams", data={"name": "", "about": "Keep me"})
    assert answer.status_code == 422
    assert "Give the team a name." in page_of(answer)
    assert "Keep me" in page_of(answer)


def test_line_9_opening_an_invitation_accepts_nothing(stage, sign_in, owls):
    paul, pia = sign_in(stage.paul), sign_in(stage.pia)
    invited = paul.post(path(owls, "/invitations"), data={"email": "pia@example.com"})
    link = re.search(r"/invitations/[\w-]+", page_of(invited))[0]
    for _ in range(3):
        assert pia.get(link).status_code == 200
    assert "2 of 5 members" not in page_of(paul.get(path(owls)))
    assert pia.post(link).status_code == 303
    assert "2 of 5 members" in page_of(paul.get(path(owls)))


def test_an_invitation_that_was_taken_back_is_gone(stage, sign_in, owls):
    paul, pia = sign_in(stage.paul), sign_in(stage.pia)
    invited = paul.post(path(owls, "/invitations"), data={"email": "pia@example.com"})
    link = re.search(r"/invitations/[\w-]+", page_of(invited))[0]
    number = re.search(r"/invitations/(\d+)/revoke", page_of(paul.get(path(owls))))[1]
    assert paul.post(path(owls, f"/invitations/{number}/revoke")).status_code == 303
    assert pia.post(link).status_code == 410


def test_a_request_is_asked_and_accepted(stage, sign_in, owls):
    paul, pia = sign_in(stage.paul), sign_in(stage.pia)
    assert pia.post(path(owls, "/requests"), data={"message": "I know owls"}).status_code == 303
    page = page_of(paul.get(path(owls)))
    assert "I know owls" in page
    number = re.search(r"/requests/(\d+)", page)[1]
    paul.post(path(owls, f"/requests/{number}"), data={"answer": "accept"})
    assert "2 of 5 members" in page_of(pia.get(path(owls)))


def test_a_request_is_declined(app, stage, sign_in, owls):
    paul, pia = sign_in(stage.paul), sign_in(stage.pia)
    pia.post(path(owls, "/requests"), data={"message": ""})
    number = re.search(r"/requests/(\d+)", page_of(paul.get(path(owls))))[1]
    paul.post(path(owls, f"/requests/{number}"), data={"answer": "decline"})
    assert "1 of 5 members" in page_of(paul.get(path(owls)))
    follow_facts(app)
    assert "declined" in page_of(pia.get("/notices"))


def test_the_captain_changes_closes_and_opens_the_team(stage, sign_in, owls):
    paul = sign_in(stage.paul)
    form = {"name": "Night Owls", "about": "", "capacity": "3"}
    assert paul.post(path(owls), data=form).status_code == 303
    assert "1 of 3 members" in page_of(paul.get(path(owls)))
    assert paul.post(path(owls), data={**form, "capacity": "0"}).status_code == 422
    paul.post(path(owls, "/lock"), data={"locked": "yes"})
    answer = sign_in(stage.pia).post(path(owls, "/requests"))
    assert answer.status_code == 409
    paul.post(path(owls, "/lock"), data={"locked": "no"})
    assert sign_in(stage.pia).post(path(owls, "/requests")).status_code == 303


def test_an_opening_is_shown_and_closed(stage, sign_in, owls):
    paul = sign_in(stage.paul)
    form = {"role": "domain expert", "wanted": "somebody for the maps"}
    assert paul.post(path(owls, "/openings"), data=form).status_code == 303
    page = page_of(paul.get(path(owls)))
    assert "somebody for the maps" in page
    number = re.search(r"/openings/(\d+)/close", page)[1]
    paul.post(path(owls, f"/openings/{number}/close"))
    assert "somebody for the maps" not in page_of(paul.get(path(owls)))


def test_an_organizer_places_a_person_with_a_reason(app, stage, sign_in, owls):
    olga = sign_in(stage.olga)
    form = {"person": str(stage.pia.id), "reason": ""}
    assert olga.post(path(owls, "/members"), data=form).status_code == 422
    form["reason"] = "She asked me at lunch"
    assert olga.post(path(owls, "/members"), data=form).status_code == 303
    follow_facts(app)
    assert "She asked me at lunch" in page_of(sign_in(stage.pia).get("/notices"))


def test_a_member_is_handed_the_team_removed_and_leaves(app, stage, sign_in, owls):
    olga, paul = sign_in(stage.olga), sign_in(stage.paul)
    olga.post(path(owls, "/members"), data={"person": str(stage.pia.id), "reason": "Asked me"})
    assert paul.post(path(owls, f"/members/{stage.pia.id}/captain")).status_code == 303
    assert paul.post(path(owls, "/leave")).status_code == 303
    removed = olga.post(path(owls, f"/members/{stage.pia.id}/remove"), data={"reason": ""})
    assert removed.status_code in {409, 422}
    why = {"reason": "She moved to the other site"}
    assert olga.post(path(owls, f"/members/{stage.pia.id}/remove"), data=why).status_code == 303
    assert "0 of 5 members" in page_of(olga.get(path(owls))) or "Owls" not in page_of(
        olga.get("/events/q4/teams")
    )


def test_who_looks_is_listed_with_the_line(stage, sign_in, owls):
    form = {"looking": "yes", "line": "I read shipping data fluently"}
    assert sign_in(stage.pia).post("/events/q4/teams/looking", data=form).status_code == 303
    people = page_of(sign_in(stage.paul).get("/events/q4/people?looking=1"))
    assert "I read shipping data fluently" in people


def test_another_event_s_team_is_not_found(stage, sign_in, owls):
    rita = sign_in(stage.rita)
    assert rita.get(f"/events/other/teams/{owls}").status_code == 404
    assert rita.post(f"/events/other/teams/{owls}/lock", data={"locked": "yes"}).status_code == 404


def place(client, person, team, **more):
    data = {"person": str(person), "team": str(team), "agreed": "yes", **more}
    return client.post("/events/q4/teams/place", data=data)


def test_nobody_stays_alone_an_organizer_places_who_agreed(app, stage, sign_in, owls):
    olga = sign_in(stage.olga)
    page = page_of(olga.get("/events/q4/teams"))
    assert "Owls: 4 places free." in page
    assert place(olga, stage.pia.id, owls).status_code == 303
    assert "Without a team" not in page_of(olga.get("/events/q4/teams"))
    follow_facts(app)
    told = page_of(sign_in(stage.pia).get("/notices"))
    assert "You are in Owls now. Why: Agreed with an organizer." in told


@pytest.mark.parametrize(
    "case",
    [
        ("pia", None, {"agreed": ""}, (422, "nobody is moved without their word")),
        ("pia", "", {}, (422, "Nobody was placed.")),
        ("pia", 999, {}, (404, "no such team")),
        ("rita", None, {}, (404, "not registered in this event")),
        ("paul", None, {}, (409, "Already in a team of this event")),
    ],
)
def test_who_cannot_be_placed_stays_where_they_are(stage, sign_in, owls, case):
    person, team, more, refused = case
    olga = sign_in(stage.olga)
    answer = place(olga, getattr(stage, person).id, owls if team is None else team, **more)
    assert answer.status_code == refused[0]
    assert refused[1] in page_of(answer)
    assert "1 person has no team" in page_of(olga.get("/events/q4/teams"))


def test_a_full_team_takes_nobody_and_the_page_says_so(app, stage, sign_in, owls):
    with app.app_context(), transaction() as session:
        session.get_one(Team, owls).capacity = 1
    olga = sign_in(stage.olga)
    assert "No team has room." in page_of(olga.get("/events/q4/teams"))
    answer = place(olga, stage.pia.id, owls)
    assert (answer.status_code, "The team is full." in page_of(answer)) == (409, True)


def test_the_roles_of_a_team_are_seen_at_a_glance(stage, sign_in, owls):
    page = page_of(sign_in(stage.paul).get("/events/q4/teams"))
    assert 'class="has" title="ML engineer: 1"' in page
    assert 'class="" title="Data scientist: nobody"' in page
