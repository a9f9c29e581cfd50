"""Teams, memberships and the ways in."""

import sqlalchemy as sa
from alembic import op

from hackathon.shared.db import UtcDateTime
from hackathon.shared.triggers import create_triggers

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables and their triggers."""
    op.create_table(
        "teams",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("captain_id", sa.Integer(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("member_count", sa.Integer(), nullable=False),
        sa.Column("locked_at", UtcDateTime(), nullable=True),
        sa.Column("archived_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("capacity >= 1", name=("ck_teams_capacity_positive")),
        sa.CheckConstraint("member_count <= capacity", name=("ck_teams_not_above_size")),
        sa.ForeignKeyConstraint(["captain_id"], ["people.id"], name=("fk_teams_captain_id")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=("fk_teams_event_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_teams")),
        sa.UniqueConstraint("event_id", "name_key", name=("uq_teams_event_id_name_key")),
        sa.UniqueConstraint("id", "event_id", name=("uq_teams_id_event_id")),
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("invited_by_id", sa.Integer(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("accepted_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["invited_by_id"], ["people.id"], name=("fk_invitations_invited_by_id")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=("fk_invitations_team_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_invitations")),
        sa.UniqueConstraint("token_hash", name=("uq_invitations_token_hash")),
    )
    op.create_index(("ix_invitations_email"), "invitations", ["email"], unique=False)
    op.create_index(("ix_invitations_team_id"), "invitations", ["team_id"], unique=False)
    op.create_table(
        "join_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'declined', 'lapsed')",
            name=("ck_join_requests_state_known"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=("fk_join_requests_person_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=("fk_join_requests_team_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_join_requests")),
    )
    op.create_index(("ix_join_requests_person_id"), "join_requests", ["person_id"], unique=False)
    op.create_index(
        "uq_join_requests_open",
        "join_requests",
        ["team_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "memberships",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("joined_at", UtcDateTime(), nullable=False),
        sa.Column("left_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=("fk_memberships_person_id")),
        sa.ForeignKeyConstraint(
            ["team_id", "event_id"],
            ["teams.id", "teams.event_id"],
            name=("fk_memberships_team_id_event_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_memberships")),
    )
    op.create_index(("ix_memberships_person_id"), "memberships", ["person_id"], unique=False)
    op.create_index("ix_memberships_team", "memberships", ["team_id"], unique=False)
    op.create_index(
        "uq_memberships_one_team",
        "memberships",
        ["event_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("left_at IS NULL"),
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_table(
        "openings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("wanted", sa.String(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=("fk_openings_team_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_openings")),
    )
    op.create_index(("ix_openings_team_id"), "openings", ["team_id"], unique=False)
    create_triggers(op, "memberships")
