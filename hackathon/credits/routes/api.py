"""Credits for programs: accounts and postings in micros."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import jsonify

from hackathon.credits.queries.board import board_version, team_version
from hackathon.credits.queries.lines import lines_of, oldest
from hackathon.credits.queries.statements import ledger_json
from hackathon.credits.routes.blueprint import blueprint, own_team
from hackathon.credits.rules import CURRENCY
from hackathon.events.access import here
from hackathon.people.access import MEMBER, requires
from hackathon.shared.clock import utc_text
from hackathon.shared.db import reading

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from hackathon.credits.queries.lines import TeamLine


@blueprint.get("/api/v1/events/<slug>/credits")
@requires(MEMBER)
def as_json(slug: str) -> ResponseReturnValue:
    """The event's ledger for organizers; for a member that of the own team.

    Teams stand by currency: the main one, and `others` where there are.
    """
    place, session = here(slug), reading()
    event_id = place.event.id
    if place.organizes:
        lines = lines_of(session, event_id)
        version, ledger = board_version(session, event_id), ledger_json(session, event_id, None)
    elif (mine := own_team(place)) is not None:
        lines = lines_of(session, event_id, mine.id)
        version = team_version(session, event_id, mine.id)
        ledger = ledger_json(session, event_id, mine.id)
    else:
        lines, version = {CURRENCY: []}, 0
        ledger = {"accounts": [], "postings": []}
    main, *others = (_of(unit, rows) for unit, rows in lines.items())
    more = {"others": others} if others else {}
    return jsonify({"version": version, **main, **ledger, **more})


def _of(unit: str, lines: list[TeamLine]) -> dict[str, Any]:
    """The teams in one currency."""
    through = oldest(lines)
    return {
        "currency": unit,
        "data_through": utc_text(through) if through is not None else None,
        "teams": [line.as_json() | {"id": line.team_id} for line in lines],
    }
