"""The web door: forms, CSRF, transactions with retries, one translation of refusals."""

from __future__ import annotations

import csv
import io
import logging
import secrets
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import wtforms
from flask import (
    Response,
    current_app,
    flash,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask import (
    session as flask_session,
)
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from hackathon.shared import errors, metrics, sessions, workbook
from hackathon.shared.clock import now
from hackathon.shared.db import busy, transaction
from hackathon.shared.errors import BadRequest, NotFound, NotSignedIn, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from flask import Flask
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

logger = logging.getLogger("hackathon.web")

T = TypeVar("T")

TRIES = 5
SERIALIZATION = frozenset({"40001", "40P01"})
UNIQUE = "23505"
LOCK_TIMEOUT = "55P03"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_BODY = 1_000_000
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class Form(wtforms.Form):
    """Parent of every form: text in, values out; a refusal lands on its field."""

    general: list[str]
    status: int = 422

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - WTForms' own signature
        super().__init__(*args, **kwargs)
        self.general = []

    def values(self) -> dict[str, Any]:
        """The validated values by field name; a text that was not sent is empty."""
        return {
            name: ""
            if value is None and isinstance(self._fields[name], wtforms.StringField)
            else value
            for name, value in self.data.items()
        }

    def refuse(self, refusal: Refusal) -> None:
        """Show a refusal where it belongs; typed text stays."""
        self.status = refusal.code
        field = self._fields.get(refusal.field or "")
        if field is None:
            self.general.append(refusal.message)
        else:
            field.errors = [*field.errors, refusal.message]


def choices(pairs: Iterable[tuple[str, str]]) -> list[Any]:
    """(value, label) pairs as a SelectField takes them."""
    return [SelectChoice(value, label) for value, label in pairs]


def form_key() -> str:
    """The hidden key by which a second click is the same request."""
    return str(request.form.get("once", ""))[:64]


def act(work: Callable[[Session], T]) -> T:
    """Run `work` in one transaction; again, at most five times, when the engine asks.

    Raises:
        Unavailable: the database could not take the write in time.
    """
    for left in reversed(range(TRIES)):
        try:
            with transaction() as session:
                return work(session)
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None)
            # UNIQUE: somebody stored the same between our look and our write; looking
            # again finds it, and the rule answers instead of the constraint.
            if (state in SERIALIZATION or state == UNIQUE) and left:
                time.sleep(secrets.randbelow(30) / 1000)
                continue
            if state in SERIALIZATION or state == LOCK_TIMEOUT or is_out_of_order(error):
                raise busy() from error
            raise
    raise busy()


def is_out_of_order(error: DBAPIError) -> bool:
    """Whether the engine itself cannot write now: full disk, failed sync, held lock."""
    text = str(error.orig)
    return any(
        sign in text
        for sign in ("locked", "disk is full", "disk I/O", "readonly", "unable to open")
    )


def submit(form: Form, work: Callable[[Session], T]) -> T | None:
    """Validate a form and run `work`; None when something was refused, shown on the form."""
    if not form.validate():
        form.status = 422
        return None
    try:
        return act(work)
    except errors.NotFound:
        raise
    except Refusal as refusal:
        form.refuse(refusal)
        return None


def see(endpoint: str, **values: Any) -> ResponseReturnValue:  # noqa: ANN401 - url_for's own signature
    """Redirect after a POST (303), so that reloading repeats nothing."""
    return redirect(url_for(endpoint, **values), 303)


def flash_link(text: str, endpoint: str, **values: Any) -> None:  # noqa: ANN401 - as `see`
    """Add a link to what the next page says: words that lead somewhere."""
    flash(text, url_for(endpoint, **values))


def safe_next(target: str | None) -> str:
    """A relative path of ours, else the home page (15 hostile forms: line 3)."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return "/"
    if any(ord(char) < 33 or char in "\\\x7f" for char in target):  # noqa: PLR2004 - control and space
        return "/"
    parts = urlsplit(target)
    return "/" if parts.scheme or parts.netloc else target


def public_address() -> str:
    """The address that links in mails begin with: the set one, else the one asked."""
    settings = current_app.extensions["settings"]
    return str(settings.public_url or request.host_url.rstrip("/"))


def device_name() -> str:
    """A short name of the browser that asks."""
    return str(request.user_agent.string or "unknown device")[:200]


# --- what pages share -----------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One place in a navigation."""

    order: int
    label: str
    endpoint: str
    shown: Callable[[Any], bool]
    also: tuple[str, ...] = ()
    front: Callable[[Any], bool] = lambda _here: False


class Tab(NamedTuple):
    """A tab as a viewer finds it; those not in front lie below "More" on a phone."""

    label: str
    url: str
    is_current: bool
    is_front: bool


IN_FRONT, LETTERS = 4, 31
"""So many tabs, of so many letters together, and "More" are as wide as a phone of 360 px."""


@dataclass(frozen=True)
class Banner:
    """What everybody on a page of an event must know now: that judging is paused, and why."""

    slug: str
    is_paused: bool = False
    reason: str = ""


_banners: list[Callable[[Any], Banner | None]] = []
_tabs: list[Entry] = []
_nav: list[Entry] = []


def tab(
    order: int,
    label: str,
    endpoint: str,
    shown: Callable[[Any], bool],
    *,
    also: tuple[str, ...] = (),
    front: Callable[[Any], bool] = lambda _here: False,
) -> None:
    """Add a tab to the pages of an event; `shown(here)` says for whom.

    A feature's pages lie below its first tab, those in `also` below this one. `front(here)`
    says who needs it first in this phase: where a phone is too narrow for all, it stays.
    """
    _tabs.append(Entry(order, label, endpoint, shown, also, front))


def banner(teller: Callable[[Any], Banner | None]) -> None:
    """Tell what stands above every page of an event; the feature lies above this module."""
    _banners[:] = [teller]


def event_banner(here: Any) -> Banner | None:  # noqa: ANN401 - events.access.Here
    """What stands above this page of an event; None where nothing ever will."""
    return _banners[0](here) if _banners else None


def nav(order: int, label: str, endpoint: str, shown: Callable[[Any], bool]) -> None:
    """Add a word to the site's navigation; `shown(actor)` says for whom."""
    _nav.append(Entry(order, label, endpoint, shown))


def event_tabs(here: Any) -> list[Tab]:  # noqa: ANN401 - events.access.Here
    """The event's tabs for this viewer, in their order; the current one is always in front."""
    asked = request.endpoint or ""
    entries = sorted(_tabs, key=lambda entry: entry.order)
    current = next(
        (entry for entry in entries if asked == entry.endpoint or asked in entry.also),
        next((entry for entry in entries if _package(entry.endpoint) == _package(asked)), None),
    )
    shown = [entry for entry in entries if entry.shown(here)]
    wanted = sorted(shown, key=lambda entry: (entry is not current, not entry.front(here)))
    front = _as_many_as_fit(wanted)
    return [
        Tab(
            entry.label,
            url_for(entry.endpoint, slug=here.event.slug),
            entry is current,
            entry in front,
        )
        for entry in shown
    ]


def _as_many_as_fit(wanted: list[Entry]) -> list[Entry]:
    """Those to keep in front where it is narrow; the first are wanted most."""
    if len(wanted) <= IN_FRONT + 1 and sum(len(entry.label) for entry in wanted) <= LETTERS:
        return wanted  # no more room than these and "More" would take
    front = wanted[:IN_FRONT]
    while sum(len(entry.label) for entry in front) > LETTERS:
        front = front[:-1]
    return front


def _package(endpoint: str) -> str:
    return endpoint.split(".", maxsplit=1)[0]


def nav_items(actor: object) -> list[tuple[str, str, bool]]:
    """(label, address, whether current) of the site's navigation for this viewer."""
    package = (request.endpoint or "").split(".")[0]
    if "slug" in (request.view_args or {}):
        package = "events"  # every page of an event lies below Events
    return [
        (entry.label, url_for(entry.endpoint), package == entry.endpoint.split(".")[0])
        for entry in sorted(_nav, key=lambda entry: entry.order)
        if entry.shown(actor)
    ]


# --- files ----------------------------------------------------------------------


def safe_cell(value: object) -> object:
    """Text that a spreadsheet would take for a formula is prefixed (line 34)."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """CSV with every text cell quoted and formulas disarmed; numbers stay numbers."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow(["" if cell is None else safe_cell(cell) for cell in row])
    return out.getvalue()


def csv_answer(filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A CSV download; with `?format=xlsx` the same table as XLSX."""
    if request.args.get("format") == "xlsx":
        name = filename.removesuffix(".csv") + ".xlsx"
        return file_answer(workbook.xlsx_bytes(header, rows), name, workbook.MIMETYPE)
    return file_answer(csv_text(header, rows), filename, "text/csv; charset=utf-8")


def file_answer(content: str | bytes, filename: str, mimetype: str) -> Response:
    """A download: as attachment, never rendered in place."""
    response = Response(content, content_type=mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=filename)
    response.headers["Cache-Control"] = "no-store"
    return response


# --- refusals and CSRF -----------------------------------------------------------


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
    app.register_error_handler(Refusal, answer_refusal)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_crash)
    app.jinja_env.globals.update(
        csrf_token=csrf_token,
        once_key=lambda: uuid.uuid4().hex,
        event_banner=event_banner,
        event_tabs=event_tabs,
    )
