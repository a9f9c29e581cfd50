"""Where spend leads: a chart over time, a bar a team, who is near the limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import render_template

from hackathon.credits.queries.forecast import forecasts_of, total_of
from hackathon.credits.queries.ledger import currencies_of
from hackathon.credits.routes.blueprint import blueprint, mark, unit_of
from hackathon.credits.rules import CURRENCY
from hackathon.credits.service.ledger import named
from hackathon.events.access import here
from hackathon.people.access import ORGANIZER, requires
from hackathon.shared.clock import utc_text
from hackathon.shared.db import reading
from hackathon.shared.money import MICROS, Micros, number
from hackathon.shared.web import csv_answer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from hackathon.credits.metrics import Point
    from hackathon.credits.queries.forecast import TeamForecast


def chart_of(
    points: Iterable[Point],
    ends: tuple[Micros, Micros, Micros] | None,
    end: datetime,
    limit: Micros,
    zone: str,
    unit: str = CURRENCY,
) -> dict[str, Any]:
    """What the chart draws: epoch milliseconds and whole units of a currency; text says the same beside it."""
    known = [[int(point.at.timestamp() * 1000), point.used / MICROS] for point in points]
    at = int(end.timestamp() * 1000)
    tails = {}
    if known and ends is not None and at > known[-1][0]:
        tails = {
            name: [known[-1], [at, amount / MICROS]]
            for name, amount in zip(("low", "mid", "high"), ends, strict=True)
        }
    chart = {"known": known, "tails": tails, "limit": limit / MICROS, "end": at, "zone": zone}
    return chart | named(unit)


def sums_of(rows: list[TeamForecast]) -> tuple[Micros, Micros, Micros] | None:
    """Low, mid and high of all teams; those without enough data count as they stand."""
    if not any(row.found.burn for row in rows):
        return None
    found = [
        (row.found.low, row.found.mid, row.found.high)
        if row.found.burn
        else (Micros(row.line.used + row.line.held),) * 3
        for row in rows
    ]
    low, mid, high = (Micros(sum(column)) for column in zip(*found, strict=True))
    return low, mid, high


@blueprint.get("/events/<slug>/credits/forecast")
@requires(ORGANIZER)
def forecast(slug: str) -> ResponseReturnValue:
    """Spend over time with the forecast, the teams nearest to their limit first."""
    place = here(slug)
    unit = unit_of()
    rows = forecasts_of(reading(), place.event, currency=unit)
    granted = Micros(sum(row.line.granted for row in rows))
    sums = sums_of(rows)
    moments = [row.line.fresh.through for row in rows if row.line.fresh.through is not None]
    return render_template(
        "credits/forecast.html",
        here=place,
        rows=rows,
        over=[row for row in rows if row.line.rest < 0],
        near=[row for row in rows if row.is_near and row.line.rest >= 0],
        granted=granted,
        used=Micros(sum(row.line.used for row in rows)),
        held=Micros(sum(row.line.held for row in rows)),
        sums=sums,
        through=min(moments, default=None),
        chart=chart_of(total_of(rows), sums, place.event.ends_at, granted, place.zone, unit),
        currency=unit,
        currencies=currencies_of(reading(), place.event),
        unit=named(unit),
    )


@blueprint.get("/events/<slug>/credits/forecast.csv")
@requires(ORGANIZER)
def forecast_csv(slug: str) -> ResponseReturnValue:
    """The forecast as a file: every known point of every team, then its rates and its end."""
    place = here(slug)
    lines: list[tuple[object, ...]] = []
    unit = unit_of()
    for row in forecasts_of(reading(), place.event, currency=unit):
        name, found = row.line.name, row.found
        lines += [(name, "used", utc_text(point.at), number(point.used)) for point in found.points]
        lines += [(name, "granted", None, number(row.line.granted))]
        lines += [(name, "held", None, number(row.line.held))]
        if found.burn is None:
            lines.append((name, "forecast", None, None))
            continue
        end = utc_text(place.event.ends_at)
        for word in ("low", "mid", "high"):
            lines.append((name, f"per hour, {word}", None, number(getattr(found.burn, word))))
            lines.append((name, f"at the end, {word}", end, number(getattr(found, word))))
    return csv_answer(
        f"{place.event.slug}-forecast{mark(unit)}.csv",
        ["team", "figure", "at", "dollars" if unit == CURRENCY else unit],
        lines,
    )
