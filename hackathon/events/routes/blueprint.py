"""The blueprint of events and its tabs."""

from __future__ import annotations

from flask import Blueprint

from hackathon.events.rules import Phase
from hackathon.shared.web import nav, tab

blueprint = Blueprint("events", __name__)

nav(10, "Events", "events.index", lambda _actor: True)
tab(
    10,
    "Overview",
    "events.overview",
    lambda _here: True,
    front=lambda _here: True,
)
tab(
    12,
    "Agenda",
    "events.agenda",
    lambda h: h.organizes or h.has_agenda,
    also=("events.edit_item", "events.add_item", "events.change_item"),
    front=lambda h: not h.organizes and h.phase in {Phase.REGISTRATION, Phase.JUDGING},
)
tab(
    14,
    "Announcements",
    "events.announcements",
    lambda h: h.organizes or h.was_told,
    also=("events.announce", "events.edit_announcement", "events.change_announcement"),
)
tab(
    20,
    "People",
    "events.people_list",
    lambda h: h.is_member,
    also=("office.cards", "office.make_cards"),
    front=lambda h: (
        h.phase in {Phase.DRAFT, Phase.REGISTRATION} or (h.organizes and h.phase is Phase.JUDGING)
    ),
)
tab(
    90,
    "Settings",
    "events.settings",
    lambda h: h.organizes,
    also=("events.change", "events.move_phase", "events.extend", "office.changes"),
    front=lambda h: h.phase in {Phase.DRAFT, Phase.REGISTRATION, Phase.CLOSED},
)
