"""What `verify` finds, who may read which stream of facts, who is to come to an event."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.backlog.queries.figures import wrong_history
from hackathon.credits.queries.ledger import wrong_balances
from hackathon.events.queries import has_signed_in, people_of
from hackathon.judging.models import Round, Seat
from hackathon.judging.queries.checks import wrong_sheets
from hackathon.judging.queries.rounds import is_frozen
from hackathon.people.models import Person
from hackathon.report.queries.quarters import wrong_reports
from hackathon.shared.errors import NotFound
from hackathon.shared.facts import broken_links
from hackathon.teams.queries import wrong_counts

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.events.models import Event
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


@dataclass(frozen=True)
class Guest:
    """Somebody who is to come: with a role, a registration or a judge's seat."""

    id: int
    name: str
    email: str
    here_as: str
    has_signed_in: bool


def guests_of(session: Session, event: Event) -> list[Guest]:
    """Everybody of an event, its judges too, by name; three statements."""
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
        found[person_id] = Guest(person_id, name, email, here_as, came)
    return sorted(found.values(), key=lambda guest: (guest.name.casefold(), guest.id))
