"""Credits live: whoever watches sees a posting at once, and only what is theirs."""

import pytest
from make import cents, make_team

from hackathon.credits.service import budgets, grants
from hackathon.people.access import load_actor
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.db import transaction
from hackathon.teams import service as teams
from hackathon.teams.models import Membership


@pytest.fixture
def owls(app, stage):
    """Paul's team and another, and a pool."""
    with app.app_context(), transaction() as session:
        owls, bees = (make_team(session, stage.event_id, name) for name in ("Owls", "Bees"))
        session.add(Membership(event_id=stage.event_id, team_id=owls.id, person_id=stage.paul.id))
        budgets.fund(session, COMMAND_LINE, event_id=stage.event_id, amount=cents(1000))
        return owls.id, bees.id


def watch(client):
    return client.emit("credits.watch", {"event": "q4"}, callback=True)


def pushes(client):
    return [row["args"][0] for row in client.get_received() if row["name"] == "credits.changed"]


def give(app, stage, team_id, amount):
    with app.app_context(), transaction() as session:
        grants.grant(
            session, COMMAND_LINE, event_id=stage.event_id, team_id=team_id,
            amount=cents(amount), reason="GPU",
        )  # fmt: skip


def test_a_grant_moves_the_bars_of_organizers_and_of_that_team_only(
    app, stage, owls, connect, tick
):
    olga, paul = connect(stage.olga), connect(stage.paul)
    whole, own = watch(olga), watch(paul)
    assert (whole["ok"], whole["version"]) == (True, 2)
    assert [row["id"] for row in whole["rows"]] == ["pool", owls[1], owls[0]]
    assert (own["version"], [row["id"] for row in own["rows"]]) == (0, [owls[0]])
    give(app, stage, owls[0], 200)
    tick()
    (seen,) = pushes(olga)
    assert (seen["base"], seen["version"]) == (2, 3)
    assert {row["id"] for row in seen["rows"]} == {"pool", owls[0]}
    assert seen["rows"][0]["pool_text"] == "$800.00"
    (mine,) = pushes(paul)
    assert (mine["base"], mine["version"]) == (0, 3)
    assert mine["rows"][0]["cents_left"] == "$200.00 left"
    give(app, stage, owls[1], 5)
    tick()
    assert len(pushes(olga)) == 1
    assert pushes(paul) == []


def test_who_has_no_team_and_who_cannot_see_the_event_are_refused(stage, owls, connect):
    assert watch(connect(stage.pia))["code"] == 403
    assert watch(connect(stage.judith))["code"] == 403
    unknown = connect(stage.olga).emit("credits.watch", {"event": "x"}, callback=True)
    assert unknown["code"] == 404


def test_who_leaves_the_team_hears_no_more(app, stage, owls, connect, tick):
    paul = connect(stage.paul)
    watch(paul)
    with app.app_context(), transaction() as session:
        actor = load_actor(session, stage.paul.id)
        teams.leave(session, actor, event_id=stage.event_id, team_id=owls[0])
    tick()
    assert not paul.is_connected()
