"""The blueprint of teams and its tabs."""

from __future__ import annotations

from flask import Blueprint

from hackathon.events.rules import Phase
from hackathon.shared.web import tab

blueprint = Blueprint("teams", __name__)

tab(30, "Teams", "teams.index", lambda h: h.is_member and h.phase is not Phase.DRAFT)
