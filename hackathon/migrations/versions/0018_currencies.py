"""currencies: a quarter's budget in each, and what entries, holds, requests and levels are in.

Everything there is stays in the currency it has. Quarters are unique by name and currency now,
levels by currency too; SQLite gets both tables anew, with the foreign keys to quarters checked
at the end of the migration.
"""

import sqlalchemy as sa
from alembic import op

from hackathon.shared.db import UtcDateTime
from hackathon.shared.triggers import TRIGGERS, create_triggers

revision = "0018"
down_revision = "0017"

MAIN = "USD"


def _currency() -> sa.Column[str]:
    return sa.Column("currency", sa.String(), server_default=MAIN, nullable=False)


def _said_by_accounts() -> None:
    """Entries of bills in another currency say so; entries are append-only before and after."""
    name = "entries_no_update"
    dialect = op.get_bind().dialect.name
    op.execute(f"DROP TRIGGER {name}" + ("" if dialect == "sqlite" else " ON entries"))
    op.execute(
        "UPDATE entries SET currency = (SELECT a.currency FROM postings p JOIN accounts a "  # noqa: S608 - no input
        "ON a.id = p.from_id WHERE p.entry_id = entries.id AND p.line = 1) WHERE id IN "
        "(SELECT p.entry_id FROM postings p JOIN accounts a ON a.id = p.from_id "
        f"WHERE a.currency <> '{MAIN}')"
    )
    kept = next(row for row in TRIGGERS if row.name == name)
    for statement in kept.sqlite if dialect == "sqlite" else kept.postgresql:
        op.get_bind().exec_driver_sql(statement)


def _quarters_in_sqlite() -> None:
    """The table anew: rows are put back before the foreign keys to them are checked."""
    op.execute("PRAGMA defer_foreign_keys = ON")
    op.execute("CREATE TEMPORARY TABLE kept AS SELECT * FROM quarters")
    op.drop_table("quarters")
    op.create_table(
        "quarters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("budget", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("typeof(budget) = 'integer'", name="ck_quarters_budget_whole"),
        sa.CheckConstraint("budget >= 0", name="ck_quarters_budget_not_negative"),
        sa.PrimaryKeyConstraint("id", name="pk_quarters"),
        sa.UniqueConstraint("name", "currency", name="uq_quarters_name_currency"),
    )
    op.execute(
        "INSERT INTO quarters (id, name, budget, currency, created_at) "
        "SELECT id, name, budget, currency, created_at FROM kept"
    )
    op.execute("DROP TABLE kept")
    create_triggers(op, "quarters")


def _crossings_in_sqlite() -> None:
    op.execute("CREATE TEMPORARY TABLE kept AS SELECT * FROM crossings")
    op.drop_table("crossings")
    op.create_table(
        "crossings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        _currency(),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("limit_entry_id", sa.Integer(), nullable=False),
        sa.Column("crossed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("basis IN ('spent', 'committed', 'forecast')", name="basis_known"),
        sa.ForeignKeyConstraint(
            ["team_id", "event_id"],
            ["teams.id", "teams.event_id"],
            name="fk_crossings_team_id_event_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_crossings"),
        sa.UniqueConstraint(
            "team_id",
            "currency",
            "basis",
            "threshold",
            "limit_entry_id",
            name="uq_crossings_team_id_currency_basis_threshold_limit_entry_id",
        ),
    )
    columns = "id, event_id, team_id, basis, threshold, limit_entry_id, crossed_at"
    op.execute(f"INSERT INTO crossings ({columns}) SELECT {columns} FROM kept")  # noqa: S608 - no input
    op.execute("DROP TABLE kept")
    create_triggers(op, "crossings")


def _in_postgresql() -> None:
    op.drop_constraint("uq_quarters_name", "quarters")
    op.create_unique_constraint("uq_quarters_name_currency", "quarters", ["name", "currency"])
    op.add_column("crossings", _currency())
    op.drop_constraint("uq_crossings_team_id_basis_threshold_limit_entry_id", "crossings")
    op.create_unique_constraint(
        "uq_crossings_team_id_currency_basis_threshold_limit_entry_id",
        "crossings",
        ["team_id", "currency", "basis", "threshold", "limit_entry_id"],
    )


def upgrade() -> None:
    """Say of each row which currency it is in, and widen what was unique."""
    for table in ("entries", "readings", "holds", "credit_requests"):
        op.add_column(table, _currency())
    _said_by_accounts()
    if op.get_bind().dialect.name == "sqlite":
        _quarters_in_sqlite()
        _crossings_in_sqlite()
    else:
        _in_postgresql()
    tables = ("accounts", "quarters", "holds", "credit_requests", "postings", "budget_moves")
    create_triggers(op, *tables, since="0018")
