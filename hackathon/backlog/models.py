"""Proposals, their pages, team, history, evidence, check-ins and learning cards."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hackathon.backlog.rules import ACTIVE, Source, State
from hackathon.shared.clock import now
from hackathon.shared.db import Base


def _one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


_ACTIVE = ", ".join(f"'{word}'" for word in sorted(ACTIVE))


class Proposal(Base):
    """A proposal and where it stands; changed by compare-and-set on `version`.

    Days are days in `zone`. `criteria` and `measured` are JSON lists of text, line for
    line. `start` is the first day of its twelve months; for an idea the first day of its
    prototype. `came_from` is the state before it was parked, stopped or merged.
    """

    __tablename__ = "proposals"
    __table_args__ = (
        _one_of("state", State),
        _one_of("source", Source),
        CheckConstraint("time_box_days IS NULL OR time_box_days BETWEEN 1 AND 90", name="time_box"),
        CheckConstraint(
            f"state NOT IN ({_ACTIVE}) OR (owner_id IS NOT NULL AND time_box_ends IS NOT NULL)",
            name="active_is_owned",
        ),
        CheckConstraint(
            "state NOT IN ('production', 'retired') OR live_on IS NOT NULL", name="live_has_a_day"
        ),
        CheckConstraint(
            "state <> 'merged' OR (merged_into_id IS NOT NULL AND merged_into_id <> id)",
            name="merged_into_another",
        ),
        CheckConstraint("state <> 'parked' OR revisit_on IS NOT NULL", name="parked_until"),
        UniqueConstraint("project_id"),
        Index("ix_proposals_owner", "owner_id"),
        Index("ix_proposals_event", "event_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id"))
    source: Mapped[str]
    state: Mapped[str]
    came_from: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
    cycle: Mapped[int] = mapped_column(default=1)
    title: Mapped[str]
    page: Mapped[int] = mapped_column(default=1)
    zone: Mapped[str] = mapped_column(default="UTC")
    start: Mapped[date | None]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    held_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    held_until: Mapped[date | None]
    criteria: Mapped[str] = mapped_column(Text, default="[]")
    criteria_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    measured: Mapped[str] = mapped_column(Text, default="[]")
    time_box_days: Mapped[int | None]
    time_box_ends: Mapped[date | None]
    is_extended: Mapped[bool] = mapped_column(default=False)
    decide_by: Mapped[date | None]
    revisit_on: Mapped[date | None]
    link: Mapped[str] = mapped_column(default="")
    home_team: Mapped[str] = mapped_column(default="")
    release_url: Mapped[str] = mapped_column(default="")
    monitored_by: Mapped[str] = mapped_column(default="")
    live_on: Mapped[date | None]
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("proposals.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class ProposalPage(Base):
    """One version of the one page, never changed."""

    __tablename__ = "proposal_pages"
    __table_args__ = (UniqueConstraint("proposal_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals.id"))
    number: Mapped[int]
    title: Mapped[str]
    problem: Mapped[str] = mapped_column(Text)
    approach: Mapped[str] = mapped_column(Text)
    impact: Mapped[str] = mapped_column(Text)
    needs: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime] = mapped_column(default=now)
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class ProposalMember(Base):
    """A person of the team that made the project; `is_lead` its captain."""

    __tablename__ = "proposal_members"
    __table_args__ = (UniqueConstraint("proposal_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    role: Mapped[str] = mapped_column(default="")
    is_lead: Mapped[bool] = mapped_column(default=False)


class ProposalMove(Base):
    """One line of the history, never changed.

    `happened_on` is the day it is about (of a launch: since when it is live), `at` when it
    was recorded.
    """

    __tablename__ = "proposal_moves"
    __table_args__ = (
        UniqueConstraint("proposal_id", "number"),
        _one_of("to_state", State),
        CheckConstraint("number >= 1", name="number_from_1"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals.id"))
    number: Mapped[int]
    verb: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    cycle: Mapped[int]
    code: Mapped[str] = mapped_column(default="")
    note_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))
    into_id: Mapped[int | None] = mapped_column(ForeignKey("proposals.id"))
    happened_on: Mapped[date]
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class Evidence(Base):
    """What a promotion carried along: canonical JSON and its SHA-256, never changed."""

    __tablename__ = "evidence"
    __table_args__ = (UniqueConstraint("proposal_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals.id"))
    body: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(default=now)


class CheckIn(Base):
    """A dated question to the owner; the three answers once it is done."""

    __tablename__ = "check_ins"
    __table_args__ = (
        UniqueConstraint("proposal_id", "key"),
        Index("ix_check_ins_due", "done_at", "due_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals.id"))
    key: Mapped[str]
    due_on: Mapped[date]
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    changed: Mapped[str] = mapped_column(Text, default="")
    number_now: Mapped[str] = mapped_column(Text, default="")
    in_the_way: Mapped[str] = mapped_column(Text, default="")


class LearningCard(Base):
    """What a stopped proposal leaves; one for each time it was stopped, never changed."""

    __tablename__ = "learning_cards"
    __table_args__ = (UniqueConstraint("proposal_id", "cycle"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals.id"))
    cycle: Mapped[int]
    tried: Mapped[str] = mapped_column(Text)
    learned: Mapped[str] = mapped_column(Text)
    who_should_know: Mapped[str] = mapped_column(Text)
    reuse: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(default=now)
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class FurtherWish(Base):
    """A team asks that its project goes on, and says what it needs; the newest words count.

    It is answered by a promotion, or declined with a reason.
    """

    __tablename__ = "further_wishes"
    __table_args__ = (
        UniqueConstraint("project_id"),
        CheckConstraint("(declined_at IS NULL) = (note_id IS NULL)", name="declined_says_why"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), index=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    needs: Mapped[str] = mapped_column(Text)
    wished_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    wished_at: Mapped[datetime] = mapped_column(default=now)
    declined_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    declined_at: Mapped[datetime | None]
    note_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))
