"""What `verify` finds, who may read which stream of facts, who is to come to an event."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.backlog.queries.figures import wrong_history
from hackathon.credits.queries.ledger import wrong_balances
from hackathon.events.queries import has_signed_in, people_of
from hackathon.judging.models import Round, Seat
from hackathon.judging.queries.checks import wrong_sheets
from hackathon.judging.queries.rounds import is_frozen
from hackathon.people.models import Person
from hackathon.people.queries import last_links
from hackathon.people.service import names_of
from hackathon.projects.models import Project
from hackathon.report.queries.quarters import wrong_reports
from hackathon.shared.errors import NotFound
from hackathon.shared.facts import FactRow, broken_links, note_texts
from hackathon.shared.show import isolated
from hackathon.teams.models import Team
from hackathon.teams.queries import wrong_counts

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from hackathon.events.models import Event
    from hackathon.people.queries import LastLink
    from hackathon.people.rules import Actor

_STREAM = re.compile(
    r"(judging|late|event|help|credits|access|proposal|bills|quarter):([1-9]\d{0,8})", re.ASCII
)


def differences(session: Session) -> list[str]:
    """Each place where what is stored differs from what it was made of; empty when all is well."""
    return [
        *broken_links(session),
        *wrong_counts(session),
        *wrong_balances(session),
        *wrong_sheets(session),
        *wrong_history(session),
        *wrong_reports(session),
    ]


def check_may_read(session: Session, actor: Actor, stream: str) -> None:
    """Whether a person may read a stream of facts.

    Raises:
        NotFound: no such stream, or not for this person, or (judging) not yet.
    """
    match = _STREAM.fullmatch(stream)
    if match is None or not _may_read(session, actor, match[1], int(match[2])):
        raise NotFound("no_such_stream", "There is no such stream, or it is not yours to read.")


def _may_read(session: Session, actor: Actor, kind: str, number: int) -> bool:
    if kind in {"judging", "late"}:
        found = session.get(Round, number)
        return found is not None and actor.organizes(found.event_id) and is_frozen(found)
    if kind in {"event", "help", "credits"}:
        return actor.organizes(number)
    if kind in {"bills", "quarter"}:
        return actor.is_program_lead
    if kind == "access":
        return actor.is_admin or actor.person_id == number
    return True  # proposals are read by everybody who is signed in


MENDED = {
    "deadline.moved": "gave all teams more time",
    "event.changed": "moved the dates",
    "phase.moved": "moved the phase",
    "member.added": "put {person} into {team}",
    "member.moved": "moved {person} to {team}",
    "member.removed": "took {person} out of {team}",
    "project.reopened": "reopened the project of {team}",
    "project.mended": "changed the project card of {team}",
    "project.withdrawn": "withdrew the project of {team}",
    "project.disqualified": "disqualified the project of {team}",
    "project.put_back": "took the project of {team} in again",
    "entry.reversed": "reversed an entry of {team}",
    "event.closed": "closed the event",
}
"""What is mended by hand, in words; only where a reason was given."""


@dataclass(frozen=True)
class Change:
    """Something that was mended: who, what, why."""

    at: datetime
    by: str
    what: str
    why: str


def changes_of(session: Session, event_id: int, limit: int = 200) -> list[Change]:
    """What organizers mended in an event with a reason, the newest first; five statements."""
    streams = [f"event:{event_id}", f"credits:{event_id}"]
    rows = session.scalars(
        select(FactRow)
        .where(FactRow.stream.in_(streams), FactRow.kind.in_(list(MENDED)))
        .order_by(FactRow.position.desc())
        .limit(limit)
    )
    facts = [(row, row.values) for row in rows]
    facts = [(row, body) for row, body in facts if "reason" in body]
    projects = {body["project"] for _, body in facts if "project" in body}
    query = select(Project.id, Project.team_id).where(Project.id.in_(projects))
    team_by_project = dict(iter(session.execute(query)))
    team_ids = {body.get("team") for _, body in facts} | set(team_by_project.values())
    named = select(Team.id, Team.name).where(Team.id.in_(team_ids - {None}))
    teams = dict(iter(session.execute(named)))
    people = names_of(
        session,
        {one for row, body in facts for one in (row.actor_id, body.get("person")) if one},
    )
    whys = note_texts(session, [int(body["reason"]["note"]) for _, body in facts])
    return [
        Change(
            at=row.at,
            by=people.get(row.actor_id or 0, "The command line"),
            what=MENDED[row.kind].format(
                person=isolated(people.get(body.get("person") or 0, "somebody")),
                team=teams.get(
                    team_by_project.get(body.get("project") or 0, body.get("team") or 0), "the pool"
                ),
            ),
            why=whys.get(int(body["reason"]["note"]), "The reason was erased."),
        )
        for row, body in facts
    ]


@dataclass(frozen=True)
class Guest:
    """Somebody who is to come: with a role, a registration or a judge's seat."""

    id: int
    name: str
    email: str
    here_as: str
    has_signed_in: bool
    is_judge: bool = False
    link: LastLink | None = None
    """The way in that was made last, mailed or printed."""


def guests_of(session: Session, event: Event) -> list[Guest]:
    """Everybody of an event, its judges too, by name; four statements."""
    found = {
        row.id: Guest(row.id, row.name, row.email, ", ".join(sorted(row.roles)), row.has_signed_in)
        for row in people_of(session, event.id)
    }
    judges = session.execute(
        select(Person.id, Person.name, Person.email, has_signed_in())
        .join(Seat, Seat.person_id == Person.id)
        .join(Round, Round.id == Seat.round_id)
        .where(Round.event_id == event.id, Seat.removed_at.is_(None))
        .distinct()
    )
    for person_id, name, email, came in judges:
        known = found.get(person_id)
        here_as = f"{known.here_as}, judge" if known and known.here_as else "judge"
        found[person_id] = Guest(person_id, name, email, here_as, came, is_judge=True)
    links = last_links(session, found)
    guests = [replace(guest, link=links.get(guest.id)) for guest in found.values()]
    return sorted(guests, key=lambda guest: (guest.name.casefold(), guest.id))
