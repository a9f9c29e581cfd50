"""Events, moves between phases, registrations, lessons."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hackathon.events.rules import Audience
from hackathon.shared.clock import now
from hackathon.shared.db import Base


class Event(Base):
    """One hackathon. Instants are UTC; `zone` says how to show and read them.

    `quarter` is stored ("2026-Q4"), by default that of the last day in the zone. When the
    deadline moved last, from which, and the note that says why: `deadline_moved_at`, `_was`,
    `_note_id`.
    A rehearsal with `discarded_at` is seen and found by nobody; its rows and facts stay.
    """

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="starts_before_end"),
        CheckConstraint("team_min >= 1 AND team_max >= team_min", name="team_size"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    goals: Mapped[str] = mapped_column(Text, default="")
    quarter: Mapped[str] = mapped_column(index=True)
    zone: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    last_day: Mapped[date]
    registration_opens_at: Mapped[datetime | None]
    teams_lock_at: Mapped[datetime | None]
    submissions_close_at: Mapped[datetime]
    deadline_moved_at: Mapped[datetime | None]
    deadline_was: Mapped[datetime | None]
    deadline_note_id: Mapped[int | None]
    team_min: Mapped[int] = mapped_column(default=2)
    team_max: Mapped[int] = mapped_column(default=5)
    terms: Mapped[str] = mapped_column(Text, default="")
    terms_version: Mapped[int] = mapped_column(default=1)
    join_token: Mapped[str] = mapped_column(unique=True)
    join_domain: Mapped[str] = mapped_column(default="")
    join_closed: Mapped[bool] = mapped_column(default=False)
    is_rehearsal: Mapped[bool] = mapped_column(default=False)
    copied_from_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"))
    published_at: Mapped[datetime | None]
    revealed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    discarded_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Lesson(Base):
    """A line of an event's retrospective: what went well, what to change, an action.

    An action has an owner and is open until it ends as done or dropped; the other lines end
    when they are taken off the page.
    """

    __tablename__ = "lessons"
    __table_args__ = (
        CheckConstraint("kind IN ('well', 'change', 'action')", name="kind_known"),
        CheckConstraint("ended_as IS NULL OR ended_as IN ('done', 'dropped')", name="end_known"),
        CheckConstraint("kind <> 'action' OR owner_id IS NOT NULL", name="action_is_owned"),
        Index("ix_lessons_event", "event_id"),
        Index("ix_lessons_open", "kind", "ended_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    kind: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    written_at: Mapped[datetime] = mapped_column(default=now)
    ended_as: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))


class PhaseMove(Base):
    """An organizer's move to a phase, with a reason; the newest counts (see rules)."""

    __tablename__ = "phase_moves"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), index=True)
    phase: Mapped[str]
    moved_at: Mapped[datetime]
    moved_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"))


class Registration(Base):
    """A person in an event: the accepted text, role in a team, skills, whether looking."""

    __tablename__ = "registrations"
    __table_args__ = (UniqueConstraint("event_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    terms_version: Mapped[int | None]
    accepted_at: Mapped[datetime | None]
    role: Mapped[str] = mapped_column(default="")
    skills: Mapped[str] = mapped_column(default="")
    dietary: Mapped[str] = mapped_column(default="")
    line: Mapped[str] = mapped_column(default="")
    is_looking: Mapped[bool] = mapped_column(default=False)
    registered_at: Mapped[datetime] = mapped_column(default=now)


_WAITING = text("sent_at IS NULL AND withdrawn_at IS NULL")


class Announcement(Base):
    """What organizers say to an audience, shown from `send_at` on; once told it never changes."""

    __tablename__ = "announcements"
    __table_args__ = (
        CheckConstraint(
            f"audience IN ({', '.join(repr(word.value) for word in Audience)})",
            name="audience_known",
        ),
        CheckConstraint("sent_at IS NULL OR withdrawn_at IS NULL", name="sent_or_withdrawn"),
        Index("ix_announcements_event_id_send_at", "event_id", "send_at"),
        Index(
            "ix_announcements_waiting",
            "send_at",
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    audience: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    by_mail: Mapped[bool] = mapped_column(default=True)
    send_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    written_at: Mapped[datetime] = mapped_column(default=now)
    version: Mapped[int] = mapped_column(default=1)


class Dismissal(Base):
    """A person has read an announcement: its banner is gone for them."""

    __tablename__ = "dismissals"

    announcement_id: Mapped[int] = mapped_column(ForeignKey("announcements.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    dismissed_at: Mapped[datetime] = mapped_column(default=now)


class AgendaItem(Base):
    """One line of an event's agenda; without an end it is a moment, such as a deadline."""

    __tablename__ = "agenda_items"
    __table_args__ = (
        CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="starts_before_end"),
        Index("ix_agenda_items_event_id_starts_at", "event_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    title: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    place: Mapped[str] = mapped_column(default="")
    link: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime] = mapped_column(default=now)
