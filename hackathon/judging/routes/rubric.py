"""The rubric: made, previewed, published, changed; how judging works; practice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, render_template, request

from hackathon.events.access import here
from hackathon.judging import rules
from hackathon.judging.access import JUDGE, rounds_of_page, seats_here
from hackathon.judging.forms import RoundForm, typed_round, usual_round
from hackathon.judging.queries import rounds
from hackathon.judging.queries.finals import final_of
from hackathon.judging.queries.versions import versions_of
from hackathon.judging.routes.blueprint import blueprint
from hackathon.judging.rules import MARKING, Mode, Rule, State
from hackathon.judging.service import rounds as service
from hackathon.judging.service import rubric as rubric_service
from hackathon.judging.standings import sheet_score
from hackathon.people.access import EVENT_VIEWER, ORGANIZER, current_actor, requires
from hackathon.projects.queries import challenges_of
from hackathon.shared.db import reading
from hackathon.shared.errors import Refusal
from hackathon.shared.once import once
from hackathon.shared.web import act, form_key, see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.judging.models import Round


def _typed(slug: str, data: object = None) -> RoundForm:
    """The form of a round of this event: as sent, or from these values."""
    challenges = challenges_of(reading(), here(slug).event.id)
    form = RoundForm(request.form) if data is None else RoundForm(data=data)
    return form.of(challenges)


def _form_page(slug: str, form: RoundForm, found: Round | None) -> str:
    """The form with the phone beside it."""
    preview, cannot = None, ""
    try:
        preview = form.rubric()
    except Refusal as refusal:
        cannot = refusal.message
    return render_template(
        "judging/round.html",
        here=here(slug),
        form=form,
        found=found,
        is_final=found is not None and final_of(reading(), found.id) is not None,
        preview=preview,
        cannot=cannot,
        shown=rules.shown,
    )


@blueprint.get("/events/<slug>/judging/new")
@requires(ORGANIZER)
def new(slug: str) -> ResponseReturnValue:
    """One form for a round and its rubric."""
    place = here(slug)
    names = [row.found.name for row in rounds_of_page(place.event.id, place.actor)]
    form = _typed(slug, usual_round(rules.usual_name(names)))
    return _form_page(slug, form, None)


@blueprint.post("/events/<slug>/judging/new")
@requires(ORGANIZER)
def create(slug: str) -> ResponseReturnValue:
    """Make a round; the second click is the same round."""
    form, key = _typed(slug), form_key()
    place = here(slug)

    def work(session: Session) -> int:
        actor, rubric = current_actor(session), form.rubric()
        made, _ = once(
            session,
            key=key,
            person_id=actor.person_id,
            request={"event": place.event.id, "name": rubric.name, "data": str(form.data)},
            make=lambda: (
                service.add_round(
                    session,
                    actor,
                    event_id=place.event.id,
                    rubric=rubric,
                    mode=Mode(form.mode.data),
                    rule=Rule(form.rule.data),
                    track=form.apart(),
                ).id
            ),
        )
        return made

    round_id = submit(form, work)
    if round_id is None:
        return _form_page(slug, form, None), form.status
    flash("The round is there, in draft. Add the judges.")
    return see(".cockpit", slug=slug, round_id=round_id)


@blueprint.get("/events/<slug>/judging/<int:round_id>/edit")
@requires(ORGANIZER)
def edit(slug: str, round_id: int) -> ResponseReturnValue:
    """The rubric of a round in draft, or its words and weights while judging goes on."""
    place, session = here(slug), reading()
    found = rounds.find_round(session, place.event.id, round_id)
    form = _typed(slug, typed_round(found, rounds.criteria_of(session, found.id)))
    return _form_page(slug, form, found)


@blueprint.post("/events/<slug>/judging/<int:round_id>/edit")
@requires(ORGANIZER)
def change(slug: str, round_id: int) -> ResponseReturnValue:
    """Save the rubric."""
    form, place = _typed(slug), here(slug)
    found = rounds.find_round(reading(), place.event.id, round_id)

    def work(session: Session) -> bool:
        if State(found.state) in MARKING:
            rubric_service.revise_rubric(
                session,
                current_actor(session),
                event_id=place.event.id,
                round_id=round_id,
                rubric=form.rubric(),
                reason=str(form.reason.data or ""),
            )
            return True
        service.change_round(
            session,
            current_actor(session),
            event_id=place.event.id,
            round_id=round_id,
            rubric=form.rubric(),
            mode=Mode(form.mode.data),
            rule=Rule(form.rule.data),
            track=form.apart(),
        )
        return True

    if submit(form, work) is None:
        return _form_page(slug, form, found), form.status
    flash("Saved.")
    return see(".cockpit", slug=slug, round_id=round_id)


@blueprint.post("/events/<slug>/judging/preview")
@requires(ORGANIZER)
def preview(slug: str) -> ResponseReturnValue:
    """The typed rubric as a phone shows it; nothing is saved."""
    wanted = request.args.get("round_id", type=int)
    found = rounds.find_round(reading(), here(slug).event.id, wanted) if wanted else None
    return _form_page(slug, _typed(slug), found)


@blueprint.post("/events/<slug>/judging/<int:round_id>/publish-method")
@requires(ORGANIZER)
def publish_method(slug: str, round_id: int) -> ResponseReturnValue:
    """Everybody may read how the round is judged, before it opens."""
    event_id = here(slug).event.id
    act(
        lambda session: rubric_service.publish_method(
            session, current_actor(session), event_id=event_id, round_id=round_id
        )
    )
    flash("Published: everybody who sees the event can read how judging works.")
    return see(".method", slug=slug, round_id=round_id)


@blueprint.get("/events/<slug>/judging/<int:round_id>/method")
@requires(EVENT_VIEWER)
def method(slug: str, round_id: int) -> ResponseReturnValue:
    """How this round is judged, for everybody: rubric, weights, anchors, rule, ties."""
    place, session = here(slug), reading()
    found = rounds.find_round(session, place.event.id, round_id)
    is_hidden = found.state == State.DRAFT and found.published_at is None
    if is_hidden and not place.organizes and not seats_here(place.event.id, place.actor):
        raise rounds.no_such_round()
    lines = rounds.criteria_of(session, found.id)
    return render_template(
        "judging/method.html",
        here=place,
        found=found,
        rubric=rounds.rubric_of(found, lines),
        shown=rules.shown,
        versions=versions_of(session, found.id),
    )


@blueprint.route("/events/<slug>/judging/<int:round_id>/practice", methods=["GET", "POST"])
@requires(JUDGE)
def practice(slug: str, round_id: int) -> ResponseReturnValue:
    """An invented project to try the rubric on; nothing is stored."""
    place, session = here(slug), reading()
    own = seats_here(place.event.id, place.actor)
    found = next((found for _, found in own if found.id == round_id), None)
    if found is None:
        raise rounds.no_such_round()
    rubric = rounds.rubric_of(found, rounds.criteria_of(session, found.id))
    given: dict[str, int] = {}
    for criterion in rubric.criteria:
        if typed := request.form.get(f"value-{criterion.key}", ""):
            given[criterion.key] = rules.parse_form_value(typed, rubric.scale)
    weights = {line.key: line.weight for line in rubric.criteria if line.key in given}
    return render_template(
        "judging/practice.html",
        here=place,
        found=found,
        rubric=rubric,
        shown=rules.shown,
        chosen={key: rules.shown(value) for key, value in given.items()},
        mean=f"{float(sheet_score(given, weights)):.2f}" if given else None,
        blank=[line.label for line in rubric.criteria if line.key not in given],
    )
