"""screens: those that show a code until an organizer confirms it."""

import sqlalchemy as sa
from alembic import op

from hackathon.shared.db import UtcDateTime

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "waiting_screens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_waiting_screens"),
        sa.UniqueConstraint("code", name="uq_waiting_screens_code"),
        sa.UniqueConstraint("key_hash", name="uq_waiting_screens_key_hash"),
    )
    op.create_index("ix_waiting_screens_asked_at", "waiting_screens", ["asked_at"])
