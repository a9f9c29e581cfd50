"""Jobs: what may come later. They follow the facts with a cursor, and run on Huey.

A follower handles each fact exactly once: its rows and its cursor commit together.
Periodic jobs run once a minute. One process runs the jobs (`run`: a thread in it).
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from huey import SqliteHuey, crontab
from huey.consumer import Consumer
from sqlalchemy import BigInteger, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column

from hackathon.shared import facts, mail
from hackathon.shared.clock import now
from hackathon.shared.db import Base, reading, transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from sqlalchemy.orm import Session

    from hackathon.shared.settings import Settings

logger = logging.getLogger("hackathon.jobs")

BATCH = 100
LOOK_SECONDS = 1.0

Follower = "Callable[[Session, facts.FactRow], None]"

_followers: dict[str, tuple[str, str, Callable[[Session, facts.FactRow], None]]] = {}
_periodic: list[Callable[[], object]] = []


class Cursor(Base):
    """How far a follower has come."""

    __tablename__ = "cursors"

    name: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, default=0)


def on_fact(prefix: str, kind: str) -> Callable[[Any], Any]:
    """Handle each fact of a kind on streams with this prefix, once, in a transaction."""

    def register(follower: Callable[[Session, facts.FactRow], None]) -> Any:  # noqa: ANN401 - the same function
        name = f"{follower.__module__}.{follower.__qualname__}"
        _followers[name] = (prefix, kind, follower)
        return follower

    return register


def every_minute(job: Callable[[], object]) -> Callable[[], object]:
    """Run a job once a minute, inside an application context."""
    _periodic.append(job)
    return job


def follow_facts(app: Flask) -> int:
    """Let every follower catch up and send what waits; returns the facts handled."""
    handled = 0
    with app.app_context():
        for name in _followers:
            while (count := _advance(name)) > 0:
                handled += count
        mail.deliver()
    return handled


def _advance(name: str) -> int:
    prefix, kind, follower = _followers[name]
    with transaction() as session:
        cursor = session.scalar(select(Cursor).filter_by(name=name).with_for_update())
        if cursor is None:
            cursor = Cursor(name=name, position=0)
            session.add(cursor)
        fresh = facts.facts_after(session, cursor.position, BATCH)
        for fact in fresh:
            if fact.kind == kind and fact.stream.startswith(prefix):
                follower(session, fact)
            cursor.position = fact.position
        return len(fresh)


def _newest(app: Flask) -> int:
    """The position of the newest fact; 0 while the database does not answer."""
    try:
        with app.app_context():
            return facts.last_position(reading())
    except DBAPIError:
        logger.warning("the database does not answer")
        return 0


def behind(session: Session) -> tuple[int, float]:
    """How many facts the slowest follower has not seen, and the oldest one's age in seconds."""
    known = dict(session.execute(select(Cursor.name, Cursor.position)).all())
    slowest = min((known.get(name, 0) for name in _followers), default=0)
    waiting = facts.last_position(session) - slowest
    oldest = session.scalar(select(facts.FactRow.at).filter_by(position=slowest + 1))
    return waiting, (now() - oldest).total_seconds() if oldest is not None else 0.0


class _Consumer(Consumer):
    """Huey's consumer as a thread of ours: it leaves the signals alone."""

    def _set_signal_handlers(self) -> None:
        pass


def start(app: Flask, settings: Settings, *, alone: bool = False) -> Callable[[], None]:
    """Run the jobs in threads of this process; returns what stops them.

    Args:
        app: The application they run in.
        settings: Where their queue lies.
        alone: Others write, in processes of their own: look each second whether they did,
            and stop only after the job that runs.
    """
    huey = SqliteHuey("jobs", filename=str(settings.folder / "jobs.db"))

    @huey.task(retries=3, retry_delay=5)  # type: ignore[untyped-decorator]
    def catch_up() -> None:
        follow_facts(app)

    @huey.periodic_task(crontab())  # type: ignore[untyped-decorator]
    def each_minute() -> None:
        for job in _periodic:
            with app.app_context():
                try:
                    job()
                except Exception:
                    logger.exception("job failed job=%s", getattr(job, "__qualname__", job))
        follow_facts(app)

    waker = facts.waker()

    over = threading.Event()

    def wake_up() -> None:
        seen = 0
        while not over.is_set():
            woken = waker.wait(LOOK_SECONDS if alone else None)
            waker.clear()
            if over.is_set():
                return
            position = seen if woken else _newest(app)
            if woken or position > seen:
                seen = position
                catch_up()

    threading.Thread(target=wake_up, name="jobs-waker", daemon=True).start()
    consumer = _Consumer(
        huey, workers=1, periodic=True, initial_delay=0.1, max_delay=1.0, shutdown_timeout=5
    )
    threading.Thread(target=consumer.run, name="jobs", daemon=True).start()

    def stop() -> None:
        over.set()
        waker.set()
        consumer.stop(graceful=alone)

    return stop
