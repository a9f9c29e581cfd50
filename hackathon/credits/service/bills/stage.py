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
from hackathon.credits.service.bills.reader import MODULUS, Reader, Reject, Scan
from hackathon.shared.clock import utc_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from hackathon.credits.service.bills.reader import Fixed

EXACT = Context(prec=120)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Cell(NamedTuple):
    """Rows of one scope that agree in all that matters, added up exactly."""

    account: str
    period: date
    day: date
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
    """A billing account's billing period as a file has it."""

    account: str
    period: date
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


def digest_of(cell: Cell) -> int:
    """The hash of one cell.

    Those of a scope are added modulo 2^128, so that neither the order of the rows nor the
    packing of the file matters, only what is booked.
    """
    said = "\x1d".join(
        plain(part) if isinstance(part, Decimal) else str(part) for part in cell
    ).encode()
    return int.from_bytes(hashlib.blake2b(said, digest_size=16).digest(), "big")


class Stage:
    """Cells on disk."""

    def __init__(self, path: Path) -> None:
        self._rows = sqlite3.connect(path, isolation_level=None)
        self._rows.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -4000;"
            "PRAGMA temp_store = FILE;"
            "CREATE TABLE IF NOT EXISTS part (fixed, day, pick, rows, billed, effective, listed);"
            "CREATE TABLE IF NOT EXISTS cells (account, period, day, currency, category, class,"
            " provider, service, sub_account, tags, rows, billed, effective, listed);"
            "CREATE TABLE IF NOT EXISTS summary (body)"
        )

    def put_aside(self, parts: Iterable[Sequence[object]]) -> None:
        """Write partial sums."""
        self._rows.execute("BEGIN")
        self._rows.executemany("INSERT INTO part VALUES (?,?,?,?,?,?,?)", parts)
        self._rows.execute("COMMIT")

    def forget(self) -> None:
        """Forget the partial sums."""
        self._rows.execute("DELETE FROM part")

    def join(
        self,
        fixed: Callable[[int], Fixed],
        pick: Callable[[int], str],
        day: Callable[[int], date],
    ) -> None:
        """Add partial sums up to cells; numbers become what they stand for."""
        self._rows.execute("BEGIN")
        self._rows.executemany(
            "INSERT INTO cells VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            self._joined(fixed, pick, day),
        )
        self._rows.execute("DROP TABLE part")
        self._rows.execute("COMMIT")

    def _joined(
        self,
        fixed: Callable[[int], Fixed],
        pick: Callable[[int], str],
        day: Callable[[int], date],
    ) -> Iterator[tuple[object, ...]]:
        parts = self._rows.execute("SELECT * FROM part ORDER BY fixed, day, pick")
        for key, group in groupby(parts, lambda part: part[:3]):
            rows, billed, effective, listed = 0, Decimal(0), Decimal(0), Decimal(0)
            with localcontext(EXACT):
                for *_, count, one, two, three in group:
                    rows += count
                    billed += Decimal(one)
                    effective += Decimal(two)
                    listed += Decimal(three)
            account, period, unit, category, class_, provider, service, sub = fixed(key[0])
            yield (
                account, period.isoformat(), day(key[1]).isoformat(), unit, category, class_,
                provider, service, sub, pick(key[2]), rows, plain(billed), plain(effective),
                plain(listed),
            )  # fmt: skip

    def take(self, others: Sequence[Path]) -> None:
        """Add up the cells of other stages."""
        names = [f"other{number}" for number in range(len(others))]
        for name, path in zip(names, others, strict=True):
            self._rows.execute(f"ATTACH ? AS {name}", [str(path)])
        union = " UNION ALL ".join(f"SELECT * FROM {name}.cells" for name in names)  # noqa: S608 - our own names
        found = self._rows.execute(f"{union} ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10")
        self._rows.execute("BEGIN")
        self._rows.executemany(
            "INSERT INTO cells VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)", _added(found)
        )
        self._rows.execute("COMMIT")

    def cells(self) -> Iterator[Cell]:
        """Every cell, in no order that matters."""
        for row in self._rows.execute("SELECT * FROM cells"):
            yield Cell(
                row[0],
                date.fromisoformat(row[1]),
                date.fromisoformat(row[2]),
                *row[3:11],
                *map(Decimal, row[11:]),
            )

    def scopes(self, scan: Scan) -> list[Scope]:
        """The scopes of the file, added up."""
        found: dict[tuple[str, date], Scope] = {}
        with localcontext(EXACT):
            for cell in self.cells():
                name = (cell.account, cell.period)
                scope = found.setdefault(name, Scope(*name, through=scan.through.get(name, NEVER)))
                scope.rows += cell.rows
                scope.hash = (scope.hash + digest_of(cell)) % MODULUS
                scope.days.add(cell.day)
                scope.billed += cell.billed
                scope.effective += cell.effective
                scope.currencies = tuple(sorted({*scope.currencies, cell.currency}))
        ordered = [found[name] for name in sorted(found)]
        if ordered:  # which rows were rejected is told apart, too, once
            ordered[0].hash = (ordered[0].hash + scan.lost_hash) % MODULUS
        return ordered

    def keep(self, scan: Scan) -> None:
        """Write the summary."""
        body = {
            **asdict(scan),
            "rejects": [[r.line, r.reason, r.currency, str(r.billed), str(r.effective)] for r in scan.rejects],
            "lost": {unit: [str(a), str(b)] for unit, (a, b) in scan.lost.items()},
            "through": [[a, p.isoformat(), utc_text(t)] for (a, p), t in scan.through.items()],
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
        body["through"] = {
            (a, date.fromisoformat(p)): datetime.fromisoformat(t) for a, p, t in body["through"]
        }
        return Scan(**body)

    def close(self) -> None:
        """Close the file."""
        self._rows.close()


def _added(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[object, ...]]:
    for key, group in groupby(rows, lambda row: row[:10]):
        count, *sums = 0, Decimal(0), Decimal(0), Decimal(0)
        with localcontext(EXACT):
            for row in group:
                count += row[10]
                sums = [total + Decimal(more) for total, more in zip(sums, row[11:], strict=True)]
        yield (*key, count, *map(plain, sums))


def read_file(
    path: Path,
    stage: Path,
    tag_keys: Sequence[str],
    told: Callable[[int], object] = lambda _done: None,
) -> Scan:
    """Read a bill into a stage file.

    Raises:
        Invalid, TooLarge: as `Reader.read`.
    """
    from hackathon.credits.service.bills import crew  # noqa: PLC0415 - it needs this module

    if crew.is_worth_it(path):
        try:
            return crew.read_together(path, stage, tag_keys, told)
        except crew.Alone:
            stage.unlink(missing_ok=True)
    rows = Stage(stage)
    try:
        scan = Reader(rows, tag_keys).read(path, told)
        rows.keep(scan)
        return scan
    finally:
        rows.close()
