"""Quarters as days, what a sign-off needs; the questions and answers of a survey."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from hackathon.shared.errors import Conflict, Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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


# --- the survey of an event -------------------------------------------------------------

SMALLEST_GROUP = 5
"""Below so many answers nothing of an anonymous survey is shown (research, section 9.4)."""

MOST_QUESTIONS = 12
MOST_OPTIONS = 8
MOST_TEXT = 2000
SCALE = range(1, 6)


class Ask(StrEnum):
    """How a question is answered."""

    SCALE = "scale"
    CHOICE = "choice"
    TEXT = "text"


@dataclass(frozen=True)
class Question:
    """A question; `options` only of a choice."""

    ask: Ask
    text: str
    options: tuple[str, ...] = ()


USUAL_QUESTIONS = (
    Question(Ask.SCALE, "How good was the event as a whole?"),
    Question(Ask.SCALE, "Would you take part again?"),
    Question(Ask.SCALE, "Was the judging fair, and its feedback of use?"),
    Question(Ask.TEXT, "What should stay as it is?"),
    Question(Ask.TEXT, "What should we change next time?"),
)
"""What a survey begins with where no earlier event had one; every word can be changed."""


def check_questions(given: Sequence[Question]) -> tuple[Question, ...]:
    """The questions of a survey, cleaned.

    Raises:
        Invalid: none or more than twelve, an empty or repeated one, or a choice without two
            to eight different options.
    """
    found = []
    for row in given:
        text = " ".join(row.text.split())[:200]
        options = tuple(dict.fromkeys(" ".join(one.split())[:100] for one in row.options))
        options = tuple(one for one in options if one) if row.ask is Ask.CHOICE else ()
        if row.ask is Ask.CHOICE and not 2 <= len(options) <= MOST_OPTIONS:  # noqa: PLR2004
            raise Invalid(
                "options",
                f"“{text}” needs two to {MOST_OPTIONS} different options, one a line. "
                "Nothing was saved.",
            )
        found.append(Question(row.ask, text, options))
    texts = [row.text.casefold() for row in found]
    if not 1 <= len(found) <= MOST_QUESTIONS or not all(texts):
        raise Invalid("questions", f"Ask 1 to {MOST_QUESTIONS} questions. Nothing was saved.")
    if len(set(texts)) < len(texts):
        raise Invalid("questions", "One question is there twice. Nothing was saved.")
    return tuple(found)


Reply = int | str


def check_replies(questions: Sequence[Question], given: Sequence[str]) -> dict[int, Reply]:
    """What a person answers, by the question's number from 0; blank ones are left out.

    A scale is 1 to 5, a choice the number of its option from 0, a text at most 2,000 characters.

    Raises:
        Invalid: something that cannot be chosen, or nothing answered at all.
    """
    found: dict[int, Reply] = {}
    for number, (question, text) in enumerate(zip(questions, given, strict=True)):
        clean = text.strip()
        if not clean:
            continue
        if question.ask is Ask.TEXT:
            found[number] = clean[:MOST_TEXT]
            continue
        allowed = SCALE if question.ask is Ask.SCALE else range(len(question.options))
        if not (clean.isascii() and clean.isdigit() and int(clean[:3]) in allowed):
            raise Invalid("reply", f"“{question.text}” has no such answer. Nothing was saved.")
        found[number] = int(clean)
    if not found:
        raise Invalid("replies", "Answer at least one question. Nothing was saved.")
    return found


@dataclass(frozen=True)
class Tally:
    """A question with its answers: how often each value, the mean of a scale, the texts.

    `is_hidden`: too few answered for it to stay anonymous; then it holds no values.
    """

    question: Question
    answers: int
    is_hidden: bool = False
    counts: tuple[tuple[str, int], ...] = ()
    mean: Fraction | None = None
    texts: tuple[str, ...] = ()


def tally(
    questions: Sequence[Question], replies: Sequence[Mapping[int, Reply]], *, least: int
) -> list[Tally]:
    """The answers question by question, counted.

    Args:
        questions: As they were asked.
        replies: A person each.
        least: How many must have answered a question for its answers to be shown; texts come
            in alphabetical order, so that their place tells nothing.
    """
    found = []
    for number, question in enumerate(questions):
        values = [row[number] for row in replies if number in row]
        if len(values) < max(1, least):
            found.append(Tally(question, len(values), is_hidden=bool(values)))
        elif question.ask is Ask.TEXT:
            texts = sorted((str(value) for value in values), key=str.casefold)
            found.append(Tally(question, len(values), texts=tuple(texts)))
        elif question.ask is Ask.SCALE:
            counts = tuple((str(step), values.count(step)) for step in SCALE)
            mean = Fraction(sum(int(value) for value in values), len(values))
            found.append(Tally(question, len(values), counts=counts, mean=mean))
        else:
            counts = tuple(
                (option, values.count(place)) for place, option in enumerate(question.options)
            )
            found.append(Tally(question, len(values), counts=counts))
    return found
