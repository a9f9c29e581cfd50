"""A line between browser and server that can be cut, slowed, or made to swallow answers."""

from __future__ import annotations

import contextlib
import socket
import threading
import time


class Proxy:
    """Forwards a local port to a server's, byte by byte, while the line lasts."""

    def __init__(self, port):
        self.target = port
        self.seconds = 0.0
        self.is_cut = self.is_deaf = False
        self.open = set()
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        """End every connection and take no new one."""
        self.is_cut = True
        with self.lock:
            ended, self.open = self.open, set()
        for each in ended:
            _end(each)

    def swallow(self):
        """The server hears everything; its answers go nowhere. Only `cut` ends that."""
        self.is_deaf = True

    def restore(self, seconds=0.0):
        """The line is back, every piece late by so many seconds."""
        self.seconds = seconds
        self.is_cut = self.is_deaf = False

    def close(self):
        """Give the port back."""
        self.cut()
        _end(self.listener)

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if self.is_cut:
                _end(near)
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                _end(near)
                continue
            with self.lock:
                self.open |= {near, far}
            for source, sink, answers in ((near, far, False), (far, near, True)):
                job = threading.Thread(target=self._pump, args=(source, sink, answers), daemon=True)
                job.start()

    def _pump(self, source, sink, answers):
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                time.sleep(self.seconds)
                if not (answers and self.is_deaf):
                    sink.sendall(data)
        for each in (source, sink):
            with self.lock:
                self.open.discard(each)
            _end(each)


def _end(line):
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        line.close()
