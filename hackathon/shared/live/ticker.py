"""The ticker: follows the facts, whoever committed them, and publishes; one a process."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from typing import TYPE_CHECKING

from hackathon.shared import facts, notices, sessions
from hackathon.shared.db import db
from hackathon.shared.live.boards import Channel, channels, push
from hackathon.shared.live.sockets import close, sockets_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from sqlalchemy.orm import Session

logger = logging.getLogger("hackathon.live")

PERIOD = 0.2
"""Seconds between two publications of a room: five a second."""

followers: list[tuple[str, Callable[[Session, facts.FactRow], None]]] = []
latest: list[tuple[str, Callable[[facts.FactRow], bool], Callable[..., None]]] = []


def follows(prefix: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Call `f(session, fact)` in every process for each committed fact of such streams."""

    def register(follower: Callable[..., None]) -> Callable[..., None]:
        followers.append((prefix, follower))
        return follower

    return register


def follows_latest(
    prefix: str, wanted: Callable[[facts.FactRow], bool]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Call `f(session, fact)` once a pass, with the newest wanted fact of each such stream.

    For news to many that replaces the news before: in a burst the last one is enough.
    """

    def register(follower: Callable[..., None]) -> Callable[..., None]:
        latest.append((prefix, wanted, follower))
        return follower

    return register


@follows("access:")
def _close_sockets(session: Session, fact: facts.FactRow) -> None:
    """A right was taken or given: the person's sockets close and come back as they may."""
    person_id = int(fact.stream.split(":")[1])
    if fact.kind == "session.begun":
        return
    alive = {row.id_hash for row in session.scalars(sessions.living(person_id))}
    ended_one = fact.kind == "session.ended"
    for entry in sockets_of(person_id):
        if not ended_one or entry.id_hash not in alive:
            close(entry.sid)


class Ticker:
    """Follows the facts and publishes boards; one a process."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.position: int | None = None
        self.notice = 0
        self.waker = facts.waker()
        self.is_over = False

    def tick(self) -> int:
        """One pass; returns the number of facts seen."""
        with self.app.app_context():
            session = db.session()
            if self.position is None:
                self.position = facts.last_position(session)
                self.notice = notices.last_id(session)
                return 0
            self._tell_notices(session)
            fresh = facts.facts_after(session, self.position)
            dirty: dict[Channel, set[int]] = defaultdict(set)
            for fact in fresh:
                self.position = fact.position
                for prefix, follower in followers:
                    if fact.stream.startswith(prefix):
                        self._call(follower, session, fact)
                for channel in channels:
                    if (key := channel.touched(fact.stream)) is not None:
                        dirty[channel].add(key)
            self._tell_latest(session, fresh)
            for channel, keys in dirty.items():
                for key in keys:
                    self._call(channel.publish, session, key)
            return len(fresh)

    def _tell_latest(self, session: Session, fresh: list[facts.FactRow]) -> None:
        for prefix, wanted, follower in latest:
            newest = {
                fact.stream: fact
                for fact in fresh
                if fact.stream.startswith(prefix) and wanted(fact)
            }
            for fact in newest.values():
                self._call(follower, session, fact)

    def _tell_notices(self, session: Session) -> None:
        """A notice reaches its person's open pages; the page it links to says the rest."""
        for row in notices.after(session, self.notice):
            self.notice = row.id
            news = {"version": row.id, "text": row.text, "link": row.link}
            push("event.notice", news, f"person:{row.person_id}")

    @staticmethod
    def _call(work: Callable[..., None], session: Session, argument: object) -> None:
        try:
            work(session, argument)
        except Exception:
            logger.exception("follower failed work=%s", getattr(work, "__qualname__", work))
            session.rollback()

    def run(self) -> None:
        """Tick until stopped: at once when this process commits, else five times a second."""
        while not self.is_over:
            self.waker.wait(PERIOD)
            self.waker.clear()
            try:
                if self.tick():
                    time.sleep(PERIOD)
            except Exception:
                logger.exception("tick failed")
                time.sleep(1)

    def stop(self) -> None:
        """Let the thread end."""
        self.is_over = True

    def start(self) -> None:
        """Run in a thread of its own."""
        threading.Thread(target=self.run, name="ticker", daemon=True).start()
