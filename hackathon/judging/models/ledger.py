"""Visits and the ledger of marks and texts, which only grow; the late tray."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hackathon.judging.models.base import Receipt
from hackathon.shared.clock import now
from hackathon.shared.db import Base


class Visit(Base):
    """A judge meets a project. `submitted_at`: since when every criterion has a value.

    `slot`: its turn in the timetable, from 1. A visit taken live is a lease until
    `leased_until`. A released visit is on nobody's list and does not count; a mark for it
    takes it up again.
    """

    __tablename__ = "visits"
    __table_args__ = (
        UniqueConstraint("seat_id", "project_id"),
        Index("ix_visits_round", "round_id", "project_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    seat_id: Mapped[int] = mapped_column(ForeignKey("seats.id"))
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    begun_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    slot: Mapped[int | None]
    leased_until: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    release_reason: Mapped[str | None]


class VisitStep(Base):
    """A judge took or gave back a visit; the device's key makes a repetition harmless."""

    __tablename__ = "visit_steps"
    __table_args__ = (
        CheckConstraint("kind IN ('leased', 'released')", name="kind_known"),
        Index("ix_visit_steps_visit", "visit_id"),
    )

    id: Mapped[int] = mapped_column(Receipt, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"))
    kind: Mapped[str]
    reason: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(default=now)


class Correction(Base):
    """Why an organizer entered a mark in a judge's place, or voided one (a mark without value)."""

    __tablename__ = "corrections"

    mark_id: Mapped[int] = mapped_column(Receipt, ForeignKey("marks.id"), primary_key=True)
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"))


class Mark(Base):
    """One value of one cell (visit, criterion), in tenths; None clears. Never changed.

    The id is the receipt. The current mark of a cell has the highest (seq, id).
    """

    __tablename__ = "marks"
    __table_args__ = (
        CheckConstraint("value IS NULL OR value BETWEEN 0 AND 1000", name="value_range"),
        CheckConstraint("seq >= 0", name="seq_not_negative"),
        Index("ix_marks_cell", "visit_id", "criterion_id", "seq", "id"),
    )

    id: Mapped[int] = mapped_column(Receipt, primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"))
    criterion_id: Mapped[int] = mapped_column(ForeignKey("criteria.id"))
    value: Mapped[int | None]
    seq: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    received_at: Mapped[datetime]
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class Feedback(Base):
    """A judge's texts for a team, never changed; the highest (seq, id) of a visit counts."""

    __tablename__ = "feedback"
    __table_args__ = (
        CheckConstraint("seq >= 0", name="seq_not_negative"),
        Index("ix_feedback_visit", "visit_id", "seq", "id"),
    )

    id: Mapped[int] = mapped_column(Receipt, primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"))
    strength: Mapped[str] = mapped_column(Text, default="")
    question: Mapped[str] = mapped_column(Text, default="")
    note: Mapped[str] = mapped_column(Text, default="")
    seq: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    received_at: Mapped[datetime]
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class LateMark(Base):
    """What arrived after the freeze: a mark (`criterion_id`) or texts, until decided.

    `made_at` is what the device claims, `received_at` the server's time.
    """

    __tablename__ = "late_marks"
    __table_args__ = (Index("ix_late_marks_round", "round_id", "decided_at"),)

    id: Mapped[int] = mapped_column(Receipt, primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    seat_id: Mapped[int] = mapped_column(ForeignKey("seats.id"))
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    criterion_id: Mapped[int | None] = mapped_column(ForeignKey("criteria.id"))
    value: Mapped[int | None]
    texts: Mapped[str] = mapped_column(Text, default="")
    seq: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    received_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    is_accepted: Mapped[bool | None]
    note_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))
