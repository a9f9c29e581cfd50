"""Lines: the open connections below Socket.IO, each of which holds a thread of the server.

They are counted before Socket.IO's greeting, so that nobody fills the server with silent
ones; each frees its thread when the server gives it up; and all can be ended so that every
device comes back by itself.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from engineio.async_drivers._websocket_wsgi import SimpleWebSocketWSGI

if TYPE_CHECKING:
    from engineio import Server

MOST = 300
"""In one process, so that pages have threads too."""
LOOK_SECONDS = 0.2


class Line(SimpleWebSocketWSGI):  # type: ignore[misc]  # engineio ships no types
    """A websocket that is gone when the server has closed it.

    As it comes, its thread waits for the device to agree; a phone out of reach never does.
    """

    def close(self) -> None:
        """Say goodbye and listen no longer."""
        super().close()
        with suppress(OSError):
            self.ws.sock.shutdown(socket.SHUT_RD)


class Lines:
    """The lines of this process."""

    def __init__(self, server: Server) -> None:
        self._server = server
        server._async = {**server._async, "websocket": Line}  # noqa: SLF001 - there is no door
        self._leaving = threading.Event()

    @property
    def open(self) -> int:
        """How many are open."""
        return sum(not line.closed for line in list(self._server.sockets.values()))

    @property
    def are_full(self) -> bool:
        """Whether a new one has to wait: there are too many, or the process is about to end."""
        return self._leaving.is_set() or self.open >= MOST

    def leave(self) -> None:
        """End all, below Socket.IO: a browser then comes back, each device in its own time.

        What a message is doing goes on to its commit; when its acknowledgement is lost, the
        device sends it again and reads the same receipt.
        """
        self._leaving.set()
        while self.open:
            for line in list(self._server.sockets.values()):
                line.close(wait=False, abort=True)
            time.sleep(LOOK_SECONDS)
