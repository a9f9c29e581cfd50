"""Events, roles in them, registrations."""

import sqlalchemy as sa
from alembic import op

from hackathon.shared.db import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables and their triggers."""
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("goals", sa.Text(), nullable=False),
        sa.Column("quarter", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("registration_opens_at", UtcDateTime(), nullable=True),
        sa.Column("teams_lock_at", UtcDateTime(), nullable=True),
        sa.Column("submissions_close_at", UtcDateTime(), nullable=False),
        sa.Column("team_min", sa.Integer(), nullable=False),
        sa.Column("team_max", sa.Integer(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("terms_version", sa.Integer(), nullable=False),
        sa.Column("join_token", sa.String(), nullable=False),
        sa.Column("join_domain", sa.String(), nullable=False),
        sa.Column("join_closed", sa.Boolean(), nullable=False),
        sa.Column("is_rehearsal", sa.Boolean(), nullable=False),
        sa.Column("copied_from_id", sa.Integer(), nullable=True),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("revealed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=("ck_events_starts_before_end")),
        sa.CheckConstraint("team_min >= 1 AND team_max >= team_min", name=("ck_events_team_size")),
        sa.ForeignKeyConstraint(
            ["copied_from_id"], ["events.id"], name=("fk_events_copied_from_id")
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_events")),
        sa.UniqueConstraint("join_token", name=("uq_events_join_token")),
        sa.UniqueConstraint("slug", name=("uq_events_slug")),
    )
    op.create_index(("ix_events_quarter"), "events", ["quarter"], unique=False)
    op.create_table(
        "event_roles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "role IN ('organizer', 'mentor', 'participant')",
            name=("ck_event_roles_role_known"),
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=("fk_event_roles_event_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=("fk_event_roles_person_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_event_roles")),
        sa.UniqueConstraint(
            "event_id",
            "person_id",
            "role",
            name=("uq_event_roles_event_id_person_id_role"),
        ),
    )
    op.create_index(("ix_event_roles_person_id"), "event_roles", ["person_id"], unique=False)
    op.create_table(
        "phase_moves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("moved_at", UtcDateTime(), nullable=False),
        sa.Column("moved_by_id", sa.Integer(), nullable=True),
        sa.Column("note_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=("fk_phase_moves_event_id")),
        sa.ForeignKeyConstraint(
            ["moved_by_id"], ["people.id"], name=("fk_phase_moves_moved_by_id")
        ),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=("fk_phase_moves_note_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_phase_moves")),
    )
    op.create_index(("ix_phase_moves_event_id"), "phase_moves", ["event_id"], unique=False)
    op.create_table(
        "registrations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("terms_version", sa.Integer(), nullable=True),
        sa.Column("accepted_at", UtcDateTime(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("skills", sa.String(), nullable=False),
        sa.Column("dietary", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("is_looking", sa.Boolean(), nullable=False),
        sa.Column("registered_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=("fk_registrations_event_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=("fk_registrations_person_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_registrations")),
        sa.UniqueConstraint("event_id", "person_id", name=("uq_registrations_event_id_person_id")),
    )
    op.create_index(("ix_registrations_person_id"), "registrations", ["person_id"], unique=False)
