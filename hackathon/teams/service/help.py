"""A team asks for help; one person claims it; it is done or withdrawn, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hackathon.events.models import Event
from hackathon.events.queries import phase_of
from hackathon.events.rules import check_phase
from hackathon.people.models import Person
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import note, record
from hackathon.teams import queries, rules
from hackathon.teams.models import HelpRequest, Team
from hackathon.teams.queries.help import LIVING, STREAM, members_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def _say(session: Session, actor: Actor, row: HelpRequest, kind: str, **body: Any) -> None:  # noqa: ANN401 - as `record`
    record(
        session, stream=f"{STREAM}:{row.event_id}", kind=kind, actor_id=actor.person_id,
        help=row.id, team=row.team_id, topic=row.topic, **body,
    )  # fmt: skip


def ask_for_help(
    session: Session, actor: Actor, *, event_id: int, topic: str, wish: str, place: str
) -> HelpRequest:
    """The actor's team asks for help.

    Raises:
        NotFound: the actor is in no team.
        Conflict: neither hacking nor judging, or the team asks for this already.
        Invalid: no such topic, or no place.
    """
    found = queries.team_of(session, event_id, actor.person_id)
    team = lock(session, Team, id=found.id) if found is not None else None
    if team is None:
        raise NotFound("no_team", "Join a team first; help comes to teams.")
    check_phase(phase_of(session, session.get_one(Event, event_id)), *rules.HELPING)
    rules.check_topic(topic)
    if not place.strip():
        raise Invalid("place", "Say where to find you.", field="place")
    asked = select(HelpRequest.id).where(
        HelpRequest.team_id == team.id, HelpRequest.topic == topic, HelpRequest.state.in_(LIVING)
    )
    if session.scalar(asked) is not None:
        raise Conflict(
            "already_asked", "Your team asks for this already; it is in the queue.", field="topic"
        )
    row = HelpRequest(
        event_id=event_id,
        team_id=team.id,
        topic=topic,
        wish=wish.strip()[:300],
        place=place.strip()[:100],
        asked_by_id=actor.person_id,
    )
    session.add(row)
    session.flush()
    said = {"wish": note(session, row.wish)} if row.wish else {}
    _say(session, actor, row, "help.asked", **said)
    return row


def _living(session: Session, event_id: int, help_id: int) -> HelpRequest:
    row = lock(session, HelpRequest, id=help_id, event_id=event_id)
    if row is None:
        raise NotFound("no_such_request", "There is no such request for help.")
    if row.ended_at is not None:
        words = "done" if row.state == "done" else "withdrawn"
        raise Conflict("ended", f"This request is {words} already; nothing was changed.")
    return row


def _check_helps(actor: Actor, event_id: int) -> None:
    if not rules.helps(actor, event_id):
        raise NotAllowed("helpers_only", "Only mentors and organizers can do that.")


def _is_own(session: Session, actor: Actor, row: HelpRequest) -> bool:
    return actor.person_id in members_of(session, row.team_id)


def claim(session: Session, actor: Actor, *, event_id: int, help_id: int) -> HelpRequest:
    """Say that one goes there; of two who do at once, exactly one is told so.

    Raises:
        NotAllowed: neither mentor nor organizer.
        NotFound: no such request.
        Conflict: somebody else is on it, or it has ended.
    """
    _check_helps(actor, event_id)
    row = _living(session, event_id, help_id)
    if row.state == "claimed":
        if row.claimed_by_id == actor.person_id:
            return row  # the second click
        helper = session.get(Person, row.claimed_by_id)
        name = helper.name if helper is not None else "Somebody"
        raise Conflict("claimed", f"{name} is on it already; take another.")
    row.state, row.claimed_by_id, row.claimed_at = "claimed", actor.person_id, now()
    _say(session, actor, row, "help.claimed")
    return row


def put_back(session: Session, actor: Actor, *, event_id: int, help_id: int) -> HelpRequest:
    """Leave it to others: who claimed it, or an organizer; the wait goes on from when it was asked.

    Raises:
        NotAllowed: somebody else.
        NotFound, Conflict: no such request, or it has ended.
    """
    row = _living(session, event_id, help_id)
    if row.claimed_by_id != actor.person_id and not actor.organizes(event_id):
        raise NotAllowed("not_yours", "Only who claimed it, or an organizer, can put it back.")
    if row.state == "claimed":
        row.state, row.claimed_by_id, row.claimed_at = "open", None, None
        _say(session, actor, row, "help.put_back")
    return row


def finish(session: Session, actor: Actor, *, event_id: int, help_id: int) -> HelpRequest:
    """It is done: a mentor or organizer says so, or the team.

    Raises:
        NotAllowed: neither helping nor of the team.
        NotFound, Conflict: no such request, or it has ended.
    """
    row = _living(session, event_id, help_id)
    if not _is_own(session, actor, row):
        _check_helps(actor, event_id)
        if row.claimed_by_id is None:
            row.claimed_by_id, row.claimed_at = actor.person_id, now()
    row.state, row.ended_at = "done", now()
    _say(session, actor, row, "help.done")
    return row


def withdraw(session: Session, actor: Actor, *, event_id: int, help_id: int) -> HelpRequest:
    """The team needs it no longer; an organizer may say so too.

    Raises:
        NotAllowed: not of the team.
        NotFound, Conflict: no such request, or it has ended.
    """
    row = _living(session, event_id, help_id)
    if not _is_own(session, actor, row) and not actor.organizes(event_id):
        raise NotAllowed("not_your_team", "Only the team can withdraw its request.")
    row.state, row.ended_at = "withdrawn", now()
    _say(session, actor, row, "help.withdrawn", claimed_by=row.claimed_by_id)
    return row
