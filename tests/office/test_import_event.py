"""An event from its own export."""

import json

import pytest
from panel import set_panel

from hackathon.events.models import Event
from hackathon.events.queries import phase_of
from hackathon.events.rules import Phase
from hackathon.events.service.agenda import Slot, add_item
from hackathon.judging.models import Mark
from hackathon.office.rules.event_file import read_event
from hackathon.office.service.exports import event_json
from hackathon.office.service.imports.event import import_event
from hackathon.people.access import load_actor
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import NotAllowed


@pytest.fixture
def exported(cast, clock):
    """The event of the cast in judging, as its export says it."""
    set_panel(cast, clock)
    with transaction() as session:
        olga, lunch = load_actor(session, cast.olga.id), Slot("Lunch", clock.moment, None, "Hall")
        add_item(session, olga, event_id=cast.event_id, slot=lunch)
    return event_json(reading(), reading().get(Event, cast.event_id))


def bring(setup, by=None):
    given = read_event(json.dumps(setup, default=str).encode())
    assert not isinstance(given, list), given
    with transaction() as session:
        actor = load_actor(session, by.id) if by else COMMAND_LINE
        return import_event(session, actor, given=given)


def event_at(slug):
    return reading().query(Event).filter_by(slug=slug).one()


def test_set_up_teams_and_projects_come_again_and_nothing_else(exported):
    exported["event"]["slug"] = "again"
    outcome = bring(exported)
    assert [str(problem) for problem in outcome.errors] == []
    made = event_at("again")
    assert phase_of(reading(), made) is Phase.DRAFT
    second = event_json(reading(), made)
    for team in exported["teams"]:  # somebody leads every team that has members
        team["captain"] = team["captain"] or next((m["email"] for m in team["members"]), "")
    for part in ("challenges", "agenda", "teams", "projects", "rounds"):
        assert second[part] == exported[part], part
    same = ("name", "starts_at", "ends_at", "zone", "terms", "team_max", "quarter")
    assert [second["event"][name] for name in same] == [exported["event"][name] for name in same]
    assert second["event"]["published_at"] is None
    assert reading().query(Mark).count() == 0


def test_the_address_that_is_taken_is_refused(exported):
    (problem,) = bring(exported).errors
    assert str(problem) == "line 1, column event: There is already an event at q4."


def test_only_program_leads_bring_events(cast, exported):
    exported["event"]["slug"] = "again"
    with pytest.raises(NotAllowed, match="Only program leads"):
        bring(exported, by=cast.olga)
    assert bring(exported, by=cast.lena).errors == []


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda setup: setup["projects"][0].update(team="Nobody"), "projects.0"),
        (lambda setup: setup["projects"][0].update(challenge="None"), "projects.0"),
        (lambda setup: setup["projects"][0]["card"].update(repo_url="ftp://x"), "projects.0"),
        (lambda setup: setup["teams"].append({"name": setup["teams"][0]["name"]}), "teams.3"),
        (lambda setup: setup["teams"][0].update(capacity=99), "teams.0"),
        (lambda setup: setup["teams"][0]["members"].append({"email": "x"}), "teams.0"),
        (lambda setup: setup["rounds"][0].update(criteria=[]), "rounds.0"),
        (lambda setup: setup["rounds"][0].update(mode="duel"), "rounds.0"),
        (lambda setup: setup["challenges"].append({"title": ""}), "challenges.0"),
        (lambda setup: setup["agenda"][0].update(title=" "), "agenda.0"),
        (lambda setup: setup["event"].update(zone="Middle/Earth"), "event"),
    ],
    ids=map(str, range(11)),
)
def test_what_is_wrong_is_named_by_its_place(exported, change, where):
    exported["event"]["slug"] = "again"
    change(exported)
    assert where in [problem.column for problem in bring(exported).errors]


@pytest.mark.parametrize(
    ("data", "column"),
    [
        (b"{", None),
        (b"[]", None),
        (b'{"format": 1}', "event"),
        (
            b'{"format": 2, "event": {"slug": "a", "name": "A", "zone": "UTC", "starts_at": "2030-01-01T00:00Z", "ends_at": "2030-01-02T00:00Z"}}',
            "format",
        ),
        (
            b'{"format": 1, "event": {"slug": "a", "name": "A", "zone": "UTC", "starts_at": "2030-01-01T00:00", "ends_at": "2030-01-02T00:00Z"}}',
            "event.starts_at",
        ),
        (
            b'{"format": 1, "event": {"slug": "a", "name": "A", "zone": "UTC", "starts_at": "2030-01-01T00:00Z", "ends_at": "2030-01-02T00:00Z"}, "agenda": [{"title": "Lunch", "starts_at": "2030-01-01T12:00"}]}',
            "agenda.0",
        ),
        (b" " * 20_000_001, None),
    ],
)
def test_what_is_no_event_is_refused(data, column):
    assert column in [problem.column for problem in read_event(data)]


def test_cards_that_were_not_submitted_are_left_out(exported):
    exported["event"]["slug"] = "again"
    exported["projects"][0]["status"] = "withdrawn"
    outcome = bring(exported)
    assert [str(warning) for warning in outcome.warnings] == [
        "line 1, column projects.0: Withdrawn: the card was left out."
    ]
    assert len(event_json(reading(), event_at("again"))["projects"]) == 2
