"""The jobs run once, whatever dies: the lock on both engines."""

import time

import pytest

from hackathon.production.background import only_one
from hackathon.shared.db import db


@pytest.fixture
def engine(database):
    return db.engine


def never():
    return False


def test_a_second_process_of_jobs_waits_until_the_first_is_gone(engine):
    asked = []

    def once_more():
        asked.append(1)
        first.close()
        time.sleep(0.01)  # PostgreSQL lets go when it notices that the connection has ended
        return len(asked) < 500

    first = _Held(engine)
    with only_one(engine, never) as second:
        assert second is None
    with only_one(engine, once_more) as second:
        assert second is not None
        second()
    assert asked


class _Held:
    """The lock, held until closed."""

    def __init__(self, engine):
        self.context = only_one(engine, never)
        self.still_holds = self.context.__enter__()
        assert self.still_holds is not None
        self.still_holds()

    def close(self):
        if self.context:
            self.context.__exit__(None, None, None)
            self.context = None
