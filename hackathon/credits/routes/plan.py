"""The year's plan for program leads: a budget a quarter, transfers between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, render_template, request

from hackathon.credits.forms import PlanForm, TransferForm
from hackathon.credits.queries.plan import moves_of, plan_of
from hackathon.credits.routes.blueprint import blueprint
from hackathon.credits.rules import USUAL_BUDGET
from hackathon.credits.service import plan as service
from hackathon.people.access import PROGRAM_LEAD, current_actor, requires
from hackathon.shared.clock import now
from hackathon.shared.db import reading
from hackathon.shared.errors import NotFound
from hackathon.shared.money import dollars, number, parse_dollars
from hackathon.shared.web import csv_answer, form_key, see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.credits.models import BudgetMove
    from hackathon.shared.web import Form

YEARS = range(2000, 2100)


def _year(year: int) -> int:
    if year not in YEARS:
        raise NotFound("no_such_year", "A plan is for a year from 2000 to 2099.")
    return year


def _page(year: int, **given: Form) -> str:
    forms: dict[str, Form] = {"plan": PlanForm(), "transfer": TransferForm()}
    return render_template(
        "credits/plan.html",
        year=_year(year),
        rows=plan_of(reading(), year),
        moves=moves_of(reading(), year),
        band=USUAL_BUDGET,
        forms={**forms, **given},
    )


@blueprint.get("/quarters/plan")
@blueprint.get("/quarters/plan/<int:year>")
@requires(PROGRAM_LEAD)
def plan(year: int | None = None) -> ResponseReturnValue:
    """The quarters of a year, by default this one."""
    return _page(now().year if year is None else year)


@blueprint.get("/quarters/plan/<int:year>/plan.csv")
@requires(PROGRAM_LEAD)
def plan_csv(year: int) -> ResponseReturnValue:
    """The plan as a file, in exact dollars."""
    return csv_answer(
        f"plan-{_year(year)}.csv",
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
            for row in plan_of(reading(), year)
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
            amount=parse_dollars(typed["amount"]),
        )
        return (warning,)

    done = submit(form, work)
    if done is None:
        return _page(year, plan=form), form.status
    flash(f"The budget of {form.quarter.data} is set. {done[0]}".strip())
    return see(".plan", year=year)


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
            amount=parse_dollars(typed["amount"]),
            reason=typed["reason"],
            key=key,
        )

    move = submit(form, work)
    if move is None:
        return _page(year, transfer=form), form.status
    flash(f"{dollars(move.amount)} moved to {form.target.data}.")
    return see(".plan", year=year)
