"""Joining an event by its link; accepting its text, with or without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for

from hackathon.events import queries, service
from hackathon.events.access import here
from hackathon.events.forms import JoinForm, TermsForm
from hackathon.events.routes.blueprint import blueprint
from hackathon.people.access import (
    MEMBER,
    PUBLIC,
    SIGNED_IN,
    actor_or_none,
    current_actor,
    requires,
)
from hackathon.shared.db import reading
from hackathon.shared.web import see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

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


@blueprint.get("/events/<slug>/text")
@requires(MEMBER)
def terms(slug: str) -> ResponseReturnValue:
    """The text everyone agrees to, and whether the viewer has."""
    return _terms_page(slug, TermsForm())


def _terms_page(slug: str, form: TermsForm) -> str:
    place = here(slug)
    person_id = place.actor.person_id if place.actor else None
    return render_template(
        "events/terms.html",
        here=place,
        form=form,
        registration=queries.registration_of(reading(), place.event.id, person_id or 0),
    )


@blueprint.post("/events/<slug>/text")
@requires(MEMBER)
def accept_terms(slug: str) -> ResponseReturnValue:
    """Accept the text as it was shown."""
    form, event_id = TermsForm(request.form), here(slug).event.id

    def work(session: Session) -> bool:
        service.accept_terms(
            session, current_actor(session), event_id=event_id, version=form.accepted
        )
        return True

    if submit(form, work) is None:
        return _terms_page(slug, form), form.status
    flash("Accepted.")
    return see(".overview", slug=slug)
