"""rounds: tracks and finals, what a conflict is from, prizes of places and bands."""

import sqlalchemy as sa
from alembic import op

from hackathon.shared.db import UtcDateTime

revision = "0016"
down_revision = "0015"

OPEN = sa.text("state IN ('open', 'paused')")


def upgrade() -> None:
    """Add the columns, the table of finals, and widen two promises."""
    op.add_column("rounds", sa.Column("track", sa.String(), server_default="", nullable=False))
    op.execute(
        "ALTER TABLE rounds ADD COLUMN takes VARCHAR DEFAULT 'every' NOT NULL "
        "CONSTRAINT ck_rounds_takes_known CHECK (takes IN ('every', 'challenge', 'chosen'))"
    )
    op.execute(
        "ALTER TABLE rounds ADD COLUMN challenge_id INTEGER CONSTRAINT fk_rounds_challenge_id "
        "REFERENCES challenges (id) CONSTRAINT ck_rounds_has_challenge "
        "CHECK (takes <> 'challenge' OR challenge_id IS NOT NULL)"
    )
    op.add_column(
        "rounds",
        sa.Column("is_departmental", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.drop_index("uq_rounds_one_open", table_name="rounds")
    op.create_index(
        "uq_rounds_one_open", "rounds", ["event_id", "track"], unique=True,
        sqlite_where=OPEN, postgresql_where=OPEN,
    )  # fmt: skip
    op.execute(
        "ALTER TABLE conflicts ADD COLUMN kind VARCHAR DEFAULT 'declared' NOT NULL "
        "CONSTRAINT ck_conflicts_kind_known CHECK (kind IN ('declared', 'mentor', 'manager'))"
    )
    op.add_column("conflicts", sa.Column("lifted_at", UtcDateTime(), nullable=True))
    with op.batch_alter_table("awards") as awards:  # a table without triggers
        awards.add_column(sa.Column("kind", sa.String(), server_default="choice", nullable=False))
        awards.add_column(sa.Column("place", sa.Integer(), nullable=True))
        awards.drop_constraint("uq_awards_round_id_name", type_="unique")
        awards.create_unique_constraint(
            "uq_awards_round_id_name_project_id", ["round_id", "name", "project_id"]
        )
        awards.create_check_constraint(
            "ck_awards_kind_known", "kind IN ('place', 'choice', 'audience')"
        )
        awards.create_check_constraint(
            "ck_awards_place_known", "(kind = 'place') = (place IS NOT NULL)"
        )
    op.create_table(
        "finals",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("best", sa.Integer(), nullable=False),
        sa.Column("note_id", sa.Integer(), nullable=False),
        sa.Column("carried_by_id", sa.Integer(), nullable=True),
        sa.Column("carried_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("round_id <> first_id", name=("ck_finals_two_rounds")),
        sa.CheckConstraint("best >= 1", name=("ck_finals_best_positive")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=("fk_finals_round_id")),
        sa.ForeignKeyConstraint(["first_id"], ["rounds.id"], name=("fk_finals_first_id")),
        sa.ForeignKeyConstraint(["record_id"], ["result_records.id"], name=("fk_finals_record_id")),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=("fk_finals_note_id")),
        sa.ForeignKeyConstraint(["carried_by_id"], ["people.id"], name=("fk_finals_carried_by_id")),
        sa.PrimaryKeyConstraint("round_id", name=("pk_finals")),
        sa.UniqueConstraint("first_id", name=("uq_finals_first_id")),
    )
