"""Requests for credits: a team asks on its statement, organizers decide on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, flash, render_template, request

from hackathon.credits.forms import AskForm, DecideForm
from hackathon.credits.models import CreditRequest
from hackathon.credits.queries.board import boards_of
from hackathon.credits.queries.requests import requests_of
from hackathon.credits.routes.blueprint import blueprint
from hackathon.credits.routes.statement import page
from hackathon.credits.rules import CURRENCY
from hackathon.credits.service import requests as service
from hackathon.credits.service.ledger import named
from hackathon.events.access import here
from hackathon.people.access import MEMBER, ORGANIZER, current_actor, requires
from hackathon.shared.db import reading
from hackathon.shared.money import MICROS, Micros, money, parse_money
from hackathon.shared.web import form_key, see, submit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.shared.web import Form


def two_above() -> Micros:
    """Above this a second person agrees too."""
    return Micros(current_app.extensions["settings"].two_people_above * MICROS)


def _joined(word: str, amounts: Iterable[tuple[Micros, str]]) -> str:
    """`$800.00`, or `$800.00 and 400.00 EUR`: amounts of several currencies side by side."""
    *most, last = (money(*row) for row in amounts)
    return f" {word} ".join([", ".join(most), last] if most else [last])


@blueprint.post("/events/<slug>/credits/teams/<int:team_id>/ask")
@requires(MEMBER)
def ask(slug: str, team_id: int) -> ResponseReturnValue:
    """Ask for credits."""
    form, key, event_id = AskForm(request.form), form_key(), here(slug).event.id

    def work(session: Session) -> CreditRequest:
        typed = form.values()
        return service.ask(
            session,
            current_actor(session),
            event_id=event_id,
            team_id=team_id,
            amount=parse_money(typed["amount"], currency=typed["currency"] or CURRENCY),
            kind=typed["kind"],
            reason=typed["reason"],
            key=key,
            currency=typed["currency"] or CURRENCY,
        )

    if submit(form, work) is None:
        return page(slug, team_id, ask=form), form.status
    flash("The organizers have been asked. You are told what they decide.")
    return see(".statement", slug=slug, team_id=team_id, **named(form.data["currency"]))


@blueprint.get("/events/<slug>/credits/requests")
@requires(ORGANIZER)
def request_list(slug: str) -> ResponseReturnValue:
    """What teams ask for, and what became of it."""
    return _page(slug)


def _page(slug: str, wrong: int = 0, form: Form | None = None) -> str:
    place = here(slug)
    boards = boards_of(reading(), place.event)
    return render_template(
        "credits/requests.html",
        here=place,
        rows=requests_of(reading(), place.event.id),
        pools=_joined("and", ((row.pool, unit) for unit, row in boards.items())),
        kinds=service.KINDS,
        limit=two_above(),
        limits=_joined("or", ((two_above(), unit) for unit in boards)),
        wrong=wrong,
        form=form or DecideForm(),
    )


@blueprint.post("/events/<slug>/credits/requests/<int:request_id>")
@requires(ORGANIZER)
def decide(slug: str, request_id: int) -> ResponseReturnValue:
    """Grant, reduce or refuse a request."""
    form, event_id = DecideForm(request.form), here(slug).event.id
    is_refusal = request.form.get("deed") == "refuse"

    def work(session: Session) -> CreditRequest:
        typed, actor = form.values(), current_actor(session)
        if is_refusal:
            return service.refuse(
                session, actor, event_id=event_id, request_id=request_id, reason=typed["reason"]
            )
        asked = session.get(CreditRequest, request_id)
        return service.approve(
            session,
            actor,
            event_id=event_id,
            request_id=request_id,
            amount=parse_money(typed["amount"], currency=asked.currency if asked else CURRENCY),
            two_above=two_above(),
            reason=typed["reason"],
        )

    found = submit(form, work)
    if found is None:
        return _page(slug, request_id, form), form.status
    words = {
        "granted": "Granted; the team has been told.",
        "refused": "Refused; the team has been told why.",
        "agreed": f"Agreed to {money(found.agreed, found.currency)}. A second person has to agree, too.",
    }
    flash(words.get(found.state, "Done."))
    return see(".request_list", slug=slug)
