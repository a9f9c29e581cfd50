"""Closing an event: discarded rehearsals, surveys, the retrospective, teams that go on."""

import sqlalchemy as sa
from alembic import op

from hackathon.shared.db import UtcDateTime

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Create the tables and columns."""
    op.add_column("events", sa.Column("discarded_at", UtcDateTime(), nullable=True))
    op.create_table(
        "lessons",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("written_by_id", sa.Integer(), nullable=True),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.Column("ended_as", sa.String(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('well', 'change', 'action')", name=("ck_lessons_kind_known")),
        sa.CheckConstraint(
            "ended_as IS NULL OR ended_as IN ('done', 'dropped')", name=("ck_lessons_end_known")
        ),
        sa.CheckConstraint(
            "kind <> 'action' OR owner_id IS NOT NULL", name=("ck_lessons_action_is_owned")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=("fk_lessons_event_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["people.id"], name=("fk_lessons_owner_id")),
        sa.ForeignKeyConstraint(
            ["written_by_id"], ["people.id"], name=("fk_lessons_written_by_id")
        ),
        sa.ForeignKeyConstraint(["ended_by_id"], ["people.id"], name=("fk_lessons_ended_by_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_lessons")),
    )
    op.create_index("ix_lessons_event", "lessons", ["event_id"], unique=False)
    op.create_index("ix_lessons_open", "lessons", ["kind", "ended_at"], unique=False)
    op.create_table(
        "surveys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("questions", sa.Text(), nullable=False),
        sa.Column("is_named", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "closed_at IS NULL OR opened_at IS NOT NULL", name=("ck_surveys_closes_when_open")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=("fk_surveys_event_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_surveys")),
        sa.UniqueConstraint("event_id", name=("uq_surveys_event_id")),
    )
    op.create_table(
        "survey_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("survey_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("replies", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["survey_id"], ["surveys.id"], name=("fk_survey_answers_survey_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=("fk_survey_answers_person_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_survey_answers")),
        sa.UniqueConstraint(
            "survey_id", "person_id", name=("uq_survey_answers_survey_id_person_id")
        ),
    )
    op.create_index("ix_survey_answers_person_id", "survey_answers", ["person_id"], unique=False)
    op.create_table(
        "further_wishes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("needs", sa.Text(), nullable=False),
        sa.Column("wished_by_id", sa.Integer(), nullable=True),
        sa.Column("wished_at", UtcDateTime(), nullable=False),
        sa.Column("declined_by_id", sa.Integer(), nullable=True),
        sa.Column("declined_at", UtcDateTime(), nullable=True),
        sa.Column("note_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(declined_at IS NULL) = (note_id IS NULL)",
            name=("ck_further_wishes_declined_says_why"),
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=("fk_further_wishes_event_id")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=("fk_further_wishes_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["wished_by_id"], ["people.id"], name=("fk_further_wishes_wished_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["declined_by_id"], ["people.id"], name=("fk_further_wishes_declined_by_id")
        ),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=("fk_further_wishes_note_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_further_wishes")),
        sa.UniqueConstraint("project_id", name=("uq_further_wishes_project_id")),
    )
    op.create_index("ix_further_wishes_event_id", "further_wishes", ["event_id"], unique=False)
