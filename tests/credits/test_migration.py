"""A ledger made before there were holds learns the new words and keeps every row."""

import pytest
import sqlalchemy as sa

from hackathon.shared import schema
from hackathon.shared.db import tune

MOMENT = "2026-11-20 09:00:00.000000"


@pytest.fixture
def old(tmp_path):
    """A SQLite database at the revision before holds, with a budget and a funded pool."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'old.db'}")
    tune(engine)
    schema.upgrade(engine, to="0009")
    with engine.begin() as connection:
        for statement in (
            "INSERT INTO events (id, slug, name, goals, quarter, zone, starts_at, ends_at, last_day, "  # noqa: ISC004
            "submissions_close_at, team_min, team_max, terms, terms_version, join_token, "
            "join_domain, join_closed, is_rehearsal, version, created_at) VALUES (1, 'q4', 'A', '', "
            f"'2026-Q4', 'UTC', '{MOMENT}', '2026-11-22 09:00:00.000000', '2026-11-22', '{MOMENT}', "
            f"2, 5, '', 1, 'j', '', 0, 0, 1, '{MOMENT}')",
            f"INSERT INTO quarters VALUES (1, '2026-Q4', 3000, 'USD', '{MOMENT}')",
            "INSERT INTO accounts (id, name, kind, quarter_id, currency, balance, floor) VALUES "  # noqa: ISC004
            "(1, 'funding:1', 'funding', 1, 'USD', 0, -3000)",
            "INSERT INTO accounts (id, name, kind, event_id, currency, balance, floor) VALUES "  # noqa: ISC004
            "(2, 'pool:1', 'pool', 1, 'USD', 0, 0)",
            "INSERT INTO entries (id, key, digest, event_id, deed, amount, lines, made_at) VALUES "  # noqa: ISC004
            f"(1, 'k', 'd', 1, 'fund', 1000, 1, '{MOMENT}')",
            "INSERT INTO postings VALUES (1, 1, 1, 1, 2, 1000)",
            "INSERT INTO teams (id, event_id, name, name_key, about, capacity, member_count, "  # noqa: ISC004
            f"created_at) VALUES (1, 1, 'Owls', 'owls', '', 5, 0, '{MOMENT}')",
            "INSERT INTO bill_sources (id, name, name_key, basis, charged, tag_keys, created_at) "  # noqa: ISC004
            f"VALUES (1, 'AWS', 'aws', 'billed', 'Usage', 'team', '{MOMENT}')",
            "INSERT INTO bill_scopes (id, source_id, account, period) "  # noqa: ISC004
            "VALUES (7, 1, 'company', '2026-11-01')",
            "INSERT INTO bills (id, source_id, file_name, file_hash, version, rows, rejected, lost, "  # noqa: ISC004
            "totals, warnings, concerns, applied_at) "
            f"VALUES (1, 1, 'a.csv', 'h', '1.0', 1, 0, '{{}}', '{{}}', '[]', '[]', '{MOMENT}')",
            "INSERT INTO bill_snapshots (id, bill_id, scope_id, hash, rows, days, billed, "  # noqa: ISC004
            "effective, currencies, through_at) "
            f"VALUES (1, 1, 7, 'h', 1, 1, '1', '1', 'USD', '{MOMENT}')",
        ):
            connection.exec_driver_sql(statement)
    yield engine
    engine.dispose()


def account(kind, balance):
    return (
        "INSERT INTO accounts (name, kind, event_id, team_id, currency, balance, floor) "
        f"VALUES ('{kind}:1', '{kind}', 1, 1, 'USD', {balance}, 0)"
    )


def test_the_checks_learn_new_words_and_nothing_else_changes(old):
    assert schema.upgrade(old) is True
    with old.begin() as connection:
        rows = connection.exec_driver_sql("SELECT name, balance FROM accounts ORDER BY id").all()
        assert rows == [("funding:1", -1000), ("pool:1", 1000)]
        kept = (
            "SELECT s.id, account, part FROM bill_snapshots JOIN bill_scopes s ON s.id = scope_id"
        )
        assert connection.exec_driver_sql(kept).all() == [(7, "company", "")]
        connection.exec_driver_sql(account("held", 0))
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    for statement in (
        account("gold", 0),
        "UPDATE bill_scopes SET account = 'x'",
        "DELETE FROM bill_scopes",
        "UPDATE bill_sources SET delivery = 'sometimes'",
        "UPDATE accounts SET balance = -1 WHERE kind = 'held'",
        "UPDATE entries SET amount = 1",
        "INSERT INTO entries (key, digest, event_id, deed, amount, lines, made_at) VALUES "  # noqa: ISC004
        f"('c', 'd', 1, 'capture', 1, 1, '{MOMENT}')",
        "INSERT INTO entries (key, digest, event_id, deed, amount, lines, made_at) VALUES "  # noqa: ISC004
        f"('s', 'd', 1, 'steal', 1, 1, '{MOMENT}')",
    ):
        with pytest.raises(sa.exc.DBAPIError), old.begin() as connection:
            connection.exec_driver_sql(statement)
