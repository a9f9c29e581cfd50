"""A screen shows a short code; an organizer confirms it; that screen alone becomes a projector."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from make import client_of
from panel import do

from hackathon.judging import rules
from hackathon.judging.models import StageToken, WaitingScreen
from hackathon.judging.queries.stage import round_of_key, waiting_screen
from hackathon.judging.service import pairing, stage
from hackathon.shared import live
from hackathon.shared.db import reading
from hackathon.shared.errors import Invalid, NotAllowed, NotFound, TooMany
from hackathon.shared.facts import facts_of
from hackathon.shared.sessions import digest
from hackathon.shared.web import act


def ask():
    return act(pairing.ask_code)


def confirm(panel, code, player=None, **more):
    place = panel.place | more
    do(pairing.confirm_screen, player or panel.cast.olga, **place, code=code)


def opens(panel, asked):
    reading().rollback()
    return round_of_key(reading(), digest(asked.key)) == panel.round_id


def count(model):
    reading().rollback()
    return reading().scalar(sa.select(sa.func.count(model.id)))


# --- the code ---------------------------------------------------------------------------


def test_a_code_has_six_signs_that_nobody_mistakes():
    assert not set(rules.make_code()) & set("0OQ1IL2Z5S8B6GUV") - set("GQV")
    assert len({rules.make_code() for _ in range(100)}) == 100
    assert rules.code_text("ACD347") == "ACD 347"


@pytest.mark.parametrize("typed", ["acd347", " ACD 347 ", "Acd-347", "a c d 3 4 7"])
def test_a_code_is_read_as_people_type_it(typed):
    assert rules.fold_code(typed) == "ACD347"


@pytest.mark.parametrize("typed", ["", "ACD34", "ACD3477", "ACD34O", "ACD34%", "\u0410CD347"])
def test_what_cannot_be_a_code_is_said(typed):
    with pytest.raises(Invalid, match="such as ACD 347"):
        rules.fold_code(typed)


# --- the service, on both databases -----------------------------------------------------


def test_a_confirmed_screen_holds_a_key_that_nobody_else_ever_saw(panel):
    asked = ask()
    assert not opens(panel, asked)
    confirm(panel, asked.code.lower())
    assert opens(panel, asked)
    stored = reading().scalars(sa.select(StageToken)).one()
    assert (stored.token_hash, stored.made_by_id) == (digest(asked.key), panel.cast.olga.id)
    fact = facts_of(reading(), f"judging:{panel.round_id}")[-1]
    assert (fact.kind, fact.values) == ("stage.made", {"key": stored.id})


def test_of_two_screens_the_one_whose_code_is_typed_becomes_the_projector(panel):
    first, second = ask(), ask()
    assert first.code != second.code
    confirm(panel, second.code)
    assert (opens(panel, first), opens(panel, second)) == (False, True)


def test_a_code_is_used_once(panel):
    asked = ask()
    confirm(panel, asked.code)
    with pytest.raises(Invalid, match="No screen shows this code now"):
        confirm(panel, asked.code)
    assert (count(StageToken), count(WaitingScreen)) == (1, 0)


def test_of_two_organizers_who_confirm_at_once_one_does(database, panel, race):
    asked = ask()
    jobs = [
        lambda: confirm(panel, asked.code),
        lambda: confirm(panel, asked.code, panel.cast.lena),
    ]
    answers, refusals = race(database, jobs)
    assert (answers, refusals) == ([None], ["no_such_code"])
    assert count(StageToken) == 1


def test_screens_that_ask_at_once_get_different_codes(database, panel, race):
    answers, refusals = race(database, [ask] * 6)
    assert refusals == []
    assert len({asked.code for asked in answers}) == count(WaitingScreen) == 6


def test_a_code_runs_out_after_ten_minutes(panel, clock):
    asked = ask()
    clock.forward(timedelta(minutes=10, seconds=-1))
    assert waiting_screen(reading(), digest(asked.key)) is not None
    clock.forward(timedelta(seconds=1))
    assert waiting_screen(reading(), digest(asked.key)) is None
    with pytest.raises(Invalid, match="older than ten minutes"):
        confirm(panel, asked.code)
    ask()
    assert count(WaitingScreen) == 1  # what ran out is gone


def test_only_organizers_confirm_and_only_in_their_event(panel):
    asked = ask()
    for player in (panel.cast.paul, panel.cast.judith, panel.cast.rita):
        with pytest.raises(NotAllowed):
            confirm(panel, asked.code, player)
    with pytest.raises(NotFound, match="no such round"):
        confirm(panel, asked.code, round_id=999)
    assert (count(StageToken), count(WaitingScreen)) == (0, 1)


def test_not_more_than_a_hundred_screens_wait(panel, monkeypatch):
    monkeypatch.setattr(pairing, "MOST_WAITING", 2)
    ask()
    ask()
    with pytest.raises(TooMany):
        ask()
    assert count(WaitingScreen) == 2


def test_a_paired_screen_can_be_revoked_like_any_other(panel):
    asked = ask()
    confirm(panel, asked.code)
    do(stage.revoke_key, panel.cast.olga, **panel.place, key_id=1)
    assert not opens(panel, asked)


# --- the pages --------------------------------------------------------------------------


def text_of(answer):
    return answer.get_data(as_text=True)


def code_on(answer):
    found = re.search(r'class="title code">([^<]+)<', text_of(answer))
    return found and found[1]


def screens(room):
    return f"/events/q4/judging/{room.round_id}/screens"


def stage_of(room):
    return f"/events/q4/judging/{room.round_id}/stage"


def state(screen):
    return screen.get("/screen/state").get_json()["state"]


@pytest.fixture
def olga(room, sign_in):
    """The organizer's browser."""
    return sign_in(room.cast.olga)


@pytest.fixture
def waiting(app, room):
    """A browser at which nobody is signed in, with a code on it."""
    screen = client_of(app, None)
    assert screen.post("/screen").status_code == 303
    return screen


def test_a_screen_asks_waits_and_goes_on_as_the_projector(app, room, olga):
    screen = client_of(app, None)
    first = screen.get("/screen")
    assert (code_on(first), state(screen)) == (None, "over")
    with app.app_context():
        assert count(WaitingScreen) == 0  # a look writes nothing
    screen.post("/screen")
    code = code_on(screen.get("/screen"))
    assert re.fullmatch(r"[A-Z3479]{3} [A-Z3479]{3}", code)
    assert (code_on(screen.get("/screen")), state(screen)) == (code, "waiting")
    assert screen.get(stage_of(room)).status_code == 302  # still nobody
    answer = olga.post(f"{screens(room)}/confirm", data={"code": code}, follow_redirects=True)
    assert "That screen shows the projector now." in text_of(answer)
    assert state(screen) == "ready"
    moved = screen.get("/screen")
    assert (moved.status_code, moved.location) == (303, stage_of(room))
    assert "Judging is open" in text_of(screen.get(moved.location))
    again = screen.post("/screen")  # a projector stays one
    assert again.status_code == 303
    assert screen.get(stage_of(room)).status_code == 200


def test_the_key_is_in_no_address_and_in_no_page(app, room, olga, waiting):
    cookie = waiting.get_cookie(app.session_interface.stage_cookie)
    assert len(cookie.value) >= 32
    assert cookie.http_only
    for page in (waiting.get("/screen"), waiting.get("/screen/state"), olga.get(screens(room))):
        assert cookie.value not in text_of(page)
        assert page.headers["Cache-Control"] == "no-store"


def test_a_second_click_shows_the_same_code(waiting):
    code = code_on(waiting.get("/screen"))
    waiting.post("/screen")
    assert code_on(waiting.get("/screen")) == code


def test_another_screen_gets_nothing_from_a_code_it_only_read(app, room, olga, waiting):
    other = client_of(app, None)
    other.post("/screen")
    code = code_on(waiting.get("/screen"))
    olga.post(f"{screens(room)}/confirm", data={"code": code})
    other.set_cookie(app.session_interface.stage_cookie, code.replace(" ", ""))
    assert state(other) == "over"
    assert other.get(stage_of(room)).status_code == 302
    assert other.get(f"{stage_of(room)}?stage={code}").status_code in {302, 303}
    assert other.get(stage_of(room)).status_code == 302


def test_a_key_that_a_browser_made_up_is_never_kept(app, waiting):
    made_up = client_of(app, None)
    made_up.set_cookie(app.session_interface.stage_cookie, "x" * 32)
    made_up.post("/screen")
    assert made_up.get_cookie(app.session_interface.stage_cookie).value != "x" * 32


def test_a_page_of_another_site_asks_for_no_code(app, room):
    assert client_of(app, None).post("/screen", csrf=False).status_code == 400
    with app.app_context():
        assert count(WaitingScreen) == 0


def test_one_address_gets_ten_codes_in_ten_minutes(app, room):
    for _ in range(10):
        assert client_of(app, None).post("/screen").status_code == 303
    refused = client_of(app, None).post("/screen")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "600")
    with app.app_context():
        assert count(WaitingScreen) == 10


def test_guessing_ends_after_ten_wrong_codes(app, room, olga, waiting):
    code = code_on(waiting.get("/screen"))
    wrong = "AAAAAA" if code != "AAA AAA" else "CCCCCC"
    for _ in range(10):
        refused = olga.post(f"{screens(room)}/confirm", data={"code": wrong})
        assert (refused.status_code, "No screen shows this code" in text_of(refused)) == (422, True)
    assert olga.post(f"{screens(room)}/confirm", data={"code": code}).status_code == 429
    assert state(waiting) == "waiting"


def test_what_was_typed_stays_with_the_reason(room, olga):
    page = text_of(olga.post(f"{screens(room)}/confirm", data={"code": "ACD34O"}))
    assert 'value="ACD34O"' in page
    assert "such as ACD 347" in page


def test_a_revoked_screen_goes_dark_and_may_ask_anew(app, room, olga, waiting, tick):
    old = code_on(waiting.get("/screen"))
    olga.post(f"{screens(room)}/confirm", data={"code": old})
    projector = live.socketio.test_client(app, flask_test_client=waiting)
    assert projector.is_connected()
    olga.post(f"{screens(room)}/1/revoke")
    tick()
    assert not projector.is_connected()
    assert waiting.get(stage_of(room)).status_code == 302
    assert (state(waiting), code_on(waiting.get("/screen"))) == ("over", None)
    waiting.post("/screen")
    assert code_on(waiting.get("/screen")) not in {None, old}


def test_the_way_by_an_address_stays(app, room, olga):
    page = text_of(olga.post(screens(room)))
    address = re.search(r'id="link" readonly value="http://[^/]+([^"]+)"', page)[1]
    screen = client_of(app, None)
    assert "Judging is open" in text_of(screen.get(address, follow_redirects=True))
