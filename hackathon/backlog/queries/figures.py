"""Conversion from the history, what is overdue, and whether the history adds up."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, or_, select

from hackathon.backlog.metrics import CHECK_IN_LABELS, Project
from hackathon.backlog.models import CheckIn, Evidence, LearningCard, Proposal, ProposalMove
from hackathon.backlog.queries.proposals import ASKED, FOLLOWED, today_of
from hackathon.backlog.rules import ACTIVE, TRANSITIONS, Source, State, Verb
from hackathon.events.models import Event
from hackathon.events.rules import quarter_of
from hackathon.projects import models as projects
from hackathon.teams.models import Team

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session


def end_of(day: date) -> datetime:
    """The first instant after a day, in UTC: history before it is history as of the day."""
    return datetime.combine(day + timedelta(days=1), time.min, UTC)


@dataclass(frozen=True)
class Past:
    """A proposal as its history has it on a day."""

    proposal_id: int
    project_id: int | None
    event_id: int | None
    source: Source
    title: str
    owner_id: int | None
    state: State
    live_on: date | None = None
    stopped_on: date | None = None
    started_on: date | None = None
    ready_on: date | None = None
    promoted_on: date | None = None
    promoted_by_id: int | None = None
    decided: tuple[tuple[str, date], ...] = ()
    into_id: int | None = None

    @property
    def is_promoted(self) -> bool:
        """Whether it came from an event and was not taken back."""
        return self.source is not Source.IDEA and self.state is not State.WITHDRAWN


def past_of(session: Session, as_of: date) -> dict[int, Past]:
    """Every proposal as of a day, by id; one statement."""
    rows = session.execute(
        select(Proposal, ProposalMove)
        .join(ProposalMove, ProposalMove.proposal_id == Proposal.id)
        .where(ProposalMove.at < end_of(as_of))
        .order_by(Proposal.id, ProposalMove.number)
    )
    found: dict[int, Past] = {}
    for proposal, move in rows:
        known = found.get(proposal.id) or Past(
            proposal_id=proposal.id,
            project_id=proposal.project_id,
            event_id=proposal.event_id,
            source=Source(proposal.source),
            title=proposal.title,
            owner_id=proposal.owner_id,
            state=State(move.to_state),
        )
        found[proposal.id] = _after(known, move)
    return found


def _after(known: Past, move: ProposalMove) -> Past:
    state, day = State(move.to_state), move.happened_on
    known = replace(
        known,
        state=state,
        stopped_on=day if state is State.STOPPED else None,
        into_id=move.into_id if state is State.MERGED else None,
    )
    if state is State.PRODUCTION and known.live_on is None:
        known = replace(known, live_on=day)
    if move.verb == Verb.START and known.started_on is None:
        known = replace(known, started_on=day)
    if move.verb == Verb.READY and known.ready_on is None:
        known = replace(known, ready_on=day)
    if move.verb == "promote":
        known = replace(known, promoted_on=day, promoted_by_id=move.by_id)
    if move.verb in {Verb.ACCEPT, Verb.DECLINE, Verb.PILOT, Verb.LAUNCH, Verb.STOP, Verb.PARK}:
        known = replace(known, decided=(*known.decided, (move.verb, day)))
    return known


@dataclass(frozen=True)
class Valid:
    """A valid submission: project, event, cohort, and the first day of its twelve months."""

    project_id: int
    event_id: int
    quarter: str
    last_day: date


def valid_projects(session: Session, as_of: date) -> list[Valid]:
    """Every valid submission as of a day.

    Rehearsals never count, nor what was withdrawn, disqualified or never complete in time.
    """
    version, project = projects.ProjectVersion, projects.Project
    in_time = exists().where(
        version.project_id == project.id,
        version.is_complete.is_(True),
        or_(
            version.saved_at < Event.submissions_close_at,
            version.saved_at < project.reopened_until,
        ),
        version.saved_at < end_of(as_of),
    )
    end = end_of(as_of)
    query = (
        select(project.id, Event.id, Event.quarter, Event.last_day)
        .join(Event, Event.id == project.event_id)
        .join(Team, Team.id == project.team_id)
        .where(
            Event.is_rehearsal.is_(False),
            Event.last_day <= as_of,
            or_(Team.archived_at.is_(None), Team.archived_at >= end),
            or_(project.withdrawn_at.is_(None), project.withdrawn_at >= end),
            or_(project.disqualified_at.is_(None), project.disqualified_at >= end),
            in_time,
        )
        .order_by(project.id)
    )
    return [Valid(*row) for row in session.execute(query)]


def innovation_projects(
    session: Session,
    as_of: date,
    past: dict[int, Past] | None = None,
    valid: Iterable[Valid] | None = None,
) -> list[Project]:
    """What conversion is counted over; two statements. A merged cluster counts once."""
    past = past_of(session, as_of) if past is None else past
    by_project = {row.project_id: row for row in past.values() if row.project_id is not None}
    clusters: dict[tuple[str, int], list[tuple[Project, Past | None]]] = {}
    for row in valid_projects(session, as_of) if valid is None else valid:
        mine = by_project.get(row.project_id)
        _gather(clusters, past, mine, ("project", row.project_id), row.quarter, row.last_day)
    for known in past.values():
        if known.source is Source.IDEA and known.started_on is not None:
            key = ("proposal", known.proposal_id)
            quarter = quarter_of(known.started_on)
            _gather(clusters, past, known, key, quarter, known.started_on)
    return [_one(past, key, members) for key, members in clusters.items()]


def _gather(
    clusters: dict[tuple[str, int], list[tuple[Project, Past | None]]],
    past: dict[int, Past],
    known: Past | None,
    key: tuple[str, int],
    quarter: str,
    start: date,
) -> None:
    if known is not None:
        key = ("proposal", _root(past, known.proposal_id))
    clusters.setdefault(key, []).append((Project(quarter, start), known))


def _root(past: dict[int, Past], proposal_id: int) -> int:
    seen: set[int] = set()
    while proposal_id not in seen and (into := past[proposal_id].into_id) in past:
        seen.add(proposal_id)
        proposal_id = into
    return proposal_id


def _one(
    past: dict[int, Past], key: tuple[str, int], members: list[tuple[Project, Past | None]]
) -> Project:
    earliest = min((project for project, _ in members), key=lambda project: project.start)
    root = past.get(key[1]) if key[0] == "proposal" else None
    if root is None:
        return earliest
    return replace(
        earliest,
        live_on=root.live_on,
        stopped_on=root.stopped_on,
        is_promoted=any(known is not None and known.is_promoted for _, known in members),
    )


# --- what is overdue ------------------------------------------------------------------


@dataclass(frozen=True)
class Overdue:
    """Something a person owes the backlog."""

    proposal_id: int
    title: str
    what: str
    due_on: date


def overdue_of(session: Session, person_id: int) -> list[Overdue]:
    """What a person owes: decisions, check-ins, ended time boxes, owners to name.

    One statement; the oldest first.
    """
    mine = or_(Proposal.owner_id == person_id, Proposal.held_by_id == person_id)
    is_open = and_(CheckIn.proposal_id == Proposal.id, CheckIn.done_at.is_(None))
    rows: Iterable[tuple[Proposal, CheckIn | None]] = session.execute(
        select(Proposal, CheckIn)
        .outerjoin(CheckIn, is_open)
        .where(mine, Proposal.state.in_(sorted(FOLLOWED)))
    ).all()
    found = set()
    for row, check_in in rows:
        today = today_of(row)
        for what, day in deadlines_of(row, person_id):
            if day < today:
                found.add(Overdue(row.id, row.title, what, day))
        is_asked = row.owner_id == person_id and row.state in ASKED
        if check_in is not None and is_asked and check_in.due_on < today:
            what = f"check-in: {CHECK_IN_LABELS.get(check_in.key, check_in.key).lower()}"
            found.add(Overdue(row.id, row.title, what, check_in.due_on))
    return sorted(found, key=lambda entry: (entry.due_on, entry.proposal_id, entry.what))


def deadlines_of(row: Proposal, person_id: int) -> Iterable[tuple[str, date]]:
    """What a proposal asks of a person by which day, apart from its check-ins."""
    if row.held_by_id == person_id and row.owner_id is None and row.held_until is not None:
        yield "name an outcome owner", row.held_until
    if row.owner_id != person_id:
        return
    if row.state == State.IN_REVIEW and row.decide_by is not None:
        yield "accept or decline", row.decide_by
    if row.state == State.PROTOTYPING and row.time_box_ends is not None:
        yield "the time box has ended", row.time_box_ends
    if row.state == State.PARKED and row.revisit_on is not None:
        yield "look again", row.revisit_on


# --- whether it adds up ---------------------------------------------------------------


def wrong_history(session: Session) -> list[str]:
    """A sentence for each proposal whose state, evidence or closing does not add up."""
    problems: list[str] = []
    moves: dict[int, list[ProposalMove]] = {}
    for move in session.scalars(
        select(ProposalMove).order_by(ProposalMove.proposal_id, ProposalMove.number)
    ):
        moves.setdefault(move.proposal_id, []).append(move)
    cards = {
        (proposal_id, cycle)
        for proposal_id, cycle in session.execute(
            select(LearningCard.proposal_id, LearningCard.cycle)
        )
    }
    for proposal in session.scalars(select(Proposal).order_by(Proposal.id)):
        history = moves.get(proposal.id, [])
        problems += [f"proposal {proposal.id}: {text}" for text in _wrong(proposal, history, cards)]
    for row in session.scalars(select(Evidence).order_by(Evidence.id)):
        if hashlib.sha256(row.body.encode()).hexdigest() != row.sha256:
            problems.append(f"proposal {row.proposal_id}: the evidence does not fit its hash")
    return problems


def _wrong(
    proposal: Proposal, history: list[ProposalMove], cards: set[tuple[int, int]]
) -> Iterable[str]:
    state: str | None = None
    for expected, move in enumerate(history, 1):
        if move.number != expected:
            yield f"step {expected} of the history is missing"
        if move.from_state != state:
            yield f"step {move.number} does not begin where the one before ended"
        if state is not None and not _is_listed(move):
            yield f"step {move.number} is not a listed transition"
        if move.to_state == State.STOPPED and (proposal.id, move.cycle) not in cards:
            yield "it was stopped without a learning card"
        state = move.to_state
    if state != proposal.state:
        yield f"it is {proposal.state}, its history says {state or 'nothing'}"
    if proposal.state in ACTIVE and (proposal.owner_id is None or proposal.time_box_ends is None):
        yield "it is active without an owner or a time box"


def _is_listed(move: ProposalMove) -> bool:
    try:
        row = TRANSITIONS[Verb(move.verb)]
    except ValueError:
        return False
    return move.from_state in row.begins and row.ends in {None, move.to_state}
