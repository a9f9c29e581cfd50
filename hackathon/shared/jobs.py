"""Jobs: what may come later. They follow the facts with a cursor, and run on Huey.

A follower handles each fact it waits for exactly once: its rows and its cursor commit together.
Periodic jobs run once a minute. One process runs the jobs (`run`: a thread in it).
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from huey import SqliteHuey, crontab
from huey.consumer import Consumer
from sqlalchemy import BigInteger, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column

from hackathon.shared import facts, mail
from hackathon.shared.clock import now
from hackathon.shared.db import Base, db, reading, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from flask import Flask
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from hackathon.shared.settings import Settings

logger = logging.getLogger("hackathon.jobs")

BATCH = 100
LOOK_SECONDS = 1.0
GATHER_SECONDS = 0.2

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
    """Let every follower catch up and send what waits; returns the facts handled.

    One that fails holds up neither the others nor the mail; its failure is raised at the end.
    """
    handled = 0
    failures: dict[str, Exception] = {}
    with app.app_context():
        while names := [name for name in _waiting(reading()) if name not in failures]:
            for name in names:
                try:
                    handled += _advance(name)
                except Exception as problem:
                    logger.exception("follower failed name=%s", name)
                    failures[name] = problem
        mail.deliver()
    for failure in failures.values():
        raise failure
    return handled


def _advance(name: str) -> int:
    """Handle the next facts that a follower waits for; returns how many."""
    prefix, kind, follower = _followers[name]
    with transaction() as session:
        cursor = session.scalar(select(Cursor).filter_by(name=name).with_for_update())
        if cursor is None:
            cursor = Cursor(name=name, position=0)
            session.add(cursor)
        row = facts.FactRow
        asked = select(row).where(row.position > cursor.position, row.kind == kind)
        asked = asked.where(row.stream.startswith(prefix, autoescape=True)).order_by(row.position)
        fresh = session.scalars(asked.limit(BATCH)).all()
        for fact in fresh:
            follower(session, fact)
            cursor.position = fact.position
        return len(fresh)


_seen: WeakKeyDictionary[Engine, dict[str, int]] = WeakKeyDictionary()
"""Up to where nothing waits for a follower, as this process found: it looks only at what is new.

A cursor moves with what its follower did and is not written otherwise: most facts are marks,
nobody follows them, and the database has one writer at a time.
"""


def _waiting(session: Session) -> list[str]:
    """The followers for which there are facts; three statements, without writing."""
    session.rollback()  # what is committed now, not when this session first read
    seen = _seen.setdefault(db.engine, {})
    newest = facts.last_position(session)
    done = _done(session)
    begin = {name: max(done.get(name, 0), seen.get(name, 0)) for name in _followers}
    found = {name for _, _, names in _unhandled(session, begin) for name in names}
    seen.update({name: newest for name in _followers if name not in found})
    return [name for name in _followers if name in found]


def _done(session: Session) -> dict[str, int]:
    rows = session.execute(select(Cursor.name, Cursor.position))
    return {name: position for name, position in rows}  # noqa: C416 - typed so


def _unhandled(
    session: Session, begin: dict[str, int]
) -> Iterator[tuple[int, datetime, list[str]]]:
    """Facts that somebody waits for: (position, when, who), each follower's from where it begins."""
    row = facts.FactRow
    kinds = {kind for _, kind, _ in _followers.values()}
    asked = select(row.position, row.at, row.stream, row.kind).where(
        row.position > min(begin.values(), default=0), row.kind.in_(sorted(kinds))
    )
    for position, at, stream, kind in session.execute(asked):
        names = [
            name
            for name, (prefix, wanted, _) in _followers.items()
            if kind == wanted and stream.startswith(prefix) and position > begin[name]
        ]
        if names:
            yield position, at, names


def behind(session: Session) -> tuple[int, float]:
    """How many facts wait for a follower, and for how many seconds the oldest one does."""
    done = _done(session)
    begin = {name: done.get(name, 0) for name in _followers}
    waiting = [at for _, at, _ in _unhandled(session, begin)]
    oldest = min(waiting, default=None)
    return len(waiting), (now() - oldest).total_seconds() if oldest is not None else 0.0


def _newest(app: Flask) -> int:
    """The position of the newest fact; 0 while the database does not answer."""
    try:
        with app.app_context():
            return facts.last_position(reading())
    except DBAPIError:
        logger.warning("the database does not answer")
        return 0


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
            over.wait(GATHER_SECONDS)  # many commits, one look
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
