"""The room of the phones: a server on one computer, phones on another, a cable between them.

Where no network can be made, phones use this computer's own address instead: everything but
the cable is the same, and losing the line is the browser's own "offline".
"""

from __future__ import annotations

import shlex
from functools import cache

from journeys.conftest import BROWSER, open_page
from network import Room, why_not
from scan import scan

from hackathon.server import own_addresses

why_not = cache(why_not)


class Cabled:
    """Two computers of the test's own."""

    def __init__(self, launch, folder):
        self.room = Room()
        self.ahead = self.room.on_server()
        command = folder / "chromium-on-the-phone"
        command.write_text(f'#!/bin/sh\nexec {shlex.join([*self.room.on_phone(), BROWSER])} "$@"\n')
        command.chmod(0o700)
        try:
            self.browser = launch(str(command))
        except BaseException:
            self.room.close()
            raise

    def cut(self):
        self.room.cut()

    def restore(self):
        self.room.restore()

    def close(self):
        try:
            self.browser.close()
        finally:
            self.room.close()


class OwnAddress:
    """This computer alone, by its address on the network."""

    ahead = ()

    def __init__(self, launch, _folder):
        self.browser = launch()

    def cut(self):
        for context in self.browser.contexts:
            context.set_offline(True)

    def restore(self):
        for context in self.browser.contexts:
            context.set_offline(False)

    def close(self):
        self.browser.close()


class TheRoom:
    """What a journey does in either."""

    def __init__(self, launch, folder):
        self.where = (OwnAddress if why_not() else Cabled)(launch, folder)
        self.cut, self.restore, self.close = self.where.cut, self.where.restore, self.where.close

    def serve(self, server):
        """Start a server again for the whole room; returns the address in the code it prints."""
        server.kill()
        server.ahead = self.where.ahead
        server.arguments = ("--host", "0.0.0.0", *server.arguments)  # noqa: S104 - that is the point
        server.start()
        server.url = scan(server.printed()[server.before :])
        return server.url

    def page(self, server, width=390, scheme="light", **more):
        """A page on a device of the room."""
        host = server.url.removeprefix("http://")
        return open_page(self.where.browser, width, scheme, host=host, **more)


def can_serve():
    """Whether there is any room at all."""
    return not why_not() or bool(own_addresses())
