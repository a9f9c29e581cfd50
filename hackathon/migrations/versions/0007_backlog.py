"""Proposals, their pages, team, history, evidence, check-ins and learning cards."""

import sqlalchemy as sa
from alembic import op

from hackathon.shared.db import UtcDateTime
from hackathon.shared.triggers import create_triggers

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the tables and their triggers."""
    op.create_table(
        "proposals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("came_from", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("start", sa.Date(), nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("held_by_id", sa.Integer(), nullable=True),
        sa.Column("held_until", sa.Date(), nullable=True),
        sa.Column("criteria", sa.Text(), nullable=False),
        sa.Column("criteria_by_id", sa.Integer(), nullable=True),
        sa.Column("measured", sa.Text(), nullable=False),
        sa.Column("time_box_days", sa.Integer(), nullable=True),
        sa.Column("time_box_ends", sa.Date(), nullable=True),
        sa.Column("is_extended", sa.Boolean(), nullable=False),
        sa.Column("decide_by", sa.Date(), nullable=True),
        sa.Column("revisit_on", sa.Date(), nullable=True),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("home_team", sa.String(), nullable=False),
        sa.Column("release_url", sa.String(), nullable=False),
        sa.Column("monitored_by", sa.String(), nullable=False),
        sa.Column("live_on", sa.Date(), nullable=True),
        sa.Column("merged_into_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "source IN ('winner', 'nominated', 'idea')", name="ck_proposals_source_known"
        ),
        sa.CheckConstraint(
            "state <> 'merged' OR (merged_into_id IS NOT NULL AND merged_into_id <> id)",
            name="ck_proposals_merged_into_another",
        ),
        sa.CheckConstraint(
            "state <> 'parked' OR revisit_on IS NOT NULL", name="ck_proposals_parked_until"
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'proposed', 'in_review', 'accepted', 'prototyping', 'prototype_ready', 'piloting', 'production', 'parked', 'stopped', 'declined', 'merged', 'withdrawn', 'retired')",
            name="ck_proposals_state_known",
        ),
        sa.CheckConstraint(
            "state NOT IN ('accepted', 'piloting', 'prototype_ready', 'prototyping') OR (owner_id IS NOT NULL AND time_box_ends IS NOT NULL)",
            name="ck_proposals_active_is_owned",
        ),
        sa.CheckConstraint(
            "state NOT IN ('production', 'retired') OR live_on IS NOT NULL",
            name="ck_proposals_live_has_a_day",
        ),
        sa.CheckConstraint(
            "time_box_days IS NULL OR time_box_days BETWEEN 1 AND 90", name="ck_proposals_time_box"
        ),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name="fk_proposals_author_id"),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["people.id"], name="fk_proposals_created_by_id"
        ),
        sa.ForeignKeyConstraint(
            ["criteria_by_id"], ["people.id"], name="fk_proposals_criteria_by_id"
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_proposals_event_id"),
        sa.ForeignKeyConstraint(["held_by_id"], ["people.id"], name="fk_proposals_held_by_id"),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["proposals.id"], name="fk_proposals_merged_into_id"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["people.id"], name="fk_proposals_owner_id"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_proposals_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_proposals"),
        sa.UniqueConstraint("project_id", name="uq_proposals_project_id"),
    )
    op.create_index("ix_proposals_event", "proposals", ["event_id"], unique=False)
    op.create_index("ix_proposals_owner", "proposals", ["owner_id"], unique=False)
    op.create_table(
        "check_ins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("done_by_id", sa.Integer(), nullable=True),
        sa.Column("changed", sa.Text(), nullable=False),
        sa.Column("number_now", sa.Text(), nullable=False),
        sa.Column("in_the_way", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["done_by_id"], ["people.id"], name="fk_check_ins_done_by_id"),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name="fk_check_ins_proposal_id"),
        sa.PrimaryKeyConstraint("id", name="pk_check_ins"),
        sa.UniqueConstraint("proposal_id", "key", name="uq_check_ins_proposal_id_key"),
    )
    op.create_index("ix_check_ins_due", "check_ins", ["done_at", "due_on"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name="fk_evidence_proposal_id"),
        sa.PrimaryKeyConstraint("id", name="pk_evidence"),
        sa.UniqueConstraint("proposal_id", name="uq_evidence_proposal_id"),
    )
    op.create_table(
        "learning_cards",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("tried", sa.Text(), nullable=False),
        sa.Column("learned", sa.Text(), nullable=False),
        sa.Column("who_should_know", sa.Text(), nullable=False),
        sa.Column("reuse", sa.Text(), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name="fk_learning_cards_proposal_id"
        ),
        sa.ForeignKeyConstraint(
            ["written_by_id"], ["people.id"], name="fk_learning_cards_written_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_learning_cards"),
        sa.UniqueConstraint("proposal_id", "cycle", name="uq_learning_cards_proposal_id_cycle"),
    )
    op.create_table(
        "proposal_members",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("is_lead", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_proposal_members_person_id"),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name="fk_proposal_members_proposal_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_proposal_members"),
        sa.UniqueConstraint(
            "proposal_id", "person_id", name="uq_proposal_members_proposal_id_person_id"
        ),
    )
    op.create_index(
        "ix_proposal_members_person_id", "proposal_members", ["person_id"], unique=False
    )
    op.create_table(
        "proposal_moves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("from_state", sa.String(), nullable=True),
        sa.Column("to_state", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("note_id", sa.Integer(), nullable=True),
        sa.Column("into_id", sa.Integer(), nullable=True),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "to_state IN ('draft', 'proposed', 'in_review', 'accepted', 'prototyping', 'prototype_ready', 'piloting', 'production', 'parked', 'stopped', 'declined', 'merged', 'withdrawn', 'retired')",
            name="ck_proposal_moves_to_state_known",
        ),
        sa.CheckConstraint("number >= 1", name="ck_proposal_moves_number_from_1"),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name="fk_proposal_moves_by_id"),
        sa.ForeignKeyConstraint(["into_id"], ["proposals.id"], name="fk_proposal_moves_into_id"),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name="fk_proposal_moves_note_id"),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name="fk_proposal_moves_proposal_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_proposal_moves"),
        sa.UniqueConstraint("proposal_id", "number", name="uq_proposal_moves_proposal_id_number"),
    )
    op.create_table(
        "proposal_pages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("approach", sa.Text(), nullable=False),
        sa.Column("impact", sa.Text(), nullable=False),
        sa.Column("needs", sa.Text(), nullable=False),
        sa.Column("saved_at", UtcDateTime(), nullable=False),
        sa.Column("saved_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name="fk_proposal_pages_proposal_id"
        ),
        sa.ForeignKeyConstraint(
            ["saved_by_id"], ["people.id"], name="fk_proposal_pages_saved_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_proposal_pages"),
        sa.UniqueConstraint("proposal_id", "number", name="uq_proposal_pages_proposal_id_number"),
    )
    create_triggers(op, "proposal_moves", "proposal_pages", "evidence", "learning_cards")
