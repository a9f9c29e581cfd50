"""The first page, home, health."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from make import (
    client_of,
    give_event_role,
    make_event,
    make_participant,
    make_person,
    make_project,
)
from panel import set_panel
from sqlalchemy import event

from hackathon.events.models import Event
from hackathon.people.access import load_actor
from hackathon.people.models import Person
from hackathon.shared.db import db, transaction
from hackathon.teams import service as teams
from hackathon.teams.models import Opening, Team


def test_a_visitor_reads_what_this_is(app):
    page = client_of(app).get("/").get_data(as_text=True)
    assert "Quarterly hackathons, from the first team to what came of it" in page


def test_home_says_first_what_needs_you(stage, sign_in):
    assert "All clear" in sign_in(stage.owen).get("/").get_data(as_text=True)


def test_home_counts_what_needs_an_organizer(stage, sign_in):
    lena = sign_in(stage.lena)
    lena.post(
        "/events/new",
        data={
            "name": "Winter", "zone": "UTC", "starts": "2027-02-04T09:00",
            "ends": "2027-02-06T17:00", "team_min": "2", "team_max": "5",
        },
    )  # fmt: skip
    page = lena.get("/").get_data(as_text=True)
    assert "still in draft: publish it" in page
    assert "need" in page


def test_an_organizer_sees_who_was_pasted_before_the_event_is_out(app, stage, sign_in):
    with app.app_context(), transaction() as session:
        session.get_one(Event, stage.event_id).published_at = None
    page = sign_in(stage.olga).get("/events/q4").get_data(as_text=True)
    assert "Only organizers see this event" in page
    for tab in ("teams", "projects"):
        assert f'class="tab" href="/events/q4/{tab}"' in page


@pytest.mark.parametrize("closed", [False, True])
def test_the_text_is_accepted_from_home_whatever_the_join_links_state(app, stage, sign_in, closed):
    with app.app_context(), transaction() as session:
        event = session.get_one(Event, stage.event_id)
        event.terms_version, event.join_closed = 2, closed
    paul = sign_in(stage.paul)
    asked = r'href="([^"]+)"[^>]*><svg.*?</svg> <bdi>Accept the text of'
    (way,) = re.findall(asked, paul.get("/").text)
    assert "Be kind." in paul.get(way).text
    overview = paul.get("/events/q4").text
    assert f'href="{way}">Read and accept it' in overview
    assert ("The join link is closed" in overview) is closed
    refused = paul.post(way, data={"terms_version": "2"})
    assert refused.status_code == 422
    assert "Read and accept" in refused.text
    done = paul.post(way, data={"terms_version": "2", "accepts": "y"})
    assert (done.status_code, done.location) == (303, "/events/q4")
    assert re.findall(asked, paul.get("/").text) == []
    assert "You accepted this" in paul.get(way).text


def test_a_text_that_changed_meanwhile_is_shown_anew(app, stage, sign_in):
    with app.app_context(), transaction() as session:
        event = session.get_one(Event, stage.event_id)
        event.terms, event.terms_version = "Be kinder.", 2
    refused = sign_in(stage.paul).post(
        "/events/q4/text", data={"terms_version": "1", "accepts": "y"}
    )
    assert refused.status_code == 422
    assert "Be kinder." in refused.text


def test_health_answers_without_sign_in(app):
    answer = client_of(app).get("/healthz")
    assert answer.json == {"status": "ok"}


def test_starting_for_real_exists_only_in_the_demo(app):
    client = client_of(app)
    assert client.get("/start").status_code == 302
    assert client.post("/start", data={}).status_code == 404


def statements_of(client, engine, path):
    """What a page asks the database."""
    asked = []

    def note(*given):
        asked.append(given[2])

    event.listen(engine, "before_cursor_execute", note)
    assert client.get(path).status_code == 200
    event.remove(engine, "before_cursor_execute", note)
    return [text for text in asked if not text.startswith(("BEGIN", "PRAGMA", "ROLLBACK"))]


@pytest.mark.parametrize("count", [13, 200])
@pytest.mark.parametrize("name", ["olga", "paul"])
def test_no_page_needs_more_than_twelve_statements_with_13_and_with_200_projects(
    app, stage, sign_in, name, count
):
    with app.app_context():
        with transaction() as session:
            place = session.get_one(Event, stage.event_id)
            paul = session.get_one(Person, stage.paul.id)
            made = make_project(session, place, name="Owls", members=[paul])
            team = made.team_id
            for number in range(count - 1):
                other = make_person(session)
                make_participant(session, other, place)
                make_project(session, place, name=f"Team {number}", members=[other])
        engine = db.engine
    client = sign_in(getattr(stage, name))
    paths = [
        "/", "/events", "/events/q4", "/events/q4/people", "/events/q4/teams",
        f"/events/q4/teams/{team}", "/events/q4/projects", f"/events/q4/projects/{team}",
        f"/events/q4/projects/{team}/versions/1", "/me", "/notices", "/backlog", "/quarters",
        "/quarters/2026-Q4", "/events/q4/agenda", "/events/q4/announcements", "/events/q4/help",
    ]  # fmt: skip
    paths += ["/events/q4/settings", "/events/q4/credits"] if name == "olga" else []
    asked = {path: statements_of(client, engine, path) for path in paths}
    assert {path: len(texts) for path, texts in asked.items() if len(texts) > 12} == {}


@pytest.mark.parametrize(
    ("path", "statuses"),
    [
        ("/../../etc/passwd", {404}),
        ("/.git/config", {404}),
        ("/instance/hackathon.db", {404}),
        ("/console", {404}),
        ("/static/../instance/secret_key", {404}),
        ("/%00", {400, 404}),
        ("/" + "a" * 9000, {414}),
    ],
)
def test_line_44_nothing_outside_is_ever_served(app, path, statuses):
    answer = client_of(app).get(path)
    assert answer.status_code in statuses
    assert "Traceback" not in answer.get_data(as_text=True)


def test_line_44_trace_is_not_offered(app):
    assert client_of(app).open("/", method="TRACE", csrf=False).status_code == 405


def test_line_27_a_body_of_three_megabytes_is_refused(app, stage, sign_in):
    answer = sign_in(stage.paul).post("/me", data={"name": "x" * 3_000_000})
    assert answer.status_code == 413
    assert "too large" in answer.get_data(as_text=True)


# --- the home of each ---------------------------------------------------------------


def home_of(sign_in, player):
    return sign_in(player).get("/").get_data(as_text=True)


def test_a_participant_without_a_team_is_led_to_one(stage, sign_in):
    page = home_of(sign_in, stage.paul)
    assert "1 thing needs you." in page
    assert "Find a team in Autumn Hackathon" in page
    assert "Submissions close" in page


def test_a_lone_participant_is_offered_the_three_best_teams_with_a_reason_and_a_button(
    app, stage, sign_in
):
    with app.app_context(), transaction() as session:
        place = session.get_one(Event, stage.event_id)
        for name in ("Owls", "Bees", "Foxes", "Crows"):
            make_project(session, place, name=name, members=[make_person(session)])
        wanted = session.scalars(sa.select(Team).filter_by(name="Foxes")).one()
        session.add(Opening(team_id=wanted.id, role="ML engineer"))
        full = session.scalars(sa.select(Team).filter_by(name="Crows")).one()
        full.capacity = 1
    paul = sign_in(stage.paul)
    page = paul.get("/").get_data(as_text=True)
    fits = page.split('id="fits"')[1].split("</section>")[0]
    assert fits.count("Ask to join") == 3
    assert fits.index("Foxes") < fits.index("Bees") < fits.index("Owls")
    assert "Crows" not in fits
    assert "Looks for an ML engineer." in fits
    assert fits.count("Nobody there is an ML engineer yet.") == 2
    assert paul.post(f"/events/q4/teams/{wanted.id}/requests").status_code == 303
    fits = paul.get("/").get_data(as_text=True).split('id="fits"')[1].split("</section>")[0]
    assert (fits.count("Ask to join"), "asked" in fits) == (2, True)
    assert 'id="fits"' not in home_of(sign_in, stage.olga)


def test_a_rehearsal_never_takes_the_focus_from_a_real_event(app, stage, sign_in):
    with app.app_context(), transaction() as session:
        over = session.get_one(Event, stage.event_id).starts_at + timedelta(hours=1)
        trial = make_event(session, slug="try", is_rehearsal=True, submissions_close_at=over)
        give_event_role(session, session.get_one(Person, stage.olga.id), trial, "organizer")
    page = home_of(sign_in, stage.olga)
    assert 'data-home="q4"' in page
    assert "/events/try" in page


def test_a_participant_reads_what_the_card_lacks(app, stage, sign_in):
    with app.app_context(), transaction() as session:
        paul = load_actor(session, stage.paul.id)
        teams.create_team(session, paul, event_id=stage.event_id, name="Owls")
    page = home_of(sign_in, stage.paul)
    assert "Finish your project card: Title" in page
    assert "no project card yet" in page


def test_an_organizer_reads_who_has_no_team_and_what_is_missing(app, stage, sign_in):
    with app.app_context(), transaction() as session:
        paul = load_actor(session, stage.paul.id)
        teams.create_team(session, paul, event_id=stage.event_id, name="Owls")
    page = home_of(sign_in, stage.olga)
    assert "All clear" in page
    assert re.search(r"Without a team</span><strong><bdi data-value>1</bdi>", page)
    assert "of 2 people" in page
    assert re.search(r"Nothing complete yet</span><strong><bdi data-value>1</bdi>", page)


def test_a_judge_reads_how_many_projects_wait(app, stage, sign_in, clock):
    with app.app_context():
        room = set_panel(stage, clock)
        room.sheet("judith", "owls", 5, 5)
    assert "Score 2 more projects in Final." in home_of(sign_in, stage.judith)
    page = home_of(sign_in, stage.olga)
    assert re.search(r"Sheets in Final</span><strong><bdi data-value>1 of 6</bdi>", page)


def test_an_organizer_is_led_from_the_close_to_the_reveal(app, stage, sign_in, clock):
    with app.app_context():
        room = set_panel(stage, clock)
        room.everything()
        room.move("freeze")
    assert "Look at the result record of Final" in home_of(sign_in, stage.olga)
    with app.app_context():
        room.move("finalize")
    assert "Reveal the results of Final" in home_of(sign_in, stage.olga)
    with app.app_context():
        room.show(3)
        room.publish()
    assert "Take the winners of Autumn Hackathon into the backlog" in home_of(sign_in, stage.olga)
    assert "Read the results" in home_of(sign_in, stage.paul)
    assert "All clear" in home_of(sign_in, stage.judith)


@pytest.mark.parametrize("name", ["olga", "paul", "pia", "judith", "ada"])
@pytest.mark.parametrize("is_judging", [True, False])
def test_no_home_needs_more_than_twelve_statements(app, stage, sign_in, clock, name, is_judging):
    with app.app_context():
        if is_judging:
            set_panel(stage, clock)
        else:
            with transaction() as session:
                place = session.get_one(Event, stage.event_id)
                paul = session.get_one(Person, stage.paul.id)
                for number in range(200):
                    make_project(session, place, name=f"Team {number}")
                make_project(session, place, name="Owls", members=[paul])
        engine = db.engine
    client = sign_in(getattr(stage, name))
    asked = statements_of(client, engine, "/")
    assert len(asked) <= 12, "\n".join(asked)


def test_who_came_by_a_card_is_asked_for_a_password_where_no_mail_goes_out(app, stage, sign_in):
    assert "Choose a password" not in home_of(sign_in, stage.paul)
    app.config["MAIL_BACKEND"] = "console"
    try:
        assert "Choose a password" in home_of(sign_in, stage.paul)
    finally:
        app.config["MAIL_BACKEND"] = "locmem"
