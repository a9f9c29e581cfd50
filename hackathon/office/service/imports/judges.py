"""Judges from a file: accounts and seats in a round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.judging.models import Seat
from hackathon.judging.queries.rounds import find_round, present_round, rounds_of
from hackathon.judging.service.seats import Chair, add_seat
from hackathon.office.service.imports.runs import Run, needed, own_event, short
from hackathon.people import queries, service
from hackathon.people.rules import fold_email
from hackathon.shared.errors import Conflict, Invalid

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.events.models import Event
    from hackathon.judging.models import Round
    from hackathon.office.rules.tables import Line, Outcome, Table
    from hackathon.people.rules import Actor

NEEDED = ("email", "name")
KNOWN = (*NEEDED, "key", "group", "tracks", "max_load")
MOST_PROJECTS = 1000


def meant_round(session: Session, event: Event, round_id: int | None) -> Round:
    """The named round, else the one that matters now.

    Raises:
        NotFound: the event has no such round.
        Conflict: it has none at all.
    """
    if round_id is not None:
        return find_round(session, event.id, round_id)
    found = present_round(rounds_of(session, event.id))
    if found is None:
        raise Conflict(
            "no_round", f"{event.slug} has no round yet; make one first. Nothing was imported."
        )
    return found


def import_judges(
    session: Session, actor: Actor, *, slug: str, table: Table, round_id: int | None = None
) -> Outcome:
    """Bring the judges of a round; a blank cell leaves what is there.

    Raises:
        NotFound, NotAllowed: the event or round is unknown, or not the actor's to organize.
        Conflict: the event has no round.
    """
    event = own_event(session, actor, slug)
    found = meant_round(session, event, round_id)
    run = Run(table, needed=NEEDED, known=KNOWN)
    for line in run.lines():
        with run.at(line):
            address = fold_email(needed(line, "email", 320))
            run.only_once(line, "email", address)
            name, chair = needed(line, "name"), _chair(line)
            if chair.key:
                run.only_once(line, "key", chair.key)
            known = queries.by_email(session, address)
            person = known or service.person_for(session, actor, email=address, name=name)
            seat = session.scalar(select(Seat).filter_by(round_id=found.id, person_id=person.id))
            before = _said(seat)
            seat_now = add_seat(
                session, actor, event_id=event.id, round_id=found.id, person_id=person.id,
                chair=chair,
            )  # fmt: skip
            run.count(created=before is None, changed=before != _said(seat_now))
    return run.outcome


def _said(seat: Seat | None) -> tuple[object, ...] | None:
    if seat is None:
        return None
    return seat.key, seat.group_label, seat.tracks, seat.max_load, seat.removed_at is None


def _chair(line: Line) -> Chair:
    load = line.get("max_load")
    if load and not (load.isascii() and load.isdigit() and 1 <= int(load) <= MOST_PROJECTS):
        raise Invalid(
            "max_load", f"A whole number from 1 to {MOST_PROJECTS:,}, please.", field="max_load"
        )
    return Chair(
        key=short(line, "key", 80) or None,
        group_label=short(line, "group", 80),
        tracks=short(line, "tracks"),
        max_load=int(load) if load else None,
    )
