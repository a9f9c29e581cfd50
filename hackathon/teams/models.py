"""Teams, memberships, invitations, join requests, openings."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from hackathon.shared.clock import now
from hackathon.shared.db import Base
from hackathon.teams.rules import TOPICS


class Team(Base):
    """A team of one event. `member_count` is kept by triggers on memberships."""

    __tablename__ = "teams"
    __table_args__ = (
        UniqueConstraint("event_id", "name_key"),
        UniqueConstraint("id", "event_id"),
        CheckConstraint("member_count <= capacity", name="not_above_size"),
        CheckConstraint("capacity >= 1", name="capacity_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    name: Mapped[str]
    name_key: Mapped[str]
    about: Mapped[str] = mapped_column(default="")
    captain_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    capacity: Mapped[int]
    member_count: Mapped[int] = mapped_column(default=0)
    locked_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class Membership(Base):
    """A person in a team; ends with `left_at`, is never deleted."""

    __tablename__ = "memberships"
    __table_args__ = (
        ForeignKeyConstraint(["team_id", "event_id"], ["teams.id", "teams.event_id"]),
        Index(
            "uq_memberships_one_team",
            "event_id",
            "person_id",
            unique=True,
            sqlite_where=text("left_at IS NULL"),
            postgresql_where=text("left_at IS NULL"),
        ),
        Index("ix_memberships_team", "team_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int]
    team_id: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    joined_at: Mapped[datetime] = mapped_column(default=now)
    left_at: Mapped[datetime | None]


class Invitation(Base):
    """An invitation bound to an address; the token is stored hashed and works once."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), index=True)
    email: Mapped[str] = mapped_column(index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    sent_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class JoinRequest(Base):
    """A person asks to join; requests lapse when one is accepted."""

    __tablename__ = "join_requests"
    __table_args__ = (
        Index(
            "uq_join_requests_open",
            "team_id",
            "person_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        CheckConstraint("state IN ('open', 'accepted', 'declined', 'lapsed')", name="state_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    message: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="open")
    asked_at: Mapped[datetime] = mapped_column(default=now)
    answered_at: Mapped[datetime | None]


class Opening(Base):
    """A role a team looks for."""

    __tablename__ = "openings"

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), index=True)
    role: Mapped[str]
    wanted: Mapped[str] = mapped_column(default="")
    opened_at: Mapped[datetime] = mapped_column(default=now)
    closed_at: Mapped[datetime | None]


_LIVING = text("state IN ('open', 'claimed')")


class HelpRequest(Base):
    """A team asks for help; one at a time of a topic, claimed by one person."""

    __tablename__ = "help_requests"
    __table_args__ = (
        ForeignKeyConstraint(["team_id", "event_id"], ["teams.id", "teams.event_id"]),
        CheckConstraint(
            f"topic IN ({', '.join(repr(word) for word in TOPICS)})", name="topic_known"
        ),
        CheckConstraint("state IN ('open', 'claimed', 'done', 'withdrawn')", name="state_known"),
        CheckConstraint(
            "state <> 'claimed' OR (claimed_by_id IS NOT NULL AND claimed_at IS NOT NULL)",
            name="claimed_by_somebody",
        ),
        CheckConstraint(
            "(state IN ('done', 'withdrawn')) = (ended_at IS NOT NULL)", name="ended_once"
        ),
        Index(
            "uq_help_requests_one_of_a_topic",
            "team_id",
            "topic",
            unique=True,
            sqlite_where=_LIVING,
            postgresql_where=_LIVING,
        ),
        Index("ix_help_requests_event_id_state", "event_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int]
    team_id: Mapped[int]
    topic: Mapped[str]
    wish: Mapped[str] = mapped_column(default="")
    place: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="open")
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    claimed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
