"""The rules of credits: legs, refunds, what counts as used; and figures as sentences."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from make import cents

from hackathon.credits import rules
from hackathon.credits.queries.board import Board, sentence
from hackathon.credits.queries.lines import TeamLine
from hackathon.credits.rules import Balances, Charged, Deed, Freshness, Kind, Leg, Seen, State
from hackathon.shared import clock
from hackathon.shared.errors import Conflict, Invalid

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
amounts = st.integers(1, 10**13)


def after(before, legs):
    found = asdict(before)
    for leg in legs:
        found[leg.source.value] -= leg.amount
        found[leg.target.value] += leg.amount
    return Balances(**found)


@st.composite
def ledgers(draw):
    """Balances that can be: money available, or an overrun, never both."""
    available, owed = draw(st.sampled_from([(1, 0), (0, 1), (0, 0)]))
    return Balances(
        funding=-draw(amounts),
        pool=draw(st.integers(0, 10**13)),
        available=available * draw(amounts),
        spent=draw(amounts),
        overrun=-owed * draw(amounts),
    )


def is_sound(balances):
    return (
        balances.pool >= 0
        and balances.available >= 0
        and balances.overrun <= 0
        and (balances.available == 0 or balances.overrun == 0)
    )


@given(ledgers(), amounts)
def test_every_deed_keeps_the_ledger_sound_and_its_reversal_restores_it(before, amount):
    deeds = {
        Deed.FUND: lambda: rules.fund(amount, before, budget=2 * 10**13),
        Deed.GRANT: lambda: rules.grant(amount, before),
        Deed.CHARGE: lambda: rules.charge(amount, before),
        Deed.RETURN: lambda: rules.give_back(amount, before),
    }
    for deed, make in deeds.items():
        try:
            legs = make()
        except Conflict:
            assert amount > (before.available if deed is Deed.RETURN else before.pool)
            continue
        assert sum(leg.amount for leg in legs) == amount
        assert all(leg.amount > 0 for leg in legs)
        then = after(before, legs)
        assert is_sound(then)
        repaid = sum(leg.amount for leg in legs if leg.target is Kind.OVERRUN)
        back = rules.reverse(deed, amount, then, repaid=repaid)
        assert after(then, back) == before


@given(ledgers(), amounts)
def test_a_charge_reversed_on_any_ledger_keeps_it_sound(before, amount):
    assert is_sound(after(before, rules.reverse(Deed.CHARGE, amount, before)))


def test_an_overrun_is_what_a_charge_takes_beyond_the_available():
    assert rules.charge(cents(5), Balances(available=cents(3))) == [
        Leg(Kind.AVAILABLE, Kind.SPENT, cents(3)),
        Leg(Kind.OVERRUN, Kind.SPENT, cents(2)),
    ]


def test_a_source_without_a_name_and_a_moment_ahead_are_refused():
    assert rules.check_source("  Amazon   Web ") == "Amazon Web"
    with pytest.raises(Invalid):
        rules.check_source("")
    assert rules.check_seen(NOON, NOON, "x") == NOON
    with pytest.raises(Invalid):
        rules.check_seen(NOON + HOUR, NOON, "x")


@pytest.mark.parametrize(
    ("seen", "charged", "expected"),
    [
        ([], [], (0, None, False)),
        ([Seen("A", 0, NOON)], [], (0, NOON, False)),
        ([Seen("A", 7, NOON)], [], (7, NOON, False)),
        ([Seen("A", 7, NOON), Seen("B", 2, NOON - HOUR)], [], (9, NOON, False)),
        ([Seen("A", 7, NOON)], [Charged("a", 5, NOON)], (0, NOON, True)),
        ([Seen("A", 7, NOON)], [Charged("A", 5, NOON - HOUR)], (2, NOON, False)),
        ([Seen("A", 3, NOON)], [Charged("A", 5, NOON - HOUR)], (0, NOON, False)),
        ([Seen("A", 7, NOON)], [Charged("B", 5, NOON + HOUR)], (7, NOON + HOUR, False)),
        (
            [Seen("A", 9, NOON)],
            [Charged("A", 2, NOON - 2 * HOUR), Charged("a", 3, NOON - HOUR)],
            (4, NOON, False),
        ),
        ([], [Charged("A", 5, NOON)], (0, NOON, True)),
    ],
)
def test_no_dollar_counts_twice(seen, charged, expected):
    found = rules.freshness(seen, charged)
    assert (found.read, found.through, found.is_final) == expected


def line(name="Owls", *, granted=0, spent=0, seen=False, state=State.OPEN):
    available, owed = max(0, granted - spent), min(0, granted - spent)
    fresh = Freshness(through=NOON if seen else None)
    balances = Balances(available=cents(available), spent=cents(spent), overrun=cents(owed))
    return TeamLine(1, name, False, balances, fresh, state=state)


@pytest.mark.parametrize(
    ("budget", "pool", "rows", "said"),
    [
        (0, 0, [], "2026-Q4 has no budget yet. Set it, or fund the pool."),
        (3000, 0, [], "The pool is empty; $3,000.00 of 2026-Q4 can fund it."),
        (3000, 500, [line()], "$500.00 lie in the pool; no team has credits yet."),
        (
            3000,
            0,
            [line(str(number), granted=1, spent=2, seen=True) for number in range(5)],
            "More used than granted: 0, 1, 2 and 2 more.",
        ),
        (
            3000,
            0,
            [
                line("Owls", granted=100, spent=80, seen=True),
                line("Bees", granted=10, spent=9, seen=True),
                line(granted=5),
            ],
            "Near the limit: Bees, Owls.",
        ),
        (
            3000,
            0,
            [line(granted=5)],
            "No data yet of 1 team with credits; bills arrive 8 to 24 hours late.",
        ),
        (
            3000,
            0,
            [line(granted=5, spent=2, seen=True)],
            "All clear: $2.00 of $5.00 used, no team is over.",
        ),
    ],
)
def test_the_board_opens_with_what_matters_most(budget, pool, rows, said):
    with clock.at(NOON):
        assert sentence(Board("2026-Q4", cents(budget), 0, cents(pool), rows)) == said


@pytest.mark.parametrize(
    ("granted", "spent", "bar", "share", "left"),
    [
        (0, 0, 0, "$0 of $0", "$0 left"),
        (200, 50, 25, "$50 of $200", "$150 left"),
        (200, 199.99, 99, "$200 of $200", "$0 left"),
        (200, 300, 100, "$300 of $200", "$100 over"),
        (0, 5, 100, "$5 of $0", "$5 over"),
    ],
)
def test_a_line_shows_share_rest_and_bar(granted, spent, bar, share, left):
    shown = line(granted=granted, spent=spent, seen=True).as_json()
    assert (shown["bar"], shown["share"], shown["left"]) == (bar, share, left)
    assert line().as_json()["share"] == "no credits yet"
    assert line(granted=5).as_json()["share"] == "no data yet; $5 granted"


def test_a_closed_team_is_neither_near_its_limit_nor_without_credits_yet():
    rows = [line(granted=60, spent=60, seen=True, state=State.CLOSED), line(state=State.CLOSED)]
    assert [row.as_json()["near"] for row in rows] == [False, False]
    assert rows[1].as_json()["share"] == "nothing used"
