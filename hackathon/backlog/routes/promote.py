"""Promoting winners and nominating others, by an organizer after the reveal."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import flash, render_template, request

from hackathon.backlog.forms import HoldForm, NominateForm, promote_form
from hackathon.backlog.queries.evidence import holders, results_of
from hackathon.backlog.queries.proposals import proposals_of_event
from hackathon.backlog.queries.wishes import waiting_wishes
from hackathon.backlog.routes.blueprint import blueprint
from hackathon.backlog.rules import State, parse_day
from hackathon.backlog.service.promotion import Choice, Hold
from hackathon.backlog.service.promotion import promote as promote_all
from hackathon.events.access import here
from hackathon.judging.queries.results import score_text
from hackathon.people.access import ORGANIZER, current_actor, requires
from hackathon.shared.db import reading
from hackathon.shared.show import zone_of
from hackathon.shared.web import choices, see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

FORTNIGHT = timedelta(days=14)


def _hold_of(form: HoldForm) -> Hold | None:
    """Who holds, as typed; None when nobody was chosen."""
    until = parse_day(str(form.held_until.data or ""), "held_until")
    person = str(form.holder.data or "")
    return Hold(int(person), until) if person.isdigit() and until is not None else None


def _page(slug: str, form: HoldForm | None = None, nominate: NominateForm | None = None) -> str:
    place, session = here(slug), reading()
    results = results_of(session, place.event, whole=False)
    there = {
        project_id: row
        for project_id, row in proposals_of_event(session, place.event.id).items()
        if row.state != State.WITHDRAWN
    }
    winners = results.winners
    default = place.now.astimezone(zone_of(place.event.zone)).date() + FORTNIGHT
    chosen = None if form is None else set(request.form.getlist("project", type=int))
    form = _whole_form([row.project_id for row in winners], form)
    nominate = nominate or NominateForm()
    people = choices((str(person.id), person.name) for person in holders(session))
    for entry in (form, nominate):
        entry.holder.choices = people
        entry.held_until.data = entry.held_until.data or default.isoformat()
    nominate.holder.id, nominate.held_until.id = "nominate-holder", "nominate-held-until"
    others = [row for row in results.others if row.project_id not in there]
    if nominate.project.data is None:
        nominate.project.data = request.args.get("project", "")
    nominate.project.choices = choices(
        (str(row.project_id), f"{row.title} · {row.team_name}") for row in others
    )
    return render_template(
        "backlog/promote.html",
        here=place,
        results=results,
        winners=winners,
        others=others,
        there=there,
        chosen={row.project_id for row in winners} if chosen is None else chosen,
        waiting=[row for row in winners if row.project_id not in there],
        form=form,
        nominate=nominate,
        wishes=waiting_wishes(session, place.event),
        score_text=score_text,
    )


def _whole_form(project_ids: list[int], refused: HoldForm | None) -> HoldForm:
    """The form with an owner for every winner; of a refused one with what was said of it."""
    if refused is None:
        return promote_form(project_ids)()
    form = promote_form(project_ids)(request.form)
    form.general = refused.general
    for field in refused:
        if field.name in form:
            form[field.name].errors = field.errors
    return form


@blueprint.get("/events/<slug>/results/promote")
@requires(ORGANIZER)
def promote(slug: str) -> ResponseReturnValue:
    """The winners, an owner for each."""
    return _page(slug)


@blueprint.post("/events/<slug>/results/promote")
@requires(ORGANIZER)
def promote_winners(slug: str) -> ResponseReturnValue:
    """All that are chosen become proposals, or none."""
    event_id = here(slug).event.id
    chosen = request.form.getlist("project", type=int)
    form = promote_form(_asked())(request.form)

    def work(session: Session) -> int:
        owners = form.values()
        made = promote_all(
            session,
            current_actor(session),
            event_id=event_id,
            choices=[Choice(one, owner=owners.get(f"owner-{one}", "")) for one in chosen],
            hold=_hold_of(form),
        )
        return len(made)

    made = submit(form, work)
    if made is None:
        return _page(slug, form), form.status
    flash(f"{made} {'project is' if made == 1 else 'projects are'} in the backlog, in review.")
    return see(".index")


def _asked() -> list[int]:
    ids = (name.removeprefix("owner-") for name in request.form if name.startswith("owner-"))
    return [int(text) for text in ids if text.isdecimal() and text.isascii()]


@blueprint.post("/events/<slug>/results/nominate")
@requires(ORGANIZER)
def nominate(slug: str) -> ResponseReturnValue:
    """Another project goes on, with a reason."""
    event_id = here(slug).event.id
    form = NominateForm(request.form)

    def work(session: Session) -> int:
        project = str(form.project.data or "")
        choice = Choice(
            int(project) if project.isdecimal() else 0,
            owner=str(form.owner.data or ""),
            reason=str(form.reason.data or ""),
        )
        made = promote_all(
            session,
            current_actor(session),
            event_id=event_id,
            choices=[choice],
            hold=_hold_of(form),
        )
        return made[0]

    made = submit(form, work)
    if made is None:
        return _page(slug, nominate=form), form.status
    flash("The project is in the backlog, in review.")
    return see(".proposal", proposal_id=made)
