"""Quarters, accounts, entries and their postings, readings.

`accounts.balance` is kept by a trigger on `postings`; the checks of the account hold it
within its bounds. Entries, postings and readings are append-only (shared/triggers.py).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from hackathon.credits.rules import CURRENCY, Deed, Kind
from hackathon.shared.clock import now
from hackathon.shared.db import Base, money_check
from hackathon.shared.money import Micros


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """A column holds one of these words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


class Quarter(Base):
    """A quarter's budget in one currency, in micros; its events' pools of it share it.

    A trigger carries the budget to the floor of its funding account, so that it cannot
    fall below what is already in pools.
    """

    __tablename__ = "quarters"
    __table_args__ = (
        UniqueConstraint("name", "currency"),
        money_check("budget"),
        CheckConstraint("budget >= 0", name="budget_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    budget: Mapped[Micros]
    currency: Mapped[str] = mapped_column(default=CURRENCY)
    created_at: Mapped[datetime] = mapped_column(default=now)


class BudgetMove(Base):
    """A part of a quarter's budget went to another quarter; `entry_id` when it was carried over."""

    __tablename__ = "budget_moves"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("from_id <> to_id", name="two_quarters"),
        money_check("amount"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[str]
    from_id: Mapped[int] = mapped_column(ForeignKey("quarters.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("quarters.id"))
    amount: Mapped[Micros]
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    moved_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    moved_at: Mapped[datetime] = mapped_column(default=now)


class Account(Base):
    """One account. `name` is unique: `funding:<quarter>`, `pool:<event>`, `spent:<team>` ...

    Those of another currency than the main one end with it: `pool:<event>:EUR`.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        one_of("kind", Kind),
        money_check("balance"),
        money_check("floor"),
        CheckConstraint(
            "kind <> 'funding' OR (balance <= 0 AND balance >= floor)", name="within_budget"
        ),
        CheckConstraint(
            "kind NOT IN ('pool', 'available', 'held') OR balance >= 0", name="not_below_zero"
        ),
        CheckConstraint("kind <> 'overrun' OR balance <= 0", name="not_above_zero"),
        CheckConstraint(
            "(kind = 'funding') = (quarter_id IS NOT NULL) "
            "AND (kind IN ('unallocated', 'excluded', 'clearing')) = (source_id IS NOT NULL) "
            "AND (quarter_id IS NULL AND source_id IS NULL) = (event_id IS NOT NULL) "
            "AND (kind IN ('available', 'held', 'spent', 'overrun')) = (team_id IS NOT NULL)",
            name="owner",
        ),
        ForeignKeyConstraint(["team_id", "event_id"], ["teams.id", "teams.event_id"]),
        Index("ix_accounts_event", "event_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    quarter_id: Mapped[int | None] = mapped_column(ForeignKey("quarters.id"))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"))
    team_id: Mapped[int | None]
    source_id: Mapped[int | None] = mapped_column(ForeignKey("bill_sources.id"))
    currency: Mapped[str] = mapped_column(default=CURRENCY)
    balance: Mapped[Micros] = mapped_column(default=0)
    floor: Mapped[Micros] = mapped_column(default=0)


class Entry(Base):
    """One deed on the ledger; `lines` says how many postings it has, and no more come.

    `key` is the caller's: the same key with the same request is the same entry. All its
    postings are between accounts of its currency (a trigger).
    `source` and `through_at` belong to charges: billed by whom, for use through when. Costs
    of a bill that reach no team belong to no event. `is_late`: the team's credits were closed.
    """

    __tablename__ = "entries"
    __table_args__ = (
        one_of("deed", Deed),
        money_check("amount"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("lines >= 1", name="has_lines"),
        CheckConstraint("(deed = 'reversal') = (reverses_id IS NOT NULL)", name="reversal"),
        CheckConstraint("deed <> 'fund' OR team_id IS NULL", name="fund_has_no_team"),
        CheckConstraint(
            "deed NOT IN ('charge', 'capture', 'refund') "
            "OR (source IS NOT NULL AND through_at IS NOT NULL)",
            name="charge_has_source",
        ),
        CheckConstraint("(deed = 'bill') = (event_id IS NULL)", name="bill_has_no_event"),
        ForeignKeyConstraint(["team_id", "event_id"], ["teams.id", "teams.event_id"]),
        Index("ix_entries_event", "event_id", "team_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[str]
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"))
    team_id: Mapped[int | None]
    deed: Mapped[str]
    currency: Mapped[str] = mapped_column(default=CURRENCY)
    amount: Mapped[Micros]
    lines: Mapped[int]
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"), unique=True)
    source: Mapped[str | None]
    through_at: Mapped[datetime | None]
    is_late: Mapped[bool] = mapped_column(default=False)
    note_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime] = mapped_column(default=now)


class Posting(Base):
    """An amount above zero from one account to another: no posting can be out of balance."""

    __tablename__ = "postings"
    __table_args__ = (
        UniqueConstraint("entry_id", "line"),
        money_check("amount"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("from_id <> to_id", name="two_accounts"),
        CheckConstraint("line >= 1", name="line_positive"),
        Index("ix_postings_from", "from_id"),
        Index("ix_postings_to", "to_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    line: Mapped[int]
    from_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    amount: Mapped[Micros]


class Reading(Base):
    """Spend seen on a console: the source's total so far in micros, and when it was seen."""

    __tablename__ = "readings"
    __table_args__ = (
        money_check("total"),
        CheckConstraint("total >= 0", name="total_not_negative"),
        ForeignKeyConstraint(["team_id", "event_id"], ["teams.id", "teams.event_id"]),
        Index("ix_readings_newest", "event_id", "team_id", "source_key", "seen_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[str]
    event_id: Mapped[int]
    team_id: Mapped[int]
    source: Mapped[str]
    source_key: Mapped[str]
    currency: Mapped[str] = mapped_column(default=CURRENCY)
    total: Mapped[Micros]
    seen_at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(default=now)
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
