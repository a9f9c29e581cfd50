"""A room of two computers: network namespaces joined by a cable that a test can pull.

Nothing outside is touched: both ends of the cable lie in namespaces of this test alone, so
the same addresses serve in every test at once. It needs root and `ip` (iproute2).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from pathlib import Path

PREFIX = "hackathon-test"
SERVER, PHONE = "10.77.0.1", "10.77.0.2"


def ip(*words: str, within: str = "") -> str:
    """Run `ip`, in a namespace if one is named; returns what it prints."""
    line = ["ip", *(("-n", within) if within else ()), *words]
    done = subprocess.run(line, check=True, capture_output=True, text=True, timeout=20)
    return done.stdout


class Room:
    """A server's computer and a phone, on a network without a way to the internet."""

    def __init__(self) -> None:
        own = f"{PREFIX}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self.server, self.phone = f"{own}-server", f"{own}-phone"
        sweep()
        try:
            for name in (self.server, self.phone):
                ip("netns", "add", name)
                ip("link", "set", "lo", "up", within=name)
            cable = ("link", "add", "room0", "netns", self.server, "type", "veth")
            ip(*cable, "peer", "name", "room0", "netns", self.phone)
            for name, address in ((self.server, SERVER), (self.phone, PHONE)):
                ip("address", "add", f"{address}/24", "dev", "room0", within=name)
                ip("link", "set", "room0", "up", within=name)
        except BaseException:
            self.close()
            raise

    def on_server(self) -> list[str]:
        """What to write before a command, so that it runs on the server's computer."""
        return ["ip", "netns", "exec", self.server]

    def on_phone(self) -> list[str]:
        """What to write before a command, so that it runs on the phone."""
        return ["ip", "netns", "exec", self.phone]

    def cut(self) -> None:
        """Pull the cable: packets go nowhere, and neither side is told that a line ended."""
        ip("link", "set", "room0", "down", within=self.server)

    def restore(self) -> None:
        """Put the cable back."""
        ip("link", "set", "room0", "up", within=self.server)

    def close(self) -> None:
        """Remove both namespaces and with them the cable."""
        for name in (self.server, self.phone):
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def sweep() -> None:
    """Remove what tests that were killed have left behind."""
    for line in ip("netns", "list").splitlines():
        name = line.split()[0]
        maker = name.removeprefix(f"{PREFIX}-").split("-")[0]
        if name.startswith(f"{PREFIX}-") and not Path(f"/proc/{maker}").exists():
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def why_not() -> str:
    """Why no room can be made here; empty where one can."""
    if os.geteuid() != 0:
        return "only root may make one"
    if shutil.which("ip") is None:
        return "there is no ip: install iproute2"
    try:
        Room().close()
    except (OSError, subprocess.SubprocessError) as error:
        told = getattr(error, "stderr", "") or str(error)
        return f"this computer refuses: {told.strip()}"
    return ""
