"""Migrations make exactly what the models say, with every trigger, on both engines."""

import uuid
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from conftest import POSTGRESQL, engines

from hackathon.shared import schema
from hackathon.shared.db import db, metadata, tune
from hackathon.shared.triggers import TRIGGERS
from hackathon.teams.queries import wrong_counts


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


@pytest.fixture(params=engines())
def bare(request, tmp_path):
    """An engine on a database without any table."""
    if request.param == "sqlite":
        engine = sa.create_engine(f"sqlite:///{tmp_path / 'bare.db'}")
        tune(engine)
        yield engine
        engine.dispose()
        return
    _, admin = request.getfixturevalue("postgresql_template")
    name = f"bare_{uuid.uuid4().hex[:12]}"
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine = sa.create_engine(sa.make_url(POSTGRESQL).set(database=name))
    tune(engine)
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


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


def fill(connection):
    """A person, an event, a team with a member, a project with a version."""
    moment = datetime(2026, 11, 20, 9, 0)  # noqa: DTZ001 - as the column stores it
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
