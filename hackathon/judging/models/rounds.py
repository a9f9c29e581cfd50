"""Rounds with their rubric, seats and running order; conflicts; the projector's keys."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    false,
    select,
    text,
)
from sqlalchemy.orm import Mapped, column_property, mapped_column

from hackathon.judging.models.base import one_of
from hackathon.judging.rules import Declared, Mode, Rule, State, Takes
from hackathon.shared.clock import now
from hackathon.shared.db import Base


class Round(Base):
    """A round of judging with its rubric's scale, in tenths.

    `pitch` is the position in the running order that is on stage; `reveal_step` counts the
    steps of the reveal that have been shown (None: it has not begun). In rounds of visits
    `wanted` judges meet each project; slot 1 of the timetable begins at `visits_start_at`.
    `published_at`: since when everybody may read the method; `revised_note_id`: why the
    rubric changed last.
    Rounds of one `track` (a prize, a challenge; empty: the event itself) are judged one after
    another and ranked by themselves. `takes` says which projects come in; `is_departmental`:
    a judge of a member's department has a conflict.
    """

    __tablename__ = "rounds"
    __table_args__ = (
        one_of("state", State),
        one_of("mode", Mode),
        one_of("rule", Rule),
        one_of("takes", Takes),
        CheckConstraint("takes <> 'challenge' OR challenge_id IS NOT NULL", name="has_challenge"),
        CheckConstraint(
            "low >= 0 AND high > low AND step > 0 AND (high - low) % step = 0", name="scale"
        ),
        Index(
            "uq_rounds_one_open",
            "event_id",
            "track",
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
    track: Mapped[str] = mapped_column(default="", server_default="")
    takes: Mapped[str] = mapped_column(default=Takes.EVERY, server_default="every")
    challenge_id: Mapped[int | None] = mapped_column(ForeignKey("challenges.id"))
    is_departmental: Mapped[bool] = mapped_column(default=False, server_default=false())
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


class Final(Base):
    """What made a round a final: the round before, its record, how many were asked for.

    `best`: how many of each group of projects; the projects themselves are the pitches.
    """

    __tablename__ = "finals"
    __table_args__ = (
        CheckConstraint("round_id <> first_id", name="two_rounds"),
        CheckConstraint("best >= 1", name="best_positive"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    first_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), unique=True)
    record_id: Mapped[int] = mapped_column(ForeignKey("result_records.id"))
    best: Mapped[int]
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"))
    carried_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    carried_at: Mapped[datetime] = mapped_column(default=now)


class DeclaredConflict(Base):
    """A conflict a judge or an organizer declared; the others are read from what is known.

    `lifted_at`: since when it holds no more; declared again, it holds again.
    """

    __tablename__ = "conflicts"
    __table_args__ = (UniqueConstraint("seat_id", "project_id"), one_of("kind", Declared))

    id: Mapped[int] = mapped_column(primary_key=True)
    seat_id: Mapped[int] = mapped_column(ForeignKey("seats.id"))
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    kind: Mapped[str] = mapped_column(default=Declared.DECLARED, server_default="declared")
    declared_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    declared_at: Mapped[datetime] = mapped_column(default=now)
    note_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))
    lifted_at: Mapped[datetime | None]


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


class WaitingScreen(Base):
    """A screen that shows a short code, for ten minutes or until an organizer confirms it.

    `key_hash`: of the key that its browser holds, which opens nothing before.
    """

    __tablename__ = "waiting_screens"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    key_hash: Mapped[str] = mapped_column(unique=True)
    asked_at: Mapped[datetime] = mapped_column(default=now, index=True)
