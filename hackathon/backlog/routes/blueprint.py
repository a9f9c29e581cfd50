"""The blueprint of the backlog, its word in the navigation and its tab."""

from __future__ import annotations

from flask import Blueprint

from hackathon.events.rules import Phase
from hackathon.shared.web import nav, tab

blueprint = Blueprint("backlog", __name__)

AFTER = {Phase.RESULTS, Phase.FOLLOW_UP, Phase.CLOSED}

nav(30, "Backlog", "backlog.index", lambda actor: actor is not None)
tab(
    70,
    "Promote",
    "backlog.promote",
    lambda here: here.organizes and here.phase in AFTER and not here.event.is_rehearsal,
    front=lambda _here: True,
)
