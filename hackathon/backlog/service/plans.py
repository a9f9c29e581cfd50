"""Ideas, pages, owners, success criteria and check-ins: all that is not a transition."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.backlog.models import CheckIn, Proposal, ProposalPage
from hackathon.backlog.queries.proposals import asker_of, members_of, today_of
from hackathon.backlog.rules import (
    LIVING,
    LONGEST_TEXT,
    OPEN,
    Page,
    Source,
    State,
    Who,
    check_page,
    check_time_box,
    lines_of,
)
from hackathon.backlog.service.history import held, say, write_move
from hackathon.events.rules import check_reason
from hackathon.people.queries import by_email
from hackathon.shared.clock import now
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import note

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

    from hackathon.people.models import Person
    from hackathon.people.rules import Actor

MOST_CRITERIA = 5


def write_page(session: Session, actor: Actor, proposal: Proposal, page: Page) -> None:
    """Add a version of the one page, from the number the proposal has now."""
    proposal.title = page.title
    session.add(
        ProposalPage(
            proposal_id=proposal.id,
            number=proposal.page,
            title=page.title,
            problem=page.problem,
            approach=page.approach,
            impact=page.impact,
            needs=page.needs,
            saved_by_id=actor.person_id,
        )
    )
    session.flush()
    say(session, actor, proposal.id, "proposal.written", page=proposal.page)


def write_idea(session: Session, actor: Actor, *, page: Page) -> Proposal:
    """Begin a proposal that comes from no event; a draft that only its author sees.

    Raises:
        Invalid: no title, or more than one page.
    """
    check_page(page)
    made = Proposal(
        source=Source.IDEA,
        state=State.DRAFT,
        title=page.title,
        zone=actor.zone or "UTC",
        author_id=actor.person_id,
        created_by_id=actor.person_id,
    )
    session.add(made)
    session.flush()
    write_page(session, actor, made, page)
    write_move(session, actor, made, verb="write", to=State.DRAFT)
    return made


def save_page(
    session: Session, actor: Actor, *, proposal_id: int, version: int, page: Page
) -> None:
    """Write the page anew; the earlier versions stay.

    Raises:
        NotAllowed: not the author, the team's lead, the owner or a reviewer.
        Conflict: somebody was faster, or the proposal is closed.
    """
    found = _of(
        session, actor, proposal_id, version, {Who.AUTHOR, Who.LEAD, Who.OWNER, Who.REVIEWER}
    )
    if found.state not in LIVING:
        raise Conflict("closed", "This proposal is closed; its page stays as it is.")
    found.page += 1
    found.version += 1
    write_page(session, actor, found, check_page(page))


def _of(
    session: Session, actor: Actor, proposal_id: int, version: int | None, who: Collection[Who]
) -> Proposal:
    found = held(session, actor, proposal_id, version)
    asker = asker_of(actor, found, members_of(session, found.id))
    if not asker.roles & set(who):
        words = " or ".join(sorted(who))
        raise NotAllowed("not_yours", f"That is for the {words}; nothing was changed.")
    return found


def set_plan(
    session: Session,
    actor: Actor,
    *,
    proposal_id: int,
    version: int,
    criteria: str,
    time_box_days: int | None,
) -> None:
    """The owner says what success is and how long it may take.

    Args:
        session: An open transaction.
        actor: The outcome owner.
        proposal_id: Which proposal.
        version: As the owner saw it.
        criteria: One a line; at most five.
        time_box_days: 1 to 90.

    Raises:
        NotAllowed: not the outcome owner.
        Conflict: somebody was faster, or it is past review.
        Invalid: no criterion, too many, or no such time box.
    """
    found = _of(session, actor, proposal_id, version, {Who.OWNER})
    if found.state not in OPEN:
        raise Conflict("decided", "It is past review; criteria and time box are fixed.")
    lines = lines_of(criteria)
    if not 1 <= len(lines) <= MOST_CRITERIA or len(criteria) > LONGEST_TEXT:
        raise Invalid(
            "criteria",
            f"Say what success is: one to {MOST_CRITERIA} criteria, one a line.",
            field="criteria",
        )
    found.time_box_days = check_time_box(time_box_days)
    found.criteria = json.dumps(lines, ensure_ascii=False)
    found.criteria_by_id = actor.person_id
    found.version += 1
    say(session, actor, found.id, "proposal.planned", criteria=len(lines), days=found.time_box_days)


def person_for(session: Session, address: str, field: str) -> Person:
    """A person by address who can be given something to own.

    Raises:
        Invalid: nobody here has that address.
    """
    person = None
    if "@" in address:
        person = by_email(session, address)
    if person is None or person.disabled_at is not None:
        raise Invalid(
            "owner",
            f"Nobody here has the address {address.strip()[:100]}. Nothing was changed; check "
            "the spelling, or leave it empty.",
            field=field,
        )
    return person


def change_owner(
    session: Session, actor: Actor, *, proposal_id: int, version: int, address: str, reason: str
) -> None:
    """Name the outcome owner, or hand over; criteria are then the new owner's to set.

    Raises:
        NotAllowed: not the owner, an organizer of its event or a reviewer.
        Conflict: somebody was faster, or it is closed.
        Invalid: nobody has that address, or the person is in the team.
    """
    found = _of(session, actor, proposal_id, version, {Who.OWNER, Who.ORGANIZER, Who.REVIEWER})
    if found.state not in LIVING | {State.PRODUCTION}:
        raise Conflict("closed", "This proposal is closed; it needs no owner.")
    person = person_for(session, address, "owner")
    if any(member.id == person.id for member in members_of(session, found.id)):
        raise Invalid(
            "owner", f"{person.name} is in the team; somebody else must own it.", field="owner"
        )
    told = note(session, check_reason(reason)) if found.owner_id is not None else None
    if found.owner_id == person.id:
        raise Invalid("owner", f"{person.name} owns it already.", field="owner")
    found.owner_id, found.held_by_id, found.held_until = person.id, None, None
    found.version += 1
    session.flush()
    body = {"reason": told} if told else {}
    say(session, actor, found.id, "proposal.owned", owner=person.id, **body)


def answer_check_in(
    session: Session,
    actor: Actor,
    *,
    proposal_id: int,
    key: str,
    changed: str,
    number_now: str,
    in_the_way: str,
) -> None:
    """Answer the three fields of a check-in; it is answered once.

    Raises:
        NotAllowed: not the owner, the team's lead or a reviewer.
        NotFound: there is no such check-in.
        Conflict: it has been answered.
        Invalid: nothing was said, or too much.
    """
    found = _of(session, actor, proposal_id, None, {Who.OWNER, Who.LEAD, Who.REVIEWER})
    row = session.scalar(select(CheckIn).filter_by(proposal_id=found.id, key=key))
    if row is None:
        raise NotFound("no_such_check_in", "This proposal has no such check-in.")
    if row.done_at is not None:
        raise Conflict("answered", "This check-in has been answered; nothing was changed.")
    given = {"changed": changed, "number_now": number_now, "in_the_way": in_the_way}
    for name, text in given.items():
        if not text.strip():
            raise Invalid(name, "A word here, please; “nothing” is an answer.", field=name)
        if len(text) > LONGEST_TEXT:
            raise Invalid(name, f"At most {LONGEST_TEXT:,} characters.", field=name)
        setattr(row, name, text.strip())
    row.done_at, row.done_by_id = now(), actor.person_id
    late = (today_of(found) - row.due_on).days
    say(session, actor, found.id, "check_in.answered", key=key, days_late=max(0, late))
