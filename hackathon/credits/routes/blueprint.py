"""The blueprint of credits, its tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from hackathon.events.rules import Phase
from hackathon.shared.db import reading
from hackathon.shared.web import tab
from hackathon.teams.queries import team_of

if TYPE_CHECKING:
    from hackathon.events.access import Here
    from hackathon.teams.models import Team

blueprint = Blueprint("credits", __name__)

tab(
    45,
    "Credits",
    "credits.index",
    lambda place: place.organizes or (place.takes_part and place.phase is not Phase.DRAFT),
    front=lambda place: place.phase is Phase.HACKING,
)


def own_team(place: Here) -> Team | None:
    """The viewer's team in this event."""
    return team_of(reading(), place.event.id, place.actor.person_id if place.actor else None)
