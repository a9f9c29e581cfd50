"""Readings that many wait for: made once, and true until a fact says otherwise.

Sixty phones that come at once, and the ticker five times a second, ask for the same projects
in the same order. What they get is read once and kept in this process, with the position of
the newest fact that may change it. Most facts are not of that kind: a mark changes no title.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, bindparam, case, func, select, true

from hackathon.shared.clock import now
from hackathon.shared.facts import FactRow

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable
    from datetime import datetime

    from sqlalchemy.orm import Session

T = TypeVar("T")

ZERO, LONGEST = timedelta(0), timedelta(seconds=1)
"""A reading is kept for a second at most: a deadline passes without a fact."""


@dataclass
class _Shelf:
    """What is kept of one database: how far its facts were looked through, the last that counts."""

    seen: int = 0
    turned: int = 0
    readings: dict[Hashable, tuple[int, datetime, float, Any]] = field(default_factory=dict)


class Kept:
    """Readings that facts of the `quiet` kinds leave as they are.

    Only plain values may be kept, never rows of a session: others use them, later. Not for
    a session that writes.
    """

    def __init__(self, quiet: Collection[str] = ()) -> None:
        counts = FactRow.kind.not_in(sorted(quiet)) if quiet else true()
        self._asked = select(
            func.max(FactRow.position), func.max(case((counts, FactRow.position), else_=0))
        ).where(FactRow.position >= bindparam("seen"))
        self._shelves: WeakKeyDictionary[Engine, _Shelf] = WeakKeyDictionary()
        self._lock = threading.RLock()

    def of(self, session: Session, key: Hashable, read: Callable[[], T]) -> T:
        """The reading under a key, made by `read` when it is not there or not true any more.

        One reads, the others wait for it. A session that sees less than was looked through
        already reads for itself, and nothing is kept of it.
        """
        with self._lock:
            shelf = self._shelves.setdefault(_engine(session), _Shelf())
            if not self._look(session, shelf):
                return read()
            moment, clock = now(), time.monotonic()
            known = shelf.readings.get(key)
            if known is not None:
                turned, read_at, read_on, found = known
                is_fresh = ZERO <= moment - read_at < LONGEST
                if turned == shelf.turned and is_fresh and clock - read_on < LONGEST.seconds:
                    return cast("T", found)
            fresh = read()
            shelf.readings[key] = shelf.turned, moment, clock, fresh
            return fresh

    def _look(self, session: Session, shelf: _Shelf) -> bool:
        """Look through the new facts; whether the session sees all that was seen before."""
        newest, turned = session.execute(self._asked, {"seen": shelf.seen}).one()
        if newest is None:
            return shelf.seen == 0
        shelf.seen, shelf.turned = newest, max(shelf.turned, turned)
        return True


def _engine(session: Session) -> Engine:
    bind = session.get_bind()
    return bind if isinstance(bind, Engine) else bind.engine
