"""The blueprint of the report, its word in the navigation and its tab."""

from __future__ import annotations

from flask import Blueprint

from hackathon.events.rules import Phase
from hackathon.shared.web import nav, tab

blueprint = Blueprint("report", __name__)

nav(40, "Quarters", "report.index", lambda actor: actor is not None)
tab(
    80,
    "Retrospective",
    "report.retrospective",
    lambda here: here.is_member and here.phase.order >= Phase.JUDGING.order,
    front=lambda here: here.phase.order >= Phase.FOLLOW_UP.order,
)
