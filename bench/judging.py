"""Time the standings, and ask simulated events whether the ranges hold: `bench/judging.py`.

The events are those of the method's study: judges differ in severity and spread (the
medium regime), each project gets three sheets, spread evenly; the true quality is known.
"""

from __future__ import annotations

import json
import random
import sys
import time
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hackathon.judging.rules import Rule
from hackathon.judging.standings import (
    Sheet,
    adjusted_means,
    inputs_hash,
    means,
    rank,
    sheet_score,
)
from hackathon.judging.uncertainty import DRAWS, TOP, chances

WEIGHTS = {
    "impact": Decimal("0.40"),
    "works": Decimal("0.25"),
    "new": Decimal("0.20"),
    "shown": Decimal("0.15"),
}
SHEETS = 3
EVENTS = 300
LIKELY = 0.7


def plan(dice: random.Random, projects: int, judges: int, each: int) -> list[tuple[int, int]]:
    """(judge, project): each project `each` judges, those with the fewest first."""
    load = dict.fromkeys(range(judges), 0)
    pairs = []
    for project in dice.sample(range(projects), projects):
        for judge in sorted(load, key=lambda one: (load[one], dice.random()))[:each]:
            load[judge] += 1
            pairs.append((judge, project))
    return pairs


def event(
    dice: random.Random, projects: int, judges: int, each: int
) -> tuple[list[Sheet], dict[int, float]]:
    """Sheets on a scale of 1 to 10, and the true quality of each project."""
    quality = {}
    for project in range(projects):
        common = dice.gauss(0, 0.6**0.5)
        quality[project] = {key: common + dice.gauss(0, 0.4**0.5) for key in WEIGHTS}
    severity = {judge: dice.gauss(0, 0.7) for judge in range(judges)}
    spread = {judge: dice.lognormvariate(0, 0.25) for judge in range(judges)}
    sheets = []
    for judge, project in plan(dice, projects, judges, each):
        taste = dice.gauss(0, 0.8)
        values = {}
        for key in WEIGHTS:
            felt = quality[project][key] + taste + dice.gauss(0, 0.6)
            mark = round(5.5 + severity[judge] + spread[judge] * felt)
            values[key] = 10 * min(10, max(1, mark))
        sheets.append(Sheet(judge, project, values))
    truth = {
        project: sum(float(WEIGHTS[key]) * value for key, value in own.items())
        for project, own in quality.items()
    }
    return sheets, truth


def tau(one: dict[int, float], other: dict[int, float]) -> float:
    """Kendall's tau between two orders; a tie counts nothing."""
    keys = sorted(one)
    agreed = pairs = 0
    for number, left in enumerate(keys):
        for right in keys[number + 1 :]:
            product = (one[left] - one[right]) * (other[left] - other[right])
            agreed += (product > 0) - (product < 0)
            pairs += 1
    return agreed / pairs


def simulate(events: int = EVENTS, seed: int = 2026) -> dict[str, float]:
    """Coverage and width of the ranges, tau of both rules, and how certain the top three were."""
    dice = random.Random(seed)
    held = width = 0.0
    ours = raw = 0.0
    stated = true = 0.0
    for _ in range(events):
        sheets, truth = event(dice, 30, 10, SHEETS)
        rows = rank(sheets, WEIGHTS)
        seed_text = inputs_hash(sheets, WEIGHTS, Rule.ADJUSTED)
        found = chances(sheets, WEIGHTS, rows, Rule.ADJUSTED, seed_text)
        order = sorted(truth, key=lambda project: -truth[project])
        for place, project in enumerate(order, 1):
            chance = found[project]
            held += chance.rank_low <= place <= chance.rank_high
            width += chance.rank_high - chance.rank_low + 1
            share = chance.top_three / DRAWS
            if share > LIKELY:
                stated += share
                true += place <= TOP
        ours += tau({row.project: float(row.adjusted) for row in rows}, truth)
        raw += tau({row.project: float(row.raw_mean) for row in rows}, truth)
    count = events * 30
    return {
        "coverage": held / count,
        "width": width / count,
        "tau_ours": ours / events,
        "tau_raw": raw / events,
        "top_three_true_over_stated": true / stated if stated else 0.0,
    }


def timed(work: object, times: int = 5) -> float:
    """The best of a few runs, in milliseconds of processor time."""
    found = []
    for _ in range(times):
        begun = time.process_time()
        work()  # type: ignore[operator]
        found.append(1000 * (time.process_time() - begun))
    return min(found)


def times() -> dict[str, float]:
    """Milliseconds at 300 projects and 60 judges, five sheets each."""
    sheets, _ = event(random.Random(7), 300, 60, 5)
    scores = {(sheet.judge, sheet.project): sheet_score(sheet.values, WEIGHTS) for sheet in sheets}
    rows = rank(sheets, WEIGHTS)
    seed = inputs_hash(sheets, WEIGHTS, Rule.ADJUSTED)
    return {
        "raw_ms": timed(lambda: means(scores)),
        "adjusted_ms": timed(lambda: adjusted_means(scores)),
        "standings_ms": timed(lambda: rank(sheets, WEIGHTS)),
        "ranges_ms": timed(lambda: chances(sheets, WEIGHTS, rows, Rule.ADJUSTED, seed), 3),
    }


if __name__ == "__main__":
    print(json.dumps(times() | simulate(), indent=2))
