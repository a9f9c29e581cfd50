"""What a team does with its credits: access, state, tokens, holds, requests, levels."""

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

from hackathon.credits.models.ledger import one_of
from hackathon.credits.rules import CURRENCY, State
from hackathon.shared.clock import now
from hackathon.shared.db import Base, money_check
from hackathon.shared.money import Micros


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


class CreditState(Base):
    """Whether a team may use its credits, said by hand; without a row they are open."""

    __tablename__ = "credit_states"
    __table_args__ = (
        one_of("state", State),
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
    currency: Mapped[str] = mapped_column(default=CURRENCY)
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
    currency: Mapped[str] = mapped_column(default=CURRENCY)
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
    """A level of a team's limit was reached: once a currency, basis, threshold and limit.

    `threshold` is in basis points of the grant; `limit_entry_id` the newest grant of that
    currency, so that a top-up arms it again.
    """

    __tablename__ = "crossings"
    __table_args__ = (
        CheckConstraint("basis IN ('spent', 'committed', 'forecast')", name="basis_known"),
        UniqueConstraint("team_id", "currency", "basis", "threshold", "limit_entry_id"),
        ForeignKeyConstraint(["team_id", "event_id"], ["teams.id", "teams.event_id"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int]
    team_id: Mapped[int]
    currency: Mapped[str] = mapped_column(default=CURRENCY)
    basis: Mapped[str]
    threshold: Mapped[int]
    limit_entry_id: Mapped[int]
    crossed_at: Mapped[datetime] = mapped_column(default=now)
