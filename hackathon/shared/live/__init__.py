"""The live door: messages in, boards out, one ticker a process.

A message and a form are two doors to the same service function. The door acknowledges
after the commit and never waits for a broadcast; the ticker follows the facts, whoever
committed them, and publishes to each room the rows whose shown values changed:
`{version, base, rows, gone}`. A client applies a push when `base <= own < version`,
ignores it when `version <= own`, else asks for the whole board again.

| module | holds |
| --- | --- |
| `sockets` | who is connected, projectors by their key, closing |
| `messages` | `@message`: how a message is admitted, parsed, answered |
| `boards` | `Channel`: what a room shows and which rows changed; `join`, `push` |
| `ticker` | `@follows`: who hears of a fact; the thread that publishes |
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from hackathon.shared import lines
from hackathon.shared.live.boards import Board, Channel, Row, difference, join, push, touched_by
from hackathon.shared.live.messages import MESSAGES, MESSAGES_A_SECOND, Message, message, unknown
from hackathon.shared.live.sockets import (
    SOCKETS_A_PERSON,
    Socket,
    close,
    close_stages,
    connect,
    connected_people,
    disconnected,
    socketio,
    sockets_of,
)
from hackathon.shared.live.ticker import PERIOD, Ticker, follows, follows_latest
from hackathon.shared.pace import Pace

if TYPE_CHECKING:
    from flask import Flask

__all__ = [
    "MESSAGES", "MESSAGES_A_SECOND", "PERIOD", "SOCKETS_A_PERSON", "Board", "Channel", "Message",
    "Row", "Socket", "Ticker", "close", "close_stages", "connected_people", "difference",
    "follows", "follows_latest", "join", "message", "push", "set_up", "socketio", "sockets_of",
    "touched_by",
]  # fmt: skip

LARGEST_PAYLOAD = 16_384


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
    socketio.on("connect")(connect)
    socketio.on("disconnect")(disconnected)
    socketio.on("*")(unknown)
    ticker = Ticker(app)
    app.extensions["message_limits"] = Pace(MESSAGES_A_SECOND)
    app.extensions["ticker"] = ticker
    return ticker
