"""The days of an event: announcements, agenda, help requests."""

import sqlalchemy as sa
from alembic import op

from hackathon.shared.db import UtcDateTime
from hackathon.shared.triggers import create_triggers

revision = "0013"
down_revision = "0012"


def _days_of_events() -> None:
    op.create_table(
        "announcements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
        sa.Column("send_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("written_by_id", sa.Integer(), nullable=True),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "audience IN ('everybody', 'participants', 'captains', 'teamless', 'unsubmitted', "
            "'judges', 'mentors', 'organizers')",
            name=("ck_announcements_audience_known"),
        ),
        sa.CheckConstraint(
            "sent_at IS NULL OR withdrawn_at IS NULL", name=("ck_announcements_sent_or_withdrawn")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=("fk_announcements_event_id")),
        sa.ForeignKeyConstraint(
            ["written_by_id"], ["people.id"], name=("fk_announcements_written_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_announcements")),
    )
    op.create_index("ix_announcements_event_id_send_at", "announcements", ["event_id", "send_at"])
    op.create_index(
        "ix_announcements_waiting",
        "announcements",
        ["send_at"],
        sqlite_where=sa.text("sent_at IS NULL AND withdrawn_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL AND withdrawn_at IS NULL"),
    )
    op.create_table(
        "dismissals",
        sa.Column("announcement_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("dismissed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement_id"], ["announcements.id"], name=("fk_dismissals_announcement_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=("fk_dismissals_person_id")),
        sa.PrimaryKeyConstraint("announcement_id", "person_id", name=("pk_dismissals")),
    )
    op.create_table(
        "agenda_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "ends_at IS NULL OR ends_at > starts_at", name=("ck_agenda_items_starts_before_end")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=("fk_agenda_items_event_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_agenda_items")),
    )
    op.create_index("ix_agenda_items_event_id_starts_at", "agenda_items", ["event_id", "starts_at"])


def _help() -> None:
    op.create_table(
        "help_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("wish", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("claimed_by_id", sa.Integer(), nullable=True),
        sa.Column("claimed_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "topic IN ('data', 'model', 'access', 'question', 'pitch', 'other')",
            name=("ck_help_requests_topic_known"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'claimed', 'done', 'withdrawn')",
            name=("ck_help_requests_state_known"),
        ),
        sa.CheckConstraint(
            "state <> 'claimed' OR (claimed_by_id IS NOT NULL AND claimed_at IS NOT NULL)",
            name=("ck_help_requests_claimed_by_somebody"),
        ),
        sa.CheckConstraint(
            "(state IN ('done', 'withdrawn')) = (ended_at IS NOT NULL)",
            name=("ck_help_requests_ended_once"),
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["people.id"], name=("fk_help_requests_asked_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["claimed_by_id"], ["people.id"], name=("fk_help_requests_claimed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["team_id", "event_id"],
            ["teams.id", "teams.event_id"],
            name=("fk_help_requests_team_id_event_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_help_requests")),
    )
    op.create_index("ix_help_requests_event_id_state", "help_requests", ["event_id", "state"])
    living = sa.text("state IN ('open', 'claimed')")
    op.create_index(
        "uq_help_requests_one_of_a_topic",
        "help_requests",
        ["team_id", "topic"],
        unique=True,
        sqlite_where=living,
        postgresql_where=living,
    )


def upgrade() -> None:
    """Create the tables and their triggers."""
    _days_of_events()
    _help()
    create_triggers(op, "announcements", "help_requests")
