"""Sessions: a random id in the cookie, its SHA-256 in a row, no signed times.

Visitors who are not signed in have no row; their forms are guarded by a signed
double-submit cookie. Flashes travel in a signed cookie of their own, so that reading a
page never writes to the database.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask import current_app, request
from flask.sessions import SessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import ForeignKey, bindparam, select, update
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.datastructures import CallbackDict

from hackathon.shared.clock import now
from hackathon.shared.db import Base, reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask, Request, Response
    from sqlalchemy.orm import Session

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=4)
SEEN_EVERY = timedelta(minutes=5)


class WebSession(Base):
    """One signed-in device. `id_hash` is the SHA-256 of the cookie's value."""

    __tablename__ = "sessions"

    id_hash: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    device: Mapped[str] = mapped_column(default="")
    begun_at: Mapped[datetime] = mapped_column(default=now)
    last_seen_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]


def digest(token: str) -> str:
    """How tokens are stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin(session: Session, *, person_id: int, device: str) -> str:
    """Start a session for a person on a device; returns the cookie's value."""
    token = secrets.token_urlsafe(32)
    session.add(WebSession(id_hash=digest(token), person_id=person_id, device=device[:200]))
    return token


def end(session: Session, id_hash: str) -> None:
    """End one session."""
    session.execute(
        update(WebSession)
        .where(WebSession.id_hash == id_hash, WebSession.ended_at.is_(None))
        .values(ended_at=now())
    )


def end_all(session: Session, person_id: int, *, keep: str | None = None) -> None:
    """End every session of a person but the one whose hash is `keep`."""
    session.execute(
        update(WebSession)
        .where(
            WebSession.person_id == person_id,
            WebSession.ended_at.is_(None),
            WebSession.id_hash != (keep or ""),
        )
        .values(ended_at=now())
    )


def living(person_id: int) -> Any:  # noqa: ANN401 - a select of WebSession rows
    """The select of a person's sessions that still count, newest first."""
    return (
        select(WebSession)
        .where(
            WebSession.person_id == person_id,
            WebSession.ended_at.is_(None),
            WebSession.last_seen_at > now() - IDLE,
            WebSession.begun_at > now() - ABSOLUTE,
        )
        .order_by(WebSession.last_seen_at.desc())
    )


_BY_HASH = (
    select(WebSession)
    .where(WebSession.id_hash == bindparam("id_hash"))
    .execution_options(populate_existing=True)
)
"""Made once: every request and message asks it."""


def find(session: Session, token: str) -> WebSession | None:
    """The living session of a cookie value; None when ended, idle 12 h or 4 days old."""
    if not token:
        return None
    row = session.scalar(_BY_HASH, {"id_hash": digest(token)})
    if row is None or row.ended_at is not None:
        return None
    moment = now()
    if moment - row.last_seen_at > IDLE or moment - row.begun_at > ABSOLUTE:
        return None
    return row


_stage_keys: list[Callable[[Session, str], int | None]] = []


def opens_by_stage_key(finder: Callable[[Session, str], int | None]) -> None:
    """Tell what a projector's key opens: (session, its hash) -> a number, None for nothing.

    The feature lies above this module.
    """
    _stage_keys[:] = [finder]


def stage_key(session: Session, token: str) -> int | None:
    """What a projector's key opens; it is no session and stands for no person."""
    if not token or not _stage_keys:
        return None
    return _stage_keys[0](session, digest(token))


def stage_token() -> str:
    """The projector's key of this request or socket: in the address (`?stage=`), else kept."""
    interface = current_app.session_interface
    name = interface.stage_cookie if isinstance(interface, Sessions) else "stage"
    return request.args.get("stage") or request.cookies.get(name, "")


def keep_stage_token(answer: Response, token: str) -> None:
    """Keep a projector's key in its browser, so that no address shows it any longer."""
    interface = current_app.session_interface
    if isinstance(interface, Sessions):
        interface.keep_stage(answer, token)


class Visit(CallbackDict[str, Any], SessionMixin):
    """The session of one request: who is signed in, flashes, the CSRF token."""

    def __init__(self, *, secret: bytes, token: str, row: WebSession | None, visitor: str) -> None:
        super().__init__({}, None)
        self.secret = secret
        self.token = token
        self.row = row
        self.visitor = visitor
        self.new_token: str | None = None
        self.new_visitor = False
        self.is_over = False
        self.had_flashes = False
        if row is not None:
            self["_user_id"] = str(row.person_id)

    @property
    def person_id(self) -> int | None:
        """Who is signed in."""
        return self.row.person_id if self.row else None

    @property
    def id_hash(self) -> str | None:
        """The hash that names this session's row."""
        return self.row.id_hash if self.row else None

    def renew(self, token: str) -> None:
        """Send a new cookie: after signing in."""
        self.new_token = token

    def leave(self) -> None:
        """Take the cookie away: after signing out."""
        self.is_over = True

    def csrf_token(self) -> str:
        """One token a session, without a time limit."""
        if self.row is not None:
            subject = "session:" + self.row.id_hash
        else:
            if not self.visitor:
                self.visitor = secrets.token_urlsafe(24)
                self.new_visitor = True
            subject = "visitor:" + self.visitor
        return hmac.new(self.secret, subject.encode(), hashlib.sha256).hexdigest()

    def accepts(self, token: str) -> bool:
        """Whether a form's token is this session's."""
        if self.row is None and not self.visitor:
            return False
        return hmac.compare_digest(self.csrf_token().encode(), token.encode())


class Sessions(SessionInterface):
    """Flask's session, kept as rows."""

    def __init__(self, *, secure: bool) -> None:
        self.secure = secure
        self.cookie = "__Host-session" if secure else "session"
        self.visitor_cookie = "__Host-visitor" if secure else "visitor"
        self.flash_cookie = "__Host-flash" if secure else "flash"
        self.stage_cookie = "__Host-stage" if secure else "stage"

    def open_session(self, app: Flask, request: Request) -> Visit:
        """Read who is there; never writes."""
        token = request.cookies.get(self.cookie, "")
        row = find(reading(), token) if token and len(token) <= 100 else None  # noqa: PLR2004
        secret = str(app.secret_key).encode()
        visit = Visit(
            secret=secret,
            token=token,
            row=row,
            visitor=request.cookies.get(self.visitor_cookie, "")[:100],
        )
        if kept := request.cookies.get(self.flash_cookie):
            try:
                visit["_flashes"] = [tuple(pair) for pair in self._signer(app).loads(kept)]
                visit.had_flashes = True
            except (BadSignature, TypeError, ValueError):
                visit.had_flashes = True
        return visit

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Set the cookies that changed."""
        visit = session
        if not isinstance(visit, Visit):
            return
        if visit.new_token:
            self._set(response, self.cookie, visit.new_token)
        elif visit.is_over:
            self._drop(response, self.cookie)
        if visit.new_visitor:
            self._set(response, self.visitor_cookie, visit.visitor)
        if flashes := visit.get("_flashes"):
            self._set(response, self.flash_cookie, str(self._signer(app).dumps(flashes)))
        elif visit.had_flashes:
            self._drop(response, self.flash_cookie)
        if visit.row is not None or visit.new_token:
            response.headers.setdefault("Cache-Control", "no-store")
            response.vary.add("Cookie")

    def keep_stage(self, response: Response, token: str) -> None:
        """Set a projector's key as its browser's cookie."""
        self._set(response, self.stage_cookie, token)

    def _set(self, response: Response, name: str, value: str) -> None:
        response.set_cookie(
            name, value, httponly=True, secure=self.secure, samesite="Lax", path="/"
        )

    def _drop(self, response: Response, name: str) -> None:
        response.delete_cookie(name, httponly=True, secure=self.secure, samesite="Lax", path="/")

    @staticmethod
    def _signer(app: Flask) -> URLSafeSerializer:
        return URLSafeSerializer(str(app.secret_key), salt="flash")


def touch(session: Session, id_hash: str) -> None:
    """Note that a session was used."""
    session.execute(
        update(WebSession).where(WebSession.id_hash == id_hash).values(last_seen_at=now())
    )
