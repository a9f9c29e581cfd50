"""What stands on the certificates of an event, once its results are out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.events.models import Registration
from hackathon.judging.models import Award
from hackathon.judging.queries.results import newest_record, recorded_standings
from hackathon.judging.queries.rounds import rounds_of
from hackathon.judging.rules import State
from hackathon.people.models import Person
from hackathon.projects.queries import submissions
from hackathon.shared.errors import NotFound
from hackathon.teams.queries import team_rows

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.events.models import Event

TOP = 3
"""The places that are named on a certificate; the others took part."""

WORDS = {1: "first", 2: "second", 3: "third"}


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
    """What each team brought and won, by its number."""
    revealed = [row for row in rounds_of(session, event.id) if row.state == State.REVEALED]
    record = newest_record(session, revealed[-1].id) if revealed else None
    rows = recorded_standings(session, record) if record is not None else []
    is_one = len({row.component for row in rows}) <= 1
    places = {row.project_id: row.place for row in rows if is_one and row.place <= TOP}
    awards: dict[int, list[str]] = {}
    if revealed:
        for award in session.scalars(
            select(Award).filter_by(round_id=revealed[-1].id).order_by(Award.id)
        ):
            awards.setdefault(award.project_id, []).append(award.name)
    return {
        row.team_id: _Honor(
            row.title,
            WORDS.get(places.get(row.project_id, 0), ""),
            tuple(awards.get(row.project_id, [])),
        )
        for row in submissions(session, event)
    }
