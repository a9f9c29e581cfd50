"""What people may decide where the scores do not tell projects apart: finalists and prizes.

A band is what the scores do not tell apart. Inside one a person chooses, with a reason;
across its edge nobody does.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from hackathon.shared.errors import Conflict, Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

FEWEST_FINALISTS, MOST_FINALISTS = 1, 100


@dataclass(frozen=True)
class Ranked:
    """A project in standings; without a known `band` each place is one."""

    project: int
    component: int
    place: int
    band: int


@dataclass(frozen=True)
class Cut:
    """Where the line of the best falls in one group of projects.

    `sure` stand in bands above the one the line falls in; of `level`, that band, at least
    `least` go on, and people say which. `by_rule` is what the published rule takes: every
    place up to the line, ties included.
    """

    sure: frozenset[int]
    level: frozenset[int]
    least: int
    by_rule: frozenset[int]


def groups(rows: Iterable[Ranked]) -> list[list[Ranked]]:
    """The rows of each group that is ranked by itself, by place."""
    found: dict[int, list[Ranked]] = defaultdict(list)
    for row in rows:
        found[row.component].append(row)
    return [sorted(found[key], key=lambda row: (row.place, row.project)) for key in sorted(found)]


def check_best(best: int) -> int:
    """How many go on, 1 to 100."""
    if not FEWEST_FINALISTS <= best <= MOST_FINALISTS:
        raise Invalid("best", "Carry 1 to 100 projects on; nothing was changed.", field="best")
    return best


def cut(rows: Sequence[Ranked], best: int) -> list[Cut]:
    """The line below the best of each group of projects."""
    found = []
    for group in groups(rows):
        taken = [row for row in group if row.place <= best]
        last = max((row.band for row in taken), default=group[0].band)
        sure = frozenset(row.project for row in taken if row.band != last)
        level = frozenset(row.project for row in group if row.band == last)
        least = min(max(best - len(sure), 0), len(level))
        found.append(Cut(sure, level, least, frozenset(row.project for row in taken)))
    return found


def check_finalists(rows: Sequence[Ranked], best: int, chosen: AbstractSet[int]) -> None:
    """Who goes on is the rule's choice above the line's band and people's inside it.

    Raises:
        Conflict: `other_band`, a project is left out or taken across the edge of a band.
        Invalid: fewer than were asked for.
    """
    lines = cut(rows, check_best(best))
    sure = {project for line in lines for project in line.sure}
    level = {project for line in lines for project in line.level}
    if not sure <= chosen or not chosen <= sure | level:
        raise Conflict(
            "other_band",
            "The scores tell these projects apart, so the rule decides who goes on. Only where "
            "the line falls inside a band may people choose. Nothing was changed.",
        )
    if any(len(line.level & chosen) < line.least for line in lines):
        raise Invalid(
            "projects", f"Choose at least {best}, or ask for fewer. Nothing was changed.",
            field="projects",
        )  # fmt: skip


# --- prizes ---------------------------------------------------------------------------


class Prize(StrEnum):
    """What decides a prize: a place and its band, people alone, or the audience's vote."""

    PLACE = "place"
    CHOICE = "choice"
    AUDIENCE = "audience"


PLACE_PRIZES = {1: "First prize", 2: "Second prize", 3: "Third prize"}
USUAL_PRIZES = ("Best learning", "Best reuse", "Best next step")
AUDIENCE_PRIZE = "People's choice"
LONGEST_PRIZE = 80


def eligible(rows: Sequence[Ranked], place: int) -> set[int]:
    """Who may get the prize of a place: the band in which it falls, in each group."""
    found: set[int] = set()
    for group in groups(rows):
        if place <= len(group):
            band = group[place - 1].band
            found |= {row.project for row in group if row.band == band}
    return found


def check_place_prize(
    rows: Sequence[Ranked], place: int, project: int, others: Mapping[int, int]
) -> None:
    """The prize of a place stays in the band of that place, and a project gets one.

    Args:
        rows: The standings of the record that stands.
        place: The place of the prize, from 1.
        project: Who would get it.
        others: The prizes of places that were given: project by place.

    Raises:
        Conflict: `other_band`, or the project has the prize of another place.
    """
    if project not in eligible(rows, place):
        raise Conflict(
            "other_band",
            "The scores tell this project apart from the ones of that place, so the prize does "
            "not go there. Nothing was changed.",
        )
    if any(given == project for at, given in others.items() if at != place):
        raise Conflict(
            "has_prize", "This project has the prize of another place. Nothing was changed."
        )


def most_votes(votes: Mapping[int, int]) -> list[int]:
    """The audience's favorites: one, or several with equally many votes."""
    most = max(votes.values(), default=0)
    return [project for project, count in votes.items() if most and count == most]
