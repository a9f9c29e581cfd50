"""Finals: which round's best go on in which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.judging.models import Final, Round
from hackathon.judging.queries.results import newest_record, recorded_standings
from hackathon.judging.queries.rounds import entries_of
from hackathon.judging.rules import Ranked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from hackathon.events.models import Event
    from hackathon.judging.queries.results import Standing


def final_of(session: Session, round_id: int) -> Final | None:
    """What made this round a final; None: it is none."""
    return session.get(Final, round_id)


def final_after(session: Session, round_id: int) -> Round | None:
    """The final that goes on from a round."""
    query = select(Round).join(Final, Final.round_id == Round.id)
    return session.scalar(query.where(Final.first_id == round_id))


def firsts_of(session: Session, event_id: int) -> dict[int, int]:
    """The round before each final of an event."""
    query = select(Final.round_id, Final.first_id).join(Round, Round.id == Final.round_id)
    return dict(iter(session.execute(query.where(Round.event_id == event_id))))


def ranked(rows: Iterable[Standing]) -> list[Ranked]:
    """Standings as the rules of bands read them."""
    return [
        Ranked(
            row.project_id, row.component, row.place, row.chance.band if row.chance else row.place
        )
        for row in rows
    ]


def candidates(session: Session, event: Event, found: Round) -> list[Standing]:
    """The standings of a round's record without projects that are out by now."""
    record = newest_record(session, found.id)
    valid = {entry.project_id for entry in entries_of(session, event, found.id)}
    rows = recorded_standings(session, record) if record is not None else []
    return [row for row in rows if row.project_id in valid]
