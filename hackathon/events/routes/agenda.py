"""The agenda for people and for their calendars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, flash, render_template, request, url_for
from itsdangerous import BadSignature, URLSafeSerializer

from hackathon.events.access import here
from hackathon.events.forms import AgendaForm, typed_moments
from hackathon.events.queries import agenda as queries
from hackathon.events.queries import find_event
from hackathon.events.routes.blueprint import blueprint
from hackathon.events.rules import Phase
from hackathon.events.service import agenda as service
from hackathon.people.access import (
    EVENT_VIEWER,
    ORGANIZER,
    PUBLIC,
    current_actor,
    load_actor,
    requires,
)
from hackathon.shared.calendars import MIMETYPE, Entry, calendar_bytes
from hackathon.shared.db import reading
from hackathon.shared.errors import Invalid, NotFound
from hackathon.shared.once import once
from hackathon.shared.web import act, file_answer, form_key, public_address, see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.events.models import Event


@blueprint.get("/events/<slug>/agenda")
@requires(EVENT_VIEWER)
def agenda(slug: str) -> ResponseReturnValue:
    """What happens when and where; organizers write it here."""
    return _page(slug, AgendaForm())


def _page(slug: str, form: AgendaForm, changing: int | None = None) -> str:
    place = here(slug)
    items = queries.items_of(reading(), place.event.id)
    lines = [
        queries.line_of(item, place.zone, place.now, is_own=place.is_own_zone) for item in items
    ]
    person_id = place.actor.person_id if place.actor else None
    return render_template(
        "events/agenda.html",
        here=place,
        days=queries.days_of(lines),
        running=[line for line in lines if line.is_now],
        coming=next((line for line in lines if not line.is_now and not line.is_over), None),
        form=form,
        changing=changing,
        is_open=place.organizes and place.phase is not Phase.CLOSED,
        feed=_feed_address(place.event, person_id) if person_id else "",
    )


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="agenda")


def _feed_address(event: Event, person_id: int) -> str:
    token = _signer().dumps([event.id, person_id])
    return public_address() + url_for(".agenda_feed", slug=event.slug, token=token)


@blueprint.get("/events/<slug>/agenda/<token>.ics")
@requires(PUBLIC)
def agenda_feed(slug: str, token: str) -> ResponseReturnValue:
    """The agenda for a calendar that follows it, by a person's private address.

    A calendar cannot sign in; the address works as long as the person may see the event.
    """
    gone = NotFound("no_such_agenda", "There is no agenda at this address any more.")
    try:
        event_id, person_id = _signer().loads(token)
    except (BadSignature, ValueError, TypeError) as error:
        raise gone from error
    actor = load_actor(reading(), int(person_id))
    if actor is None:
        raise gone
    event = find_event(reading(), actor, slug)
    if event.id != event_id:
        raise gone
    page = public_address() + url_for(".agenda", slug=slug)
    entries = [
        Entry(
            uid=f"agenda-{item.id}",
            summary=item.title,
            starts_at=item.starts_at,
            ends_at=item.ends_at,
            changed_at=item.changed_at,
            version=item.version,
            place=item.place,
            link=item.link or page,
        )
        for item in queries.items_of(reading(), event.id)
    ]
    entries.append(
        Entry(
            uid=f"submissions-{event.id}",
            summary=f"Submissions close: {event.name}",
            starts_at=event.submissions_close_at,
            ends_at=None,
            changed_at=event.created_at,
            version=event.version,
            link=page,
        )
    )
    return file_answer(calendar_bytes(event.name, entries), f"{slug}.ics", MIMETYPE)


def _typed(form: AgendaForm, zone: str) -> service.Slot:
    starts_at = form.instant("starts", zone)
    if starts_at is None:
        raise Invalid("starts", "When does it start?", field="starts")
    return service.Slot(
        title=str(form.title.data or ""),
        starts_at=starts_at,
        ends_at=form.instant("ends", zone),
        place=str(form.place.data or ""),
        link=str(form.link.data or ""),
    )


@blueprint.post("/events/<slug>/agenda")
@requires(ORGANIZER)
def add_item(slug: str) -> ResponseReturnValue:
    """Add a line; the second click is the same line."""
    form, key, place = AgendaForm(request.form), form_key(), here(slug)
    event_id, zone = place.event.id, place.event.zone

    def work(session: Session) -> int:
        actor, slot = current_actor(session), _typed(form, zone)
        made, _ = once(
            session,
            key=key,
            person_id=actor.person_id,
            request={"event": event_id, "title": slot.title, "starts": slot.starts_at.isoformat()},
            make=lambda: service.add_item(session, actor, event_id=event_id, slot=slot).id,
        )
        return made

    if submit(form, work) is None:
        return _page(slug, form), form.status
    return see(".agenda", slug=slug)


@blueprint.get("/events/<slug>/agenda/<int:item_id>")
@requires(ORGANIZER)
def edit_item(slug: str, item_id: int) -> ResponseReturnValue:
    """Change a line."""
    place = here(slug)
    item = queries.find_item(reading(), place.event.id, item_id)
    form = AgendaForm(
        data={
            "title": item.title,
            "place": item.place,
            "link": item.link,
            "version": str(item.version),
            **typed_moments(place.event.zone, starts=item.starts_at, ends=item.ends_at),
        }
    )
    return _page(slug, form, item_id)


@blueprint.post("/events/<slug>/agenda/<int:item_id>")
@requires(ORGANIZER)
def change_item(slug: str, item_id: int) -> ResponseReturnValue:
    """Save a line."""
    form, place = AgendaForm(request.form), here(slug)
    event_id, zone = place.event.id, place.event.zone

    def work(session: Session) -> bool:
        version = str(form.version.data or "0")
        if not version.isdigit():
            raise Invalid("version", "Reload the page and try again.")
        service.change_item(
            session, current_actor(session), event_id=event_id, item_id=item_id,
            slot=_typed(form, zone), version=int(version),
        )  # fmt: skip
        return True

    if submit(form, work) is None:
        return _page(slug, form, item_id), form.status
    flash("Saved; calendars that follow the agenda take it over.")
    return see(".agenda", slug=slug)


@blueprint.post("/events/<slug>/agenda/<int:item_id>/remove")
@requires(ORGANIZER)
def remove_item(slug: str, item_id: int) -> ResponseReturnValue:
    """Take a line out."""
    event_id = here(slug).event.id
    act(
        lambda session: service.remove_item(
            session, current_actor(session), event_id=event_id, item_id=item_id
        )
    )
    flash("Taken out.")
    return see(".agenda", slug=slug)
