"""The blueprint of the office, its tab."""

from __future__ import annotations

from flask import Blueprint

from hackathon.events.rules import Phase
from hackathon.shared.web import tab

blueprint = Blueprint("office", __name__)

tab(
    85,
    "Import",
    "office.import_page",
    lambda place: place.organizes,
    front=lambda place: place.phase is Phase.DRAFT,
)
