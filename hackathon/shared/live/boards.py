"""Boards out: what a room shows, and the rows that changed since it was last published."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from flask_socketio import join_room

from hackathon.shared.db import reading
from hackathon.shared.kept import Kept
from hackathon.shared.live.sockets import socketio

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

Row = dict[str, Any]


class Board(NamedTuple):
    """What a room shows: the highest fact number its audience may see, and rows with `id`."""

    version: int
    rows: list[Row]


@dataclass
class _Rooms:
    """What was last published to each room that somebody watches."""

    boards: dict[tuple[str, int, str], Board] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


rooms = _Rooms()
_kept = Kept()
channels: list[Channel] = []


class Channel:
    """A kind of board, published to one room an audience.

    Args:
        name: The event that is pushed, such as `board.changed`; also the rooms' prefix.
        read: (session, key, audience) -> Board; knows what the audience may see.
        touched: stream -> the key whose boards may have changed, or None.
    """

    def __init__(
        self,
        name: str,
        read: Callable[[Session, int, str], Board],
        touched: Callable[[str], int | None],
        *,
        prefix: str | None = None,
    ) -> None:
        self.name = name
        self.read = read
        self.touched = touched
        self.prefix = prefix or name
        channels.append(self)

    def room(self, key: int, audience: str) -> str:
        """The room of an audience."""
        return f"{self.prefix}:{key}:{audience}"

    def watch(self, key: int, audience: str) -> Row:
        """Join the room, then read: what comes in between is pushed."""
        join(self.room(key, audience))
        board = self._fresh(key, audience)
        with rooms.lock:
            rooms.boards.setdefault((self.prefix, key, audience), board)
        return {"version": board.version, "rows": board.rows}

    def _fresh(self, key: int, audience: str) -> Board:
        """The board as it is now, read once for all who come at once while nothing happens."""
        session, place = reading(), (self.prefix, key, audience)
        return _kept.of(session, place, lambda: self.read(session, key, audience))

    def publish(self, session: Session, key: int) -> None:
        """Push what changed to each watched audience of this key."""
        with rooms.lock:
            watched = [place for place in rooms.boards if place[:2] == (self.prefix, key)]
        for place in watched:
            board = self.read(session, key, place[2])
            with rooms.lock:
                before = rooms.boards[place]
                rooms.boards[place] = board
            change = difference(before, board)
            if change is not None:
                push(self.name, {"key": key, **change}, self.room(key, place[2]))


def touched_by(*prefixes: str) -> Callable[[str], int | None]:
    """The `touched` of a channel whose streams are `<prefix>:<key>`."""

    def touched(stream: str) -> int | None:
        name, _, key = stream.partition(":")
        return int(key) if name in prefixes and key.isdigit() else None

    return touched


def difference(before: Board, after: Board) -> Row | None:
    """Rows that are new or show other values, ids that are gone; None when none did."""
    old = {row["id"]: row for row in before.rows}
    new = {row["id"] for row in after.rows}
    rows = [row for row in after.rows if old.get(row["id"]) != row]
    gone = [key for key in old if key not in new]
    if not rows and not gone and before.version == after.version:
        return None
    return {
        "version": after.version,
        "base": before.version,
        "rows": rows,
        "gone": gone,
    }


def join(room: str) -> None:
    """Let the asking socket into a room; only after its permission was checked."""
    join_room(room)


def push(event: str, payload: Row, room: str) -> None:
    """Send to everybody in a room of this process."""
    socketio.emit(event, payload, to=room)
