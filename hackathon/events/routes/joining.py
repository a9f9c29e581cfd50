"""Joining an event by its link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for

from hackathon.events import queries, service
from hackathon.events.forms import JoinForm
from hackathon.events.routes.blueprint import blueprint
from hackathon.people.access import PUBLIC, SIGNED_IN, actor_or_none, current_actor, requires
from hackathon.shared.db import reading
from hackathon.shared.web import see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from hackathon.events.models import Event


@blueprint.get("/join/<token>")
@requires(PUBLIC)
def join(token: str) -> ResponseReturnValue:
    """What joining means; nothing happens by opening it."""
    event = service.find_join(reading(), token)
    actor = actor_or_none()
    if actor is None:
        return redirect(url_for("people.sign_in", next=url_for(".join", token=token)))
    known = queries.registration_of(reading(), event.id, actor.person_id or 0)
    return _join_page(token, event, JoinForm(obj=known), known=known is not None)


def _join_page(token: str, event: Event, form: JoinForm, *, known: bool = False) -> str:
    return render_template(
        "events/join.html",
        form=form,
        event=event,
        token=token,
        known=known,
        phase=queries.phase_of(reading(), event),
    )


@blueprint.post("/join/<token>")
@requires(SIGNED_IN)
def register(token: str) -> ResponseReturnValue:
    """Register for the event."""
    event = service.find_join(reading(), token)
    form = JoinForm(request.form)
    done = submit(
        form,
        lambda session: service.register(
            session, current_actor(session), token=token, joining=form.joining()
        ),
    )
    if done is None:
        return _join_page(token, event, form), form.status
    flash(f"You are in: {event.name}.")
    return see(".overview", slug=event.slug)
