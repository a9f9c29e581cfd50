"""The first page, home, health."""

import pytest
from make import client_of
from sqlalchemy import event

from hackathon.shared.db import db


def test_a_visitor_reads_what_this_is(app):
    page = client_of(app).get("/").get_data(as_text=True)
    assert "Quarterly hackathons, from the first team to what came of it" in page


def test_home_says_first_what_needs_you(stage, sign_in):
    assert "All clear" in sign_in(stage.paul).get("/").get_data(as_text=True)


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


def test_health_answers_without_sign_in(app):
    answer = client_of(app).get("/healthz")
    assert answer.json == {"status": "ok"}


def test_starting_for_real_exists_only_in_the_demo(app):
    client = client_of(app)
    assert client.get("/start").status_code == 302
    assert client.post("/start", data={}).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/", "/events", "/events/q4", "/events/q4/people", "/events/q4/teams", "/events/q4/projects"],
)
def test_no_page_needs_more_than_twelve_statements(app, stage, sign_in, path):
    client = sign_in(stage.olga)
    statements = []
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert client.get(path).status_code == 200
    asked = [text for text in statements if not text.startswith(("BEGIN", "PRAGMA", "ROLLBACK"))]
    assert len(asked) <= 12, "\n".join(asked)


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
