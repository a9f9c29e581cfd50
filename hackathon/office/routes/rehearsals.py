"""Discarding a rehearsal whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, request

from hackathon.events.access import here
from hackathon.office.routes.blueprint import blueprint
from hackathon.office.service.rehearsals import discard as discard_whole
from hackathon.people.access import ORGANIZER, current_actor, requires
from hackathon.shared.errors import Invalid
from hackathon.shared.web import act, see

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.post("/events/<slug>/discard")
@requires(ORGANIZER)
def discard(slug: str) -> ResponseReturnValue:
    """Discard a rehearsal; the tick says that it is meant."""
    event = here(slug).event
    if request.form.get("sure") != "yes":
        raise Invalid(
            "sure", "Tick that the whole rehearsal is to go. Nothing was discarded.", field="sure"
        )
    reason = request.form.get("reason", "")
    name = event.name
    done = act(
        lambda session: discard_whole(
            session, current_actor(session), event_id=event.id, reason=reason
        )
    )
    flash(f"{name} is discarded: {done.roles} roles and {done.seats} seats ended with it.")
    return see("events.index")
