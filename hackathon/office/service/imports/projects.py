"""Projects from a file: teams, cards that count as submitted, challenges, members."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.events import queries as events
from hackathon.events.service import Joining, add_registration
from hackathon.judging.service.rounds import take_in
from hackathon.office.rules.devpost import from_devpost, is_devpost
from hackathon.office.rules.tables import Made, Problem
from hackathon.office.service.imports.people import bring_team, put_into
from hackathon.office.service.imports.runs import Run, needed, own_event, short
from hackathon.people import service as people
from hackathon.people.rules import fold_email
from hackathon.projects import service
from hackathon.projects.models import Challenge, Project
from hackathon.projects.rules import FIELDS as CARD
from hackathon.shared.errors import Conflict, Invalid
from hackathon.teams.models import Team

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.events.models import Event
    from hackathon.office.rules.tables import Line, Outcome, Table
    from hackathon.people.rules import Actor

NEEDED = ("title", "team")
KNOWN = (*NEEDED, "key", "challenge", "members", *CARD)
NAMED = re.compile(r"([^<>]*)<([^<>]+)>")


def import_projects(session: Session, actor: Actor, *, slug: str, table: Table) -> Outcome:
    """Bring the projects of an event, each its team's submission, also after the deadline.

    An export of Devpost is known by its header. A blank cell leaves what is there. Rounds that are not frozen take new projects in.

    Raises:
        NotFound, NotAllowed: the event is unknown, or not the actor's to organize.
    """
    event = own_event(session, actor, slug)
    drafts: list[int] = []
    if is_devpost(table.header):
        table, drafts = from_devpost(table)
    run = Run(table, needed=NEEDED, known=KNOWN)
    run.outcome.warnings += [
        Problem(number, None, "A draft, never submitted; it was left out.") for number in drafts
    ]
    for line in run.lines():
        with run.at(line):
            needed(line, "title", 120)
            name = needed(line, "team", 80)
            made_before = run.outcome.made[Made.TEAMS]
            team = bring_team(session, actor, event, name, run)
            run.only_once(line, "team", team.id)
            key = short(line, "key", 80) or None
            if key is not None:
                _check_key(session, run, line, event, team, key)
            challenge_id, changed = _challenge(session, actor, event, short(line, "challenge", 120))
            if changed:
                run.made(Made.CHALLENGES)
            brought = service.bring_card(
                session,
                actor,
                event_id=event.id,
                team_id=team.id,
                values={column: line.get(column) for column in CARD},
                key=key,
                challenge_id=challenge_id,
            )
            if brought.created:
                run.made(Made.PROJECTS)
            changed |= brought.changed | (run.outcome.made[Made.TEAMS] > made_before)
            for address, name in _members(line).items():
                changed |= _bring_member(session, actor, run, event, team, address, name)
            run.count(created=brought.created, changed=changed)
    if not run.outcome.errors:
        take_in(session, actor, event_id=event.id)
    return run.outcome


def _check_key(session: Session, run: Run, line: Line, event: Event, team: Team, key: str) -> None:
    run.only_once(line, "key", key)
    owner = session.execute(
        select(Project.team_id, Team.name)
        .join(Team, Team.id == Project.team_id)
        .where(Project.event_id == event.id, Project.key == key)
    ).first()
    if owner is not None and owner.team_id != team.id:
        raise Conflict("key_taken", f"This key is the project of {owner.name}.", field="key")


def _challenge(session: Session, actor: Actor, event: Event, title: str) -> tuple[int | None, bool]:
    if not title:
        return None, False
    known = session.scalar(select(Challenge.id).filter_by(event_id=event.id, title=title))
    if known is not None:
        return known, False
    made = service.add_challenge(session, actor, event_id=event.id, title=title)
    return made.id, True


def _members(line: Line) -> dict[str, str]:
    """The names of the members by address; written `address` or `Name <address>`."""
    found: dict[str, str] = {}
    for part in re.split(r"[;,\n]", line.get("members")):
        named = NAMED.fullmatch(part.strip())
        name, address = (named[1].strip(' "'), named[2]) if named else ("", part.strip())
        if address:
            found.setdefault(fold_email(address, "members"), name)
    return found


def _bring_member(  # noqa: PLR0917 - a member and where they go
    session: Session, actor: Actor, run: Run, event: Event, team: Team, address: str, name: str
) -> bool:
    person = people.person_for(session, actor, email=address, name=name)
    if events.registration_of(session, event.id, person.id) is None:
        add_registration(
            session, actor, event_id=event.id, person_id=person.id, joining=Joining(None)
        )
        run.made(Made.PEOPLE)
    try:
        return put_into(session, actor, event, team, person.id)
    except (Conflict, Invalid) as refusal:
        raise Conflict(refusal.word, f"{address}: {refusal.message}", field="members") from refusal
