"""Signed quarter reports."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hackathon.shared.clock import now
from hackathon.shared.db import Base


class QuarterReport(Base):
    """One signed version, never changed.

    `figures` and `inputs` are canonical JSON; `sha256` is over quarter, version, day and both.
    """

    __tablename__ = "quarter_reports"
    __table_args__ = (
        UniqueConstraint("quarter", "version"),
        CheckConstraint("version >= 1", name="version_from_1"),
        CheckConstraint("version = 1 OR note_id IS NOT NULL", name="correction_says_why"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    quarter: Mapped[str]
    version: Mapped[int]
    as_of: Mapped[date]
    figures: Mapped[str] = mapped_column(Text)
    inputs: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str]
    note_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))
    signed_at: Mapped[datetime] = mapped_column(default=now)
    signed_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
