"""Who must not score what: told by judges, known to the program, kept by organizers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, render_template, request

from hackathon.events.access import here
from hackathon.judging.access import JUDGE_OR_ORGANIZER, seats_here
from hackathon.judging.forms import ConflictForm, LiftForm
from hackathon.judging.queries import assignment, rounds
from hackathon.judging.queries.conflicts import conflict_rows
from hackathon.judging.routes.blueprint import blueprint
from hackathon.judging.rules import FROM_FREEZE, State, check_declared
from hackathon.judging.service import seats as service
from hackathon.people.access import ORGANIZER, current_actor, requires
from hackathon.shared.db import reading
from hackathon.shared.web import act, see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session


@blueprint.get("/events/<slug>/judging/<int:round_id>/conflicts")
@requires(ORGANIZER)
def conflicts(slug: str, round_id: int) -> ResponseReturnValue:
    """Every conflict of the round with its reason; only organizers read it."""
    return _page(slug, round_id)


def _page(
    slug: str, round_id: int, form: ConflictForm | None = None, lift: LiftForm | None = None
) -> str:
    place, session = here(slug), reading()
    found = rounds.find_round(session, place.event.id, round_id)
    judges = [row for row in rounds.seats_of(session, found.id) if row.seat.removed_at is None]
    projects = {row.project_id: row for row in assignment.in_order(session, place.event, found)}
    names = {row.seat.id: row.name for row in judges}
    rows = conflict_rows(session, found, names, projects)
    return render_template(
        "judging/conflicts.html",
        here=place,
        found=found,
        is_draft=found.state == State.DRAFT,
        is_closed=State(found.state) in FROM_FREEZE,
        rows=[row for row in rows if not row.is_flag],
        flags=[row for row in rows if row.is_flag],
        judges=judges,
        projects=projects,
        form=form or ConflictForm(),
        lift=lift or LiftForm(),
        person_id=place.actor.person_id if place.actor else None,
        own={
            row.seat.id
            for row in judges
            if place.actor and row.seat.person_id == place.actor.person_id
        },
    )


@blueprint.post("/events/<slug>/judging/<int:round_id>/conflicts")
@requires(JUDGE_OR_ORGANIZER)
def declare(slug: str, round_id: int) -> ResponseReturnValue:
    """A judge says "I must not score this one"; organizers say it for a judge."""
    form, place = ConflictForm(request.form), here(slug)

    def work(session: Session) -> bool:
        actor = current_actor(session)
        found = rounds.find_round(session, place.event.id, round_id)
        service.declare_conflict(
            session,
            actor,
            found=found,
            project_id=int(form.project.data or 0),
            seat_id=form.seat.data,
            reason=str(form.reason.data or ""),
            kind=check_declared(str(form.kind.data or "")),
        )
        return True

    done = submit(form, work)
    own = any(found.id == round_id for _, found in seats_here(place.event.id, place.actor))
    if done is None and place.organizes:
        return _page(slug, round_id, form), form.status
    if done is None:
        flash("; ".join(form.general) or "Choose a project.")
    else:
        flash("Noted: that project is not scored by this judge.")
    if own and form.seat.data is None:
        return see(".my_list", slug=slug, round_id=round_id)
    return see(".conflicts", slug=slug, round_id=round_id)


@blueprint.post("/events/<slug>/judging/<int:round_id>/conflicts/<int:conflict_id>/lift")
@requires(ORGANIZER)
def lift_conflict(slug: str, round_id: int, conflict_id: int) -> ResponseReturnValue:
    """It was declared by mistake: the judge scores the project again."""
    form, event_id = LiftForm(request.form), here(slug).event.id

    def work(session: Session) -> bool:
        service.lift_conflict(
            session,
            current_actor(session),
            event_id=event_id,
            round_id=round_id,
            conflict_id=conflict_id,
            reason=str(form.reason.data or ""),
        )
        return True

    if submit(form, work) is None:
        return _page(slug, round_id, lift=form), form.status
    flash("Lifted: the judge scores that project again.")
    return see(".conflicts", slug=slug, round_id=round_id)


@blueprint.post("/events/<slug>/judging/<int:round_id>/conflicts/departments")
@requires(ORGANIZER)
def set_departmental(slug: str, round_id: int) -> ResponseReturnValue:
    """Whether the same department is a conflict or only a flag."""
    event_id, is_on = here(slug).event.id, request.form.get("forbid") == "yes"
    act(
        lambda session: service.set_departmental(
            session, current_actor(session), event_id=event_id, round_id=round_id,
            is_departmental=is_on,
        )
    )  # fmt: skip
    flash(
        "Judges do not score teams with a member of their department."
        if is_on
        else "The same department is shown to you and forbids nothing."
    )
    return see(".conflicts", slug=slug, round_id=round_id)
