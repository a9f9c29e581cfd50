"""An event from its own export: set-up, teams, projects, rounds; in draft, all or nothing."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hackathon.events.service import Joining, Plan, add_registration, create_event
from hackathon.events.service.agenda import Slot, add_item
from hackathon.judging.rules import Mode, Rule, read_rubric
from hackathon.judging.service.rounds import add_round
from hackathon.judging.service.seats import Chair, add_seat
from hackathon.office.rules.tables import Outcome, Problem
from hackathon.office.service.imports.runs import REASON
from hackathon.people import service as people
from hackathon.people.rules import fold_name
from hackathon.projects import service as projects
from hackathon.shared.errors import Conflict, Invalid, Refusal, Unavailable
from hackathon.shared.show import before
from hackathon.teams import service as teams

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from hackathon.events.models import Event
    from hackathon.office.rules.event_file import EventFile, ProjectPart, RoundPart, TeamPart
    from hackathon.people.rules import Actor

BROUGHT = "submitted"


class _Making:
    """One event on its way in."""

    def __init__(self, session: Session, actor: Actor) -> None:
        self.session, self.actor = session, actor
        self.outcome = Outcome()
        self.teams: dict[str, int] = {}
        self.challenges: dict[str, int] = {}

    @contextmanager
    def at(self, where: str) -> Iterator[None]:
        """Count a part, or turn its refusal into a problem of this place."""
        try:
            yield
        except Unavailable:
            raise
        except Refusal as refusal:
            self.outcome.errors.append(Problem(1, where, refusal.message))
        else:
            self.outcome.created += 1


def import_event(session: Session, actor: Actor, *, given: EventFile) -> Outcome:
    """Make an event, its people, teams, projects and rounds, as its file says.

    It begins in draft, whatever it was; cards that were not submitted are left out. With
    errors in the outcome the transaction must not commit.

    Raises:
        NotAllowed: the actor neither leads the program nor administers.
    """
    making = _Making(session, actor)
    try:
        event = create_event(session, actor, Plan(**given.event.model_dump()))
    except (Conflict, Invalid) as refusal:
        return Outcome(errors=[Problem(1, "event", refusal.message)])
    making.outcome.created = 1
    for number, challenge in enumerate(given.challenges):
        with making.at(f"challenges.{number}"):
            made = projects.add_challenge(
                session, actor, event_id=event.id, title=challenge.title, problem=challenge.problem
            )
            making.challenges[made.title] = made.id
    for number, line in enumerate(given.agenda):
        with making.at(f"agenda.{number}"):
            add_item(session, actor, event_id=event.id, slot=Slot(**line.model_dump()))
    for number, team in enumerate(given.teams):
        with making.at(f"teams.{number}"):
            _team(making, event, team)
    for number, project in enumerate(given.projects):
        where = f"projects.{number}"
        if project.status != BROUGHT:
            making.outcome.warnings.append(
                Problem(1, where, f"{project.status.capitalize()}: the card was left out.")
            )
            continue
        with making.at(where):
            _project(making, event, project)
    for number, found in enumerate(given.rounds):
        with making.at(f"rounds.{number}"):
            _round(making, event, found)
    return making.outcome


def _team(making: _Making, event: Event, given: TeamPart) -> None:
    session, actor = making.session, making.actor
    made = teams.add_team(session, actor, event_id=event.id, name=given.name, reason=REASON)
    making.teams[fold_name(given.name)] = made.id
    place: dict[str, Any] = {"event_id": event.id, "team_id": made.id}
    teams.change_team(
        session, actor, **place, name=given.name, about=given.about,
        capacity=given.capacity or event.team_max,
    )  # fmt: skip
    ids = {}
    for member in given.members:
        person = people.person_for(session, actor, email=member.email, name=member.name)
        joining = Joining(accepts_version=None, role=member.role)
        add_registration(session, actor, event_id=event.id, person_id=person.id, joining=joining)
        ids[person.email] = person.id
    if ids:
        teams.add_members(session, actor, **place, person_ids=list(ids.values()), reason=REASON)
    captain = ids.get(given.captain.casefold())
    if captain is not None:
        teams.hand_over(session, actor, **place, person_id=captain)
    for opening in given.openings:
        teams.open_place(session, actor, **place, role=opening.role, wanted=opening.wanted)


def _project(making: _Making, event: Event, given: ProjectPart) -> None:
    team_id = making.teams.get(fold_name(given.team))
    if team_id is None:
        raise Invalid("no_such_team", f"The file has no {before('team', given.team)}{given.team}.")
    if given.challenge and given.challenge not in making.challenges:
        raise Invalid("no_such_challenge", f"The file has no challenge {given.challenge}.")
    projects.bring_card(
        making.session, making.actor, event_id=event.id, team_id=team_id, values=given.card,
        key=given.key, challenge_id=making.challenges.get(given.challenge),
    )  # fmt: skip


def _round(making: _Making, event: Event, given: RoundPart) -> None:
    session, actor = making.session, making.actor
    rubric = read_rubric(json.dumps(given.model_dump(), default=str))
    if given.mode not in list(Mode) or given.rule not in list(Rule):
        raise Invalid("round", "A round's mode or rule is not known here.")
    found = add_round(
        session, actor, event_id=event.id, rubric=rubric, mode=Mode(given.mode),
        rule=Rule(given.rule),
    )  # fmt: skip
    for judge in given.judges:
        person = people.person_for(session, actor, email=judge.email, name=judge.name)
        add_seat(
            session, actor, event_id=event.id, round_id=found.id, person_id=person.id,
            chair=Chair(judge.key, judge.group or "", judge.tracks or "", judge.max_load),
        )  # fmt: skip
