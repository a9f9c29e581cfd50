"""How sure the standings are: likely ranges, the chance of the top three, bands.

The model is the rule's own (`standings`): score = project + judge + rest. X has one column
a project and one a judge, no intercept. sigma squared = residual sum of squares of the
fit / max(1, sheets - projects - judges + components); the covariance is sigma squared
times the inverse of X'X with 2 added on the judges' diagonal. 4,000 draws from it, seeded
by the inputs hash, are ranked like the standings. Where the raw mean ranks, X has no
judges' columns and the divisor is max(1, sheets - projects).

A likely range holds 90 % of a project's ranks. A band begins at a project than which the
first of the band above is better in more than 80 % of the draws: within a band the order
says little, so it is alphabetical and people decide.

The generator is the Mersenne Twister seeded by words with the polar method, which NumPy
has frozen (NEP 19); so `bench/recompute.py` makes the same draws without NumPy.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hackathon.judging.rules import Rule
from hackathon.judging.standings import (
    LAMBDA_JUDGE,
    components,
    leniency,
    rank,
    sheet_score,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal
    from fractions import Fraction
    from typing import Any

    from hackathon.judging.standings import Pair, Row, Sheet

# NumPy's threads wait for each other by spinning: on busy cores four take twenty times as
# long as one. Read when NumPy is loaded, which is below, when first asked.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

DRAWS = 4_000
TAIL = DRAWS // 20
"""Ranks left out at either end of a likely range: 5 %."""
CLEARLY = 0.8
TOP = 3


@dataclass(frozen=True)
class Chance:
    """What the draws say of a project: ranks from 1, the best first.

    `top_three` counts the draws of 4,000 in which it was among the first three.
    """

    rank_low: int
    rank_high: int
    band: int
    top_three: int


@dataclass(frozen=True)
class Effect:
    """An estimate of one more term in the model, on the rubric's scale.

    `error` is its standard error; None for both where the sheets cannot tell.
    """

    estimate: float | None
    error: float | None
    sheets: int

    @property
    def low(self) -> float | None:
        """The lower end of the 95 % interval."""
        return self._end(-2)

    @property
    def high(self) -> float | None:
        """The upper end of the 95 % interval."""
        return self._end(2)

    def _end(self, side: int) -> float | None:
        if self.estimate is None or self.error is None:
            return None
        return self.estimate + side * self.error

    @property
    def smallest(self) -> float | None:
        """The smallest effect that could have been noticed: two standard errors."""
        return None if self.error is None else 2 * self.error


@dataclass(frozen=True)
class Fit:
    """Residuals, sigma squared and the inverse of the normal matrix, projects first."""

    projects: list[int]
    judges: list[int]
    residuals: dict[Pair, float]
    freedom: int
    sigma_squared: float
    inverse: Any


def fit(scores: Mapping[Pair, Fraction], adjusted: Mapping[int, Fraction], rule: Rule) -> Fit:
    """The model of a round's sheet scores; there must be one."""
    import numpy as np  # noqa: PLC0415 - heavy, and never in the way of a mark

    projects = sorted(adjusted)
    is_adjusted = rule is Rule.ADJUSTED
    judges = sorted({judge for judge, _ in scores}) if is_adjusted else []
    lenient = leniency(scores) if is_adjusted else {}
    place = {project: number for number, project in enumerate(projects)}
    column = {judge: len(projects) + number for number, judge in enumerate(judges)}
    size = len(projects) + len(judges)
    normal = np.zeros((size, size))
    residuals = {}
    for (judge, project), score in scores.items():
        residuals[judge, project] = float(score - adjusted[project] - lenient.get(judge, 0))
        one = place[project]
        normal[one, one] += 1
        if is_adjusted:
            other = column[judge]
            normal[other, other] += 1
            normal[one, other] += 1
            normal[other, one] += 1
    for other in column.values():
        normal[other, other] += float(LAMBDA_JUDGE)
    lists = len(set(components(sorted(scores)).values())) if is_adjusted else 0
    free = max(1, len(scores) - size + lists)
    total = sum(value * value for value in residuals.values())
    return Fit(projects, judges, residuals, free, total / free, np.linalg.inv(normal))


def chances(
    sheets: Sequence[Sheet],
    weights: Mapping[str, Decimal],
    rows: Sequence[Row],
    rule: Rule,
    seed: str,
) -> dict[int, Chance]:
    """Range, chance of the top three and band of each project.

    Args:
        sheets: The complete sheets the standings were made from.
        weights: Each criterion's weight.
        rows: Their standings, by component and place (`rank`).
        rule: The rule of the standings.
        seed: The inputs hash, hexadecimal.
    """
    import numpy as np  # noqa: PLC0415 - as above

    if not rows:
        return {}
    scores = {(sheet.judge, sheet.project): sheet_score(sheet.values, weights) for sheet in sheets}
    adjusted = {row.project: row.adjusted for row in rows}
    model = fit(scores, adjusted, rule)
    size = len(model.projects)
    root = np.linalg.cholesky(model.inverse[:size, :size]) * model.sigma_squared**0.5
    number = int(seed, 16)
    words = []
    while number:
        words.append(number & 0xFFFFFFFF)
        number >>= 32
    generator = np.random.RandomState(words or [0])
    noise = generator.standard_normal((DRAWS, size)) @ root.T
    middle = np.array([float(adjusted[project]) for project in model.projects])
    place = {project: at for at, project in enumerate(model.projects)}
    found: dict[int, Chance] = {}
    band = 0
    for component in sorted({row.component for row in rows}):
        own = [row for row in rows if row.component == component]
        at = [place[row.project] for row in own]
        drawn = noise[:, at] + middle[at]
        ranks = np.empty(drawn.shape, dtype=int)
        if model.sigma_squared > 0:
            order = np.argsort(-drawn, axis=1)
            np.put_along_axis(ranks, order, np.arange(1, len(own) + 1), axis=1)
        else:  # every draw is the estimate, and equals share a rank
            ranks[:] = 1 + np.searchsorted(np.sort(-drawn[0]), -drawn[0])
        ranks_sorted = np.sort(ranks, axis=0)
        first = -1
        for number, row in enumerate(own):
            is_apart = first < 0 or np.mean(drawn[:, first] > drawn[:, number]) > CLEARLY
            if is_apart:
                band, first = band + 1, number
            found[row.project] = Chance(
                rank_low=min(row.place, int(ranks_sorted[TAIL, number])),
                rank_high=max(row.place, int(ranks_sorted[-TAIL - 1, number])),
                band=band,
                top_three=int((ranks[:, number] <= TOP).sum()),
            )
    return found


def better(
    sheets: Sequence[Sheet], weights: Mapping[str, Decimal], rule: Rule, one: int, other: int
) -> float | None:
    """How probable it is that one project is truly better than another; None: cannot be said.

    From the same normal distribution, in closed form.
    """
    from statistics import NormalDist  # noqa: PLC0415 - with the others

    rows = {row.project: row for row in rank(sheets, weights, rule)}
    scores = {(sheet.judge, sheet.project): sheet_score(sheet.values, weights) for sheet in sheets}
    model = fit(scores, {project: row.adjusted for project, row in rows.items()}, rule)
    a, b = model.projects.index(one), model.projects.index(other)
    inverse = model.inverse
    spread = inverse[a, a] + inverse[b, b] - 2 * inverse[a, b]
    deviation = float(model.sigma_squared * spread) ** 0.5
    gap = float(rows[one].adjusted - rows[other].adjusted)
    if deviation <= 0 or rows[one].component != rows[other].component:
        return None
    return NormalDist().cdf(gap / deviation)


def effect(model: Fit, values: Mapping[Pair, float]) -> Effect:
    """One more term in the model: its estimate with its standard error.

    Args:
        model: The fit of the round.
        values: The term's value of each sheet, such as 1 for the same department.
    """
    import numpy as np  # noqa: PLC0415 - as above

    pairs = sorted(model.residuals)
    size = len(model.projects)
    places = {project: at for at, project in enumerate(model.projects)}
    columns = {judge: size + at for at, judge in enumerate(model.judges)}
    term = np.array([values[pair] for pair in pairs])
    rest = np.array([model.residuals[pair] for pair in pairs])
    cross = np.zeros(size + len(model.judges))
    for value, (judge, project) in zip(term, pairs, strict=True):
        cross[places[project]] += value
        if judge in columns:
            cross[columns[judge]] += value
    explained = model.inverse @ cross
    left = float(term @ term - cross @ explained)
    if left < 1e-9 * max(1.0, float(term @ term)):  # the term is one of projects and judges
        return Effect(None, None, len(pairs))
    # adding one column to the penalized fit: its share of what is left over what it leaves
    estimate = float(term @ rest) / left
    remaining = max(0.0, float(rest @ rest) - estimate * float(term @ rest))
    free = max(1, model.freedom - 1)
    return Effect(estimate, (remaining / free / left) ** 0.5, len(pairs))
