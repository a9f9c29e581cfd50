"""The quarters: a list, the report, its sign-off, its figures as CSV."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from flask import flash, render_template, request

from hackathon.people.access import PROGRAM_LEAD, SIGNED_IN, current_actor, requires
from hackathon.report.forms import SignForm
from hackathon.report.queries import quarters as queries
from hackathon.report.routes.blueprint import blueprint
from hackathon.report.rules import check_as_of, days_of
from hackathon.report.service import quarters as service
from hackathon.shared.clock import now
from hackathon.shared.db import reading
from hackathon.shared.errors import Invalid, NotFound
from hackathon.shared.web import csv_answer, see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.report.queries.quarters import Signed


@blueprint.app_template_filter("iso_day")
def iso_day(text: str) -> date:
    """A day of a signed report, which is kept as text."""
    return date.fromisoformat(text)


@blueprint.app_template_filter("iso_moment")
def iso_moment(text: str) -> datetime:
    """An instant of a signed report."""
    return datetime.fromisoformat(text)


@blueprint.get("/quarters")
@requires(SIGNED_IN)
def index() -> ResponseReturnValue:
    """Every quarter with an event."""
    return render_template("report/index.html", rows=queries.quarters(reading()))


def _chosen(quarter: str) -> tuple[list[Signed], Signed | None, date]:
    """The signed versions, the one asked for (None: a draft), and the day of a draft."""
    days_of(quarter)
    signed = queries.signed_of(reading(), quarter)
    as_of, number = request.args.get("as_of"), request.args.get("version", type=int)
    day = check_as_of(as_of or "", quarter, now().date())
    if number is not None:
        found = next((row for row in signed if row.report.version == number), None)
        if found is None:
            raise NotFound("no_such_version", "This report has no such version.")
        return signed, found, day
    return signed, signed[0] if signed and as_of is None else None, day


def _page(quarter: str, form: SignForm | None = None) -> str:
    if form is None:
        signed, shown, day = _chosen(quarter)
    else:  # a refused sign-off shows the draft it was about
        signed, shown, day = queries.signed_of(reading(), quarter), None, now().date()
    newest = signed[0].report.version if signed else 0
    if form is None:
        form = SignForm(data={"as_of": day.isoformat(), "version": str(newest + 1)})
    figures = shown.figures if shown else queries.draft_of(reading(), quarter, day).figures
    return render_template(
        "report/quarter.html",
        quarter=quarter,
        figures=figures,
        shown=shown,
        signed=signed,
        day=shown.report.as_of if shown else day,
        today=now().date(),
        first=days_of(quarter)[0],
        form=form,
        next_version=newest + 1,
        may_sign=current_actor().is_program_lead,
    )


@blueprint.get("/quarters/<quarter>")
@requires(SIGNED_IN)
def quarter(quarter: str) -> ResponseReturnValue:
    """The newest signed version, or a draft as of a day."""
    return _page(quarter)


@blueprint.post("/quarters/<quarter>/sign")
@requires(PROGRAM_LEAD)
def sign(quarter: str) -> ResponseReturnValue:
    """Sign off what the draft says, as of its day."""
    days_of(quarter)
    form = SignForm(request.form)

    def work(session: Session) -> int:
        typed = str(form.version.data or "")
        if not (typed.isascii() and typed.isdigit() and len(typed) < 6):  # noqa: PLR2004
            raise Invalid("version", "Reload the page and try again; nothing was signed.")
        made = service.sign_off(
            session,
            current_actor(session),
            quarter=quarter,
            as_of=str(form.as_of.data or ""),
            version=int(typed),
            reason=str(form.reason.data or ""),
        )
        return made.version

    version = submit(form, work)
    if version is None:
        return _page(quarter, form), form.status
    flash(f"Version {version} is signed and kept as it is.")
    return see(".quarter", quarter=quarter)


@blueprint.get("/quarters/<quarter>/report.csv")
@requires(SIGNED_IN)
def as_csv(quarter: str) -> ResponseReturnValue:
    """The figures of what the page shows, one a line."""
    _, shown, day = _chosen(quarter)
    figures = shown.figures if shown else queries.draft_of(reading(), quarter, day).figures
    return csv_answer(f"{quarter}.csv", ["block", "name", "value"], _lines(figures))


def _lines(figures: dict[str, Any]) -> list[tuple[str, str, object]]:
    lines: list[tuple[str, str, object]] = [
        ("outputs", name, figures[name]) for name in ("people", "teams", "submitted", "prototypes")
    ]
    lines += [("money, micros", name, value) for name, value in (figures["money"] or {}).items()]
    for unit, found in figures.get("other_money", {}).items():
        lines += [(f"money, micros {unit}", name, value) for name, value in found.items()]
    for name, value in figures["conversion"].items():
        if isinstance(value, dict):
            lines += [(f"conversion, {name}", key, value[key]) for key in ("hits", "of", "percent")]
    for row in figures["cohorts"]:
        lines += [(f"cohort {row['quarter']}", key, row[key]) for key in row if key != "quarter"]
    for row in figures["winners"]:
        lines.append(("promoted", row["title"], row["owner"]))
    for row in figures["shipped"]:
        lines.append(("shipped", row["title"], row["on"]))
    for row in figures["stopped"]:
        lines.append(("stopped", row["title"], row["learned"]))
    for row in figures["decisions"]:
        lines.append((f"decided {row['on']}", row["title"], row["what"]))
    return lines
