"""The one translation of refusals, errors and crashes into answers."""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING

from flask import g, jsonify, redirect, render_template, request, url_for
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from hackathon.shared.db import busy
from hackathon.shared.errors import BadRequest, NotFound, NotSignedIn, Refusal
from hackathon.shared.web.writing import is_out_of_order

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

logger = logging.getLogger("hackathon.web")


def wants_json() -> bool:
    """Whether the caller is a program."""
    if request.path.startswith("/api/"):
        return True
    accepted = request.accept_mimetypes
    return accepted.accept_json and not accepted.accept_html


def reference() -> str:
    """The short reference that stands in the answer and in the log."""
    if "reference" not in g:
        g.reference = uuid.uuid4().hex[:10]
    return str(g.reference)


def answer_refusal(refusal: Refusal) -> ResponseReturnValue:
    """The one translation of a refusal into HTTP."""
    if refusal.code >= 500:  # noqa: PLR2004
        logger.error("refused reference=%s word=%s", reference(), refusal.word)
    else:
        logger.info("refused reference=%s word=%s", reference(), refusal.word)
    headers = {}
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(max(1, round(refusal.retry_after)))
    if wants_json():
        return (
            jsonify({**refusal.as_json(), "reference": reference()}),
            refusal.code,
            headers,
        )
    if isinstance(refusal, NotSignedIn):
        asked = request.path if "stage" in request.args else request.full_path.rstrip("?")
        back = asked if request.method == "GET" else "/"
        return redirect(url_for("people.sign_in", next=back))
    typed = []
    if refusal.word == "expired_form":
        hidden = ("csrf_token", "once")
        typed = [
            (name, value)
            for name, value in request.form.items(multi=True)
            if name not in hidden and "password" not in name
        ]
    page = render_template(
        "shared/error.html",
        refusal=refusal,
        reference=reference(),
        typed=typed,
        resend_url=request.full_path.rstrip("?") if typed else "",
    )
    return page, refusal.code, headers


WORDS = {
    400: ("bad_request", "That request is malformed; nothing was changed."),
    401: ("not_signed_in", "Sign in first."),
    403: ("not_allowed", "You are not allowed to do that."),
    404: ("not_found", "There is nothing here, or it is not for you to see."),
    405: ("method", "That cannot be done at this address; nothing was changed."),
    413: ("too_large", "That is too large (limit 1 MB); nothing was saved."),
    414: ("too_long", "That address is too long."),
    415: (
        "media_type",
        "That kind of content is not accepted here; nothing was saved.",
    ),
    429: ("too_many", "Too many requests. Wait a moment and try again."),
    503: ("unavailable", "This cannot be done just now. Try again in a moment."),
}


def _answer_http(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if error.response is not None or code < 400:  # noqa: PLR2004
        return error.get_response()
    word, message = WORDS.get(code, ("error", error.description or "That did not work."))
    refusal = Refusal(word, message)
    refusal.code = code
    return answer_refusal(refusal)


def _answer_crash(error: Exception) -> ResponseReturnValue:
    if isinstance(error, DBAPIError) and is_out_of_order(error):
        return answer_refusal(busy())
    if isinstance(error, RecursionError):
        return answer_refusal(
            BadRequest("nesting", "That is nested too deeply; nothing was saved.")
        )
    if isinstance(error, OverflowError) and "SQLite" in str(error):
        return answer_refusal(
            NotFound("no_such_number", "There is nothing of that number; nothing was changed.")
        )
    logger.error("crash reference=%s", reference(), exc_info=error)
    refusal = Refusal(
        "crash",
        "Something went wrong on our side; nothing was saved. Try again; if it stays, "
        "tell an organizer the reference below.",
    )
    refusal.code = 500
    return answer_refusal(refusal)


def set_up(app: Flask) -> None:
    """Let every refusal and error of an app pass through here."""
    app.register_error_handler(Refusal, answer_refusal)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_crash)
