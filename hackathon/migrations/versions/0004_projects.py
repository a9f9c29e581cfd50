"""Challenges, projects and their versions."""

import sqlalchemy as sa
from alembic import op

from hackathon.shared.db import UtcDateTime
from hackathon.shared.triggers import create_triggers

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables and their triggers."""
    op.create_table(
        "challenges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=("fk_challenges_event_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["people.id"], name=("fk_challenges_owner_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_challenges")),
        sa.UniqueConstraint("event_id", "title", name=("uq_challenges_event_id_title")),
    )
    op.create_table(
        "projects",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("challenge_id", sa.Integer(), nullable=True),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reopened_until", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("disqualified_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["challenge_id"], ["challenges.id"], name=("fk_projects_challenge_id")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=("fk_projects_event_id")),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=("fk_projects_team_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_projects")),
        sa.UniqueConstraint("event_id", "key", name=("uq_projects_event_id_key")),
        sa.UniqueConstraint("team_id", name=("uq_projects_team_id")),
    )
    op.create_table(
        "project_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.Column("saved_at", UtcDateTime(), nullable=False),
        sa.Column("saved_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=("fk_project_versions_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["saved_by_id"], ["people.id"], name=("fk_project_versions_saved_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_project_versions")),
        sa.UniqueConstraint("project_id", "number", name=("uq_project_versions_project_id_number")),
    )
    op.create_index(
        "ix_project_versions_saved",
        "project_versions",
        ["project_id", "is_complete", "saved_at"],
        unique=False,
    )
    create_triggers(op, "project_versions")
