"""Storing a bill: the delivery, its scopes, snapshots, cells and the rows it did not take."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import insert

from hackathon.credits.models import Bill, BillCell, BillReject, BillScope, Snapshot
from hackathon.credits.service.bills.focus import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy.orm import Session

    from hackathon.credits.models import Source
    from hackathon.credits.service.bills.look import Preview
    from hackathon.credits.service.bills.reader import ScopeName
    from hackathon.credits.service.bills.share import Shares
    from hackathon.credits.service.bills.stage import Stage
    from hackathon.people.rules import Actor

CHUNK = 2_000


def store(session: Session, actor: Actor, source: Source, preview: Preview, file_name: str) -> Bill:
    """Store a delivery and the rows it did not take."""
    scan = preview.scan
    bill = Bill(
        source_id=source.id,
        file_name=file_name[-200:],
        file_hash=scan.digest,
        files=json.dumps(scan.files or [(file_name[-200:], scan.digest)]),
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


def store_scopes(
    session: Session,
    source: Source,
    preview: Preview,
    known: Mapping[ScopeName, int],
) -> dict[ScopeName, int]:
    """Store the scopes that are new; returns their ids."""
    found = {}
    for scope in preview.changed:
        if scope.name not in known:
            row = BillScope(
                source_id=source.id, account=scope.account, period=scope.period, part=scope.part
            )
            session.add(row)
            session.flush()
            found[scope.name] = row.id
    return found


def store_cells(
    session: Session,
    bill: Bill,
    preview: Preview,
    stage: Stage,
    scopes: Mapping[ScopeName, int],
) -> None:
    """Store the snapshots of changed scopes and their cells."""
    snapshots = {}
    for scope in preview.changed:
        row = Snapshot(
            bill_id=bill.id,
            scope_id=scopes[scope.name],
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
        snapshots[scope.name] = row.id
    rows = (
        {
            "snapshot_id": snapshots[cell.account, cell.period, cell.part],
            "day": cell.day,
            "hour": cell.hour,
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
        if (cell.account, cell.period, cell.part) in snapshots
    )
    for chunk in _chunks(rows):
        session.execute(insert(BillCell), chunk)


def _chunks(rows: Iterator[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
