"""Jobs: each follower handles what it waits for once, and holds up nobody else."""

import pytest
from sqlalchemy import event, func, select

from hackathon.shared import jobs
from hackathon.shared.db import db, reading, transaction
from hackathon.shared.facts import record
from hackathon.shared.notices import Notice, notify


@pytest.fixture
def followers(monkeypatch, cast):
    """Two followers only: the first fails while `trouble` is set."""
    trouble = []

    def first(session, fact):
        if trouble:
            raise ZeroDivisionError
        notify(session, person_id=cast.paul.id, key=f"a:{fact.position}", text="a", link="/")

    def second(session, fact):
        notify(session, person_id=cast.pia.id, key=f"b:{fact.position}", text="b", link="/")

    known = {"first": ("test:", "test.a", first), "second": ("test:", "test.b", second)}
    monkeypatch.setattr(jobs, "_followers", known)
    return trouble


def say(*kinds):
    with transaction() as session:
        for kind in kinds:
            record(session, stream="test:1", kind=kind, actor_id=None)


def notices():
    reading().rollback()
    return sorted(reading().scalars(select(Notice.text)))


def cursors():
    reading().rollback()
    return dict(reading().execute(select(jobs.Cursor.name, jobs.Cursor.position)).all())


def test_what_nobody_waits_for_is_not_written_down(database, followers):
    say("test.c", "test.c")
    assert jobs.follow_facts(database) == 0
    assert cursors() == {}
    say("test.a")
    assert jobs.follow_facts(database) == 1
    (position,) = cursors().values()
    assert position == reading().scalar(select(func.max(jobs.facts.FactRow.position)))
    assert jobs.follow_facts(database) == 0
    assert notices() == ["a"]


def test_more_than_a_batch_is_handled_in_one_go(database, followers, monkeypatch):
    monkeypatch.setattr(jobs, "BATCH", 2)
    say(*["test.a"] * 5, "test.b")
    assert jobs.follow_facts(database) == 6
    assert notices() == [*"aaaaab"]


def test_a_follower_that_fails_holds_up_nobody_and_catches_up(database, followers):
    followers.append("trouble")
    say("test.a", "test.b")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            jobs.follow_facts(database)
    assert notices() == ["b"]
    assert jobs.behind(reading())[0] == 1
    followers.clear()
    assert jobs.follow_facts(database) == 1
    assert notices() == ["a", "b"]
    reading().rollback()
    assert jobs.behind(reading()) == (0, 0.0)


def test_looking_costs_the_same_however_many_follow(database, cast):
    """Each commit wakes the followers: with dozens of them a look must not cost a statement each."""
    assert len(jobs._followers) > 20
    jobs.follow_facts(database)
    say("test.c")
    asked = []

    def count(_connection, _cursor, statement, *_more):
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", count)
    jobs.follow_facts(database)
    event.remove(db.engine, "before_cursor_execute", count)
    assert len(asked) <= 5


def test_what_a_follower_records_reaches_the_others_in_the_same_go(
    database, followers, monkeypatch
):
    def chain(session, fact):
        record(session, stream="test:1", kind="test.a", actor_id=None)

    known = {**jobs._followers, "third": ("test:", "test.z", chain)}
    monkeypatch.setattr(jobs, "_followers", known)
    say("test.z")
    assert jobs.follow_facts(database) == 2
    assert notices() == ["a"]
