"""Open, paused, settling, closed: by hand and by the clock; what is unused returns."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from make import cents, make_event
from treasury import bill, board, do, give, hold, line, reverse, see, set_state, token

from hackathon.credits.models import BudgetMove, Entry, Hold
from hackathon.credits.queries.ledger import wrong_balances
from hackathon.credits.queries.plan import moves_of, plans_of
from hackathon.credits.rules import State
from hackathon.credits.service import budgets, grants, plan, states
from hackathon.events.models import Event
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import facts_of
from hackathon.teams.models import Membership


@pytest.fixture
def owls(cast, funded):
    """A team with $100."""
    give(cast, funded[0], 100)
    return funded[0]


def test_who_pauses_says_why_and_the_fact_holds_no_text(cast, owls):
    set_state(cast, owls, "paused", reason="Mining coins")
    assert line(cast, owls).state == "paused"
    said = facts_of(reading(), f"credits:{cast.event_id}")[-1]
    assert (said.kind, said.actor_id, "Mining" in said.body) == (
        "state.changed", cast.olga.id, False,
    )  # fmt: skip
    with pytest.raises(Conflict, match="already"):
        set_state(cast, owls, "paused")
    with pytest.raises(Invalid, match="Say why"):
        set_state(cast, owls, "open", reason="")


def test_only_organizers_of_the_event_change_a_state(cast, owls):
    more = {"team_id": owls, "state": State.PAUSED, "reason": "Because"}
    for player in (cast.paul, cast.rita):
        with pytest.raises(NotAllowed):
            do(states.set_state, player, event_id=cast.event_id, **more)
    with pytest.raises(NotFound):
        do(states.set_state, cast.rita, event_id=cast.other_event_id, **more)


def test_the_event_s_end_settles_by_itself_and_nothing_opens_again(cast, owls, clock):
    clock.set(reading().get(Event, cast.event_id).ends_at)
    assert line(cast, owls).state == "settling"
    with pytest.raises(Conflict, match="event is over"):
        set_state(cast, owls, "open")


def test_property_17_closing_ends_holds_and_returns_what_is_unused(cast, owls, clock):
    token_id = token(cast, owls)[0]
    made, _ = hold(token_id, 30)
    bill(cast, owls, 20, clock, source="Azure")
    set_state(cast, owls, "closed")
    found = line(cast, owls).balances
    assert (found.available, found.held, found.spent, found.granted) == (
        0, 0, cents(20), cents(20),
    )  # fmt: skip
    assert reading().get(Hold, made.id).state == "expired"
    assert board(cast.event_id).pool == cents(980)
    with pytest.raises(Conflict, match="closed"):
        hold(token_id, 1, key="b")
    with pytest.raises(Conflict, match="closed"):
        give(cast, owls, 1)
    assert wrong_balances(reading()) == []


def test_a_reading_that_no_charge_has_booked_keeps_a_team_open(cast, owls, clock):
    see(cast, owls, 5, clock.moment)
    with pytest.raises(Conflict, match=r"\$5\.00 that no charge has booked"):
        set_state(cast, owls, "closed")
    bill(cast, owls, 5, clock)
    set_state(cast, owls, "closed")
    assert line(cast, owls).balances.available == 0


def test_edge_25_after_closing_the_pool_pays_late_spend_and_gets_refunds(cast, owls, clock):
    set_state(cast, owls, "closed")
    late = bill(cast, owls, 40, clock)
    found = line(cast, owls).balances
    assert (found.spent, found.available, found.granted) == (cents(40), 0, cents(40))
    assert board(cast.event_id).pool == cents(960)
    reverse(cast, late)
    assert board(cast.event_id).pool == cents(1000)
    assert line(cast, owls).balances.available == 0
    bill(cast, owls, 1200, clock, key="huge")
    assert (board(cast.event_id).pool, line(cast, owls).balances.overrun) == (0, cents(-200))
    assert wrong_balances(reading()) == []


def test_a_return_of_a_closed_team_is_not_reversed_and_a_reopened_one_may_be(cast, owls):
    back = do(grants.give_back, cast.olga, event_id=cast.event_id, team_id=owls)
    set_state(cast, owls, "closed")
    with pytest.raises(Conflict, match="closed"):
        reverse(cast, back)
    set_state(cast, owls, "open")
    reverse(cast, back)
    assert line(cast, owls).balances.available == cents(100)


def test_edge_44_money_that_is_held_or_spent_cannot_be_taken_back(cast, owls, clock):
    hold(token(cast, owls)[0], 60)
    bill(cast, owls, 30, clock, source="Azure")
    with pytest.raises(Conflict, match=r"Only \$10\.00 is unused"):
        do(grants.give_back, cast.olga, event_id=cast.event_id, team_id=owls, amount=cents(11))
    do(grants.give_back, cast.olga, event_id=cast.event_id, team_id=owls, amount=cents(10))


def test_holds_are_not_reversed_they_end(cast, owls):
    hold(token(cast, owls)[0], 60)
    entry = reading().query(Entry).filter_by(deed="hold").one()
    with pytest.raises(Conflict, match="ends by itself"):
        reverse(cast, entry)


def test_a_split_by_member_gives_each_member_the_same_to_the_cent(cast, funded):
    with transaction() as session:
        for player, team in ((cast.paul, 0), (cast.pia, 0), (cast.jonas, 1)):
            session.add(
                Membership(event_id=cast.event_id, team_id=funded[team], person_id=player.id)
            )
    more = {"event_id": cast.event_id, "reason": "By head", "by_member": True}
    do(grants.split_pool, cast.olga, **more, amount=cents(100))
    assert [line(cast, team).granted for team in funded] == [cents(66.67), cents(33.33)]
    set_state(cast, funded[0], "closed")
    do(grants.split_pool, cast.olga, **more, amount=cents(10))
    assert line(cast, funded[1]).granted == cents(43.33)


def test_a_split_by_member_without_members_is_refused(cast, funded):
    with pytest.raises(Invalid, match="nobody"):
        do(
            grants.split_pool, cast.olga, event_id=cast.event_id, amount=None, reason="By head",
            by_member=True,
        )  # fmt: skip


# --- the year -------------------------------------------------------------------------


def carry(cast, **more):
    return do(
        plan.carry_over, cast.olga, event_id=cast.event_id, **{"reason": "Spring needs it"} | more
    )


def test_what_lies_in_the_pool_is_carried_over_with_a_posting(cast, owls, clock):
    with pytest.raises(Conflict, match="not over"):
        carry(cast)
    clock.set(reading().get(Event, cast.event_id).ends_at + timedelta(days=10))
    set_state(cast, owls, "closed")
    with pytest.raises(Conflict, match=r"Only \$1,000\.00"):
        carry(cast, amount=cents(1001))
    move = carry(cast, amount=cents(400), key="k")
    assert carry(cast, amount=cents(400), key="k").id == move.id
    shown = board(cast.event_id)
    assert (shown.pool, shown.budget, shown.in_pools) == (cents(600), cents(2600), cents(600))
    (first, *_) = plans_of(reading(), 2027)["USD"]
    assert (first.quarter, first.budget, first.band) == ("2027-Q1", cents(400), "below usual")
    carry(cast)
    assert board(cast.event_id).pool == 0
    with pytest.raises(Conflict, match="empty"):
        carry(cast)
    assert [row.move.amount for row in moves_of(reading(), 2027)] == [cents(600), cents(400)]
    assert wrong_balances(reading()) == []


def test_a_rehearsal_carries_nothing_over(cast):
    with transaction() as session:
        event = make_event(session, is_rehearsal=True)
    with pytest.raises(Conflict, match="rehearsal"):
        do(plan.carry_over, cast.lena, event_id=event.id, reason="Because")


def transfer(player, amount, source="2026-Q4", target="2027-Q1", **more):
    return do(
        plan.transfer, player, source=source, target=target, amount=cents(amount),
        **{"reason": "Spring is larger"} | more,
    )  # fmt: skip


def test_program_leads_move_free_budget_between_quarters_and_no_more(cast, funded):
    move = transfer(cast.lena, 1500, key="k")
    assert transfer(cast.lena, 1500, key="k").id == move.id
    with pytest.raises(Conflict, match="already used"):
        transfer(cast.lena, 1, key="k")
    with pytest.raises(Conflict, match=r"Only \$500\.00 of 2026-Q4 is in no pool"):
        transfer(cast.lena, 500.01)
    assert [row.budget for row in plans_of(reading(), 2026)["USD"]][3] == cents(1500)
    assert plans_of(reading(), 2027)["USD"][0].budget == cents(1500)
    assert reading().query(BudgetMove).count() == 1
    assert wrong_balances(reading()) == []


def test_nobody_else_moves_budget_and_nonsense_is_refused(cast, funded):
    with pytest.raises(NotAllowed):
        transfer(cast.olga, 1)
    with pytest.raises(Invalid, match="another quarter"):
        transfer(cast.ada, 1, target="2026-Q4")
    with pytest.raises(Invalid, match="looks like"):
        transfer(cast.ada, 1, target="spring")
    with pytest.raises(Invalid, match="Say why"):
        transfer(cast.ada, 1, reason="")


def test_a_plan_sets_quarters_without_events_and_warns_outside_the_band(cast, funded):
    with pytest.raises(NotAllowed):
        do(plan.plan_budget, cast.olga, quarter="2027-Q2", amount=cents(3000))
    assert do(plan.plan_budget, cast.lena, quarter="2027-Q2", amount=cents(3000)) == ""
    assert "more" in do(plan.plan_budget, cast.lena, quarter="2027-Q3", amount=cents(6000))
    with pytest.raises(Conflict, match="pools already have"):
        do(plan.plan_budget, cast.ada, quarter="2026-Q4", amount=cents(999))
    rows = plans_of(reading(), 2027)["USD"]
    assert [row.band for row in rows] == ["no budget", "", "above usual", "no budget"]


def test_a_moved_budget_cannot_be_changed_behind_the_program(cast, funded):
    transfer(cast.lena, 1)
    for statement in ("UPDATE budget_moves SET amount = 2", "DELETE FROM budget_moves"):
        with pytest.raises(sa.exc.DBAPIError), transaction() as session:
            session.execute(sa.text(statement))


def test_a_first_funding_above_what_is_usual_needs_a_program_lead(cast):
    with pytest.raises(NotAllowed):
        do(budgets.fund, cast.olga, event_id=cast.event_id, amount=cents(5000.01))
    do(budgets.fund, cast.lena, event_id=cast.event_id, amount=cents(5000.01))
