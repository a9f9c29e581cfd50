"""Looking before booking: what a bill, or a source as it is stored, would mean."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from hackathon.credits.queries.bills import (
    BookedKey,
    Stored,
    TeamOf,
    booked_of,
    cells_of,
    rules_of,
    source_named,
    stored_of,
)
from hackathon.credits.rules import check_source
from hackathon.credits.service.bills.gate import Was, concerns_of
from hackathon.credits.service.bills.share import (
    Mapping,
    Rule,
    Shares,
    rounded,
    share,
    window_of,
)
from hackathon.credits.service.bills.stage import Cell
from hackathon.shared.clock import now
from hackathon.shared.errors import Conflict, Invalid
from hackathon.shared.money import Micros

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from sqlalchemy.orm import Session

    from hackathon.credits.models import Source
    from hackathon.credits.service.bills.reader import Scan
    from hackathon.credits.service.bills.stage import Scope, Stage

TAG_KEYS = ("team", "project", "application")
CHARGED = ("Usage", "Adjustment")

Version = tuple[int, str, str, str]
"""The newest rule, basis, categories and tag keys a mapping was made of."""


@dataclass(frozen=True)
class Settings:
    """What a source charges and by which tags; the defaults before it is known."""

    basis: str = "billed"
    charged: tuple[str, ...] = CHARGED
    tag_keys: tuple[str, ...] = TAG_KEYS


def settings_of(source: Source | None) -> Settings:
    """Those of a source."""
    if source is None:
        return Settings()
    return Settings(source.basis, _split(source.charged), _split(source.tag_keys))


def _split(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.split(",") if word)


@dataclass(frozen=True)
class Ready:
    """A mapping, of what it was made, and the teams it names."""

    mapping: Mapping
    version: Version
    teams: dict[int, TeamOf]


def mapping_of(session: Session, source: Source | None) -> Ready:
    """The mapping of a source as it is now; one statement."""
    lines = rules_of(session, source.id if source is not None else None)
    teams = {line.team.team_id: line.team for line in lines if line.team is not None}
    chosen = settings_of(source)
    rules = [
        Rule(r.id, r.kind, r.tag_key, r.value, r.team_id, r.from_day)
        for r in (line.rule for line in lines)
    ]
    windows = {key: window_of(team.starts_at, team.ends_at) for key, team in teams.items()}
    newest = max((rule.id for rule in rules), default=0)
    return Ready(
        Mapping(rules, windows, chosen.tag_keys, chosen.charged),
        (newest, chosen.basis, ",".join(chosen.charged), ",".join(chosen.tag_keys)),
        teams,
    )


@dataclass(frozen=True)
class Move:
    """What one holder has booked of these scopes, and what it will have."""

    holder: str
    team: TeamOf | None
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
    bill_id: int | None = None
    """The bill that holds all of it already."""

    @property
    def changes_nothing(self) -> bool:
        """The same content, mapped alike: nothing would be posted."""
        return not self.changed and not any(move.change for move in self.moves)


def preview_of(session: Session, *, source: str, scan: Scan, stage: Stage) -> Preview:
    """What a staged bill would mean now; four statements.

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
    shares = share(stage.cells(), ready.mapping, settings_of(known).basis, scan.lost)
    made = Preview(known.name if known else name, scan, scopes, shares, ready)
    compare(session, made, known)
    return made


def compare(
    session: Session, made: Preview, known: Source | None
) -> dict[tuple[str, date], Stored]:
    """Compare a bill with what is stored and booked; returns the stored scopes it meets."""
    wanted = {(scope.account, scope.period) for scope in made.scopes}
    stored = {
        (row.account, row.period): row
        for row in stored_of(session, accounts={scope.account for scope in made.scopes})
        if (row.account, row.period) in wanted
    }
    for row in stored.values():
        if known is None or row.source_id != known.id:
            raise Conflict(
                "owned",
                f"{row.account}, {row.period:%B %Y} is already billed by another source; "
                "the same costs would count twice. Nothing was imported.",
            )
    is_effective = settings_of(known).basis == "effective"
    pairs: list[tuple[Was | None, Was]] = []
    made.changed = []
    for scope in made.scopes:
        before = stored.get((scope.account, scope.period))
        if before is not None and before.hash == scope.digest:
            made.bill_id = before.bill_id
            continue
        made.changed.append(scope)
        total = scope.effective if is_effective else scope.billed
        after = Was(
            scope.account, scope.period, total, len(scope.days), scope.through, scope.currencies
        )
        pairs.append((_was(before, is_effective=is_effective), after))
    made.concerns = concerns_of(pairs, made.shares, made.scan.rejected, now().date())
    booked = booked_of(session, [row.scope_id for row in stored.values()])
    made.moves = _moves(made, booked)
    if made.changes_nothing:
        made.concerns = []
    return stored


def _was(before: Stored | None, *, is_effective: bool) -> Was | None:
    if before is None:
        return None
    total = Decimal(before.effective if is_effective else before.billed)
    return Was(
        before.account, before.period, total, before.days, before.through_at, before.currencies
    )


def _moves(made: Preview, booked: dict[BookedKey, Micros]) -> list[Move]:
    before: dict[tuple[str, int | None], int] = defaultdict(int)
    after: dict[tuple[str, int | None], int] = defaultdict(int)
    for (_, holder, team, _unit), amount in booked.items():
        before[holder, team] += amount
    for bucket, exactly in made.shares.buckets.items():
        after[bucket.holder, bucket.team_id] += rounded(exactly)
    return [
        Move(
            holder,
            made.ready.teams[team] if team is not None else None,
            Micros(before[holder, team]),
            Micros(after[holder, team]),
        )
        for holder, team in sorted(
            {*before, *after}, key=lambda key: (key[0] != "team", key[0], key[1] or 0)
        )
    ]


def stored_cells(session: Session, stored: Iterable[Stored]) -> Iterator[Cell]:
    """The cells of newest snapshots as the mapping takes them."""
    scope_of = {row.snapshot_id: (row.account, row.period) for row in stored}
    for cell, snapshot_id in cells_of(session, scope_of):
        yield Cell(
            *scope_of[snapshot_id], cell.day, cell.currency, cell.category, cell.charge_class,
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
    """Every newest snapshot of a source, shared; three statements."""
    ready = mapping_of(session, source)
    stored = stored_of(session, source_id=source.id)
    lost: dict[str, tuple[Decimal, Decimal]] = {}
    for said in {row.bill_id: row.lost for row in stored}.values():
        for unit, (billed, effective) in json.loads(said).items():
            one, two = lost.get(unit, (Decimal(0), Decimal(0)))
            lost[unit] = (one + Decimal(billed), two + Decimal(effective))
    shares = share(stored_cells(session, stored), ready.mapping, settings_of(source).basis, lost)
    return Whole(source, stored, shares, ready)
