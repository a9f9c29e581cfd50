"""The evening: rehearsal, the audience's vote; and opening a round again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for

from hackathon.events.access import here
from hackathon.judging.access import round_of_page
from hackathon.judging.forms import ReopenForm, VoteForm
from hackathon.judging.queries import audience, chair, explain, results, rounds
from hackathon.judging.routes.blueprint import blueprint
from hackathon.judging.rules import State
from hackathon.judging.service import audience as audience_service
from hackathon.judging.service import reopening as reopening_service
from hackathon.people.access import ORGANIZER, SIGNED_IN_VIEWER, current_actor, requires
from hackathon.people.models import Person
from hackathon.shared.db import reading
from hackathon.shared.facts import note_texts
from hackathon.shared.web import act, see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

INVENTED = (
    ("Paper Lanterns", "The Night Shift"), ("One Button Less", "Three Left Feet"),
    ("Yesterday's Weather", "Slow Clocks"), ("The Quiet Printer", "Loose Threads"),
    ("Bread by Wire", "Early Birds"), ("Ask the Fridge", "Cold Fusion Reserves"),
    ("Lost and Found", "Left Luggage"), ("A Map of Meetings", "Room for One More"),
)  # fmt: skip
"""Projects that nobody made, for the rehearsal."""


# --- rehearsal and audience ------------------------------------------------------------


@blueprint.get("/events/<slug>/judging/<int:round_id>/rehearsal")
@requires(ORGANIZER)
def rehearsal(slug: str, round_id: int) -> ResponseReturnValue:
    """The reveal with invented names, on this screen only: nothing is stored or sent."""
    place, session = here(slug), reading()
    found = rounds.find_round(session, place.event.id, round_id)
    steps = min(found.reveal_top or len(INVENTED), len(INVENTED))
    step = min(max(request.args.get("step", 0, type=int), 0), steps)
    row = (steps - step + 1, *INVENTED[step - 1]) if step else None
    return render_template(
        "judging/rehearsal.html", here=place, found=found, step=step, steps=steps, row=row
    )


@blueprint.post("/events/<slug>/judging/<int:round_id>/vote/<word>")
@requires(ORGANIZER)
def turn_vote(slug: str, round_id: int, word: str) -> ResponseReturnValue:
    """Open or close the audience's vote."""
    event_id = here(slug).event.id
    turn = audience_service.open_vote if word == "open" else audience_service.close_vote
    act(lambda session: turn(session, current_actor(session), event_id=event_id, round_id=round_id))
    flash("The audience votes now." if word == "open" else "The vote is closed.")
    return see(".screens", slug=slug, round_id=round_id)


@blueprint.get("/events/<slug>/vote")
@requires(SIGNED_IN_VIEWER)
def vote(slug: str) -> ResponseReturnValue:
    """Where the code on the projector leads: one vote a person."""
    return _vote_page(slug, VoteForm())


def _vote_page(slug: str, form: VoteForm) -> str:
    place, session = here(slug), reading()
    found = audience.voting_round(rounds.rounds_of(session, place.event.id))
    person_id = (place.actor.person_id if place.actor else None) or 0
    mine = audience.vote_of(session, found.id, person_id) if found else None
    own = audience.own_teams(session, person_id) if found else set()
    entries = rounds.entries_of(session, place.event, found.id) if found else []
    return render_template(
        "judging/vote.html",
        here=place,
        found=found,
        form=form,
        entries=[row for row in entries if row.submission.team_id not in own],
        mine=mine.project_id if mine else None,
    )


@blueprint.post("/events/<slug>/vote")
@requires(SIGNED_IN_VIEWER)
def cast(slug: str) -> ResponseReturnValue:
    """Cast the vote, or move it."""
    form, place = VoteForm(request.form), here(slug)

    def work(session: Session) -> bool:
        audience_service.cast_vote(
            session,
            current_actor(session),
            event_id=place.event.id,
            round_id=int(form.round.data or 0),
            project_id=int(form.project.data or 0),
        )
        return True

    if submit(form, work) is None:
        return _vote_page(slug, form), form.status
    flash("Your vote is in. You can move it until the vote closes.")
    return see(".vote", slug=slug)


# --- opening a round again ------------------------------------------------------------


@blueprint.get("/events/<slug>/judging/<int:round_id>/reopen")
@requires(ORGANIZER)
def reopen(slug: str, round_id: int) -> ResponseReturnValue:
    """Ask for it, or decide what another organizer asked."""
    return _reopen_page(slug, round_id, ReopenForm())


def _reopen_page(slug: str, round_id: int, form: ReopenForm) -> str:
    place, session = here(slug), reading()
    found = rounds.find_round(session, place.event.id, round_id)
    waiting = rounds.reopening_of(session, found.id)
    asker = session.get(Person, waiting.asked_by_id) if waiting else None
    why = note_texts(session, [waiting.note_id]).get(waiting.note_id, "") if waiting else ""
    return render_template(
        "judging/reopen.html",
        here=place,
        found=found,
        state=State(found.state),
        waiting=waiting,
        asker=asker.name if asker else "",
        is_mine=asker is not None and place.actor is not None
        and asker.id == place.actor.person_id,
        why=why,
        records=results.records_of(session, found.id),
        form=form,
    )  # fmt: skip


@blueprint.post("/events/<slug>/judging/<int:round_id>/reopen")
@requires(ORGANIZER)
def ask_to_reopen(slug: str, round_id: int) -> ResponseReturnValue:
    """One person asks, with a reason."""
    form, event_id = ReopenForm(request.form), here(slug).event.id

    def work(session: Session) -> bool:
        reopening_service.ask_to_reopen(
            session,
            current_actor(session),
            event_id=event_id,
            round_id=round_id,
            reason=str(form.reason.data or ""),
        )
        return True

    if submit(form, work) is None:
        return _reopen_page(slug, round_id, form), form.status
    flash("Asked. Nothing changes until a second person confirms.")
    return see(".reopen", slug=slug, round_id=round_id)


@blueprint.post("/events/<slug>/judging/<int:round_id>/reopen/decide")
@requires(ORGANIZER)
def decide_reopening(slug: str, round_id: int) -> ResponseReturnValue:
    """Another person confirms or declines; the one who asked may take it back."""
    event_id = here(slug).event.id
    is_confirmed = request.form.get("answer") == "confirm"
    act(
        lambda session: reopening_service.decide_reopening(
            session, current_actor(session), event_id=event_id, round_id=round_id,
            is_confirmed=is_confirmed,
        )
    )  # fmt: skip
    flash("Judging is open again; the earlier record is kept." if is_confirmed else "Declined.")
    return redirect(url_for(".cockpit", slug=slug, round_id=round_id), code=303)


# --- for the chair --------------------------------------------------------------------


@blueprint.get("/events/<slug>/judging/<int:round_id>/chair")
@requires(ORGANIZER)
def chair_report(slug: str, round_id: int) -> ResponseReturnValue:
    """How the judges judged, from the freeze on."""
    place, session = here(slug), reading()
    found = round_of_page(place.event.id, place.actor, round_id)
    given = explain.recorded(session, found) if rounds.is_frozen(found) else None
    if given is None:
        raise results.no_record()
    return render_template(
        "judging/chair.html",
        here=place,
        found=found,
        report=chair.report(session, found, given),
    )
