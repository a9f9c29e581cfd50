"""Migrations make exactly what the models say, with every trigger, on both engines."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from hackathon.credits.queries.ledger import wrong_balances
from hackathon.shared import schema
from hackathon.shared.db import db, metadata
from hackathon.shared.triggers import TRIGGERS
from hackathon.teams.queries import wrong_counts

MOMENT = datetime(2026, 11, 20, 9, 0)  # noqa: DTZ001 - as the columns store it


def test_the_migrated_schema_is_that_of_the_models(database):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = [
            change for change in compare_metadata(context, metadata) if "alembic" not in str(change)
        ]
    assert differences == []
    assert schema.current(db.engine) == schema.newest()


def test_every_listed_trigger_of_a_table_is_live(database):
    with db.engine.connect() as connection:
        assert live_triggers(connection) == listed(connection)


def live_triggers(connection):
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    return {name for (name,) in connection.exec_driver_sql(query)}


def listed(connection):
    """The triggers that the tables of this database should have."""
    tables = set(sa.inspect(connection).get_table_names())
    sqlite = connection.dialect.name == "sqlite"
    return {
        entry.name
        for entry in TRIGGERS
        if entry.table in tables and (entry.sqlite if sqlite else entry.postgresql)
    }


def rows_of(connection):
    """Every row of every table, by its columns, but the marks of the migrations themselves."""
    return {
        name: [dict(row) for row in connection.exec_driver_sql(f"SELECT * FROM {name}").mappings()]
        for name in sa.inspect(connection).get_table_names()
        if name != "alembic_version"
    }


def test_a_filled_database_is_upgraded_and_keeps_its_rows_and_triggers(bare):
    """Rows written at the fourth revision (people, events, teams, cards) are all there after."""
    schema.upgrade(bare, to="0004")
    with bare.begin() as connection:
        fill(connection)
    with bare.connect() as connection:
        before = rows_of(connection)
    assert sum(map(len, before.values())) >= 5
    assert schema.upgrade(bare) is True
    with bare.connect() as connection:
        after = rows_of(connection)
        assert live_triggers(connection) == listed(connection)
    kept = {
        name: [
            {column: row[column] for column in was}
            for was, row in zip(rows, after[name], strict=True)
        ]
        for name, rows in before.items()
    }
    assert kept == before
    with sa.orm.Session(bare) as session:
        assert wrong_counts(session) == []


def test_a_ledger_of_one_currency_is_upgraded_whole(bare):
    """Everything of 0017 is there after, says its currency, and may have company now."""
    schema.upgrade(bare, to="0017")
    with bare.begin() as connection:
        fill(connection)
        fill_ledger(connection)
    with bare.connect() as connection:
        before = rows_of(connection)
    assert schema.upgrade(bare) is True
    with bare.connect() as connection:
        after = rows_of(connection)
        assert live_triggers(connection) == listed(connection)
        if bare.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    for name, rows in before.items():
        kept = [{column: row[column] for column in rows[0]} for row in after[name]] if rows else []
        assert kept == rows
    assert [(row["key"], row["currency"]) for row in after["entries"]] == [
        ("fund", "USD"), ("grant", "USD"), ("bill", "EUR"),
    ]  # fmt: skip
    for name in ("readings", "holds", "credit_requests", "crossings"):
        assert [row["currency"] for row in after[name]] == ["USD"]
    quarter = sa.text(
        "INSERT INTO quarters (name, budget, currency, created_at) "
        "VALUES ('2026-Q4', 5, :unit, '2026-11-20')"
    )
    with bare.begin() as connection:
        connection.execute(quarter, {"unit": "EUR"})
    for statement in (
        "UPDATE entries SET amount = 1",
        "DELETE FROM quarters",
        "DELETE FROM crossings",
        "UPDATE quarters SET budget = 1 WHERE currency = 'USD'",
        "UPDATE quarters SET currency = 'CHF'",
        "INSERT INTO accounts (name, kind, quarter_id, currency, balance, floor) "  # noqa: ISC004
        "VALUES ('x', 'funding', 3, 'USD', 0, -5)",
    ):
        with pytest.raises(sa.exc.DBAPIError), bare.begin() as connection:
            connection.exec_driver_sql(statement)
    with pytest.raises(sa.exc.IntegrityError), bare.begin() as connection:
        connection.execute(quarter, {"unit": "USD"})
    with sa.orm.Session(bare) as session:
        assert wrong_balances(session) == []


def fill_ledger(connection):
    """Two quarters, a pool, a grant, a reading, a hold, a request, a level, unallocated euros."""
    of_team = {"event_id": 1, "team_id": 1}
    rows = (
        ("quarters", {"name": "2026-Q4", "budget": 3000, "currency": "USD"}),
        ("quarters", {"name": "2027-Q1", "budget": 10, "currency": "USD"}),
        ("bill_sources", {"name": "AWS", "name_key": "aws", "basis": "billed", "delivery": "append",
                          "taxes": "shared"}),
        ("accounts", {"name": "funding:1", "kind": "funding", "quarter_id": 1, "floor": -3000}),
        ("accounts", {"name": "pool:1", "kind": "pool", "event_id": 1}),
        ("accounts", {"name": "available:1", "kind": "available", **of_team}),
        ("accounts", {"name": "held:1", "kind": "held", **of_team}),
        *(
            ("accounts", {"name": f"{kind}:1:EUR", "kind": kind, "source_id": 1, "currency": "EUR"})
            for kind in ("clearing", "unallocated")
        ),
        ("entries", {"key": "fund", "deed": "fund", "event_id": 1, "amount": 1000}),
        ("entries", {"key": "grant", "deed": "grant", **of_team, "amount": 200}),
        ("entries", {"key": "bill", "deed": "bill", "amount": 7, "source": "AWS"}),
        *(
            ("postings", {"entry_id": entry, "from_id": one, "to_id": two, "amount": amount})
            for entry, one, two, amount in ((1, 1, 2, 1000), (2, 2, 3, 200), (3, 5, 6, 7))
        ),
        ("notes", {"text": "Because"}),
        ("budget_moves", {"key": "m", "from_id": 1, "to_id": 2, "amount": 5, "note_id": 1}),
        ("readings", {**of_team, "key": "r", "source": "AWS", "source_key": "aws", "total": 3}),
        ("holds", {**of_team, "key": "h", "amount": 1, "state": "voided", "ended_at": MOMENT}),
        ("credit_requests", {**of_team, "key": "q", "amount": 9, "kind": "gpu", "note_id": 1,
                             "state": "asked"}),
        ("crossings", {**of_team, "basis": "spent", "threshold": 5000, "limit_entry_id": 2}),
    )  # fmt: skip
    tables = sa.MetaData()
    tables.reflect(connection, only={name for name, _ in rows})
    usual = {"currency": "USD", "floor": 0, "balance": 0, "lines": 1, "line": 1}
    for name, given in rows:
        columns = tables.tables[name].columns
        row = {
            column.name: usual.get(column.name, guess(column, MOMENT))
            for column in columns
            if not column.nullable and not column.primary_key and column.name not in given
        }
        connection.execute(tables.tables[name].insert().values(**row, **given))


def fill(connection):
    """A person, an event, a team with a member, a project with a version."""
    moment = MOMENT
    values = {
        "people": {"email": "olga@example.com", "name": "Olga"},
        "events": {"slug": "q4", "name": "Autumn", "quarter": "2026-Q4", "zone": "UTC",
                   "join_token": "join", "ends_at": moment + timedelta(days=2),
                   "submissions_close_at": moment + timedelta(days=1)},
        "teams": {"event_id": 1, "name": "Owls", "name_key": "owls", "capacity": 5},
        "memberships": {"event_id": 1, "team_id": 1, "person_id": 1},
        "projects": {"event_id": 1, "team_id": 1, "version": 1},
        "project_versions": {"project_id": 1, "number": 1, "title": "Night", "card": "{}",
                             "is_complete": True},
    }  # fmt: skip
    tables = sa.MetaData()
    tables.reflect(connection, only=list(values))
    for name, given in values.items():
        columns = tables.tables[name].columns
        row = {
            column.name: guess(column, moment)
            for column in columns
            if not column.nullable and not column.primary_key and column.name not in given
        }
        connection.execute(tables.tables[name].insert().values(**row, **given))


def guess(column, moment):
    """A value that fits a column nobody named."""
    if isinstance(column.type, sa.DateTime | sa.Date):
        return moment.date() if type(column.type) is sa.Date else moment
    kind = str(column.type).upper()
    if "DATE" in kind or "TIME" in kind:
        return moment
    if "BOOL" in kind:
        return False
    if "INT" in kind:
        return 1
    return ""


def test_upgrading_again_changes_nothing(database):
    assert schema.upgrade(db.engine) is False
