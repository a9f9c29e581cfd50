"""A source of bills: reconciliation, costs without a team, rules, settings, chargeback."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask import flash, render_template, request
from sqlalchemy import select

from hackathon.credits.forms import HandForm, RateForm, RuleForm, SourceForm
from hackathon.credits.queries.bills import source_of
from hackathon.credits.routes.blueprint import blueprint
from hackathon.credits.rules import CURRENCY
from hackathon.credits.service.bills import runs
from hackathon.credits.service.bills.look import Whole, whole_of
from hackathon.credits.service.bills.mapping import Sign, add_rule, change_source
from hackathon.credits.service.bills.owners import hand_over
from hackathon.credits.service.bills.rates import enter_rate
from hackathon.credits.service.bills.share import cents_of, exact_sum
from hackathon.credits.service.bills.store import totals_of
from hackathon.credits.service.bills.whose import tags_of
from hackathon.events.access import here
from hackathon.people.access import ORGANIZER, current_actor, requires
from hackathon.shared.db import reading
from hackathon.shared.web import csv_answer, see, submit
from hackathon.teams.models import Team

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.credits.models import Source
    from hackathon.shared.web import Form

SHOWN = 25


@blueprint.get("/events/<slug>/credits/sources/<int:source_id>")
@requires(ORGANIZER)
def source(slug: str, source_id: int) -> ResponseReturnValue:
    """Where the costs of a source are, and why."""
    return _page(slug, source_id)


def _page(slug: str, source_id: int, **given: Form) -> str:
    place, session = here(slug), reading()
    found = source_of(session, current_actor(), place.event.id, source_id)
    whole = whole_of(session, found)
    teams = session.execute(
        select(Team.id, Team.name).where(Team.event_id == place.event.id).order_by(Team.name_key)
    ).all()
    left = whole.shares.unallocated()
    forms = {
        "rule": _rule_form(),
        "source": _source_form(found),
        "hand": HandForm(),
        "rate": RateForm(),
        **given,
    }
    return render_template(
        "credits/source.html",
        here=place,
        source=found,
        whole=whole,
        totals=totals_of(whole.shares),
        placed=runs.placed,
        rows=_team_rows(whole, place.event.id),
        left=[(row, tags_of(row.tags)) for row in left[:SHOWN]],
        more=max(0, len(left) - SHOWN),
        rules=whole.ready.rules[:SHOWN],
        rates=whole.ready.rates[:SHOWN],
        accounts=sorted({row.account for row in whole.stored}),
        teams=teams,
        forms=forms,
        opened=next(iter(given), request.args.get("open", "")),
        currency=CURRENCY,
    )


def _rule_form() -> RuleForm:
    """A form for a row of costs without a team, filled from the link beside it."""
    wanted = {name: request.args.get(name, "") for name in ("kind", "key", "value")}
    return RuleForm(data={name: value for name, value in wanted.items() if value})


def _source_form(found: Source) -> SourceForm:
    return SourceForm(
        data={
            "basis": found.basis,
            "charged": found.charged.split(","),
            "tag_keys": found.tag_keys.replace(",", ", "),
            "taxes": found.taxes,
            "delivery": found.delivery,
        }
    )


def _team_rows(whole: Whole, event_id: int) -> list[dict[str, Any]]:
    """A row a team of this event and currency; those of other events in one each."""
    units = whole.shares.team_currencies()
    return [row for unit in units for row in _team_rows_in(whole, event_id, unit)]


def _team_rows_in(whole: Whole, event_id: int, unit: str) -> list[dict[str, Any]]:
    rows, others = [], Decimal(0)
    for team_id, amount in whole.shares.by_team(unit).items():
        team = whole.ready.teams[team_id]
        if team.event_id == event_id:
            rows.append({"id": team_id, "name": team.name, "amount": amount, "currency": unit})
        else:
            others += amount
    rows.sort(key=lambda row: str(row["name"]).casefold())
    if others:
        name = "Teams of other events"
        rows.append({"id": None, "name": name, "amount": others, "currency": unit})
    return rows


@blueprint.post("/events/<slug>/credits/sources/<int:source_id>/rules")
@requires(ORGANIZER)
def add_mapping(slug: str, source_id: int) -> ResponseReturnValue:
    """Remember whose costs these are, and book what that changes."""
    form, event_id = RuleForm(request.form), here(slug).event.id

    def work(session: Session) -> tuple[int]:
        typed = form.values()
        made = add_rule(
            session,
            current_actor(session),
            event_id=event_id,
            source_id=source_id,
            sign=Sign(typed["kind"], typed["value"], typed["key"]),
            team_id=typed["team"],
            from_day=typed["from_day"],
            from_hour=typed["from_hour"] or 0,
            reason=typed["reason"],
        )
        return (made,)

    done = submit(form, work)
    if done is None:
        return _page(slug, source_id, rule=form), form.status
    flash(_said(done[0], "Remembered"))
    return see(".source", slug=slug, source_id=source_id)


@blueprint.post("/events/<slug>/credits/sources/<int:source_id>/settings")
@requires(ORGANIZER)
def change_bill_source(slug: str, source_id: int) -> ResponseReturnValue:
    """Set what counts and which tags name a team."""
    form, event_id = SourceForm(request.form), here(slug).event.id

    def work(session: Session) -> tuple[int]:
        typed = form.values()
        made = change_source(
            session,
            current_actor(session),
            event_id=event_id,
            source_id=source_id,
            basis=typed["basis"],
            charged=typed["charged"] or (),
            tag_keys=typed["tag_keys"].split(","),
            taxes=typed["taxes"],
            delivery=typed["delivery"],
        )
        return (made,)

    done = submit(form, work)
    if done is None:
        return _page(slug, source_id, source=form), form.status
    flash(_said(done[0], "Saved"))
    return see(".source", slug=slug, source_id=source_id)


@blueprint.post("/events/<slug>/credits/sources/<int:source_id>/accounts")
@requires(ORGANIZER)
def hand_over_account(slug: str, source_id: int) -> ResponseReturnValue:
    """Let another source bill an account, and book what that changes."""
    form, event_id = HandForm(request.form), here(slug).event.id

    def work(session: Session) -> tuple[int]:
        typed = form.values()
        made = hand_over(
            session,
            current_actor(session),
            event_id=event_id,
            source_id=source_id,
            account=typed["account"],
            to=typed["to"],
            reason=typed["reason"],
        )
        return (made,)

    done = submit(form, work)
    if done is None:
        return _page(slug, source_id, hand=form), form.status
    flash(_said(done[0], "Handed over"))
    return see(".source", slug=slug, source_id=source_id)


@blueprint.post("/events/<slug>/credits/sources/<int:source_id>/rates")
@requires(ORGANIZER)
def enter_exchange_rate(slug: str, source_id: int) -> ResponseReturnValue:
    """Say what another currency is worth, and book what teams have in it."""
    form, event_id = RateForm(request.form), here(slug).event.id

    def work(session: Session) -> tuple[int]:
        typed = form.values()
        made = enter_rate(
            session,
            current_actor(session),
            event_id=event_id,
            source_id=source_id,
            period=date.fromisoformat(f"{typed['month']}-01"),
            currency=typed["currency"],
            rate=typed["rate"],
            quoted_on=typed["quoted_on"],
            reason=typed["reason"],
        )
        return (made,)

    done = submit(form, work)
    if done is None:
        return _page(slug, source_id, rate=form), form.status
    flash(_said(done[0], "Entered"))
    return see(".source", slug=slug, source_id=source_id)


def _said(postings: int, word: str) -> str:
    if not postings:
        return f"{word}; nothing that is booked changes."
    return f"{word}; {postings} posting{'' if postings == 1 else 's'} moved what changed."


@blueprint.get("/events/<slug>/credits/sources/<int:source_id>/chargeback.csv")
@requires(ORGANIZER)
def chargeback(slug: str, source_id: int) -> ResponseReturnValue:
    """A line a team in whole cents that add up, and the exact amounts beside them.

    Each currency that teams are charged in stands for itself, with its own total.
    """
    place, session = here(slug), reading()
    found = source_of(session, current_actor(), place.event.id, source_id)
    whole = whole_of(session, found)
    lines: list[tuple[object, ...]] = []
    for unit in whole.shares.team_currencies():
        sums = whole.shares.sums[unit]
        rows = [(row["name"], row["amount"]) for row in _team_rows_in(whole, place.event.id, unit)]
        rows += [
            ("(without a team)", sums.unallocated),
            ("(kept off teams)", sums.excluded),
            ("(rejected rows)", sums.rejected),
        ]
        amounts = [amount for _, amount in rows]
        cents = cents_of(amounts)
        lines += [
            (found.name, name, cent, amount, unit)
            for (name, amount), cent in zip(rows, cents, strict=True)
        ]
        total = exact_sum(amounts)
        lines.append((found.name, "(total)", sum(cents, Decimal(0)), total, unit))
    return csv_answer(
        f"{place.event.slug}-chargeback.csv",
        ["source", "team", "cents rounded", "exact", "currency"],
        lines,
    )
