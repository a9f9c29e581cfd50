"""Bills in a currency that a team has credits in: booked in it, without a rate (edge 48)."""

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from bills import bring, focus, look, map_to, read_for
from make import cents
from treasury import do, give, hold, reverse, set_state, token

from hackathon.credits.models import Account, Booking, Entry, Source
from hackathon.credits.queries.ledger import wrong_balances
from hackathon.credits.service import budgets, plan
from hackathon.credits.service.bills.book import apply_bill
from hackathon.credits.service.bills.costs import costs_of
from hackathon.credits.service.bills.look import preview_of, whole_of
from hackathon.credits.service.bills.mapping import change_source
from hackathon.credits.service.bills.rates import enter_rate
from hackathon.credits.service.holds import capture
from hackathon.office.queries import differences
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict
from hackathon.shared.jobs import follow_facts

EURO = {"BillingCurrency": "EUR", "BilledCost": "7"}
BEES = {"SubAccountId": "bees-account"}


@pytest.fixture
def mapped(cast, funded, tmp_path):
    """An account of Owls and one of Bees, a pool of 500.00 EUR; ten dollars of Owls."""
    do(plan.plan_budget, cast.lena, quarter="2026-Q4", amount=cents(2000), currency="EUR")
    do(budgets.fund, cast.olga, event_id=cast.event_id, amount=cents(500), currency="EUR")
    bring(tmp_path, focus({}))
    map_to(cast, funded[0])
    map_to(cast, funded[1], value="bees-account")
    return funded


def spent(team_id, currency="USD"):
    tail = "" if currency == "USD" else f":{currency}"
    name = f"spent:{team_id}{tail}"
    found = reading().scalar(sa.select(Account.balance).where(Account.name == name))
    return (found or 0) / 1_000_000


def rate(cast, value="2"):
    return do(
        enter_rate, cast.lena, event_id=cast.event_id, source_id=1, rate=value,
        period=date(2026, 11, 1), currency="EUR", reason="Central bank",
    )  # fmt: skip


def whole():
    return whole_of(reading(), reading().scalars(sa.select(Source)).one())


def is_whole():
    return wrong_balances(reading()) + list(differences(reading()))


def test_edge_48_euros_of_a_team_with_euros_are_booked_in_them_without_a_rate(
    cast, mapped, tmp_path
):
    owls, bees = mapped
    give(cast, owls, 100, currency="EUR")
    bring(tmp_path, focus({}, EURO, {**EURO, **BEES, "BilledCost": "3"}))
    assert (spent(owls), spent(owls, "EUR")) == (10, 7)
    assert (spent(bees), spent(bees, "EUR")) == (0, 0)
    kept = reading().scalars(sa.select(Booking).where(Booking.team_id == owls)).all()
    assert [(row.currency, row.amount, row.origin, row.rate_id) for row in kept][-1] == (
        "EUR", cents(7), "", None,
    )  # fmt: skip
    sums = whole().shares.sums["EUR"]
    assert (sums.file, sums.teams, sums.unallocated) == (10, 7, 3)
    assert whole().shares.unrated == {(date(2026, 11, 1), "EUR"): 3}
    assert is_whole() == []


def test_edge_48_a_rate_is_for_teams_without_credits_in_it(cast, mapped, tmp_path):
    owls, bees = mapped
    give(cast, owls, 100, currency="EUR")
    bring(tmp_path, focus({}, EURO, {**EURO, **BEES, "BilledCost": "3"}))
    rate(cast)
    assert (spent(owls), spent(owls, "EUR")) == (10, 7)
    assert (spent(bees), spent(bees, "EUR")) == (6, 0)
    assert whole().shares.converted == 6
    assert (whole().shares.by_team(), whole().shares.by_team("EUR")) == (
        {owls: 10, bees: 6}, {owls: 7},
    )  # fmt: skip
    assert is_whole() == []


def test_a_grant_after_the_bill_moves_what_a_rate_had_made_dollars(
    database, cast, mapped, tmp_path
):
    owls = mapped[0]
    bring(tmp_path, focus({}, EURO))
    rate(cast)
    assert (spent(owls), spent(owls, "EUR")) == (24, 0)
    made = give(cast, owls, 100, currency="EUR")
    follow_facts(database)
    assert (spent(owls), spent(owls, "EUR")) == (10, 7)
    reverse(cast, give(cast, owls, 5, currency="EUR"))
    follow_facts(database)
    assert (spent(owls), spent(owls, "EUR")) == (10, 7)
    assert whole().shares.sums["EUR"].teams == 7
    with pytest.raises(Conflict, match="left; nothing was reversed"):
        reverse(cast, made)
    bring(tmp_path, focus({}, {**EURO, "BilledCost": "0"}))
    reverse(cast, made)
    follow_facts(database)
    bring(tmp_path, focus({}, EURO))
    assert (spent(owls), spent(owls, "EUR")) == (24, 0)
    assert is_whole() == []


def test_what_was_unallocated_reaches_the_team_with_its_first_euros(
    database, cast, mapped, tmp_path
):
    owls = mapped[0]
    bring(tmp_path, focus({}, EURO))
    assert whole().shares.unrated
    give(cast, owls, 100, currency="EUR")
    follow_facts(database)
    assert (spent(owls, "EUR"), dict(whole().shares.unrated)) == (7, {})
    left = sa.select(Account.balance).where(Account.name == "unallocated:1:EUR")
    assert reading().scalar(left) == 0
    assert is_whole() == []


def test_remapping_moves_euros_between_teams_in_their_own_ways(cast, mapped, tmp_path):
    owls, bees = mapped
    give(cast, owls, 100, currency="EUR")
    rate(cast)
    bring(tmp_path, focus({}, EURO))
    map_to(cast, bees)
    assert [spent(owls), spent(owls, "EUR"), spent(bees), spent(bees, "EUR")] == [0, 0, 24, 0]
    map_to(cast, owls)
    assert [spent(owls), spent(owls, "EUR"), spent(bees), spent(bees, "EUR")] == [10, 7, 0, 0]
    map_to(cast, None)
    assert [spent(owls), spent(owls, "EUR")] == [0, 0]
    sums = whole().shares.sums
    assert (sums["USD"].unallocated, sums["EUR"].unallocated) == (10, 7)
    assert is_whole() == []


def test_the_same_bill_again_posts_nothing_and_a_smaller_one_refunds_euros(cast, mapped, tmp_path):
    owls = mapped[0]
    give(cast, owls, 5, currency="EUR")
    bring(tmp_path, focus({}, EURO))
    over = sa.select(Account.balance).where(Account.name == f"overrun:{owls}:EUR")
    assert reading().scalar(over) == -cents(2)
    assert bring(tmp_path, focus(EURO, {})).postings == 0
    bring(tmp_path, focus({}, {**EURO, "BilledCost": "4"}))
    assert (spent(owls, "EUR"), reading().scalar(over)) == (4, 0)
    deeds = sa.select(Entry.deed).where(Entry.currency == "EUR", Entry.team_id == owls)
    assert reading().scalars(deeds.order_by(Entry.id)).all() == ["grant", "charge", "refund"]


def test_taxes_are_shared_in_each_currency(cast, mapped, tmp_path):
    owls, bees = mapped
    give(cast, owls, 100, currency="EUR")
    rate(cast)
    with transaction() as session:
        change_source(
            session, COMMAND_LINE, event_id=cast.event_id, source_id=1, basis="billed",
            charged=["Usage"], tag_keys=["team"], taxes="shared",
        )  # fmt: skip
    tax = {**EURO, "ChargeCategory": "Tax", "SubAccountId": "", "BilledCost": "1"}
    bring(tmp_path, focus({}, EURO, {**EURO, **BEES, "BilledCost": "3"}, tax))
    assert (spent(owls, "EUR"), spent(bees)) == (7.7, 6.6)
    assert whole().shares.sums["EUR"].teams == 11
    costs = costs_of(reading(), owls)["EUR"]
    assert [(row.service, row.amount) for row in costs] == [
        ("Compute", 7), ("Share of tax", Decimal("0.7")),
    ]  # fmt: skip
    assert sum(row.amount for row in costs_of(reading(), owls)["USD"]) == 10
    assert sum(row.amount for row in costs_of(reading(), bees)["USD"]) == Decimal("6.6")
    assert list(costs_of(reading(), bees)) == ["USD"]
    assert is_whole() == []


def test_a_bill_ends_holds_and_captures_in_their_own_currency(cast, mapped, tmp_path, clock):
    owls = mapped[0]
    give(cast, owls, 100)
    give(cast, owls, 100, currency="EUR")
    own, _ = token(cast, owls)
    used, _ = hold(own, 6, "used", currency="EUR")
    with transaction() as session:
        capture(session, token_id=own, hold_id=used.id, amount=cents(6))
    later = {
        **EURO,
        "ChargePeriodStart": "2026-11-21T09:00:00Z",
        "ChargePeriodEnd": "2026-11-21T10:00:00Z",
    }
    clock.set(clock.moment.replace(day=23))
    seen = look(tmp_path, focus({}, later))
    assert [(row.currency, row.amount) for row in seen.ended[owls]] == [("EUR", cents(6))]
    bring(tmp_path, focus({}, later))
    assert (spent(owls), spent(owls, "EUR")) == (10, 7)
    assert is_whole() == []


def test_a_bill_looked_at_before_the_grant_is_looked_at_again(cast, mapped, tmp_path):

    with read_for(tmp_path, focus({}, EURO), "AWS") as (scan, stage):
        preview = preview_of(reading(), source="AWS", scan=scan, stage=stage)
        give(cast, mapped[0], 100, currency="EUR")
        with pytest.raises(Conflict, match="mapping was changed"), transaction() as session:
            apply_bill(
                session, COMMAND_LINE, preview=preview, stage=stage, file_name="a", confirmed=True
            )


def test_euros_after_closing_are_paid_by_the_pool_of_euros(cast, mapped, tmp_path):
    owls = mapped[0]
    give(cast, owls, 100, currency="EUR")
    set_state(cast, owls, "closed")
    bring(tmp_path, focus({}, EURO))
    rows = sa.select(Account.name, Account.balance).where(Account.kind == "pool")
    assert dict(reading().execute(rows).all()) == {
        f"pool:{cast.event_id}": cents(1000), f"pool:{cast.event_id}:EUR": cents(493),
    }  # fmt: skip
    assert is_whole() == []
