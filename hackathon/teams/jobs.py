"""What follows teams: who is told of requests, of being put in or taken out, and of help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hackathon.events.models import Event
from hackathon.people.models import Person
from hackathon.people.queries import people_by
from hackathon.shared.facts import note_texts
from hackathon.shared.jobs import on_fact
from hackathon.shared.notices import notify_all
from hackathon.shared.telling import Kind, Word, tell
from hackathon.teams.models import HelpRequest, Invitation, JoinRequest, Team
from hackathon.teams.queries.help import helpers_of, members_of
from hackathon.teams.rules import TOPICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from hackathon.shared.facts import FactRow


def _tell(session: Session, fact: FactRow, person_id: int | None, text: str, key: str = "") -> None:
    """Tell one person of a team; who did it themselves knows."""
    if person_id is None or person_id == fact.actor_id:
        return
    team = session.get_one(Team, int(fact.values["team"]))
    event = session.get_one(Event, team.event_id)
    word = Word(
        kind=Kind.TEAMS,
        key=key or f"team:{fact.position}",
        subject=f"{event.name}: {team.name}",
        text=text.format(team=team.name) + _why(session, fact),
        link=f"/events/{event.slug}/teams/{team.id}",
        by_mail=event.published_at is not None and not event.is_rehearsal,
    )
    tell(session, people_by(session, [person_id]), word)


def _why(session: Session, fact: FactRow) -> str:
    """` Why: ...`, or nothing."""
    if "reason" not in fact.values:
        return ""
    note_id = int(fact.values["reason"]["note"])
    text = note_texts(session, [note_id]).get(note_id)
    return f" Why: {text}" if text else ""


def _captain(session: Session, fact: FactRow) -> int | None:
    return session.get_one(Team, int(fact.values["team"])).captain_id


def _name(session: Session, person_id: int) -> str:
    """A name for the middle of a text that is filled in: braces stand for themselves."""
    name = session.get_one(Person, person_id).name
    return name.replace("{", "{{").replace("}", "}}")


@on_fact("event:", "join.asked")
def tell_of_askers(session: Session, fact: FactRow) -> None:
    """The captain reads who asks to join; once, however often the message is changed."""
    found = session.get_one(JoinRequest, int(fact.values["request"]))
    if found.state == "open":
        who = _name(session, found.person_id)
        text = f"{who} asks to join {{team}}."
        _tell(session, fact, _captain(session, fact), text, f"join:{found.id}")


@on_fact("event:", "join.accepted")
def tell_of_acceptance(session: Session, fact: FactRow) -> None:
    """Who asked is in."""
    _tell(session, fact, int(fact.values["person"]), "You are in {team} now.")


@on_fact("event:", "join.declined")
def tell_of_declining(session: Session, fact: FactRow) -> None:
    """Who asked is not taken."""
    _tell(session, fact, int(fact.values["person"]), "{team} has declined your request.")


@on_fact("event:", "member.added")
def tell_of_placing(session: Session, fact: FactRow) -> None:
    """Who was put into a team reads which, and why."""
    _tell(session, fact, int(fact.values["person"]), "You are in {team} now.")


@on_fact("event:", "member.moved")
def tell_of_moving(session: Session, fact: FactRow) -> None:
    """Who was moved reads whereto, and why; the captain left behind reads it too."""
    person_id = int(fact.values["person"])
    _tell(session, fact, person_id, "You are in {team} now.")
    before = session.get_one(Team, int(fact.values["from"]))
    if before.captain_id not in {None, person_id}:
        text = f"{_name(session, person_id)} has been moved to {{team}}."
        _tell(session, fact, before.captain_id, text, f"team:{fact.position}:from")


@on_fact("event:", "member.removed")
def tell_of_removing(session: Session, fact: FactRow) -> None:
    """Who was taken out of a team reads it, and why."""
    _tell(session, fact, int(fact.values["person"]), "You are no longer in {team}.")


@on_fact("event:", "member.left")
def tell_of_leaving(session: Session, fact: FactRow) -> None:
    """The captain reads who left."""
    text = f"{_name(session, int(fact.values['person']))} has left {{team}}."
    _tell(session, fact, _captain(session, fact), text)


@on_fact("event:", "invitation.accepted")
def tell_of_newcomers(session: Session, fact: FactRow) -> None:
    """The captain reads who came by an invitation."""
    found = session.get_one(Invitation, int(fact.values["invitation"]))
    who = _name(session, fact.actor_id) if fact.actor_id else found.email
    _tell(session, fact, _captain(session, fact), f"{who} is in {{team}} now.")


@on_fact("event:", "captain.changed")
def tell_the_captain(session: Session, fact: FactRow) -> None:
    """The new captain reads it."""
    _tell(session, fact, int(fact.values["person"]), "You are the captain of {team} now.")


# --- help ---------------------------------------------------------------------------------


def _tell_helping(session: Session, fact: FactRow, people: Sequence[int], text: str) -> None:
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
    _tell_helping(session, fact, people, f"{team} asks for help: {topic}, at {row.place}.")


@on_fact("help:", "help.claimed")
def tell_the_team(session: Session, fact: FactRow) -> None:
    """The team reads who comes."""
    row, _, topic = _words(session, fact)
    helper = session.get(Person, fact.actor_id) if fact.actor_id else None
    name = helper.name if helper is not None else "Somebody"
    people = members_of(session, row.team_id)
    _tell_helping(session, fact, people, f"{name} comes to help with {topic}.")


@on_fact("help:", "help.put_back")
def tell_that_it_waits(session: Session, fact: FactRow) -> None:
    """The team reads that it waits again."""
    row, _, topic = _words(session, fact)
    people = members_of(session, row.team_id)
    _tell_helping(
        session, fact, people, f"Your request for help with {topic} waits for somebody again."
    )


@on_fact("help:", "help.withdrawn")
def tell_who_was_on_it(session: Session, fact: FactRow) -> None:
    """Who was on the way reads that it is no longer needed."""
    _, team, topic = _words(session, fact)
    helper = fact.values.get("claimed_by")
    if helper is not None:
        _tell_helping(session, fact, [int(helper)], f"{team} no longer needs help with {topic}.")
