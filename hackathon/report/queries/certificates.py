"""What stands on the certificates of an event, once its results are out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.events.models import Registration
from hackathon.judging.models import Award, ResultRecord, ResultRow, Round
from hackathon.judging.rules import State
from hackathon.people.models import Person
from hackathon.projects.queries import submissions
from hackathon.shared.errors import NotFound
from hackathon.teams.queries import team_rows

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.events.models import Event

WORDS = {1: "first", 2: "second", 3: "third"}
"""The places that are named on a certificate; the others took part."""


@dataclass(frozen=True)
class Certificate:
    """One sheet of paper; `person` is empty on a team's."""

    person: str
    person_id: int | None
    team: str
    team_id: int | None
    members: tuple[str, ...]
    project: str
    place: str
    awards: tuple[str, ...]


@dataclass(frozen=True)
class _Honor:
    project: str
    place: str
    awards: tuple[str, ...]


def certificates_of(session: Session, event: Event) -> tuple[list[Certificate], list[Certificate]]:
    """The certificates of the teams by name, and of the people by name.

    Places and prizes come from the record that was revealed; where no judge connects the
    projects, a place would compare what nobody compared, and none is printed.

    Raises:
        NotFound: the results are not out yet.
    """
    if event.revealed_at is None:
        raise NotFound("not_revealed", "Certificates are printed once the results are out.")
    honors = _honors(session, event)
    plain = _Honor("", "", ())
    teams, of_person = [], {}
    for row in team_rows(session, event.id):
        honor = honors.get(row.team.id, plain)
        names = tuple(member.name for member in row.members)
        of_person.update({member.id: (row.team, names) for member in row.members})
        if row.members:
            teams.append(
                Certificate("", None, row.team.name, row.team.id, names, honor.project,
                            honor.place, honor.awards)
            )  # fmt: skip
    people = []
    for person_id, name in session.execute(
        select(Person.id, Person.name)
        .join(Registration, Registration.person_id == Person.id)
        .where(Registration.event_id == event.id)
        .order_by(Person.name, Person.id)
    ):
        team, names = of_person.get(person_id, (None, ()))
        honor = honors.get(team.id, plain) if team is not None else plain
        people.append(
            Certificate(name, person_id, team.name if team else "", team.id if team else None,
                        names, honor.project, honor.place, honor.awards)
        )  # fmt: skip
    return teams, people


def _honors(session: Session, event: Event) -> dict[int, _Honor]:
    """What each team brought and won, by its number; from the record that stands."""
    record = (
        select(ResultRecord.id)
        .join(Round, Round.id == ResultRecord.round_id)
        .where(Round.event_id == event.id, Round.state == State.REVEALED)
        .order_by(Round.id.desc(), ResultRecord.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(
        select(ResultRow.project_id, ResultRow.place, ResultRow.component, Award.name)
        .join(ResultRecord, ResultRecord.id == ResultRow.record_id)
        .outerjoin(
            Award,
            (Award.round_id == ResultRecord.round_id) & (Award.project_id == ResultRow.project_id),
        )
        .where(ResultRow.record_id == record)
        .order_by(Award.id)
    ).all()
    is_one = len({component for _, _, component, _ in rows}) <= 1
    places = {project_id: place for project_id, place, _, _ in rows if is_one}
    awards: dict[int, list[str]] = {}
    for project_id, _, _, name in rows:
        if name:
            awards.setdefault(project_id, []).append(name)
    return {
        row.team_id: _Honor(
            row.title,
            WORDS.get(places.get(row.project_id, 0), ""),
            tuple(awards.get(row.project_id, [])),
        )
        for row in submissions(session, event)
    }
