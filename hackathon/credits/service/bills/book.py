"""Booking: a bill is stored and its differences posted, all in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import IntegrityError

from hackathon.credits.models import Source
from hackathon.credits.queries.bills import stored_of
from hackathon.credits.rules import check_source
from hackathon.credits.service.bills.look import compare, mapping_of, reach_of, whole_of
from hackathon.credits.service.bills.posting import Aim, post_differences
from hackathon.credits.service.bills.store import store, store_cells, store_scopes
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, NotAllowed
from hackathon.shared.facts import record

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.credits.service.bills.look import Preview, Whole
    from hackathon.credits.service.bills.stage import Stage
    from hackathon.people.rules import Actor


@dataclass(frozen=True)
class Booked:
    """What came of a bill: its id, and how many postings were made."""

    bill_id: int | None
    postings: int


def hold_source(session: Session, name: str, event_id: int | None = None) -> Source:
    """The source of a name, made where missing, held until the commit.

    Raises:
        Invalid: no name, or too long.
    """
    clean = check_source(name)
    found = lock(session, Source, name_key=clean.casefold())
    if found is None:
        try:
            with session.begin_nested():
                session.add(Source(name=clean, name_key=clean.casefold(), event_id=event_id))
                session.flush()
        except IntegrityError:  # somebody made it at the same moment
            pass
        found = lock(session, Source, name_key=clean.casefold())
    if found is None:
        raise RuntimeError(clean)
    return found


def say_of(session: Session, actor: Actor, source: Source, kind: str, **body: Any) -> None:  # noqa: ANN401 - as `record`
    """Record a fact on a source's stream."""
    stream = f"bills:{source.id}"
    record(session, stream=stream, kind=kind, actor_id=actor.person_id, **body)


def apply_bill(
    session: Session,
    actor: Actor,
    *,
    preview: Preview,
    stage: Stage,
    file_name: str,
    event_id: int | None = None,
    confirmed: bool = False,
) -> Booked:
    """Store a bill and post what differs from what is booked.

    Args:
        session: An open transaction.
        actor: Who acts; organizes every event whose teams it reaches.
        preview: What was shown; made without a transaction, checked again here.
        stage: Its cells.
        file_name: As it was uploaded.
        event_id: From which event's pages; None for the command line.
        confirmed: Whether the concerns were seen.

    Raises:
        NotAllowed: it reaches teams of an event the actor does not organize.
        Conflict: the mapping changed since, a concern is not confirmed, or an account
            belongs to another source.
    """
    source = hold_source(session, preview.source, event_id)
    check_own(actor, source, event_id)
    if mapping_of(session, source).version != preview.ready.version:
        raise Conflict(
            "mapping_changed",
            "The mapping was changed meanwhile; look at the bill again. Nothing was booked.",
        )
    stored = compare(session, preview, source)
    if preview.concerns and not confirmed:
        raise Conflict("not_confirmed", _unconfirmed(preview), concerns=preview.concerns)
    if preview.changes_nothing:
        say_of(session, actor, source, "bill.repeated", file=preview.scan.digest)
        return Booked(preview.bill_id, 0)
    bill = store(session, actor, source, preview, file_name) if preview.changed else None
    scopes = {key: row.scope_id for key, row in stored.items()}
    if bill is not None:
        scopes |= store_scopes(session, source, preview, scopes)
        store_cells(session, bill, preview, stage, scopes)
    throughs = {scope.name: scope.through for scope in preview.scopes}
    reach = reach_of(session, source, stored_of(session, source_id=source.id))
    aim = Aim(preview.shares, preview.ready.teams, scopes, throughs, reach, bill)
    made = post_differences(session, actor, source, aim)
    said = {"bill": bill.id if bill else None, "rows": preview.scan.rows, "postings": made}
    say_of(session, actor, source, "bill.applied", file=preview.scan.digest, **said)
    return Booked(bill.id if bill else preview.bill_id, made)


def check_own(actor: Actor, source: Source, event_id: int | None) -> None:
    """A source is imported where it was set up, or by a program lead.

    Raises:
        NotAllowed: it was set up elsewhere.
    """
    if not (actor.is_program_lead or source.event_id == event_id):
        raise NotAllowed(
            "other_source",
            "This source was set up elsewhere; ask a program lead to import its bill, or give "
            "yours another name. Nothing was imported.",
        )


def _unconfirmed(preview: Preview) -> str:
    return "This needs a second look before it is booked; nothing was. " + " ".join(
        preview.concerns
    )


def aim_at(session: Session, whole: Whole) -> Aim:
    """What a source as it is stored should have booked."""
    return Aim(
        whole.shares,
        whole.ready.teams,
        {row.name: row.scope_id for row in whole.stored},
        {row.name: row.through_at for row in whole.stored},
        reach_of(session, whole.source, whole.stored),
    )


def remap(session: Session, actor: Actor, source: Source) -> int:
    """Post what the mapping as it is now changes in what is booked; returns the postings.

    The source is held. No file is needed.

    Raises:
        NotAllowed: it reaches teams of an event the actor does not organize.
    """
    return post_differences(session, actor, source, aim_at(session, whole_of(session, source)))
