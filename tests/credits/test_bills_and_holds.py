"""Bills meet holds, captures, closed credits, levels and forecasts."""

import pytest
import sqlalchemy as sa
from bills import bring, focus, map_to
from make import cents
from treasury import board, capture, give, hold, line, see, set_state, token

from hackathon.credits.models import Crossing, Hold
from hackathon.credits.queries.forecast import forecasts_of
from hackathon.credits.queries.ledger import wrong_balances
from hackathon.credits.queries.statements import statement_of
from hackathon.events.models import Event
from hackathon.office.queries import differences
from hackathon.shared.db import reading
from hackathon.shared.errors import Conflict


@pytest.fixture
def owls(cast, funded, tmp_path):
    """Owls with $100 and a token; their account is known to the source AWS, which billed $10."""
    give(cast, funded[0], 100)
    bring(tmp_path, focus({}))
    map_to(cast, funded[0])
    return funded[0], token(cast, funded[0])[0]


def usage(amount, day=20, **more):
    """A bill of one row that reaches through that day of November."""
    moment = f"2026-11-{day}T10:00:00Z"
    return focus(
        {"BilledCost": str(amount), "ChargePeriodStart": moment, "ChargePeriodEnd": ""} | more
    )


def parts(cast, team_id):
    """available, held, spent, overrun in dollars; everything fits."""
    found = line(cast, team_id).balances
    assert differences(reading()) == []
    return tuple(x / 10**6 for x in (found.available, found.held, found.spent, found.overrun))


def state(found):
    return reading().scalar(sa.select(Hold.state).where(Hold.id == found.id))


def test_a_bill_never_takes_what_is_held_by_others(cast, owls, tmp_path):
    held, _ = hold(owls[1], 30, source="Azure")
    bring(tmp_path, usage(90))
    assert parts(cast, owls[0]) == (0, 30, 90, -20)
    assert state(held) == "open"
    bring(tmp_path, usage(75))
    assert parts(cast, owls[0]) == (0, 30, 75, -5)
    bring(tmp_path, usage(60))
    assert parts(cast, owls[0]) == (10, 30, 60, 0)


def test_a_bill_ends_the_holds_it_pays_for_the_oldest_first(cast, owls, tmp_path, clock):
    first, _ = hold(owls[1], 20)
    second, _ = hold(owls[1], 20, key="b")
    day = clock.moment.date().isoformat()
    bring(tmp_path, usage(40, BillingPeriodStart=f"{day[:7]}-01T00:00:00Z",
        ChargePeriodStart=f"{day}T23:00:00Z"))  # fmt: skip
    assert [state(first), state(second)] == ["expired", "open"]
    assert wrong_balances(reading()) == []


def test_a_bill_for_what_was_held_reaches_only_what_is_spent(cast, owls, tmp_path):
    hold(owls[1], 45)
    bring(tmp_path, usage(55, day=30, ChargePeriodEnd="2026-11-30T11:00:00Z"))
    query = sa.select(Crossing.basis, Crossing.threshold)
    assert [tuple(row) for row in reading().execute(query)] == [("spent", 5000)]
    assert parts(cast, owls[0]) == (45, 0, 55, 0)


def test_captures_are_spend_beside_what_is_billed(cast, owls, tmp_path):
    made, _ = hold(owls[1], 20, source="Azure")
    capture(owls[1], made.id, 15)
    bring(tmp_path, usage(30))
    assert parts(cast, owls[0]) == (55, 0, 45, 0)
    assert line(cast, owls[0]).used == cents(45)


def test_after_closing_the_pool_pays_bills_and_gets_what_they_take_back(cast, owls, tmp_path):
    set_state(cast, owls[0], "closed")
    assert board(cast.event_id).pool == cents(990)
    bring(tmp_path, usage(25))
    assert parts(cast, owls[0]) == (0, 0, 25, 0)
    assert board(cast.event_id).pool == cents(975)
    bring(tmp_path, usage(5))
    assert parts(cast, owls[0]) == (0, 0, 5, 0)
    assert board(cast.event_id).pool == cents(995)
    with pytest.raises(Conflict, match="closed"):
        give(cast, owls[0], 1)


def test_a_bill_that_reaches_a_level_is_told_once(cast, owls, tmp_path):
    bring(tmp_path, usage(60))
    bring(tmp_path, usage(40))
    bring(tmp_path, usage(60))
    query = sa.select(Crossing.threshold).where(Crossing.basis == "spent")
    assert reading().scalars(query).all() == [5000]


def test_board_statement_and_forecast_agree_on_refunds_and_superseded_readings(
    cast, owls, tmp_path, clock
):
    see(cast, owls[0], 70, clock.moment)
    bring(tmp_path, usage(50, day=28))
    bring(tmp_path, usage(20, day=28))
    event = reading().get(Event, cast.event_id)
    (found,) = [row for row in forecasts_of(reading(), event) if row.line.team_id == owls[0]]
    said = statement_of(reading(), event, owls[0])
    assert found.line.used == said.line.used == cents(20)
    assert found.found.points[-1].used == said.forecast.points[-1].used == cents(20)
    refunds = [row for row in said.entries if row.word == "Refunded"]
    assert [(row.change, row.can_be_reversed) for row in refunds] == [(cents(30), False)]
