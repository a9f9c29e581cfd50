"""Planning visits: what it takes, the plan that is looked at and applied, the timetable."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import flash, render_template, request, url_for
from icalendar import Calendar, Event

from hackathon.events.access import here
from hackathon.judging.access import JUDGE, JUDGE_OR_ORGANIZER, round_of_page, seats_here
from hackathon.judging.forms import PlanForm, typed_plan
from hackathon.judging.planner import advise
from hackathon.judging.queries import assignment, rounds
from hackathon.judging.routes.blueprint import blueprint
from hackathon.judging.rules import FROM_FREEZE, Mode, State, check_release
from hackathon.judging.service import leases, seats
from hackathon.judging.service.assignment import apply_plan
from hackathon.people.access import ORGANIZER, current_actor, requires
from hackathon.shared.clock import now
from hackathon.shared.db import reading
from hackathon.shared.errors import NotFound, Refusal
from hackathon.shared.web import act, file_answer, form_key, see

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from hackathon.judging.queries.assignment import Timetable


@blueprint.get("/events/<slug>/judging/<int:round_id>/plan")
@requires(ORGANIZER)
def plan(slug: str, round_id: int) -> ResponseReturnValue:
    """The ways to judge with their figures; for visits the plan for these wishes. Reads only."""
    place, session = here(slug), reading()
    found = rounds.find_round(session, place.event.id, round_id)
    start = typed_plan(found, place.event)
    form = PlanForm(request.args or None, data=start)
    return _plan_page(slug, round_id, form)


def _plan_page(slug: str, round_id: int, form: PlanForm, said: str = "") -> str:
    place, session = here(slug), reading()
    found = rounds.find_round(session, place.event.id, round_id)
    proposal = None
    can_plan = found.mode == Mode.VISITS and State(found.state) not in FROM_FREEZE
    wishes = None
    try:
        if form.validate():
            wishes = form.wishes(place.event.zone)
        if wishes and can_plan:
            proposal = assignment.propose(session, place.event, found, wishes)
    except Refusal as refusal:
        form.refuse(refusal)
    judges = len(proposal.judges) if proposal else rounds.count_seats(session, found.id)
    projects = (
        len(proposal.projects)
        if proposal
        else len(assignment.in_order(session, place.event, found))
    )
    return render_template(
        "judging/plan.html",
        here=place,
        found=found,
        form=form,
        said=said,
        proposal=proposal,
        can_plan=can_plan,
        ways=advise(
            projects, judges, form.pitch_minutes.data or 5, form.minutes.data or found.visit_minutes
        ),
        judges=judges,
        projects=projects,
    )


@blueprint.post("/events/<slug>/judging/<int:round_id>/plan")
@requires(ORGANIZER)
def apply(slug: str, round_id: int) -> ResponseReturnValue:
    """Apply the plan that was looked at."""
    form, place = PlanForm(request.form), here(slug)
    if not form.validate():
        return _plan_page(slug, round_id, form), 422
    try:
        wishes = form.wishes(place.event.zone)
        proposal = act(
            lambda session: apply_plan(
                session,
                current_actor(session),
                event_id=place.event.id,
                round_id=round_id,
                wishes=wishes,
                stamp=request.form.get("stamp", ""),
            )
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return _plan_page(slug, round_id, form, refusal.message), refusal.code
    flash(
        f"The plan holds: {len(proposal.added)} visits added, {len(proposal.dropped)} taken back, "
        f"{proposal.kept} kept. Judges see their lists now."
    )
    return see(".timetable", slug=slug, round_id=round_id)


@blueprint.post("/events/<slug>/judging/<int:round_id>/visits")
@requires(ORGANIZER)
def give_visit(slug: str, round_id: int) -> ResponseReturnValue:
    """One more project for one judge, by hand."""
    event_id = here(slug).event.id
    seat_id = request.form.get("seat", 0, type=int)
    project_id = request.form.get("project", 0, type=int)
    act(
        lambda session: seats.give_visit(
            session,
            current_actor(session),
            event_id=event_id,
            round_id=round_id,
            seat_id=seat_id,
            project_id=project_id,
        )
    )
    flash("The project is on the judge's list.")
    return see(".cockpit", slug=slug, round_id=round_id)


@blueprint.get("/events/<slug>/judging/<int:round_id>/timetable")
@requires(ORGANIZER)
def timetable(slug: str, round_id: int) -> ResponseReturnValue:
    """The plan that holds, to print: a list for each judge, and who comes to each table."""
    place, session = here(slug), reading()
    found = round_of_page(place.event.id, place.actor, round_id)
    table = assignment.timetable_of(session, place.event, found)
    return render_template("judging/timetable.html", here=place, found=found, table=table)


@blueprint.get("/events/<slug>/judging/<int:round_id>/timetable/<int:seat_id>.ics")
@requires(JUDGE_OR_ORGANIZER)
def calendar(slug: str, round_id: int, seat_id: int) -> ResponseReturnValue:
    """A judge's turns for a calendar; the own, or as an organizer anyone's."""
    place, session = here(slug), reading()
    found = rounds.find_round(session, place.event.id, round_id)
    own = {seat.id for seat, _ in seats_here(place.event.id, place.actor)}
    table = assignment.timetable_of(session, place.event, found, seat_id)
    if seat_id not in table.judges or not (place.organizes or seat_id in own):
        raise NotFound("no_such_seat", "This round has no such judge.")
    link = url_for(".my_list", slug=slug, round_id=round_id, _external=True)
    text = _calendar_of(table, found.visit_minutes, link)
    return file_answer(text, f"judging-{slug}.ics", "text/calendar; charset=utf-8")


def _calendar_of(table: Timetable, minutes: int, link: str) -> bytes:
    """iCalendar: one entry a turn, the same one again for the same turn."""
    answer = Calendar()
    answer.add("prodid", "-//Hackathon//Judging//EN")
    answer.add("version", "2.0")
    for turn in table.turns:
        if turn.at is None:
            continue
        project = table.projects[turn.project_id]
        entry = Event()
        entry.add("uid", f"visit-{turn.seat_id}-{turn.project_id}@hackathon")
        entry.add("dtstamp", now())
        entry.add("dtstart", turn.at)
        entry.add("dtend", turn.at + timedelta(minutes=minutes))
        entry.add("summary", f"Judge {project.title} ({project.team_name})")
        entry.add("location", table.places.get(turn.project_id, ""))
        entry.add("url", link)
        answer.add_component(entry)
    return bytes(answer.to_ical())


# --- live, by plain form --------------------------------------------------------------


@blueprint.post("/events/<slug>/judging/<int:round_id>/next")
@requires(JUDGE)
def take_next(slug: str, round_id: int) -> ResponseReturnValue:
    """The judge's next project: the same use case as the message."""
    rounds.find_round(reading(), here(slug).event.id, round_id)
    key = _key()
    given = act(
        lambda session: leases.take_next(
            session, current_actor(session), round_id=round_id, key=key
        )
    )
    if given.visit is None:
        flash(leases.NONE[given.none])
        return see(".my_list", slug=slug, round_id=round_id)
    return see(".sheet", slug=slug, round_id=round_id, project_id=given.visit.project_id)


@blueprint.post("/events/<slug>/judging/<int:round_id>/visits/<int:visit_id>/release")
@requires(JUDGE)
def release(slug: str, round_id: int, visit_id: int) -> ResponseReturnValue:
    """Give a visit back: busy, absent, break."""
    rounds.find_round(reading(), here(slug).event.id, round_id)
    key, reason = _key(), check_release(request.form.get("reason", ""))
    act(
        lambda session: leases.release(
            session, current_actor(session), visit_id=visit_id, key=key, reason=reason
        )
    )
    flash("Given back. Ask for the next project when you are ready.")
    return see(".my_list", slug=slug, round_id=round_id)


def _key() -> str:
    """The form's key as a device would make it: the second click is the same request."""
    given = form_key()
    return uuid.uuid5(uuid.NAMESPACE_OID, given).hex if given else uuid.uuid4().hex
