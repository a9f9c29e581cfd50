"""The web door: what every page, form and file of every feature goes through.

| module | holds |
| --- | --- |
| `writing` | `act`: one transaction, again when the engine asks |
| `forms` | `Form`, `submit`, the key against a second click |
| `addresses` | `see`, safe ways back, the public address |
| `pages` | navigation, an event's tabs, the banner above its pages |
| `files` | CSV and XLSX to take away |
| `csrf` | the token of a form |
| `refusals` | a refusal, an error, a crash as an answer |
"""

from __future__ import annotations

import logging
import time
import uuid
from typing import TYPE_CHECKING, Any

from flask import g, request
from flask import session as flask_session
from sqlalchemy.exc import DBAPIError

from hackathon.shared import metrics, sessions
from hackathon.shared.clock import now
from hackathon.shared.db import transaction
from hackathon.shared.errors import Refusal
from hackathon.shared.web import refusals
from hackathon.shared.web.addresses import device_name, flash_link, public_address, safe_next, see
from hackathon.shared.web.csrf import check_csrf, csrf_token
from hackathon.shared.web.files import csv_answer, csv_text, file_answer, safe_cell
from hackathon.shared.web.forms import Form, choices, form_key, submit
from hackathon.shared.web.pages import (
    Banner,
    Entry,
    Tab,
    banner,
    event_banner,
    event_tabs,
    nav,
    nav_items,
    tab,
)
from hackathon.shared.web.refusals import answer_refusal, reference, wants_json
from hackathon.shared.web.writing import act, is_out_of_order

if TYPE_CHECKING:
    from flask import Flask, Response

__all__ = [
    "Banner", "Entry", "Form", "Tab", "act", "answer_refusal", "banner", "check_csrf", "choices",
    "csrf_token", "csv_answer", "csv_text", "device_name", "event_banner", "event_tabs",
    "file_answer", "flash_link", "form_key", "is_out_of_order", "nav", "nav_items", "public_address",
    "reference", "safe_cell", "safe_next", "see", "set_up", "submit", "tab", "wants_json",
]  # fmt: skip

logger = logging.getLogger("hackathon.web")

MAX_BODY = 1_000_000


def _note_use() -> None:
    """Keep `last_seen` fresh, at most every five minutes; never in the way of reading."""
    visit: Any = flask_session._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - the real object behind Flask's proxy
    row = getattr(visit, "row", None)
    if row is None or now() - row.last_seen_at < sessions.SEEN_EVERY:
        return
    try:
        with transaction() as session:
            sessions.touch(session, row.id_hash)
    except (Refusal, DBAPIError):
        logger.warning("last_seen not written reference=%s", reference())


def _begin() -> None:
    g.begun = time.monotonic()


def _log_request(response: Response) -> Response:
    """One line a request: the rule, not the path, so that no sign-in link is logged."""
    rule = request.url_rule.rule if request.url_rule else "(no such page)"
    visit: Any = flask_session._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - the real object behind Flask's proxy
    seconds = time.monotonic() - g.get("begun", time.monotonic())
    metrics.requests.count(response.status_code, seconds)
    fields = {
        "method": request.method,
        "rule": rule,
        "status": response.status_code,
        "ms": round(1000 * seconds, 1),
        "reference": reference(),
        "person": getattr(visit, "person_id", None),
    }
    logger.info(
        "%(method)s %(rule)s %(status)s %(ms)s ms reference=%(reference)s person=%(person)s",
        fields,
        extra={"fields": fields},
    )
    return response


def set_up(app: Flask) -> None:
    """Install CSRF, error pages and what every template may use."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY
    app.config["MAX_FORM_PARTS"] = 400
    app.after_request(_log_request)
    app.before_request(_begin)
    app.before_request(check_csrf)
    app.before_request(_note_use)
    refusals.set_up(app)
    app.jinja_env.globals.update(
        csrf_token=csrf_token,
        once_key=lambda: uuid.uuid4().hex,
        event_banner=event_banner,
        event_tabs=event_tabs,
    )
