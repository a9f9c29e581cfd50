"""Signing in and out through the pages."""

from datetime import timedelta

import pytest
from make import client_of

from hackathon.people import service
from hackathon.people.models import Person
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared import sessions
from hackathon.shared.db import reading, transaction

PASSWORD = "correct horse battery staple"


@pytest.fixture
def with_password(app, stage):
    with app.app_context(), transaction() as session:
        session.get_one(Person, stage.paul.id).password_hash = service.hash_password(PASSWORD)
    return stage


def enter(client, email="paul@example.com", password=PASSWORD, **more):
    return client.post("/sign-in", data={"email": email, "password": password, **more})


def test_signing_in_leads_to_the_page_that_was_wanted(app, with_password):
    client = client_of(app)
    wanted = client.get("/me")
    assert wanted.status_code == 302
    assert wanted.location == "/sign-in?next=/me"
    answer = enter(client, next="/me")
    assert (answer.status_code, answer.location) == (303, "/me")
    client.token = None
    assert b"paul@example.com" in client.get("/me").data


def test_line_4_wrong_password_and_unknown_address_answer_alike(app, with_password):
    bodies = []
    for email in ("paul@example.com", "nobody@example.com"):
        answer = enter(client_of(app), email=email, password="wrong wrong wrong")
        assert answer.status_code == 401
        page = answer.get_data(as_text=True).replace(email, "")
        bodies.append([line for line in page.splitlines() if "csrf" not in line])
    assert bodies[0] == bodies[1]


def test_line_5_ten_failures_lock_strangers_out_but_not_a_known_device(app, with_password):
    known = client_of(app)
    assert enter(known).status_code == 303
    stranger = client_of(app)
    for _ in range(10):
        assert enter(stranger, password="wrong wrong wrong").status_code == 401
    refused = enter(stranger)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    known.token = None
    known.post("/sign-out")
    known.token = None
    assert enter(known).status_code == 303


def test_line_14_a_cookie_copied_before_signing_out_is_worthless(app, with_password):
    client = client_of(app)
    enter(client)
    stolen = client.get_cookie("session").value
    client.token = None
    client.post("/sign-out")
    thief = client_of(app)
    thief.set_cookie("session", stolen)
    assert thief.get("/me").status_code == 302


def test_line_14_a_planted_cookie_is_replaced_when_signing_in(app, with_password):
    client = client_of(app)
    client.set_cookie("session", "planted")
    enter(client)
    assert client.get_cookie("session").value != "planted"


@pytest.mark.parametrize("token", ["", "wrong", "0" * 64])
def test_line_1_a_form_without_its_token_is_refused_and_the_text_is_shown_again(
    app, stage, sign_in, token
):
    client = sign_in(stage.paul)
    data = {"name": "Paul the Great", "csrf_token": token}
    answer = client.post("/me", data=data, csrf=False)
    assert answer.status_code == 400
    page = answer.get_data(as_text=True)
    assert "This form has expired. Reload the page; nothing was saved." in page
    assert "Paul the Great" in page
    with app.app_context():
        assert reading().get(Person, stage.paul.id).name == "Paul"


def test_line_1_the_token_of_somebody_else_is_refused(stage, sign_in):
    pia = sign_in(stage.pia)
    pia.post("/me", data={"name": "Pia"})
    paul = sign_in(stage.paul)
    answer = paul.post("/me", data={"name": "X"}, headers={"X-CSRF-Token": pia.token}, csrf=False)
    assert answer.status_code == 400


def test_line_2_a_page_left_open_overnight_still_saves(stage, sign_in, clock):
    client = sign_in(stage.paul)
    client.get("/me")
    client.post("/me", data={"name": "Paul"})
    clock.forward(timedelta(hours=11))
    assert client.post("/me", data={"name": "Paul B."}).status_code == 303


def test_line_7_a_foreign_host_is_refused(app, stage):
    answer = client_of(app).get("/sign-in", headers={"Host": "evil.example"})
    assert answer.status_code == 400


def test_line_8_opening_a_link_does_not_spend_it(app, stage):
    with app.app_context(), transaction() as session:
        token = service.make_link(session, COMMAND_LINE, person_id=stage.paul.id)
    preview = client_of(app)
    assert preview.get(f"/sign-in/{token}").status_code == 200
    assert preview.get(f"/sign-in/{token}").status_code == 200
    client = client_of(app)
    assert client.post(f"/sign-in/{token}").status_code == 303
    client.token = None
    assert client.get("/me").status_code == 200
    gone = client_of(app).post(f"/sign-in/{token}")
    assert gone.status_code == 410
    assert "used or has expired" in gone.get_data(as_text=True)


@pytest.fixture
def card(app, stage):
    with app.app_context(), transaction() as session:
        return "/sign-in/" + service.make_link(session, COMMAND_LINE, person_id=stage.paul.id)


def test_who_comes_by_a_card_chooses_a_password_in_the_same_step(app, card, clock):
    phone = client_of(app)
    assert "Password for next time" in phone.get(card).text
    short = phone.post(card, data={"password": "too short"})
    assert short.status_code == 422
    assert "12 to 256 characters" in short.text
    assert phone.post(card, data={"password": PASSWORD}).status_code == 303
    phone.token = None
    assert "Your password is kept." in phone.get("/").text
    clock.forward(timedelta(hours=13))
    assert phone.get("/me").location == "/sign-in?next=/me"
    assert "You are signed out here." in phone.get("/sign-in").text
    phone.token = None
    assert enter(phone).status_code == 303


def test_a_card_offers_no_password_to_whoever_has_one(app, with_password, card):
    phone = client_of(app)
    assert "Password for next time" not in phone.get(card).text
    refused = phone.post(card, data={"password": "another long password"})
    assert refused.status_code == 409
    assert "the link still works" in refused.text
    assert phone.post(card).status_code == 303


def test_a_visitor_who_was_never_signed_in_reads_nothing_of_signing_out(app, stage):
    assert "You are signed out here." not in client_of(app).get("/sign-in").text


def test_devices_are_named_in_words_and_the_present_one_is_marked(app, with_password):
    android = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537"
    phone = client_of(app)
    phone.post("/sign-in", data={"email": "paul@example.com", "password": PASSWORD},
               headers={"User-Agent": android})  # fmt: skip
    laptop = client_of(app)
    enter(laptop)
    laptop.token = None
    page = laptop.get("/me").text
    assert "Chrome on Android" in page
    assert "Werkzeug" in page
    assert page.count("this device") == 1
    assert page.index("this device") > page.index("Werkzeug")
    assert "signed out after 12 hours without use, and 4 days" in page


def test_demo_buttons_do_not_exist_in_a_real_database(app, stage, sign_in):
    with app.app_context(), transaction() as session:
        session.get_one(Person, stage.paul.id).is_demo = True
    assert b"somebody of the demo" not in client_of(app).get("/sign-in").data
    assert client_of(app).post("/sign-in/demo", data={"person": stage.paul.id}).status_code == 404


def test_line_33_fields_that_a_form_does_not_have_are_ignored(app, stage, sign_in):
    data = {"name": "Paul", "is_demo": "1", "id": "99", "email": "x@example.com", "is_admin": "1"}
    assert sign_in(stage.paul).post("/me", data=data).status_code == 303
    with app.app_context():
        person = reading().get(Person, stage.paul.id)
        assert (person.email, person.is_demo) == ("paul@example.com", False)


def test_line_35_a_name_with_markup_is_shown_as_text(stage, sign_in):
    client = sign_in(stage.paul)
    client.post("/me", data={"name": "<script>alert(1)</script>{{7*7}}\u202e"})
    page = client.get("/me").get_data(as_text=True)
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "{{7*7}}" in page


def test_signed_in_pages_are_not_cached_and_every_answer_has_the_headers(app, stage, sign_in):
    page = sign_in(stage.paul).get("/me")
    assert page.headers["Cache-Control"] == "no-store"
    assert "Cookie" in page.headers["Vary"]
    for path in ("/me", "/no/such/page", "/static/shared/app.css", "/socket.io/"):
        headers = client_of(app).get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"], path
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_cookies_are_bound_to_this_site(app, with_password):
    answer = enter(client_of(app))
    for cookie in answer.headers.getlist("Set-Cookie"):
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie


def test_ending_other_devices_keeps_this_one(app, stage, sign_in):
    phone, laptop = sign_in(stage.paul), sign_in(stage.paul)
    laptop.post("/me/devices/end")
    assert laptop.get("/me").status_code == 200
    assert phone.get("/me").status_code == 302
    with app.app_context():
        assert len(list(reading().scalars(sessions.living(stage.paul.id)))) == 1


def test_a_password_is_changed_only_with_the_present_one(app, with_password):
    client = client_of(app)
    enter(client)
    client.token = None
    wrong = client.post("/me/password", data={"current": "no", "password": "another long password"})
    assert wrong.status_code == 403
    assert "not your current password" in wrong.get_data(as_text=True)
    short = client.post("/me/password", data={"current": PASSWORD, "password": "short"})
    assert short.status_code == 422
    right = client.post(
        "/me/password", data={"current": PASSWORD, "password": "another long password"}
    )
    assert right.status_code == 303
    assert enter(client_of(app)).status_code == 401
    assert enter(client_of(app), password="another long password").status_code == 303
