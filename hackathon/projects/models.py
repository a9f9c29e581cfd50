"""Challenges, projects and the versions of their cards."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hackathon.shared.clock import now
from hackathon.shared.db import Base


class Challenge(Base):
    """A business problem of an event, with an owner."""

    __tablename__ = "challenges"
    __table_args__ = (UniqueConstraint("event_id", "title"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    title: Mapped[str]
    problem: Mapped[str] = mapped_column(Text, default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class Project(Base):
    """A team's project. `version` is the number of its newest card (0: none yet)."""

    __tablename__ = "projects"
    __table_args__ = (
        UniqueConstraint("team_id"),
        UniqueConstraint("event_id", "key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    challenge_id: Mapped[int | None] = mapped_column(ForeignKey("challenges.id"))
    key: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=0)
    reopened_until: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    disqualified_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class ProjectVersion(Base):
    """One saved card, never changed. `card` is canonical JSON of `rules.Card`."""

    __tablename__ = "project_versions"
    __table_args__ = (
        UniqueConstraint("project_id", "number"),
        Index("ix_project_versions_saved", "project_id", "is_complete", "saved_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    number: Mapped[int]
    title: Mapped[str]
    card: Mapped[str] = mapped_column(Text)
    is_complete: Mapped[bool]
    saved_at: Mapped[datetime]
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
