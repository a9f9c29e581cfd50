"""Help live: the queue of those who help, and each team's own requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hackathon.events.queries import find_event
from hackathon.people.access import SIGNED_IN, current_actor, requires
from hackathon.shared.db import reading
from hackathon.shared.errors import NotFound
from hackathon.shared.facts import last_seq
from hackathon.shared.live import Board, Channel, Message, message, touched_by
from hackathon.teams.queries import team_of
from hackathon.teams.queries.help import STREAM, living_requests
from hackathon.teams.rules import helps

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

HELPERS = "helpers"


def _read(session: Session, event_id: int, audience: str) -> Board:
    """What an audience sees: who helps everything, a team (its id) what it asked."""
    team_id = None if audience == HELPERS else int(audience)
    rows = living_requests(session, event_id, team_id=team_id)
    return Board(last_seq(session, f"{STREAM}:{event_id}"), [row.as_json() for row in rows])


board = Channel("help.changed", _read, touched_by(STREAM))


class WatchHelp(Message):
    """The help requests of an event, by its slug."""

    event: str


@message("help.watch", WatchHelp)
@requires(SIGNED_IN)
def watch_help(data: WatchHelp) -> dict[str, Any]:
    """The requests this viewer may see; changes are pushed."""
    actor, session = current_actor(), reading()
    event = find_event(session, actor, data.event)
    if helps(actor, event.id):
        return {"key": event.id, **board.watch(event.id, HELPERS)}
    team = team_of(session, event.id, actor.person_id)
    if team is None:
        raise NotFound("no_team", "Join a team first; help comes to teams.")
    return {"key": event.id, **board.watch(event.id, str(team.id))}
