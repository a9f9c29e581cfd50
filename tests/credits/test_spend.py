"""Readings and charges: spend is a fact, counted once, and as fresh as it is."""

from datetime import timedelta

import pytest
from make import cents
from treasury import bill, board, do, give, line, see

from hackathon.credits.queries.ledger import wrong_balances
from hackathon.credits.queries.lines import team_line
from hackathon.credits.service import spend
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Invalid, NotFound
from hackathon.teams.models import Team


def test_edge_53_no_data_is_not_zero_and_a_reading_of_zero_is(cast, funded, clock):
    give(cast, funded[0], 100)
    before = line(cast, funded[0])
    assert (before.is_known, before.as_json()["used"]) == (False, None)
    assert before.as_json()["share"] == "no data yet; $100 granted"
    see(cast, funded[0], 0, clock.moment)
    after = line(cast, funded[0])
    assert (after.is_known, after.as_json()["share"]) == (True, "$0 of $100")


def test_a_reading_is_superseded_by_a_newer_one_whenever_it_arrives(cast, funded, clock):
    give(cast, funded[0], 100)
    hour = timedelta(hours=1)
    see(cast, funded[0], 30, clock.moment - hour)
    see(cast, funded[0], 20, clock.moment - 2 * hour)
    see(cast, funded[0], 5, clock.moment - 3 * hour, source="Azure")
    found = line(cast, funded[0])
    assert (found.used, found.rest) == (cents(35), cents(65))
    assert found.fresh.through == clock.moment - hour
    assert found.balances.spent == 0


def test_a_final_charge_ends_the_readings_of_its_source_and_nothing_counts_twice(
    cast, funded, clock
):
    give(cast, funded[0], 100)
    see(cast, funded[0], 60, clock.moment - timedelta(hours=1))
    bill(cast, funded[0], 55, clock, source="aws")
    found = line(cast, funded[0])
    assert (found.used, found.fresh.read, found.fresh.is_final) == (cents(55), 0, True)
    clock.forward(timedelta(hours=2))
    see(cast, funded[0], 70, clock.moment)
    assert line(cast, funded[0]).used == cents(70)
    assert line(cast, funded[0]).fresh.is_final is False


def test_edge_45_spend_above_the_grant_is_booked_as_overrun_and_never_refused(cast, funded, clock):
    give(cast, funded[0], 100)
    bill(cast, funded[0], 130, clock)
    found = line(cast, funded[0])
    assert found.balances.available == 0
    assert found.balances.overrun == cents(-30)
    assert (found.rest, found.bar, found.as_json()["left"]) == (cents(-30), 100, "$30 over")
    assert wrong_balances(reading()) == []


def test_edge_46_a_later_grant_repays_the_overrun_first(cast, funded, clock):
    bill(cast, funded[0], 30, clock)
    give(cast, funded[0], 20)
    assert line(cast, funded[0]).balances.overrun == cents(-10)
    give(cast, funded[0], 20)
    found = line(cast, funded[0]).balances
    assert (found.overrun, found.available, found.granted) == (0, cents(10), cents(40))


def test_edge_36_late_spend_still_reaches_an_archived_team(cast, funded, clock):
    with transaction() as session:
        session.get_one(Team, funded[0]).archived_at = clock.moment
    bill(cast, funded[0], 5, clock)
    see(cast, funded[0], 9, clock.moment, source="Azure")
    assert [row.name for row in board(cast.event_id).rows] == ["Bees", "Owls"]


@pytest.mark.parametrize(
    ("more", "field"),
    [({"source": " "}, "source"), ({"source": "x" * 81}, "source"), ({"amount": 0}, "amount")],
)
def test_a_charge_that_cannot_be_is_refused(cast, funded, clock, more, field):
    with pytest.raises(Invalid) as refused:
        do(
            spend.record_charge, cast.olga, event_id=cast.event_id, team_id=funded[0],
            **{"source": "AWS", "amount": cents(5), "through": clock.moment} | more,
        )  # fmt: skip
    assert refused.value.field == field


def test_nobody_has_seen_the_future(cast, funded, clock):
    ahead = clock.moment + timedelta(seconds=1)
    with pytest.raises(Invalid, match="not come yet"):
        see(cast, funded[0], 5, ahead)
    with pytest.raises(Invalid, match="not come yet"):
        bill(cast, funded[0], 5, clock, through=ahead)
    with pytest.raises(Invalid, match="between 0"):
        see(cast, funded[0], -0.01, clock.moment)


def test_a_figure_older_than_bills_take_is_stale_unless_it_is_final(cast, funded, clock):
    see(cast, funded[0], 5, clock.moment)
    bill(cast, funded[1], 5, clock)
    clock.forward(timedelta(hours=36))
    assert not line(cast, funded[0]).is_stale
    clock.forward(timedelta(seconds=1))
    assert line(cast, funded[0]).is_stale
    assert not line(cast, funded[1]).is_stale


def test_a_team_of_another_event_has_no_line(cast, funded):
    with pytest.raises(NotFound):
        team_line(reading(), cast.other_event_id, funded[0])
