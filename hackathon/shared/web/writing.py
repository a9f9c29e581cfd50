"""Writing from a door: one transaction, again when the engine asks for it."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.exc import DBAPIError

from hackathon.shared.db import busy, transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

T = TypeVar("T")

TRIES = 5
SERIALIZATION = frozenset({"40001", "40P01"})
UNIQUE = "23505"
LOCK_TIMEOUT = "55P03"


def act(work: Callable[[Session], T]) -> T:
    """Run `work` in one transaction; again, at most five times, when the engine asks.

    Raises:
        Unavailable: the database could not take the write in time.
    """
    for left in reversed(range(TRIES)):
        try:
            with transaction() as session:
                return work(session)
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None)
            # UNIQUE: somebody stored the same between our look and our write; looking
            # again finds it, and the rule answers instead of the constraint.
            if (state in SERIALIZATION or state == UNIQUE) and left:
                time.sleep(secrets.randbelow(30) / 1000)
                continue
            if state in SERIALIZATION or state == LOCK_TIMEOUT or is_out_of_order(error):
                raise busy() from error
            raise
    raise busy()


def is_out_of_order(error: DBAPIError) -> bool:
    """Whether the engine itself cannot write now: full disk, failed sync, held lock."""
    text = str(error.orig)
    return any(
        sign in text
        for sign in ("locked", "disk is full", "disk I/O", "readonly", "unable to open")
    )
