"""The real event that the demo judges: Civic Hack DC 2025 (see civic/ATTRIBUTION.md)."""

from __future__ import annotations

import csv
from pathlib import Path

FOLDER = Path(__file__).parent / "civic"

Row = dict[str, str]


def rows(name: str) -> list[Row]:
    """A shipped table: people, projects, judges, sheets or cards."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rubric() -> str:
    """The organizers' six criteria, as JSON."""
    return (FOLDER / "rubric.json").read_text("utf-8")


def sheets(labels: dict[str, str]) -> dict[str, list[tuple[str, dict[str, float]]]]:
    """(judge, value by criterion) of each sheet by project; what is blank is left out.

    Args:
        labels: Each criterion's key by its label, in the order of the rubric.
    """
    found: dict[str, list[tuple[str, dict[str, float]]]] = {}
    for row in rows("sheets"):
        values = {key: float(row[label]) for label, key in labels.items() if row[label]}
        found.setdefault(row["project"], []).append((row["judge"], values))
    return found
