"""Booking: a bill is stored and its differences posted, all in one transaction."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from hackathon.credits import rules
from hackathon.credits.models import (
    Account,
    Bill,
    BillCell,
    BillReject,
    BillScope,
    Booking,
    Entry,
    Posting,
    Snapshot,
    Source,
)
from hackathon.credits.queries.bills import BookedKey, booked_of
from hackathon.credits.queries.ledger import BILLED
from hackathon.credits.rules import CURRENCY, Deed, Kind, State, check_source
from hackathon.credits.service.bills.focus import plain
from hackathon.credits.service.bills.look import Preview, compare, mapping_of, whole_of
from hackathon.credits.service.bills.share import Shares, rounded
from hackathon.credits.service.holds import release_billed
from hackathon.credits.service.ledger import Order, hold_team, own_event, post, state_of
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, NotAllowed
from hackathon.shared.facts import record
from hackathon.shared.money import Micros

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from hackathon.credits.queries.bills import TeamOf
    from hackathon.credits.service.bills.stage import Stage
    from hackathon.events.models import Event
    from hackathon.people.rules import Actor

CHUNK = 2_000
HolderKey = tuple[str, "int | None", str]
"""Holder, team, currency."""


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
    _check_source_is_own(actor, source, event_id)
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
    bill = _store(session, actor, source, preview, file_name) if preview.changed else None
    scopes = {key: row.scope_id for key, row in stored.items()}
    if bill is not None:
        scopes |= _store_scopes(session, source, preview, scopes)
        _store_cells(session, bill, preview, stage, scopes)
    throughs = {(scope.account, scope.period): scope.through for scope in preview.scopes}
    made = _post_differences(
        session, actor, source, preview.shares, preview.ready.teams, scopes, throughs, bill
    )
    said = {"bill": bill.id if bill else None, "rows": preview.scan.rows, "postings": made}
    say_of(session, actor, source, "bill.applied", file=preview.scan.digest, **said)
    return Booked(bill.id if bill else preview.bill_id, made)


def _check_source_is_own(actor: Actor, source: Source, event_id: int | None) -> None:
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


def _store(
    session: Session, actor: Actor, source: Source, preview: Preview, file_name: str
) -> Bill:
    scan = preview.scan
    bill = Bill(
        source_id=source.id,
        file_name=file_name[-200:],
        file_hash=scan.digest,
        version=scan.version,
        rows=scan.rows,
        rejected=scan.rejected,
        lost=json.dumps({unit: [plain(a), plain(b)] for unit, (a, b) in scan.lost.items()}),
        totals=json.dumps(totals_of(preview.shares)),
        warnings=json.dumps(scan.warnings),
        concerns=json.dumps(preview.concerns),
        applied_by_id=actor.person_id,
    )
    session.add(bill)
    session.flush()
    rows = [
        {
            "bill_id": bill.id,
            "line": row.line,
            "reason": row.reason,
            "currency": row.currency,
            "billed": plain(row.billed),
            "effective": plain(row.effective),
        }
        for row in scan.rejects
    ]
    if rows:
        session.execute(insert(BillReject), rows)
    return bill


def totals_of(shares: Shares) -> dict[str, dict[str, str]]:
    """The control totals by currency, as exact text."""
    return {
        unit: {
            "file": plain(sums.file),
            "teams": plain(sums.teams),
            "unallocated": plain(sums.unallocated),
            "excluded": plain(sums.excluded),
            "rejected": plain(sums.rejected),
        }
        for unit, sums in shares.sums.items()
    }


def _store_scopes(
    session: Session,
    source: Source,
    preview: Preview,
    known: Mapping[tuple[str, date], int],
) -> dict[tuple[str, date], int]:
    found = {}
    for scope in preview.changed:
        key = (scope.account, scope.period)
        if key not in known:
            row = BillScope(source_id=source.id, account=scope.account, period=scope.period)
            session.add(row)
            session.flush()
            found[key] = row.id
    return found


def _store_cells(
    session: Session,
    bill: Bill,
    preview: Preview,
    stage: Stage,
    scopes: Mapping[tuple[str, date], int],
) -> None:
    snapshots = {}
    for scope in preview.changed:
        row = Snapshot(
            bill_id=bill.id,
            scope_id=scopes[scope.account, scope.period],
            hash=scope.digest,
            rows=scope.rows,
            days=len(scope.days),
            billed=plain(scope.billed),
            effective=plain(scope.effective),
            currencies=",".join(scope.currencies),
            through_at=scope.through,
        )
        session.add(row)
        session.flush()
        snapshots[scope.account, scope.period] = row.id
    rows = (
        {
            "snapshot_id": snapshots[cell.account, cell.period],
            "day": cell.day,
            "currency": cell.currency,
            "category": cell.category,
            "charge_class": cell.class_,
            "provider": cell.provider,
            "service": cell.service,
            "sub_account": cell.sub_account,
            "tags": cell.tags,
            "rows": cell.rows,
            "billed": plain(cell.billed),
            "effective": plain(cell.effective),
            "listed": plain(cell.listed),
        }
        for cell in stage.cells()
        if (cell.account, cell.period) in snapshots
    )
    for chunk in _chunks(rows):
        session.execute(insert(BillCell), chunk)


def _chunks(rows: Iterator[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def remap(session: Session, actor: Actor, source: Source) -> int:
    """Post what the mapping as it is now changes in what is booked; returns the postings.

    The source is held. No file is needed.

    Raises:
        NotAllowed: it reaches teams of an event the actor does not organize.
    """
    whole = whole_of(session, source)
    scopes = {(row.account, row.period): row.scope_id for row in whole.stored}
    throughs = {(row.account, row.period): row.through_at for row in whole.stored}
    return _post_differences(
        session, actor, source, whole.shares, whole.ready.teams, scopes, throughs, None
    )


def _post_differences(  # noqa: PLR0917 - one deed, told whole
    session: Session,
    actor: Actor,
    source: Source,
    shares: Shares,
    teams: Mapping[int, TeamOf],
    scopes: Mapping[tuple[str, date], int],
    throughs: Mapping[tuple[str, date], datetime],
    bill: Bill | None,
) -> int:
    changes = _changes(shares, scopes, booked_of(session, scopes.values()))
    reach = {scopes[key]: through for key, through in throughs.items() if key in scopes}
    run = uuid.uuid4().hex
    nets: dict[HolderKey, int] = defaultdict(int)
    ends: dict[HolderKey, datetime] = {}
    for (scope_id, holder, team_id, unit), amount in changes.items():
        key = (holder, team_id, unit)
        nets[key] += amount
        ends[key] = max(reach[scope_id], ends.get(key, reach[scope_id]))
    entries: dict[HolderKey, Entry] = {}
    for key, team in _in_order(nets, teams):
        event = own_event(session, actor, team.event_id)
        if nets[key]:
            entries[key] = _charge(session, actor, source, event, team, nets[key], ends[key], run)
    for key in sorted(key for key in nets if key[1] is None and nets[key]):
        entries[key] = _clear(session, actor, source, key, nets[key], ends[key], run)
    for (scope_id, holder, team_id, unit), amount in changes.items():
        entry = entries.get((holder, team_id, unit))
        session.add(
            Booking(
                scope_id=scope_id,
                bill_id=bill.id if bill is not None else None,
                run=run,
                holder=holder,
                team_id=team_id,
                currency=unit,
                amount=amount,
                entry_id=entry.id if entry is not None else None,
            )
        )
    session.flush()
    return sum(entry.lines for entry in entries.values())


def _in_order(
    nets: Mapping[HolderKey, int], teams: Mapping[int, TeamOf]
) -> list[tuple[HolderKey, TeamOf]]:
    """The teams among holders, in the order their rows are locked."""
    named = [(key, teams[key[1]]) for key in nets if key[1] is not None]
    return sorted(named, key=lambda pair: (pair[1].event_id, pair[1].team_id))


def _changes(
    shares: Shares, scopes: Mapping[tuple[str, date], int], booked: Mapping[BookedKey, Micros]
) -> dict[BookedKey, Micros]:
    """Target less booked, of each bucket where it is not zero."""
    targets: dict[BookedKey, int] = defaultdict(int)
    for bucket, exactly in shares.buckets.items():
        key = (
            scopes[bucket.account, bucket.period],
            bucket.holder,
            bucket.team_id,
            bucket.currency,
        )
        targets[key] += rounded(exactly)
    return {
        key: Micros(change)
        for key in sorted({*targets, *booked}, key=str)
        if (change := targets.get(key, 0) - booked.get(key, 0))
    }


def _charge(  # noqa: PLR0917 - one deed, told whole
    session: Session,
    actor: Actor,
    source: Source,
    event: Event,
    team: TeamOf,
    net: int,
    through: datetime,
    run: str,
) -> Entry:
    """A team's difference: more is charged, never refused; less is refunded.

    As with a charge by hand, open holds of the source end up to the amount, and the pool
    pays and gets what comes after the team's credits were closed.
    """
    hold_team(session, team.event_id, team.team_id)
    is_closed = state_of(session, event, team.team_id) is State.CLOSED
    amount = Micros(abs(net))
    order = Order(
        team.event_id,
        Deed.CHARGE if net > 0 else Deed.REFUND,
        amount,
        f"{BILLED}{run}/{team.team_id}",
        run,
        team_id=team.team_id,
        source=source.name,
        through_at=through,
        is_closed=is_closed,
    )
    legs = rules.charge if net > 0 else rules.refund
    if net > 0:
        release_billed(session, actor, order)
    entry, _ = post(session, actor, order, lambda before: legs(amount, before, is_closed=is_closed))
    return entry


def _clear(  # noqa: PLR0917 - one deed, told whole
    session: Session,
    actor: Actor,
    source: Source,
    holder: HolderKey,
    net: int,
    through: datetime,
    run: str,
) -> Entry:
    """Costs without a team, against the source's clearing account."""
    kind, unit = Kind(holder[0]), holder[2]
    held = _source_accounts(session, source, (kind, Kind.CLEARING), unit)
    entry = Entry(
        key=f"{BILLED}{run}/{kind.value}/{unit}",
        digest=run,
        deed=Deed.BILL,
        amount=Micros(abs(net)),
        lines=1,
        source=source.name,
        through_at=through,
        made_by_id=actor.person_id,
    )
    session.add(entry)
    session.flush()
    first, second = (Kind.CLEARING, kind) if net > 0 else (kind, Kind.CLEARING)
    session.add(
        Posting(
            entry_id=entry.id,
            line=1,
            from_id=held[first].id,
            to_id=held[second].id,
            amount=entry.amount,
        )
    )
    session.flush()
    return entry


def _source_accounts(
    session: Session, source: Source, kinds: Iterable[Kind], unit: str
) -> dict[Kind, Account]:
    """A source's accounts of one currency, made where missing; the source is held."""
    tail = "" if unit == CURRENCY else f":{unit}"
    names = {f"{kind.value}:{source.id}{tail}": kind for kind in kinds}
    query = select(Account).where(Account.name.in_(names)).order_by(Account.id)
    there = {row.name for row in session.scalars(query)}
    for name, kind in names.items():
        if name not in there:
            session.add(Account(name=name, kind=kind, source_id=source.id, currency=unit))
    session.flush()
    return {Kind(row.kind): row for row in session.scalars(query.with_for_update())}
