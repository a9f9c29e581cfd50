"""Starting for real: one form, two people, ways in; and the PIN for other devices."""

import json
from html import unescape

import pytest
from conftest import make_app
from make import client_of, make_person

from hackathon.people.access import load_actor
from hackathon.people.models import Person
from hackathon.people.queries import by_email
from hackathon.server import Switch, reached_at
from hackathon.shared import near, schema
from hackathon.shared.db import db, reading, transaction
from hackathon.shared.settings import read_settings

FORM = {
    "person": "Ada", "email": "ada@example.com", "password": "correct horse battery staple",
    "name": "Spring Hackathon", "zone": "UTC", "starts": "2030-03-04T09:00",
    "ends": "2030-03-06T17:00", "team_min": "2", "team_max": "5",
    "second_role": "program_lead",
}  # fmt: skip
SECOND = {"second_person": "Lena", "second_email": "Lena@example.com"}
FAR = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture
def demo(tmp_path):
    """A demo application that can be left, and the switch behind it."""
    settings = read_settings(instance=tmp_path, database_url="", jobs=False)
    app = make_app("", tmp_path, demo=True)
    switch = Switch(settings)
    switch.use = lambda running: setattr(switch, "current", running)
    app.extensions["start_for_real"] = switch.start_for_real
    with app.app_context():
        schema.upgrade(db.engine)
        with transaction() as session:
            make_person(session, name="Paul", is_demo=True)
    yield app, switch
    for each in (app, switch.current.app if switch.current else None):
        if each is not None:
            with each.app_context():
                db.session.remove()
                db.engine.dispose()


def start(app, **more):
    return client_of(app).post("/start", data={**FORM, **more})


def text_of(answer):
    return unescape(answer.get_data(as_text=True))


def test_a_second_person_can_stand_in_and_gets_a_card(demo, tmp_path):
    app, switch = demo
    answer = start(app, **SECOND)
    assert (answer.status_code, answer.location) == (303, "/events/spring-hackathon/cards")
    with switch.current.app.app_context():
        lena = by_email(reading(), "lena@example.com")
        actor = load_actor(reading(), lena.id)
        assert actor.is_program_lead
        assert not actor.is_admin
        assert actor.organizes(1)
    assert json.loads((tmp_path / "settings.json").read_text()) == {
        "public_url": "", "mail_server": "",
    }  # fmt: skip
    assert start(app).status_code == 409


def test_an_administrator_may_be_the_second(demo):
    app, switch = demo
    assert start(app, **SECOND, second_role="admin").status_code == 303
    with switch.current.app.app_context():
        assert load_actor(reading(), by_email(reading(), "lena@example.com").id).is_admin


def test_alone_one_goes_on_to_the_settings(demo):
    app, _ = demo
    assert start(app).location == "/events/spring-hackathon/settings"


def test_with_an_https_address_one_signs_in_there(demo):
    app, switch = demo
    answer = start(app, public_url="https://hack.example.com/")
    assert answer.location == "https://hack.example.com/events/spring-hackathon/settings"
    assert switch.current.settings.secure


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"second_person": "Lena"}, "That does not look like an e-mail address."),
        ({"second_email": "lena@example.com"}, "Give their name too."),
        ({**SECOND, "second_email": "ADA@example.com"}, "That is your own address."),
        ({"mail_server": "127.0.0.1"}, "Say which address mails come from"),
        ({"mail_server": "127.0.0.1", "mail_port": "9", "mail_from": "a@example.com"},
         "The test message did not go out"),
        ({"mail_port": "99999"}, "Number must be between 1 and 65535"),
        ({"public_url": "example.com"}, "must look like https://hackathon.example.com"),
        ({"starts": "2030-03-31T02:30", "zone": "Europe/Berlin"}, "02:30"),
        ({"second_role": "king"}, "Not a valid choice"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nobody_is_made(demo, tmp_path, typed, words):
    app, switch = demo
    answer = start(app, **typed)
    assert answer.status_code in {409, 422}
    assert words in text_of(answer)
    assert switch.current is None
    assert not (tmp_path / "settings.json").exists()
    with make_app(f"sqlite:///{tmp_path / 'hackathon.db'}", tmp_path).app_context():
        schema.upgrade(db.engine)
        assert reading().query(Person).count() == 0
        db.session.remove()
        db.engine.dispose()


def test_other_devices_start_nothing_without_the_pin(demo):
    app, switch = demo
    far = client_of(app)
    refused = far.post("/start", data=FORM, environ_overrides=FAR)
    assert (refused.status_code, switch.current) == (403, None)
    assert "only for the computer that the program runs on" in text_of(refused)
    pin = near.make_pin(app)
    assert far.post("/start", data={**FORM, "pin": "x"}, environ_overrides=FAR).status_code == 403
    done = far.post("/start", data={**FORM, "pin": pin}, environ_overrides=FAR)
    assert done.status_code == 303


def test_the_demo_asks_other_devices_for_the_printed_pin(demo):
    app, _ = demo
    far = client_of(app)

    def enter(pin):
        return far.post("/sign-in/demo", data={"person": 1, "pin": pin}, environ_overrides=FAR)

    assert "of the demo" not in text_of(far.get("/", environ_overrides=FAR))
    assert enter("000000").status_code == 403
    pin = near.make_pin(app)
    for path in ("/", "/sign-in"):
        page = text_of(far.get(path, environ_overrides=FAR))
        assert 'name="pin"' in page
        assert pin not in page
    assert 'name="pin"' not in text_of(client_of(app).get("/"))
    for _ in range(10):
        refused = enter("wrong")
        assert refused.status_code == 403
    assert "Type the PIN that stands where the program was started." in text_of(refused)
    assert enter(pin).status_code == 429
    near.make_pin(app)
    pin = app.extensions["demo_pin"][0]
    assert enter(f" {pin[:3]} {pin[3:]}").status_code == 303


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_on_a_loopback_address_no_other_device_is_invited(host):
    assert reached_at(host, 5000) == {}


def test_on_another_address_links_lead_there():
    assert reached_at("192.0.2.9", 5000) == {
        "public_url": "http://192.0.2.9:5000", "origins": "",
    }  # fmt: skip


def test_a_set_public_address_wins_over_the_network_s(tmp_path):
    switch = Switch(read_settings(instance=tmp_path), reached_at("192.0.2.9", 5000))
    plain = switch.as_reached(read_settings(instance=tmp_path, origins="http://a.example.com"))
    assert plain.public_url == "http://192.0.2.9:5000"
    assert plain.origins == "http://a.example.com"
    own = switch.as_reached(read_settings(instance=tmp_path, public_url="https://b.example.com"))
    assert own.public_url == "https://b.example.com"


def test_an_administrator_changes_mail_and_address_later(demo, tmp_path):
    app, switch = demo
    start(app)
    real = switch.current.app
    with real.app_context():
        ada = by_email(reading(), "ada@example.com")
        assert ada
    client = client_of(real, ada)
    assert "Mail server" in text_of(client.get("/site"))
    real.extensions["change_ways"] = switch.change_ways
    for typed, words in (
        ({"public_url": "example.com"}, "must look like"),
        ({"mail_server": "127.0.0.1", "mail_port": "9", "mail_from": "a@b.c"}, "did not go out"),
        ({"mail_port": "0"}, "Number must be between"),
    ):
        refused = client.post("/site", data=typed)
        assert (refused.status_code, words in text_of(refused)) == (422, True)
    done = client.post("/site", data={"public_url": "https://hack.example.com"})
    assert done.location == "https://hack.example.com/site"
    assert switch.settings.public_url == "https://hack.example.com"
    assert json.loads((tmp_path / "settings.json").read_text())["mail_server"] == ""


def test_where_the_environment_rules_the_page_changes_nothing(stage, sign_in):
    answer = sign_in(stage.ada).post("/site", data={})
    assert (answer.status_code, "the environment sets this" in text_of(answer)) == (409, True)
