"""What many wait for is read once, and never shown after a fact said otherwise."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from hackathon.shared.db import db, reading, transaction
from hackathon.shared.facts import record
from hackathon.shared.kept import Kept

pytestmark = pytest.mark.usefixtures("database", "clock")


class Reader:
    """Counts how often it was asked."""

    def __init__(self, kept):
        self.kept, self.times = kept, 0

    def ask(self, session=None):
        return self.kept.of(session or reading(), "key", self._read)

    def _read(self):
        self.times += 1
        return self.times


def tell(kind):
    with transaction() as session:
        record(session, stream="judging:1", kind=kind, actor_id=None)


def test_what_is_asked_twice_is_read_once():
    reader = Reader(Kept())
    assert [reader.ask(), reader.ask()] == [1, 1]


def test_after_a_fact_it_is_read_anew():
    reader = Reader(Kept())
    reader.ask()
    tell("round.paused")
    assert reader.ask() == 2


def test_after_a_quiet_fact_it_is_not():
    reader = Reader(Kept(quiet=["mark.saved"]))
    reader.ask()
    tell("mark.saved")
    assert reader.ask() == 1
    tell("round.paused")
    tell("mark.saved")
    assert reader.ask() == 2


def test_it_grows_old_without_any_fact(clock):
    reader = Reader(Kept())
    reader.ask()
    clock.forward(timedelta(seconds=2))
    assert reader.ask() == 2


def test_a_session_that_sees_less_reads_for_itself_and_leaves_nothing_behind():
    reader = Reader(Kept())
    with Session(db.engine) as old:
        if db.engine.dialect.name == "postgresql":  # SQLite always sees what it saw first
            old.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        reader.ask(old)
        tell("round.paused")
        assert reader.ask() == 2
        assert reader.ask(old) == 3
    assert reader.ask() == 2


def test_each_key_has_its_own():
    kept = Kept()
    assert [kept.of(reading(), key, lambda key=key: key) for key in "ab"] == ["a", "b"]
