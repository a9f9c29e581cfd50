"""The organizer's side: the round, its judges, the running order, the projector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, make_response, redirect, render_template, request, url_for

from hackathon.events.access import here
from hackathon.judging import rules
from hackathon.judging.access import (
    JUDGE_OR_ORGANIZER,
    STAGE,
    round_of_page,
    rounds_of_page,
    seats_here,
    stage_round,
)
from hackathon.judging.forms import MoveForm, SeatForm
from hackathon.judging.queries import marks, results, rounds
from hackathon.judging.queries.boards import pitch_json, state_json
from hackathon.judging.queries.presence import away_in
from hackathon.judging.queries.progress import progress_of
from hackathon.judging.queries.silence import silent_projects
from hackathon.judging.queries.stage import step_json
from hackathon.judging.queries.watch import watch_of
from hackathon.judging.routes.blueprint import blueprint
from hackathon.judging.routes.judges import way_in
from hackathon.judging.routes.steps import Moment, steps_of
from hackathon.judging.rules import MARKING, State, Verb
from hackathon.judging.service import late as late_service
from hackathon.judging.service import rounds as service
from hackathon.judging.service import seats as seat_service
from hackathon.people import service as people
from hackathon.people.access import ORGANIZER, current_actor, requires
from hackathon.shared import qr, sessions
from hackathon.shared.db import reading
from hackathon.shared.web import act, see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.judging.models import Round, Seat


@blueprint.get("/events/<slug>/judging")
@requires(JUDGE_OR_ORGANIZER)
def index(slug: str) -> ResponseReturnValue:
    """The round that matters now: the cockpit for organizers, the own list for judges."""
    place = here(slug)
    if place.organizes:
        every = rounds_of_page(place.event.id, place.actor)
        found = rounds.present_round([row.found for row in every])
        if found is None:
            return render_template("judging/empty.html", here=place)
        return cockpit_page(slug, found.id)
    own = seats_here(place.event.id, place.actor)
    present = rounds.present_round([found for _, found in own])
    return redirect(url_for(".my_list", slug=slug, round_id=present.id if present else 0))


@blueprint.get("/events/<slug>/judging/<int:round_id>")
@requires(ORGANIZER)
def cockpit(slug: str, round_id: int) -> ResponseReturnValue:
    """How far everything is, who is quiet, what to press next."""
    return cockpit_page(slug, round_id)


def cockpit_page(
    slug: str,
    round_id: int,
    *,
    seat_form: SeatForm | None = None,
    move_form: MoveForm | None = None,
) -> str:
    """The cockpit, with what was typed and refused."""
    place, session = here(slug), reading()
    near = rounds_of_page(place.event.id, place.actor)
    every = [row.found for row in near]
    firsts = {row.found.id: row.first_id for row in near}
    found = round_of_page(place.event.id, place.actor, round_id)
    is_frozen = rounds.is_frozen(found)
    entries = [] if is_frozen else rounds.entries_of(session, place.event, found.id)
    record = results.newest_record(session, found.id) if is_frozen else None
    progress = None if is_frozen else progress_of(session, found, entries)
    is_marking = State(found.state) in MARKING
    away = away_in(session, found.id) if progress else {}
    waiting = marks.late_waiting(session, found.id) if found.opened_at else 0
    silent = silent_projects(session, record) if record and found.state == State.FROZEN else []
    first = next((row for row in every if row.id == firsts.get(found.id)), None)
    final = next((row for row in every if firsts.get(row.id) == found.id), None)
    moment = Moment(
        slug,
        found,
        waiting=waiting,
        silent=len(silent),
        has_record=record is not None,
        is_final=first is not None,
        may_carry=found.state == State.FINALIZED and (final is None or final.state == State.DRAFT),
    )
    return render_template(
        "judging/cockpit.html",
        here=place,
        rounds=every,
        first=first,
        final=final,
        found=found,
        state=State(found.state),
        steps=steps_of(moment),
        progress=progress,
        watch=watch_of(session, found, progress, away) if is_marking and progress else None,
        away=away,
        pitch=pitch_json(found, entries),
        seats=rounds.seats_of(session, found.id) if is_frozen else [],
        record=record,
        waiting=waiting,
        is_marking=is_marking,
        silent=silent,
        seat_form=seat_form or SeatForm(),
        move_form=move_form or MoveForm(),
    )


SAID = {
    Verb.OPEN: "Judging is open. Judges see their lists now.",
    Verb.PAUSE: "Everybody at the event reads why.",
    Verb.RESUME: "Judging goes on.",
    Verb.FREEZE: "Judging is closed and the result record is written. Nobody else sees it yet.",
    Verb.FINALIZE: "The results are final. Rehearse, then reveal.",
}


@blueprint.post("/events/<slug>/judging/<int:round_id>/move")
@requires(ORGANIZER)
def move(slug: str, round_id: int) -> ResponseReturnValue:
    """Open, pause, resume, freeze, finalize."""
    form, event_id = MoveForm(request.form), here(slug).event.id

    def work(session: Session) -> Round:
        return service.move(
            session,
            current_actor(session),
            event_id=event_id,
            round_id=round_id,
            verb=Verb(form.verb.data),
            reason=str(form.reason.data or ""),
        )

    if submit(form, work) is None:
        return cockpit_page(slug, round_id, move_form=form), form.status
    flash(SAID[Verb(form.verb.data)])
    return see(".cockpit", slug=slug, round_id=round_id)


@blueprint.post("/events/<slug>/judging/<int:round_id>/ask-words")
@requires(ORGANIZER)
def ask_words(slug: str, round_id: int) -> ResponseReturnValue:
    """Ask the judges of projects without any comment for a line."""
    event_id = here(slug).event.id
    asked = act(
        lambda session: late_service.ask_for_words(
            session, current_actor(session), event_id=event_id, round_id=round_id
        )
    )
    flash(
        f"{asked} judge{' is' if asked == 1 else 's are'} asked; what they write comes into the "
        "late tray."
        if asked
        else "Nobody is left to ask."
    )
    return see(".cockpit", slug=slug, round_id=round_id)


# --- judges ---------------------------------------------------------------------------


@blueprint.post("/events/<slug>/judging/<int:round_id>/seats")
@requires(ORGANIZER)
def add_seat(slug: str, round_id: int) -> ResponseReturnValue:
    """Give somebody a seat; an unknown address becomes a person."""
    form, event_id = SeatForm(request.form), here(slug).event.id

    def work(session: Session) -> Seat:
        actor = current_actor(session)
        person = people.person_for(
            session, actor, email=str(form.email.data), name=str(form.name.data or "")
        )
        return seat_service.add_seat(
            session,
            actor,
            event_id=event_id,
            round_id=round_id,
            person_id=person.id,
            chair=seat_service.Chair(group_label=str(form.group_label.data or "")),
        )

    seat_id = submit(form, lambda session: work(session).id)
    if seat_id is None:
        return cockpit_page(slug, round_id, seat_form=form), form.status
    if request.form.get("then") == "code":
        return way_in(slug, round_id, seat_id)
    flash("The judge has a seat.")
    return see(".cockpit", slug=slug, round_id=round_id)


# --- the running order ----------------------------------------------------------------


@blueprint.post("/events/<slug>/judging/<int:round_id>/order")
@requires(ORGANIZER)
def set_order(slug: str, round_id: int) -> ResponseReturnValue:
    """Draw the order by lot, or move one project up or down."""
    place = here(slug)
    by_lot = request.form.get("how") == "lot"
    up = request.form.get("up", type=int)

    def work(session: Session) -> bool:
        projects: list[int] | None = None
        if not by_lot:
            found = rounds.find_round(session, place.event.id, round_id)
            order = [row.project_id for row in rounds.entries_of(session, place.event, found.id)]
            projects = rules.moved_up(order, up or 0)
        service.set_order(
            session,
            current_actor(session),
            event_id=place.event.id,
            round_id=round_id,
            projects=projects,
        )
        return True

    act(work)
    flash("The order is drawn by lot." if by_lot else "Moved up.")
    return see(".cockpit", slug=slug, round_id=round_id)


@blueprint.post("/events/<slug>/judging/<int:round_id>/pitch")
@requires(ORGANIZER)
def show_pitch(slug: str, round_id: int) -> ResponseReturnValue:
    """Next: the named place in the order comes on stage; phones open its sheet."""
    event_id = here(slug).event.id
    position = request.form.get("position", type=int)
    act(
        lambda session: service.show_pitch(
            session, current_actor(session), event_id=event_id, round_id=round_id,
            position=position,
        )
    )  # fmt: skip
    return _back(slug, round_id)


@blueprint.post("/events/<slug>/judging/<int:round_id>/timer")
@requires(ORGANIZER)
def restart_timer(slug: str, round_id: int) -> ResponseReturnValue:
    """Start the timer again, perhaps with another length."""
    event_id = here(slug).event.id
    minutes = request.form.get("minutes", type=int)
    act(
        lambda session: service.restart_timer(
            session, current_actor(session), event_id=event_id, round_id=round_id,
            seconds=minutes * 60 if minutes else None,
        )
    )  # fmt: skip
    return _back(slug, round_id)


def _back(slug: str, round_id: int) -> ResponseReturnValue:
    target = ".stage" if request.form.get("from") == "stage" else ".cockpit"
    return see(target, slug=slug, round_id=round_id)


@blueprint.get("/events/<slug>/judging/<int:round_id>/stage")
@requires(ORGANIZER, STAGE)
def stage(slug: str, round_id: int) -> ResponseReturnValue:
    """The projector: who pitches, the timer, how many sheets are in, the vote; the reveal.

    It knows what everybody may know and nothing more, whoever opened it. A key moves from the
    address into a cookie at once: history, screenshots and logs behind it show none.
    """
    if "stage" in request.args:
        answer = make_response(see(".stage", slug=slug, round_id=round_id))
        answer.headers.update({"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
        if stage_round() == round_id:
            sessions.keep_stage_token(answer, sessions.stage_token())
        return answer
    place, session = here(slug), reading()
    found = rounds.find_round(session, place.event.id, round_id)
    state = state_json(session, found, rounds.entries_of(session, place.event, found.id))
    step = step_json(session, found)
    address = url_for(".vote", slug=slug, _external=True)
    return render_template(
        "judging/stage.html",
        here=place,
        found=found,
        state=state,
        shown=step["rows"] if step else [],
        address=address,
        code=qr.picture(address),
    )
