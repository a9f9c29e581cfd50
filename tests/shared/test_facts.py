"""Facts: gapless, chained, append-only, on both engines."""

import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from hackathon.shared.db import db, reading, transaction
from hackathon.shared.facts import (
    FactRow,
    Note,
    broken_links,
    facts_after,
    facts_of,
    last_seq,
    note,
    note_texts,
    record,
)


def _record(stream="event:1", kind="thing.done", **body):
    with transaction() as session:
        fact = record(session, stream=stream, kind=kind, actor_id=None, **body)
    return fact


@pytest.mark.usefixtures("database")
def test_positions_and_numbers_run_without_a_gap():
    seen = [_record("event:1"), _record("event:2"), _record("event:1")]
    assert [(fact.position, fact.seq) for fact in seen] == [(1, 1), (2, 1), (3, 2)]
    assert last_seq(reading(), "event:1") == 2
    assert broken_links(reading()) == []


@pytest.mark.usefixtures("database")
def test_a_failed_write_leaves_no_fact():
    def fail():
        with transaction() as session:
            record(session, stream="event:1", kind="thing.done", actor_id=None)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert facts_after(reading(), 0) == []


@pytest.mark.usefixtures("database")
def test_a_fact_outside_a_transaction_is_refused():
    with pytest.raises(KeyError):
        record(reading(), stream="event:1", kind="thing.done", actor_id=None)


def test_facts_of_many_threads_stay_gapless_and_chained(database):
    def work():
        with database.app_context():
            for _ in range(10):
                _record("event:1")

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = facts_of(reading(), "event:1")
    assert [row.seq for row in rows] == list(range(1, 61))
    assert [row.position for row in rows] == list(range(1, 61))
    assert broken_links(reading()) == []


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "statement",
    ["UPDATE facts SET kind = 'other'", "DELETE FROM facts", "TRUNCATE facts"],
)
def test_the_database_refuses_to_change_facts(statement):
    _record()
    if "TRUNCATE" in statement and db.engine.dialect.name == "sqlite":
        statement = "DELETE FROM facts WHERE 1"
    with (
        pytest.raises(DBAPIError, match="append-only"),
        db.engine.begin() as connection,
    ):
        connection.exec_driver_sql(statement)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("column", ["kind", "body", "stream", "prev_hash", "hash"])
def test_a_changed_fact_is_found(column):
    for _ in range(3):
        _record()
    _without_triggers(sa.update(FactRow).where(FactRow.seq == 2).values({column: '{"a":1}'}))
    assert broken_links(reading())


@pytest.mark.usefixtures("database")
def test_a_missing_fact_is_found():
    for _ in range(3):
        _record()
    _without_triggers(sa.delete(FactRow).where(FactRow.seq == 2))
    assert any("missing" in problem for problem in broken_links(reading()))


@pytest.mark.usefixtures("database")
def test_an_erased_note_leaves_the_chain_whole_and_a_changed_one_is_found():
    with transaction() as session:
        reason = note(session, "Paul was ill.")
        record(session, stream="event:1", kind="thing.done", actor_id=None, reason=reason)
    assert note_texts(reading(), [reason["note"]]) == {reason["note"]: "Paul was ill."}
    with transaction() as session:
        session.execute(sa.update(Note).values(text="Paul was late."))
    assert broken_links(reading()) == ["event:1: the reason of fact 1 was changed"]
    with transaction() as session:
        session.execute(sa.update(Note).values(text=None, salt=None))
    assert broken_links(reading()) == []
    assert note_texts(reading(), [reason["note"]]) == {}


def _without_triggers(statement):
    with db.engine.begin() as connection:
        if db.engine.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER facts_no_update")
            connection.exec_driver_sql("DROP TRIGGER facts_no_delete")
        else:
            connection.exec_driver_sql("ALTER TABLE facts DISABLE TRIGGER ALL")
        connection.execute(statement)
