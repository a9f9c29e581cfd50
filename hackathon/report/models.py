"""Signed quarter reports; the surveys of events."""

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


class Survey(Base):
    """An event's questions to its people: a draft, then open, then closed for good.

    `questions` is JSON, a list of [ask, text, [options]]; they stay from the opening on.
    """

    __tablename__ = "surveys"
    __table_args__ = (
        UniqueConstraint("event_id"),
        CheckConstraint("closed_at IS NULL OR opened_at IS NOT NULL", name="closes_when_open"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    questions: Mapped[str] = mapped_column(Text)
    is_named: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class SurveyAnswer(Base):
    """What one person answered; whose it is, is forgotten when an anonymous survey closes.

    `replies` is JSON: the number of the question to a number or a text.
    """

    __tablename__ = "survey_answers"
    __table_args__ = (UniqueConstraint("survey_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    survey_id: Mapped[int] = mapped_column(ForeignKey("surveys.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    replies: Mapped[str] = mapped_column(Text)
