"""What a team's spend is made of, by service and day."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from flask import render_template

from hackathon.credits.routes.blueprint import blueprint, mark, own_team, unit_of
from hackathon.credits.rules import CURRENCY, in_order
from hackathon.credits.service.bills.costs import added, costs_of
from hackathon.credits.service.ledger import named
from hackathon.events.access import here
from hackathon.people.access import MEMBER, requires
from hackathon.shared.db import reading
from hackathon.shared.errors import NotFound
from hackathon.shared.web import csv_answer
from hackathon.teams.queries import find_team

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from hackathon.events.access import Here
    from hackathon.teams.models import Team


CENT = Decimal("0.01")


def _team(place: Here, team_id: int) -> Team:
    """The team, for organizers and its members.

    Raises:
        NotFound: there is none, or it is not theirs.
    """
    if place.organizes:
        return find_team(reading(), place.event.id, team_id)
    mine = own_team(place)
    if mine is None or mine.id != team_id:
        raise NotFound("no_such_team", "This event has no such team, or it is not yours.")
    return mine


@blueprint.get("/events/<slug>/credits/teams/<int:team_id>/costs")
@requires(MEMBER)
def costs(slug: str, team_id: int) -> ResponseReturnValue:
    """A team's costs by service and by day."""
    place = here(slug)
    team = _team(place, team_id)
    unit = unit_of()
    every = costs_of(reading(), team_id)
    found = every.get(unit, [])
    services = added(found, "service")
    return render_template(
        "credits/costs.html",
        here=place,
        team=team,
        services=[row for row in services if abs(row[1]) >= CENT],
        small=[row for row in services if abs(row[1]) < CENT],
        days=added(found, "day"),
        currency=unit,
        currencies=in_order({*every, unit}),
        unit=named(unit),
        total=sum((cost.amount for cost in found), Decimal(0)),
    )


@blueprint.get("/events/<slug>/credits/teams/<int:team_id>/costs.csv")
@requires(MEMBER)
def costs_csv(slug: str, team_id: int) -> ResponseReturnValue:
    """The same as a file: a line a source, service and day, exact dollars."""
    place = here(slug)
    team, unit = _team(place, team_id), unit_of()
    return csv_answer(
        f"{place.event.slug}-{team.id}-costs{mark(unit)}.csv",
        ["source", "service", "day", "dollars" if unit == CURRENCY else unit],
        [
            (row.source, row.service, row.day.isoformat(), row.amount)
            for row in costs_of(reading(), team_id).get(unit, [])
        ],
    )
