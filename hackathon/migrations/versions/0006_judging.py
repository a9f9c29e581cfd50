"""Judging: rounds, rubrics, seats, visits, marks, the late tray, result records."""

import sqlalchemy as sa
from alembic import op

from hackathon.shared.db import UtcDateTime
from hackathon.shared.triggers import create_triggers

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the tables and their triggers."""
    op.create_table(
        "rounds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("low", sa.Integer(), nullable=False),
        sa.Column("high", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("pitch_seconds", sa.Integer(), nullable=False),
        sa.Column("pitch", sa.Integer(), nullable=True),
        sa.Column("pitch_started_at", UtcDateTime(), nullable=True),
        sa.Column("reveal_step", sa.Integer(), nullable=True),
        sa.Column("reveal_top", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.Column("paused_note_id", sa.Integer(), nullable=True),
        sa.Column("frozen_at", UtcDateTime(), nullable=True),
        sa.Column("finalized_at", UtcDateTime(), nullable=True),
        sa.Column("revealed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("mode IN ('pitches', 'visits')", name=("ck_rounds_mode_known")),
        sa.CheckConstraint("rule IN ('adjusted', 'raw')", name=("ck_rounds_rule_known")),
        sa.CheckConstraint(
            "state IN ('draft', 'open', 'paused', 'frozen', 'finalized', 'revealed')",
            name=("ck_rounds_state_known"),
        ),
        sa.CheckConstraint(
            "low >= 0 AND high > low AND step > 0 AND (high - low) % step = 0",
            name=("ck_rounds_scale"),
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=("fk_rounds_event_id")),
        sa.ForeignKeyConstraint(
            ["paused_note_id"], ["notes.id"], name=("fk_rounds_paused_note_id")
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_rounds")),
    )
    op.create_index("ix_rounds_event", "rounds", ["event_id"], unique=False)
    op.create_index(
        "uq_rounds_one_open",
        "rounds",
        ["event_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('open', 'paused')"),
        postgresql_where=sa.text("state IN ('open', 'paused')"),
    )
    op.create_table(
        "criteria",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("weight", sa.String(), nullable=False),
        sa.Column("anchors", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=("fk_criteria_round_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_criteria")),
        sa.UniqueConstraint("round_id", "key", name=("uq_criteria_round_id_key")),
        sa.UniqueConstraint("round_id", "position", name=("uq_criteria_round_id_position")),
    )
    op.create_table(
        "result_records",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("inputs_hash", sa.String(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("program_version", sa.String(), nullable=False),
        sa.Column("sheet_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["people.id"], name=("fk_result_records_made_by_id")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=("fk_result_records_round_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_result_records")),
        sa.UniqueConstraint("round_id", "number", name=("uq_result_records_round_id_number")),
    )
    op.create_table(
        "seats",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("group_label", sa.String(), nullable=False),
        sa.Column("tracks", sa.String(), nullable=False),
        sa.Column("max_load", sa.Integer(), nullable=True),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=("fk_seats_person_id")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=("fk_seats_round_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_seats")),
        sa.UniqueConstraint("round_id", "key", name=("uq_seats_round_id_key")),
        sa.UniqueConstraint("round_id", "person_id", name=("uq_seats_round_id_person_id")),
    )
    op.create_index(("ix_seats_person_id"), "seats", ["person_id"], unique=False)
    op.create_table(
        "awards",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("note_id", sa.Integer(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["decided_by_id"], ["people.id"], name=("fk_awards_decided_by_id")),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=("fk_awards_note_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=("fk_awards_project_id")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=("fk_awards_round_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_awards")),
        sa.UniqueConstraint("round_id", "name", name=("uq_awards_round_id_name")),
    )
    op.create_table(
        "conflicts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seat_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("declared_by_id", sa.Integer(), nullable=True),
        sa.Column("declared_at", UtcDateTime(), nullable=False),
        sa.Column("note_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["declared_by_id"], ["people.id"], name=("fk_conflicts_declared_by_id")
        ),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=("fk_conflicts_note_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=("fk_conflicts_project_id")),
        sa.ForeignKeyConstraint(["seat_id"], ["seats.id"], name=("fk_conflicts_seat_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_conflicts")),
        sa.UniqueConstraint("seat_id", "project_id", name=("uq_conflicts_seat_id_project_id")),
    )
    op.create_table(
        "late_marks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("seat_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("criterion_id", sa.Integer(), nullable=True),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("texts", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("is_accepted", sa.Boolean(), nullable=True),
        sa.Column("note_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["criterion_id"], ["criteria.id"], name=("fk_late_marks_criterion_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["people.id"], name=("fk_late_marks_decided_by_id")
        ),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=("fk_late_marks_note_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=("fk_late_marks_project_id")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=("fk_late_marks_round_id")),
        sa.ForeignKeyConstraint(["seat_id"], ["seats.id"], name=("fk_late_marks_seat_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_late_marks")),
        sa.UniqueConstraint("key", name=("uq_late_marks_key")),
    )
    op.create_index("ix_late_marks_round", "late_marks", ["round_id", "decided_at"], unique=False)
    op.create_table(
        "pitches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=("fk_pitches_project_id")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=("fk_pitches_round_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_pitches")),
        sa.UniqueConstraint("round_id", "project_id", name=("uq_pitches_round_id_project_id")),
    )
    op.create_index("ix_pitches_order", "pitches", ["round_id", "position"], unique=False)
    op.create_table(
        "result_rows",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("team_name", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("component", sa.Integer(), nullable=False),
        sa.Column("raw_mean", sa.Text(), nullable=False),
        sa.Column("adjusted", sa.Text(), nullable=False),
        sa.Column("sheets", sa.Integer(), nullable=False),
        sa.Column("tie", sa.String(), nullable=False),
        sa.Column("criteria", sa.Text(), nullable=False),
        sa.Column("texts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=("fk_result_rows_project_id")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["result_records.id"], name=("fk_result_rows_record_id")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=("fk_result_rows_team_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_result_rows")),
        sa.UniqueConstraint(
            "record_id", "project_id", name=("uq_result_rows_record_id_project_id")
        ),
    )
    op.create_table(
        "visits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("seat_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("begun_at", UtcDateTime(), nullable=True),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=("fk_visits_project_id")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=("fk_visits_round_id")),
        sa.ForeignKeyConstraint(["seat_id"], ["seats.id"], name=("fk_visits_seat_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_visits")),
        sa.UniqueConstraint("seat_id", "project_id", name=("uq_visits_seat_id_project_id")),
    )
    op.create_index("ix_visits_round", "visits", ["round_id", "project_id"], unique=False)
    op.create_table(
        "feedback",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=False),
        sa.Column("strength", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("seq >= 0", name=("ck_feedback_seq_not_negative")),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["people.id"], name=("fk_feedback_entered_by_id")
        ),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=("fk_feedback_visit_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_feedback")),
        sa.UniqueConstraint("key", name=("uq_feedback_key")),
    )
    op.create_index("ix_feedback_visit", "feedback", ["visit_id", "seq", "id"], unique=False)
    op.create_table(
        "marks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=False),
        sa.Column("criterion_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("seq >= 0", name=("ck_marks_seq_not_negative")),
        sa.CheckConstraint(
            "value IS NULL OR value BETWEEN 0 AND 1000", name=("ck_marks_value_range")
        ),
        sa.ForeignKeyConstraint(["criterion_id"], ["criteria.id"], name=("fk_marks_criterion_id")),
        sa.ForeignKeyConstraint(["entered_by_id"], ["people.id"], name=("fk_marks_entered_by_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=("fk_marks_visit_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_marks")),
        sa.UniqueConstraint("key", name=("uq_marks_key")),
    )
    op.create_index(
        "ix_marks_cell", "marks", ["visit_id", "criterion_id", "seq", "id"], unique=False
    )
    create_triggers(op, "marks", "feedback", "result_records", "result_rows")
