"""Quarters, accounts, entries and their postings, readings, and how a team gets in.

`accounts.balance` is kept by a trigger on `postings`; the checks of the account hold it
within its bounds. Entries, postings and readings are append-only (shared/triggers.py).
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from hackathon.credits.rules import CURRENCY, Deed, Kind, State
from hackathon.shared.clock import now
from hackathon.shared.db import Base, money_check
from hackathon.shared.money import Micros


def _one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


class Quarter(Base):
    """A quarter's budget in micros; the pools of its events share it.

    A trigger carries the budget to the floor of its funding account, so that it cannot
    fall below what is already in pools.
    """

    __tablename__ = "quarters"
    __table_args__ = (
        money_check("budget"),
        CheckConstraint("budget >= 0", name="budget_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    budget: Mapped[Micros]
    currency: Mapped[str] = mapped_column(default=CURRENCY)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Account(Base):
    """One account. `name` is unique: `funding:<quarter>`, `pool:<event>`, `spent:<team>` ..."""

    __tablename__ = "accounts"
    __table_args__ = (
        _one_of("kind", Kind),
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

    `key` is the caller's: the same key with the same request is the same entry.
    `source` and `through_at` belong to charges: billed by whom, for use through when. Costs
    of a bill that reach no team belong to no event.
    """

    __tablename__ = "entries"
    __table_args__ = (
        _one_of("deed", Deed),
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
    amount: Mapped[Micros]
    lines: Mapped[int]
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"), unique=True)
    source: Mapped[str | None]
    through_at: Mapped[datetime | None]
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
    total: Mapped[Micros]
    seen_at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(default=now)
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class Access(Base):
    """Where a team uses its money, how it gets in and until when. No secrets."""

    __tablename__ = "credit_access"
    __table_args__ = (
        UniqueConstraint("team_id"),
        ForeignKeyConstraint(["team_id", "event_id"], ["teams.id", "teams.event_id"]),
        Index("ix_credit_access_event", "event_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int]
    team_id: Mapped[int]
    sub_account: Mapped[str] = mapped_column(default="")
    how: Mapped[str] = mapped_column(Text, default="")
    link: Mapped[str] = mapped_column(default="")
    until: Mapped[date | None]
    changed_at: Mapped[datetime] = mapped_column(default=now)


# --- bills --------------------------------------------------------------------------


class Source(Base):
    """Who bills, such as "AWS": what its bills charge to teams, and by which tags.

    `event_id` is the event it was set up from; None for the command line. `charged` and
    `tag_keys` are comma-separated, in order.
    """

    __tablename__ = "bill_sources"
    __table_args__ = (CheckConstraint("basis IN ('billed', 'effective')", name="basis_known"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"))
    basis: Mapped[str] = mapped_column(default="billed")
    charged: Mapped[str] = mapped_column(default="Usage,Adjustment")
    tag_keys: Mapped[str] = mapped_column(default="team,project,application")
    created_at: Mapped[datetime] = mapped_column(default=now)


class BillScope(Base):
    """What a bill is complete for: a billing account's billing period, of one source only."""

    __tablename__ = "bill_scopes"
    __table_args__ = (
        UniqueConstraint("account", "period"),
        Index("ix_bill_scopes_source", "source_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("bill_sources.id"))
    account: Mapped[str]
    period: Mapped[date]


class Bill(Base):
    """One imported file. The file itself is kept by its SHA-256."""

    __tablename__ = "bills"
    __table_args__ = (Index("ix_bills_source", "source_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("bill_sources.id"))
    file_name: Mapped[str]
    file_hash: Mapped[str]
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
    """Rows of a snapshot that agree in all that matters; sums are exact decimal text."""

    __tablename__ = "bill_cells"
    __table_args__ = (Index("ix_bill_cells_snapshot", "snapshot_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    snapshot_id: Mapped[int] = mapped_column(ForeignKey("bill_snapshots.id"))
    day: Mapped[date]
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
    """Whose costs these are, from a day on; without a team: nobody's from then on.

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
    note_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime] = mapped_column(default=now)


class Booking(Base):
    """What was booked of a scope for one holder: a difference in micros, plus or minus.

    Their sum is the rounded total of the newest snapshot as it is mapped. `run` joins the
    bookings of one deed: a bill, or (without one) a change of the mapping.
    """

    __tablename__ = "bill_bookings"
    __table_args__ = (
        money_check("amount"),
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
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    made_at: Mapped[datetime] = mapped_column(default=now)


class CreditState(Base):
    """Whether a team may use its credits, said by hand; without a row they are open."""

    __tablename__ = "credit_states"
    __table_args__ = (
        _one_of("state", State),
        UniqueConstraint("team_id"),
        ForeignKeyConstraint(["team_id", "event_id"], ["teams.id", "teams.event_id"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int]
    team_id: Mapped[int]
    state: Mapped[str]
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"))
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    changed_at: Mapped[datetime] = mapped_column(default=now)


class TeamToken(Base):
    """What a team's programs hold credits with: only its SHA-256 is kept."""

    __tablename__ = "team_tokens"
    __table_args__ = (
        ForeignKeyConstraint(["team_id", "event_id"], ["teams.id", "teams.event_id"]),
        Index("ix_team_tokens_team", "team_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int]
    team_id: Mapped[int]
    name: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    hint: Mapped[str]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime] = mapped_column(default=now)
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class Hold(Base):
    """Money set aside for a job; it ends once (a trigger), captured, voided or expired."""

    __tablename__ = "holds"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'captured', 'voided', 'expired')", name="state_known"),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended"),
        CheckConstraint("amount > 0", name="amount_positive"),
        money_check("amount"),
        UniqueConstraint("team_id", "key"),
        ForeignKeyConstraint(["team_id", "event_id"], ["teams.id", "teams.event_id"]),
        Index("ix_holds_open", "state", "expires_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int]
    team_id: Mapped[int]
    key: Mapped[str]
    digest: Mapped[str]
    amount: Mapped[Micros]
    source: Mapped[str]
    purpose: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    expires_at: Mapped[datetime]
    token_id: Mapped[int | None] = mapped_column(ForeignKey("team_tokens.id"))
    made_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]


class CreditRequest(Base):
    """A team asks for credits; over a limit two people agree, and never who asked.

    `agreed` is what the first of two agreed to; `entry_id` is the grant it became.
    """

    __tablename__ = "credit_requests"
    __table_args__ = (
        CheckConstraint("kind IN ('gpu', 'api', 'storage')", name="kind_known"),
        CheckConstraint("state IN ('asked', 'agreed', 'granted', 'refused')", name="state_known"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("(state = 'granted') = (entry_id IS NOT NULL)", name="granted"),
        CheckConstraint(
            "asked_by_id <> decided_by_id AND asked_by_id <> agreed_by_id "
            "AND (agreed_by_id <> decided_by_id OR state = 'refused')",
            name="other_people",
        ),
        money_check("amount"),
        money_check("agreed"),
        ForeignKeyConstraint(["team_id", "event_id"], ["teams.id", "teams.event_id"]),
        Index("ix_credit_requests_event", "event_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[str]
    event_id: Mapped[int]
    team_id: Mapped[int]
    amount: Mapped[Micros]
    kind: Mapped[str]
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    state: Mapped[str] = mapped_column(default="asked")
    agreed: Mapped[Micros] = mapped_column(default=0)
    agreed_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    agreed_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))


class Crossing(Base):
    """A level of a team's limit was reached: once a basis, threshold and limit.

    `threshold` is in basis points of the grant; `limit_entry_id` the newest grant, so that a
    top-up arms it again.
    """

    __tablename__ = "crossings"
    __table_args__ = (
        CheckConstraint("basis IN ('spent', 'committed', 'forecast')", name="basis_known"),
        UniqueConstraint("team_id", "basis", "threshold", "limit_entry_id"),
        ForeignKeyConstraint(["team_id", "event_id"], ["teams.id", "teams.event_id"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int]
    team_id: Mapped[int]
    basis: Mapped[str]
    threshold: Mapped[int]
    limit_entry_id: Mapped[int]
    crossed_at: Mapped[datetime] = mapped_column(default=now)


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
