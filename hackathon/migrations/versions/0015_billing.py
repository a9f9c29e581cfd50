"""billing: deliveries in parts, hours, exchange rates, shared taxes, late entries.

A scope may be one file of several, so its uniqueness takes the part in; SQLite gets the
table anew, with its foreign keys checked at the end of the migration. A scope can change
hands, which its triggers allow now; postings stay within one currency.
"""

import sqlalchemy as sa
from alembic import op

from hackathon.shared.db import UtcDateTime
from hackathon.shared.triggers import TRIGGERS, create_triggers

revision = "0015"
down_revision = "0014"

CHECKED = (
    ("bill_sources", "delivery", "overwrite", ("overwrite", "append")),
    ("bill_sources", "taxes", "excluded", ("excluded", "shared")),
)


def _anew(*tables: str) -> None:
    """Make the triggers of tables as they are listed now, whatever was there."""
    dialect = op.get_bind().dialect.name
    gone = [("bill_scopes_no_update", "bill_scopes")]
    for name, table in gone + [(row.name, row.table) for row in TRIGGERS]:
        if table in tables:
            tail = "" if dialect == "sqlite" else f" ON {table}"
            op.execute(f"DROP TRIGGER IF EXISTS {name}{tail}")
    create_triggers(op, *tables)


def _scopes_in_sqlite() -> None:
    """The table anew: rows are put back before the foreign keys to them are checked."""
    op.execute("PRAGMA defer_foreign_keys = ON")
    op.execute("CREATE TEMPORARY TABLE kept_scopes AS SELECT * FROM bill_scopes")
    op.drop_table("bill_scopes")
    op.create_table(
        "bill_scopes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("part", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["bill_sources.id"], name="fk_bill_scopes_source_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_bill_scopes"),
        sa.UniqueConstraint("account", "period", "part", name="uq_bill_scopes_account_period_part"),
    )
    op.create_index("ix_bill_scopes_source", "bill_scopes", ["source_id"], unique=False)
    op.execute(
        "INSERT INTO bill_scopes (id, source_id, account, period) "
        "SELECT id, source_id, account, period FROM kept_scopes"
    )
    op.execute("DROP TABLE kept_scopes")


def _scopes_in_postgresql() -> None:
    op.add_column("bill_scopes", sa.Column("part", sa.String(), server_default="", nullable=False))
    op.drop_constraint("uq_bill_scopes_account_period", "bill_scopes")
    op.create_unique_constraint(
        "uq_bill_scopes_account_period_part", "bill_scopes", ["account", "period", "part"]
    )


def upgrade() -> None:
    """Widen sources, scopes, cells, rules, bookings and entries; add the rates."""
    for table, name, usual, words in CHECKED:
        listed = ", ".join(f"'{word}'" for word in words)
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN {name} VARCHAR DEFAULT '{usual}' NOT NULL "
            f"CONSTRAINT ck_{table}_{name}_known CHECK ({name} IN ({listed}))"
        )
    if op.get_bind().dialect.name == "sqlite":
        _scopes_in_sqlite()
    else:
        _scopes_in_postgresql()
    op.create_table(
        "bill_rates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("rate", sa.String(), nullable=False),
        sa.Column("quoted_on", sa.Date(), nullable=False),
        sa.Column("note_id", sa.Integer(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["bill_sources.id"], name="fk_bill_rates_source_id"),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name="fk_bill_rates_note_id"),
        sa.ForeignKeyConstraint(["made_by_id"], ["people.id"], name="fk_bill_rates_made_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_bill_rates"),
    )
    op.create_index("ix_bill_rates_source", "bill_rates", ["source_id"], unique=False)
    for table, column in (
        ("bills", sa.Column("files", sa.Text(), server_default="[]", nullable=False)),
        ("bill_cells", sa.Column("hour", sa.Integer(), server_default="0", nullable=False)),
        ("bill_rules", sa.Column("from_hour", sa.Integer(), server_default="0", nullable=False)),
        ("bill_bookings", sa.Column("origin", sa.String(), server_default="", nullable=False)),
        (
            "bill_bookings",
            sa.Column("origin_amount", sa.BigInteger(), server_default="0", nullable=False),
        ),
        ("entries", sa.Column("is_late", sa.Boolean(), server_default=sa.false(), nullable=False)),
    ):
        op.add_column(table, column)
    op.execute(
        "ALTER TABLE bill_bookings ADD COLUMN rate_id INTEGER "
        "CONSTRAINT fk_bill_bookings_rate_id REFERENCES bill_rates (id)"
    )
    _anew("bill_scopes", "bill_rates", "postings")
