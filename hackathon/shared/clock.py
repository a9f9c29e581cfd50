"""The only wall clock: instants in UTC, and a way to move it for tests and the demo."""

from __future__ import annotations

import datetime as dt
import os
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

UTC = dt.UTC
CLOCK_FILE = "HACKATHON_CLOCK_FILE"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, moment: dt.datetime) -> None:
        self.moment = moment.astimezone(UTC)

    def set(self, moment: dt.datetime) -> None:
        """Move to an instant, forward or back."""
        self.moment = moment.astimezone(UTC)

    def forward(self, step: dt.timedelta) -> None:
        """Move by a step."""
        self.moment += step


_moved: list[Clock] = []


class _Own(threading.local):
    clock: Clock | None = None


_own = _Own()


def now() -> dt.datetime:
    """The present instant, in UTC with microseconds.

    A test server follows the ISO instant in the file that HACKATHON_CLOCK_FILE names.
    """
    if _own.clock is not None:
        return _own.clock.moment
    if _moved:
        return _moved[-1].moment
    if path := os.environ.get(CLOCK_FILE):
        text = Path(path).read_text(encoding="ascii").strip()
        if text:
            return dt.datetime.fromisoformat(text).astimezone(UTC)
    return dt.datetime.now(UTC)  # noqa: TID251 - the one place that reads the wall clock


@contextmanager
def at(moment: dt.datetime) -> Iterator[Clock]:
    """Hold the clock of this process at an instant; the yielded clock can be moved."""
    clock = Clock(moment)
    _moved.append(clock)
    try:
        yield clock
    finally:
        _moved.remove(clock)


@contextmanager
def story(moment: dt.datetime) -> Iterator[Clock]:
    """Hold the clock of this thread only: the demo tells a past year while pages are served."""
    _own.clock = Clock(moment)
    try:
        yield _own.clock
    finally:
        _own.clock = None


def utc_text(moment: dt.datetime) -> str:
    """The one text of an instant: `2026-11-21T02:35:59.123456Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
