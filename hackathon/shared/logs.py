"""Logs: one line a thing that happened, as text for people or as JSON for programs.

Both go to standard error. What is said within a request carries its reference, the one
that an error page shows. No line holds a projector's key, a sign-in or a join link: our own
lines name the rule of an address, not the address, and since a library, a traceback or a
handshake may still carry one, the last step before a line is written takes them out.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import g, has_request_context

if TYPE_CHECKING:
    from hackathon.shared.settings import Settings

TEXT = "%(asctime)s %(name)s %(message)s"
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


class Lines(logging.Formatter):
    """A JSON object a line: at, level, logger, process, message; what `fields` adds; the trace."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        entry: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": without_secrets(record.getMessage()),
        }
        if has_request_context() and "reference" in g:
            entry["reference"] = g.reference
        entry |= getattr(record, "fields", {})
        if record.exc_info:
            entry["trace"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False, default=str)


def set_up(settings: Settings) -> None:
    """Begin to log, unless somebody (another application of this process, a test) already does."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines() if settings.log_format == "json" else Redacting(TEXT))
    logging.basicConfig(level=settings.log_level, handlers=[handler])
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
