"""Winners become proposals: all that were chosen or none, each with its evidence."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from hackathon.backlog.models import Evidence, Proposal, ProposalMember
from hackathon.backlog.queries.evidence import evidence_for, holders, results_of
from hackathon.backlog.queries.proposals import proposals_of_event
from hackathon.backlog.rules import DECISION, Page, Source, State, Verb
from hackathon.backlog.service.history import held, say, write_move
from hackathon.backlog.service.moves import schedule
from hackathon.backlog.service.plans import person_for, write_page
from hackathon.events.models import Event
from hackathon.events.rules import check_reason
from hackathon.people.rules import check_organizes
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, Invalid, NotFound
from hackathon.shared.facts import canonical, record
from hackathon.shared.show import zone_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from hackathon.backlog.queries.evidence import Results
    from hackathon.people.models import Person
    from hackathon.people.rules import Actor


@dataclass(frozen=True)
class Choice:
    """A project to promote.

    Without an owner it is held by somebody; `reason` for one that did not win.
    """

    project_id: int
    owner: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Hold:
    """Who answers for what has no owner yet, and until when."""

    person_id: int
    until: date


@dataclass(frozen=True)
class _Ready:
    choice: Choice
    owner: Person | None
    source: Source


def promote(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    choices: Sequence[Choice],
    hold: Hold | None = None,
) -> list[int]:
    """Make one proposal in review for each chosen project, or none at all.

    A project that is in the backlog already stays as it is there; one whose promotion was
    taken back is opened again. Returns the proposals' ids in the order of the choices.

    Raises:
        NotAllowed: the actor does not organize the event.
        Conflict: before the reveal, a rehearsal, or a project that is no longer in the event.
        Invalid: nothing chosen, an owner nobody knows or of the own team, or no holder.
    """
    check_organizes(actor, event_id)
    event = lock(session, Event, id=event_id)
    if event is None:
        raise NotFound("no_such_event", "There is no such event.")
    results = results_of(session, event)
    if not choices:
        raise Invalid("choose", "Choose at least one project; nothing was promoted.")
    there = proposals_of_event(session, event_id)
    today = now().astimezone(zone_of(event.zone)).date()
    ready = [
        _checked(session, results, choice)
        for choice in choices
        if choice.project_id not in there or there[choice.project_id].state == State.WITHDRAWN
    ]
    if any(entry.owner is None for entry in ready):
        hold = _check_hold(session, hold, today)
    for entry in ready:
        before = there.get(entry.choice.project_id)
        if before is None:
            there[entry.choice.project_id] = _make(
                session, actor, event, results, entry, hold, today
            )
        else:
            _again(session, actor, before, entry, hold, today)
    return [there[choice.project_id].id for choice in choices]


def _checked(session: Session, results: Results, choice: Choice) -> _Ready:
    submission = results.submissions.get(choice.project_id)
    if submission is None:
        raise Conflict(
            "not_in_event",
            "One of the chosen projects was withdrawn or disqualified, or was never submitted. "
            "Nothing was promoted.",
        )
    field = f"owner-{choice.project_id}"
    owner = person_for(session, choice.owner, field) if choice.owner.strip() else None
    team = results.teams.get(submission.team_id)
    if owner is not None and team and any(member.id == owner.id for member in team.members):
        raise Invalid(
            "owner",
            f"{owner.name} is in the team of {submission.title}; somebody else must own it. "
            "Nothing was promoted.",
            field=field,
        )
    if results.is_winner(choice.project_id):
        return _Ready(choice, owner, Source.WINNER)
    check_reason(choice.reason)
    return _Ready(choice, owner, Source.NOMINATED)


def _check_hold(session: Session, hold: Hold | None, today: date) -> Hold:
    if hold is None or hold.person_id not in {person.id for person in holders(session)}:
        raise Invalid(
            "holder",
            "Name the program lead who holds what has no owner yet. Nothing was promoted.",
            field="holder",
        )
    if not today < hold.until <= today + timedelta(days=DECISION):
        raise Invalid(
            "held_until",
            f"Choose a day within {DECISION} days by which an owner is named. "
            "Nothing was promoted.",
            field="held_until",
        )
    return hold


def _make(  # noqa: PLR0917 - called once, above
    session: Session,
    actor: Actor,
    event: Event,
    results: Results,
    entry: _Ready,
    hold: Hold | None,
    today: date,
) -> Proposal:
    submission = results.submissions[entry.choice.project_id]
    team, card = results.teams.get(submission.team_id), submission.card
    made = Proposal(
        event_id=event.id,
        project_id=submission.project_id,
        source=entry.source,
        state=State.IN_REVIEW,
        title=card.title,
        zone=event.zone,
        start=event.last_day,
        author_id=team.team.captain_id if team else None,
        link=card.repo_url or card.demo_url,
        created_by_id=actor.person_id,
    )
    _give(made, entry, hold)
    session.add(made)
    session.flush()
    made.decide_by = schedule(session, made, event.last_day, today)["30d"]
    for member in team.members if team else []:
        is_lead = team is not None and member.id == team.team.captain_id
        session.add(
            ProposalMember(
                proposal_id=made.id, person_id=member.id, role=member.role, is_lead=is_lead
            )
        )
    body = canonical(evidence_for(event, results, submission.project_id))
    sha256 = hashlib.sha256(body.encode()).hexdigest()
    session.add(Evidence(proposal_id=made.id, body=body, sha256=sha256))
    say(
        session,
        actor,
        made.id,
        "proposal.promoted",
        event=event.id,
        project=submission.project_id,
        source=entry.source.value,
        evidence=sha256,
        decide_by=made.decide_by.isoformat(),
    )
    write_move(session, actor, made, verb="promote", to=State.IN_REVIEW, reason=entry.choice.reason)
    page = Page(card.title, card.problem, card.approach, card.metric, card.needed_next)
    write_page(session, actor, made, page)
    _tell(session, actor, made)
    record(
        session,
        stream=f"event:{event.id}",
        kind="project.promoted",
        actor_id=actor.person_id,
        project=submission.project_id,
        proposal=made.id,
    )
    return made


def _give(proposal: Proposal, entry: _Ready, hold: Hold | None) -> None:
    proposal.owner_id = entry.owner.id if entry.owner else None
    proposal.held_by_id = hold.person_id if hold and not entry.owner else None
    proposal.held_until = hold.until if hold and not entry.owner else None


def _tell(session: Session, actor: Actor, proposal: Proposal) -> None:
    if proposal.owner_id is not None:
        say(session, actor, proposal.id, "proposal.owned", owner=proposal.owner_id)
    elif proposal.held_by_id is not None and proposal.held_until is not None:
        until = proposal.held_until.isoformat()
        say(session, actor, proposal.id, "proposal.held", by=proposal.held_by_id, until=until)


def _again(
    session: Session,
    actor: Actor,
    before: Proposal,
    entry: _Ready,
    hold: Hold | None,
    today: date,
) -> None:
    found = held(session, actor, before.id)
    found.cycle += 1
    found.version += 1
    found.decide_by = today + timedelta(days=DECISION)
    _give(found, entry, hold)
    reason = entry.choice.reason or "promoted again"
    write_move(session, actor, found, verb=Verb.REOPEN, to=State.PROPOSED, reason=reason)
    write_move(session, actor, found, verb=Verb.REVIEW, to=State.IN_REVIEW)
    _tell(session, actor, found)
