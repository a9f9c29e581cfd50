"""Bills: sources, scopes, files, cells, mapping, bookings; the ledger takes their accounts.

The checks of `accounts` and `entries` become wider, which SQLite can only be told by
changing the stored text of the table, as its own documentation of ALTER TABLE describes for
changes that leave the rows alone; a rebuild would drop triggers and refuse foreign keys.
"""

import sqlalchemy as sa
from alembic import op

from hackathon.shared.db import UtcDateTime
from hackathon.shared.triggers import create_triggers

revision = "0009"
down_revision = "0008"

KINDS = (
    "kind IN ('funding', 'pool', 'available', 'spent', 'overrun')",
    "kind IN ('funding', 'pool', 'available', 'spent', 'overrun', 'unallocated', 'excluded', 'clearing')",
)
OWNER = (
    (
        "(kind = 'funding') = (quarter_id IS NOT NULL) AND (kind = 'funding') = (event_id IS NULL) "
        "AND (kind IN ('funding', 'pool')) = (team_id IS NULL)"
    ),
    (
        "(kind = 'funding') = (quarter_id IS NOT NULL) "
        "AND (kind IN ('unallocated', 'excluded', 'clearing')) = (source_id IS NOT NULL) "
        "AND (quarter_id IS NULL AND source_id IS NULL) = (event_id IS NOT NULL) "
        "AND (kind IN ('available', 'spent', 'overrun')) = (team_id IS NOT NULL)"
    ),
)
DEEDS = (
    "deed IN ('fund', 'grant', 'charge', 'return', 'reversal')",
    "deed IN ('fund', 'grant', 'charge', 'return', 'reversal', 'refund', 'bill')",
)
SOURCE = (
    "deed <> 'charge' OR (source IS NOT NULL AND through_at IS NOT NULL)",
    "deed NOT IN ('charge', 'refund') OR (source IS NOT NULL AND through_at IS NOT NULL)",
)
NO_EVENT = "(deed = 'bill') = (event_id IS NULL)"


def _widen(table: str, *changes: tuple[str, str]) -> None:
    """Replace parts of a table's stored text (SQLite)."""
    bind = op.get_bind()
    bind.exec_driver_sql("PRAGMA writable_schema = ON")
    for old, new in changes:
        found = bind.execute(
            sa.text(
                "UPDATE sqlite_master SET sql = replace(sql, :old, :new) "
                "WHERE type = 'table' AND name = :name AND instr(sql, :old) > 0"
            ),
            {"old": old, "new": new, "name": table},
        )
        if found.rowcount != 1:
            raise RuntimeError(f"{table} is not as expected: {old}")
    bind.exec_driver_sql("PRAGMA writable_schema = RESET")


def _widen_ledger() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "ALTER TABLE accounts ADD COLUMN source_id INTEGER "
            "CONSTRAINT fk_accounts_source_id REFERENCES bill_sources (id)"
        )
        _widen("accounts", KINDS, OWNER)
        _widen(
            "entries",
            DEEDS,
            SOURCE,
            ("event_id INTEGER NOT NULL", "event_id INTEGER"),
            (
                "CONSTRAINT ck_entries_ck_entries_has_lines CHECK (lines >= 1)",
                (
                    "CONSTRAINT ck_entries_ck_entries_has_lines CHECK (lines >= 1), "
                    f"CONSTRAINT ck_entries_bill_has_no_event CHECK ({NO_EVENT})"
                ),
            ),
        )
        return
    op.add_column("accounts", sa.Column("source_id", sa.Integer(), nullable=True))
    op.create_foreign_key(
        "fk_accounts_source_id", "accounts", "bill_sources", ["source_id"], ["id"]
    )
    op.alter_column("entries", "event_id", existing_type=sa.Integer(), nullable=True)
    for table, name, (_, new) in (
        ("accounts", "ck_accounts_ck_accounts_kind_known", KINDS),
        ("accounts", "ck_accounts_ck_accounts_owner", OWNER),
        ("entries", "ck_entries_ck_entries_deed_known", DEEDS),
        ("entries", "ck_entries_ck_entries_charge_has_source", SOURCE),
    ):
        op.drop_constraint(op.f(name), table)
        op.create_check_constraint(op.f(name), table, new)
    op.create_check_constraint(op.f("ck_entries_bill_has_no_event"), "entries", NO_EVENT)


def upgrade() -> None:
    """Create the tables and their triggers; widen the ledger."""
    op.create_table(
        "bill_sources",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("charged", sa.String(), nullable=False),
        sa.Column("tag_keys", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "basis IN ('billed', 'effective')", name=op.f("ck_bill_sources_basis_known")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_bill_sources_event_id"),
        sa.PrimaryKeyConstraint("id", name="pk_bill_sources"),
        sa.UniqueConstraint("name_key", name="uq_bill_sources_name_key"),
    )
    op.create_table(
        "bill_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("tag_key", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("from_day", sa.Date(), nullable=True),
        sa.Column("note_id", sa.Integer(), nullable=True),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('account', 'tag', 'prefix')", name=op.f("ck_bill_rules_kind_known")
        ),
        sa.CheckConstraint(
            "(team_id IS NULL) = (event_id IS NULL)", name=op.f("ck_bill_rules_team_of_event")
        ),
        sa.ForeignKeyConstraint(["made_by_id"], ["people.id"], name="fk_bill_rules_made_by_id"),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name="fk_bill_rules_note_id"),
        sa.ForeignKeyConstraint(["source_id"], ["bill_sources.id"], name="fk_bill_rules_source_id"),
        sa.ForeignKeyConstraint(
            ["team_id", "event_id"],
            ["teams.id", "teams.event_id"],
            name="fk_bill_rules_team_id_event_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_bill_rules"),
    )
    op.create_index("ix_bill_rules_source", "bill_rules", ["source_id"], unique=False)
    op.create_table(
        "bill_scopes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["bill_sources.id"], name="fk_bill_scopes_source_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_bill_scopes"),
        sa.UniqueConstraint("account", "period", name="uq_bill_scopes_account_period"),
    )
    op.create_index("ix_bill_scopes_source", "bill_scopes", ["source_id"], unique=False)
    op.create_table(
        "bills",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("file_hash", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Text(), nullable=False),
        sa.Column("totals", sa.Text(), nullable=False),
        sa.Column("warnings", sa.Text(), nullable=False),
        sa.Column("concerns", sa.Text(), nullable=False),
        sa.Column("applied_by_id", sa.Integer(), nullable=True),
        sa.Column("applied_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["applied_by_id"], ["people.id"], name="fk_bills_applied_by_id"),
        sa.ForeignKeyConstraint(["source_id"], ["bill_sources.id"], name="fk_bills_source_id"),
        sa.PrimaryKeyConstraint("id", name="pk_bills"),
    )
    op.create_index("ix_bills_source", "bills", ["source_id"], unique=False)
    op.create_table(
        "bill_bookings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("bill_id", sa.Integer(), nullable=True),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "(holder = 'team') = (team_id IS NOT NULL)",
            name=op.f("ck_bill_bookings_team_is_holder"),
        ),
        sa.CheckConstraint(
            "holder IN ('team', 'unallocated', 'excluded')",
            name=op.f("ck_bill_bookings_holder_known"),
        ),
        sa.CheckConstraint(
            "typeof(amount) = 'integer'", name=op.f("ck_bill_bookings_amount_whole")
        ).ddl_if(dialect="sqlite"),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_bill_bookings_amount_not_zero")),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"], name="fk_bill_bookings_bill_id"),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_bill_bookings_entry_id"),
        sa.ForeignKeyConstraint(["scope_id"], ["bill_scopes.id"], name="fk_bill_bookings_scope_id"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_bill_bookings_team_id"),
        sa.PrimaryKeyConstraint("id", name="pk_bill_bookings"),
    )
    op.create_index("ix_bill_bookings_scope", "bill_bookings", ["scope_id"], unique=False)
    op.create_index("ix_bill_bookings_team", "bill_bookings", ["team_id"], unique=False)
    op.create_table(
        "bill_rejects",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bill_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("billed", sa.String(), nullable=False),
        sa.Column("effective", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"], name="fk_bill_rejects_bill_id"),
        sa.PrimaryKeyConstraint("id", name="pk_bill_rejects"),
    )
    op.create_index("ix_bill_rejects_bill", "bill_rejects", ["bill_id"], unique=False)
    op.create_table(
        "bill_snapshots",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bill_id", sa.Integer(), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("billed", sa.String(), nullable=False),
        sa.Column("effective", sa.String(), nullable=False),
        sa.Column("currencies", sa.String(), nullable=False),
        sa.Column("through_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"], name="fk_bill_snapshots_bill_id"),
        sa.ForeignKeyConstraint(
            ["scope_id"], ["bill_scopes.id"], name="fk_bill_snapshots_scope_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_bill_snapshots"),
        sa.UniqueConstraint("scope_id", "bill_id", name="uq_bill_snapshots_scope_id_bill_id"),
    )
    op.create_index("ix_bill_snapshots_bill", "bill_snapshots", ["bill_id"], unique=False)
    op.create_table(
        "bill_cells",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("snapshot_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("charge_class", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("sub_account", sa.String(), nullable=False),
        sa.Column("tags", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("billed", sa.String(), nullable=False),
        sa.Column("effective", sa.String(), nullable=False),
        sa.Column("listed", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["bill_snapshots.id"], name="fk_bill_cells_snapshot_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_bill_cells"),
    )
    op.create_index("ix_bill_cells_snapshot", "bill_cells", ["snapshot_id"], unique=False)
    _widen_ledger()
    create_triggers(
        op, "bill_rules", "bill_scopes", "bills", "bill_bookings", "bill_rejects",
        "bill_snapshots", "bill_cells",
    )  # fmt: skip
