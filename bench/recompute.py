"""Recompute exported standings with nothing but Python: `recompute.py sheets.csv standings.csv`.

Shares no code with the program. The rule: a sheet counts as the weighted mean of its marks;
judge j with n sheets has leniency b = sum(score - project's mean) / (n + 2); a project's
mean is that of its scores less their judges' leniency. Ranges and bands: 4,000 draws from
sigma squared times the inverse of X'X with 2 added for judges, seeded by the inputs hash.
Prints each difference; exit 1 if there is any.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
import random
import sys
from fractions import Fraction
from pathlib import Path

DRAWS, TAIL, CLEARLY, TOP = 4_000, 200, 0.8, 3
CLOSE = 1e-9


def solve(rows: list[list]) -> list[list]:
    """Gauss and Jordan: rows of [matrix | right sides] become the solutions."""
    for column in range(len(rows)):
        at = max(range(column, len(rows)), key=lambda number: abs(rows[number][column]))
        rows[column], rows[at] = rows[at], rows[column]
        pivot = rows[column][column]
        rows[column] = [cell / pivot for cell in rows[column]]
        for number, row in enumerate(rows):
            if number != column and row[column]:
                factor = row[column]
                head = rows[column]
                rows[number] = [a - factor * b for a, b in zip(row, head, strict=True)]
    return [row[len(rows) :] for row in rows]


def evened(scores: dict, is_adjusted: bool) -> tuple[dict, dict]:  # noqa: FBT001 - a small script
    """(project means, judge leniencies), exact: the normal equations as they are written."""
    projects = sorted({project for _, project in scores})
    judges = sorted({judge for judge, _ in scores}) if is_adjusted else []
    place = {("p", project): number for number, project in enumerate(projects)}
    place |= {("j", judge): len(projects) + number for number, judge in enumerate(judges)}
    rows = [[Fraction(0)] * (len(place) + 1) for _ in place]
    for judge in judges:
        rows[place["j", judge]][place["j", judge]] += 2
    for (judge, project), score in scores.items():
        mine = [place["p", project]] + ([place["j", judge]] if is_adjusted else [])
        for one in mine:
            rows[one][-1] += score
            for other in mine:
                rows[one][other] += 1
    found = [row[0] for row in solve(rows)]
    return (
        {project: found[place["p", project]] for project in projects},
        {judge: found[place["j", judge]] for judge in judges},
    )


def groups(scores: dict) -> dict:
    """The component of each project: judges join what they scored; the largest is 1."""
    of = {project: project for _, project in scores}
    for judge in {judge for judge, _ in scores}:
        joined = {of[project] for one, project in scores if one == judge}
        of = {project: min(joined) if own in joined else own for project, own in of.items()}
    size = {own: sum(1 for other in of.values() if other == own) for own in of.values()}
    order = sorted(size, key=lambda own: (-size[own], own))
    return {project: 1 + order.index(own) for project, own in of.items()}


def normals(seed: str):  # noqa: ANN201 - a small script
    """Standard normal numbers by the polar method from the Mersenne Twister."""
    dice = random.Random(int(seed, 16))
    while True:
        one, other = 2 * dice.random() - 1, 2 * dice.random() - 1
        square = one * one + other * other
        if 0 < square < 1:
            factor = math.sqrt(-2 * math.log(square) / square)
            yield factor * other
            yield factor * one


def cholesky(matrix: list[list[float]]) -> list[list[float]]:
    """The lower triangle whose square the matrix is."""
    size = len(matrix)
    root = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            rest = matrix[i][j] - sum(root[i][k] * root[j][k] for k in range(j))
            root[i][j] = math.sqrt(rest) if i == j else rest / root[j][j]
    return root


def ranges(
    scores: dict, means: dict, lenient: dict, component: dict, rows: list, seed: str
) -> dict:
    """(low, high, band, draws in the top three) of each project."""
    projects, judges = sorted(means), sorted(lenient)
    size = len(projects) + len(judges)
    place = {("p", project): number for number, project in enumerate(projects)}
    place |= {("j", judge): len(projects) + number for number, judge in enumerate(judges)}
    normal = [[0.0] * (2 * size) for _ in range(size)]
    for number in range(size):
        normal[number][number] = 0.0 if number < len(projects) else 2.0
        normal[number][size + number] = 1.0
    squares = 0.0
    for (judge, project), score in scores.items():
        mine = [place["p", project]] + ([place["j", judge]] if judges else [])
        for one in mine:
            for other in mine:
                normal[one][other] += 1
        squares += float(score - means[project] - lenient.get(judge, 0)) ** 2
    free = len(scores) - size + (len(set(component.values())) if judges else 0)
    sigma = math.sqrt(squares / max(1, free))
    inverse = solve(normal)
    count = len(projects)
    root = cholesky([row[:count] for row in inverse[:count]])
    source = normals(seed)
    drawn = []
    for _ in range(DRAWS):
        noise = [next(source) for _ in projects]
        drawn.append(
            {
                project: float(means[project])
                + sigma * sum(root[i][k] * noise[k] for k in range(i + 1))
                for i, project in enumerate(projects)
            }
        )
    found, band = {}, 0
    for number in sorted(set(component.values())):
        own = [row for row in rows if component[row["id"]] == number]
        ranks = {row["id"]: [] for row in own}
        for draw in drawn:
            order = sorted((draw[row["id"]] for row in own), reverse=True)
            first = {}
            for rank, value in enumerate(order, 1):
                first.setdefault(value, rank)
            for row in own:
                ranks[row["id"]].append(first[draw[row["id"]]])
        leader = None
        for row in own:
            mine = row["id"]
            if leader is None or sum(d[leader] > d[mine] for d in drawn) / DRAWS > CLEARLY:
                band, leader = band + 1, mine
            ordered = sorted(ranks[mine])
            found[mine] = (
                min(row["place"], ordered[TAIL]),
                max(row["place"], ordered[-TAIL - 1]),
                band,
                sum(rank <= TOP for rank in ranks[mine]),
            )
    return found


def hundredths(value: Fraction) -> int:
    """Two decimals, half up: what ties are judged by."""
    return math.floor(value * 100 + Fraction(1, 2))


def main(sheets_file: str, standings_file: str) -> int:
    """Compare; 0 when all is the same."""
    with Path(sheets_file).open(encoding="utf-8-sig", newline="") as file:
        sheets = list(csv.DictReader(file))
    with Path(standings_file).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        print("Nothing was scored.")
        return 0
    columns = {name: name.rsplit("*", 1) for name in sheets[0] if "*" in name}
    weights = {key: Fraction(weight) for key, weight in columns.values()}
    rule, seed = rows[0]["rule"], rows[0]["inputs_hash"]
    scores, marks = {}, []
    for sheet in sheets:
        values = {key: Fraction(sheet[name]) for name, (key, _) in columns.items()}
        pair = int(sheet["judge"]), int(sheet["project_id"])
        total = sum(weights[key] * value for key, value in values.items())
        scores[pair] = total / sum(weights.values())
        marks.append([*pair, sorted((key, int(value * 10)) for key, value in values.items())])
    wrong = []
    text = json.dumps(
        {
            "rule": rule,
            "weights": [list(pair) for pair in columns.values()],
            "sheets": sorted(marks),
        },
        sort_keys=True,
        separators=(",", ":"),
    )
    if hashlib.sha256(text.encode()).hexdigest() != seed:
        wrong.append("the sheets are not those of the inputs hash")
    is_adjusted = rule == "adjusted"
    raw, _ = evened(scores, is_adjusted=False)
    means, lenient = evened(scores, is_adjusted)
    component = groups(scores) if is_adjusted else dict.fromkeys(means, 1)
    is_decided = any(row["tie"] == "decided" for row in rows)
    for row in rows:
        row["id"], row["place"] = int(row["project_id"]), int(row["place"])
        mine, name = row["id"], row["project"]
        if abs(float(row["adjusted"]) - float(means[mine])) > CLOSE:
            wrong.append(f"{name}: adjusted {row['adjusted']}, here {float(means[mine])}")
        if abs(float(row["raw_mean"]) - float(raw[mine])) > CLOSE:
            wrong.append(f"{name}: plain mean {row['raw_mean']}, here {float(raw[mine])}")
        if int(row["component"]) != component[mine]:
            wrong.append(f"{name}: group {row['component']}, here {component[mine]}")
        others = [hundredths(means[p]) for p in means if component[p] == component[mine]]
        best = 1 + sum(other > hundredths(means[mine]) for other in others)
        last = best - 1 + others.count(hundredths(means[mine]))
        if not is_decided and not best <= row["place"] <= last:
            wrong.append(f"{name}: place {row['place']}, here {best} to {last}")
    if not is_decided and rows[0]["band"]:  # people moved places, so the clamp is another one
        found = ranges(scores, means, lenient, component, rows, seed)
        for row in rows:
            told = tuple(int(row[key]) for key in ("rank_low", "rank_high", "band", "top_three"))
            if told != found[row["id"]]:
                wrong.append(f"{row['project']}: range and band {told}, here {found[row['id']]}")
    print("\n".join(wrong) or f"{len(rows)} projects from {len(scores)} sheets: the same numbers.")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:3]))
