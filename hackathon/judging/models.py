"""Rounds, rubrics, seats, visits, the ledger of marks, the late tray, result records."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    select,
    text,
)
from sqlalchemy.orm import Mapped, column_property, mapped_column

from hackathon.judging.rules import Mode, Rule, State
from hackathon.shared.clock import now
from hackathon.shared.db import Base

Receipt = BigInteger().with_variant(Integer, "sqlite")
"""Receipts and device counts are 64-bit on both engines."""


def _one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


class Round(Base):
    """A round of judging with its rubric's scale, in tenths.

    `pitch` is the position in the running order that is on stage; `reveal_step` counts the
    steps of the reveal that have been shown (None: it has not begun). In rounds of visits
    `wanted` judges meet each project; slot 1 of the timetable begins at `visits_start_at`.
    `published_at`: since when everybody may read the method; `revised_note_id`: why the
    rubric changed last.
    """

    __tablename__ = "rounds"
    __table_args__ = (
        _one_of("state", State),
        _one_of("mode", Mode),
        _one_of("rule", Rule),
        CheckConstraint(
            "low >= 0 AND high > low AND step > 0 AND (high - low) % step = 0", name="scale"
        ),
        Index(
            "uq_rounds_one_open",
            "event_id",
            unique=True,
            sqlite_where=text("state IN ('open', 'paused')"),
            postgresql_where=text("state IN ('open', 'paused')"),
        ),
        Index("ix_rounds_event", "event_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    name: Mapped[str]
    state: Mapped[str] = mapped_column(default=State.DRAFT)
    mode: Mapped[str] = mapped_column(default=Mode.PITCHES)
    rule: Mapped[str] = mapped_column(default=Rule.ADJUSTED)
    low: Mapped[int]
    high: Mapped[int]
    step: Mapped[int]
    pitch_seconds: Mapped[int] = mapped_column(default=300)
    pitch: Mapped[int | None]
    pitch_started_at: Mapped[datetime | None]
    reveal_step: Mapped[int | None]
    reveal_top: Mapped[int] = mapped_column(default=0)
    wanted: Mapped[int | None]
    visit_minutes: Mapped[int] = mapped_column(default=7, server_default="7")
    lease_minutes: Mapped[int] = mapped_column(default=10, server_default="10")
    visits_start_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    published_at: Mapped[datetime | None]
    revised_note_id: Mapped[int | None]
    opened_at: Mapped[datetime | None]
    paused_note_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))
    frozen_at: Mapped[datetime | None]
    finalized_at: Mapped[datetime | None]
    revealed_at: Mapped[datetime | None]
    vote_opened_at: Mapped[datetime | None]
    vote_closed_at: Mapped[datetime | None]


class CriterionRow(Base):
    """A line of a round's rubric. `weight` is exact text, `anchors` JSON of level to words."""

    __tablename__ = "criteria"
    __table_args__ = (
        UniqueConstraint("round_id", "key"),
        UniqueConstraint("round_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    position: Mapped[int]
    key: Mapped[str]
    label: Mapped[str]
    weight: Mapped[str]
    anchors: Mapped[str] = mapped_column(Text)


class JudgeAbsence(Base):
    """A judge is absent or busy, says an organizer, until `ended_at`."""

    __tablename__ = "judge_absences"
    __table_args__ = (
        CheckConstraint("word IN ('absent', 'busy')", name="word_known"),
        Index(
            "uq_judge_absences_one_open",
            "seat_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    seat_id: Mapped[int] = mapped_column(ForeignKey("seats.id"))
    word: Mapped[str]
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"))
    noted_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    began_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]


class Seat(Base):
    """A person who judges in a round. `key` is the judge's word in imported files.

    `seen_at`: when a device of the judge last said hello; `seen_by`: which sign-in it was;
    `other_at`: when another sign-in of the judge did before. `away`: absent or busy now.
    """

    __tablename__ = "seats"
    __table_args__ = (
        UniqueConstraint("round_id", "person_id"),
        UniqueConstraint("round_id", "key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    key: Mapped[str | None]
    group_label: Mapped[str] = mapped_column(default="")
    tracks: Mapped[str] = mapped_column(default="")
    max_load: Mapped[int | None]
    added_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[str | None]
    other_at: Mapped[datetime | None]
    away: Mapped[str | None] = column_property(
        select(JudgeAbsence.word)
        .where(JudgeAbsence.seat_id == id, JudgeAbsence.ended_at.is_(None))  # noqa: A003 - the column
        .correlate_except(JudgeAbsence)
        .scalar_subquery()
    )


class Pitch(Base):
    """A project in a round, at its place in the running order; `place`: the table it has."""

    __tablename__ = "pitches"
    __table_args__ = (
        UniqueConstraint("round_id", "project_id"),
        Index("ix_pitches_order", "round_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    position: Mapped[int]
    place: Mapped[str] = mapped_column(default="", server_default="")


class DeclaredConflict(Base):
    """A conflict a judge or an organizer declared; membership is read from the teams."""

    __tablename__ = "conflicts"
    __table_args__ = (UniqueConstraint("seat_id", "project_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    seat_id: Mapped[int] = mapped_column(ForeignKey("seats.id"))
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    declared_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    declared_at: Mapped[datetime] = mapped_column(default=now)
    note_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))


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


class RubricVersion(Base):
    """The rubric as it stood, once it was changed after opening; `rubric` is JSON."""

    __tablename__ = "rubric_versions"
    __table_args__ = (UniqueConstraint("round_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    number: Mapped[int]
    rubric: Mapped[str] = mapped_column(Text)
    note_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime]


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


class ResultRecord(Base):
    """The results as they stood at a freeze or after late marks; never changed.

    `version` is the `seq` of the fact that made it; `parameters` is JSON.
    """

    __tablename__ = "result_records"
    __table_args__ = (UniqueConstraint("round_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    number: Mapped[int]
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    inputs_hash: Mapped[str]
    parameters: Mapped[str] = mapped_column(Text)
    program_version: Mapped[str]
    sheet_count: Mapped[int]


class ResultRow(Base):
    """A project in a result record. Means are exact fractions as text (`13/2`).

    Ranks, band and `top_three` (of 4,000 draws) as `uncertainty.Chance`.
    """

    __tablename__ = "result_rows"
    __table_args__ = (UniqueConstraint("record_id", "project_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[int] = mapped_column(ForeignKey("result_records.id"))
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    title: Mapped[str]
    team_name: Mapped[str]
    place: Mapped[int]
    component: Mapped[int]
    raw_mean: Mapped[str] = mapped_column(Text)
    adjusted: Mapped[str] = mapped_column(Text)
    sheets: Mapped[int]
    tie: Mapped[str] = mapped_column(default="")
    rank_low: Mapped[int | None]
    rank_high: Mapped[int | None]
    band: Mapped[int | None]
    top_three: Mapped[int | None]
    criteria: Mapped[str] = mapped_column(Text)
    texts: Mapped[str] = mapped_column(Text)


class Award(Base):
    """A prize that people gave, with a reason; apart from the places."""

    __tablename__ = "awards"
    __table_args__ = (UniqueConstraint("round_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    name: Mapped[str]
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime] = mapped_column(default=now)


class Reopening(Base):
    """A wish to open a frozen or final round again; a second person confirms or declines it."""

    __tablename__ = "reopenings"
    __table_args__ = (
        CheckConstraint("asked_by_id <> decided_by_id OR NOT is_confirmed", name="two_people"),
        Index(
            "uq_reopenings_one_waiting",
            "round_id",
            unique=True,
            sqlite_where=text("decided_at IS NULL"),
            postgresql_where=text("decided_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]
    is_confirmed: Mapped[bool | None]


class StageToken(Base):
    """A key to the projector of a round, read-only; only its hash is stored."""

    __tablename__ = "stage_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime] = mapped_column(default=now)
    revoked_at: Mapped[datetime | None]


class AudienceVote(Base):
    """A person's vote for a project, beside the places; it may move until the vote closes."""

    __tablename__ = "audience_votes"
    __table_args__ = (UniqueConstraint("round_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    cast_at: Mapped[datetime] = mapped_column(default=now)
