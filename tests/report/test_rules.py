"""Quarters as days, and what a sign-off needs."""

from datetime import date

import pytest

from hackathon.report.rules import check_as_of, check_version, days_of
from hackathon.shared.errors import Conflict, Invalid, NotFound


@pytest.mark.parametrize(
    ("quarter", "first", "last"),
    [
        ("2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2028-Q1", date(2028, 1, 1), date(2028, 3, 31)),
        ("2026-Q2", date(2026, 4, 1), date(2026, 6, 30)),
        ("2026-Q3", date(2026, 7, 1), date(2026, 9, 30)),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_a_quarter_has_its_days(quarter, first, last):
    assert days_of(quarter) == (first, last)


@pytest.mark.parametrize(
    "quarter", ["2026-Q5", "2026-q4", "26-Q4", "\uff12\uff1026-Q4", "2026-Q4x", ""]
)
def test_what_is_no_quarter_is_not_found(quarter):
    with pytest.raises(NotFound):
        days_of(quarter)


def test_a_draft_is_as_of_a_day_of_the_quarter_or_later_and_not_of_the_future():
    today = date(2026, 11, 23)
    assert check_as_of("", "2026-Q4", today) == today
    assert check_as_of("2026-10-01", "2026-Q4", today) == date(2026, 10, 1)
    for text in ("2026-09-30", "2026-11-24", "soon"):
        with pytest.raises(Invalid):
            check_as_of(text, "2026-Q4", today)


def test_a_version_is_the_next_one():
    assert check_version(2, 1) == 2
    for given in (1, 3):
        with pytest.raises(Conflict):
            check_version(given, 1)
