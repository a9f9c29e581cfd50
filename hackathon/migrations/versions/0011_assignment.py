"""assignment: the plan of visits, leases, rubric versions, corrections, devices."""

import sqlalchemy as sa
from alembic import op

from hackathon.shared.db import UtcDateTime
from hackathon.shared.triggers import create_triggers

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the columns of the plan, and the tables that only grow."""
    for table, column in (
        ("rounds", sa.Column("wanted", sa.Integer(), nullable=True)),
        ("rounds", sa.Column("visit_minutes", sa.Integer(), server_default="7", nullable=False)),
        ("rounds", sa.Column("lease_minutes", sa.Integer(), server_default="10", nullable=False)),
        ("rounds", sa.Column("visits_start_at", UtcDateTime(), nullable=True)),
        ("rounds", sa.Column("published_at", UtcDateTime(), nullable=True)),
        ("rounds", sa.Column("revised_note_id", sa.Integer(), nullable=True)),
        ("seats", sa.Column("seen_at", UtcDateTime(), nullable=True)),
        ("seats", sa.Column("seen_by", sa.String(), nullable=True)),
        ("seats", sa.Column("other_at", UtcDateTime(), nullable=True)),
        ("pitches", sa.Column("place", sa.String(), server_default="", nullable=False)),
        ("visits", sa.Column("slot", sa.Integer(), nullable=True)),
        ("visits", sa.Column("leased_until", UtcDateTime(), nullable=True)),
        ("visits", sa.Column("released_at", UtcDateTime(), nullable=True)),
        ("visits", sa.Column("release_reason", sa.String(), nullable=True)),
    ):
        op.add_column(table, column)
    op.create_table(
        "visit_steps",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('leased', 'released')", name=("ck_visit_steps_kind_known")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=("fk_visit_steps_visit_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_visit_steps")),
        sa.UniqueConstraint("key", name=("uq_visit_steps_key")),
    )
    op.create_index("ix_visit_steps_visit", "visit_steps", ["visit_id"], unique=False)
    op.create_table(
        "rubric_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rubric", sa.Text(), nullable=False),
        sa.Column("note_id", sa.Integer(), nullable=True),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["people.id"], name=("fk_rubric_versions_made_by_id")
        ),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=("fk_rubric_versions_note_id")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=("fk_rubric_versions_round_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_rubric_versions")),
        sa.UniqueConstraint("round_id", "number", name=("uq_rubric_versions_round_id_number")),
    )
    op.create_table(
        "corrections",
        sa.Column("mark_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("note_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["mark_id"], ["marks.id"], name=("fk_corrections_mark_id")),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=("fk_corrections_note_id")),
        sa.PrimaryKeyConstraint("mark_id", name=("pk_corrections")),
    )
    create_triggers(op, "visit_steps", "rubric_versions", "corrections")
