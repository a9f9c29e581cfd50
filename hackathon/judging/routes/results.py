"""Standings and prizes for organizers, results and result cards for all."""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING

from flask import flash, render_template, request

from hackathon.events.access import here
from hackathon.judging.forms import AwardForm, LookForm, PlaceForm
from hackathon.judging.queries import audience, explain, rounds
from hackathon.judging.queries import results as queries
from hackathon.judging.queries.outcome import awards_of, outcomes, result_cards, rounds_with_firsts
from hackathon.judging.queries.results import score_text
from hackathon.judging.routes.blueprint import blueprint
from hackathon.judging.rules import USUAL_PRIZES, Rule, State, check_may_see_values, number
from hackathon.judging.service import decisions
from hackathon.judging.service import results as service
from hackathon.people.access import EVENT_VIEWER, MEMBER, ORGANIZER, current_actor, requires
from hackathon.projects.queries import is_member
from hackathon.shared.db import reading
from hackathon.shared.errors import NotFound
from hackathon.shared.web import act, csv_answer, see, submit
from hackathon.teams import queries as teams

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.judging.models import Round


def _seat_holder(found: Round) -> bool:
    return rounds.seat_of(reading(), found.id, current_actor().person_id) is not None


def _standings_page(
    slug: str,
    round_id: int,
    *,
    look: LookForm | None = None,
    award: AwardForm | None = None,
    decide: PlaceForm | None = None,
    looking: bool = False,
) -> str:
    place, session = here(slug), reading()
    found = rounds.find_round(session, place.event.id, round_id)
    record = queries.newest_record(session, found.id)
    rows = []
    if record is not None and rounds.is_frozen(found):
        rows = queries.recorded_standings(session, record)
    elif looking:
        rows = queries.live_standings(session, place.event, found)
    return render_template(
        "judging/standings.html",
        here=place,
        found=found,
        state=State(found.state),
        record=record,
        rows=rows,
        bands=queries.in_bands(rows),
        decisions=queries.decisions_of(session, record) if record is not None else [],
        decide=decide or PlaceForm(),
        looking=looking,
        may_look=looking or rounds.is_frozen(found) or not _seat_holder(found),
        awards=awards_of(session, found.id) if record is not None else [],
        look=look or LookForm(),
        award=award or AwardForm(),
        usual_prizes=USUAL_PRIZES,
        score_text=score_text,
    )


@blueprint.get("/events/<slug>/judging/<int:round_id>/standings")
@requires(ORGANIZER)
def standings(slug: str, round_id: int) -> ResponseReturnValue:
    """The record from the freeze on; before it only the question why."""
    return _standings_page(slug, round_id)


@blueprint.post("/events/<slug>/judging/<int:round_id>/standings")
@requires(ORGANIZER)
def look(slug: str, round_id: int) -> ResponseReturnValue:
    """Look before the freeze, with a reason that all organizers read."""
    form, event_id = LookForm(request.form), here(slug).event.id

    def work(session: Session) -> bool:
        service.look_at_values(
            session,
            current_actor(session),
            event_id=event_id,
            round_id=round_id,
            reason=str(form.look.data or ""),
        )
        return True

    if submit(form, work) is None:
        return _standings_page(slug, round_id, look=form), form.status
    return _standings_page(slug, round_id, looking=True)


@blueprint.get("/events/<slug>/judging/<int:round_id>/standings.csv")
@requires(ORGANIZER)
def standings_csv(slug: str, round_id: int) -> ResponseReturnValue:
    """The record as CSV, numbers unrounded."""
    place, session = here(slug), reading()
    found = rounds.find_round(session, place.event.id, round_id)
    check_may_see_values(State(found.state), holds_seat=_seat_holder(found))
    record = queries.newest_record(session, found.id)
    if record is None:
        raise queries.no_record()
    header = [
        "place", "project", "team", "adjusted", "raw_mean", "sheets", "component", "tie",
        "rank_low", "rank_high", "band", "top_three", "project_id", "rule", "inputs_hash",
    ]  # fmt: skip
    rows = [
        (
            row.place,
            row.title,
            row.team_name,
            float(row.adjusted),
            float(row.raw_mean),
            row.sheets,
            row.component,
            row.tie,
            *(astuple(row.chance) if row.chance else [""] * 4),
            row.project_id,
            found.rule,
            record.inputs_hash,
        )
        for row in queries.recorded_standings(session, record)
    ]
    return csv_answer(f"{slug}-standings.csv", header, rows)


@blueprint.get("/events/<slug>/judging/<int:round_id>/sheets.csv")
@requires(ORGANIZER)
def sheets_csv(slug: str, round_id: int) -> ResponseReturnValue:
    """The sheets of the record, judges as numbers, each criterion's column with its weight.

    With the standings it is all that `bench/recompute.py` needs to come to the same numbers.
    """
    found, given = _recorded(slug, round_id)
    check_may_see_values(State(found.state), holds_seat=_seat_holder(found))
    weights = given.weights
    header = ["judge", "project_id", *(f"{key}*{weight:f}" for key, weight in weights.items())]
    rows = [
        (sheet.judge, sheet.project, *(number(sheet.values[key]) for key in weights))
        for sheet in given.sheets
    ]
    return csv_answer(f"{slug}-sheets.csv", header, rows)


# --- why ------------------------------------------------------------------------------


def _recorded(slug: str, round_id: int) -> tuple[Round, explain.Recorded]:
    place, session = here(slug), reading()
    found = rounds.find_round(session, place.event.id, round_id)
    given = explain.recorded(session, found) if rounds.is_frozen(found) else None
    if given is None:
        raise queries.no_record()
    return found, given


@blueprint.get("/events/<slug>/judging/<int:round_id>/why")
@requires(ORGANIZER)
def why(slug: str, round_id: int) -> ResponseReturnValue:
    """Why one project stands above another: a sentence, then the arithmetic."""
    found, given = _recorded(slug, round_id)
    one, other = request.args.get("one", 0, type=int), request.args.get("other", 0, type=int)
    if not (one or other) and len(given.rows) > 1:
        one, other = given.rows[0].project_id, given.rows[1].project_id
    names = {row.seat.id: row.name for row in rounds.seats_of(reading(), found.id)}
    is_adjusted = given.rule is Rule.ADJUSTED
    return render_template(
        "judging/why.html",
        here=here(slug),
        found=found,
        rows=given.rows,
        answer=explain.why(given, one, other),
        one=one,
        other=other,
        names=names,
        changes=explain.without_calibration(given) if is_adjusted else None,
        score_text=score_text,
    )


@blueprint.post("/events/<slug>/judging/<int:round_id>/places")
@requires(ORGANIZER)
def decide_place(slug: str, round_id: int) -> ResponseReturnValue:
    """Who takes a place within a band, with the reason."""
    form, event_id = PlaceForm(request.form), here(slug).event.id

    def work(session: Session) -> bool:
        service.decide_place(
            session,
            current_actor(session),
            event_id=event_id,
            round_id=round_id,
            project_id=int(form.project.data or 0),
            place=int(form.place.data or 0),
            reason=str(form.reason.data),
        )
        return True

    if submit(form, work) is None:
        return _standings_page(slug, round_id, decide=form), form.status
    flash("Decided; a new result record names it and the reason.")
    return see(".standings", slug=slug, round_id=round_id)


@blueprint.post("/events/<slug>/judging/<int:round_id>/awards")
@requires(ORGANIZER)
def give_award(slug: str, round_id: int) -> ResponseReturnValue:
    """A prize that people decide, with a reason."""
    form, event_id = AwardForm(request.form), here(slug).event.id

    def work(session: Session) -> bool:
        service.give_award(
            session,
            current_actor(session),
            event_id=event_id,
            round_id=round_id,
            project_id=int(form.project.data or 0),
            name=str(form.name.data or ""),
            place=int(str(form.place.data)) if form.place.data else None,
            reason=str(form.reason.data),
        )
        return True

    if submit(form, work) is None:
        return _standings_page(slug, round_id, award=form), form.status
    flash("The prize is given; it shows with the results.")
    return see(".standings", slug=slug, round_id=round_id)


@blueprint.post("/events/<slug>/judging/<int:round_id>/awards/<int:award_id>/take-back")
@requires(ORGANIZER)
def take_award_back(slug: str, round_id: int, award_id: int) -> ResponseReturnValue:
    """A prize that was given by mistake is nobody's again."""
    event_id = here(slug).event.id
    act(
        lambda session: decisions.take_award_back(
            session, current_actor(session), event_id=event_id, round_id=round_id,
            award_id=award_id,
        )
    )  # fmt: skip
    flash("Taken back.")
    return see(".standings", slug=slug, round_id=round_id)


# --- what everybody sees --------------------------------------------------------------


def _followed(begun: Sequence[Round], firsts: Mapping[int, int]) -> Round | None:
    """The round whose reveal the page waits for: the one that is on, else the newest not out."""
    went_on = set(firsts.values()) & {firsts.get(row.id) for row in begun}
    waiting = [row for row in begun if row.state != State.REVEALED and row.id not in went_on]
    return max(waiting, key=lambda row: (bool(row.reveal_step), row.id), default=None)


@blueprint.get("/events/<slug>/results")
@requires(EVENT_VIEWER)
def results(slug: str) -> ResponseReturnValue:
    """The results as far as they are out; never a word more."""
    place, session = here(slug), reading()
    every, firsts = rounds_with_firsts(session, place.event.id)
    begun = [found for found in every if found.state != State.DRAFT]
    found = outcomes(session, begun, firsts)
    is_out = any(stage.is_out for one in found for stage in one.stages)
    person_id = place.actor.person_id if place.actor else None
    mine = teams.team_of(session, place.event.id, person_id) if is_out and person_id else None
    return render_template(
        "judging/results.html",
        here=place,
        outcomes=found,
        is_out=is_out,
        follow=_followed(begun, firsts),
        voting=audience.voting_round(every),
        mine=mine,
        score_text=score_text,
    )


@blueprint.get("/events/<slug>/results/teams/<int:team_id>")
@requires(MEMBER)
def card(slug: str, team_id: int) -> ResponseReturnValue:
    """A team's own result card; another's is not found."""
    place, session = here(slug), reading()
    person_id = place.actor.person_id if place.actor else None
    team = teams.find_team(session, place.event.id, team_id)
    if not (place.organizes or is_member(session, team.id, person_id)):
        raise NotFound("no_such_card", "There is no such result card, or it is not yours.")
    every = rounds.rounds_of(session, place.event.id)
    cards = result_cards(session, every, team.id)
    if not cards:
        raise NotFound("no_such_card", "There is no such result card, or it is not yours.")
    return render_template(
        "judging/card.html", here=place, team=team, cards=cards, score_text=score_text
    )
