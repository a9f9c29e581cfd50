"""Conversion by its definition: the vectors of the specification hold to the digit."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hackathon.backlog.metrics import (
    Project,
    Share,
    check_in_dates,
    conversion,
    curve,
    in_a_year,
    outcome_of,
    wilson,
)

AS_OF = date(2026, 3, 31)


def project(start, *, live=None, stopped=None, quarter="2025-Q1", is_promoted=False):
    return Project(quarter, date.fromisoformat(start), live, stopped, is_promoted)


V1 = [
    project("2025-01-31", live=date(2025, 5, 31), is_promoted=True),
    project("2025-01-31", stopped=date(2025, 4, 1), is_promoted=True),
    project("2025-01-31"),
    project("2025-01-31", live=date(2026, 2, 15), is_promoted=True),
    project("2025-03-31", live=date(2026, 3, 31)),
    project("2025-03-31"),
    project("2025-07-31", live=date(2025, 12, 18), quarter="2025-Q3"),
    project("2025-07-31", stopped=date(2025, 10, 29), quarter="2025-Q3"),
    project("2025-07-31", quarter="2025-Q3"),
    project("2025-10-31", quarter="2025-Q4"),
    project("2026-01-30", quarter="2026-Q1"),
]
"""P11 (merged) and P13 (withdrawn) of the vector are no projects: see test_figures."""


def test_the_headline_of_the_vector_holds():
    found = conversion(V1, AS_OF)
    assert (found.headline.hits, found.headline.of) == (2, 6)
    assert found.headline.text == "2 of 6 (33.3 %, between 9.7 and 70.0 %)"
    assert found.headline.verdict == "n < 20, no verdict"
    assert found.late == 1
    assert (found.young.hits, found.young.of) == (1, 5)
    assert (found.promoted.hits, found.promoted.of) == (1, 3)


def test_the_curve_of_the_vector_holds():
    steps = {step.day: step for step in curve(outcome_of(row, AS_OF) for row in V1)}
    assert [(step.day, step.at_risk) for step in steps.values()] == [
        (60, 11), (90, 9), (120, 8), (140, 7), (365, 4),
    ]  # fmt: skip
    assert steps[90].stopped == Fraction(19, 99)
    assert steps[140].live == Fraction(20, 99)
    last = steps[365]
    assert (last.live, last.stopped, last.open) == (
        Fraction(35, 99), Fraction(19, 99), Fraction(45, 99),
    )  # fmt: skip


def test_the_second_curve_holds():
    rows = [(60, 2), (90, 2), (120, 1), (150, 0), (200, 1), (240, 0), (300, 2), (330, 1)]
    last = curve([*rows, (365, 0), (365, 0)])[-1]
    assert (last.live, last.stopped, last.open) == (
        Fraction(29, 80), Fraction(83, 240), Fraction(7, 24),
    )  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 365), st.sampled_from([0, 1, 2])), max_size=30))
def test_live_stopped_and_open_always_make_one(outcomes):
    for step in curve(outcomes):
        assert step.live + step.stopped + step.open == 1
        assert min(step.live, step.stopped, step.open) >= 0


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (0, 5, 0, 43.45), (1, 5, 3.62, 62.45), (5, 5, 56.55, 100), (2, 12, 4.70, 44.80),
        (4, 20, 8.07, 41.60), (5, 20, 11.19, 46.87), (12, 60, 11.83, 31.78),
        (16, 48, 21.68, 47.46), (16, 23, 49.13, 84.40),
    ],
)  # fmt: skip
def test_the_intervals_hold(hits, of, low, high):
    found = wilson(hits, of)
    assert [round(100 * end, 2) for end in found] == [low, high]


def test_of_nothing_there_is_no_share():
    assert wilson(0, 0) is None
    assert Share(0, 0).text == "no mature projects yet"
    assert Share(0, 0).verdict == ""


@pytest.mark.parametrize(
    ("hits", "of", "verdict"),
    [(3, 19, "n < 20, no verdict"), (2, 20, "below"), (4, 20, "within"), (6, 20, "above")],
)
def test_a_verdict_waits_for_twenty_projects(hits, of, verdict):
    assert Share(hits, of).verdict.startswith(verdict)


def test_only_the_last_four_quarters_with_mature_projects_count():
    rows = [project(f"{year}-01-31", quarter=f"{year}-Q1") for year in range(2018, 2026)]
    found = conversion(rows, AS_OF)
    assert found.quarters == ("2022-Q1", "2023-Q1", "2024-Q1", "2025-Q1")
    assert found.headline.of == 4


def test_check_ins_are_due_on_the_days_of_the_vector():
    dates = check_in_dates(date(2026, 1, 30), date(2026, 1, 31))
    assert [day.isoformat() for day in dates.values()] == [
        "2026-02-06", "2026-03-01", "2026-03-31", "2026-04-30", "2026-07-29", "2026-10-27",
        "2027-01-30",
    ]  # fmt: skip
    assert check_in_dates(date(2028, 1, 31), date(2028, 2, 1))["30d"] == date(2028, 3, 1)


def test_a_check_in_that_would_be_past_is_due_a_week_after_the_promotion():
    dates = check_in_dates(date(2026, 1, 30), date(2026, 3, 10))
    assert dates["7d"] == dates["30d"] == date(2026, 3, 17)
    assert dates["60d"] == date(2026, 3, 31)


def test_twelve_months_end_on_the_same_day():
    assert in_a_year(date(2028, 2, 29)) == date(2029, 2, 28)
    assert in_a_year(date(2028, 1, 31)) == date(2029, 1, 31)
