"""Quarters, the ledger of credits, readings, and how a team gets in."""

import sqlalchemy as sa
from alembic import op

from hackathon.shared.db import UtcDateTime
from hackathon.shared.triggers import create_triggers

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the tables and their triggers."""
    op.create_table(
        "quarters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("budget", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("typeof(budget) = 'integer'", name="ck_quarters_budget_whole").ddl_if(
            dialect="sqlite"
        ),
        sa.CheckConstraint("budget >= 0", name="ck_quarters_budget_not_negative"),
        sa.PrimaryKeyConstraint("id", name="pk_quarters"),
        sa.UniqueConstraint("name", name="uq_quarters_name"),
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("quarter_id", sa.Integer(), nullable=True),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'funding') = (quarter_id IS NOT NULL) AND (kind = 'funding') = (event_id IS NULL) AND (kind IN ('funding', 'pool')) = (team_id IS NULL)",
            name="ck_accounts_owner",
        ),
        sa.CheckConstraint(
            "kind <> 'funding' OR (balance <= 0 AND balance >= floor)",
            name="ck_accounts_within_budget",
        ),
        sa.CheckConstraint("kind <> 'overrun' OR balance <= 0", name="ck_accounts_not_above_zero"),
        sa.CheckConstraint(
            "kind IN ('funding', 'pool', 'available', 'spent', 'overrun')",
            name="ck_accounts_kind_known",
        ),
        sa.CheckConstraint(
            "kind NOT IN ('pool', 'available') OR balance >= 0", name="ck_accounts_not_below_zero"
        ),
        sa.CheckConstraint("typeof(balance) = 'integer'", name="ck_accounts_balance_whole").ddl_if(
            dialect="sqlite"
        ),
        sa.CheckConstraint("typeof(floor) = 'integer'", name="ck_accounts_floor_whole").ddl_if(
            dialect="sqlite"
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_accounts_event_id"),
        sa.ForeignKeyConstraint(["quarter_id"], ["quarters.id"], name="fk_accounts_quarter_id"),
        sa.ForeignKeyConstraint(
            ["team_id", "event_id"],
            ["teams.id", "teams.event_id"],
            name="fk_accounts_team_id_event_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("name", name="uq_accounts_name"),
    )
    op.create_index("ix_accounts_event", "accounts", ["event_id"], unique=False)
    op.create_table(
        "credit_access",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("sub_account", sa.String(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["team_id", "event_id"],
            ["teams.id", "teams.event_id"],
            name="fk_credit_access_team_id_event_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_credit_access"),
        sa.UniqueConstraint("team_id", name="uq_credit_access_team_id"),
    )
    op.create_index("ix_credit_access_event", "credit_access", ["event_id"], unique=False)
    op.create_table(
        "entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("deed", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("reverses_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("through_at", UtcDateTime(), nullable=True),
        sa.Column("note_id", sa.Integer(), nullable=True),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "(deed = 'reversal') = (reverses_id IS NOT NULL)", name="ck_entries_reversal"
        ),
        sa.CheckConstraint(
            "deed <> 'charge' OR (source IS NOT NULL AND through_at IS NOT NULL)",
            name="ck_entries_charge_has_source",
        ),
        sa.CheckConstraint("deed <> 'fund' OR team_id IS NULL", name="ck_entries_fund_has_no_team"),
        sa.CheckConstraint(
            "deed IN ('fund', 'grant', 'charge', 'return', 'reversal')",
            name="ck_entries_deed_known",
        ),
        sa.CheckConstraint("typeof(amount) = 'integer'", name="ck_entries_amount_whole").ddl_if(
            dialect="sqlite"
        ),
        sa.CheckConstraint("amount > 0", name="ck_entries_amount_positive"),
        sa.CheckConstraint("lines >= 1", name="ck_entries_has_lines"),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_entries_event_id"),
        sa.ForeignKeyConstraint(["made_by_id"], ["people.id"], name="fk_entries_made_by_id"),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name="fk_entries_note_id"),
        sa.ForeignKeyConstraint(["reverses_id"], ["entries.id"], name="fk_entries_reverses_id"),
        sa.ForeignKeyConstraint(
            ["team_id", "event_id"],
            ["teams.id", "teams.event_id"],
            name="fk_entries_team_id_event_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_entries"),
        sa.UniqueConstraint("key", name="uq_entries_key"),
        sa.UniqueConstraint("reverses_id", name="uq_entries_reverses_id"),
    )
    op.create_index("ix_entries_event", "entries", ["event_id", "team_id"], unique=False)
    op.create_table(
        "readings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_key", sa.String(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("typeof(total) = 'integer'", name="ck_readings_total_whole").ddl_if(
            dialect="sqlite"
        ),
        sa.CheckConstraint("total >= 0", name="ck_readings_total_not_negative"),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["people.id"], name="fk_readings_recorded_by_id"
        ),
        sa.ForeignKeyConstraint(
            ["team_id", "event_id"],
            ["teams.id", "teams.event_id"],
            name="fk_readings_team_id_event_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_readings"),
        sa.UniqueConstraint("key", name="uq_readings_key"),
    )
    op.create_index(
        "ix_readings_newest",
        "readings",
        ["event_id", "team_id", "source_key", "seen_at", "id"],
        unique=False,
    )
    op.create_table(
        "postings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("typeof(amount) = 'integer'", name="ck_postings_amount_whole").ddl_if(
            dialect="sqlite"
        ),
        sa.CheckConstraint("amount > 0", name="ck_postings_amount_positive"),
        sa.CheckConstraint("from_id <> to_id", name="ck_postings_two_accounts"),
        sa.CheckConstraint("line >= 1", name="ck_postings_line_positive"),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_postings_entry_id"),
        sa.ForeignKeyConstraint(["from_id"], ["accounts.id"], name="fk_postings_from_id"),
        sa.ForeignKeyConstraint(["to_id"], ["accounts.id"], name="fk_postings_to_id"),
        sa.PrimaryKeyConstraint("id", name="pk_postings"),
        sa.UniqueConstraint("entry_id", "line", name="uq_postings_entry_id_line"),
    )
    op.create_index("ix_postings_from", "postings", ["from_id"], unique=False)
    op.create_index("ix_postings_to", "postings", ["to_id"], unique=False)
    create_triggers(op, "quarters", "accounts", "entries", "postings", "readings")
