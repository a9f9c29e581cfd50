"""The blueprint of judging and its tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from hackathon.events.rules import Phase
from hackathon.judging.access import seats_here
from hackathon.shared.web import tab

if TYPE_CHECKING:
    from hackathon.events.access import Here

blueprint = Blueprint("judging", __name__)

RESULTS = {Phase.JUDGING, Phase.RESULTS, Phase.FOLLOW_UP, Phase.CLOSED}


def _has_judging(place: Here) -> bool:
    return place.organizes or bool(seats_here(place.event.id, place.actor))


tab(50, "Judging", "judging.index", _has_judging)
tab(
    60,
    "Results",
    "judging.results",
    lambda place: place.phase in RESULTS,
    also=("judging.card", "backlog.further"),
)
