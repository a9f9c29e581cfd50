"""Credits for people: the board, a team's statement; and for programs."""

from hackathon.credits.routes import (
    api,
    bills,
    board,
    costs,
    forecast,
    holds,
    mapping,
    plan,
    requests,
    statement,
    team,
)
from hackathon.credits.routes.blueprint import blueprint

__all__ = [
    "api",
    "bills",
    "blueprint",
    "board",
    "costs",
    "forecast",
    "holds",
    "mapping",
    "plan",
    "requests",
    "statement",
    "team",
]
