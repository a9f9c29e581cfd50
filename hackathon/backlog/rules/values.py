"""What is typed about a proposal: its one page, links, days and time boxes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from hackathon.shared.errors import Invalid

LONGEST_BOX = 90
"""Days: the default time box and the longest (G1)."""

FIRST_RESPONSE = 14
"""Days in which a proposed idea gets an answer."""

DECISION = 30
"""Days in which a proposal in review is decided."""

MOST_WORDS = 500
LONGEST_TEXT = 5_000


def check_filled(text: str, field_name: str, message: str, least: int = 3) -> str:
    """A text that says something, trimmed."""
    if len(text.strip()) < least:
        raise Invalid(field_name, message, field=field_name)
    return text.strip()


def check_link(text: str, field_name: str) -> str:
    """A link that is http(s) with a host; it is shown, never fetched."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(map(str.isspace, text)):
        raise Invalid("link", "A link begins with http:// or https://.", field=field_name)
    return text


def check_time_box(days: int | None, field_name: str = "time_box_days") -> int:
    """A time box of 1 to 90 days."""
    if days is None or not 1 <= days <= LONGEST_BOX:
        raise Invalid("time_box", f"A time box has 1 to {LONGEST_BOX} days.", field=field_name)
    return days


def lines_of(text: str) -> tuple[str, ...]:
    """The lines of a text that say something."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def parse_day(text: str, field_name: str) -> date | None:
    """A day as typed (`2026-11-22`); None when nothing was.

    Raises:
        Invalid: not a day.
    """
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid("day", "Give a day like 2026-11-22.", field=field_name) from None


PAGE = ("title", "problem", "approach", "impact", "needs")
"""The fields of the one page, in its order."""


@dataclass(frozen=True)
class Page:
    """The one page of a proposal."""

    title: str = ""
    problem: str = ""
    approach: str = ""
    impact: str = ""
    needs: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """What it still lacks."""
        return tuple(name for name in PAGE if not getattr(self, name))


def check_page(page: Page) -> Page:
    """A page with a title and at most 500 words."""
    check_filled(page.title, "title", "Give it a title.", 1)
    if len(page.title) > 120:  # noqa: PLR2004 - as a project's card
        raise Invalid("title", "A title has at most 120 characters.", field="title")
    words = sum(len(getattr(page, name).split()) for name in PAGE)
    if words > MOST_WORDS:
        raise Invalid(
            "too_long", f"One page has at most {MOST_WORDS} words; this has {words}.",
            field="problem",
        )  # fmt: skip
    return page
