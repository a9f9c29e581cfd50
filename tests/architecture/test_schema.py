"""Migrations make exactly what the models say, with every trigger, on both engines."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from hackathon.shared import schema
from hackathon.shared.db import db, metadata
from hackathon.shared.triggers import TRIGGERS


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
        if db.engine.dialect.name == "sqlite":
            query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        else:
            query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        live = {name for (name,) in connection.exec_driver_sql(query)}
        tables = set(sa.inspect(connection).get_table_names())
    sqlite = db.engine.dialect.name == "sqlite"
    listed = {
        entry.name
        for entry in TRIGGERS
        if entry.table in tables and (entry.sqlite if sqlite else entry.postgresql)
    }
    assert live == listed


def test_upgrading_again_changes_nothing(database):
    assert schema.upgrade(db.engine) is False
