"""Standings: weighted means per sheet, judges' leniency taken out, ties by a published rule.

The rule (`adjusted`): a sheet's score is the weighted mean of its marks. Judge j with n
sheets has leniency b_j = sum(score - project's adjusted mean) / (n + 2); a project's
adjusted mean is the mean of its sheets' scores less their judges' leniency. Both hold at
once: a system of linear equations, one a judge, solved in whole numbers, so that every
figure is exact. Fixed shrinkage: 2 for judges, 0 for projects.

Ties: the adjusted mean to two decimals (half up), then each criterion in the order of its
weight, adjusted the same way, to two decimals; then the record among judges who scored
both; then a shared place. Projects that share no judge, directly or over others, are
ranked apart, one *component* each.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

from hackathon.judging.rules import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

LAMBDA_JUDGE = Fraction(2)
LAMBDA_PROJECT = 0
DECIMALS = 2

Pair = tuple[int, int]
"""(judge, project)"""


@dataclass(frozen=True)
class Sheet:
    """A complete sheet: a judge's value of each criterion for a project, in tenths."""

    judge: int
    project: int
    values: Mapping[str, int]


@dataclass(frozen=True)
class Row:
    """A project in the standings. Means are exact and on the rubric's scale."""

    project: int
    place: int
    raw_mean: Fraction
    adjusted: Fraction
    sheets: int
    component: int
    tie: str = ""


def sheet_score(values: Mapping[str, int], weights: Mapping[str, Decimal]) -> Fraction:
    """The weighted mean of a sheet's marks, on the rubric's scale."""
    total = sum((Fraction(weight) for weight in weights.values()), Fraction(0))
    parts = (Fraction(weight) * values[key] for key, weight in weights.items())
    return sum(parts, Fraction(0)) / total / 10


def tenths(value: int) -> Fraction:
    """A mark on the rubric's scale."""
    return Fraction(value, 10)


def means(scores: Mapping[Pair, Fraction]) -> dict[int, Fraction]:
    """The plain mean of each project's scores."""
    found: dict[int, list[Fraction]] = defaultdict(list)
    for (_, project), score in scores.items():
        found[project].append(score)
    return {project: sum(rows, Fraction(0)) / len(rows) for project, rows in found.items()}


@dataclass(frozen=True)
class _Fit:
    """The judges' leniencies over one denominator, so that sums stay in whole numbers.

    Judge j's leniency is `lenient[j] / (whole * unit)`; a score is `scores[pair] / unit`.
    """

    unit: int
    whole: int
    scores: dict[Pair, int]
    lenient: dict[int, int]


def _fit(scores: Mapping[Pair, Fraction], lambda_judge: Fraction) -> _Fit:
    """Solve the rule's equations.

    With the projects' means put in, there is one equation a judge:
    (n_j + lambda) b_j - sum over j's projects of (mean of b there) = sum(score - raw mean),
    here times the panels' common multiple. The matrix is symmetric.
    """
    judges = sorted({judge for judge, _ in scores})
    index = {judge: number for number, judge in enumerate(judges)}
    unit = lcm(*(score.denominator for score in scores.values()))
    whole = {pair: score.numerator * (unit // score.denominator) for pair, score in scores.items()}
    panel: dict[int, list[int]] = defaultdict(list)
    total: dict[int, int] = defaultdict(int)
    loads = [0] * len(judges)
    for (judge, project), score in whole.items():
        panel[project].append(index[judge])
        total[project] += score
        loads[index[judge]] += 1
    scale = lcm(*(len(members) for members in panel.values())) * lambda_judge.denominator
    size = len(judges)
    matrix = [[0] * (size + 1) for _ in range(size)]
    for members in panel.values():
        for one in members:
            row = matrix[one]
            for other in members:
                row[other] -= scale // len(members)
    for (judge, project), score in whole.items():
        row = matrix[index[judge]]
        row[index[judge]] += scale
        row[size] += scale * score - scale // len(panel[project]) * total[project]
    for number, row in enumerate(matrix):
        row[number] += int(lambda_judge * scale)
        if lambda_judge == 0:  # only differences are determined; n-weighted, they sum to zero
            for column, other in enumerate(loads):
                row[column] += loads[number] * other * scale
    found, determinant = _solve(matrix)
    return _Fit(unit, determinant, whole, dict(zip(judges, found, strict=True)))


def _solve(rows: list[list[int]]) -> tuple[list[int], int]:
    """Solve a symmetric system of whole numbers without fractions (Bareiss).

    Returns numerators and their common denominator. Only the upper half is worked on.
    """
    size, before = len(rows), 1
    for column in range(size):
        head = rows[column]
        pivot = head[column]
        for number in range(column + 1, size):
            factor, line = head[number], rows[number]
            line[number:] = [
                (pivot * own - factor * above) // before
                for own, above in zip(line[number:], head[number:], strict=True)
            ]
        before = pivot
    determinant = before
    found = [0] * size
    for number in reversed(range(size)):
        line = rows[number]
        known = sum(line[at] * found[at] for at in range(number + 1, size))
        found[number] = (determinant * line[size] - known) // line[number]
    return found, determinant


def leniency(
    scores: Mapping[Pair, Fraction], lambda_judge: Fraction = LAMBDA_JUDGE
) -> dict[int, Fraction]:
    """How much each judge lies above the others, shrunk; exact."""
    fit = _fit(scores, lambda_judge)
    below = fit.whole * fit.unit
    return {judge: Fraction(value, below) for judge, value in fit.lenient.items()}


def adjusted_means(
    scores: Mapping[Pair, Fraction], lambda_judge: Fraction | None = LAMBDA_JUDGE
) -> dict[int, Fraction]:
    """Each project's mean with its judges' leniency taken out; None leaves it in."""
    if lambda_judge is None or not scores:
        return means(scores)
    fit = _fit(scores, lambda_judge)
    total: dict[int, int] = defaultdict(int)
    count: dict[int, int] = defaultdict(int)
    for (judge, project), score in fit.scores.items():
        total[project] += score * fit.whole - fit.lenient[judge]
        count[project] += 1
    return {
        project: Fraction(value, count[project] * fit.whole * fit.unit)
        for project, value in total.items()
    }


def components(pairs: Sequence[Pair]) -> dict[int, int]:
    """The component of each project, numbered from 1: the largest first, then by project."""
    leader: dict[tuple[str, int], tuple[str, int]] = {}

    def find(node: tuple[str, int]) -> tuple[str, int]:
        leader.setdefault(node, node)
        while leader[node] != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    for judge, project in pairs:
        leader[find(("judge", judge))] = find(("project", project))
    groups: dict[tuple[str, int], list[int]] = defaultdict(list)
    for project in sorted({project for _, project in pairs}):
        groups[find(("project", project))].append(project)
    ordered = sorted(groups.values(), key=lambda members: (-len(members), members[0]))
    return {project: number for number, group in enumerate(ordered, 1) for project in group}


def rounded(value: Fraction) -> int:
    """Hundredths, half up: what the tie rule compares."""
    return int((value * 10**DECIMALS + Fraction(1, 2)).__floor__())


def rank(
    sheets: Sequence[Sheet], weights: Mapping[str, Decimal], rule: Rule = Rule.ADJUSTED
) -> list[Row]:
    """The standings of complete sheets: by component, then place, then project.

    Args:
        sheets: Complete sheets, in any order; of two of one pair the later given counts.
        weights: Each criterion's weight, in the rubric's order.
        rule: `adjusted`, or `raw` where an organizer chose it before the round opened.
    """
    latest = {(sheet.judge, sheet.project): sheet for sheet in sheets}
    scores = {pair: sheet_score(sheet.values, weights) for pair, sheet in latest.items()}
    shrink = LAMBDA_JUDGE if rule is Rule.ADJUSTED else None
    raw, adjusted = means(scores), adjusted_means(scores, shrink)
    lists = components(sorted(scores)) if scores else {}
    ranked_apart = lists if rule is Rule.ADJUSTED else dict.fromkeys(lists, 1)
    heaviest = sorted(weights, key=lambda key: -weights[key])
    by_criterion = [
        adjusted_means({pair: tenths(s.values[key]) for pair, s in latest.items()}, shrink)
        for key in heaviest
    ]
    counts: dict[int, int] = defaultdict(int)
    for _, project in scores:
        counts[project] += 1
    rows: list[Row] = []
    for component in sorted(set(ranked_apart.values())):
        members = [project for project, number in ranked_apart.items() if number == component]
        keys = {p: tuple(rounded(each[p]) for each in (adjusted, *by_criterion)) for p in members}
        for place, project, tie in _places(keys, scores):
            rows.append(
                Row(
                    project=project,
                    place=place,
                    raw_mean=raw[project],
                    adjusted=adjusted[project],
                    sheets=counts[project],
                    component=component,
                    tie=tie,
                )
            )
    return rows


def _places(
    keys: Mapping[int, tuple[int, ...]], scores: Mapping[Pair, Fraction]
) -> list[tuple[int, int, str]]:
    """(place, project, how a tie was decided) of one component."""
    groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for project, key in keys.items():
        groups[key].append(project)
    first: dict[int, int] = defaultdict(int)
    for key in keys.values():
        first[key[0]] += 1
    found = []
    place = 1
    for key in sorted(groups, reverse=True):
        members = groups[key]
        record = direct_record(members, scores)
        tie = "criteria" if first[key[0]] > len(members) else ""
        for wins in sorted(set(record.values()), reverse=True):
            level = sorted(project for project in members if record[project] == wins)
            if len(level) < len(members):
                tie = "record"
            shared = "shared" if len(level) > 1 else tie
            found += [(place, project, shared) for project in level]
            place += len(level)
    return found


def direct_record(members: Sequence[int], scores: Mapping[Pair, Fraction]) -> dict[int, int]:
    """Duels won less lost within a tie, each decided by the judges who scored both."""
    record = dict.fromkeys(members, 0)
    if len(members) == 1:
        return record
    given: dict[int, dict[int, Fraction]] = defaultdict(dict)
    for (judge, project), score in scores.items():
        if project in record:
            given[project][judge] = score
    for number, one in enumerate(members):
        for other in members[number + 1 :]:
            both = given[one].keys() & given[other].keys()
            balance = sum(_sign(given[one][judge] - given[other][judge]) for judge in both)
            record[one] += _sign(Fraction(balance))
            record[other] -= _sign(Fraction(balance))
    return record


def _sign(value: Fraction) -> int:
    return (value > 0) - (value < 0)


def middle_half(values: Sequence[Fraction]) -> tuple[Fraction, Fraction]:
    """The quartiles of a field: a quarter lies below the first, a quarter above the second."""
    ordered = sorted(values)

    def at(share: Fraction) -> Fraction:
        spot = share * (len(ordered) - 1)
        low = int(spot)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (ordered[high] - ordered[low]) * (spot - low)

    return at(Fraction(1, 4)), at(Fraction(3, 4))


def decided(rows: Sequence[Row], project: int, place: int) -> list[Row]:
    """Standings in which people gave a project a better place: the others move down by one."""
    chosen = next(row for row in rows if row.project == project)
    moved = []
    for row in rows:
        if row.project == project:
            moved.append(replace(row, place=place, tie="decided"))
        elif row.component == chosen.component and place <= row.place <= chosen.place:
            moved.append(replace(row, place=row.place + 1))
        else:
            moved.append(row)
    return sorted(moved, key=lambda row: (row.component, row.place))


def inputs_hash(sheets: Sequence[Sheet], weights: Mapping[str, Decimal], rule: Rule) -> str:
    """SHA-256 over what the standings are made from; the order of sheets is nothing."""
    latest = {(sheet.judge, sheet.project): dict(sheet.values) for sheet in sheets}
    given = {
        "rule": rule.value,
        "weights": [[key, f"{weight:f}"] for key, weight in weights.items()],
        "sheets": [[*pair, sorted(values.items())] for pair, values in sorted(latest.items())],
    }
    text = json.dumps(given, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
