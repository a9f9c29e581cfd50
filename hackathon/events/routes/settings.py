"""What an organizer sets: the event, its phase, its deadline, its join link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, render_template, request, url_for

from hackathon.events import service
from hackathon.events.access import here
from hackathon.events.forms import EventForm, ExtendForm, MoveForm, typed_again
from hackathon.events.queries.lessons import open_actions
from hackathon.events.queries.readiness import readiness_of
from hackathon.events.routes.blueprint import blueprint
from hackathon.events.rules import MOVES, Phase, days_of
from hackathon.people.access import ORGANIZER, current_actor, requires
from hackathon.shared.db import reading
from hackathon.shared.errors import Invalid
from hackathon.shared.once import once
from hackathon.shared.web import act, form_key, public_address, see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.events.models import Event
    from hackathon.events.queries.readiness import Readiness


@blueprint.get("/events/<slug>/settings")
@requires(ORGANIZER)
def settings(slug: str) -> ResponseReturnValue:
    """Everything an organizer sets, in one place."""
    return _settings_page(slug)


def _settings_page(
    slug: str,
    form: EventForm | None = None,
    move: MoveForm | None = None,
    extend: ExtendForm | None = None,
    not_ready: Readiness | None = None,
) -> str:
    place = here(slug)
    return render_template(
        "events/settings.html",
        here=place,
        form=form or EventForm(data=typed_again(place.event)),
        move=move or MoveForm(),
        extend=extend or ExtendForm(),
        readiness=readiness_of(reading(), place.event, place.phase),
        not_ready=not_ready,
        moves=MOVES,
        actions=open_actions(reading(), place.event.starts_at)
        if place.event.revealed_at is None
        else [],
        join_url=public_address() + url_for(".join", token=place.event.join_token),
        days=days_of(place.event.starts_at, place.event.ends_at, place.event.zone),
    )


@blueprint.post("/events/<slug>/settings")
@requires(ORGANIZER)
def change(slug: str) -> ResponseReturnValue:
    """Save the event's settings."""
    form = EventForm(request.form)
    event_id = here(slug).event.id

    def work(session: Session) -> Event:
        version = str(form.version.data or "0")
        if not version.isdigit():
            raise Invalid("version", "Reload the page and try again.")
        return service.change_event(
            session,
            current_actor(session),
            event_id=event_id,
            plan=form.plan(),
            version=int(version),
            reason=str(form.reason.data or ""),
        )

    if submit(form, work) is None:
        return _settings_page(slug, form=form), form.status
    flash("Saved.")
    return see(".settings", slug=slug)


@blueprint.post("/events/<slug>/publish")
@requires(ORGANIZER)
def publish(slug: str) -> ResponseReturnValue:
    """Publish a draft."""
    event_id = here(slug).event.id
    act(lambda session: service.publish_event(session, current_actor(session), event_id=event_id))
    flash("Published. Share the join link.")
    return see(".settings", slug=slug)


@blueprint.post("/events/<slug>/phase")
@requires(ORGANIZER)
def move_phase(slug: str) -> ResponseReturnValue:
    """Move to a phase, with a reason; what is missing for it is said first, and never forbids."""
    form, place = MoveForm(request.form), here(slug)
    event_id = place.event.id

    def work(session: Session) -> bool:
        service.move_phase(
            session,
            current_actor(session),
            event_id=event_id,
            phase=Phase(str(form.phase.data)),
            reason=str(form.reason.data),
        )
        return True

    if form.validate() and not form.anyway.data:
        found = readiness_of(reading(), place.event, place.phase, Phase(str(form.phase.data)))
        if found is not None and found.open:
            return _settings_page(slug, move=form, not_ready=found), 409
    if submit(form, work) is None:
        return _settings_page(slug, move=form), form.status
    flash("The phase is changed; the reason stands on the event's page.")
    return see(".settings", slug=slug)


@blueprint.post("/events/<slug>/extend")
@requires(ORGANIZER)
def extend(slug: str) -> ResponseReturnValue:
    """More time for all teams."""
    form, key = ExtendForm(request.form), form_key()
    event_id = here(slug).event.id

    def work(session: Session) -> bool:
        actor, minutes = current_actor(session), int(form.minutes.data or 0)

        def move() -> int:
            service.extend_deadline(
                session,
                actor,
                event_id=event_id,
                minutes=minutes,
                reason=str(form.reason.data),
            )
            return event_id

        _, replay = once(
            session,
            key=key,
            person_id=actor.person_id,
            request={"event": event_id, "minutes": minutes},
            make=move,
        )
        return replay

    replay = submit(form, work)
    if replay is None:
        return _settings_page(slug, extend=form), form.status
    flash(
        "The deadline is moved for all teams; everybody is told." if not replay else "Done already."
    )
    if request.form.get("from") == "overview":
        return see(".overview", slug=slug)
    return see(".settings", slug=slug)


@blueprint.post("/events/<slug>/close")
@requires(ORGANIZER)
def close(slug: str) -> ResponseReturnValue:
    """End the follow-up."""
    event_id = here(slug).event.id
    reason = request.form.get("reason", "")
    act(
        lambda session: service.close_event(
            session, current_actor(session), event_id=event_id, reason=reason
        )
    )
    return see(".overview", slug=slug)


@blueprint.post("/events/<slug>/join-link")
@requires(ORGANIZER)
def change_join_link(slug: str) -> ResponseReturnValue:
    """Close the join link, or make a new one."""
    event_id = here(slug).event.id
    is_open = request.form.get("open") == "yes"
    act(
        lambda session: service.set_join_link(
            session, current_actor(session), event_id=event_id, is_open=is_open
        )
    )
    flash("There is a new join link." if is_open else "The join link is closed.")
    return see(".settings", slug=slug)
