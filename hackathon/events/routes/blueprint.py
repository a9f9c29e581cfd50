"""The blueprint of events and its tabs."""

from __future__ import annotations

from flask import Blueprint

from hackathon.shared.web import nav, tab

blueprint = Blueprint("events", __name__)

nav(10, "Events", "events.index", lambda _actor: True)
tab(
    10,
    "Overview",
    "events.overview",
    lambda _here: True,
    also=(
        "events.announcements",
        "events.edit_announcement",
        "events.change_announcement",
        "events.agenda",
        "events.edit_item",
        "events.change_item",
    ),
)
tab(
    20,
    "People",
    "events.people_list",
    lambda h: h.is_member,
    also=("office.cards", "office.make_cards"),
)
tab(90, "Settings", "events.settings", lambda h: h.organizes)
