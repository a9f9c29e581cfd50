"""Turns: how many lines are served at the same moment.

A hundred phones that come back at once are a hundred threads. Let loose together they open a
hundred connections to the database and take the interpreter from each other; a few at a time
they are all served sooner.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 8
"""More than one, as some wait for the disk; fewer than the connections that are kept open."""


class Turns:
    """At most `most` threads at a time; a thread that has its turn may ask again."""

    def __init__(self, most: int = MOST) -> None:
        self._free = threading.BoundedSemaphore(most)
        self._own = threading.local()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and give it back at the end."""
        if getattr(self._own, "is_on", False):
            yield
            return
        with self._free:
            self._own.is_on = True
            try:
                yield
            finally:
                self._own.is_on = False


turns = Turns()
"""Of this process: messages, and the handshakes before them."""
