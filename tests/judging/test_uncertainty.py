"""Ranges, bands and effects: what the sheets can tell, and what they cannot."""

from __future__ import annotations

import random
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hackathon.judging.rules import Rule
from hackathon.judging.standings import Sheet, adjusted_means, decided, inputs_hash, rank
from hackathon.judging.uncertainty import DRAWS, chances, effect, fit

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
import judging as bench

ONE = {"value": Decimal(1)}


def sheets_of(grid):
    """Sheets of {(judge, project): tenths}."""
    return [Sheet(judge, project, {"value": value}) for (judge, project), value in grid.items()]


def chances_of(sheets, rule=Rule.ADJUSTED):
    rows = rank(sheets, ONE, rule)
    return rows, chances(sheets, ONE, rows, rule, inputs_hash(sheets, ONE, rule))


grids = st.dictionaries(
    st.tuples(st.integers(1, 4), st.integers(1, 6)),
    st.integers(2, 10).map(lambda half: half * 5),
    min_size=1,
    max_size=24,
)


@settings(max_examples=40)
@given(grids, st.sampled_from(Rule))
def test_ranges_hold_the_place_and_bands_follow_the_places(grid, rule):
    rows, found = chances_of(sheets_of(grid), rule)
    before = 0
    for component in {row.component for row in rows}:
        own = [row for row in rows if row.component == component]
        for row in own:
            chance = found[row.project]
            assert 1 <= chance.rank_low <= row.place <= chance.rank_high <= len(own)
            assert 0 <= chance.top_three <= DRAWS
            assert chance.band - before in {0, 1}
            before = chance.band
        sure = sum(found[row.project].top_three for row in own)
        assert sure >= DRAWS * min(3, len(own))


@given(grids, st.randoms())
@settings(max_examples=20)
def test_the_same_sheets_in_another_order_give_the_same_draws(grid, dice):
    sheets = sheets_of(grid)
    mixed = list(sheets)
    dice.shuffle(mixed)
    assert chances_of(mixed)[1] == chances_of(sheets)[1]


def test_judges_who_agree_in_everything_leave_no_doubt():
    grid = {(j, p): value for j in (1, 2) for p, value in ((1, 50), (2, 40), (3, 40), (4, 20))}
    found = chances_of(sheets_of(grid))[1]
    assert [(found[p].rank_low, found[p].rank_high, found[p].band) for p in (1, 2, 3, 4)] == [
        (1, 1, 1), (2, 2, 2), (2, 2, 2), (4, 4, 3),
    ]  # fmt: skip


def test_judges_who_contradict_each_other_leave_one_band():
    grid = {(1, 1): 50, (1, 2): 10, (2, 1): 10, (2, 2): 50, (1, 3): 30, (2, 3): 30}
    found = chances_of(sheets_of(grid))[1]
    assert {chance.band for chance in found.values()} == {1}
    assert all((chance.rank_low, chance.rank_high) == (1, 3) for chance in found.values())


def test_sigma_squared_is_the_residuals_over_what_is_free():
    grid = {(1, 1): 50, (1, 2): 20, (2, 1): 30, (2, 2): 40, (3, 1): 40, (3, 2): 10}
    scores = {pair: Fraction(value, 10) for pair, value in grid.items()}
    model = fit(scores, adjusted_means(scores), Rule.ADJUSTED)
    assert model.freedom == 6 - 2 - 3 + 1
    squares = sum(value**2 for value in model.residuals.values())
    assert model.sigma_squared == pytest.approx(squares / 2)
    assert fit(scores, adjusted_means(scores, None), Rule.RAW).freedom == 4


def test_nothing_scored_has_no_ranges():
    assert chances([], ONE, [], Rule.ADJUSTED, "00") == {}


def test_a_known_bonus_is_found_within_its_interval():
    dice = random.Random(5)
    sheets, _ = bench.event(dice, 40, 12, 8)
    home = {(s.judge, s.project): float(dice.random() < 0.3) for s in sheets}
    scores = {
        (s.judge, s.project): bench.sheet_score(s.values, bench.WEIGHTS)
        + Fraction(int(home[s.judge, s.project]))
        for s in sheets
    }
    found = effect(fit(scores, adjusted_means(scores), Rule.ADJUSTED), home)
    assert found.low < 1 < found.high
    assert found.smallest == pytest.approx(2 * found.error)
    assert found.low > 0


def test_a_term_that_belongs_to_the_projects_cannot_be_told():
    scores = {(1, 1): Fraction(4), (2, 1): Fraction(3), (1, 2): Fraction(2), (2, 2): Fraction(5)}
    model = fit(scores, adjusted_means(scores), Rule.ADJUSTED)
    found = effect(model, {(j, p): float(p == 1) for j, p in scores})
    assert (found.estimate, found.low, found.smallest) == (None, None, None)


def test_a_decided_place_moves_the_others_down_by_one():
    rows = rank(sheets_of({(1, p): value for p, value in enumerate((50, 40, 40, 10), 1)}), ONE)
    moved = decided(rows, 3, 1)
    assert [(row.project, row.place) for row in moved] == [(3, 1), (1, 2), (2, 3), (4, 4)]
    assert moved[0].tie == "decided"


def test_in_simulated_events_the_ranges_hold_and_the_rule_beats_the_raw_mean():
    found = bench.simulate(events=60)
    assert 0.88 <= found["coverage"] <= 0.96
    assert found["tau_ours"] > found["tau_raw"]
