"""The database: two engines behind one way to read and one way to write.

`reading()` is the request's session and never writes. `transaction()` opens its own
session, takes the write lock first (SQLite: one in-process lock and BEGIN IMMEDIATE;
PostgreSQL: READ COMMITTED with row locks taken by the services), flushes the recorded
facts as its last step and commits. It never retries; the door does (`web.act`).
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    MetaData,
    String,
    TypeDecorator,
    event,
    select,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, registry

from hackathon.shared.errors import Unavailable
from hackathon.shared.money import Micros

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Dialect, Engine

LOCK_BUDGET = 5.0
"""Seconds that waiting for the in-process lock and the busy database may take together."""


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware in Python, UTC without zone on SQLite, timestamptz on PostgreSQL."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:  # noqa: ANN401 - SQLAlchemy's own type
        """Pick the column type of the engine."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive values; convert to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "an instant needs a time zone"
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give back an aware instant in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Base(DeclarativeBase):
    """Parent of every table."""

    registry = registry(
        metadata=metadata,
        type_annotation_map={
            datetime: UtcDateTime,
            date: Date,
            Micros: BigInteger,
            str: String,
        },
    )


db = SQLAlchemy(model_class=Base, disable_autonaming=True)

T = TypeVar("T")


def money_check(column: str) -> CheckConstraint:
    """Hold a money column to whole numbers on SQLite, whose columns would take anything."""
    return CheckConstraint(f"typeof({column}) = 'integer'", name=f"{column}_whole").ddl_if(
        dialect="sqlite"
    )


class NestedTransaction(RuntimeError):  # noqa: N818 - reads as what happened
    """A second transaction was opened inside the first: services must not open any."""


class _Writing(threading.local):
    active = False


_writing = _Writing()
_write_lock = threading.Lock()


def tune(engine: Engine) -> None:
    """Set up an engine: real transactions and durable writes on SQLite, time limits elsewhere."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _tune_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _tune_postgresql)


def _tune_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver connection
    connection.isolation_level = None  # the driver would begin late and never IMMEDIATE
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA busy_timeout = {int(LOCK_BUDGET * 1000)}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy hands over its own kind
    if connection.get_execution_options().get("writing"):
        left = connection.get_execution_options().get("lock_left", LOCK_BUDGET)
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {max(1, int(left * 1000))}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("BEGIN")


def _tune_postgresql(connection: Any, _record: object) -> None:  # noqa: ANN401 - a driver connection
    with connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'")
        cursor.execute(f"SET lock_timeout = '{int(LOCK_BUDGET * 1000)}ms'")
    connection.commit()


def reading() -> Session:
    """The session this request or message reads with. Never write with it."""
    return db.session()


def busy() -> Unavailable:
    """The one sentence for a database that cannot take a write now."""
    return Unavailable(
        "busy",
        "Could not be saved just now; nothing was changed. Try again in a moment.",
        retry_after=2,
    )


@contextmanager
def transaction() -> Iterator[Session]:
    """Open the one write transaction of this request, message, command or job.

    Commits when the block ends, with the recorded facts; any exception rolls all back.

    Raises:
        NestedTransaction: if this thread is already writing.
        Unavailable: the write lock was not free within five seconds.
    """
    from hackathon.shared import facts  # noqa: PLC0415 - facts are tables and need this module

    if _writing.active:
        raise NestedTransaction
    engine = db.engine
    sqlite = engine.dialect.name == "sqlite"
    started = time.monotonic()
    if sqlite and not _write_lock.acquire(timeout=LOCK_BUDGET):
        raise busy()
    _writing.active = True
    session = Session(engine, expire_on_commit=False)
    committed: list[facts.Fact] = []
    try:
        left = LOCK_BUDGET - (time.monotonic() - started)
        try:
            session.connection(execution_options={"writing": True, "lock_left": left})
        except OperationalError as error:
            if sqlite and "locked" in str(error):
                raise busy() from error
            raise
        facts.start(session)
        yield session
        committed = facts.flush(session)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()
        _writing.active = False
        if sqlite:
            _write_lock.release()
    db.session.rollback()  # whoever reads on in this request sees what was written
    if committed:
        facts.wake()


def lock(session: Session, model: type[T], **by: object) -> T | None:
    """Fetch one row and hold it until the commit (a row lock on PostgreSQL)."""
    return session.scalar(
        select(model).filter_by(**by).with_for_update().execution_options(populate_existing=True)
    )
