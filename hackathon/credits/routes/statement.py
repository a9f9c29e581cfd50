"""A team's statement: what it has, how it gets in, every entry; return and reverse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, render_template, request
from sqlalchemy import select

from hackathon.credits.forms import (
    AccessForm,
    AskForm,
    ReturnForm,
    ReverseForm,
    StateForm,
    TokenForm,
)
from hackathon.credits.models import Entry
from hackathon.credits.queries.holds import holds_of, tokens_of
from hackathon.credits.queries.ledger import currencies_of
from hackathon.credits.queries.requests import requests_of
from hackathon.credits.queries.statements import entry_lines, statement_of
from hackathon.credits.routes.blueprint import blueprint, unit_of
from hackathon.credits.routes.forecast import chart_of
from hackathon.credits.rules import CURRENCY
from hackathon.credits.service import grants, reversals
from hackathon.credits.service.ledger import named
from hackathon.credits.service.requests import KINDS
from hackathon.events.access import here
from hackathon.people.access import MEMBER, ORGANIZER, current_actor, requires
from hackathon.shared.db import reading
from hackathon.shared.money import money, parse_part
from hackathon.shared.web import form_key, see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.credits.models import Access
    from hackathon.shared.web import Form


@blueprint.get("/events/<slug>/credits/teams/<int:team_id>")
@requires(MEMBER)
def statement(slug: str, team_id: int) -> ResponseReturnValue:
    """The statement of a team."""
    return page(slug, team_id)


def page(slug: str, team_id: int, shown_token: str = "", unit: str = "", **given: Form) -> str:
    """The statement; `given` are refused forms, `shown_token` is a token just made."""
    place = here(slug)
    viewer = place.actor.person_id if place.actor and not place.organizes else None
    typed = next((form.data.get("currency") for form in given.values()), None)
    found = statement_of(
        reading(),
        place.event,
        team_id,
        member_id=viewer,
        currency=unit or typed or unit_of(),
    )
    unit = found.line.currency
    leads = (
        place.organizes or "token" in given or (viewer is not None and viewer == found.captain_id)
    )
    forms: dict[str, Form] = {
        "back": ReturnForm().of(unit),
        "reverse": ReverseForm(),
        "access": AccessForm(obj=found.access),
        "state": StateForm(data={"state": found.line.state}),
        "token": TokenForm(),
        "ask": AskForm(data={"currency": unit}),
    }
    forms |= given
    if isinstance(ask := forms["ask"], AskForm):
        ask.offer(found.currencies)
    curve, limit = found.forecast, found.line.granted
    ends = (curve.low, curve.mid, curve.high) if curve.burn else None
    return render_template(
        "credits/statement.html",
        here=place,
        found=found,
        line=found.line,
        forms=forms,
        unit=named(unit),
        wrong=_wrong() if "reverse" in given else 0,
        leads=leads,
        shown_token=shown_token,
        kinds=KINDS,
        requests=requests_of(reading(), place.event.id, team_id, limit=20),
        holds=holds_of(reading(), team_id),
        tokens=tokens_of(reading(), team_id) if leads else [],
        chart=chart_of(curve.points, ends, place.event.ends_at, limit, place.zone, unit),
    )


def _unit_of(slug: str, entry_id: int) -> str:
    """The currency of an entry of this event."""
    query = select(Entry.currency).filter_by(id=entry_id, event_id=here(slug).event.id)
    return reading().scalar(query) or CURRENCY


def _wrong() -> int:
    """The entry whose reversal was refused."""
    return request.form.get("entry", 0, type=int)


@blueprint.post("/events/<slug>/credits/teams/<int:team_id>/return")
@requires(ORGANIZER)
def give_back(slug: str, team_id: int) -> ResponseReturnValue:
    """Return unused credits to the pool."""
    form, key, event_id = ReturnForm(request.form), form_key(), here(slug).event.id

    def work(session: Session) -> Entry:
        typed = form.values()
        return grants.give_back(
            session,
            current_actor(session),
            event_id=event_id,
            team_id=team_id,
            amount=parse_part(typed["amount"], currency=typed["currency"]),
            reason=typed["reason"],
            key=key,
            currency=typed["currency"],
        )

    entry = submit(form, work)
    if entry is None:
        return page(slug, team_id, back=form), form.status
    flash(f"{money(entry.amount, entry.currency)} returned to the pool.")
    return see(".statement", slug=slug, team_id=team_id, **named(entry.currency))


@blueprint.post("/events/<slug>/credits/teams/<int:team_id>/access")
@requires(ORGANIZER)
def describe(slug: str, team_id: int) -> ResponseReturnValue:
    """Say where and how the team uses its credits."""
    form, event_id = AccessForm(request.form), here(slug).event.id

    def work(session: Session) -> Access:
        return grants.describe_access(
            session, current_actor(session), event_id=event_id, team_id=team_id, **form.values()
        )

    if submit(form, work) is None:
        return page(slug, team_id, access=form), form.status
    flash("The team can read it now.")
    return see(".statement", slug=slug, team_id=team_id, **named(unit_of()))


@blueprint.get("/events/<slug>/credits/pool")
@requires(ORGANIZER)
def pool(slug: str) -> ResponseReturnValue:
    """What came into the pool out of the quarter."""
    return _pool_page(slug, ReverseForm(), unit_of())


def _pool_page(slug: str, form: Form, unit: str) -> str:
    place = here(slug)
    return render_template(
        "credits/pool.html",
        here=place,
        entries=entry_lines(reading(), place.event.id, None, unit),
        currency=unit,
        currencies=currencies_of(reading(), place.event),
        unit=named(unit),
        forms={"reverse": form},
        wrong=_wrong(),
    )


@blueprint.post("/events/<slug>/credits/entries/<int:entry_id>/reverse")
@requires(ORGANIZER)
def reverse(slug: str, entry_id: int) -> ResponseReturnValue:
    """Post the opposite of an entry."""
    form, key, event_id = ReverseForm(request.form), form_key(), here(slug).event.id
    team_id = request.form.get("team", type=int)

    def work(session: Session) -> Entry:
        return reversals.reverse_entry(
            session,
            current_actor(session),
            event_id=event_id,
            entry_id=entry_id,
            reason=form.values()["reason"],
            key=key,
        )

    entry = submit(form, work)
    if entry is None:
        unit = _unit_of(slug, entry_id)
        shown = (
            page(slug, team_id, unit=unit, reverse=form)
            if team_id
            else _pool_page(slug, form, unit)
        )
        return shown, form.status
    flash(f"{money(entry.amount, entry.currency)} reversed.")
    back = named(entry.currency)
    if entry.team_id is None:
        return see(".pool", slug=slug, **back)
    return see(".statement", slug=slug, team_id=entry.team_id, **back)
