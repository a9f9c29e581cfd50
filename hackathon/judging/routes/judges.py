"""One judge on the day: the way in, absent, busy, back, gone; paper to print and to enter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, render_template, request, url_for

from hackathon.events.access import here
from hackathon.judging import rules
from hackathon.judging.access import JUDGE
from hackathon.judging.forms import AwayForm, PaperForm
from hackathon.judging.queries import presence, rounds
from hackathon.judging.queries.watch import is_offline
from hackathon.judging.routes.blueprint import blueprint
from hackathon.judging.rules import Away, State, parse_form_value
from hackathon.judging.service import presence as service
from hackathon.judging.service.marks import Texts
from hackathon.people import service as people
from hackathon.people.access import ORGANIZER, current_actor, requires
from hackathon.people.rules import LINK_HOURS_PRINTED
from hackathon.shared import qr
from hackathon.shared.db import reading
from hackathon.shared.errors import Invalid, NotFound
from hackathon.shared.web import act, public_address, see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.judging.models import Round
    from hackathon.judging.queries.rounds import SeatRow
    from hackathon.judging.service.presence import Handed

LEFT = "left"


@blueprint.get("/events/<slug>/judging/<int:round_id>/judges/<int:seat_id>")
@requires(ORGANIZER)
def judge(slug: str, round_id: int, seat_id: int) -> ResponseReturnValue:
    """A judge of a round: how far, where from, and what to do when something is wrong."""
    return _judge_page(slug, round_id, seat_id, AwayForm())


def _judge_page(slug: str, round_id: int, seat_id: int, form: AwayForm) -> str:
    place, session = here(slug), reading()
    found = rounds.find_round(session, place.event.id, round_id)
    row = presence.judge_of(session, found.id, seat_id)
    entries = rounds.entries_of(session, place.event, found.id)
    return render_template(
        "judging/judge.html",
        here=place,
        found=found,
        row=row,
        form=form,
        away=presence.away_in(session, found.id).get(seat_id),
        is_offline=is_offline(row.seat.seen_at),
        listed=presence.list_of(session, found, seat_id, entries),
        is_over=rounds.is_frozen(found),
        is_marking=State(found.state) in rules.MARKING,
    )


@blueprint.post("/events/<slug>/judging/<int:round_id>/judges/<int:seat_id>/link")
@requires(ORGANIZER)
def judge_link(slug: str, round_id: int, seat_id: int) -> ResponseReturnValue:
    """The judge's way in as a QR code to scan from this screen."""
    return way_in(slug, round_id, seat_id)


def way_in(slug: str, round_id: int, seat_id: int) -> ResponseReturnValue:
    """Make a judge's one-time link and show it once."""
    place = here(slug)
    found = rounds.find_round(reading(), place.event.id, round_id)
    row = presence.judge_of(reading(), found.id, seat_id)
    if row.seat.removed_at is not None:
        raise NotFound("no_such_seat", "This judge has left the round.")
    person_id = row.seat.person_id
    token = act(
        lambda session: people.make_link(session, current_actor(session), person_id=person_id)
    )
    link = public_address() + url_for("people.link", token=token)
    page = render_template(
        "judging/way_in.html",
        here=place,
        found=found,
        row=row,
        link=link,
        code=qr.picture(link),
        hours=LINK_HOURS_PRINTED,
    )
    return page, 200, {"Cache-Control": "no-store"}


@blueprint.post("/events/<slug>/judging/<int:round_id>/judges/<int:seat_id>/away")
@requires(ORGANIZER)
def judge_away(slug: str, round_id: int, seat_id: int) -> ResponseReturnValue:
    """Absent, busy, or gone for good: open projects go to others."""
    form, event_id = AwayForm(request.form), here(slug).event.id

    def work(session: Session) -> Handed:
        actor, reason = current_actor(session), str(form.reason.data)
        place = {"event_id": event_id, "round_id": round_id, "seat_id": seat_id}
        if form.word.data == LEFT:
            return service.let_go(session, actor, **place, reason=reason)
        word = Away(str(form.word.data))
        return service.mark_away(session, actor, **place, word=word, reason=reason)

    handed = submit(form, work)
    if handed is None:
        return _judge_page(slug, round_id, seat_id, form), form.status
    flash(_told(handed))
    return see(".judge", slug=slug, round_id=round_id, seat_id=seat_id)


def _told(handed: Handed) -> str:
    """What became of the judge's projects, in a sentence or two."""
    if not handed.released:
        return "Noted. Nothing was open on this judge's list."
    one = len(handed.released) == 1
    said = f"Noted. {len(handed.released)} open project{'' if one else 's'} taken back"
    if handed.given:
        said += f", {len(handed.given)} given to other judges, who are told"
    if handed.short:
        said += f"; {len(handed.short)} found nobody: every other judge has it, must not or is full"
    return said + "."


@blueprint.post("/events/<slug>/judging/<int:round_id>/judges/<int:seat_id>/back")
@requires(ORGANIZER)
def judge_back(slug: str, round_id: int, seat_id: int) -> ResponseReturnValue:
    """The judge is here again."""
    event_id = here(slug).event.id
    act(
        lambda session: service.mark_back(
            session, current_actor(session), event_id=event_id, round_id=round_id, seat_id=seat_id
        )
    )
    flash("The judge is here again; what nobody took is back on the list.")
    return see(".judge", slug=slug, round_id=round_id, seat_id=seat_id)


@blueprint.post("/events/<slug>/judging/<int:round_id>/here")
@requires(JUDGE)
def here_again(slug: str, round_id: int) -> ResponseReturnValue:
    """A judge says "I am here"."""
    event_id = here(slug).event.id
    act(
        lambda session: service.come_back(
            session, current_actor(session), event_id=event_id, round_id=round_id
        )
    )
    flash("Welcome back.")
    return see(".my_list", slug=slug, round_id=round_id)


# --- paper ----------------------------------------------------------------------------


@blueprint.get("/events/<slug>/judging/<int:round_id>/paper")
@requires(ORGANIZER)
def paper(slug: str, round_id: int) -> ResponseReturnValue:
    """Blank sheets with the rubric, to print: one judge's projects, or every project once."""
    place, session = here(slug), reading()
    found = rounds.find_round(session, place.event.id, round_id)
    entries = rounds.entries_of(session, place.event, found.id)
    seat_id = request.args.get("judge", type=int)
    row: SeatRow | None = None
    if seat_id is not None:
        row = presence.judge_of(session, found.id, seat_id)
        listed = presence.list_of(session, found, seat_id, entries)
        own = {each.entry.project_id for each in listed if each.visit is not None}
        entries = [entry for entry in entries if entry.project_id in own] or entries
    return render_template(
        "judging/paper.html",
        here=place,
        found=found,
        row=row,
        rubric=rounds.rubric_of(found, rounds.criteria_of(session, found.id)),
        entries=entries,
        places=rounds.places_of(session, found.id),
        shown=rules.shown,
    )


@blueprint.route(
    "/events/<slug>/judging/<int:round_id>/judges/<int:seat_id>/paper/<int:project_id>",
    methods=["GET", "POST"],
)
@requires(ORGANIZER)
def enter_paper(slug: str, round_id: int, seat_id: int, project_id: int) -> ResponseReturnValue:
    """Enter a judge's paper sheet in the judge's place, with a reason."""
    place, session = here(slug), reading()
    found = rounds.find_round(session, place.event.id, round_id)
    form = PaperForm(request.form)
    if request.method == "GET":
        return _paper_page(slug, found, seat_id, project_id, PaperForm())
    added = submit(
        form,
        lambda writing: service.enter_paper(
            writing,
            current_actor(writing),
            event_id=place.event.id,
            round_id=round_id,
            seat_id=seat_id,
            project_id=project_id,
            values=_values(found),
            texts=Texts(
                strength=rules.check_text(str(form.strength.data or ""), "strength"),
                question=rules.check_text(str(form.question.data or ""), "question"),
            ),
            reason=str(form.reason.data),
        ),
    )
    if added is None:
        return _paper_page(slug, found, seat_id, project_id, form), form.status
    flash(f"{added} row{'' if added == 1 else 's'} entered; the judge sees them with your reason.")
    return see(".judge", slug=slug, round_id=round_id, seat_id=seat_id)


def _values(found: Round) -> dict[str, int]:
    """The typed scores; what is blank stays as it is."""
    rubric = rounds.rubric_of(found, rounds.criteria_of(reading(), found.id))
    typed = {
        criterion.key: text
        for criterion in rubric.criteria
        if (text := request.form.get(f"value-{criterion.key}", "").strip())
    }
    if not typed:
        raise Invalid("empty", "Choose at least one score. Nothing was saved.")
    return {key: parse_form_value(text, rubric.scale) for key, text in typed.items()}


def _paper_page(slug: str, found: Round, seat_id: int, project_id: int, form: PaperForm) -> str:
    place, session = here(slug), reading()
    row = presence.judge_of(session, found.id, seat_id)
    entries = rounds.entries_of(session, place.event, found.id)
    entry = next((each for each in entries if each.project_id == project_id), None)
    if entry is None:
        raise NotFound("no_such_project", "This round has no such project.")
    return render_template(
        "judging/enter.html",
        here=place,
        found=found,
        row=row,
        entry=entry,
        form=form,
        typed=request.form,
        rubric=rounds.rubric_of(found, rounds.criteria_of(session, found.id)),
        shown=rules.shown,
    )
