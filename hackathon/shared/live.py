"""The live door: messages in, boards out, one ticker a process.

A message and a form are two doors to the same service function. The door acknowledges
after the commit and never waits for a broadcast; the ticker follows the facts, whoever
committed them, and publishes to each room the rows whose shown values changed:
`{version, base, rows, gone}`. A client applies a push when `base <= own < version`,
ignores it when `version <= own`, else asks for the whole board again.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from flask import Flask, current_app, request
from flask import session as flask_session
from flask_login import current_user
from flask_socketio import ConnectionRefusedError as Refused
from flask_socketio import SocketIO, disconnect, join_room
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.exc import DBAPIError

from hackathon.shared import facts, lines, notices, sessions
from hackathon.shared.db import busy, db, reading
from hackathon.shared.errors import (
    BadRequest,
    Invalid,
    NotFound,
    NotSignedIn,
    Refusal,
    TooMany,
)
from hackathon.shared.kept import Kept
from hackathon.shared.web import is_out_of_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

logger = logging.getLogger("hackathon.live")

PERIOD = 0.2
"""Seconds between two publications of a room: five a second."""
MESSAGES_A_SECOND = 20
SOCKETS_A_PERSON = 5
DEEPEST = 5
LARGEST_PAYLOAD = 16_384

socketio = SocketIO()

Row = dict[str, Any]


class Board(NamedTuple):
    """What a room shows: the highest fact number its audience may see, and rows with `id`."""

    version: int
    rows: list[Row]


class Message(BaseModel):
    """Parent of message payloads: exact types, nothing beyond the declared fields."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


M = TypeVar("M", bound=Message)

MESSAGES: dict[str, Callable[..., Any]] = {}
"""Every message by name; a test asks each for its declared permission."""


# --- who is connected --------------------------------------------------------------


@dataclass(frozen=True)
class Socket:
    """A connected device: a signed-in person's, or (`person_id` None) a projector's by its key."""

    sid: str
    person_id: int | None
    id_hash: str
    since: float


_sockets: dict[str, Socket] = {}
_sockets_lock = threading.Lock()


def sockets_of(person_id: int) -> list[Socket]:
    """The sockets of a person in this process, oldest first."""
    with _sockets_lock:
        mine = [entry for entry in _sockets.values() if entry.person_id == person_id]
    return sorted(mine, key=lambda entry: entry.since)


def connected_people() -> set[int]:
    """Who has a socket open in this process."""
    with _sockets_lock:
        return {entry.person_id for entry in _sockets.values() if entry.person_id is not None}


# --- projectors: no person, a key ------------------------------------------------------


def close_stages(id_hash: str) -> None:
    """Close the sockets of a key in this process."""
    for entry in _of_key(id_hash):
        close(entry.sid)


def _of_key(id_hash: str) -> list[Socket]:
    with _sockets_lock:
        mine = [
            entry
            for entry in _sockets.values()
            if entry.person_id is None and entry.id_hash == id_hash
        ]
    return sorted(mine, key=lambda entry: entry.since)


def _connect_stage(sid: str) -> None:
    token = sessions.stage_token()
    if sessions.stage_key(reading(), token) is None:
        message = "not_signed_in"
        raise Refused(message)
    entry = Socket(sid, None, sessions.digest(token), time.monotonic())
    for old in _of_key(entry.id_hash)[: -(SOCKETS_A_PERSON - 1)]:
        close(old.sid)
    with _sockets_lock:
        _sockets[sid] = entry


def _connect(_auth: object = None) -> None:
    visit: Any = flask_session._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - the real object behind Flask's proxy
    sid = request.sid  # type: ignore[attr-defined]
    if visit.row is None:
        _connect_stage(sid)
        return
    person_id: int = visit.row.person_id
    entry = Socket(sid, person_id, visit.row.id_hash, time.monotonic())
    for old in sockets_of(person_id)[: -(SOCKETS_A_PERSON - 1)]:
        close(old.sid)
    with _sockets_lock:
        _sockets[sid] = entry
    join_room(f"person:{entry.person_id}")


def _disconnect(*_reason: object) -> None:
    with _sockets_lock:
        _sockets.pop(request.sid, None)  # type: ignore[attr-defined]


def close(sid: str) -> None:
    """Close a socket of this process."""
    with _sockets_lock:
        _sockets.pop(sid, None)
    try:
        disconnect(sid, namespace="/")
    except Exception:  # noqa: BLE001 - it may be gone already; the registry is what counts
        logger.info("socket was gone sid=%s", sid)


@dataclass
class _Rooms:
    """What was last published to each room that somebody watches."""

    boards: dict[tuple[str, int, str], Board] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


# --- messages in -------------------------------------------------------------------


_limit = RateLimitItemPerSecond(MESSAGES_A_SECOND)


def message(name: str, schema: type[M]) -> Callable[[Callable[[M], Row]], Callable[..., Row]]:
    """Register a handler of one message; `@requires(...)` stands below it.

    The handler takes the parsed payload and returns a dict, which becomes
    `{"ok": true, ...}`; a Refusal becomes `{"ok": false, "code", "error", "message"}`.
    """

    def register(handler: Callable[[M], Row]) -> Callable[..., Row]:
        def answer(*given: Any) -> Row:  # noqa: ANN401 - whatever the client sent
            try:
                _admit()
                return {"ok": True, **handler(_parse(schema, given))}
            except Refusal as refusal:
                return _refused(refusal)
            except DBAPIError as error:
                if is_out_of_order(error):
                    return _refused(busy())
                return _crashed(name)
            except Exception:  # noqa: BLE001 - an acknowledgement must always come
                return _crashed(name)

        answer.requires = getattr(handler, "requires", None)  # type: ignore[attr-defined]
        MESSAGES[name] = answer
        socketio.on(name)(answer)
        return answer

    return register


def _admit() -> None:
    sid = request.sid  # type: ignore[attr-defined]
    visit: Any = flask_session._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - the real object behind Flask's proxy
    with _sockets_lock:
        known = _sockets.get(sid)
    if known is not None and known.person_id is None:
        is_in = sessions.stage_key(reading(), sessions.stage_token()) is not None
    else:
        is_in = known is not None and visit.row is not None and current_user.is_authenticated
    if known is None or not is_in:
        close(sid)
        raise NotSignedIn("not_signed_in", "You are signed out. Sign in again.")
    limiter: MovingWindowRateLimiter = current_app.extensions["message_limits"]
    if not limiter.hit(_limit, str(known.person_id or known.id_hash)):
        raise TooMany(
            "too_many",
            "That was too fast; your device keeps it and tries again.",
            retry_after=1,
        )


def _parse(schema: type[M], given: tuple[Any, ...]) -> M:
    if len(given) != 1 or not isinstance(given[0], dict):
        raise BadRequest("payload", "A message carries one object; nothing was saved.")
    if _depth(given[0]) > DEEPEST:
        raise BadRequest("nesting", "That is nested too deeply; nothing was saved.")
    try:
        return schema.model_validate(given[0])
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else None
        raise Invalid(
            name or "payload",
            f"{name or 'The message'}: {first['msg']}. Nothing was saved.",
            field=name,
        ) from error


def _depth(value: object, level: int = 1) -> int:
    if level > DEEPEST or not isinstance(value, dict | list):
        return level
    inner = value.values() if isinstance(value, dict) else value
    return max((_depth(item, level + 1) for item in inner), default=level)


def _refused(refusal: Refusal) -> Row:
    body = {key: value for key, value in refusal.as_json().items() if value is not None}
    return {"ok": False, "code": refusal.code, **body}


def _crashed(name: str) -> Row:
    reference = uuid.uuid4().hex[:10]
    logger.exception(  # noqa: LOG004 - only called from handlers
        "crash in message=%s reference=%s",
        name,
        reference,
    )
    return {
        "ok": False,
        "code": 503,
        "error": "crash",
        "message": "Could not be saved; your device keeps it and tries again.",
        "retry_after": 2,
        "reference": reference,
    }


def _unknown(*_given: object) -> Row:
    return _refused(NotFound("no_such_message", "There is no such message."))


# --- boards out --------------------------------------------------------------------

_rooms = _Rooms()
_kept = Kept()
_channels: list[Channel] = []
_followers: list[tuple[str, Callable[[Session, facts.FactRow], None]]] = []
_latest: list[tuple[str, Callable[[facts.FactRow], bool], Callable[..., None]]] = []


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
        _channels.append(self)

    def room(self, key: int, audience: str) -> str:
        """The room of an audience."""
        return f"{self.prefix}:{key}:{audience}"

    def watch(self, key: int, audience: str) -> Row:
        """Join the room, then read: what comes in between is pushed."""
        join(self.room(key, audience))
        board = self._fresh(key, audience)
        with _rooms.lock:
            _rooms.boards.setdefault((self.prefix, key, audience), board)
        return {"version": board.version, "rows": board.rows}

    def _fresh(self, key: int, audience: str) -> Board:
        """The board as it is now, read once for all who come at once while nothing happens."""
        session, place = reading(), (self.prefix, key, audience)
        return _kept.of(session, place, lambda: self.read(session, key, audience))

    def publish(self, session: Session, key: int) -> None:
        """Push what changed to each watched audience of this key."""
        with _rooms.lock:
            watched = [place for place in _rooms.boards if place[:2] == (self.prefix, key)]
        for place in watched:
            board = self.read(session, key, place[2])
            with _rooms.lock:
                before = _rooms.boards[place]
                _rooms.boards[place] = board
            change = difference(before, board)
            if change is not None:
                push(self.name, {"key": key, **change}, self.room(key, place[2]))


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


def follows(prefix: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Call `f(session, fact)` in every process for each committed fact of such streams."""

    def register(follower: Callable[..., None]) -> Callable[..., None]:
        _followers.append((prefix, follower))
        return follower

    return register


def follows_latest(
    prefix: str, wanted: Callable[[facts.FactRow], bool]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Call `f(session, fact)` once a pass, with the newest wanted fact of each such stream.

    For news to many that replaces the news before: in a burst the last one is enough.
    """

    def register(follower: Callable[..., None]) -> Callable[..., None]:
        _latest.append((prefix, wanted, follower))
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
                for prefix, follower in _followers:
                    if fact.stream.startswith(prefix):
                        self._call(follower, session, fact)
                for channel in _channels:
                    if (key := channel.touched(fact.stream)) is not None:
                        dirty[channel].add(key)
            self._tell_latest(session, fresh)
            for channel, keys in dirty.items():
                for key in keys:
                    self._call(channel.publish, session, key)
            return len(fresh)

    def _tell_latest(self, session: Session, fresh: list[facts.FactRow]) -> None:
        for prefix, wanted, follower in _latest:
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


def touched_by(*prefixes: str) -> Callable[[str], int | None]:
    """The `touched` of a channel whose streams are `<prefix>:<key>`."""

    def touched(stream: str) -> int | None:
        name, _, key = stream.partition(":")
        return int(key) if name in prefixes and key.isdigit() else None

    return touched


def set_up(app: Flask) -> Ticker:
    """Attach the socket server to an app; the ticker is started by the server command."""
    socketio.init_app(
        app,
        async_mode="threading",
        async_handlers=False,
        manage_session=False,
        cors_allowed_origins=[],  # the gate has checked the origin
        transports=["websocket"],
        max_http_buffer_size=LARGEST_PAYLOAD,
        ping_interval=20,
        ping_timeout=15,
        logger=logging.getLogger("socketio"),  # else each writes past our formatter
        engineio_logger=logging.getLogger("engineio"),
    )
    app.extensions["lines"] = lines.Lines(socketio.server.eio)
    socketio.on("connect")(_connect)
    socketio.on("disconnect")(_disconnect)
    socketio.on("*")(_unknown)
    ticker = Ticker(app)
    app.extensions["message_limits"] = MovingWindowRateLimiter(MemoryStorage())
    app.extensions["ticker"] = ticker
    return ticker
