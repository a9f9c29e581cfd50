"""The demo: a believable year with invented people, built through the services.

Two past events with results, one in judging this very minute (with the projects and marks
of a real event, see civic/ATTRIBUTION.md), one in draft. `story` tells it step by step,
each step at its own time; `texts` and `civic` hold the words and the data.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.demo.story import Story
from hackathon.people.models import Person
from hackathon.shared import clock
from hackathon.shared.db import reading
from hackathon.shared.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask import Flask

logger = logging.getLogger("hackathon.demo")

OURS = "@example.com"
"""Every address in the demo ends so; nobody real has one."""


@dataclass
class Progress:
    """How far the demo is, for the page that waits for it."""

    steps: list[str] = field(default_factory=list)
    total: int = 1
    error: str = ""
    told: Callable[[str], object] | None = None

    @property
    def is_done(self) -> bool:
        """Whether everything is there."""
        return len(self.steps) >= self.total

    def say(self, step: str) -> None:
        """One more step is done."""
        self.steps.append(step)
        if self.told is not None:
            self.told(f"{len(self.steps)} of {self.total}: {step}")


def is_filled() -> bool:
    """Whether the demo has been built before."""
    return reading().scalar(select(Person.id).limit(1)) is not None


def make_room(path: Path, *, reset: bool) -> bool:
    """Whether the demo is to be built there; a reset throws the present one away.

    Args:
        path: The demo's own SQLite file.
        reset: Build anew what is there already.

    Raises:
        Conflict: the file holds anything but a demo; nothing was touched.
    """
    if not path.exists():
        return True
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as there:
            is_empty = _is_empty(there, path)
    except sqlite3.DatabaseError:
        raise _not_a_demo(path, "no database of ours") from None
    if is_empty or reset:
        for each in (path, *(path.with_name(path.name + tail) for tail in ("-wal", "-shm"))):
            each.unlink(missing_ok=True)
        return True
    return False


def _is_empty(there: sqlite3.Connection, path: Path) -> bool:
    """Whether a file holds nobody; play of demo people in the demo is part of it."""
    names = {name for (name,) in there.execute("SELECT name FROM sqlite_master")}
    if not names:
        return True
    if not {"people", "facts"} <= names:
        raise _not_a_demo(path, "no database of ours")
    others = there.execute("SELECT email FROM people WHERE email NOT LIKE ?", (f"%{OURS}",))
    if other := others.fetchone():
        raise _not_a_demo(path, str(other[0]))
    brought = "SELECT count(*) FROM facts WHERE kind = 'event.created' AND actor_id IS NULL"
    if there.execute(brought).fetchone()[0]:
        raise _not_a_demo(path, "an event that is not of the demo")
    return not there.execute("SELECT count(*) FROM people").fetchone()[0]


def _not_a_demo(path: Path, what: str) -> Conflict:
    return Conflict(
        "not_a_demo",
        f"{path} holds {what}, which is not the demo's. Nothing was changed; move the file "
        "away, then build the demo.",
    )


def fill_in_background(app: Flask) -> Progress:
    """Fill an empty demo while pages are already served."""
    progress = Progress()
    app.extensions["demo_progress"] = progress

    def work() -> None:
        with app.app_context():
            try:
                if is_filled():
                    progress.total = 0
                else:
                    fill(progress)
            except Exception:
                logger.exception("demo not filled")
                progress.error = "The demo could not be completed; what is there works."

    threading.Thread(target=work, name="demo", daemon=True).start()
    return progress


def fill(progress: Progress | None = None) -> None:
    """Build the year, short transactions, each at its own time."""
    progress = progress or Progress()
    steps = Story(clock.now()).steps()
    progress.total = len(steps)
    for name, step in steps:
        step()
        progress.say(name)
