"""Credits in more than one currency: a set of accounts each, no sum across (edge 48)."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from make import cents, give_site_role
from treasury import (
    approve,
    ask,
    bill,
    board,
    capture,
    do,
    give,
    hold,
    line,
    reverse,
    see,
    set_state,
    token,
    void,
)

from hackathon.credits.models import Account, Crossing, Entry, Quarter
from hackathon.credits.queries.board import event_totals, live_rows
from hackathon.credits.queries.ledger import charged_by_source, wrong_balances
from hackathon.credits.queries.lines import lines_of
from hackathon.credits.queries.plan import moves_of, plans_of
from hackathon.credits.queries.statements import ledger_json, statement_of
from hackathon.credits.service import budgets, grants, plan
from hackathon.events.models import Event
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotFound, Refusal

EUR = {"currency": "EUR"}


def of(team_id, currency="EUR"):
    """What a team has in a currency: available, held, spent, overrun."""
    tail = "" if currency == "USD" else f":{currency}"
    rows = dict(reading().execute(sa.select(Account.name, Account.balance)).all())
    return [
        rows.get(f"{kind}:{team_id}{tail}", 0) for kind in ("available", "held", "spent", "overrun")
    ]


def euros(*amounts):
    return [cents(amount) for amount in amounts]


@pytest.fixture
def both(cast, funded):
    """A second budget of 2,000.00 EUR, a pool of 500.00 EUR, and Owls with $200 and 100.00 EUR."""
    with transaction() as session:
        give_site_role(session, cast.olga, "program_lead")
    quarter = reading().get(Event, cast.event_id).quarter
    do(plan.plan_budget, cast.olga, quarter=quarter, amount=cents(2000), **EUR)
    do(budgets.fund, cast.olga, event_id=cast.event_id, amount=cents(500), **EUR)
    give(cast, funded[0], 200)
    give(cast, funded[0], 100, **EUR)
    return funded


def test_edge_48_two_grants_in_two_currencies_are_two_sets_of_accounts(cast, both):
    owls, bees = both
    assert of(owls, "USD") == euros(200, 0, 0, 0)
    assert of(owls) == euros(100, 0, 0, 0)
    names = set(reading().scalars(sa.select(Account.name).where(Account.team_id == owls)))
    kinds = ("available", "held", "spent", "overrun")
    assert names == {f"{kind}:{owls}{tail}" for kind in kinds for tail in ("", ":EUR")}
    assert of(bees) == of(bees, "USD") == [0, 0, 0, 0]
    assert wrong_balances(reading()) == []


def test_edge_48_no_figure_is_a_sum_across(cast, both):
    found = reading().get(Event, cast.event_id)
    main, other = board(cast.event_id), board(cast.event_id, "EUR")
    assert (main.budget, main.in_pools, main.pool, main.granted) == tuple(
        euros(3000, 1000, 800, 200)
    )
    assert (other.budget, other.in_pools, other.pool, other.granted) == tuple(
        euros(2000, 500, 400, 100)
    )
    assert main.currencies == other.currencies == ("USD", "EUR")
    totals = [event_totals(reading(), cast.event_id, unit) for unit in ("USD", "EUR")]
    assert [(row.budget, row.granted) for row in totals] == [
        tuple(euros(1000, 200)),
        tuple(euros(500, 100)),
    ]
    rows = live_rows(reading(), found)
    assert [row["id"] for row in rows] == [
        "pool", both[1], both[0], "pool:EUR", f"{both[1]}:EUR", f"{both[0]}:EUR",
    ]  # fmt: skip
    assert rows[5]["left"] == "100 EUR left"
    assert rows[5]["cents_share"] == "no data yet; 100.00 EUR granted"


def test_what_leaves_a_pool_leaves_that_of_its_currency(cast, both):
    owls, bees = both
    with pytest.raises(Conflict, match=r"Only 400\.00 EUR is left in the pool"):
        give(cast, bees, 401, **EUR)
    do(grants.split_pool, cast.olga, event_id=cast.event_id, amount=None, reason="All of it", **EUR)
    assert (board(cast.event_id).pool, board(cast.event_id, "EUR").pool) == (cents(800), 0)
    assert (of(owls), of(bees)) == (euros(300, 0, 0, 0), euros(200, 0, 0, 0))
    do(grants.give_back, cast.olga, event_id=cast.event_id, team_id=owls, **EUR)
    assert (of(owls), of(owls, "USD")) == (euros(0, 0, 0, 0), euros(200, 0, 0, 0))


def test_a_charge_is_paid_in_its_currency_and_an_overrun_is_repaid_in_it(cast, both, clock):
    owls = both[0]
    bill(cast, owls, 130, clock, **EUR)
    assert (of(owls), of(owls, "USD")) == (euros(0, 0, 130, -30), euros(200, 0, 0, 0))
    give(cast, owls, 50)
    assert of(owls) == euros(0, 0, 130, -30)
    more = give(cast, owls, 40, **EUR)
    assert of(owls) == euros(10, 0, 130, 0)
    with pytest.raises(Conflict, match=r"this 40\.00 EUR"):
        bill(cast, owls, 20, clock, **EUR)
        give(cast, owls, 5, **EUR)
        reverse(cast, more)
    assert wrong_balances(reading()) == []


def test_a_reversal_is_in_the_currency_of_what_it_reverses(cast, both, clock):
    owls = both[0]
    charged = bill(cast, owls, 30, clock, **EUR)
    undone = reverse(cast, charged)
    assert (undone.currency, of(owls)) == ("EUR", euros(100, 0, 0, 0))
    funded = reading().scalar(sa.select(Entry).filter_by(deed="fund", currency="EUR"))
    with pytest.raises(Conflict, match=r"The pool has only 400\.00 EUR"):
        reverse(cast, funded)


def test_a_reading_ends_with_a_charge_of_its_currency_only(cast, both, clock):
    owls = both[0]
    see(cast, owls, 60, clock.moment, **EUR)
    see(cast, owls, 20, clock.moment)
    clock.forward(timedelta(minutes=1))
    bill(cast, owls, 25, clock)
    main, other = line(cast, owls), line(cast, owls, "EUR")
    assert (main.used, main.fresh.read) == (cents(25), 0)
    assert (other.used, other.fresh.read) == (cents(60), cents(60))
    assert other.rest == cents(40)


def test_levels_are_reached_in_each_currency_by_itself(cast, both, clock):
    owls = both[0]
    bill(cast, owls, 60, clock, **EUR)
    bill(cast, owls, 170, clock)
    rows = reading().execute(sa.select(Crossing.currency, Crossing.threshold))
    assert sorted(tuple(row) for row in rows) == [("EUR", 5000), ("USD", 5000), ("USD", 8000)]
    told = statement_of(reading(), reading().get(Event, cast.event_id), owls, currency="EUR")
    assert told.currencies == ("USD", "EUR")
    assert told.line.used == cents(60)
    assert [row.rest for row in told.entries] == euros(40, 100)


def test_without_any_grant_levels_of_two_currencies_do_not_meet(cast, both, clock):
    bees = both[1]
    bill(cast, bees, 5, clock, **EUR)
    bill(cast, bees, 5, clock)
    rows = reading().execute(
        sa.select(Crossing.currency, Crossing.limit_entry_id).where(Crossing.basis == "spent")
    )
    assert {tuple(row) for row in rows} == {("EUR", 0), ("USD", 0)}


def test_a_hold_is_of_the_credits_it_names(cast, both, clock):
    owls = both[0]
    own, _ = token(cast, owls)
    first, _ = hold(own, 90, "one", **EUR)
    second, _ = hold(own, 150, "two")
    assert (of(owls), of(owls, "USD")) == (euros(10, 90, 0, 0), euros(50, 150, 0, 0))
    with pytest.raises(Conflict, match=r"Only 10\.00 EUR is available"):
        hold(own, 11, "three", **EUR)
    with pytest.raises(Conflict, match="already used"):
        hold(own, 90, "one")
    assert hold(own, 90, "one", **EUR)[1] is True
    capture(own, first.id, 70)
    void(own, second.id)
    assert (of(owls), of(owls, "USD")) == (euros(30, 0, 70, 0), euros(200, 0, 0, 0))
    assert wrong_balances(reading()) == []


def test_a_charge_ends_holds_of_its_currency_only(cast, both, clock):
    owls = both[0]
    own, _ = token(cast, owls)
    hold(own, 40, "one", **EUR)
    hold(own, 40, "two")
    clock.forward(timedelta(minutes=1))
    bill(cast, owls, 40, clock)
    assert (of(owls), of(owls, "USD")) == (euros(60, 40, 0, 0), euros(160, 0, 40, 0))


def test_a_request_is_granted_in_the_currency_it_asks_for(cast, both):
    bees = both[1]
    asked = ask(cast, bees, 80, cast.lena, **EUR)
    approve(cast, asked, 80)
    assert (of(bees), of(bees, "USD")) == (euros(80, 0, 0, 0), [0, 0, 0, 0])


def test_closing_returns_what_is_unused_of_every_currency(cast, both, clock):
    owls = both[0]
    own, _ = token(cast, owls)
    hold(own, 40, "one", **EUR)
    see(cast, owls, 10, clock.moment, **EUR)
    with pytest.raises(Conflict, match=r"shows 10\.00 EUR that no charge has booked"):
        set_state(cast, owls, "closed")
    clock.forward(timedelta(minutes=1))
    bill(cast, owls, 10, clock, **EUR)
    set_state(cast, owls, "closed")
    assert (of(owls), of(owls, "USD")) == (euros(0, 0, 10, 0), [0, 0, 0, 0])
    pools = [board(cast.event_id, unit).pool for unit in ("USD", "EUR")]
    assert pools == euros(1000, 490)
    bill(cast, owls, 5, clock, **EUR)
    assert [board(cast.event_id, unit).pool for unit in ("USD", "EUR")] == euros(1000, 485)


def test_what_is_carried_over_and_transferred_stays_in_its_currency(cast, both, clock):
    event = reading().get(Event, cast.event_id)
    quarter, following = event.quarter, plan.next_quarter(event.quarter)
    clock.set(event.ends_at)
    more = {"event_id": cast.event_id, "reason": "For the next one"}
    do(plan.carry_over, cast.olga, **more, **EUR)
    rows = reading().scalars(sa.select(Quarter))
    budgets_ = {(row.name, row.currency): row.budget for row in rows}
    assert budgets_ == {
        (quarter, "USD"): cents(3000),
        (quarter, "EUR"): cents(1600),
        (following, "EUR"): cents(400),
    }
    do(
        plan.transfer, cast.olga, source=quarter, target=following, amount=cents(100),
        reason="Larger", **EUR,
    )  # fmt: skip
    year = int(quarter[:4])
    assert [row.budget for row in plans_of(reading(), year)["USD"] if row.budget] == [cents(3000)]
    found = plans_of(reading(), year)["EUR"]
    assert sum(row.budget for row in found if row.quarter == quarter) == cents(1500)
    assert (len(moves_of(reading(), year)), len(moves_of(reading(), year, "EUR"))) == (0, 2)


def test_what_controllers_charge_back_is_by_currency(cast, both, clock):
    owls = both[0]
    bill(cast, owls, 12, clock)
    bill(cast, owls, 34, clock, **EUR)
    found = [
        [row.amount for row in charged_by_source(reading(), cast.event_id, unit)]
        for unit in ("USD", "EUR")
    ]
    assert found == [euros(12), euros(34)]
    units = {
        row["name"]: row.get("currency")
        for row in ledger_json(reading(), cast.event_id, owls)["accounts"]
    }
    assert units[f"spent:{owls}"] is None
    assert units[f"spent:{owls}:EUR"] == "EUR"


def test_a_key_stands_for_one_currency(cast, both):
    bees = both[1]
    give(cast, bees, 7, key="once", **EUR)
    with pytest.raises(Conflict, match="already used"):
        give(cast, bees, 7, key="once")
    assert of(bees) == euros(7, 0, 0, 0)
    assert of(bees, "USD") == [0, 0, 0, 0]


@pytest.mark.parametrize("name", ["EURO", "€", "", "XXX", "JPY", "eur o"])
def test_a_budget_is_in_a_known_currency_with_cents(cast, both, name):
    with pytest.raises(Invalid, match="three letters") as refused:
        do(plan.plan_budget, cast.olga, quarter="2026-Q4", amount=cents(2000), currency=name)
    assert refused.value.field == "currency"


def test_its_letters_may_be_small(cast, both):
    do(plan.plan_budget, cast.olga, quarter="2027-Q1", amount=cents(2000), currency=" chf ")
    found = reading().scalar(sa.select(Quarter).filter_by(name="2027-Q1", currency="CHF"))
    assert found.budget == cents(2000)


def test_nothing_is_done_in_a_currency_without_a_budget(cast, both, clock):
    owls = both[0]
    own, _ = token(cast, owls)
    for deed in (
        lambda: give(cast, owls, 5, currency="CHF"),
        lambda: bill(cast, owls, 5, clock, currency="CHF"),
        lambda: see(cast, owls, 5, clock.moment, currency="CHF"),
        lambda: ask(cast, owls, 5, currency="CHF", player=cast.olga),
        lambda: hold(own, 5, "chf", currency="CHF"),
        lambda: do(
            budgets.fund, cast.olga, event_id=cast.event_id, amount=cents(5), currency="CHF"
        ),
        lambda: do(
            budgets.set_budget, cast.olga, event_id=cast.event_id, amount=cents(5), currency="CHF"
        ),
    ):
        with pytest.raises(Invalid, match="no budget in this currency"):
            deed()
    with pytest.raises(NotFound):
        board(cast.event_id, "CHF")
    assert reading().scalar(sa.select(Account.id).filter_by(currency="CHF")) is None


def test_a_rehearsal_plays_with_the_currencies_of_its_quarter(cast, both):
    with transaction() as session:
        session.get(Event, cast.other_event_id).is_rehearsal = True
        session.get(Event, cast.other_event_id).quarter = (
            reading().get(Event, cast.event_id).quarter
        )
    with transaction() as session:
        budgets.fund(session, COMMAND_LINE, event_id=cast.other_event_id, amount=cents(700), **EUR)
    assert board(cast.other_event_id, "EUR").pool == cents(700)
    assert board(cast.event_id, "EUR").in_pools == cents(500)


def test_the_database_keeps_currencies_apart(cast, both):
    owls = both[0]
    for statement in (
        f"UPDATE accounts SET currency = 'USD' WHERE name = 'spent:{owls}:EUR'",
        "UPDATE quarters SET currency = 'USD' WHERE currency = 'EUR'",
        "INSERT INTO accounts (name, kind, quarter_id, currency, balance, floor) SELECT "  # noqa: ISC004
        "'x', 'funding', id, 'USD', 0, -budget FROM quarters WHERE currency = 'EUR'",
        "INSERT INTO budget_moves (key, digest, from_id, to_id, amount, note_id, moved_at) SELECT "  # noqa: ISC004
        "'k', 'd', a.id, b.id, 1, 1, a.created_at FROM quarters a, quarters b "
        "WHERE a.currency = 'EUR' AND b.currency = 'USD'",
        "INSERT INTO postings (entry_id, line, from_id, to_id, amount) SELECT e.id, 1, a.id, b.id, "  # noqa: ISC004
        "1 FROM entries e, accounts a, accounts b WHERE e.currency = 'EUR' AND e.deed = 'grant' "
        f"AND a.name = 'pool:{cast.event_id}' AND b.name = 'spent:{owls}'",
    ):
        with pytest.raises(sa.exc.DBAPIError, match="currenc"), transaction() as session:
            session.execute(sa.text(statement))


def test_verify_names_the_account_of_a_damaged_balance(cast, both):
    owls = both[0]
    with transaction() as session:
        session.execute(
            sa.update(Account).where(Account.name == f"available:{owls}:EUR").values(balance=1)
        )
    assert wrong_balances(reading()) == [
        f"account available:{owls}:EUR: the balance says 1 micros, its postings {cents(100)}"
    ]


def test_a_company_with_one_currency_sees_no_other(cast, funded):
    found = board(cast.event_id)
    assert found.currencies == ("USD",)
    assert list(lines_of(reading(), cast.event_id)) == ["USD"]
    rows = live_rows(reading(), reading().get(Event, cast.event_id))
    assert [row["id"] for row in rows] == ["pool", funded[1], funded[0]]
    assert all("currency" not in row for row in rows)
    with pytest.raises(Refusal):
        give(cast, funded[0], 5, **EUR)
