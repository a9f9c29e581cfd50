"""Judging: ranges and bands, reopening by two people, the projector's key, the audience's vote."""

import sqlalchemy as sa
from alembic import op

from hackathon.shared.db import UtcDateTime

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Create the tables and columns."""
    for name in ("rank_low", "rank_high", "band", "top_three"):
        op.add_column("result_rows", sa.Column(name, sa.Integer(), nullable=True))
    for name in ("vote_opened_at", "vote_closed_at"):
        op.add_column("rounds", sa.Column(name, UtcDateTime(), nullable=True))
    op.create_table(
        "reopenings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("note_id", sa.Integer(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("is_confirmed", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "asked_by_id <> decided_by_id OR NOT is_confirmed",
            name=("ck_reopenings_two_people"),
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], ["people.id"], name=("fk_reopenings_asked_by_id")),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["people.id"], name=("fk_reopenings_decided_by_id")
        ),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=("fk_reopenings_note_id")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=("fk_reopenings_round_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_reopenings")),
    )
    op.create_index(
        "uq_reopenings_one_waiting",
        "reopenings",
        ["round_id"],
        unique=True,
        sqlite_where=sa.text("decided_at IS NULL"),
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_table(
        "stage_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["made_by_id"], ["people.id"], name=("fk_stage_tokens_made_by_id")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=("fk_stage_tokens_round_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_stage_tokens")),
        sa.UniqueConstraint("token_hash", name=("uq_stage_tokens_token_hash")),
    )
    op.create_index(("ix_stage_tokens_round_id"), "stage_tokens", ["round_id"], unique=False)
    op.create_table(
        "audience_votes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("cast_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=("fk_audience_votes_person_id")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=("fk_audience_votes_project_id")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=("fk_audience_votes_round_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_audience_votes")),
        sa.UniqueConstraint("round_id", "person_id", name=("uq_audience_votes_round_id_person_id")),
    )
    op.create_index(("ix_audience_votes_person_id"), "audience_votes", ["person_id"], unique=False)
