"""Looking before booking: what a bill, or a source as it is stored, would mean."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from hackathon.credits.queries.bills import (
    BookedKey,
    Captured,
    Stored,
    Sum,
    TeamOf,
    booked_of,
    cells_of,
    days_of,
    source_named,
    stored_of,
)
from hackathon.credits.rules import CURRENCY, check_source
from hackathon.credits.service.bills.captures import Reach, ended_by
from hackathon.credits.service.bills.gate import Was, concerns_of
from hackathon.credits.service.bills.ready import Ready, mapping_of, settings_of
from hackathon.credits.service.bills.share import Shares, rounded, share
from hackathon.credits.service.bills.stage import Cell
from hackathon.shared.clock import now
from hackathon.shared.errors import Conflict, Invalid
from hackathon.shared.money import Micros

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.orm import Session

    from hackathon.credits.models import Source
    from hackathon.credits.service.bills.reader import Scan, ScopeName
    from hackathon.credits.service.bills.stage import Scope, Stage


@dataclass(frozen=True)
class Move:
    """What one holder has booked of these scopes in one currency, and what it will have."""

    holder: str
    team: TeamOf | None
    currency: str
    before: Micros
    after: Micros

    @property
    def change(self) -> Micros:
        """The difference that is posted."""
        return Micros(self.after - self.before)


@dataclass
class Preview:
    """A bill as it would be booked."""

    source: str
    scan: Scan
    scopes: list[Scope]
    shares: Shares
    ready: Ready
    concerns: list[str] = field(default_factory=list)
    changed: list[Scope] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    ended: dict[int, list[Captured]] = field(default_factory=dict)
    """Captures that it takes the place of, by team."""
    bill_id: int | None = None
    """The bill that holds all of it already."""

    @property
    def changes_nothing(self) -> bool:
        """The same content, mapped alike: nothing would be posted."""
        return not (self.changed or self.ended or any(move.change for move in self.moves))


def preview_of(session: Session, *, source: str, scan: Scan, stage: Stage) -> Preview:
    """What a staged bill would mean now; six statements.

    Raises:
        Invalid: no source, or not one row that can be taken.
        Conflict: an account's period belongs to another source.
    """
    name = check_source(source)
    if scan.rejected and scan.rejected == scan.rows:
        first = scan.rejects[0]
        raise Invalid(
            "no_rows",
            f"Not one row can be taken; line {first.line}: {first.reason}. Nothing was imported.",
            field="file",
        )
    known = source_named(session, name)
    ready = mapping_of(session, known)
    scopes = stage.scopes(scan)
    for scope in scopes:  # a fee until the month's end is no news from there
        scope.through = min(scope.through, now())
    shares = share(stage.cells(), ready.mapping, settings_of(known).basis, scan.lost)
    made = Preview(known.name if known else name, scan, scopes, shares, ready)
    compare(session, made, known)
    return made


def compare(session: Session, made: Preview, known: Source | None) -> dict[ScopeName, Stored]:
    """Compare a bill with what is stored and booked; returns the stored scopes it meets."""
    rows = stored_of(
        session,
        source_id=known.id if known is not None else None,
        accounts={scope.account for scope in made.scopes},
    )
    _check_owned(made.scopes, rows, known)
    wanted = {scope.name for scope in made.scopes}
    stored = {row.name: row for row in rows if row.name in wanted}
    is_effective = settings_of(known).basis == "effective"
    pairs: list[tuple[Was | None, Was]] = []
    made.changed = []
    for scope in made.scopes:
        before = stored.get(scope.name)
        if before is not None and before.hash == scope.digest:
            made.bill_id = before.bill_id
            continue
        made.changed.append(scope)
        total = scope.effective if is_effective else scope.billed
        after = Was(*scope.name, total, len(scope.days), scope.through, scope.currencies)
        pairs.append((_was(before, is_effective=is_effective), after))
    made.concerns = concerns_of(pairs, made.shares, made.scan.rejected, now().date())
    booked = booked_of(session, [row.scope_id for row in stored.values()])
    made.moves = _moves(made, booked)
    made.ended = _ended(session, made, rows, known)
    if made.changes_nothing:
        made.concerns = []
    return stored


def _was(before: Stored | None, *, is_effective: bool) -> Was | None:
    if before is None:
        return None
    total = Decimal(before.effective if is_effective else before.billed)
    return Was(*before.name, total, before.days, before.through_at, before.currencies)


def _check_owned(scopes: list[Scope], rows: list[Stored], known: Source | None) -> None:
    """An account's period is billed by one source, and a file counts once.

    Raises:
        Conflict: another source bills it, or the same rows came as another file.
    """
    wanted = {(scope.account, scope.period) for scope in scopes}
    parts = {(scope.account, scope.period, scope.digest): scope for scope in scopes if scope.part}
    for row in rows:
        if (row.account, row.period) not in wanted:
            continue
        if known is None or row.source_id != known.id:
            raise Conflict(
                "owned",
                f"{row.account}, {row.period:%B %Y} is already billed by another source; "
                "the same costs would count twice. Nothing was imported. Hand the account over "
                "on the page of that source if this one bills it from now on.",
            )
        same = parts.get((row.account, row.period, row.hash))
        if same is not None and same.part != row.part:
            raise Conflict(
                "same_rows",
                f"{same.part} has the same rows as {row.part or 'a file'}, which is booked; "
                "they would count twice. Nothing was imported.",
            )


def _ended(
    session: Session, made: Preview, rows: list[Stored], known: Source | None
) -> dict[int, list[Captured]]:
    """The captures that the source's bills hold once this one is booked."""
    fresh = {scope.name for scope in made.scopes}
    own = [
        row
        for row in rows
        if known is not None and row.source_id == known.id and row.name not in fresh
    ]
    reach = reach_of(session, known, own)
    for scope in made.scopes:
        reach.add(scope.period, scope.through)
        if reach.days is not None:
            reach.days |= scope.days
    return ended_by(session, made.source, known, reach, made.shares.teams())


def reach_of(session: Session, source: Source | None, rows: Iterable[Stored]) -> Reach:
    """How far newest snapshots reach; where files are appended, only on days they have."""
    kept = list(rows)
    reach = Reach()
    if settings_of(source).appends:
        reach.days = days_of(session, [row.snapshot_id for row in kept])
    for row in kept:
        reach.add(row.period, row.through_at)
    return reach


def _moves(made: Preview, booked: dict[BookedKey, Sum]) -> list[Move]:
    before: dict[tuple[str, str, int | None], int] = defaultdict(int)
    after: dict[tuple[str, str, int | None], int] = defaultdict(int)
    for key, sums in booked.items():
        before[key.currency, key.holder, key.team_id] += sums.amount
    for bucket, exactly in made.shares.buckets.items():
        after[bucket.currency, bucket.holder, bucket.team_id] += rounded(exactly)
    return [
        Move(
            holder,
            made.ready.teams[team] if team is not None else None,
            unit,
            Micros(before[unit, holder, team]),
            Micros(after[unit, holder, team]),
        )
        for unit, holder, team in sorted(
            {*before, *after},
            key=lambda key: (key[0] != CURRENCY, key[0], key[1] != "team", key[1], key[2] or 0),
        )
    ]


def stored_cells(session: Session, stored: Iterable[Stored]) -> Iterator[Cell]:
    """The cells of newest snapshots as the mapping takes them."""
    scope_of = {row.snapshot_id: row.name for row in stored}
    for cell, snapshot_id in cells_of(session, scope_of):
        yield Cell(
            *scope_of[snapshot_id], cell.day, cell.hour, cell.currency, cell.category, cell.charge_class,
            cell.provider, cell.service, cell.sub_account, cell.tags, cell.rows,
            Decimal(cell.billed), Decimal(cell.effective), Decimal(cell.listed),
        )  # fmt: skip


@dataclass(frozen=True)
class Whole:
    """A source as it is stored, mapped as it is now."""

    source: Source
    stored: list[Stored]
    shares: Shares
    ready: Ready


def whole_of(session: Session, source: Source) -> Whole:
    """Every newest snapshot of a source, shared; four statements."""
    ready = mapping_of(session, source)
    stored = stored_of(session, source_id=source.id)
    lost: dict[str, tuple[Decimal, Decimal]] = {}
    for said in {row.bill_id: row.lost for row in stored}.values():
        for unit, (billed, effective) in json.loads(said).items():
            one, two = lost.get(unit, (Decimal(0), Decimal(0)))
            lost[unit] = (one + Decimal(billed), two + Decimal(effective))
    shares = share(stored_cells(session, stored), ready.mapping, settings_of(source).basis, lost)
    return Whole(source, stored, shares, ready)
