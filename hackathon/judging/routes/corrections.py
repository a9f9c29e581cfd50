"""One sheet as organizers see it: its ledger, corrections, voids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, render_template, request

from hackathon.events.access import here
from hackathon.judging import rules
from hackathon.judging.forms import CorrectionForm
from hackathon.judging.queries import assignment, rounds
from hackathon.judging.queries.watch import sheet_marks, sheet_of
from hackathon.judging.routes.blueprint import blueprint
from hackathon.judging.service.corrections import correct_mark
from hackathon.people.access import ORGANIZER, current_actor, requires
from hackathon.shared.db import reading
from hackathon.shared.web import choices, form_key, see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.get("/events/<slug>/judging/<int:round_id>/visits/<int:visit_id>")
@requires(ORGANIZER)
def visit(slug: str, round_id: int, visit_id: int) -> ResponseReturnValue:
    """A judge's sheet: every row, values only from the freeze."""
    return _page(slug, round_id, visit_id, CorrectionForm())


def _page(slug: str, round_id: int, visit_id: int, form: CorrectionForm) -> str:
    place, session = here(slug), reading()
    found = rounds.find_round(session, place.event.id, round_id)
    row, judge = sheet_of(session, found.id, visit_id)
    lines = rounds.criteria_of(session, found.id)
    form.criterion.choices = choices((line.key, line.label) for line in lines)
    titles = {each.project_id: each for each in assignment.in_order(session, place.event, found)}
    return render_template(
        "judging/visit.html",
        here=place,
        found=found,
        form=form,
        visit=row,
        judge=judge,
        project=titles.get(row.project_id),
        labels={line.id: line.label for line in lines},
        marks=sheet_marks(session, row.id),
        with_values=rounds.is_frozen(found),
        can_correct=rules.State(found.state) in rules.MARKING | {rules.State.FROZEN},
        shown=rules.shown,
    )


@blueprint.post("/events/<slug>/judging/<int:round_id>/visits/<int:visit_id>")
@requires(ORGANIZER)
def correct(slug: str, round_id: int, visit_id: int) -> ResponseReturnValue:
    """Correct a score, or void it."""
    form, event_id = CorrectionForm(request.form), here(slug).event.id
    found = rounds.find_round(reading(), event_id, round_id)
    lines = rounds.criteria_of(reading(), found.id)
    form.criterion.choices = choices((line.key, line.label) for line in lines)
    receipt = submit(
        form,
        lambda session: correct_mark(
            session,
            current_actor(session),
            event_id=event_id,
            round_id=round_id,
            visit_id=visit_id,
            criterion=str(form.criterion.data),
            value=str(form.value.data or ""),
            reason=str(form.reason.data),
            once=form_key(),
        ),
    )
    if receipt is None:
        return _page(slug, round_id, visit_id, form), form.status
    flash("A new row stands in the ledger; the judge sees it with your reason.")
    return see(".visit", slug=slug, round_id=round_id, visit_id=visit_id)
