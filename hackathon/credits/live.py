"""Credits live: a posting moves the bars on open pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hackathon.credits.queries.board import board_version, live_rows, team_version
from hackathon.credits.queries.lines import lines_of
from hackathon.events.models import Event
from hackathon.events.queries import find_event
from hackathon.people.access import SIGNED_IN, current_actor, requires
from hackathon.shared.db import reading
from hackathon.shared.errors import NotAllowed
from hackathon.shared.live import (
    Board,
    Channel,
    Message,
    close,
    follows,
    message,
    sockets_of,
    touched_by,
)
from hackathon.teams.queries import team_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.shared.facts import FactRow

ORGANIZERS = "organizers"
LEFT = {"member.left", "member.removed"}


def _read(session: Session, event_id: int, audience: str) -> Board:
    """The board of an audience: organizers see every team, members (`team:<id>`) their own."""
    if audience == ORGANIZERS:
        event = session.get_one(Event, event_id)
        return Board(board_version(session, event_id), live_rows(session, event))
    team_id = int(audience.split(":")[1])
    version = team_version(session, event_id, team_id)
    lines = lines_of(session, event_id, team_id).values()
    return Board(version, [row.as_json() for rows in lines for row in rows])


board = Channel("credits.changed", _read, touched_by("credits"))


class WatchCredits(Message):
    """The credits of an event, by its slug."""

    event: str


@message("credits.watch", WatchCredits)
@requires(SIGNED_IN)
def watch_credits(data: WatchCredits) -> dict[str, Any]:
    """The board as this viewer may see it; changes are pushed."""
    session, actor = reading(), current_actor()
    event = find_event(session, actor, data.event)
    if actor.organizes(event.id):
        return board.watch(event.id, ORGANIZERS)
    mine = team_of(session, event.id, actor.person_id)
    if mine is None:
        raise NotAllowed("members_only", "Only organizers and teams of this event have credits.")
    return board.watch(event.id, f"team:{mine.id}")


@follows("event:")
def close_room(_session: Session, fact: FactRow) -> None:
    """Who leaves a team no longer hears of its credits: the sockets come back as they may."""
    if fact.kind in LEFT:
        for entry in sockets_of(int(fact.values["person"])):
            close(entry.sid)
