"""Judging for people: the cockpit, the judge's sheets, the results; and for programs."""

from hackathon.judging.routes import (
    api,
    cockpit,
    conflicts,
    corrections,
    evening,
    finals,
    judges,
    late,
    papers,
    plan,
    results,
    reveal,
    rubric,
    screens,
    sheets,
)
from hackathon.judging.routes.blueprint import blueprint

__all__ = [
    "api",
    "blueprint",
    "cockpit",
    "conflicts",
    "corrections",
    "evening",
    "finals",
    "judges",
    "late",
    "papers",
    "plan",
    "results",
    "reveal",
    "rubric",
    "screens",
    "sheets",
]
