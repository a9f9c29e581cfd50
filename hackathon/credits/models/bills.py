"""Bills: who sends them, what each said, whose it is and what was booked; append-only."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from hackathon.shared.clock import now
from hackathon.shared.db import Base, money_check
from hackathon.shared.money import Micros


class Source(Base):
    """Who bills, such as "AWS": what its bills charge to teams, and by which tags.

    `event_id` is the event it was set up from; None for the command line. `charged` and
    `tag_keys` are comma-separated, in order. A delivery overwrites the one before, or is
    appended (each file stands for itself). Taxes are kept off teams or shared among them.
    """

    __tablename__ = "bill_sources"
    __table_args__ = (
        CheckConstraint("basis IN ('billed', 'effective')", name="basis_known"),
        CheckConstraint("delivery IN ('overwrite', 'append')", name="delivery_known"),
        CheckConstraint("taxes IN ('excluded', 'shared')", name="taxes_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"))
    basis: Mapped[str] = mapped_column(default="billed")
    charged: Mapped[str] = mapped_column(default="Usage,Adjustment")
    tag_keys: Mapped[str] = mapped_column(default="team,project,application")
    delivery: Mapped[str] = mapped_column(default="overwrite")
    taxes: Mapped[str] = mapped_column(default="excluded")
    created_at: Mapped[datetime] = mapped_column(default=now)


class BillScope(Base):
    """What a bill is complete for: a billing account's billing period, of one source at a time.

    `part` is the file's name where deliveries are appended, else empty. Account and period
    stay; the source changes when the costs are handed over.
    """

    __tablename__ = "bill_scopes"
    __table_args__ = (
        UniqueConstraint("account", "period", "part"),
        Index("ix_bill_scopes_source", "source_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("bill_sources.id"))
    account: Mapped[str]
    period: Mapped[date]
    part: Mapped[str] = mapped_column(default="")


class Bill(Base):
    """One delivery, of one file or several. Each file is kept by its SHA-256.

    `file_hash` is that of the file, or of the sorted hashes of all; `files` lists each as
    JSON, name and hash.
    """

    __tablename__ = "bills"
    __table_args__ = (Index("ix_bills_source", "source_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("bill_sources.id"))
    file_name: Mapped[str]
    file_hash: Mapped[str]
    files: Mapped[str] = mapped_column(Text, default="[]")
    version: Mapped[str]
    rows: Mapped[int]
    rejected: Mapped[int]
    lost: Mapped[str] = mapped_column(Text)
    """What its rejected rows cost: JSON, currency to exact billed and effective."""
    totals: Mapped[str] = mapped_column(Text)
    """How it was shared then: JSON, currency to exact teams, unallocated, excluded, rejected."""
    warnings: Mapped[str] = mapped_column(Text)
    concerns: Mapped[str] = mapped_column(Text)
    """What was confirmed: JSON, a sentence each."""
    applied_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    applied_at: Mapped[datetime] = mapped_column(default=now)


class Snapshot(Base):
    """A scope as one bill has it; the newest of a scope is the truth, older ones stay."""

    __tablename__ = "bill_snapshots"
    __table_args__ = (
        UniqueConstraint("scope_id", "bill_id"),
        Index("ix_bill_snapshots_bill", "bill_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    bill_id: Mapped[int] = mapped_column(ForeignKey("bills.id"))
    scope_id: Mapped[int] = mapped_column(ForeignKey("bill_scopes.id"))
    hash: Mapped[str]
    rows: Mapped[int]
    days: Mapped[int]
    billed: Mapped[str]
    effective: Mapped[str]
    currencies: Mapped[str]
    through_at: Mapped[datetime]


class BillCell(Base):
    """Rows of a snapshot that agree in all that matters; sums are exact decimal text.

    `hour` (UTC) is kept on days that an account changed hands within, else zero.
    """

    __tablename__ = "bill_cells"
    __table_args__ = (Index("ix_bill_cells_snapshot", "snapshot_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    snapshot_id: Mapped[int] = mapped_column(ForeignKey("bill_snapshots.id"))
    day: Mapped[date]
    hour: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str]
    category: Mapped[str]
    charge_class: Mapped[str]
    provider: Mapped[str]
    service: Mapped[str]
    sub_account: Mapped[str]
    tags: Mapped[str]
    rows: Mapped[int]
    billed: Mapped[str]
    effective: Mapped[str]
    listed: Mapped[str]


class BillReject(Base):
    """A row that was not taken, by its line."""

    __tablename__ = "bill_rejects"
    __table_args__ = (Index("ix_bill_rejects_bill", "bill_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    bill_id: Mapped[int] = mapped_column(ForeignKey("bills.id"))
    line: Mapped[int]
    reason: Mapped[str]
    currency: Mapped[str]
    billed: Mapped[str]
    effective: Mapped[str]


class BillRule(Base):
    """Whose costs these are, from a day and hour (UTC) on; without a team: nobody's from then.

    Without a source it holds for all (it came with a team's access). The newest day wins,
    among equals the newest rule.
    """

    __tablename__ = "bill_rules"
    __table_args__ = (
        CheckConstraint("kind IN ('account', 'tag', 'prefix')", name="kind_known"),
        CheckConstraint("(team_id IS NULL) = (event_id IS NULL)", name="team_of_event"),
        ForeignKeyConstraint(["team_id", "event_id"], ["teams.id", "teams.event_id"]),
        Index("ix_bill_rules_source", "source_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int | None] = mapped_column(ForeignKey("bill_sources.id"))
    kind: Mapped[str]
    tag_key: Mapped[str] = mapped_column(default="")
    value: Mapped[str]
    event_id: Mapped[int | None]
    team_id: Mapped[int | None]
    from_day: Mapped[date | None]
    from_hour: Mapped[int] = mapped_column(default=0)
    note_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime] = mapped_column(default=now)


class BillRate(Base):
    """What one unit of another currency is worth, for a source's billing period; the newest counts.

    `rate` is exact decimal text, `quoted_on` the day it was quoted.
    """

    __tablename__ = "bill_rates"
    __table_args__ = (Index("ix_bill_rates_source", "source_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("bill_sources.id"))
    period: Mapped[date]
    currency: Mapped[str]
    rate: Mapped[str]
    quoted_on: Mapped[date]
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"))
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime] = mapped_column(default=now)


class Booking(Base):
    """What was booked of a scope for one holder: a difference in micros, plus or minus.

    Their sum is the rounded total of the newest snapshot as it is mapped. `run` joins the
    bookings of one deed: a bill, or (without one) a change of the mapping. What was billed in
    another currency and converted keeps that (`origin`, with its own micros) and the rate.
    """

    __tablename__ = "bill_bookings"
    __table_args__ = (
        money_check("amount"),
        money_check("origin_amount"),
        CheckConstraint("holder IN ('team', 'unallocated', 'excluded')", name="holder_known"),
        CheckConstraint("(holder = 'team') = (team_id IS NOT NULL)", name="team_is_holder"),
        CheckConstraint("amount <> 0", name="amount_not_zero"),
        Index("ix_bill_bookings_scope", "scope_id"),
        Index("ix_bill_bookings_team", "team_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scope_id: Mapped[int] = mapped_column(ForeignKey("bill_scopes.id"))
    bill_id: Mapped[int | None] = mapped_column(ForeignKey("bills.id"))
    run: Mapped[str]
    holder: Mapped[str]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    currency: Mapped[str]
    amount: Mapped[Micros]
    origin: Mapped[str] = mapped_column(default="")
    origin_amount: Mapped[Micros] = mapped_column(default=0)
    rate_id: Mapped[int | None] = mapped_column(ForeignKey("bill_rates.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    made_at: Mapped[datetime] = mapped_column(default=now)
