"""Quarters as days, and what a sign-off needs."""

from __future__ import annotations

import re
from datetime import date, timedelta

from hackathon.shared.errors import Conflict, Invalid, NotFound

QUARTER = re.compile(r"(20\d\d)-Q([1-4])", re.ASCII)
PROTOTYPES = (2, 3)
"""How many prototypes a quarter should bring (research 9.2)."""

PROJECTS = (8, 20)
"""Between how many projects a quarter both targets can be met (research 9.3)."""


def days_of(quarter: str) -> tuple[date, date]:
    """The first and the last day of a quarter.

    Raises:
        NotFound: not a quarter like 2026-Q4.
    """
    match = QUARTER.fullmatch(quarter)
    if match is None:
        raise NotFound("no_such_quarter", "A quarter looks like 2026-Q4.")
    year, month = int(match[1]), 3 * int(match[2]) - 2
    after = date(year + (month == 10), (month + 3 - 1) % 12 + 1, 1)  # noqa: PLR2004 - October
    return date(year, month, 1), after - timedelta(days=1)


def check_as_of(text: str, quarter: str, today: date) -> date:
    """The day a report is drafted as of; today when nothing was said.

    Raises:
        Invalid: not a day, before the quarter, or in the future.
    """
    if not text.strip():
        return today
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid("as_of", "Give a day like 2026-12-31.", field="as_of") from None
    if not days_of(quarter)[0] <= day <= today:
        raise Invalid(
            "as_of", "Choose a day from the beginning of the quarter until today.", field="as_of"
        )
    return day


def check_version(given: int, newest: int) -> int:
    """The next version, when nobody signed one since the page was read."""
    if given != newest + 1:
        raise Conflict(
            "signed_first",
            "Somebody signed a version since you read this page. Nothing of yours was saved; "
            "look at theirs first.",
            version=newest,
        )
    return given
