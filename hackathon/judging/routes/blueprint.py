"""The blueprint of judging and its tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from hackathon.events.rules import Phase
from hackathon.judging.access import rounds_of_page, seats_here
from hackathon.shared.web import Banner, banner, tab

if TYPE_CHECKING:
    from hackathon.events.access import Here

blueprint = Blueprint("judging", __name__)

RESULTS = {Phase.JUDGING, Phase.RESULTS, Phase.FOLLOW_UP, Phase.CLOSED}


def _has_judging(place: Here) -> bool:
    return place.organizes or bool(seats_here(place.event.id, place.actor))


def _pause(place: Here) -> Banner | None:
    """Everybody reads that judging waits; why, only those who are signed in."""
    if place.phase is Phase.HACKING:
        return Banner(place.event.slug)  # the page may still be open when judging pauses
    if place.phase is not Phase.JUDGING:
        return None
    for row in rounds_of_page(place.event.id, place.actor):
        if row.is_paused:
            reason = row.reason if place.actor else ""
            return Banner(place.event.slug, is_paused=True, reason=reason)
    return Banner(place.event.slug)


banner(_pause)
tab(
    50,
    "Judging",
    "judging.index",
    _has_judging,
    front=lambda place: place.phase in {Phase.JUDGING, Phase.RESULTS},
)
tab(
    60,
    "Results",
    "judging.results",
    lambda place: place.phase in RESULTS,
    also=("judging.card", "backlog.further"),
    front=lambda place: not place.organizes or place.phase is not Phase.JUDGING,
)
