"""What must hold before anything is served: every reason at once, each with what to do."""

from __future__ import annotations

import importlib.util
import ipaddress
import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import make_url

from hackathon.shared.clock import CLOCK_FILE
from hackathon.shared.errors import Conflict
from hackathon.shared.settings import CHECKOUT

if TYPE_CHECKING:
    from hackathon.shared.settings import Settings


def check(settings: Settings, workers: int = 1) -> None:
    """Refuse to serve what would be unsafe, untrue or not there.

    Raises:
        Conflict: naming every reason.
    """
    found = [*_missing(settings), *_untrue(settings), *_unsafe(settings)]
    if workers > 1:
        found.append(
            f"--workers {workers} is not there yet: one process serves 300 devices at a time. "
            "Leave --workers out."
        )
    if found:
        listed = "\n".join(f"- {reason}" for reason in found)
        raise Conflict("not_served", f"This cannot be served; nothing was started.\n{listed}")


def _missing(settings: Settings) -> list[str]:
    """Packages that are extras."""
    needed = {"gunicorn": "server"}
    if settings.database.startswith("postgresql"):
        needed["psycopg"] = "postgres"
    extras = [extra for name, extra in needed.items() if importlib.util.find_spec(name) is None]
    if not extras:
        return []
    listed = ",".join(extras)
    if (CHECKOUT / "constraints.txt").is_file():
        line = f".venv/bin/python -m pip install -c constraints.txt -e '.[{listed}]'"
        line = f"python3 dev.py hackathon serve, or: {line}"
    else:
        line = f"pip install 'hackathon[{listed}]'"
    return [f"A package is missing; this installs it: {line}"]


def _untrue(settings: Settings) -> list[str]:
    found = []
    own = settings.instance / "demo" / "hackathon.db"
    name = make_url(settings.database).database or ""
    if settings.demo or os.path.realpath(name) == os.path.realpath(own):
        found.append(
            "This is the demo's database, in which anybody is anybody by one button. "
            "Unset HACKATHON_DEMO and DATABASE_URL."
        )
    if os.environ.get(CLOCK_FILE):
        found.append(f"{CLOCK_FILE} moves the clock, and deadlines with it: unset it.")
    return found


def _unsafe(settings: Settings) -> list[str]:
    found = []
    address = urlsplit(settings.public_url)
    if not settings.public_url:
        found.append(
            "Nobody could be let in by name: set HACKATHON_PUBLIC_URL to the address that "
            "people open, such as https://hackathon.example.com."
        )
    elif settings.secure:
        if not settings.proxies:
            found.append(
                "Behind a proxy all visitors would look like the proxy: set HACKATHON_PROXIES=1 "
                "(how many proxies stand in front)."
            )
    elif not _is_own(address.hostname or ""):
        found.append(
            f"By {settings.public_url} passwords would cross the network in the clear: set "
            "HACKATHON_PUBLIC_URL to an https:// address (deploy/ has nginx and Caddy). "
            "In a closed room, `hackathon run --host 0.0.0.0` serves plain http."
        )
    secret = settings.folder / "secret_key"
    if not settings.secret_key and secret.is_file() and secret.stat().st_mode & 0o077:
        found.append(f"Others on this computer can read the secret: chmod 600 {secret}")
    return found


def _is_own(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
