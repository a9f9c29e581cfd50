"""The blueprint of teams and its tabs."""

from __future__ import annotations

from flask import Blueprint

from hackathon.events.rules import Phase
from hackathon.shared.web import tab
from hackathon.teams.rules import HELPING

blueprint = Blueprint("teams", __name__)

tab(
    30,
    "Teams",
    "teams.index",
    lambda h: h.is_member and (h.organizes or h.phase is not Phase.DRAFT),
    front=lambda h: h.phase in {Phase.REGISTRATION, Phase.HACKING},
)
tab(
    35,
    "Help",
    "teams.help_page",
    lambda h: h.is_member and h.phase in HELPING,
    also=("teams.ask_for_help", "teams.move_help"),
    front=lambda h: h.phase is Phase.HACKING and not h.takes_part,
)
