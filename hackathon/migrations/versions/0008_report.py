"""Signed quarter reports."""

import sqlalchemy as sa
from alembic import op

from hackathon.shared.db import UtcDateTime
from hackathon.shared.triggers import create_triggers

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the tables and their triggers."""
    op.create_table(
        "quarter_reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("note_id", sa.Integer(), nullable=True),
        sa.Column("signed_at", UtcDateTime(), nullable=False),
        sa.Column("signed_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "version = 1 OR note_id IS NOT NULL", name="ck_quarter_reports_correction_says_why"
        ),
        sa.CheckConstraint("version >= 1", name="ck_quarter_reports_version_from_1"),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name="fk_quarter_reports_note_id"),
        sa.ForeignKeyConstraint(
            ["signed_by_id"], ["people.id"], name="fk_quarter_reports_signed_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_quarter_reports"),
        sa.UniqueConstraint("quarter", "version", name="uq_quarter_reports_quarter_version"),
    )
    create_triggers(op, "quarter_reports")
