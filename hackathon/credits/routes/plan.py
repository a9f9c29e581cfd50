"""The year's plan for program leads: a budget a quarter, transfers between them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import flash, render_template, request

from hackathon.credits.forms import OtherForm, PlanForm, Priced, TransferForm
from hackathon.credits.queries.plan import moves_of, plans_of
from hackathon.credits.routes.blueprint import blueprint, mark, unit_of
from hackathon.credits.rules import CURRENCY, NONE, USUAL_BUDGET, check_currency
from hackathon.credits.service import plan as service
from hackathon.credits.service.ledger import named
from hackathon.people.access import PROGRAM_LEAD, current_actor, requires
from hackathon.shared.clock import now
from hackathon.shared.db import reading
from hackathon.shared.errors import NotFound
from hackathon.shared.money import money, number, parse_money
from hackathon.shared.web import csv_answer, form_key, see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.credits.models import BudgetMove
    from hackathon.credits.queries.plan import PlanRow
    from hackathon.shared.web import Form

YEARS = range(2000, 2100)


def _year(year: int) -> int:
    if year not in YEARS:
        raise NotFound("no_such_year", "A plan is for a year from 2000 to 2099.")
    return year


def _page(year: int, **given: Form) -> str:
    typed = next((form.data.get("currency") for form in given.values()), None)
    plans = plans_of(reading(), _year(year))
    unit = typed if typed in plans else unit_of()
    forms: dict[str, Form] = {
        "plan": PlanForm(),
        "transfer": TransferForm(),
        "other": OtherForm(),
        **given,
    }
    for one in forms.values():
        if isinstance(one, Priced):
            one.of(unit)
    return render_template(
        "credits/plan.html",
        year=year,
        rows=_rows(plans, unit),
        moves=moves_of(reading(), year, unit),
        band=USUAL_BUDGET,
        forms=forms,
        currency=unit,
        currencies=tuple(plans) if unit in plans else (*plans, unit),
        unit=named(unit),
    )


def _rows(plans: dict[str, list[PlanRow]], unit: str) -> list[PlanRow]:
    """The plan in a currency; where no quarter of the year has a budget in it, nothing of each."""
    return plans.get(unit) or [
        replace(row, budget=NONE, in_pools=NONE, spent=NONE) for row in plans[CURRENCY]
    ]


@blueprint.get("/quarters/plan")
@blueprint.get("/quarters/plan/<int:year>")
@requires(PROGRAM_LEAD)
def plan(year: int | None = None) -> ResponseReturnValue:
    """The quarters of a year, by default this one."""
    return _page(now().year if year is None else year)


@blueprint.get("/quarters/plan/<int:year>/plan.csv")
@requires(PROGRAM_LEAD)
def plan_csv(year: int) -> ResponseReturnValue:
    """The plan as a file, in exact amounts of one currency."""
    unit = unit_of()
    return csv_answer(
        f"plan-{_year(year)}{mark(unit)}.csv",
        ["quarter", "budget", "in pools", "spent", "in no pool", "events"],
        [
            (
                row.quarter,
                number(row.budget),
                number(row.in_pools),
                number(row.spent),
                number(row.rest),
                ", ".join(row.events),
            )
            for row in _rows(plans_of(reading(), year), unit)
        ],
    )


@blueprint.post("/quarters/plan/<int:year>/budget")
@requires(PROGRAM_LEAD)
def plan_budget(year: int) -> ResponseReturnValue:
    """Set the budget of a quarter."""
    form = PlanForm(request.form)

    def work(session: Session) -> tuple[str]:
        typed = form.values()
        warning = service.plan_budget(
            session,
            current_actor(session),
            quarter=typed["quarter"],
            amount=parse_money(typed["amount"], currency=typed["currency"]),
            currency=typed["currency"],
        )
        return (warning,)

    done = submit(form, work)
    if done is None:
        return _page(year, plan=form), form.status
    flash(f"The budget of {form.quarter.data} is set. {done[0]}".strip())
    return see(".plan", year=year, **named(form.data["currency"]))


@blueprint.post("/quarters/plan/<int:year>/other")
@requires(PROGRAM_LEAD)
def plan_other(year: int) -> ResponseReturnValue:
    """Give a quarter a budget in another currency."""
    form = OtherForm(request.form)

    def work(session: Session) -> tuple[str, str]:
        typed = form.values()
        unit = check_currency(typed["currency"])
        warning = service.plan_budget(
            session,
            current_actor(session),
            quarter=typed["quarter"],
            amount=parse_money(typed["amount"], currency=unit),
            currency=unit,
        )
        return unit, warning

    done = submit(form, work)
    if done is None:
        return _page(year, other=form), form.status
    unit, warning = done
    flash(f"The budget of {form.quarter.data} in {unit} is set. {warning}".strip())
    return see(".plan", year=year, **named(unit))


@blueprint.post("/quarters/plan/<int:year>/transfer")
@requires(PROGRAM_LEAD)
def plan_transfer(year: int) -> ResponseReturnValue:
    """Move budget between two quarters."""
    form, key = TransferForm(request.form), form_key()

    def work(session: Session) -> BudgetMove:
        typed = form.values()
        return service.transfer(
            session,
            current_actor(session),
            source=typed["source"],
            target=typed["target"],
            amount=parse_money(typed["amount"], currency=typed["currency"]),
            reason=typed["reason"],
            key=key,
            currency=typed["currency"],
        )

    move = submit(form, work)
    if move is None:
        return _page(year, transfer=form), form.status
    unit = form.data["currency"]
    flash(f"{money(move.amount, unit)} moved to {form.target.data}.")
    return see(".plan", year=year, **named(unit))
