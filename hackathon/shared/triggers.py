"""Triggers: what the database itself refuses, on both engines.

Batch migrations on SQLite drop triggers silently, so every migration that creates or
rebuilds a table calls `create_triggers`, and a test compares the live ones with this list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sqlalchemy import Connection

    class Migration(Protocol):
        """As much of `alembic.op` as is needed."""

        def get_bind(self) -> Connection:
            """The connection that migrates."""


@dataclass(frozen=True)
class Trigger:
    """One trigger in the words of each engine; statements run one after another.

    `since`: the migration that brings it to tables of earlier ones, whose columns it needs.
    """

    name: str
    table: str
    sqlite: tuple[str, ...]
    postgresql: tuple[str, ...]
    since: str = ""


TRIGGERS: list[Trigger] = []


def trigger(
    name: str, table: str, sqlite: list[str], postgresql: list[str], since: str = ""
) -> None:
    """Add a trigger to the list."""
    TRIGGERS.append(Trigger(name, table, tuple(sqlite), tuple(postgresql), since))


def append_only(table: str) -> None:
    """Refuse UPDATE, DELETE and (on PostgreSQL) TRUNCATE of a table."""
    for verb in ("update", "delete"):
        name = f"{table}_no_{verb}"
        trigger(
            name,
            table,
            [
                f"CREATE TRIGGER {name} BEFORE {verb.upper()} ON {table} BEGIN "
                f"SELECT RAISE(ABORT, '{table} is append-only'); END"
            ],
            [
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$",
                f"CREATE TRIGGER {name} BEFORE {verb.upper()} ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {name}()",
            ],
        )
    no_truncate(table)


def no_truncate(table: str) -> None:
    """Refuse TRUNCATE of a table, which only PostgreSQL has."""
    name = f"{table}_no_truncate"
    trigger(
        name,
        table,
        [],
        [
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$",
            f"CREATE TRIGGER {name} BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
        ],
    )


def create_triggers(op: Migration, *tables: str, since: str = "") -> None:
    """Create the listed triggers of these tables on the engine at hand; those of one migration."""
    dialect = op.get_bind().dialect.name
    for entry in TRIGGERS:
        if entry.table not in tables or entry.since != since:
            continue
        for statement in entry.sqlite if dialect == "sqlite" else entry.postgresql:
            op.get_bind().exec_driver_sql(statement)


# shared
append_only("facts")

# teams: the member count is kept here, so that the check against the capacity holds
# under any interleaving; the row update is also the lock two joiners meet at.
_COUNT = (
    "UPDATE teams SET member_count = (SELECT count(*) FROM memberships "
    "WHERE team_id = {row}.team_id AND left_at IS NULL) WHERE id = {row}.team_id;"
)
for _verb in ("insert", "update"):
    _name = f"memberships_count_{_verb}"
    trigger(
        _name,
        "memberships",
        [
            f"CREATE TRIGGER {_name} AFTER {_verb.upper()} ON memberships BEGIN "
            + _COUNT.format(row="NEW")
            + " END"
        ],
        [
            f"CREATE OR REPLACE FUNCTION {_name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            + _COUNT.format(row="NEW")
            + " RETURN NULL; END $$",
            f"CREATE TRIGGER {_name} AFTER {_verb.upper()} ON memberships "
            f"FOR EACH ROW EXECUTE FUNCTION {_name}()",
        ],
    )
# PostgreSQL: the team's row is locked before the foreign key takes a weaker lock on it;
# two joiners who both held that one first would wait for each other for ever.
trigger(
    "memberships_lock_team",
    "memberships",
    [],
    [
        "CREATE OR REPLACE FUNCTION memberships_lock_team() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM 1 FROM teams WHERE id = NEW.team_id FOR UPDATE; RETURN NEW; END $$",
        "CREATE TRIGGER memberships_lock_team BEFORE INSERT OR UPDATE ON memberships "
        "FOR EACH ROW EXECUTE FUNCTION memberships_lock_team()",
    ],
)
trigger(
    "memberships_no_delete",
    "memberships",
    [
        "CREATE TRIGGER memberships_no_delete BEFORE DELETE ON memberships BEGIN "
        "SELECT RAISE(ABORT, 'memberships end, they are never deleted'); END"
    ],
    [
        "CREATE OR REPLACE FUNCTION memberships_no_delete() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'memberships end, they are never deleted'; END $$",
        "CREATE TRIGGER memberships_no_delete BEFORE DELETE ON memberships "
        "FOR EACH ROW EXECUTE FUNCTION memberships_no_delete()",
    ],
)

# projects
append_only("project_versions")

# judging
append_only("marks")
append_only("feedback")
append_only("result_records")
append_only("result_rows")
append_only("visit_steps")
append_only("rubric_versions")
append_only("corrections")

# credits: the ledger is added to, never changed; a posting moves both balances, and the
# checks of the accounts refuse it when one leaves its bounds
for _table in ("entries", "postings", "readings"):
    append_only(_table)
for _table in (
    "bills", "bill_snapshots", "bill_cells", "bill_rejects", "bill_rules", "bill_bookings", "bill_rates",
):  # fmt: skip
    append_only(_table)
no_truncate("bill_scopes")


def _refuse_when(
    name: str, table: str, moment: str, wrong: str, message: str, since: str = ""
) -> None:
    trigger(
        name,
        table,
        [
            f"CREATE TRIGGER {name} BEFORE {moment} ON {table} WHEN {wrong} BEGIN "
            f"SELECT RAISE(ABORT, '{message}'); END"
        ],
        [
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF {wrong} THEN RAISE EXCEPTION '{message}'; END IF; "
            f"RETURN {'OLD' if moment == 'DELETE' else 'NEW'}; END $$",
            f"CREATE TRIGGER {name} BEFORE {moment} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {name}()",
        ],
        since,
    )


def _after(name: str, table: str, moment: str, work: str) -> None:
    trigger(
        name,
        table,
        [f"CREATE TRIGGER {name} AFTER {moment} ON {table} BEGIN {work} END"],
        [
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {work} RETURN NULL; END $$",
            f"CREATE TRIGGER {name} AFTER {moment} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {name}()",
        ],
    )


_FLOOR = "NEW.floor <> COALESCE(-(SELECT budget FROM quarters WHERE id = NEW.quarter_id), 0)"
_refuse_when(
    "accounts_begin_empty",
    "accounts",
    "INSERT",
    f"NEW.balance <> 0 OR {_FLOOR}",
    "an account begins empty, on its floor",
)
_refuse_when(
    "accounts_stay",
    "accounts",
    "UPDATE",
    f"NEW.name <> OLD.name OR NEW.kind <> OLD.kind OR {_FLOOR}",
    "an account keeps its name, kind and floor",
)
for _table in ("accounts", "quarters"):
    _refuse_when(f"{_table}_no_delete", _table, "DELETE", "1 = 1", f"{_table} are never deleted")
_refuse_when(
    "postings_within_entry",
    "postings",
    "INSERT",
    "NEW.line > (SELECT lines FROM entries WHERE id = NEW.entry_id)",
    "this entry is complete",
)
_refuse_when(
    "postings_one_currency",
    "postings",
    "INSERT",
    "(SELECT currency FROM accounts WHERE id = NEW.from_id) <> "
    "(SELECT currency FROM accounts WHERE id = NEW.to_id)",
    "currencies never meet in one posting",
)


def _one_currency(name: str, table: str, moment: str, one: str, other: str) -> None:
    """Two currencies must be the same; as a word of its own, because old tables have none."""
    wrong, message = f"{one} <> {other}", f"currencies never meet in {table}"
    _refuse_when(name, table, moment, wrong, message, since="0018")


for _table in ("accounts", "quarters", "holds", "credit_requests"):
    _one_currency(f"{_table}_keep_currency", _table, "UPDATE", "NEW.currency", "OLD.currency")
_one_currency(
    "accounts_of_quarter",
    "accounts",
    "INSERT",
    "NEW.currency",
    "COALESCE((SELECT currency FROM quarters WHERE id = NEW.quarter_id), NEW.currency)",
)
_one_currency(
    "postings_of_entry",
    "postings",
    "INSERT",
    "(SELECT currency FROM accounts WHERE id = NEW.from_id)",
    "(SELECT currency FROM entries WHERE id = NEW.entry_id)",
)
_one_currency(
    "budget_moves_one_currency",
    "budget_moves",
    "INSERT",
    "(SELECT currency FROM quarters WHERE id = NEW.from_id)",
    "(SELECT currency FROM quarters WHERE id = NEW.to_id)",
)
_refuse_when(
    "bill_scopes_stay",
    "bill_scopes",
    "UPDATE",
    "NEW.id <> OLD.id OR NEW.account <> OLD.account OR NEW.period <> OLD.period",
    "a scope keeps its account and period",
)
_refuse_when("bill_scopes_no_delete", "bill_scopes", "DELETE", "1 = 1", "scopes are never deleted")
_after(
    "postings_balance",
    "postings",
    "INSERT",
    "UPDATE accounts SET balance = balance - NEW.amount WHERE id = NEW.from_id; "
    "UPDATE accounts SET balance = balance + NEW.amount WHERE id = NEW.to_id;",
)
_after(
    "quarters_floor",
    "quarters",
    "UPDATE OF budget",
    "UPDATE accounts SET floor = -NEW.budget WHERE quarter_id = NEW.id;",
)
for _table in ("crossings", "budget_moves"):
    append_only(_table)
_refuse_when(
    "holds_end_once",
    "holds",
    "UPDATE",
    "OLD.state <> 'open' OR NEW.amount <> OLD.amount OR NEW.team_id <> OLD.team_id "
    "OR NEW.key <> OLD.key OR NEW.digest <> OLD.digest",
    "a hold ends once and keeps its amount",
)
_refuse_when("holds_no_delete", "holds", "DELETE", "1 = 1", "holds are never deleted")
# the days of an event
_refuse_when(
    "announcements_told_stay",
    "announcements",
    "UPDATE",
    "OLD.sent_at IS NOT NULL",
    "what was announced stays as it is",
)
_refuse_when(
    "help_requests_end_once",
    "help_requests",
    "UPDATE",
    "OLD.ended_at IS NOT NULL",
    "a help request ends once",
)
# backlog
append_only("proposal_moves")
append_only("proposal_pages")
append_only("evidence")
append_only("learning_cards")

# report
append_only("quarter_reports")
