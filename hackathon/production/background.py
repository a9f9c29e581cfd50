"""The process of jobs: followers and mail, anchors, backups. Once, whatever dies.

On SQLite a lock beside the database, on PostgreSQL a lock in it: whoever comes second
waits, on another computer too.
"""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hackathon.app import create_app
from hackathon.production import backups
from hackathon.server import ANCHOR_SECONDS
from hackathon.shared import jobs
from hackathon.shared.anchors import write_anchor
from hackathon.shared.db import db, reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask
    from sqlalchemy import Engine

    from hackathon.shared.settings import Settings

logger = logging.getLogger("hackathon.production")

JOBS_LOCK = 7_303_002
"""The advisory lock of the jobs on PostgreSQL."""
LOOK_SECONDS = 0.5


def run(settings: Settings, overseer: int) -> None:
    """Run the jobs until SIGTERM, or until the overseer is gone.

    Raises:
        DBAPIError: the connection that held the lock is gone; somebody else may have it now.
    """
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def goes_on() -> bool:
        return not over.wait(LOOK_SECONDS) and os.getppid() == overseer

    app = create_app(settings)
    with app.app_context():
        engine = db.engine
    with only_one(engine, goes_on) as holds:
        if holds is None:
            return
        logger.info("jobs begin")
        stop = jobs.start(app, settings, alone=True)
        beside = _Beside(app, settings)
        try:
            while goes_on():
                holds()
                beside.look()
        finally:
            stop()
        logger.info("jobs end")


@contextmanager
def only_one(engine: Engine, goes_on: Callable[[], bool]) -> Iterator[Callable[[], None] | None]:
    """Wait until this process alone may run the jobs of a database.

    Yields what to call now and then: it raises when the lock is lost. None when there is
    no need to wait any longer.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            asked = text(f"SELECT pg_try_advisory_lock({JOBS_LOCK})")
            try:
                while not connection.scalar(asked):
                    if not goes_on():
                        yield None
                        return
                yield lambda: connection.execute(text("SELECT 1")).close()
            finally:
                connection.invalidate()  # the lock belongs to the connection: not into the pool
        return
    path = Path(str(engine.url.database)).with_suffix(".jobs.lock")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        while not _take(descriptor):
            if not goes_on():
                yield None
                return
        yield lambda: None
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


class _Beside:
    """What is due by the clock and belongs to no feature: anchors and backups."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self.anchored = time.monotonic()
        self.looked = 0.0

    def look(self) -> None:
        """Do what is due; a failure is said and tried again."""
        if time.monotonic() - self.looked < backups.LOOK_SECONDS:
            return
        self.looked = time.monotonic()
        with self.app.app_context():
            try:
                if time.monotonic() - self.anchored >= ANCHOR_SECONDS:
                    write_anchor(reading(), self.settings.folder)
                    self.anchored = time.monotonic()
                if db.engine.dialect.name == "sqlite":
                    backups.back_up_when_due(reading(), self.settings)
            except DBAPIError:
                logger.warning("the database does not answer")
            except Exception:
                logger.exception("anchor or backup not written")
            finally:
                db.session.rollback()
