"""Sign-in cards: made on purpose, once for each, and who has not signed in yet."""

import re
from datetime import timedelta
from html import unescape

import pytest
from make import client_of
from panel import do, set_panel
from sqlalchemy import event, func, select

from hackathon.events.models import Event
from hackathon.people.access import load_actor
from hackathon.people.models import SignInLink
from hackathon.people.service import disable_person
from hackathon.shared.db import db, reading, transaction
from hackathon.shared.mail import OutgoingMail

PAGE = "/events/q4/cards"


def text_of(answer):
    return unescape(answer.get_data(as_text=True))


def make(client, *players, do="print"):
    return client.post(PAGE, data={"person": [str(each.id) for each in players], "do": do})


def links(app):
    with app.app_context():
        return reading().scalar(select(func.count()).select_from(SignInLink))


def mails(app):
    with app.app_context():
        return list(reading().scalars(select(OutgoingMail)))


def test_who_has_never_signed_in_is_chosen(app, stage, sign_in, clock):
    with app.app_context():
        set_panel(stage, clock)
    sign_in(stage.paul)
    page = text_of(sign_in(stage.olga).get(PAGE))
    chosen = {int(n) for n in re.findall(r'name="person" value="(\d+)" checked', page)}
    assert stage.pia.id in chosen
    assert stage.judith.id in chosen
    assert not chosen & {stage.paul.id, stage.olga.id, stage.rita.id}
    assert "pia@example.com" in page
    assert "paul@example.com" not in page
    every = text_of(sign_in(stage.olga).get(f"{PAGE}?who=all"))
    assert "paul@example.com" in every
    judges = text_of(sign_in(stage.olga).get(f"{PAGE}?who=judges"))
    assert ("judith@example.com" in judges, "pia@example.com" in judges) == (True, False)


def test_the_people_page_counts_who_has_not_signed_in(stage, sign_in):
    olga = sign_in(stage.olga)
    assert "2 of 3 have not signed in yet." in text_of(olga.get("/events/q4/people"))
    sign_in(stage.paul), sign_in(stage.pia)
    page = text_of(olga.get("/events/q4/people"))
    assert "Everybody here has signed in." in page
    assert "Everybody has signed in" in text_of(olga.get(PAGE))
    assert "not signed in" not in text_of(sign_in(stage.paul).get("/events/q4/people"))


def test_a_printed_card_signs_its_person_in_once(app, stage, sign_in):
    page = text_of(make(sign_in(stage.olga), stage.paul, stage.pia))
    assert "2 cards. They are shown this once" in page
    assert page.count("data:image/svg+xml") == 2
    urls = re.findall(r"http://[^<\s]+/sign-in/[\w-]+", page)
    assert len(set(urls)) == 2
    path = "/sign-in/" + urls[0].rsplit("/", 1)[1]
    phone = client_of(app)
    assert "signs you in once, as" in text_of(phone.get(path))
    assert phone.post(path).status_code == 303
    phone.token = None
    assert phone.get("/me").status_code == 200
    assert client_of(app).get(path).status_code == 410


def test_opening_the_page_makes_nothing(app, stage, sign_in):
    sign_in(stage.olga).get(PAGE)
    assert links(app) == 0


def test_links_are_mailed_again_with_a_word_on_how_to_get_another(app, stage, sign_in):
    olga = sign_in(stage.olga)
    answer = make(olga, stage.paul, stage.pia, do="mail")
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert "2 mails on the way." in text_of(olga.get(PAGE))
    first = mails(app)[0]
    assert (first.address, first.subject) == ("paul@example.com", "Your way into Autumn Hackathon")
    assert "ask for a new link later, with this address" in first.body


def test_nobody_is_mailed_twice_within_ten_minutes(app, stage, sign_in, clock):
    olga = sign_in(stage.olga)
    make(olga, stage.paul, do="mail")
    make(olga, stage.paul, stage.pia, do="mail")
    page = text_of(olga.get(PAGE))
    assert "1 mail on the way. Mailed less than 10 minutes ago, so not again: Paul." in page
    assert len(re.findall("mailed <time[^>]*>just now", page)) == 2
    clock.forward(timedelta(minutes=10))
    make(olga, stage.paul, do="mail")
    assert len(mails(app)) == 3
    make(olga, stage.paul)
    assert re.search("printed <time[^>]*>just now", text_of(olga.get(PAGE)))


def test_a_closed_account_gets_no_way_in(app, stage, sign_in):
    with app.app_context():
        do(disable_person, stage.ada, person_id=stage.pia.id)
    olga = sign_in(stage.olga)
    make(olga, stage.pia, do="mail")
    assert "0 mails on the way. Left out: Pia." in text_of(olga.get(PAGE))
    assert mails(app) == []


def test_only_administrators_help_program_leads_in(app, stage, sign_in):
    with app.app_context(), transaction() as session:
        lena = load_actor(session, stage.lena.id)
        assert lena
    sign_in(stage.lena).post(
        "/events/q4/people/roles", data={"email": "lena@example.com", "role": "mentor"}
    )
    page = text_of(make(sign_in(stage.olga), stage.paul, stage.lena))
    assert "1 card." in page
    assert "Left out: Lena" in page


@pytest.mark.parametrize(
    ("who", "code", "words"),
    [
        ((), 422, "Choose 1 to 1,000 people; nothing was made."),
        (("rita",), 404, "Somebody of these is not in this event."),
        (("paul", "ada"), 404, "Somebody of these is not in this event."),
    ],
)
def test_cards_are_refused_for_nobody_and_for_strangers(app, stage, sign_in, who, code, words):
    answer = make(sign_in(stage.olga), *(getattr(stage, name) for name in who))
    assert (answer.status_code, words in text_of(answer)) == (code, True)
    assert links(app) == 0


def test_without_a_mail_server_links_are_only_printed(app, stage, sign_in):
    app.config["MAIL_BACKEND"] = "console"
    try:
        olga = sign_in(stage.olga)
        page = text_of(olga.get(PAGE))
        assert "No mail server is set up here, so links are printed." in page
        assert "Mail links" not in page
        assert make(olga, stage.paul, do="mail").status_code == 409
        assert "ask an organizer for a sign-in card" in text_of(client_of(app).get("/sign-in"))
    finally:
        app.config["MAIL_BACKEND"] = "locmem"
    assert links(app) == 0


def test_a_rehearsal_sends_no_mail(app, stage, sign_in):
    with app.app_context(), transaction() as session:
        session.get_one(Event, stage.event_id).is_rehearsal = True
    answer = make(sign_in(stage.olga), stage.paul, do="mail")
    assert answer.status_code == 409
    assert (mails(app), links(app)) == ([], 0)


def test_the_people_are_a_table_to_take_along(stage, sign_in):
    olga = sign_in(stage.olga)
    text = text_of(olga.get("/events/q4/people.csv"))
    assert '"paul@example.com","Paul","","ML engineer","","participant","no","no"' in text
    answer = olga.get("/events/q4/people.csv?format=xlsx")
    assert answer.headers["Content-Disposition"] == "attachment; filename=q4-people.xlsx"
    assert answer.data.startswith(b"PK")


def test_the_page_needs_few_statements(app, stage, sign_in):
    olga, asked = sign_in(stage.olga), []
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert olga.get(PAGE).status_code == 200
    assert len([text for text in asked if text.startswith("SELECT")]) <= 12
