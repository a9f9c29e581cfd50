"""Planning and the next visit through the pages and over the line."""

import re
import uuid
from datetime import timedelta

import pytest
from icalendar import Calendar

from hackathon.judging.models import Round
from hackathon.judging.rules import Mode
from hackathon.shared.clock import now
from hackathon.shared.web import act


def page_of(answer):
    return answer.get_data(as_text=True)


@pytest.fixture
def hall(app, room):
    """A round of visits that is open, one judge a project, nothing planned."""

    def work(session):
        found = session.get_one(Round, room.round_id)
        found.mode = Mode.VISITS
        found.wanted = 1
        session.execute(Round.__table__.metadata.tables["visits"].delete())

    with app.app_context():
        act(work)
    return room


@pytest.fixture
def base(hall):
    return f"/events/q4/judging/{hall.round_id}"


def wishes(**more):
    return {"wanted": "2", "minutes": "7", "starts": "2026-11-22T14:00", "places": ""} | more


def stamp_of(page):
    return re.search(r'name="stamp" value="(\w+)"', page).group(1)


def applied(olga, base, **more):
    form = wishes(**more)
    form["stamp"] = stamp_of(page_of(olga.get(f"{base}/plan", query_string=form)))
    return olga.post(f"{base}/plan", data=form)


def test_a_plan_is_looked_at_applied_and_printed(hall, base, sign_in):
    olga = sign_in(hall.cast.olga)
    page = page_of(olga.get(f"{base}/plan", query_string=wishes(places="Hall A 1\nHall A 2")))
    assert "6 visits in 3 turns" in page
    assert "ranked together" in page
    assert "0 of 0 done" in page_of(sign_in(hall.cast.judith).get(f"{base}/list"))
    assert applied(olga, base, places="Hall A 1\nHall A 2").status_code == 303
    table = page_of(olga.get(f"{base}/timetable"))
    assert "Hall A 1" in table
    assert "Judith" in table
    mine = page_of(sign_in(hall.cast.judith).get(f"{base}/list"))
    assert "0 of 3 done" in mine
    assert "Hall A 2" in mine


def test_a_plan_that_is_out_of_date_is_shown_again_and_not_applied(hall, base, sign_in):
    olga = sign_in(hall.cast.olga)
    answer = olga.post(f"{base}/plan", data=wishes(stamp="old"))
    assert answer.status_code == 409
    assert "look at the new plan" in page_of(answer)
    assert olga.post(f"{base}/plan", data=wishes(wanted="x", stamp="old")).status_code == 422
    assert olga.post(f"{base}/plan", data=wishes(starts="soon", stamp="old")).status_code == 422
    assert "Give a date" in page_of(olga.get(f"{base}/plan", query_string=wishes(starts="soon")))


def test_what_cannot_be_planned_is_said(app, hall, base, sign_in):
    olga = sign_in(hall.cast.olga)
    page = page_of(olga.get(f"{base}/plan", query_string=wishes(wanted="3")))
    assert "Not enough judges" in page
    assert "Bees at work</bdi>: 1 missing" in page
    with app.app_context():
        hall.move("freeze")
    assert "Judging is closed" in page_of(olga.get(f"{base}/plan"))


def test_pitches_are_advised_for_few_projects(app, room, sign_in):
    page = page_of(sign_in(room.cast.olga).get(f"/events/q4/judging/{room.round_id}/plan"))
    assert "Let everyone see everyone" in page
    assert "nothing to plan" in page


def test_a_judge_takes_the_own_times_along_and_nobody_elses(hall, base, sign_in):
    olga, judith = sign_in(hall.cast.olga), sign_in(hall.cast.judith)
    assert "No visits yet" in page_of(olga.get(f"{base}/timetable"))
    applied(olga, base)
    answer = judith.get(f"{base}/timetable/{hall.seats['judith']}.ics")
    entries = Calendar.from_ical(answer.data).walk("VEVENT")
    assert len(entries) == 3
    assert {str(entry["LOCATION"]) for entry in entries} == {"Table 1", "Table 2", "Table 3"}
    assert str(entries[0]["DTSTART"].dt) == "2026-11-22 13:00:00+00:00"  # 14:00 in the event's zone
    other = f"{base}/timetable/{hall.seats['jonas']}.ics"
    assert judith.get(other).status_code == 404
    assert olga.get(other).status_code == 200
    assert olga.get(f"{base}/timetable/999.ics").status_code == 404


def test_next_and_not_now_work_without_a_script(hall, base, sign_in):
    judith = sign_in(hall.cast.judith)
    form = {"once": "first"}
    first = judith.post(f"{base}/next", data=form)
    assert first.location.endswith(f"/projects/{hall.projects['bees']}")
    assert judith.post(f"{base}/next", data=form).location == first.location
    sheet = page_of(judith.get(first.location))
    release = re.search(r'action="([^"]+/release)"', sheet).group(1)
    assert judith.post(release, data={"reason": "bored"}).status_code == 422
    assert judith.post(release, data={"reason": "absent"}).status_code == 303
    for team in ("foxes", "owls"):
        assert judith.post(f"{base}/next").location.endswith(str(hall.projects[team]))
        page = page_of(judith.get(f"{base}/projects/{hall.projects[team]}"))
        judith.post(re.search(r'action="([^"]+/release)"', page).group(1), data={"reason": "busy"})
    assert judith.post(f"{base}/next").location.endswith("/list")
    assert "Ask again in a few minutes" in page_of(judith.get(f"{base}/list"))


def ask(client, name, payload):
    return client.emit(name, payload, callback=True)


def test_next_and_release_over_the_line(hall, connect):
    judith = connect(hall.cast.judith)
    payload = {"round": hall.round_id, "key": uuid.uuid4().hex}
    answer = ask(judith, "judging.next", payload)
    assert (answer["ok"], answer["visit"]["title"]) == (True, "Bees at work")
    assert ask(judith, "judging.next", payload) == answer
    given = {"visit": answer["visit"]["id"], "key": uuid.uuid4().hex, "reason": "busy"}
    assert ask(judith, "judging.release", given)["visit"]["status"] == "released"
    assert ask(judith, "judging.release", given)["ok"]
    assert ask(judith, "judging.next", payload)["visit"]["status"] == "released"
    again = ask(judith, "judging.next", {**payload, "key": uuid.uuid4().hex})
    assert again["visit"]["title"] == "Foxes at work"
    assert ask(judith, "judging.release", {**given, "reason": "bored"})["error"] == "reason"
    assert ask(judith, "judging.release", {**given, "key": "x"})["error"] == "key"
    paul = connect(hall.cast.paul)
    assert ask(paul, "judging.next", payload)["code"] == 403
    assert ask(paul, "judging.release", given)["code"] == 403


def test_there_is_a_word_when_nothing_is_left(app, hall, connect):
    with app.app_context():
        hall.move("pause", "Lunch")
    payload = {"round": hall.round_id, "key": uuid.uuid4().hex}
    answer = ask(connect(hall.cast.judith), "judging.next", payload)
    assert (answer["ok"], answer["none"]) == (True, "paused")


def test_a_second_device_is_told_of_until_it_is_gone(hall, connect, clock):
    hello = {"round": hall.round_id, "after": 0}
    first = connect(hall.cast.judith)
    assert "elsewhere" not in ask(first, "judging.hello", hello)
    assert "elsewhere" not in ask(first, "judging.hello", hello)
    second = connect(hall.cast.judith)
    for _ in range(2):
        assert ask(second, "judging.hello", hello)["elsewhere"]
    assert ask(first, "judging.hello", hello)["elsewhere"]
    clock.set(now() + timedelta(seconds=71))
    assert "elsewhere" not in ask(first, "judging.hello", hello)


def test_an_applied_plan_is_told_to_the_phones(app, hall, base, connect, sign_in, tick):
    judith = connect(hall.cast.judith)
    ask(judith, "judging.hello", {"round": hall.round_id, "after": 0})
    tick()
    judith.get_received()
    applied(sign_in(hall.cast.olga), base)
    tick()
    told = [given["args"][0] for given in judith.get_received() if given["name"] == "judging.state"]
    assert [row.get("again") for row in told] == ["plan.applied"]
