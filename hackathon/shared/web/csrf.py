"""Forms are ours: a change needs the token of this session."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, request
from flask import session as flask_session

from hackathon.shared import sessions
from hackathon.shared.errors import BadRequest

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def check_csrf() -> None:
    """Refuse a change without this session's token; programs with a token of their own pass.

    Raises:
        BadRequest: missing, wrong or another session's token (lines 1 and 2).
    """
    if request.method in SAFE_METHODS or g.get("bearer") or _is_by_token():
        return
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    visit = flask_session._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - the real object behind Flask's proxy
    if not isinstance(visit, sessions.Visit) or not visit.accepts(str(given)):
        raise BadRequest(
            "expired_form", "This form has expired. Reload the page; nothing was saved."
        )


def _is_by_token() -> bool:
    """Whether the door asked for opens by a token alone: a cookie means nothing there."""
    view = current_app.view_functions.get(request.endpoint or "")
    needs = getattr(view, "requires", ())
    return bool(needs) and all(need.by_token for need in needs)


def csrf_token() -> str:
    """The token for this page's forms."""
    visit: Any = flask_session._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - the real object behind Flask's proxy
    return str(visit.csrf_token())
