"""What follows the backlog: owners learn what they own, authors what was decided.

Whoever has a check-in due reads of it once, in a notice and in at most one mail a day.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from hackathon.backlog.metrics import CHECK_IN_LABELS
from hackathon.backlog.models import CheckIn, FurtherWish, Proposal, ProposalMember
from hackathon.backlog.queries.figures import deadlines_of
from hackathon.backlog.queries.proposals import ASKED, FOLLOWED, today_of
from hackathon.backlog.rules import State
from hackathon.events.models import Event
from hackathon.people import queries as people
from hackathon.people.queries import people_by
from hackathon.projects.models import Project
from hackathon.shared import mail
from hackathon.shared.clock import now
from hackathon.shared.db import reading, transaction
from hackathon.shared.jobs import every_minute, on_fact
from hackathon.shared.notices import Notice, notify
from hackathon.shared.show import day
from hackathon.shared.telling import Kind, Way, Word, letter, tell, ways_of
from hackathon.teams.models import Membership, Team

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from hackathon.shared.facts import FactRow

AHEAD = 3
"""Days before a check-in on which the owner first reads of it."""

LATE = 7
FORTNIGHT = 14

Due = dict[str, tuple[int, str, str]]
"""What is due by the key of its notice: whom to tell, the sentence, the link."""


def _tell(session: Session, person_id: int, proposal: Proposal, key: str, text: str) -> None:
    word = Word(
        kind=Kind.OUTCOMES, key=key, subject=text, text=text, link=f"/backlog/{proposal.id}"
    )
    tell(session, people_by(session, [person_id]), word)


def _proposal_of(session: Session, fact: FactRow) -> Proposal:
    return session.get_one(Proposal, int(fact.stream.split(":")[1]))


@on_fact("proposal:", "proposal.owned")
def tell_the_owner(session: Session, fact: FactRow) -> None:
    """Say to the owner: "You own X. Decide by 12 March 2027"."""
    found = _proposal_of(session, fact)
    owner_id = int(fact.values["owner"])
    if found.owner_id != owner_id:
        return  # handed over since
    text = f"You own {found.title}."
    if found.state == State.IN_REVIEW and found.decide_by is not None:
        text += f" Decide by {day(found.decide_by)}."
    _tell(session, owner_id, found, f"owned:{fact.position}", text)


@on_fact("proposal:", "proposal.held")
def tell_the_holder(session: Session, fact: FactRow) -> None:
    """Who holds a proposal without an owner reads until when to name one."""
    found = _proposal_of(session, fact)
    if found.owner_id is not None or found.held_until is None:
        return
    text = f"{found.title} has no owner. Name one by {day(found.held_until)}."
    _tell(session, int(fact.values["by"]), found, f"held:{fact.position}", text)


@on_fact("proposal:", "proposal.moved")
def tell_of_moves(session: Session, fact: FactRow) -> None:
    """Author, team and owner read where the proposal is now; who moved it knows."""
    found = _proposal_of(session, fact)
    to = State(fact.values["to"])
    if to is State.DRAFT:
        return
    team = session.scalars(select(ProposalMember.person_id).filter_by(proposal_id=found.id))
    told = {*team, found.author_id, found.owner_id} - {None, fact.actor_id}
    words = "is in the backlog" if fact.values["verb"] == "promote" else f"is {_words(to)}"
    for person_id in sorted(person_id for person_id in told if person_id is not None):
        if fact.values["verb"] == "promote" and person_id == found.owner_id:
            continue  # the owner has a notice of their own
        notify(
            session,
            person_id=person_id,
            key=f"moved:{fact.position}",
            text=f"{found.title} {words}.",
            link=f"/backlog/{found.id}",
        )


def _event_of(session: Session, fact: FactRow) -> Event:
    return session.get_one(Event, int(fact.stream.split(":")[1]))


@on_fact("event:", "wish.made")
def tell_of_wishes(session: Session, fact: FactRow) -> None:
    """Organizers read that a team wants to go on."""
    event, wish = _event_of(session, fact), session.get_one(FurtherWish, int(fact.values["wish"]))
    team = session.scalar(
        select(Team.name)
        .join(Project, Project.team_id == Team.id)
        .where(Project.id == wish.project_id)
    )
    for person_id in people.organizer_ids(session, event.id):
        notify(
            session,
            person_id=person_id,
            key=f"wish:{fact.position}",
            text=f"{event.name}: {team} wants to take its project further.",
            link=f"/events/{event.slug}/results/promote",
        )


@on_fact("event:", "wish.declined")
def tell_of_answers(session: Session, fact: FactRow) -> None:
    """The team reads that its project does not go on now; the reason stands on its page."""
    event, wish = _event_of(session, fact), session.get_one(FurtherWish, int(fact.values["wish"]))
    project = session.get_one(Project, wish.project_id)
    team = select(Membership.person_id).filter_by(team_id=project.team_id, left_at=None)
    for person_id in session.scalars(team).all():
        notify(
            session,
            person_id=person_id,
            key=f"wish:{fact.position}",
            text=f"{event.name}: your project does not go on now; read why.",
            link=f"/events/{event.slug}/results/teams/{project.team_id}/further",
        )


def _words(state: State) -> str:
    return {
        State.PROPOSED: "proposed",
        State.PROTOTYPING: "being prototyped",
        State.PROTOTYPE_READY: "a prototype that is ready",
        State.PILOTING: "in its pilot",
        State.PRODUCTION: "in production",
    }.get(state, state.label.lower())


def reminder_of(due_on: date, today: date) -> str | None:
    """The reminder due today: 3 days before, on the day, 7 days late, then each fortnight.

    None before the first; the word of the newest one that has come.
    """
    late = (today - due_on).days
    if late < -AHEAD:
        return None
    if late < 0:
        return "soon"
    if late < LATE:
        return "today"
    return f"late{(late - LATE) // FORTNIGHT}"


@every_minute
def remind() -> None:
    """Tell owners and holders of what is due; one mail a day lists it all."""
    session = reading()
    wanted = {**_check_ins_due(session), **_deadlines_due(session)}
    keys = [f"{key}:{person_id}" for key, (person_id, _, _) in wanted.items()]
    told = set(session.scalars(select(Notice.key).where(Notice.key.in_(keys)))) if keys else set()
    fresh = {key: entry for key, entry in wanted.items() if f"{key}:{entry[0]}" not in told}
    if fresh:
        with transaction() as writing:
            _remind(writing, fresh)


def _check_ins_due(session: Session) -> Due:
    horizon = now().date() + timedelta(days=AHEAD + 1)
    rows = session.execute(
        select(CheckIn, Proposal)
        .join(Proposal, Proposal.id == CheckIn.proposal_id)
        .where(
            CheckIn.done_at.is_(None),
            CheckIn.due_on <= horizon,
            Proposal.owner_id.is_not(None),
            Proposal.state.in_(sorted(ASKED)),
        )
    )
    found: Due = {}
    for row, proposal in rows:
        word = reminder_of(row.due_on, today_of(proposal))
        if word is not None and proposal.owner_id is not None:
            label = CHECK_IN_LABELS.get(row.key, row.key)
            text = f"{label} of {proposal.title}: check in by {day(row.due_on)}."
            key = f"check_in:{row.id}:{word}"
            found[key] = (proposal.owner_id, text, f"/backlog/{proposal.id}")
    return found


def _deadlines_due(session: Session) -> Due:
    someone = or_(Proposal.owner_id.is_not(None), Proposal.held_by_id.is_not(None))
    found: Due = {}
    for row in session.scalars(
        select(Proposal).where(someone, Proposal.state.in_(sorted(FOLLOWED)))
    ):
        for person_id in {row.owner_id, row.held_by_id} - {None}:
            for what, due_on in deadlines_of(row, person_id or 0):
                word = reminder_of(due_on, today_of(row))
                if word is not None and person_id is not None:
                    text = f"{row.title}: {what}, {day(due_on)}."
                    key = f"deadline:{row.id}:{what}:{due_on}:{word}"
                    found[key] = (person_id, text, f"/backlog/{row.id}")
    return found


def _remind(session: Session, fresh: Due) -> None:
    lines: dict[int, list[tuple[str, str]]] = defaultdict(list)
    found = people_by(session, [person_id for person_id, _, _ in fresh.values()])
    readers = {person.id: person for person in found}
    ways = ways_of(session, readers.values(), Kind.OUTCOMES)
    for key, (person_id, text, link) in sorted(fresh.items()):
        # The notice is kept whatever was chosen: it is what says that this was told.
        notify(session, person_id=person_id, key=key, text=text, link=link)
        if readers[person_id].disabled_at is None and ways[person_id] != Way.NOTICE:
            lines[person_id].append((text, link))
    if mail.is_demo():
        return
    for person_id, written in sorted(lines.items()):
        person = readers[person_id]
        subject, link = written[0]
        text = subject
        if len(written) > 1:
            subject, link = f"{len(written)} things are due", "/backlog"
            text = "\n\n".join(f"{said}\n{mail.address()}{where}" for said, where in written)
        mail.send(
            session,
            to=person.email,
            subject=subject,
            body=letter(person.name, text, link),
            key=f"due:{now():%Y-%m-%d}:{person_id}",
        )
