"""What was mended by hand, by whom and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template

from hackathon.events.access import here
from hackathon.office import queries
from hackathon.office.routes.blueprint import blueprint
from hackathon.people.access import ORGANIZER, requires
from hackathon.shared.db import reading

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.get("/events/<slug>/changes")
@requires(ORGANIZER)
def changes(slug: str) -> ResponseReturnValue:
    """Every change that needed a reason, the newest first."""
    place = here(slug)
    return render_template(
        "office/changes.html", here=place, rows=queries.changes_of(reading(), place.event.id)
    )
