"""What the database itself refuses, on both engines."""

import pytest
import sqlalchemy as sa
from make import cents
from treasury import give, see

from hackathon.credits.models import Account, Entry, Posting, Reading
from hackathon.credits.queries.ledger import wrong_balances
from hackathon.shared.db import reading, transaction


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE postings SET amount = 1",
        "DELETE FROM postings",
        "UPDATE entries SET amount = 1",
        "DELETE FROM entries",
        "UPDATE readings SET total = 1",
        "DELETE FROM readings",
        "DELETE FROM accounts",
        "DELETE FROM quarters",
        "UPDATE accounts SET floor = -1",
        "UPDATE accounts SET kind = 'spent'",
        "UPDATE accounts SET name = 'x'",
        "UPDATE accounts SET balance = -1 WHERE kind = 'pool'",
        "UPDATE accounts SET balance = -1 WHERE kind = 'available'",
        "UPDATE accounts SET balance = 1 WHERE kind = 'overrun'",
        "UPDATE accounts SET balance = 1 WHERE kind = 'funding'",
        "UPDATE accounts SET balance = -3000000001 WHERE kind = 'funding'",
        "UPDATE quarters SET budget = 999999999",
        "UPDATE quarters SET budget = -1",
        "INSERT INTO accounts (name, kind, event_id, currency, balance, floor) VALUES "  # noqa: ISC004
        "('x', 'pool', 1, 'USD', 5, 0)",
        "INSERT INTO postings (entry_id, line, from_id, to_id, amount) VALUES (1, 2, 1, 2, 5)",
        "INSERT INTO postings (entry_id, line, from_id, to_id, amount) VALUES (1, 1, 1, 2, 5)",
    ],
)
def test_the_ledger_cannot_be_tampered_with(cast, funded, clock, statement):
    give(cast, funded[0], 100)
    see(cast, funded[0], 5, clock.moment)
    with pytest.raises(sa.exc.DBAPIError), transaction() as session:
        session.execute(sa.text(statement))
    assert wrong_balances(reading()) == []


def test_no_posting_takes_an_account_below_its_floor(cast, funded):
    give(cast, funded[0], 100)
    accounts = dict(reading().execute(sa.select(Account.kind, Account.id)).all())
    for source, target in (("pool", "funding"), ("available", "spent"), ("spent", "overrun")):
        with pytest.raises(sa.exc.IntegrityError), transaction() as session:
            entry = Entry(
                key="by hand", digest="", event_id=cast.event_id, deed="grant",
                amount=cents(5000), lines=1,
            )  # fmt: skip
            session.add(entry)
            session.flush()
            session.add(
                Posting(
                    entry_id=entry.id, line=1, from_id=accounts[source],
                    to_id=accounts[target], amount=cents(5000),
                )
            )  # fmt: skip
    assert wrong_balances(reading()) == []


def test_money_columns_take_whole_micros_only(cast, funded, clock):
    see(cast, funded[0], 5, clock.moment)
    if reading().get_bind().dialect.name == "postgresql":
        return  # its columns are 64-bit integers by themselves
    for statement in (
        "UPDATE quarters SET budget = 2000000000.5",
        "UPDATE accounts SET balance = 0.5 WHERE kind = 'pool'",
        "INSERT INTO readings SELECT 9, 'x', digest, event_id, team_id, source, source_key, "  # noqa: ISC004
        "1.5, seen_at, recorded_at, recorded_by_id, currency FROM readings",
    ):
        with pytest.raises(sa.exc.IntegrityError, match="whole"), transaction() as session:
            session.execute(sa.text(statement))
    assert reading().scalar(sa.select(sa.func.count(Reading.id))) == 1


def _without(trigger, table):
    sqlite = reading().get_bind().dialect.name == "sqlite"
    return sa.text(f"DROP TRIGGER {trigger}" + ("" if sqlite else f" ON {table}"))


def test_edge_52_what_was_changed_behind_the_triggers_is_named(cast, funded):
    give(cast, funded[0], 100)
    give(cast, funded[1], 50)
    with transaction() as session:
        for trigger, table in (
            ("accounts_stay", "accounts"),
            ("entries_no_update", "entries"),
            ("postings_no_delete", "postings"),
        ):
            session.execute(_without(trigger, table))
        session.execute(sa.text("UPDATE accounts SET floor = -9 WHERE kind = 'pool'"))
        session.execute(sa.text("UPDATE entries SET amount = 7 WHERE id = 2"))
        session.execute(sa.text("DELETE FROM postings WHERE entry_id = 3"))
    found = wrong_balances(reading())
    assert f"account pool:{cast.event_id}: the floor says -9, not 0" in found
    assert "entry 2: it says 7 micros, its postings otherwise" in found
    assert "entry 3: 1 postings are due, 0 there" in found
    assert (
        f"account available:{funded[1]}: the balance says 50000000 micros, its postings 0" in found
    )
