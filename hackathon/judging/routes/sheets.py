"""The judge's side: my list, one project a screen, saved per tap or by plain form."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from flask import current_app, flash, render_template, request, url_for

from hackathon.events.access import here
from hackathon.judging import rules
from hackathon.judging.access import JUDGE, WAS_JUDGE, seats_here
from hackathon.judging.queries import rounds
from hackathon.judging.queries.boards import my_list as visits_of
from hackathon.judging.queries.boards import rubric_json, state_json
from hackathon.judging.queries.presence import away_in
from hackathon.judging.routes.blueprint import blueprint
from hackathon.judging.rules import State
from hackathon.judging.service.ledger import no_such_visit
from hackathon.judging.service.marks import Texts
from hackathon.judging.service.sheets import Typed, type_sheet
from hackathon.people import service as people
from hackathon.people.access import current_actor, requires
from hackathon.projects.rules import LABELS
from hackathon.shared import qr
from hackathon.shared.clock import now, utc_text
from hackathon.shared.db import reading
from hackathon.shared.errors import Refusal
from hackathon.shared.web import act, form_key, public_address, see

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session


def typed_or_now() -> str:
    """When the form was first shown; a refused one keeps its time."""
    return request.form.get("opened_at") or utc_text(now())


def _list_page(slug: str, round_id: int, project_id: int | None, said: str = "") -> str:
    place, session = here(slug), reading()
    own = seats_here(place.event.id, place.actor)
    seat, found = next(((seat, found) for seat, found in own if found.id == round_id), (None, None))
    if seat is None or found is None:
        raise rounds.no_such_round()
    lines = rounds.criteria_of(session, found.id)
    entries = rounds.entries_of(session, place.event, found.id)
    mine = visits_of(session, found, seat, lines, entries)
    if project_id is not None and all(row.entry.project_id != project_id for row in mine):
        raise no_such_visit()
    state = state_json(session, found, entries)
    data = {
        **state,
        "person": seat.person_id,
        "criteria": rubric_json(found, lines),
        "visits": [row.as_json() for row in mine],
        "open": project_id,
        "worker_url": url_for(".worker", slug=slug),
        "list_url": url_for(".my_list", slug=slug, round_id=found.id),
        "sheet_url": url_for(".sheet", slug=slug, round_id=found.id, project_id=0),
    }
    return render_template(
        "judging/list.html",
        here=place,
        found=found,
        state=State(found.state),
        rubric=rounds.rubric_of(found, lines),
        mine=mine,
        open_project=project_id,
        seat_id=seat.id,
        away=away_in(session, found.id).get(seat.id) if seat.away else None,
        pitch=state["pitch"],
        reason=state["reason"],
        data=data,
        done=sum(row.status == "submitted" for row in mine),
        said=said,
        typed=request.form if said else {},
        shown=rules.shown,
        labels=LABELS,
        revised=state["revised"],
        opened_at=typed_or_now(),
    )


@blueprint.get("/events/<slug>/judging/<int:round_id>/list")
@requires(JUDGE)
def my_list(slug: str, round_id: int) -> ResponseReturnValue:
    """A judge's projects, how far each is, and which is on stage."""
    return _list_page(slug, round_id, None)


@blueprint.get("/events/<slug>/judging/<int:round_id>/projects/<int:project_id>")
@requires(JUDGE)
def sheet(slug: str, round_id: int, project_id: int) -> ResponseReturnValue:
    """One project's sheet."""
    return _list_page(slug, round_id, project_id)


@blueprint.post("/events/<slug>/judging/<int:round_id>/projects/<int:project_id>")
@requires(WAS_JUDGE)
def save_sheet(slug: str, round_id: int, project_id: int) -> ResponseReturnValue:
    """Save a sheet by plain form: the same service, the same rules.

    A form that was opened before the judge's seat was taken away goes to the late tray.
    """
    place = here(slug)
    key, opened = form_key() or uuid.uuid4().hex, request.form.get("opened_at", "")
    has_left = all(found.id != round_id for _, found in seats_here(place.event.id, place.actor))
    prefix = "value-"
    values = {
        name.removeprefix(prefix): text
        for name, text in request.form.items()
        if name.startswith(prefix)
    }

    def work(session: Session) -> Typed:
        texts = Texts(
            strength=rules.check_text(request.form.get("strength", ""), "strength"),
            question=rules.check_text(request.form.get("question", ""), "question"),
            note=rules.check_text(request.form.get("note", ""), "note"),
        )
        return type_sheet(
            session,
            current_actor(session),
            found=rounds.find_round(session, place.event.id, round_id),
            project_id=project_id,
            values=values,
            texts=texts,
            once=key,
            opened_at=rules.parse_made_at(opened) if opened else None,
        )

    try:
        typed = act(work)
    except Refusal as refusal:
        if has_left or refusal.code in {403, 404}:
            raise
        return _list_page(slug, round_id, project_id, refusal.message), refusal.code
    if has_left:
        raise rules.late(has_left=True)
    if typed.late:
        return _list_page(slug, round_id, project_id, rules.LATE_MESSAGE), 409
    if typed.blank:
        missing = ", ".join(typed.blank)
        said = f"The scores are saved. The words wait until these have a score: {missing}."
        return _list_page(slug, round_id, project_id, said), 422
    flash("Saved.")
    return see(".sheet", slug=slug, round_id=round_id, project_id=project_id)


@blueprint.get("/events/<slug>/judging/worker.js")
@requires(JUDGE)
def worker(slug: str) -> ResponseReturnValue:  # noqa: ARG001 - the address is its scope
    """The service worker of a judge's pages; its address says which pages are its own."""
    answer = current_app.send_static_file("judging/worker.js")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@blueprint.route("/events/<slug>/judging/<int:round_id>/device", methods=["GET", "POST"])
@requires(JUDGE)
def device(slug: str, round_id: int) -> ResponseReturnValue:
    """Continue on another device: a one-time link of one's own, to scan, for 30 minutes."""
    place = here(slug)
    if all(found.id != round_id for _, found in seats_here(place.event.id, place.actor)):
        raise rounds.no_such_round()
    link = code = ""
    if request.method == "POST":
        token = act(lambda session: people.make_own_link(session, current_actor(session)))
        link = public_address() + url_for("people.link", token=token)
        code = qr.picture(link)
    page = render_template(
        "judging/device.html", here=place, round_id=round_id, link=link, code=code
    )
    return page, 200, {"Cache-Control": "no-store"}
