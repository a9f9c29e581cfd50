"""Logs: one line a thing that happened, as text for people or as JSON for programs.

Both go to standard error. What is said within a request carries its reference, the one
that an error page shows. No line holds a path with a token in it, a name or a free text.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import g, has_request_context

if TYPE_CHECKING:
    from hackathon.shared.settings import Settings

TEXT = "%(asctime)s %(name)s %(message)s"
QUIET = ("alembic", "huey", "werkzeug", "engineio", "socketio")
"""Loggers of libraries that say too much, or (werkzeug) would log sign-in links."""


class Lines(logging.Formatter):
    """A JSON object a line: at, level, logger, process, message; what `fields` adds; the trace."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        entry: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        if has_request_context() and "reference" in g:
            entry["reference"] = g.reference
        entry |= getattr(record, "fields", {})
        if record.exc_info:
            entry["trace"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


def set_up(settings: Settings) -> None:
    """Begin to log, unless somebody (another application of this process, a test) already does."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines() if settings.log_format == "json" else logging.Formatter(TEXT))
    logging.basicConfig(level=settings.log_level, handlers=[handler])
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
