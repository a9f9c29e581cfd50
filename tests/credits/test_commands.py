"""Credits on the command line."""

import json

import pytest
from click.testing import CliRunner
from make import make_team

from hackathon.credits.commands import credits_
from hackathon.events.models import Event
from hackathon.office.commands import events, verify
from hackathon.shared.db import transaction

EVENT = (
    "add", "new", "--name", "New", "--starts", "2026-12-04T09:00", "--ends", "2026-12-06T17:00",
    "--zone", "Europe/Berlin",
)  # fmt: skip


@pytest.fixture
def run(app, stage):
    """Run a command in the application of the stage."""

    def call(group, *arguments):
        with app.app_context():
            return CliRunner().invoke(group, arguments)

    return call


@pytest.fixture
def owls(app, stage):
    """A team named Owls."""
    with app.app_context(), transaction() as session:
        return make_team(session, stage.event_id, "Owls").id


def test_an_event_is_added_with_its_pool_and_a_team_is_granted_credits(run, owls, app):
    done = run(events, *EVENT, "--budget", "3000")
    assert (done.exit_code, done.output) == (0, "Added new in 2026-Q4, in draft.\n")
    with app.app_context(), transaction() as session:
        event = session.query(Event).filter_by(slug="new").one()
        make_team(session, event.id, "Bees")
    granted = run(credits_, "grant", "new", " bEES ", "49.50", "--reason", "GPU hours")
    assert (granted.exit_code, granted.output) == (0, "Bees has $49.50 more.\n")
    board = json.loads(run(credits_, "board", "new", "--json").output)
    assert (board["quarter"], board["budget"], board["pool"]) == ("2026-Q4", "3000", "2950.5")
    assert board["teams"] == [
        {"team": "Bees", "granted": "49.5", "used": None, "left": "49.5", "data_through": None}
    ]
    assert "$3,000.00 of $3,000.00 in pools" in run(credits_, "board", "new").output
    assert "no data yet" in run(credits_, "board", "new").output
    assert run(verify).output == "Everything fits.\n"


def test_more_than_the_rest_of_the_quarter_adds_no_event(run):
    assert run(events, *EVENT, "--budget", "3000").exit_code == 0
    again = run(events, "add", "newer", *EVENT[2:], "--budget", "1")
    assert (again.exit_code, "Only $0.00 of the quarter" in again.output) == (1, True)
    assert "no such event" in run(credits_, "board", "newer").output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("q4", "Nobody", "5"), "no team named Nobody"),
        (("q4", "Owls", "5"), "Only $0.00 is left in the pool"),
        (("q4", "Owls", "5.001"), "whole cents"),
        (("nowhere", "Owls", "5"), "no such event"),
    ],
)
def test_what_is_refused_is_exit_code_1(run, owls, arguments, said):
    done = run(credits_, "grant", *arguments, "--reason", "GPU hours")
    assert (done.exit_code, said in done.output) == (1, True)
