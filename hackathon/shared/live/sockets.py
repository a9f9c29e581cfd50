"""Who is connected: the sockets of this process, and the one server they are attached to."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import Any

from flask import request
from flask import session as flask_session
from flask_socketio import ConnectionRefusedError as Refused
from flask_socketio import SocketIO, disconnect, join_room

from hackathon.shared import sessions
from hackathon.shared.db import reading
from hackathon.shared.turns import turns

logger = logging.getLogger("hackathon.live")

SOCKETS_A_PERSON = 5


class _Lines(SocketIO):  # type: ignore[misc]  # Flask-SocketIO ships no types
    """Serves a few messages at a time, whoever sends them."""

    def _handle_event(self, *given: Any) -> Any:  # noqa: ANN401 - Flask-SocketIO's own
        with turns.turn():
            return super()._handle_event(*given)


socketio = _Lines()


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


def socket_of(sid: str) -> Socket | None:
    """A socket of this process that counts; None once it was closed."""
    with _sockets_lock:
        return _sockets.get(sid)


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


def connect(_auth: object = None) -> None:
    """Note who came: a signed-in person, or a projector; the oldest socket of too many closes.

    Raises:
        Refused: neither.
    """
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


def disconnected(*_reason: object) -> None:
    """Note that a socket is gone."""
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
