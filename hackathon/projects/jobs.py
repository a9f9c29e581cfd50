"""What follows projects: a team reads what organizers did to its project, and why."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.events.models import Event
from hackathon.people.models import Person
from hackathon.projects.models import Project
from hackathon.shared.facts import note_texts
from hackathon.shared.jobs import on_fact
from hackathon.shared.show import mail_time
from hackathon.shared.telling import Kind, Word, tell
from hackathon.teams.models import Membership, Team

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.shared.facts import FactRow
    from hackathon.shared.telling import Reader


def _tell(session: Session, fact: FactRow, kind: Kind, said: str, until: str = "") -> None:
    """Tell every member; `{team}` and `{until}` are filled in, the latter in each one's zone."""
    project = session.get_one(Project, int(fact.values["project"]))
    team = session.get_one(Team, project.team_id)
    event = session.get_one(Event, project.event_id)
    note_id = int(fact.values["reason"]["note"])
    why = note_texts(session, [note_id]).get(note_id, "")

    def text(reader: Reader) -> str:
        at = datetime.fromisoformat(until) if until else event.submissions_close_at
        filled = said.format(team=team.name, until=mail_time(at, reader.zone or event.zone))
        return f"{filled} Why: {why}" if why else filled

    members = session.scalars(
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.team_id == team.id, Membership.left_at.is_(None))
        .order_by(Person.id)
    )
    word = Word(
        kind=kind,
        key=f"project:{fact.position}",
        subject=f"{event.name}: the project of {team.name}",
        text=text,
        link=f"/events/{event.slug}/projects/{team.id}",
        by_mail=not event.is_rehearsal,
    )
    tell(session, members.all(), word)


@on_fact("event:", "project.reopened")
def tell_of_reopening(session: Session, fact: FactRow) -> None:
    """The team may save again, until when; a card brought from a file is no news."""
    until = str(fact.values["until"])
    if datetime.fromisoformat(until) > fact.at:
        _tell(session, fact, Kind.DEADLINES, "{team} can change its project until {until}.", until)


@on_fact("event:", "project.mended")
def tell_of_mending(session: Session, fact: FactRow) -> None:
    """An organizer typed into the card."""
    _tell(session, fact, Kind.TEAMS, "An organizer changed the project card of {team}.")


@on_fact("event:", "project.withdrawn")
def tell_of_withdrawal(session: Session, fact: FactRow) -> None:
    """The project was taken out."""
    _tell(session, fact, Kind.TEAMS, "The project of {team} was withdrawn.")


@on_fact("event:", "project.disqualified")
def tell_of_disqualification(session: Session, fact: FactRow) -> None:
    """The project was disqualified."""
    _tell(session, fact, Kind.TEAMS, "The project of {team} was disqualified.")


@on_fact("event:", "project.put_back")
def tell_of_putting_back(session: Session, fact: FactRow) -> None:
    """The project is in the event again."""
    _tell(session, fact, Kind.TEAMS, "The project of {team} is in the event again.")
