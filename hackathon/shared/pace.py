"""Pace: how many messages a second one person may send.

The library that limits sign-ins clears its memory in a thread begun for nearly every hit;
for messages that thread costs more than the look.
"""

from __future__ import annotations

import threading
import time
from collections import deque


class Pace:
    """At most `most` within any second, for each name; what is refused does not count."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._heard: dict[str, deque[float]] = {}

    def allows(self, name: str) -> bool:
        """Note one more of this name; False when that is too fast."""
        moment = time.monotonic()
        with self._lock:
            heard = self._heard.setdefault(name, deque(maxlen=self._most))
            if len(heard) == self._most and moment - heard[0] < 1:
                return False
            heard.append(moment)
            return True

    def forget(self) -> None:
        """Begin anew for everybody."""
        with self._lock:
            self._heard.clear()
