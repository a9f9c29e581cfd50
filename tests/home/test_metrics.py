"""Figures for those who watch: true, for this computer or a token, and naming nobody."""

import re

import pytest
from make import client_of
from panel import set_panel

from hackathon.people.access import load_actor
from hackathon.shared import jobs, metrics
from hackathon.shared.clock import now
from hackathon.shared.db import reading, transaction
from hackathon.shared.facts import last_position, record
from hackathon.teams import service as teams

TOKEN = "t" * 40
FAR = {"REMOTE_ADDR": "192.0.2.7"}


def figures(client, **more):
    answer = client.get("/metrics", **more)
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.get_data(as_text=True).splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


@pytest.fixture
def with_token(app):
    settings = app.extensions["settings"]
    app.extensions["settings"] = settings.model_copy(update={"metrics_token": TOKEN})


@pytest.mark.parametrize(
    ("environ", "headers"),
    [
        (FAR, {}),
        ({}, {"X-Forwarded-For": "192.0.2.7"}),
        ({}, {"X-Forwarded-For": "127.0.0.1"}),
        ({}, {"Forwarded": "for=192.0.2.7"}),
        (FAR, {"Authorization": "Bearer " + "x" * 40}),
        (FAR, {"Authorization": "Bearer "}),
        (FAR, {"Authorization": "Bearer tök"}),
    ],
)
def test_they_are_for_this_computer_itself_or_the_token(app, with_token, environ, headers):
    answer = client_of(app).get("/metrics", environ_overrides=environ, headers=headers)
    assert answer.status_code == 403
    told = client_of(app).get(
        "/metrics", environ_overrides=FAR, headers={"Authorization": f"Bearer {TOKEN}"}
    )
    assert told.status_code == 200


def test_without_a_token_set_an_empty_one_opens_nothing(app, stage, sign_in):
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": ""}):
        answer = sign_in(stage.ada).get("/metrics", environ_overrides=FAR, headers=headers)
        assert answer.status_code == 403


def test_they_count_what_there_is(app, stage, connect, clock):
    with app.app_context():
        room = set_panel(stage, clock)
        room.sheet("judith", "owls", 4, 5)
        position = last_position(reading())
    before = figures(client_of(app))
    assert before["hackathon_marks_total"] == 2
    assert before["hackathon_facts_total"] == position
    assert before["hackathon_people_live"] == 0
    connect(stage.olga)
    connect(stage.olga)
    after = figures(client_of(app))
    assert after["hackathon_people_live"] == 1
    assert after["hackathon_lines_most"] == 300
    grown = after['hackathon_requests_total{status="2xx"}']
    assert grown == before['hackathon_requests_total{status="2xx"}'] + 1


def test_the_newest_backup_is_dated(app):
    assert "hackathon_backup_time_seconds" not in figures(client_of(app))
    folder = app.extensions["settings"].backup_folder
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"hackathon-{name}.tar").touch()
    newest = (folder / "hackathon-b.tar").stat().st_mtime
    assert abs(figures(client_of(app))["hackathon_backup_time_seconds"] - newest) < 1


def test_how_far_the_jobs_are_behind_is_a_count_and_an_age(app, stage, clock):
    with app.app_context():
        jobs.follow_facts(app)
        assert jobs.behind(reading()) == (0, 0.0)
        with transaction() as session:
            for _ in range(3):
                record(session, stream="event:1", kind="test.happened", actor_id=None, at=now())
        clock.set(now().replace(minute=5))
        assert jobs.behind(reading()) == (3, 300.0)
        jobs.follow_facts(app)
        reading().rollback()
        assert jobs.behind(reading()) == (0, 0.0)


def test_no_name_and_no_value_is_among_them(app, stage):
    with app.app_context(), transaction() as session:
        paul = load_actor(session, stage.paul.id)
        teams.create_team(session, paul, event_id=stage.event_id, name="Owls")
    page = client_of(app).get("/metrics").get_data(as_text=True)
    assert not re.search("owls|paul|olga|autumn|example.com", page, re.IGNORECASE)


def test_each_name_is_explained_once_and_buckets_only_grow():
    counted = metrics.Requests()
    for seconds in (0.001, 0.025, 0.03, 9):
        counted.count(200, seconds)
    counted.count(404, 0.2)
    lines = metrics.text(counted.samples()).splitlines()
    assert lines[:4] == [
        "# HELP hackathon_requests_total Requests answered.",
        "# TYPE hackathon_requests_total counter",
        'hackathon_requests_total{status="2xx"} 4',
        'hackathon_requests_total{status="4xx"} 1',
    ]
    assert len([line for line in lines if line.startswith("# TYPE")]) == 2
    buckets = [int(line.rsplit(" ", 1)[1]) for line in lines if "_bucket" in line]
    assert buckets == [2, 3, 3, 4, 4, 4, 4, 4, 5]
    assert "hackathon_request_seconds_count 5" in lines
