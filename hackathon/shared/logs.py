"""What is logged, and what never is: a projector's key, a sign-in or a join link.

Our own lines name the rule of an address, not the address; a library, a traceback or a
handshake may still carry one. So the last step before a line is written takes them out.
"""

from __future__ import annotations

import logging
import re

SECRETS = re.compile(
    r"(?P<said>[?&;]stage=|\bstage=|/sign-in/|/join/|/invitations/)(?P<secret>[^\s?&;\"'<>#]+)"
)
QUIET = ("alembic", "huey", "werkzeug", "engineio", "socketio")
"""Loggers of libraries that say too much."""


def without_secrets(text: str) -> str:
    """The text, each key or link in it cut to `...`."""
    return SECRETS.sub(r"\g<said>...", text)


class Redacting(logging.Formatter):
    """Formats a line, its traceback included, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        """The line to write."""
        return without_secrets(super().format(record))


def set_up(level: str) -> None:
    """Log to the standard error from this level on; libraries only their warnings."""
    handler = logging.StreamHandler()
    handler.setFormatter(Redacting("%(asctime)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
