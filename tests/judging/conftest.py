"""A round for each test of judging, and threads that start at once."""

from __future__ import annotations

import threading

import pytest
from panel import set_panel

from hackathon.shared.errors import Refusal


@pytest.fixture
def panel(cast, clock):
    """An open round, on both engines."""
    return set_panel(cast, clock)


@pytest.fixture
def draft(cast, clock):
    """The same round in draft, on both engines."""
    return set_panel(cast, clock, is_open=False)


@pytest.fixture
def room(app, stage, clock):
    """An open round in the SQLite application, whose clients sign in."""
    with app.app_context():
        return set_panel(stage, clock)


@pytest.fixture
def race():
    """Run each job at the same moment in its own thread; returns (answers, refusals)."""

    def run(app, jobs):
        barrier = threading.Barrier(len(jobs))
        answers, refusals, crashes = [], [], []

        def work(job):
            with app.app_context():
                barrier.wait()
                try:
                    answers.append(job())
                except Refusal as refusal:
                    refusals.append(refusal.word)
                except Exception as error:  # noqa: BLE001 - reported below
                    crashes.append(error)

        threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert crashes == []
        return answers, refusals

    return run
