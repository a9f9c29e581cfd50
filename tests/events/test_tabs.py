"""The tabs of an event: by role and phase, none empty, the most needed in front on a phone."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from conftest import SATURDAY
from make import client_of, give_event_role

from hackathon.events.models import Event
from hackathon.events.rules import Audience
from hackathon.events.service import agenda, announcements, close_event, mark_revealed
from hackathon.people.access import load_actor
from hackathon.people.models import Person
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.db import transaction

MOMENTS = {
    "registration": datetime(2026, 11, 10, 9, 0, tzinfo=UTC),
    "hacking": SATURDAY,
    "judging": datetime(2026, 11, 22, 13, 0, tzinfo=UTC),
}

FRONT = {
    ("olga", "registration"): ["Overview", "People", "Teams", "Settings"],
    ("olga", "hacking"): ["Overview", "Teams", "Help", "Credits"],
    ("olga", "judging"): ["Overview", "People", "Projects", "Judging"],
    ("olga", "results"): ["Overview", "Judging", "Results", "Promote"],
    ("olga", "closed"): ["Overview", "Results", "Promote"],
    ("paul", "registration"): ["Overview", "People", "Teams", "Projects"],
    ("paul", "hacking"): ["Overview", "Teams", "Projects", "Credits"],
    ("paul", "judging"): ["Overview", "People", "Projects", "Results"],
    ("jonas", "hacking"): ["Overview", "People", "Teams", "Help", "Projects"],  # a mentor; all fit
}


class Tabs(HTMLParser):
    """The tabs of a page: those always there, and those below "More" on a phone."""

    def __init__(self, text):
        super().__init__()
        self.front, self.rest, self.below, self.place = [], [], [], None
        self.is_below = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        words = (dict(attributes).get("class") or "").split()
        if "tabs-rest" in words:
            self.is_below = True
        if tag == "a" and "tab" in words:
            kind = self.rest if "is-rest" in words else self.front
            self.place = self.below if self.is_below else kind

    def handle_data(self, text):
        if self.place is not None:
            self.place.append(text)

    def handle_endtag(self, tag):
        self.place = None if tag == "a" else self.place


def tabs_of(app, player, tail=""):
    answer = client_of(app, player).get(f"/events/q4{tail}")
    assert answer.status_code == 200
    return Tabs(answer.get_data(as_text=True))


def move_to(stage, clock, phase):
    if phase in MOMENTS:
        clock.set(MOMENTS[phase])
        return
    clock.set(MOMENTS["judging"])
    with transaction() as session:
        mark_revealed(session, COMMAND_LINE, event_id=stage.event_id)
    if phase == "closed":
        with transaction() as session:
            olga = load_actor(session, stage.olga.id)
            close_event(session, olga, event_id=stage.event_id, reason="It is over")


@pytest.mark.parametrize(("name", "phase"), FRONT)
def test_what_one_needs_most_is_in_front(app, stage, clock, name, phase):
    with app.app_context(), transaction() as session:
        jonas = session.get_one(Person, stage.jonas.id)
        give_event_role(session, jonas, session.get_one(Event, stage.event_id), "mentor")
    with app.app_context():
        move_to(stage, clock, phase)
    tabs = tabs_of(app, getattr(stage, name))
    assert tabs.front == FRONT[name, phase]
    assert tabs.below == tabs.rest  # a wide screen shows in the row what a phone shows below


def test_the_tab_one_is_on_is_always_in_front(app, stage):
    for tail, word in (("/import", "Import"), ("/agenda", "Agenda"), ("/people", "People")):
        assert word in tabs_of(app, stage.olga, tail).front
    assert "People" in tabs_of(app, stage.olga, "/cards").front  # a page below a tab


def test_where_all_fit_there_is_no_more(app, stage):
    tabs = tabs_of(app, stage.owen)
    assert (tabs.front, tabs.below) == (["Overview"], [])


def test_agenda_and_announcements_are_there_when_there_is_something_to_read(app, stage, clock):
    words = {"Agenda", "Announcements"}

    def seen_by(player):
        tabs = tabs_of(app, player)
        return words & {*tabs.front, *tabs.rest}

    assert seen_by(stage.olga) == words  # who writes them
    assert seen_by(stage.paul) == set()
    with app.app_context(), transaction() as session:
        olga = load_actor(session, stage.olga.id)
        lunch = agenda.Slot("Lunch", SATURDAY)
        agenda.add_item(session, olga, event_id=stage.event_id, slot=lunch)
        announcements.write_announcement(
            session, olga, event_id=stage.event_id,
            audience=Audience.PARTICIPANTS, text="Lunch is ready.",
        )  # fmt: skip
    assert seen_by(stage.paul) == words
    assert seen_by(stage.owen) == {"Agenda"}  # nothing was announced to him
    clock.set(MOMENTS["judging"] + timedelta(days=3))
    assert "Announcements" in seen_by(stage.paul)  # no banner any more, still to be read
