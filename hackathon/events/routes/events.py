"""Events for people: the list, a new one, one event; and for programs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import flash, jsonify, render_template, request

from hackathon.events import queries, service
from hackathon.events.access import here
from hackathon.events.forms import EventForm, ExtendForm, typed_again
from hackathon.events.models import Event
from hackathon.events.queries.agenda import ahead_of
from hackathon.events.queries.lessons import open_actions
from hackathon.events.routes.blueprint import blueprint
from hackathon.events.rules import Phase, days_of
from hackathon.people.access import (
    EVENT_VIEWER,
    PROGRAM_LEAD,
    PUBLIC,
    SIGNED_IN_VIEWER,
    actor_or_none,
    current_actor,
    requires,
)
from hackathon.shared.clock import now, utc_text
from hackathon.shared.db import reading
from hackathon.shared.facts import note_texts
from hackathon.shared.once import once
from hackathon.shared.web import form_key, see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.events.access import Here


@blueprint.get("/events")
@requires(PUBLIC)
def index() -> ResponseReturnValue:
    """Every event this viewer may see."""
    return render_template("events/index.html", rows=queries.events_for(reading(), actor_or_none()))


@blueprint.get("/events/new")
@requires(PROGRAM_LEAD)
def new() -> ResponseReturnValue:
    """The one form; with `?copy=<slug>` filled from an earlier event."""
    copied = None
    form = EventForm(data={"zone": queries.likely_zone(reading(), current_actor())})
    if slug := request.args.get("copy"):
        copied = queries.find_event(reading(), actor_or_none(), slug)
        values = typed_again(copied)
        for name in ("slug", "starts", "ends", "submissions", "registration", "quarter"):
            values[name] = ""
        form = EventForm(data=values)
    return _new_page(form, copied, is_fresh=copied is None)


def _new_page(form: EventForm, copied: Event | None = None, *, is_fresh: bool = False) -> str:
    actions = open_actions(reading(), now())
    asks_browser = is_fresh and not current_actor().zone
    return render_template(
        "events/new.html", form=form, copied=copied, actions=actions, asks_browser=asks_browser
    )


@blueprint.post("/events/new")
@requires(PROGRAM_LEAD)
def create() -> ResponseReturnValue:
    """Make an event in draft."""
    form = EventForm(request.form)
    key = form_key()

    def work(session: Session) -> str:
        actor = current_actor(session)
        plan = form.plan()
        source = request.form.get("copy", "")
        copied = queries.find_event(session, actor, source) if source else None

        def make() -> int:
            event = service.create_event(
                session, actor, plan, copied_from_id=copied.id if copied else None
            )
            return event.id

        made, _ = once(
            session,
            key=key,
            person_id=actor.person_id,
            request={"slug": plan.slug, "starts": utc_text(plan.starts_at)},
            make=make,
        )
        return str(session.get_one(Event, made).slug)

    slug = submit(form, work)
    if slug is None:
        return _new_page(form), form.status
    flash("The event is in draft. Look it over, then publish it.")
    return see(".overview", slug=slug)


@blueprint.get("/events/<slug>")
@requires(EVENT_VIEWER)
def overview(slug: str) -> ResponseReturnValue:
    """An event: goals, dates, phase, the next step."""
    place = here(slug)
    registration = None
    if place.actor and place.actor.person_id:
        registration = queries.registration_of(reading(), place.event.id, place.actor.person_id)
    history = queries.move_history(reading(), place.event.id)
    return render_template(
        "events/overview.html",
        here=place,
        registration=registration,
        history=history,
        more_time=ExtendForm() if _may_need_time(place) else None,
        reasons=note_texts(reading(), [move.note_id for move in history]),
        actions=open_actions(reading(), place.event.starts_at)
        if place.organizes and place.phase in {Phase.DRAFT, Phase.REGISTRATION}
        else [],
        ahead=ahead_of(reading(), place.event.id, place.zone, place.now, is_own=place.is_own_zone),
        days=days_of(place.event.starts_at, place.event.ends_at, place.event.zone),
    )


NEAR = timedelta(hours=8)


def _may_need_time(place: Here) -> bool:
    """Whether the deadline is near enough that an organizer may want to move it in one tap."""
    left = place.event.submissions_close_at - place.now
    return place.organizes and place.phase is Phase.HACKING and left <= NEAR


@blueprint.get("/api/v1/events/<slug>")
@requires(SIGNED_IN_VIEWER)
def as_json(slug: str) -> ResponseReturnValue:
    """The event for programs: dates and phase."""
    place = here(slug)
    event = place.event
    return jsonify(
        {
            "event": {"id": event.id, "slug": event.slug, "name": event.name},
            "quarter": event.quarter,
            "phase": place.phase.value,
            "zone": event.zone,
            "dates": {
                "starts_at": utc_text(event.starts_at),
                "ends_at": utc_text(event.ends_at),
                "submissions_close_at": utc_text(event.submissions_close_at),
            },
        }
    )
