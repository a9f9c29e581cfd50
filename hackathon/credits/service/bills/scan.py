"""What a file holds besides its cells: how many rows, which were not taken, through when."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

MODULUS = 1 << 128
REJECTS_KEPT = 1_000

ScopeName = tuple[str, date, str]
"""Billing account, first day of the billing period, part: the file's name where each file
stands for itself, else empty."""


@dataclass(frozen=True)
class Reject:
    """A row that was not taken: its line, why, and its cost where it can be read."""

    line: int
    reason: str
    currency: str
    billed: Decimal
    effective: Decimal


@dataclass
class Scan:
    """What a file holds besides its cells."""

    version: str = ""
    digest: str = ""
    size: int = 0
    rows: int = 0
    warnings: list[str] = field(default_factory=list)
    tag_keys: list[str] = field(default_factory=list)
    rejected: int = 0
    rejects: list[Reject] = field(default_factory=list)
    lost: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    """What rejected rows cost, billed and effective, by currency."""
    lost_hash: dict[str, int] = field(default_factory=dict)
    """Which rows of each part were rejected, in any order; it counts in its first scope's hash."""
    through: dict[ScopeName, datetime] = field(default_factory=dict)
    """Through when each scope's charges reach; those for longer than a day when there is
    nothing else."""
    long_through: dict[ScopeName, datetime] = field(default_factory=dict)
    files: list[tuple[str, str]] = field(default_factory=list)
    """Name and hash of each file, where there are several."""

    def add(self, other: Scan) -> None:
        """Add what another part of the same delivery holds."""
        self.version = other.version
        self.rows += other.rows
        self.rejected += other.rejected
        self.rejects += other.rejects
        self.warnings += [line for line in other.warnings if line not in self.warnings]
        self.tag_keys = sorted({*self.tag_keys, *other.tag_keys})
        for part, digest in other.lost_hash.items():
            self.lose(part, digest)
        for unit, (billed, effective) in other.lost.items():
            one, two = self.lost.get(unit, (Decimal(0), Decimal(0)))
            self.lost[unit] = (one + billed, two + effective)
        for name, end in other.through.items():
            self.reach(name, end, is_long=False)
        for name, end in other.long_through.items():
            self.reach(name, end, is_long=True)

    def lose(self, part: str, digest: int) -> None:
        """Count the hash of rejected rows, in any order."""
        self.lost_hash[part] = (self.lost_hash.get(part, 0) + digest) % MODULUS

    def reach(self, name: ScopeName, end: datetime, *, is_long: bool) -> None:
        """A charge of a scope ends here."""
        found = self.long_through if is_long else self.through
        found[name] = max(found.get(name, end), end)
