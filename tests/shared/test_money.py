"""Money: exact text in and out, splits that add up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hackathon.shared.errors import Invalid
from hackathon.shared.money import (
    CENT,
    LARGEST,
    Micros,
    dollars,
    exact,
    parse_exact,
    parse_money,
    split,
    whole_dollars,
)


@pytest.mark.parametrize(
    ("typed", "micros"),
    [
        ("1200", 1_200_000_000),
        ("49.50", 49_500_000),
        ("$1,234.5", 1_234_500_000),
        (" 0.01 ", 10_000),
        ("10000000", LARGEST),
    ],
)
def test_typed_amounts_are_read_exactly(typed, micros):
    assert parse_money(typed) == micros


@pytest.mark.parametrize("typed", ["5", "5.00", "5 EUR", "5.00 eur"])
def test_an_amount_may_name_its_own_currency(typed):
    assert parse_money(typed, currency="EUR") == 5_000_000


@pytest.mark.parametrize("typed", ["$5", "5 USD", "5 GBP"])
def test_another_currency_s_sign_is_never_dropped(typed):
    with pytest.raises(Invalid) as refused:
        parse_money(typed, field="budget", currency="EUR")
    assert (refused.value.word, refused.value.field) == ("amount", "budget")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-1",
        "0",
        "0.001",
        "1e3",
        "NaN",
        "1_0",
        "12,34",
        "ten",
        "10000000.01",
        "٣",
        "1.",
        "$",
        "0x10",
    ],
)
def test_anything_but_a_plain_positive_amount_of_whole_cents_is_refused(typed):
    with pytest.raises(Invalid) as refused:
        parse_money(typed, field="budget")
    assert refused.value.field == "budget"


def test_programs_may_send_six_decimals_and_no_more():
    assert parse_exact("0.000001") == 1
    with pytest.raises(Invalid, match="at most 6 decimals"):
        parse_exact("0.0000001")


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "$0.00"),
        (1_234_500_000, "$1,234.50"),
        (1, "$0.000001"),
        (-312_400_000, "-$312.40"),
        (20_520_200, "$20.5202"),
    ],
)
def test_statements_show_two_decimals_and_more_where_they_are_not_zero(micros, text):
    assert dollars(Micros(micros)) == text


def test_boards_show_whole_dollars():
    assert whole_dollars(Micros(1_234_500_000)) == "$1,234"
    assert whole_dollars(Micros(1_235_500_000)) == "$1,236"
    assert whole_dollars(Micros(-400_000)) == "$0"


@given(st.integers(-LARGEST, LARGEST))
def test_exact_text_reads_back_as_the_same_amount(micros):
    assert parse_exact(exact(Micros(micros)), signed=True) == micros


def test_a_budget_of_5000_is_split_by_seven_as_published():
    shares = split(Micros(5_000_000_000), [1] * 7)
    assert shares == [Micros(714_290_000)] * 4 + [Micros(714_280_000)] * 3


@given(
    st.integers(0, 10**9),
    st.lists(st.integers(0, 1000), min_size=1, max_size=30).filter(any),
)
def test_shares_add_up_and_are_off_by_less_than_a_cent(cents, weights):
    total = Micros(cents * CENT)
    shares = split(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share * sum(weights) - total * weight) < CENT * sum(weights)
        assert share % CENT == 0


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1, 1]])
def test_a_split_between_nobody_is_refused(weights):
    with pytest.raises(Invalid):
        split(Micros(CENT), weights)
