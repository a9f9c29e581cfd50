"""Judging for programs: lists, boards, the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import jsonify, request

from hackathon.events.access import here
from hackathon.judging import rules
from hackathon.judging.access import JUDGE_OR_ORGANIZER, seats_here
from hackathon.judging.queries import marks, rounds
from hackathon.judging.queries.boards import (
    ORGANIZERS,
    PUBLIC,
    board_rows,
    my_list,
    rubric_json,
)
from hackathon.judging.queries.results import public_version
from hackathon.judging.routes.blueprint import blueprint
from hackathon.judging.rules import State, check_may_see_values
from hackathon.judging.service.results import look_at_values
from hackathon.people.access import (
    ORGANIZER,
    SIGNED_IN_VIEWER,
    current_actor,
    requires,
)
from hackathon.shared.clock import utc_text
from hackathon.shared.db import reading
from hackathon.shared.errors import NotAllowed
from hackathon.shared.web import act

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from hackathon.judging.models import Round


@blueprint.get("/api/v1/events/<slug>/judging")
@requires(JUDGE_OR_ORGANIZER)
def as_json(slug: str) -> ResponseReturnValue:
    """Rounds with their rubric; the visits are the asking judge's own."""
    place, session = here(slug), reading()
    seats = {found.id: seat for seat, found in seats_here(place.event.id, place.actor)}
    answer = []
    for found in rounds.rounds_of(session, place.event.id):
        seat = seats.get(found.id)
        if seat is None and not place.organizes:
            continue
        lines = rounds.criteria_of(session, found.id)
        mine = []
        if seat is not None:
            entries = rounds.entries_of(session, place.event, found.id)
            mine = my_list(session, found, seat, lines, entries)
        answer.append(
            {
                "id": found.id,
                "name": found.name,
                "state": found.state,
                "version": public_version(session, found),
                "criteria": rubric_json(found, lines),
                "visits": [row.as_json() for row in mine],
            }
        )
    running = {State.OPEN.value, State.PAUSED.value}
    answer.sort(key=lambda row: row["state"] not in running)
    return jsonify({"rounds": answer})


@blueprint.get("/api/v1/events/<slug>/board")
@requires(SIGNED_IN_VIEWER)
def board(slug: str) -> ResponseReturnValue:
    """The board as this viewer may see it."""
    place, session = here(slug), reading()
    wanted = request.args.get("round", type=int)
    found: Round | None
    if wanted is not None:
        found = rounds.find_round(session, place.event.id, wanted)
    else:
        found = rounds.board_round(rounds.rounds_of(session, place.event.id))
    is_hidden = found is not None and found.state == State.DRAFT and not place.organizes
    if found is None or (is_hidden and wanted is None):
        return jsonify({"round": None, "version": 0, "rows": []})
    if is_hidden:
        raise rounds.no_such_round()
    audience = ORGANIZERS if place.organizes else PUBLIC
    version, rows = board_rows(session, found.id, audience)
    return jsonify({"round": found.id, "version": version, "rows": rows})


@blueprint.get("/api/v1/events/<slug>/marks")
@requires(ORGANIZER)
def marks_json(slug: str) -> ResponseReturnValue:
    """The ledger; values before the freeze only with a recorded reason."""
    place, session = here(slug), reading()
    wanted = request.args.get("round", type=int)
    found: Round | None
    if wanted is not None:
        found = rounds.find_round(session, place.event.id, wanted)
    else:
        found = rounds.board_round(rounds.rounds_of(session, place.event.id))
    if found is None:
        raise rounds.no_such_round()
    reason = request.args.get("look", "")
    is_frozen = rounds.is_frozen(found)
    if reason and not is_frozen:
        _look(place.event.id, found.id, reason)
    with_values = is_frozen or bool(reason)
    seat = rounds.seat_of(session, found.id, current_actor().person_id)
    if with_values:
        check_may_see_values(State(found.state), holds_seat=seat is not None)
    titles = {
        entry.project_id: entry.submission.title
        for entry in rounds.entries_of(session, place.event, found.id)
    }
    rows = []
    for row in marks.mark_rows(session, found.id, titles):
        shown = {
            "receipt": row.receipt,
            "key": row.key,
            "seq": row.seq,
            "visit": row.visit,
            "judge": row.judge,
            "project_id": row.project_id,
            "project": row.project,
            "criterion": row.criterion,
            "at": utc_text(row.at),
            "superseded": row.superseded,
        }
        if with_values:
            shown["value"] = rules.number(row.value) if row.value is not None else None
        rows.append(shown)
    cells = [row for row in rows if not row["superseded"]]
    return jsonify({"round": found.id, "rows": rows, "cells": cells})


def _look(event_id: int, round_id: int, reason: str) -> None:
    """Record a look; another site's page cannot make a browser do it.

    Raises:
        NotAllowed: the request comes from another site.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise NotAllowed("other_site", "Looking at values works from this site only.")
    act(
        lambda session: look_at_values(
            session, current_actor(session), event_id=event_id, round_id=round_id, reason=reason
        )
    )
