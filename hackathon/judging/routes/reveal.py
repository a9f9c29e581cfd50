"""The presenter's page: what is shown, what comes next, everything to everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, render_template, request

from hackathon.events.access import here
from hackathon.judging.forms import RevealForm
from hackathon.judging.queries import results as queries
from hackathon.judging.queries import rounds
from hackathon.judging.queries.finals import final_after
from hackathon.judging.routes.blueprint import blueprint
from hackathon.judging.rules import State
from hackathon.judging.service import reveal as service
from hackathon.people.access import ORGANIZER, current_actor, requires
from hackathon.shared.db import reading
from hackathon.shared.web import act, see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session


@blueprint.get("/events/<slug>/judging/<int:round_id>/reveal")
@requires(ORGANIZER)
def reveal(slug: str, round_id: int) -> ResponseReturnValue:
    """The presenter's page: what is shown, what comes next, Back and Next."""
    return _reveal_page(slug, round_id, RevealForm())


def _reveal_page(slug: str, round_id: int, form: RevealForm) -> str:
    place, session = here(slug), reading()
    found = rounds.find_round(session, place.event.id, round_id)
    record = queries.newest_record(session, found.id)
    rows = queries.recorded_standings(session, record) if record is not None else []
    steps = queries.steps_of(rows, found.reveal_top)
    return render_template(
        "judging/reveal.html",
        here=place,
        found=found,
        state=State(found.state),
        others=[
            row
            for row in rounds.rounds_of(session, place.event.id)
            if row.track != found.track and row.state not in {State.DRAFT, State.REVEALED}
        ],
        after=final_after(session, found.id),
        steps=steps,
        step=found.reveal_step or 0,
        form=form,
    )


@blueprint.post("/events/<slug>/judging/<int:round_id>/reveal")
@requires(ORGANIZER)
def show_step(slug: str, round_id: int) -> ResponseReturnValue:
    """Show the named step; the second click shows the same one."""
    event_id, step = here(slug).event.id, request.form.get("step", 0, type=int)
    act(
        lambda session: service.show_step(
            session, current_actor(session), event_id=event_id, round_id=round_id, step=step
        )
    )
    return see(".reveal", slug=slug, round_id=round_id)


@blueprint.post("/events/<slug>/judging/<int:round_id>/reveal/plan")
@requires(ORGANIZER)
def plan_reveal(slug: str, round_id: int) -> ResponseReturnValue:
    """How many places are shown one by one."""
    form, event_id = RevealForm(request.form), here(slug).event.id

    def work(session: Session) -> bool:
        service.set_reveal_top(
            session,
            current_actor(session),
            event_id=event_id,
            round_id=round_id,
            top=int(form.top.data or 0),
        )
        return True

    if submit(form, work) is None:
        return _reveal_page(slug, round_id, form), form.status
    return see(".reveal", slug=slug, round_id=round_id)


@blueprint.post("/events/<slug>/judging/<int:round_id>/publish")
@requires(ORGANIZER)
def publish(slug: str, round_id: int) -> ResponseReturnValue:
    """The end of the reveal: everybody sees the results, teams their result cards."""
    event_id = here(slug).event.id
    act(
        lambda session: service.publish_results(
            session, current_actor(session), event_id=event_id, round_id=round_id
        )
    )
    flash("The results are out. Teams can read their result cards.")
    return see(".results", slug=slug)
