"""What follows teams: who helps reads who asks; a team reads who comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hackathon.events.models import Event
from hackathon.people.models import Person
from hackathon.shared.jobs import on_fact
from hackathon.shared.notices import notify_all
from hackathon.teams.models import HelpRequest, Team
from hackathon.teams.queries.help import helpers_of, members_of
from hackathon.teams.rules import TOPICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from hackathon.shared.facts import FactRow


def _tell(session: Session, fact: FactRow, people: Sequence[int], text: str) -> None:
    event = session.get_one(Event, int(fact.stream.split(":")[1]))
    notify_all(
        session,
        person_ids=[person_id for person_id in people if person_id != fact.actor_id],
        key=f"help:{fact.position}",
        text=text,
        link=f"/events/{event.slug}/help",
    )


def _words(session: Session, fact: FactRow) -> tuple[HelpRequest, str, str]:
    row = session.get_one(HelpRequest, int(fact.values["help"]))
    return row, session.get_one(Team, row.team_id).name, TOPICS[row.topic].lower()


@on_fact("help:", "help.asked")
def tell_helpers(session: Session, fact: FactRow) -> None:
    """Mentors read who asks and where; organizers when there is no mentor."""
    row, team, topic = _words(session, fact)
    own = set(members_of(session, row.team_id))
    people = [each for each in helpers_of(session, row.event_id) if each not in own]
    _tell(session, fact, people, f"{team} asks for help: {topic}, at {row.place}.")


@on_fact("help:", "help.claimed")
def tell_the_team(session: Session, fact: FactRow) -> None:
    """The team reads who comes."""
    row, _, topic = _words(session, fact)
    helper = session.get(Person, fact.actor_id) if fact.actor_id else None
    name = helper.name if helper is not None else "Somebody"
    people = members_of(session, row.team_id)
    _tell(session, fact, people, f"{name} comes to help with {topic}.")


@on_fact("help:", "help.put_back")
def tell_that_it_waits(session: Session, fact: FactRow) -> None:
    """The team reads that it waits again."""
    row, _, topic = _words(session, fact)
    people = members_of(session, row.team_id)
    _tell(session, fact, people, f"Your request for help with {topic} waits for somebody again.")


@on_fact("help:", "help.withdrawn")
def tell_who_was_on_it(session: Session, fact: FactRow) -> None:
    """Who was on the way reads that it is no longer needed."""
    _, team, topic = _words(session, fact)
    helper = fact.values.get("claimed_by")
    if helper is not None:
        _tell(session, fact, [int(helper)], f"{team} no longer needs help with {topic}.")
