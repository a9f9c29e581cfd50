"""Certificates to print: an organizer all at once, everybody their own and their team's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template, request

from hackathon.events.access import here
from hackathon.people.access import MEMBER, requires
from hackathon.report.queries.certificates import certificates_of
from hackathon.report.routes.blueprint import blueprint
from hackathon.shared.db import reading

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.get("/events/<slug>/certificates")
@requires(MEMBER)
def certificates(slug: str) -> ResponseReturnValue:
    """A sheet each; `?of=teams` or `?of=people` for one kind, `?of=mine` for one's own."""
    place = here(slug)
    teams, people = certificates_of(reading(), place.event)
    of, person_id = request.args.get("of", ""), place.actor.person_id if place.actor else None
    if of == "mine" or not place.organizes:
        people = [row for row in people if row.person_id == person_id]
        mine = {row.team_id for row in people}
        teams = [row for row in teams if row.team_id in mine]
    return render_template(
        "report/certificates.html",
        here=place,
        of=of if of in {"teams", "people", "mine"} else "",
        teams=[] if of == "people" else teams,
        people=[] if of == "teams" else people,
    )
