"""Why the standings are as they are: two projects side by side, and the rule against the mean."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hackathon.judging import standings, uncertainty
from hackathon.judging.queries.marks import sheets_of_visits
from hackathon.judging.queries.results import (
    decisions_of,
    newest_record,
    recorded_standings,
    score_text,
)
from hackathon.judging.queries.rounds import criteria_of, weights_of
from hackathon.judging.rules import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal
    from fractions import Fraction

    from sqlalchemy.orm import Session

    from hackathon.judging.models import CriterionRow, ResultRecord, Round
    from hackathon.judging.queries.results import Decision, Standing
    from hackathon.judging.standings import Sheet
    from hackathon.judging.uncertainty import Chance


@dataclass(frozen=True)
class Recorded:
    """A record with all it was made from."""

    record: ResultRecord
    rule: Rule
    lines: list[CriterionRow]
    rows: list[Standing]
    sheets: list[Sheet]
    decisions: list[Decision]

    @property
    def weights(self) -> dict[str, Decimal]:
        """Each criterion's weight."""
        return weights_of(self.lines)

    @property
    def scores(self) -> dict[standings.Pair, Fraction]:
        """The weighted mean of each sheet."""
        weights = self.weights
        return {
            (sheet.judge, sheet.project): standings.sheet_score(sheet.values, weights)
            for sheet in self.sheets
        }


def recorded(session: Session, found: Round) -> Recorded | None:
    """The record that stands, with its sheets; None before the freeze."""
    record = newest_record(session, found.id)
    if record is None:
        return None
    lines = criteria_of(session, found.id)
    visits = set(json.loads(record.parameters)["visits"])
    return Recorded(
        record=record,
        rule=Rule(found.rule),
        lines=lines,
        rows=recorded_standings(session, record),
        sheets=sheets_of_visits(session, found.id, lines, visits),
        decisions=decisions_of(session, record),
    )


@dataclass(frozen=True)
class Line:
    """A sheet in the arithmetic: the score, the judge's leniency, what is left."""

    judge: int
    score: Fraction
    lenient: Fraction

    @property
    def evened(self) -> Fraction:
        """The score with the judge's leniency taken out."""
        return self.score - self.lenient


@dataclass(frozen=True)
class Side:
    """A project in a comparison."""

    standing: Standing
    lines: list[Line]


@dataclass(frozen=True)
class Why:
    """Two projects side by side; `upper` stands above `lower`, or shares its place."""

    sentence: str
    without: str
    upper: Side
    lower: Side


def why(given: Recorded, one: int, other: int) -> Why | None:
    """Why one project stands above another; None unless both are in the record."""
    known = {row.project_id: row for row in given.rows}
    if one not in known or other not in known or one == other:
        return None
    upper, lower = sorted(
        (known[one], known[other]), key=lambda row: (row.component, row.place, row.title)
    )
    is_adjusted = given.rule is Rule.ADJUSTED
    scores = given.scores
    lenient = standings.leniency(scores) if is_adjusted else {}
    none = next(iter(scores.values())) * 0

    def side(row: Standing) -> Side:
        own = sorted(pair for pair in scores if pair[1] == row.project_id)
        lines = [Line(judge, scores[judge, p], lenient.get(judge, none)) for judge, p in own]
        return Side(row, lines)

    return Why(
        sentence=_sentence(given, upper, lower),
        without=_without(upper, lower) if is_adjusted else "",
        upper=side(upper),
        lower=side(lower),
    )


def _sentence(given: Recorded, upper: Standing, lower: Standing) -> str:
    if upper.component != lower.component:
        return (
            f"No judge connects {upper.title} and {lower.title}, "
            "directly or over others, so they are ranked apart."
        )
    decided = [row for row in given.decisions if row.project_id == upper.project_id]
    if upper.tie == "decided" and decided:
        return (
            f"The scores do not tell {upper.title} and {lower.title} apart; people decided: "
            f"{decided[-1].reason}"
        )
    high, low = score_text(upper.adjusted), score_text(lower.adjusted)
    if upper.place == lower.place:
        return f"{upper.title} and {lower.title} share place {upper.place}: nothing decides."
    if high == low:
        return f"{upper.title} and {lower.title} both have {high}; {_tie(given, upper, lower)}"
    how = " after strict and mild judges are evened out" if given.rule is Rule.ADJUSTED else ""
    sure = uncertainty.better(
        given.sheets, given.weights, given.rule, upper.project_id, lower.project_id
    )
    chance = f", better with {100 * sure:.0f} %" if sure is not None else ""
    return f"{upper.title} has {high} and {lower.title} {low}{how}{chance}."


def _tie(given: Recorded, upper: Standing, lower: Standing) -> str:
    shrink = standings.LAMBDA_JUDGE if given.rule is Rule.ADJUSTED else None
    weights = given.weights
    labels = {line.key: line.label for line in given.lines}
    for key in sorted(weights, key=lambda key: -weights[key]):
        own = standings.adjusted_means(
            {(s.judge, s.project): standings.tenths(s.values[key]) for s in given.sheets}, shrink
        )
        one, other = score_text(own[upper.project_id]), score_text(own[lower.project_id])
        if one != other:
            return f"{labels[key]} decides: {one} against {other}."
    return "the judges who scored both decide."


def _without(upper: Standing, lower: Standing) -> str:
    one, other = upper.raw_mean, lower.raw_mean
    if one > other:
        verdict = "the order would be the same"
    elif one < other:
        verdict = f"{lower.title} would stand above {upper.title}"
    else:
        verdict = "they would be level"
    return f"Plain means: {score_text(one)} against {score_text(other)}; {verdict}."


@dataclass(frozen=True)
class Change:
    """A project whose band or place the plain mean would change."""

    standing: Standing
    place: int
    band: int

    @property
    def is_other_band(self) -> bool:
        """Whether the band would be another one."""
        return self.standing.chance is not None and self.standing.chance.band != self.band


def without_calibration(given: Recorded) -> list[Change]:
    """What would change if judges were not evened out, within each group of projects."""
    known = {row.project_id: row for row in given.rows}
    plain: dict[int, tuple[int, Chance]] = {}
    before = 0
    for component in sorted({row.component for row in given.rows}):
        own = [s for s in given.sheets if known[s.project].component == component]
        found = _plain(own, given.weights)
        plain |= {
            project: (place, _shifted(chance, before)) for project, (place, chance) in found.items()
        }
        before = max((chance.band for _, chance in plain.values()), default=before)
    changes = []
    for row in given.rows:
        place, chance = plain[row.project_id]
        change = Change(row, place, chance.band)
        if place != row.place or change.is_other_band:
            changes.append(change)
    return changes


def _plain(
    sheets: Sequence[Sheet], weights: Mapping[str, Decimal]
) -> dict[int, tuple[int, Chance]]:
    rows = standings.rank(sheets, weights, Rule.RAW)
    seed = standings.inputs_hash(sheets, weights, Rule.RAW)
    chances = uncertainty.chances(sheets, weights, rows, Rule.RAW, seed)
    return {row.project: (row.place, chances[row.project]) for row in rows}


def _shifted(chance: Chance, before: int) -> Chance:
    return uncertainty.Chance(
        chance.rank_low, chance.rank_high, chance.band + before, chance.top_three
    )
