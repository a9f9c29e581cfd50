"""Announcements for people: the list, writing one, taking a banner away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request

from hackathon.events.access import here
from hackathon.events.forms import AnnouncementForm, typed_moments
from hackathon.events.queries import announcements as queries
from hackathon.events.routes.blueprint import blueprint
from hackathon.events.rules import Audience, Phase
from hackathon.events.service import announcements as service
from hackathon.people.access import ORGANIZER, SIGNED_IN_VIEWER, current_actor, requires
from hackathon.shared.db import reading
from hackathon.shared.errors import Invalid
from hackathon.shared.once import once
from hackathon.shared.web import act, form_key, safe_next, see, submit, wants_json

if TYPE_CHECKING:
    from typing import Any

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session


@blueprint.get("/events/<slug>/announcements")
@requires(SIGNED_IN_VIEWER)
def announcements(slug: str) -> ResponseReturnValue:
    """What was announced to the viewer; organizers write here."""
    return _page(slug, AnnouncementForm())


def _page(slug: str, form: AnnouncementForm, changing: int | None = None) -> str:
    place, session = here(slug), reading()
    is_open = place.organizes and place.phase not in {Phase.DRAFT, Phase.CLOSED}
    return render_template(
        "events/announcements.html",
        here=place,
        rows=queries.announcements_of(session, place.event, current_actor(), place.now),
        sizes=queries.how_many(session, place.event) if is_open else {},
        form=form,
        changing=changing,
        is_open=is_open,
    )


@blueprint.get("/events/<slug>/announcements/banners")
@requires(SIGNED_IN_VIEWER)
def banners(slug: str) -> ResponseReturnValue:
    """What hangs over the viewer's pages now: a part of a page, for pages that are open."""
    return render_template("events/_banners.html", here=here(slug), back="", listed=False)


def _typed(form: AnnouncementForm, zone: str) -> dict[str, Any]:
    return {
        "audience": Audience(str(form.audience.data)),
        "text": str(form.text.data or ""),
        "by_mail": bool(form.by_mail.data),
        "send_at": form.instant("send_at", zone),
    }


@blueprint.post("/events/<slug>/announcements")
@requires(ORGANIZER)
def announce(slug: str) -> ResponseReturnValue:
    """Say something, now or at a time; the second click is the same."""
    form, key, place = AnnouncementForm(request.form), form_key(), here(slug)
    event_id, zone = place.event.id, place.event.zone

    def work(session: Session) -> int:
        actor = current_actor(session)
        values = _typed(form, zone)
        made, _ = once(
            session,
            key=key,
            person_id=actor.person_id,
            request={"event": event_id, "text": values["text"], "to": values["audience"]},
            make=lambda: service.write_announcement(session, actor, event_id=event_id, **values).id,
        )
        return made

    if submit(form, work) is None:
        return _page(slug, form), form.status
    flash("It waits for its time." if form.send_at.data else "Sent.")
    return see(".announcements", slug=slug)


@blueprint.get("/events/<slug>/announcements/<int:announcement_id>")
@requires(ORGANIZER)
def edit_announcement(slug: str, announcement_id: int) -> ResponseReturnValue:
    """Change what has not gone yet."""
    place = here(slug)
    row = queries.find_announcement(reading(), place.event.id, announcement_id)
    form = AnnouncementForm(
        data={
            "audience": row.audience,
            "text": row.text,
            "by_mail": row.by_mail,
            "version": str(row.version),
            **typed_moments(place.event.zone, send_at=row.send_at),
        }
    )
    return _page(slug, form, announcement_id)


@blueprint.post("/events/<slug>/announcements/<int:announcement_id>")
@requires(ORGANIZER)
def change_announcement(slug: str, announcement_id: int) -> ResponseReturnValue:
    """Save what has not gone yet."""
    form, place = AnnouncementForm(request.form), here(slug)
    event_id, zone = place.event.id, place.event.zone

    def work(session: Session) -> bool:
        version = str(form.version.data or "0")
        if not version.isdigit():
            raise Invalid("version", "Reload the page and try again.")
        service.change_announcement(
            session,
            current_actor(session),
            event_id=event_id,
            announcement_id=announcement_id,
            version=int(version),
            **_typed(form, zone),
        )
        return True

    if submit(form, work) is None:
        return _page(slug, form, announcement_id), form.status
    flash("Saved." if form.send_at.data else "Sent.")
    return see(".announcements", slug=slug)


@blueprint.post("/events/<slug>/announcements/<int:announcement_id>/withdraw")
@requires(ORGANIZER)
def withdraw_announcement(slug: str, announcement_id: int) -> ResponseReturnValue:
    """Take back what has not gone yet."""
    event_id = here(slug).event.id
    act(
        lambda session: service.withdraw_announcement(
            session, current_actor(session), event_id=event_id, announcement_id=announcement_id
        )
    )
    flash("Taken back; nobody has seen it.")
    return see(".announcements", slug=slug)


@blueprint.post("/events/<slug>/announcements/<int:announcement_id>/dismiss")
@requires(SIGNED_IN_VIEWER)
def dismiss(slug: str, announcement_id: int) -> ResponseReturnValue:
    """Take a banner from one's own pages; back to where one was."""
    event_id = here(slug).event.id
    act(
        lambda session: service.dismiss(
            session, current_actor(session), event_id=event_id, announcement_id=announcement_id
        )
    )
    if wants_json():
        return {"ok": True}
    back = safe_next(request.form.get("back"))
    return redirect(back, 303) if back != "/" else see(".announcements", slug=slug)
