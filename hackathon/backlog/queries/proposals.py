"""Proposals for a viewer: the board, one page, its history, what its guards look at."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import aliased

from hackathon.backlog.models import (
    CheckIn,
    Evidence,
    LearningCard,
    Proposal,
    ProposalMember,
    ProposalMove,
    ProposalPage,
)
from hackathon.backlog.rules import (
    LIVING,
    Asker,
    Case,
    Page,
    Source,
    Stage,
    State,
    Who,
    stage_of,
)
from hackathon.events.models import Event
from hackathon.people.models import Person
from hackathon.shared.clock import now
from hackathon.shared.errors import NotFound
from hackathon.shared.facts import Note
from hackathon.shared.show import zone_of

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor

UNDO = timedelta(hours=24)
FOLLOWED = LIVING | {State.PRODUCTION}
"""The states in which something is still expected of somebody."""

ASKED = FOLLOWED - {State.PARKED}
"""The states in which check-ins are asked for; what is parked rests until its day."""

AT_RISK = 2
"""Missed check-ins from which on a proposal is flagged; no clock closes anything."""


def no_such_proposal() -> NotFound:
    """The one sentence for proposals that are not there, or not for this person."""
    return NotFound("no_such_proposal", "The backlog has no such proposal.")


def hides(proposal: Proposal, actor: Actor) -> bool:
    """Whether it is somebody else's draft."""
    return proposal.state == State.DRAFT and proposal.author_id != actor.person_id


def find_proposal(session: Session, actor: Actor, proposal_id: int) -> Proposal:
    """A proposal this person may read.

    Raises:
        NotFound: there is none, or it is somebody else's draft.
    """
    found = session.get(Proposal, proposal_id)
    if found is None or hides(found, actor):
        raise no_such_proposal()
    return found


def today_of(proposal: Proposal) -> date:
    """The day it is where the proposal lives."""
    return now().astimezone(zone_of(proposal.zone)).date()


@dataclass(frozen=True)
class Member:
    """A person of the team behind a proposal."""

    id: int
    name: str
    role: str
    is_lead: bool


def members_of(session: Session, proposal_id: int) -> list[Member]:
    """The team, as it was at the promotion."""
    rows = session.execute(
        select(ProposalMember, Person.name)
        .join(Person, Person.id == ProposalMember.person_id)
        .where(ProposalMember.proposal_id == proposal_id)
        .order_by(ProposalMember.is_lead.desc(), Person.name)
    )
    return [Member(row.person_id, name, row.role, row.is_lead) for row, name in rows]


def asker_of(actor: Actor, proposal: Proposal, members: list[Member]) -> Asker:
    """What a person is to a proposal."""
    roles = set()
    if actor.person_id is not None:
        mine = next((member for member in members if member.id == actor.person_id), None)
        if mine is not None and mine.is_lead:
            roles.add(Who.LEAD)
        if proposal.author_id == actor.person_id:
            roles |= {Who.AUTHOR} | ({Who.LEAD} if not members else set())
        if proposal.owner_id == actor.person_id:
            roles.add(Who.OWNER)
    if actor.is_program_lead:
        roles |= {Who.REVIEWER, Who.ORGANIZER}
    elif proposal.event_id is not None and actor.organizes(proposal.event_id):
        roles.add(Who.ORGANIZER)
    return Asker(actor.person_id, frozenset(roles))


def texts(stored: str) -> tuple[str, ...]:
    """A stored list of texts."""
    return tuple(str(entry) for entry in json.loads(stored))


def case_of(proposal: Proposal, page: Page) -> Case:
    """A proposal as its guards see it."""
    today = today_of(proposal)
    return Case(
        state=State(proposal.state),
        today=today,
        start=proposal.start or today,
        came_from=State(proposal.came_from) if proposal.came_from else None,
        owner_id=proposal.owner_id,
        author_id=proposal.author_id,
        criteria=texts(proposal.criteria),
        criteria_by_id=proposal.criteria_by_id,
        time_box_days=proposal.time_box_days,
        is_extended=proposal.is_extended,
        has_link=bool(proposal.link),
        page_missing=page.missing,
        may_undo=proposal.source != Source.IDEA
        and proposal.version == 1
        and now() - proposal.created_at < UNDO,
    )


def page_of(session: Session, proposal: Proposal) -> Page:
    """The page as it stands."""
    row = session.scalar(
        select(ProposalPage).filter_by(proposal_id=proposal.id, number=proposal.page)
    )
    if row is None:
        return Page(title=proposal.title)
    return _read_page(row)


def _read_page(row: ProposalPage) -> Page:
    return Page(row.title, row.problem, row.approach, row.impact, row.needs)


@dataclass(frozen=True)
class MoveRow:
    """A line of the history."""

    number: int
    verb: str
    from_state: State | None
    to_state: State
    by: str
    at: datetime
    happened_on: date
    code: str
    reason: str
    into_id: int | None


def history_of(session: Session, proposal_id: int) -> list[MoveRow]:
    """Everything that happened, the newest first."""
    rows = session.execute(
        select(ProposalMove, Person.name, Note.text)
        .outerjoin(Person, Person.id == ProposalMove.by_id)
        .outerjoin(Note, Note.id == ProposalMove.note_id)
        .where(ProposalMove.proposal_id == proposal_id)
        .order_by(ProposalMove.number.desc())
    )
    return [
        MoveRow(
            number=move.number,
            verb=move.verb,
            from_state=State(move.from_state) if move.from_state else None,
            to_state=State(move.to_state),
            by=name or "command line",
            at=move.at,
            happened_on=move.happened_on,
            code=move.code,
            reason=text or "",
            into_id=move.into_id,
        )
        for move, name, text in rows
    ]


def check_ins_of(session: Session, proposal_id: int) -> list[CheckIn]:
    """The check-ins by day."""
    query = select(CheckIn).filter_by(proposal_id=proposal_id)
    return list(session.scalars(query.order_by(CheckIn.due_on, CheckIn.id)))


def evidence_of(session: Session, proposal_id: int) -> tuple[dict[str, Any], str] | None:
    """What came along, parsed, with its hash; None for an idea."""
    row = session.scalar(select(Evidence).filter_by(proposal_id=proposal_id))
    return (json.loads(row.body), row.sha256) if row is not None else None


@dataclass(frozen=True)
class Whole:
    """A proposal with its page, its people and its event."""

    proposal: Proposal
    page: Page
    author: str
    owner: str
    holder: str
    event: str
    slug: str


def whole_of(session: Session, actor: Actor, proposal_id: int) -> Whole:
    """A proposal this person may read, in one statement.

    Raises:
        NotFound: there is none, or it is somebody else's draft.
    """
    author, owner, holder = aliased(Person), aliased(Person), aliased(Person)
    row = session.execute(
        select(Proposal, ProposalPage, author.name, owner.name, holder.name, Event.name, Event.slug)
        .join(
            ProposalPage,
            (ProposalPage.proposal_id == Proposal.id) & (ProposalPage.number == Proposal.page),
        )
        .outerjoin(author, author.id == Proposal.author_id)
        .outerjoin(owner, owner.id == Proposal.owner_id)
        .outerjoin(holder, holder.id == Proposal.held_by_id)
        .outerjoin(Event, Event.id == Proposal.event_id)
        .where(Proposal.id == proposal_id)
    ).first()
    if row is None or hides(row[0], actor):
        raise no_such_proposal()
    found, page, *names = row
    return Whole(found, _read_page(page), *(name or "" for name in names))


# --- the board ------------------------------------------------------------------------


@dataclass(frozen=True)
class BoardRow:
    """A proposal on the board."""

    proposal: Proposal
    owner: str
    holder: str
    event: str
    next_due: date | None
    today: date
    missed: int = 0

    @property
    def state(self) -> State:
        """Its state."""
        return State(self.proposal.state)

    @property
    def stage(self) -> Stage:
        """Its column."""
        came_from = self.proposal.came_from
        return stage_of(self.state, State(came_from) if came_from else None)

    @property
    def next_on(self) -> date | None:
        """The next day something is expected: a decision, a look again, a check-in."""
        waits = self.proposal.decide_by if self.state in LIVING else None
        if self.state is State.PARKED:
            waits = self.proposal.revisit_on
        if self.state not in FOLLOWED:
            return None
        asked = self.next_due if self.state in ASKED else None
        days = [day for day in (waits, asked) if day is not None]
        return min(days, default=None)

    @property
    def is_at_risk(self) -> bool:
        """Whether two check-ins or more were missed on the way to production."""
        return self.state in ASKED - {State.PRODUCTION} and self.missed >= AT_RISK

    @property
    def is_late(self) -> bool:
        """Whether that day is past."""
        return self.next_on is not None and self.next_on < self.today


def board_rows(session: Session, actor: Actor) -> list[BoardRow]:
    """Every proposal this person may read, the most urgent first; one statement."""
    due = (
        select(
            CheckIn.proposal_id,
            func.min(CheckIn.due_on).label("due_on"),
            func.sum(case((CheckIn.due_on < now().date(), 1), else_=0)).label("missed"),
        )
        .where(CheckIn.done_at.is_(None))
        .group_by(CheckIn.proposal_id)
        .subquery()
    )
    owner, holder = aliased(Person), aliased(Person)
    rows = session.execute(
        select(Proposal, owner.name, holder.name, Event.name, due.c.due_on, due.c.missed)
        .outerjoin(owner, owner.id == Proposal.owner_id)
        .outerjoin(holder, holder.id == Proposal.held_by_id)
        .outerjoin(Event, Event.id == Proposal.event_id)
        .outerjoin(due, due.c.proposal_id == Proposal.id)
        .where(or_(Proposal.state != State.DRAFT, Proposal.author_id == actor.person_id))
        .order_by(Proposal.id.desc())
    )
    found = [
        BoardRow(row, owner_name or "", held or "", event or "", day, today_of(row), missed or 0)
        for row, owner_name, held, event, day, missed in rows
    ]
    return sorted(found, key=lambda row: (row.next_on is None, row.next_on))


@dataclass(frozen=True)
class CardRow:
    """A learning card with the proposal it closes."""

    card: LearningCard
    title: str
    state: State


def learning_cards(session: Session) -> list[CardRow]:
    """What was learned from what was stopped, the newest first."""
    rows = session.execute(
        select(LearningCard, Proposal.title, Proposal.state)
        .join(Proposal, Proposal.id == LearningCard.proposal_id)
        .order_by(LearningCard.id.desc())
    )
    return [CardRow(card, title, State(state)) for card, title, state in rows]


def proposals_of_event(session: Session, event_id: int) -> dict[int, Proposal]:
    """What of an event is in the backlog, by project."""
    rows = session.scalars(
        select(Proposal).where(Proposal.event_id == event_id, Proposal.project_id.is_not(None))
    )
    return {row.project_id: row for row in rows if row.project_id is not None}


def cards_of(session: Session, proposal_id: int) -> list[LearningCard]:
    """The learning cards of a proposal, the newest first."""
    query = select(LearningCard).filter_by(proposal_id=proposal_id)
    return list(session.scalars(query.order_by(LearningCard.cycle.desc())))
