"""The stage: a small SQLite file beside an uploaded bill, with its cells and its summary.

Nothing of a bill is in the database of the program before it is applied.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from decimal import Context, Decimal, localcontext
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from hackathon.credits.service.bills.focus import plain
from hackathon.credits.service.bills.reader import Reader
from hackathon.credits.service.bills.scan import MODULUS, Reject, Scan
from hackathon.shared.clock import utc_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from hackathon.credits.service.bills.scan import ScopeName

EXACT = Context(prec=120)
COLUMNS = (
    "account, period, part, day, hour, currency, category, class, provider, service, sub_account,"
    " tags, rows, billed, effective, listed"
)
INSERT = "INSERT INTO {} VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
KEYS = ", ".join(str(number) for number in range(1, 13))
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Cell(NamedTuple):
    """Rows of one scope that agree in all that matters, added up exactly."""

    account: str
    period: date
    part: str
    day: date
    hour: int
    currency: str
    category: str
    class_: str
    provider: str
    service: str
    sub_account: str
    tags: str
    rows: int
    billed: Decimal
    effective: Decimal
    listed: Decimal


@dataclass
class Scope:
    """A billing account's billing period (or one file of it) as a delivery has it."""

    account: str
    period: date
    part: str
    rows: int = 0
    hash: int = 0
    days: set[date] = field(default_factory=set)
    through: datetime = NEVER
    billed: Decimal = Decimal(0)
    effective: Decimal = Decimal(0)
    currencies: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The hash as text."""
        return f"{self.hash:032x}"

    @property
    def name(self) -> ScopeName:
        """What tells it from others."""
        return self.account, self.period, self.part


def digest_of(cell: Cell) -> int:
    """The hash of one cell.

    Those of a scope are added modulo 2^128, so that neither the order of the rows nor the
    packing of the file matters, only what is booked; nor its name, nor an hour nobody kept.
    """
    kept = (*cell[:2], *cell[3:4], *(cell[4:5] if cell.hour else ()), *cell[5:])
    said = "\x1d".join(plain(part) if isinstance(part, Decimal) else str(part) for part in kept)
    return _number(said)


def _number(said: str) -> int:
    return int.from_bytes(hashlib.blake2b(said.encode(), digest_size=16).digest(), "big")


class Stage:
    """Cells on disk."""

    def __init__(self, path: Path) -> None:
        self._rows = sqlite3.connect(path, isolation_level=None)
        self._rows.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -4000;"
            "PRAGMA temp_store = FILE;"
            f"CREATE TABLE IF NOT EXISTS aside ({COLUMNS});"
            f"CREATE TABLE IF NOT EXISTS cells ({COLUMNS});"
            "CREATE TABLE IF NOT EXISTS summary (body)"
        )

    def put_aside(self, cells: Iterable[Sequence[object]]) -> None:
        """Write cells whose rows may go on elsewhere; `join` adds them up."""
        self._rows.execute("BEGIN")
        self._rows.executemany(INSERT.format("aside"), cells)
        self._rows.execute("COMMIT")

    def forget(self) -> None:
        """Forget what was put aside."""
        self._rows.execute("DELETE FROM aside")

    def take(self, others: Sequence[Path]) -> None:
        """Add up the cells of other stages, joined ones and such as were put aside."""
        for path in others:
            self._rows.execute("ATTACH ? AS other", [str(path)])
            for table in ("aside", "cells"):
                self._rows.execute(f"INSERT INTO aside SELECT * FROM other.{table}")  # noqa: S608 - our own text
            self._rows.execute("DETACH other")
        self.join()

    def join(self) -> None:
        """Add up what was put aside."""
        found = self._rows.execute(f"SELECT * FROM aside ORDER BY {KEYS}")  # noqa: S608 - our own text
        self._rows.execute("BEGIN")
        self._rows.executemany(INSERT.format("cells"), _added(found))
        self._rows.execute("COMMIT")
        self.forget()

    def cells(self) -> Iterator[Cell]:
        """Every cell, in no order that matters."""
        for row in self._rows.execute("SELECT * FROM cells"):
            yield Cell(
                row[0],
                date.fromisoformat(row[1]),
                row[2],
                date.fromisoformat(row[3]),
                *row[4:13],
                *map(Decimal, row[13:]),
            )

    def scopes(self, scan: Scan) -> list[Scope]:
        """The scopes of the file, added up."""
        found: dict[ScopeName, Scope] = {}
        through = {**scan.long_through, **scan.through}
        with localcontext(EXACT):
            for cell in self.cells():
                name = (cell.account, cell.period, cell.part)
                scope = found.setdefault(name, Scope(*name, through=through.get(name, NEVER)))
                scope.rows += cell.rows
                scope.hash = (scope.hash + digest_of(cell)) % MODULUS
                scope.days.add(cell.day)
                scope.billed += cell.billed
                scope.effective += cell.effective
                scope.currencies = tuple(sorted({*scope.currencies, cell.currency}))
        ordered = [found[name] for name in sorted(found)]
        lost = dict(scan.lost_hash)
        for scope in ordered:  # through when, and once a part which rows were rejected, count, too
            end = _number(utc_text(scope.through))
            scope.hash = (scope.hash + end + lost.pop(scope.part, 0)) % MODULUS
        return ordered

    def keep(self, scan: Scan) -> None:
        """Write the summary."""
        body = {
            **asdict(scan),
            "rejects": [[r.line, r.reason, r.currency, str(r.billed), str(r.effective)] for r in scan.rejects],
            "lost": {unit: [str(a), str(b)] for unit, (a, b) in scan.lost.items()},
            "through": _packed(scan.through),
            "long_through": _packed(scan.long_through),
        }  # fmt: skip
        self._rows.execute("INSERT INTO summary VALUES (?)", [json.dumps(body)])

    def scan(self) -> Scan | None:
        """The summary; None while the file is still being read."""
        row = self._rows.execute("SELECT body FROM summary").fetchone()
        if row is None:
            return None
        body = json.loads(row[0])
        body["rejects"] = [
            Reject(line, why, unit, Decimal(billed), Decimal(effective))
            for line, why, unit, billed, effective in body["rejects"]
        ]
        body["lost"] = {u: (Decimal(a), Decimal(b)) for u, (a, b) in body["lost"].items()}
        for name in ("through", "long_through"):
            body[name] = {
                (account, date.fromisoformat(period), part): datetime.fromisoformat(moment)
                for account, period, part, moment in body[name]
            }
        body["files"] = [(name, digest) for name, digest in body["files"]]
        return Scan(**body)

    def close(self) -> None:
        """Close the file."""
        self._rows.close()


def _packed(found: dict[ScopeName, datetime]) -> list[list[str]]:
    return [[a, period.isoformat(), part, utc_text(t)] for (a, period, part), t in found.items()]


def _added(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[object, ...]]:
    for key, group in groupby(rows, lambda row: row[:12]):
        count, *sums = 0, Decimal(0), Decimal(0), Decimal(0)
        with localcontext(EXACT):
            for row in group:
                count += row[12]
                sums = [total + Decimal(more) for total, more in zip(sums, row[13:], strict=True)]
        yield (*key, count, *map(plain, sums))


def read_file(
    path: Path,
    stage: Path,
    tag_keys: Sequence[str],
    told: Callable[[int], object] = lambda _done: None,
    *,
    by_hour: Collection[date] = (),
    part: str = "",
) -> Scan:
    """Read a bill into a stage file.

    Args:
        path: The file.
        stage: Where its cells go.
        tag_keys: Tags to keep.
        told: Called with the bytes read so far.
        by_hour: Days whose cells keep the hour.
        part: The file's name where each file stands for itself.

    Raises:
        Invalid, TooLarge: as `Reader.read`.
    """
    from hackathon.credits.service.bills import crew  # noqa: PLC0415 - it needs this module

    if crew.is_worth_it(path):
        try:
            return crew.read_together(path, stage, crew.Wish(tag_keys, by_hour, part), told)
        except crew.Alone:
            stage.unlink(missing_ok=True)
    rows = Stage(stage)
    try:
        scan = Reader(rows, tag_keys, by_hour, part).read(path, told)
        rows.join()
        rows.keep(scan)
        return scan
    finally:
        rows.close()
