"""Result records, prizes, the audience's votes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hackathon.judging.models.base import one_of
from hackathon.judging.rules import Prize
from hackathon.shared.clock import now
from hackathon.shared.db import Base


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
    """A prize with its reason: of a `place` and its band, by people's choice, the audience's."""

    __tablename__ = "awards"
    __table_args__ = (
        UniqueConstraint("round_id", "name", "project_id"),
        one_of("kind", Prize),
        CheckConstraint("(kind = 'place') = (place IS NOT NULL)", name="place_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default=Prize.CHOICE, server_default="choice")
    place: Mapped[int | None]
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime] = mapped_column(default=now)


class AudienceVote(Base):
    """A person's vote for a project, beside the places; it may move until the vote closes."""

    __tablename__ = "audience_votes"
    __table_args__ = (UniqueConstraint("round_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    cast_at: Mapped[datetime] = mapped_column(default=now)
