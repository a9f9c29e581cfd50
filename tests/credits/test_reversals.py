"""An entry is reversed once, as far as its money is still there; sums add up."""

import pytest
import sqlalchemy as sa
from make import cents
from treasury import bill, do, give, line, reverse, see

from hackathon.credits.models import Account, Entry, Quarter
from hackathon.credits.queries.board import event_totals
from hackathon.credits.queries.ledger import wrong_balances
from hackathon.credits.queries.statements import entry_lines
from hackathon.credits.service import budgets, grants, reversals
from hackathon.events.models import Event
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotFound

# --- reversals -----------------------------------------------------------------------


def test_a_reversal_restores_the_balances_once(cast, funded, clock):
    for make in (
        lambda: give(cast, funded[0], 100),
        lambda: bill(cast, funded[0], 130, clock),
        lambda: give(cast, funded[0], 50),
        lambda: do(budgets.fund, cast.olga, event_id=cast.event_id, amount=cents(10)),
        lambda: do(
            grants.give_back, cast.olga, event_id=cast.event_id, team_id=funded[0],
            amount=cents(20),
        ),
    ):  # fmt: skip
        before = dict(reading().execute(sa.select(Account.name, Account.balance)).all())
        entry = make()
        reverse(cast, entry)
        after = dict(reading().execute(sa.select(Account.name, Account.balance)).all())
        assert after == dict.fromkeys(after, 0) | before
        with pytest.raises(Conflict, match="reversed already"):
            reverse(cast, entry)
        make()
    assert wrong_balances(reading()) == []


def test_what_has_moved_on_cannot_be_reversed(cast, funded, clock):
    entry = give(cast, funded[0], 100)
    bill(cast, funded[0], 60, clock)
    with pytest.raises(Conflict, match=r"The team has only \$40\.00 of this \$100\.00"):
        reverse(cast, entry)
    give(cast, funded[1], 900)
    first = reading().scalars(sa.select(Entry).filter_by(deed="fund")).one()
    with pytest.raises(Conflict, match=r"The pool has only \$0\.00"):
        reverse(cast, first)


def test_a_reversal_itself_stays_and_needs_a_reason(cast, funded):
    entry = reverse(cast, give(cast, funded[0], 100))
    with pytest.raises(Conflict, match="A reversal stays"):
        reverse(cast, entry)
    with pytest.raises(Invalid, match="Say why"):
        do(
            reversals.reverse_entry, cast.olga, event_id=cast.event_id, entry_id=1, reason="",
        )  # fmt: skip
    with pytest.raises(NotFound):
        do(
            reversals.reverse_entry, cast.rita, event_id=cast.other_event_id,
            entry_id=entry.id, reason="Not mine",
        )  # fmt: skip
    shown = entry_lines(reading(), cast.event_id, funded[0])
    assert [(row.word, row.rest, row.can_be_reversed) for row in shown] == [
        ("Reversed: granted", 0, False),
        ("Granted", cents(100), False),
    ]


def test_a_reversed_charge_repays_an_overrun_that_came_after_it(cast, funded, clock):
    give(cast, funded[0], 50)
    first = bill(cast, funded[0], 50, clock)
    bill(cast, funded[0], 30, clock)
    reverse(cast, first)
    found = line(cast, funded[0]).balances
    assert (found.available, found.spent, found.overrun) == (cents(20), cents(30), 0)


def test_money_goes_back_to_the_quarter_it_came_from(cast, funded):
    entry = reading().scalars(sa.select(Entry).filter_by(deed="fund")).one()
    with transaction() as session:
        session.get_one(Event, cast.event_id).quarter = "2027-Q1"
    reverse(cast, entry)
    names = reading().execute(sa.select(Quarter.name, Account.balance).join(Account)).all()
    assert names == [("2026-Q4", 0)]


# --- the report and verify -------------------------------------------------------------


def test_the_totals_of_an_event_add_up(cast, funded, clock):
    give(cast, funded[0], 100)
    reverse(cast, give(cast, funded[1], 5))
    give(cast, funded[1], 200)
    bill(cast, funded[0], 130, clock)
    see(cast, funded[1], 50, clock.moment)
    do(grants.give_back, cast.olga, event_id=cast.event_id, team_id=funded[1])
    found = event_totals(reading(), cast.event_id)
    assert found.budget == cents(1000)
    assert (found.granted, found.returned) == (cents(300), cents(150))
    assert (found.spent, found.read, found.overrun) == (cents(130), cents(50), cents(30))
    assert found.data_through == clock.moment
    nothing = event_totals(reading(), cast.other_event_id)
    assert (nothing.budget, nothing.data_through) == (0, None)


def test_edge_52_a_balance_changed_by_hand_is_named_with_both_figures(cast, funded):
    with transaction() as session:
        session.execute(
            sa.update(Account).where(Account.name == f"pool:{cast.event_id}").values(balance=7)
        )
    assert wrong_balances(reading()) == [
        f"account pool:{cast.event_id}: the balance says 7 micros, its postings 1000000000"
    ]
