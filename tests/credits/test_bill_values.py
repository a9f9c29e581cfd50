"""Taxes by share, corrections of old months, other currencies, list prices."""

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from bills import bring, focus, look, map_to
from hypothesis import given
from hypothesis import strategies as st
from make import cents
from treasury import board, do, give, line, set_state

from hackathon.credits.models import Account, Booking, Entry, Source
from hackathon.credits.queries.statements import statement_of
from hackathon.credits.service.bills.look import whole_of
from hackathon.credits.service.bills.mapping import change_source
from hackathon.credits.service.bills.rates import enter_rate
from hackathon.credits.service.bills.share import shared_by
from hackathon.events.models import Event
from hackathon.office.queries import differences
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Invalid, NotFound

BEES = {"SubAccountId": "bees-account"}
TAX = {"ChargeCategory": "Tax", "SubAccountId": ""}


@pytest.fixture
def mapped(cast, funded, tmp_path):
    """Owls and Bees with $100 each; AWS knows their accounts and billed Owls $10."""
    for team, name in zip(funded, ("owls", "bees"), strict=True):
        give(cast, team, 100)
        if name == "owls":
            bring(tmp_path, focus({}))
        map_to(cast, team, value=f"{name}-account")
    return funded


def whole():
    reading().rollback()
    return whole_of(reading(), reading().scalars(sa.select(Source)).one())


def spent(cast, team_id):
    reading().rollback()
    assert differences(reading()) == []
    return line(cast, team_id).balances.spent / 10**6


def share_taxes(cast, taxes="shared"):
    values = {"basis": "billed", "charged": ["Usage"], "tag_keys": ["team"], "taxes": taxes}
    return do(change_source, cast.lena, event_id=cast.event_id, source_id=1, **values)


def test_edge_23_taxes_may_be_shared_by_what_teams_cost_to_the_last_digit(cast, mapped, tmp_path):
    bring(tmp_path, focus({}, {**BEES, "BilledCost": "20"}, {**TAX, "BilledCost": "1.00"}))
    assert (spent(cast, mapped[0]), spent(cast, mapped[1])) == (10, 20)
    assert share_taxes(cast) == 3
    assert (spent(cast, mapped[0]), spent(cast, mapped[1])) == (10.333333, 20.666667)
    found = whole().shares.main
    assert (found.teams, found.excluded, found.file) == (31, 0, 31)
    bring(
        tmp_path, focus({}, {"SubAccountId": "x", "BilledCost": "30"}, {**TAX, "BilledCost": "-4"})
    )
    assert spent(cast, mapped[0]) == 9
    assert whole().shares.main.unallocated == 27
    share_taxes(cast, "excluded")
    assert (spent(cast, mapped[0]), whole().shares.main.excluded) == (10, -4)


def test_a_tax_that_nobody_bears_stays_off_teams(cast, mapped, tmp_path):
    share_taxes(cast)
    bring(tmp_path, focus({**TAX, "BilledCost": "5"}))
    assert whole().shares.main.excluded == 5


@given(
    st.decimals(-1000, 1000, places=7),
    st.lists(st.decimals("0.0001", 500, places=4), min_size=1, max_size=6),
)
def test_parts_of_a_tax_add_up_and_each_is_within_its_last_digit(amount, weights):
    parts = shared_by(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - amount * weight / sum(weights)) <= Decimal("1e-7")


def test_edge_24_the_old_month_shows_what_a_later_one_corrected(cast, mapped, tmp_path, clock):
    late = {
        "BillingPeriodStart": "2026-12-01T00:00:00Z", "ChargeClass": "Correction",
        "BilledCost": "-3", "ChargePeriodStart": "2026-11-20T10:00:00Z",
    }  # fmt: skip
    bring(tmp_path, focus({}, late, {**late, "ChargeClass": "", "BilledCost": "0.5"}))
    months = whole().shares.months
    old, new = months[date(2026, 11, 1)], months[date(2026, 12, 1)]
    assert (old.invoiced, old.later, new.invoiced, new.later) == (10, -3, Decimal("-2.5"), 0)
    entry = reading().scalars(sa.select(Entry).order_by(Entry.id.desc())).first()
    assert (entry.made_at, entry.deed, entry.amount) == (clock.moment, "refund", cents(2.5))


def test_edge_25_a_correction_after_closing_is_paid_by_the_pool_and_flagged(cast, mapped, tmp_path):
    set_state(cast, mapped[0], "closed")
    before = board(cast.event_id).pool
    bring(tmp_path, focus({"BilledCost": "12"}))
    bring(tmp_path, focus({"BilledCost": "4"}))
    reading().rollback()
    assert board(cast.event_id).pool == before + cents(6)
    said = statement_of(reading(), reading().get(Event, cast.event_id), mapped[0])
    assert [row.word for row in said.entries[:2]] == [
        "Refunded after closing", "Charged after closing",
    ]  # fmt: skip
    flags = reading().scalars(sa.select(Entry.is_late).where(Entry.deed.in_(("charge", "refund"))))
    assert flags.all() == [False, True, True]


@pytest.mark.parametrize(
    ("listed", "discount"), [("12.5", Decimal("0.2")), ("0", None), ("9", None), ("10", Decimal(0))]
)
def test_edge_28_a_list_price_that_says_nothing_is_no_discount(cast, tmp_path, listed, discount):
    assert look(tmp_path, focus({"ListCost": listed})).shares.discount == discount


EURO = {"BillingCurrency": "EUR", "BilledCost": "7"}


def rate(cast, value="1.25", **more):
    values = {"period": date(2026, 11, 1), "currency": "eur", "reason": "Central bank"}
    return do(
        enter_rate, cast.lena, event_id=cast.event_id, source_id=1, rate=value, **values | more
    )


def test_edge_48_another_currency_waits_for_a_rate_and_both_amounts_are_kept(
    cast, mapped, tmp_path
):
    bring(tmp_path, focus({}, EURO))
    assert (spent(cast, mapped[0]), whole().shares.unrated) == (
        10, {(date(2026, 11, 1), "EUR"): 7},
    )  # fmt: skip
    assert rate(cast) == 2
    assert (spent(cast, mapped[0]), whole().shares.unrated) == (18.75, {})
    kept = reading().scalars(sa.select(Booking).where(Booking.origin == "EUR")).one()
    assert (kept.currency, kept.amount, kept.origin_amount) == ("USD", cents(8.75), cents(7))
    assert kept.rate_id == 1
    assert rate(cast, "2", quoted_on=date(2026, 11, 19)) == 1
    assert spent(cast, mapped[0]) == 24
    assert rate(cast, "2") == 0
    bring(tmp_path, focus({}, {**EURO, "BilledCost": "1"}))
    assert spent(cast, mapped[0]) == 12
    sums = whole().shares.sums
    assert (sums["USD"].file, sums["EUR"].file, sums["EUR"].teams) == (10, 1, 1)


def test_edge_48_no_posting_joins_two_currencies(cast, mapped, tmp_path):
    bring(tmp_path, focus({}, EURO))
    ids = dict(reading().execute(sa.select(Account.name, Account.id)).all())
    statement = sa.text(
        "INSERT INTO postings (entry_id, line, from_id, to_id, amount) VALUES (1, 1, :one, :two, 1)"
    )
    with pytest.raises(sa.exc.DBAPIError, match="currencies never meet"), transaction() as session:
        session.execute(statement, {"one": ids["clearing:1:EUR"], "two": ids["unallocated:1"]})


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"value": "0"}, "rate"),
        ({"value": "-1"}, "rate"),
        ({"value": "1e3"}, "rate"),
        ({"value": "NaN"}, "rate"),
        ({"currency": "USD"}, "currency"),
        ({"currency": "euro"}, "currency"),
        ({"quoted_on": date(2030, 1, 1)}, "quoted_on"),
        ({"reason": " "}, "reason"),
    ],
)
def test_a_rate_without_a_sense_is_refused(cast, mapped, more, field):
    with pytest.raises(Invalid) as refused:
        rate(cast, **more)
    assert refused.value.field == field


def test_a_rate_is_entered_by_who_organizes_the_event(cast, mapped):
    with pytest.raises(NotFound):
        do(
            enter_rate, cast.rita, event_id=cast.other_event_id, source_id=1, rate="1",
            period=date(2026, 11, 1), currency="EUR", reason="Mine",
        )  # fmt: skip
