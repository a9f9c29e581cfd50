"""The best of a round go on into its final; the projects of a prize are chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, render_template, request

from hackathon.events.access import here
from hackathon.judging.forms import FinalForm
from hackathon.judging.queries import rounds
from hackathon.judging.queries.finals import candidates, final_after, final_of, ranked
from hackathon.judging.queries.results import in_bands, score_text
from hackathon.judging.routes.blueprint import blueprint
from hackathon.judging.rules import FROM_FREEZE, MARKING, MOST_FINALISTS, State, Takes, cut
from hackathon.judging.service import finals as service
from hackathon.judging.service.order import choose_projects as choose
from hackathon.people.access import ORGANIZER, current_actor, requires
from hackathon.projects.queries import submissions
from hackathon.shared.db import reading
from hackathon.shared.errors import NotFound, Refusal
from hackathon.shared.web import act, see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.judging.models import Round

USUAL_BEST = 6


@blueprint.get("/events/<slug>/judging/<int:round_id>/final")
@requires(ORGANIZER)
def final(slug: str, round_id: int) -> ResponseReturnValue:
    """Who would go on: the line, the band it falls in, what people may choose. Reads only."""
    best = request.args.get("best", 0, type=int)
    return _final_page(slug, round_id, FinalForm(data={"name": "Final"}), best)


def _final_page(slug: str, round_id: int, form: FinalForm, best: int) -> str:
    place, session = here(slug), reading()
    found = rounds.find_round(session, place.event.id, round_id)
    rows = candidates(session, place.event, found) if rounds.is_frozen(found) else []
    after = final_after(session, found.id)
    known = final_of(session, after.id) if after is not None else None
    best = best or (known.best if known is not None else USUAL_BEST)
    best = min(max(best, 1), MOST_FINALISTS)
    lines = cut(ranked(rows), best)
    chosen = {project for line in lines for project in line.by_rule}
    if "projects" in request.form:
        chosen = set(request.form.getlist("projects", type=int))
    return render_template(
        "judging/final.html",
        here=place,
        found=found,
        state=State(found.state),
        after=after,
        may_carry=found.state == State.FINALIZED and not found.reveal_step
        and (after is None or after.state == State.DRAFT),
        bands=in_bands(rows),
        best=best,
        sure={project for line in lines for project in line.sure},
        level={project for line in lines for project in line.level},
        by_rule={project for line in lines for project in line.by_rule},
        chosen=chosen,
        form=form,
        score_text=score_text,
    )  # fmt: skip


@blueprint.post("/events/<slug>/judging/<int:round_id>/final")
@requires(ORGANIZER)
def carry_on(slug: str, round_id: int) -> ResponseReturnValue:
    """One action: the finalists, the judges and the declared conflicts are in the second round."""
    form, event_id = FinalForm(request.form), here(slug).event.id
    best = int(form.best.data or 0)

    def work(session: Session) -> Round:
        return service.carry_on(
            session,
            current_actor(session),
            event_id=event_id,
            round_id=round_id,
            best=best,
            reason=str(form.reason.data or ""),
            projects=request.form.getlist("projects", type=int),
            name=str(form.name.data or ""),
        )

    made = submit(form, work)
    if made is None:
        return _final_page(slug, round_id, form, best), form.status
    flash("The finalists and the judges are in. Change the rubric if the final needs another.")
    return see(".cockpit", slug=slug, round_id=made.id)


# --- the projects of a prize ----------------------------------------------------------


@blueprint.get("/events/<slug>/judging/<int:round_id>/projects")
@requires(ORGANIZER)
def projects(slug: str, round_id: int) -> ResponseReturnValue:
    """Which projects stand for this prize."""
    return _projects_page(slug, round_id)


def _projects_page(slug: str, round_id: int, said: str = "") -> str:
    place, session = here(slug), reading()
    found = rounds.find_round(session, place.event.id, round_id)
    if found.takes != Takes.CHOSEN or final_of(session, found.id) is not None:
        raise NotFound("not_chosen", "The projects of this round are not chosen by hand.")
    return render_template(
        "judging/projects.html",
        here=place,
        found=found,
        entries=submissions(session, place.event),
        chosen={row.project_id for row in rounds.field_of(session, place.event, found)},
        is_open=State(found.state) in MARKING,
        is_closed=State(found.state) in FROM_FREEZE,
        said=said,
    )


@blueprint.post("/events/<slug>/judging/<int:round_id>/projects")
@requires(ORGANIZER)
def choose_projects(slug: str, round_id: int) -> ResponseReturnValue:
    """Save who stands for this prize."""
    event_id = here(slug).event.id
    chosen = request.form.getlist("projects", type=int)
    try:
        act(
            lambda session: choose(
                session, current_actor(session), event_id=event_id, round_id=round_id,
                projects=chosen,
            )
        )  # fmt: skip
    except NotFound:
        raise
    except Refusal as refusal:
        return _projects_page(slug, round_id, refusal.message), refusal.code
    flash(f"{len(chosen)} {'project stands' if len(chosen) == 1 else 'projects stand'} for it.")
    return see(".cockpit", slug=slug, round_id=round_id)
