"""People from a file: accounts, registrations, and their places in teams."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from hackathon.events import queries as events
from hackathon.events.rules import ROLES, check_zone
from hackathon.events.service import Joining, add_registration
from hackathon.office.rules.tables import Made
from hackathon.office.service.imports.runs import REASON, Run, needed, own_event, short
from hackathon.people import queries, service
from hackathon.people.rules import fold_email
from hackathon.shared.errors import Conflict, Invalid
from hackathon.shared.show import before
from hackathon.teams import queries as teams
from hackathon.teams import service as team_service

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.events.models import Event
    from hackathon.office.rules.tables import Line, Outcome, Table
    from hackathon.people.models import Person
    from hackathon.people.rules import Actor
    from hackathon.teams.models import Team

NEEDED = ("email", "name")
KNOWN = (*NEEDED, "department", "role", "skills", "zone", "dietary", "team")


def import_people(session: Session, actor: Actor, *, slug: str, table: Table) -> Outcome:
    """Bring the people of an event.

    A known person keeps what the file leaves blank; organizers fill in what is empty of an
    account, program leads also correct it. Nobody is moved from one team to another.

    Raises:
        NotFound, NotAllowed: the event is unknown, or not the actor's to organize.
    """
    event = own_event(session, actor, slug)
    run = Run(table, needed=NEEDED, known=KNOWN)
    people, placed = queries.everybody(session), teams.members_among(session, event.id)
    named: dict[str, Team] = {}
    newcomers: dict[int, list[tuple[Line, int]]] = defaultdict(list)
    for line in run.lines():
        with run.at(line):
            address = fold_email(needed(line, "email", 320))
            run.only_once(line, "email", address)
            name = needed(line, "name")
            role, zone = _role(line), line.get("zone")
            if zone:
                check_zone(zone)
            known = people.get(address)
            person = known or service.add_person(
                session, actor, email=address, name=name,
                department=short(line, "department"), zone=zone,
            )  # fmt: skip
            if known is not None:
                changed = service.correct_person(
                    session, actor, person_id=person.id, name=name,
                    department=short(line, "department"), zone=zone,
                )  # fmt: skip
                if person.name != name:
                    run.warn(line, "name", f"This address belongs to {person.name}; that stays.")
            else:
                changed = True
            changed |= _register(session, actor, run, event, person, line, role)
            if word := line.get("team"):
                team = named.get(word) or bring_team(session, actor, event, word, run)
                named[word] = team
                if is_newcomer(placed.get(person.id), team):
                    newcomers[team.id].append((line, person.id))
                    changed = True
            run.count(created=known is None, changed=changed)
    for team_id, members in newcomers.items():
        _place(session, actor, run, event, team_id, members)
    return run.outcome


def _place(
    session: Session,
    actor: Actor,
    run: Run,
    event: Event,
    team_id: int,
    members: list[tuple[Line, int]],
) -> None:
    """Put all newcomers of a team into it; when that fails, find out whom it fails for."""
    place: dict[str, Any] = {"event_id": event.id, "team_id": team_id, "reason": REASON}
    try:
        team_service.add_members(session, actor, **place, person_ids=[each for _, each in members])
    except (Conflict, Invalid):
        for line, person_id in members:
            with run.at(line):
                try:
                    team_service.add_member(session, actor, **place, person_id=person_id)
                except (Conflict, Invalid) as refusal:
                    raise Conflict(refusal.word, refusal.message, field="team") from refusal


def _role(line: Line) -> str:
    given = line.get("role").casefold()
    for role in ROLES:
        if given == role.casefold():
            return role
    if given:
        raise Invalid("role", f"A role is one of: {', '.join(ROLES)}.", field="role")
    return ""


def _register(  # noqa: PLR0917 - a row and where it goes
    session: Session, actor: Actor, run: Run, event: Event, person: Person, line: Line, role: str
) -> bool:
    row = events.registration_of(session, event.id, person.id)
    skills, dietary = short(line, "skills", 500), short(line, "dietary")
    before = (row.role, row.skills, row.dietary) if row is not None else ("", "", "")
    after = (role or before[0], skills or before[1], dietary or before[2])
    if row is not None and before == after:
        return False
    joining = Joining(
        accepts_version=None,
        role=after[0],
        skills=after[1],
        dietary=after[2],
        line=row.line if row is not None else "",
        is_looking=row.is_looking if row is not None else False,
    )
    add_registration(session, actor, event_id=event.id, person_id=person.id, joining=joining)
    if row is None:
        run.made(Made.PEOPLE)
    return True


# --- teams ----------------------------------------------------------------------------


def bring_team(session: Session, actor: Actor, event: Event, name: str, run: Run) -> Team:
    """The team of a name, made and counted where it is missing.

    Raises:
        Invalid: a name that no team may have.
    """
    known = teams.team_named(session, event.id, name)
    if known is not None:
        return known
    team = team_service.add_team(session, actor, event_id=event.id, name=name, reason=REASON)
    run.made(Made.TEAMS)
    return team


def put_into(session: Session, actor: Actor, event: Event, team: Team, person_id: int) -> bool:
    """Make a person a member; False when they are one already.

    Raises:
        Conflict: the person is in another team, or the team is full.
    """
    if not is_newcomer(teams.team_of(session, event.id, person_id), team):
        return False
    team_service.add_member(
        session, actor, event_id=event.id, team_id=team.id, person_id=person_id, reason=REASON
    )
    return True


def is_newcomer(present: Team | None, team: Team) -> bool:
    """Whether somebody who is in a team, or in none, would be new in this one.

    Raises:
        Conflict: the person is in another team.
    """
    if present is not None and present.id != team.id:
        there = before("the team", present.name) + present.name
        raise Conflict("in_a_team", f"Is in {there} already.", field="team")
    return present is None
