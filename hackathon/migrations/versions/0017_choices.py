"""choices: mail or notices by kind, when links were mailed, moved deadlines, judges away."""

import sqlalchemy as sa
from alembic import op

from hackathon.shared.db import UtcDateTime

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Create the tables and columns."""
    op.create_table(
        "mail_choices",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.CheckConstraint("way IN ('both', 'mail', 'notice')", name="ck_mail_choices_way_known"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_mail_choices_person_id"),
        sa.PrimaryKeyConstraint("person_id", "kind", name="pk_mail_choices"),
    )
    op.add_column(
        "sign_in_links",
        sa.Column("mailed", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    for column in (
        sa.Column("deadline_moved_at", UtcDateTime(), nullable=True),
        sa.Column("deadline_was", UtcDateTime(), nullable=True),
        sa.Column("deadline_note_id", sa.Integer(), nullable=True),
    ):
        op.add_column("events", column)
    op.create_table(
        "judge_absences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seat_id", sa.Integer(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("note_id", sa.Integer(), nullable=False),
        sa.Column("noted_by_id", sa.Integer(), nullable=True),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("word IN ('absent', 'busy')", name="ck_judge_absences_word_known"),
        sa.ForeignKeyConstraint(["seat_id"], ["seats.id"], name="fk_judge_absences_seat_id"),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name="fk_judge_absences_note_id"),
        sa.ForeignKeyConstraint(
            ["noted_by_id"], ["people.id"], name="fk_judge_absences_noted_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_judge_absences"),
    )
    op.create_index(
        "uq_judge_absences_one_open",
        "judge_absences",
        ["seat_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
