"""A quarter's budget funds the pools of its events, and no more."""

import pytest
from make import cents, make_event
from treasury import board, do

from hackathon.credits.queries.ledger import wrong_balances
from hackathon.credits.service import budgets
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, NotAllowed


def test_a_budget_funds_the_pools_of_its_events_and_no_more(cast, funded):
    do(budgets.fund, cast.rita, event_id=cast.other_event_id, amount=cents(1500))
    with pytest.raises(Conflict, match=r"Only \$500\.00 of the quarter's budget is left"):
        do(budgets.fund, cast.olga, event_id=cast.event_id, amount=cents(500.01))
    do(budgets.fund, cast.olga, event_id=cast.event_id, amount=cents(500))
    shown = board(cast.event_id)
    assert (shown.budget, shown.in_pools, shown.quarter_rest) == (cents(3000), cents(3000), 0)
    assert (shown.pool, shown.funded) == (cents(1500), cents(1500))
    assert wrong_balances(reading()) == []


def test_a_quarter_without_a_budget_gets_the_sum_of_the_first_funding(cast):
    do(budgets.fund, cast.olga, event_id=cast.event_id, amount=cents(2500))
    shown = board(cast.event_id)
    assert (shown.quarter, shown.budget, shown.quarter_rest) == ("2026-Q4", cents(2500), 0)


def test_a_budget_can_grow_but_not_fall_below_what_pools_have(cast, funded):
    with pytest.raises(Conflict, match=r"pools already have \$1,000\.00"):
        do(budgets.set_budget, cast.lena, event_id=cast.event_id, amount=cents(999.99))
    do(budgets.set_budget, cast.lena, event_id=cast.event_id, amount=cents(1000))
    assert board(cast.event_id).quarter_rest == 0


@pytest.mark.parametrize(
    ("amount", "said"),
    [(2000, ""), (5000, ""), (1999.99, "less"), (5000.01, "more")],
)
def test_an_unusual_budget_is_warned_of_and_set(cast, amount, said):
    warning = do(budgets.set_budget, cast.lena, event_id=cast.event_id, amount=cents(amount))
    assert said in warning
    assert bool(warning) == bool(said)
    assert board(cast.event_id).budget == cents(amount)


def test_only_a_program_lead_lowers_a_budget_or_sets_one_above_what_is_usual(cast, funded):
    for amount in (2999.99, 5000.01):
        with pytest.raises(NotAllowed, match="Only a program lead"):
            do(budgets.set_budget, cast.olga, event_id=cast.event_id, amount=cents(amount))
    assert board(cast.event_id).budget == cents(3000)
    do(budgets.set_budget, cast.olga, event_id=cast.event_id, amount=cents(5000))
    assert board(cast.event_id).budget == cents(5000)


def test_a_rehearsal_plays_with_money_of_its_own(cast, funded):
    with transaction() as session:
        event = make_event(session, slug="rehearsal", is_rehearsal=True)
        budgets.fund(session, COMMAND_LINE, event_id=event.id, amount=cents(5000))
    assert board(event.id).quarter == f"2026-Q4 rehearsal {event.id}"
    assert board(cast.event_id).in_pools == cents(1000)
