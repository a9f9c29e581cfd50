"""Anything is mended with a reason: each is a fact, told to those concerned, and listed."""

import re
from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa
from make import make_event, make_participant, make_person, make_project
from panel import do

from hackathon.events import service as events
from hackathon.events.models import Event
from hackathon.office.queries import changes_of
from hackathon.projects import service as projects
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import broken_links
from hackathon.shared.jobs import follow_facts
from hackathon.shared.mail import OutgoingMail
from hackathon.shared.notices import notices_of
from hackathon.teams import queries as teams_queries
from hackathon.teams import service as teams
from hackathon.teams.models import Team


def text_of(answer):
    return unescape(answer.get_data(as_text=True))


def told(app, player):
    """What a person's notices say, the newest first."""
    follow_facts(app)
    reading().rollback()
    return [row.text for row in notices_of(reading(), player.id)]


@pytest.fixture
def two(cast):
    """Paul leads Owls, Pia leads Bees; returns the ids of both teams."""
    return [
        do(teams.create_team, player, event_id=cast.event_id, name=name).id
        for player, name in ((cast.paul, "Owls"), (cast.pia, "Bees"))
    ]


def move(cast, team_id, player, *, by=None, reason="She knows maps"):
    return do(
        teams.place_person, by or cast.olga, event_id=cast.event_id, team_id=team_id,
        person_id=player.id, reason=reason,
    )  # fmt: skip


def test_a_member_is_moved_in_one_step_and_told_why(database, cast, two):
    owls, bees = two
    assert move(cast, owls, cast.pia) is True
    assert teams_queries.team_of(reading(), cast.event_id, cast.pia.id).id == owls
    team = reading().get(Team, bees, populate_existing=True)
    assert (team.member_count, team.captain_id, team.archived_at is None) == (0, None, False)
    assert told(database, cast.pia) == ["You are in Owls now. Why: She knows maps"]
    (change,) = changes_of(reading(), cast.event_id)
    assert (change.by, change.what, change.why) == (
        "Olga", "moved Pia to Owls", "She knows maps",
    )  # fmt: skip
    assert broken_links(reading()) == []


def test_the_captain_who_loses_a_member_reads_whereto(database, cast, two):
    owls, bees = two
    with transaction() as session:
        kim = make_person(session, name="Kim")
        make_participant(session, kim, session.get_one(Event, cast.event_id))
    assert move(cast, bees, kim, reason="Asked for it") is False
    assert move(cast, owls, kim) is True
    assert told(database, cast.pia)[0] == "Kim has been moved to Owls. Why: She knows maps"


def test_a_move_needs_an_organizer_a_reason_a_place_and_another_team(cast, two):
    owls, _ = two
    with pytest.raises(NotAllowed):
        move(cast, owls, cast.pia, by=cast.paul)
    with pytest.raises(Invalid):
        move(cast, owls, cast.pia, reason=" ")
    with pytest.raises(Conflict, match="Already in this team"):
        move(cast, owls, cast.paul)
    with transaction() as session:
        session.get_one(Team, owls).capacity = 1
    with pytest.raises(Conflict, match="full"):
        move(cast, owls, cast.pia)
    assert teams_queries.team_of(reading(), cast.event_id, cast.pia.id).name == "Bees"
    with pytest.raises(NotFound):
        move(cast, owls, cast.owen)


def test_while_judging_an_organizer_still_moves_and_removes(app, stage, sign_in, clock):
    with app.app_context():
        owls = do(teams.create_team, stage.paul, event_id=stage.event_id, name="Owls").id
        do(teams.create_team, stage.pia, event_id=stage.event_id, name="Bees")
    clock.forward(timedelta(days=1, hours=5))
    olga, path = sign_in(stage.olga), f"/events/q4/teams/{owls}"
    page = text_of(olga.get(path))
    assert "Moves here from another team" in page
    assert "Pia · Bees" in page
    answer = olga.post(path + "/members", data={"person": stage.pia.id, "reason": "One team now"})
    assert answer.status_code == 303
    assert f"/members/{stage.pia.id}/remove" in text_of(olga.get(path))
    refused = olga.post(path + f"/members/{stage.pia.id}/remove", data={"reason": ""})
    assert refused.status_code == 422
    removed = olga.post(path + f"/members/{stage.pia.id}/remove", data={"reason": "She left"})
    assert removed.status_code == 303
    assert "/remove" not in text_of(sign_in(stage.paul).get(path))


@pytest.fixture
def project(cast):
    with transaction() as session:
        event = session.get_one(Event, cast.event_id)
        paul = make_person(session, name="Kim")
        found = make_project(session, event, name="Foxes", members=[paul])
        return found.id, paul.id


def test_a_team_reads_in_its_zone_until_when_its_project_is_open_again(
    database, cast, clock, project
):
    number, kim = project
    do(
        projects.reopen, cast.olga, event_id=cast.event_id, project_id=number,
        until=clock.moment + timedelta(hours=2), reason="The line was down",
    )  # fmt: skip
    follow_facts(database)
    reading().rollback()
    (notice,) = notices_of(reading(), kim)
    assert notice.text == (
        "Foxes can change its project until Sat 21 Nov 2026, 12:00 CET (Europe/Berlin). "
        "Why: The line was down"
    )
    mailed = reading().scalars(sa.select(OutgoingMail.address)).all()
    assert mailed == ["kim@example.com"]


def test_a_project_taken_out_by_mistake_comes_back(database, cast, project):
    number, kim = project
    place = {"event_id": cast.event_id, "project_id": number}
    with pytest.raises(Conflict, match="is in the event"):
        do(projects.put_back, cast.olga, **place, reason="No")
    do(projects.take_out, cast.olga, **place, disqualify=True, reason="Wrong row")
    with pytest.raises(NotAllowed):
        do(projects.put_back, cast.paul, **place, reason="Mine")
    do(projects.put_back, cast.olga, **place, reason="It was the other one")
    follow_facts(database)
    reading().rollback()
    assert [row.text for row in notices_of(reading(), kim)] == [
        "The project of Foxes is in the event again. Why: It was the other one",
        "The project of Foxes was disqualified. Why: Wrong row",
    ]
    assert [row.what for row in changes_of(reading(), cast.event_id)] == [
        "took the project of Foxes in again", "disqualified the project of Foxes",
    ]  # fmt: skip


def test_fifteen_minutes_more_are_one_tap_and_every_page_says_so(app, stage, sign_in, clock):
    clock.forward(timedelta(days=1))
    olga, paul = sign_in(stage.olga), sign_in(stage.paul)
    page = text_of(olga.get("/events/q4"))
    assert "15 minutes more for all" in page
    assert "15 minutes more for all" not in text_of(paul.get("/events/q4"))
    once = re.search(r'name="once" value="(\w+)"', page)[1]
    form = {"minutes": "15", "reason": "The hall opened late", "from": "overview", "once": once}
    for _ in range(2):  # the second tap is the first
        assert olga.post("/events/q4/extend", data=form).location == "/events/q4"
    page = text_of(paul.get("/events/q4/teams"))
    assert "Submissions close Sun 22 Nov 2026, 13:15 CET now" in page
    assert "not Sun 22 Nov 2026, 13:00 CET" in page
    assert "The hall opened late" in page
    with app.app_context():
        follow_facts(app)
        mails = reading().scalars(sa.select(OutgoingMail.address)).all()
        assert sorted(mails) == ["paul@example.com", "pia@example.com"]
    changes = text_of(olga.get("/events/q4/changes"))
    assert "gave all teams more time" in changes
    assert changes.count("The hall opened late") == 2  # the banner, and the list
    clock.forward(timedelta(hours=4))
    assert "13:00 CET" not in text_of(paul.get("/events/q4/teams"))


def test_the_settings_move_a_deadline_with_the_same_banner(cast, clock):
    event = reading().get(Event, cast.event_id)
    plan = events.Plan(
        name=event.name, slug=event.slug, zone=event.zone, starts_at=event.starts_at,
        ends_at=event.ends_at, submissions_close_at=event.submissions_close_at - timedelta(hours=1),
        terms=event.terms,
    )  # fmt: skip
    was = event.submissions_close_at
    do(
        events.change_event, cast.olga, event_id=event.id, plan=plan, version=event.version,
        reason="The jury leaves early",
    )  # fmt: skip
    event = reading().get(Event, cast.event_id, populate_existing=True)
    assert (event.deadline_was, event.deadline_moved_at) == (was, clock.moment)


def test_a_change_of_another_event_is_not_listed(cast, two):
    with transaction() as session:
        other = make_event(session, slug="third")
        assert changes_of(session, other.id) == []
