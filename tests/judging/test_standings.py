"""The standings: golden values, properties, ties, components."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hackathon.judging.rules import Rule
from hackathon.judging.standings import (
    Sheet,
    adjusted_means,
    components,
    inputs_hash,
    leniency,
    means,
    middle_half,
    rank,
    rounded,
    sheet_score,
)

A, B, C, D = 1, 2, 3, 4
J1, J2, J3 = 11, 12, 13
GOLDEN = {
    (J1, A): Fraction(8),
    (J2, A): Fraction(6),
    (J1, B): Fraction(9),
    (J3, B): Fraction(5),
    (J2, C): Fraction(7),
    (J3, C): Fraction(6),
    (J1, D): Fraction(7),
    (J2, D): Fraction(5),
    (J3, D): Fraction(4),
}
ONE = {"value": Decimal(1)}


@pytest.mark.parametrize(
    ("shrink", "adjusted", "lenient"),
    [
        (0, (6.233333, 6.833333, 7.433333, 5.333333), (1.866667, -0.333333, -1.533333)),
        (2, (6.574074, 6.907407, 7.018519, 5.333333), (1.037037, -0.185185, -0.851852)),
    ],
)
def test_the_golden_values_hold(shrink, adjusted, lenient):
    found = adjusted_means(GOLDEN, Fraction(shrink))
    assert [round(float(found[p]), 6) for p in (A, B, C, D)] == list(adjusted)
    judges = leniency(GOLDEN, Fraction(shrink))
    assert [round(float(judges[j]), 6) for j in (J1, J2, J3)] == list(lenient)


def test_without_adjustment_it_is_the_raw_mean():
    found = adjusted_means(GOLDEN, None)
    assert [found[p] for p in (A, B, C, D)] == [7, 7, Fraction(13, 2), Fraction(16, 3)]


def test_the_exact_solution_is_where_the_published_loop_comes_to_rest():
    lenient = dict.fromkeys((J1, J2, J3), 0.0)
    quality = dict.fromkeys((A, B, C, D), 0.0)
    middle = float(sum(GOLDEN.values()) / len(GOLDEN))
    for _ in range(200):
        for judge in lenient:
            own = [(p, float(s)) for (j, p), s in GOLDEN.items() if j == judge]
            lenient[judge] = sum(s - middle - quality[p] for p, s in own) / (len(own) + 2)
        for project in quality:
            own = [(j, float(s)) for (j, p), s in GOLDEN.items() if p == project]
            quality[project] = sum(s - middle - lenient[j] for j, s in own) / len(own)
    exact = adjusted_means(GOLDEN)
    for project, value in quality.items():
        assert middle + value == pytest.approx(float(exact[project]), abs=1e-9)


def test_a_stricter_judge_moves_every_project_alike_without_shrinkage():
    shifted = {p: s - 2 if p[0] == J3 else s for p, s in GOLDEN.items()}
    before, after = adjusted_means(GOLDEN, Fraction(0)), adjusted_means(shifted, Fraction(0))
    assert {before[p] - after[p] for p in before} == {Fraction(2, 3)}


def test_a_sheet_is_the_weighted_mean_of_its_marks():
    weights = {"impact": Decimal("0.4"), "craft": Decimal("0.35"), "pitch": Decimal("0.25")}
    values = {"impact": 45, "craft": 30, "pitch": 50}
    assert sheet_score(values, weights) == Fraction(41, 10)


cells = st.dictionaries(
    st.tuples(st.integers(1, 5), st.integers(1, 7)),
    st.tuples(st.integers(2, 10), st.integers(2, 10)).map(lambda pair: (pair[0] * 5, pair[1] * 5)),
    min_size=1,
    max_size=30,
)
WEIGHTS = {"impact": Decimal("0.6"), "craft": Decimal("0.4")}


def sheets_of(found):
    return [
        Sheet(judge, project, {"impact": one, "craft": two})
        for (judge, project), (one, two) in found.items()
    ]


@given(cells, st.randoms())
def test_order_and_repetition_of_sheets_change_nothing(found, random):
    sheets = sheets_of(found)
    mixed = sheets + sheets[: len(sheets) // 2]
    random.shuffle(mixed)
    assert rank(mixed, WEIGHTS) == rank(sheets, WEIGHTS)
    assert inputs_hash(mixed, WEIGHTS, Rule.ADJUSTED) == inputs_hash(sheets, WEIGHTS, Rule.ADJUSTED)


@given(cells)
def test_the_solution_fulfills_both_equations(found):
    scores = {pair: Fraction(one, 10) for pair, (one, _) in found.items()}
    lenient, adjusted = leniency(scores), adjusted_means(scores)
    for judge, value in lenient.items():
        own = [s - adjusted[p] for (j, p), s in scores.items() if j == judge]
        assert value == sum(own, Fraction(0)) / (len(own) + 2)
    for project, value in adjusted.items():
        own = [s - lenient[j] for (j, p), s in scores.items() if p == project]
        assert value == sum(own, Fraction(0)) / len(own)


@given(st.lists(st.lists(st.integers(2, 10), min_size=4, max_size=4), min_size=2, max_size=6))
def test_where_everyone_sees_everyone_the_order_is_that_of_the_raw_mean(grid):
    scores = {(j, p): Fraction(v, 2) for p, row in enumerate(grid) for j, v in enumerate(row)}
    adjusted = adjusted_means(scores)
    assert {p: adjusted[p] - raw for p, raw in means(scores).items()} == dict.fromkeys(
        adjusted, next(iter(adjusted.values())) - next(iter(means(scores).values()))
    )


@given(cells)
def test_places_are_those_of_a_competition(found):
    rows = rank(sheets_of(found), WEIGHTS)
    for component in {row.component for row in rows}:
        own = [row for row in rows if row.component == component]
        for row in own:
            assert row.place == 1 + sum(other.place < row.place for other in own)
        assert [row.place for row in own] == sorted(row.place for row in own)
        keys = [rounded(row.adjusted) for row in own]
        assert keys == sorted(keys, reverse=True)


@given(cells)
def test_components_are_what_judges_connect(found):
    numbers = components(sorted(found))
    for judge in {judge for judge, _ in found}:
        assert len({numbers[p] for j, p in found if j == judge}) == 1
    assert set(numbers.values()) == set(range(1, max(numbers.values()) + 1))


def test_groups_without_a_common_judge_are_ranked_apart():
    sheets = [Sheet(1, 1, {"value": 50}), Sheet(1, 2, {"value": 40}), Sheet(2, 3, {"value": 10})]
    rows = rank(sheets, ONE)
    assert [(row.project, row.component, row.place) for row in rows] == [
        (1, 1, 1),
        (2, 1, 2),
        (3, 2, 1),
    ]
    raw = rank(sheets, ONE, Rule.RAW)
    assert [(row.project, row.component, row.place) for row in raw] == [
        (1, 1, 1),
        (2, 1, 2),
        (3, 1, 3),
    ]


def test_a_tie_is_broken_by_the_heaviest_criterion():
    weights = {"craft": Decimal(1), "impact": Decimal(3)}
    sheets = [
        Sheet(1, 1, {"craft": 50, "impact": 30}),
        Sheet(1, 2, {"craft": 20, "impact": 40}),
    ]
    rows = rank(sheets, weights)
    assert rows[0].raw_mean == rows[1].raw_mean
    assert [(row.project, row.place, row.tie) for row in rows] == [
        (2, 1, "criteria"),
        (1, 2, "criteria"),
    ]


def test_a_tie_is_then_broken_by_the_judges_who_scored_both():
    sheets = [
        Sheet(judge, project, {"value": value})
        for judge, project, value in [
            (1, 1, 40), (1, 2, 30), (2, 1, 40), (2, 2, 30), (3, 1, 20), (3, 2, 40),
        ]
    ]  # fmt: skip
    rows = rank(sheets, ONE)
    assert rows[0].adjusted == rows[1].adjusted
    assert [(row.project, row.place, row.tie) for row in rows] == [
        (1, 1, "record"),
        (2, 2, "record"),
    ]


def test_what_nothing_decides_shares_a_place():
    sheets = [
        Sheet(judge, project, {"value": value})
        for judge, project, value in [
            (1, 1, 40),
            (1, 2, 40),
            (1, 3, 10),
            (2, 3, 10),
            (2, 2, 40),
            (2, 1, 40),
        ]
    ]
    rows = rank(sheets, ONE)
    assert [(row.project, row.place, row.tie) for row in rows] == [
        (1, 1, "shared"),
        (2, 1, "shared"),
        (3, 3, ""),
    ]


def test_nothing_scored_is_no_standings():
    assert rank([], ONE) == []


def test_hundredths_are_rounded_half_up():
    assert [rounded(Fraction(x, 1000)) for x in (4005, 4004, 4015)] == [401, 400, 402]


def test_the_middle_half_of_a_field():
    assert middle_half([Fraction(n) for n in (4, 1, 3, 2, 5)]) == (2, 4)
    assert middle_half([Fraction(3)]) == (3, 3)
