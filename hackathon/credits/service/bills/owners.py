"""Who bills an account: one source at a time, until an organizer hands it over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hackathon.credits.models import BillScope, Source
from hackathon.credits.queries.bills import source_of, stored_of
from hackathon.credits.service.bills.book import aim_at, check_own, hold_source, remap, say_of
from hackathon.credits.service.bills.look import whole_of
from hackathon.credits.service.bills.posting import post_differences
from hackathon.credits.service.bills.share import Shares
from hackathon.credits.service.ledger import own_event
from hackathon.events.rules import check_reason
from hackathon.shared.db import lock
from hackathon.shared.errors import Invalid, NotFound
from hackathon.shared.facts import note

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def hand_over(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    source_id: int,
    account: str,
    to: str,
    reason: str,
) -> int:
    """Let another source bill an account from now on; returns the postings.

    Everything booked of it leaves the one source and enters the other, by the other's rules;
    the next bill of the other takes its place. Made where missing, the other has no rules.

    Raises:
        NotAllowed: either source was set up elsewhere, or another event's teams are reached.
        NotFound: the event has no such source, or the source no such account.
        Invalid: the same source, no name, or no reason.
    """
    source = source_of(session, actor, event_id, source_id)
    own_event(session, actor, event_id)
    clean = check_reason(reason)
    target_id = hold_source(session, to, source.event_id).id
    if target_id == source.id:
        raise Invalid("source", "Name another source; this one bills it already.", field="to")
    held = {one: lock(session, Source, id=one) for one in sorted((source.id, target_id))}
    source, target = held[source.id] or source, held[target_id]
    if target is None:
        raise NotFound("no_such_source", "This source is gone; nothing was changed.")
    for one in (source, target):
        check_own(actor, one, event_id)
    whole = whole_of(session, source)
    moving = {row.name: row for row in whole.stored if row.account == account}
    if not moving:
        raise NotFound("no_such_account", f"{source.name} bills no account {account}.")
    told = note(session, clean)
    everything = aim_at(session, whole)
    nothing = replace(
        everything,
        shares=Shares(),
        scopes={name: row.scope_id for name, row in moving.items()},
        throughs={name: row.through_at for name, row in moving.items()},
    )
    made = post_differences(session, actor, source, nothing)
    for row in moving.values():
        session.get_one(BillScope, row.scope_id).source_id = target.id
    session.flush()
    made += remap(session, actor, target)
    for one, other in ((source, target), (target, source)):
        say_of(
            session, actor, one, "account.handed_over",
            account=account, other=other.id, to=target.id, postings=made, reason=told,
        )  # fmt: skip
    return made


def accounts_of(session: Session, source_id: int) -> list[str]:
    """The accounts a source bills."""
    rows = stored_of(session, source_id=source_id)
    return sorted({row.account for row in rows if row.source_id == source_id})
