"""Holds, the team's tokens, states, requests, crossings, moves between quarters."""

import sqlalchemy as sa
from alembic import op

from hackathon.shared.db import UtcDateTime
from hackathon.shared.triggers import create_triggers

revision = "0010"
down_revision = "0009"

KINDS = (
    (
        "kind IN ('funding', 'pool', 'available', 'spent', 'overrun', 'unallocated', 'excluded', "
        "'clearing')"
    ),
    (
        "kind IN ('funding', 'pool', 'available', 'held', 'spent', 'overrun', 'unallocated', "
        "'excluded', 'clearing')"
    ),
)
FLOOR = (
    "kind NOT IN ('pool', 'available') OR balance >= 0",
    "kind NOT IN ('pool', 'available', 'held') OR balance >= 0",
)
OWNED = "(kind IN ({})) = (team_id IS NOT NULL)"
SOURCED = (
    "(kind = 'funding') = (quarter_id IS NOT NULL) "
    "AND (kind IN ('unallocated', 'excluded', 'clearing')) = (source_id IS NOT NULL) "
    "AND (quarter_id IS NULL AND source_id IS NULL) = (event_id IS NOT NULL) AND "
)
OWNER = tuple(
    SOURCED + OWNED.format(kinds)
    for kinds in ("'available', 'spent', 'overrun'", "'available', 'held', 'spent', 'overrun'")
)
DEEDS = (
    "deed IN ('fund', 'grant', 'charge', 'return', 'reversal', 'refund', 'bill')",
    (
        "deed IN ('fund', 'grant', 'charge', 'hold', 'release', 'capture', 'carry', 'return', "
        "'reversal', 'refund', 'bill')"
    ),
)
SOURCE = (
    "deed NOT IN ('charge', 'refund') OR (source IS NOT NULL AND through_at IS NOT NULL)",
    (
        "deed NOT IN ('charge', 'capture', 'refund') "
        "OR (source IS NOT NULL AND through_at IS NOT NULL)"
    ),
)
CHECKS = (
    ("accounts", "kind_known", KINDS),
    ("accounts", "not_below_zero", FLOOR),
    ("accounts", "owner", OWNER),
    ("entries", "deed_known", DEEDS),
    ("entries", "charge_has_source", SOURCE),
)
"""Checks of earlier migrations, before and after: they learn holds."""


def _widen_sqlite() -> None:
    """Change the checks in place: rebuilding the ledger would drop its triggers.

    https://www.sqlite.org/lang_altertable.html section 7 names this way for changes that
    leave every row as it is.
    """
    bind = op.get_bind()
    bind.exec_driver_sql("PRAGMA writable_schema = ON")
    for table, name, (old, new) in CHECKS:
        found = bind.execute(
            sa.text(
                "UPDATE sqlite_master SET sql = replace(sql, :old, :new) "
                "WHERE type = 'table' AND name = :name AND instr(sql, :old) > 0"
            ),
            {"old": old, "new": new, "name": table},
        )
        if found.rowcount != 1:
            raise RuntimeError(f"{table} is not as expected: {name}")
    bind.exec_driver_sql("PRAGMA writable_schema = RESET")


def _widen_postgresql() -> None:
    for table, name, (_, new) in CHECKS:
        full = op.f(f"ck_{table}_ck_{table}_{name}")
        op.drop_constraint(full, table)
        op.create_check_constraint(full, table, new)


def _of_team(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["team_id", "event_id"],
        ["teams.id", "teams.event_id"],
        name=f"fk_{table}_team_id_event_id",
    )


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}")


def _whole(column: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"typeof({column}) = 'integer'", name=f"{column}_whole").ddl_if(
        dialect="sqlite"
    )


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def _money(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, UtcDateTime(), nullable=nullable)


def upgrade() -> None:
    """Create the tables and their triggers; accounts and entries learn new words."""
    if op.get_bind().dialect.name == "sqlite":
        _widen_sqlite()
    else:
        _widen_postgresql()
    op.create_table(
        "credit_states",
        _number("id"),
        _number("event_id"),
        _number("team_id"),
        _text("state"),
        _number("note_id"),
        _number("changed_by_id", nullable=True),
        _at("changed_at"),
        sa.CheckConstraint(
            "state IN ('open', 'paused', 'settling', 'closed')",
            name="state_known",
        ),
        _of_team("credit_states"),
        _to("credit_states", "note_id", "notes"),
        _to("credit_states", "changed_by_id", "people"),
        sa.PrimaryKeyConstraint("id", name="pk_credit_states"),
        sa.UniqueConstraint("team_id", name="uq_credit_states_team_id"),
    )
    op.create_table(
        "team_tokens",
        _number("id"),
        _number("event_id"),
        _number("team_id"),
        _text("name"),
        _text("token_hash"),
        _text("hint"),
        _number("made_by_id", nullable=True),
        _at("made_at"),
        _at("revoked_at", nullable=True),
        _number("revoked_by_id", nullable=True),
        _of_team("team_tokens"),
        _to("team_tokens", "made_by_id", "people"),
        _to("team_tokens", "revoked_by_id", "people"),
        sa.PrimaryKeyConstraint("id", name="pk_team_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_team_tokens_token_hash"),
    )
    op.create_index("ix_team_tokens_team", "team_tokens", ["team_id"])
    op.create_table(
        "holds",
        _number("id"),
        _number("event_id"),
        _number("team_id"),
        _text("key"),
        _text("digest"),
        _money("amount"),
        _text("source"),
        _text("purpose"),
        _text("state"),
        _at("expires_at"),
        _number("token_id", nullable=True),
        _at("made_at"),
        _at("ended_at", nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'captured', 'voided', 'expired')", name="state_known"
        ),
        sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended"),
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        _whole("amount"),
        _of_team("holds"),
        _to("holds", "token_id", "team_tokens"),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
        sa.UniqueConstraint("team_id", "key", name="uq_holds_team_id_key"),
    )
    op.create_index("ix_holds_open", "holds", ["state", "expires_at"])
    op.create_table(
        "credit_requests",
        _number("id"),
        _text("key"),
        _text("digest"),
        _number("event_id"),
        _number("team_id"),
        _money("amount"),
        _text("kind"),
        _number("note_id"),
        _number("asked_by_id", nullable=True),
        _at("asked_at"),
        _text("state"),
        _money("agreed"),
        _number("agreed_by_id", nullable=True),
        _at("agreed_at", nullable=True),
        _number("decided_by_id", nullable=True),
        _at("decided_at", nullable=True),
        _number("answer_id", nullable=True),
        _number("entry_id", nullable=True),
        sa.CheckConstraint("kind IN ('gpu', 'api', 'storage')", name="kind_known"),
        sa.CheckConstraint(
            "state IN ('asked', 'agreed', 'granted', 'refused')",
            name="state_known",
        ),
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.CheckConstraint("(state = 'granted') = (entry_id IS NOT NULL)", name="granted"),
        sa.CheckConstraint(
            "asked_by_id <> decided_by_id AND asked_by_id <> agreed_by_id "
            "AND (agreed_by_id <> decided_by_id OR state = 'refused')",
            name="other_people",
        ),
        _whole("amount"),
        _whole("agreed"),
        _of_team("credit_requests"),
        _to("credit_requests", "note_id", "notes"),
        _to("credit_requests", "asked_by_id", "people"),
        _to("credit_requests", "agreed_by_id", "people"),
        _to("credit_requests", "decided_by_id", "people"),
        _to("credit_requests", "answer_id", "notes"),
        _to("credit_requests", "entry_id", "entries"),
        sa.PrimaryKeyConstraint("id", name="pk_credit_requests"),
        sa.UniqueConstraint("key", name="uq_credit_requests_key"),
    )
    op.create_index("ix_credit_requests_event", "credit_requests", ["event_id", "state"])
    op.create_table(
        "crossings",
        _number("id"),
        _number("event_id"),
        _number("team_id"),
        _text("basis"),
        _number("threshold"),
        _number("limit_entry_id"),
        _at("crossed_at"),
        sa.CheckConstraint("basis IN ('spent', 'committed', 'forecast')", name="basis_known"),
        _of_team("crossings"),
        sa.PrimaryKeyConstraint("id", name="pk_crossings"),
        sa.UniqueConstraint(
            "team_id",
            "basis",
            "threshold",
            "limit_entry_id",
            name="uq_crossings_team_id_basis_threshold_limit_entry_id",
        ),
    )
    op.create_table(
        "budget_moves",
        _number("id"),
        _text("key"),
        _text("digest"),
        _number("from_id"),
        _number("to_id"),
        _money("amount"),
        _number("note_id"),
        _number("entry_id", nullable=True),
        _number("moved_by_id", nullable=True),
        _at("moved_at"),
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.CheckConstraint("from_id <> to_id", name="two_quarters"),
        _whole("amount"),
        _to("budget_moves", "from_id", "quarters"),
        _to("budget_moves", "to_id", "quarters"),
        _to("budget_moves", "note_id", "notes"),
        _to("budget_moves", "entry_id", "entries"),
        _to("budget_moves", "moved_by_id", "people"),
        sa.PrimaryKeyConstraint("id", name="pk_budget_moves"),
        sa.UniqueConstraint("key", name="uq_budget_moves_key"),
    )
    create_triggers(op, "holds", "crossings", "budget_moves")
