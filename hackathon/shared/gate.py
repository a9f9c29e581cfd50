"""The gate: what every byte passes before Flask, `/socket.io/` included.

Flask's `after_request` does not reach the websocket path, so the security headers, the
host check and the session check of the handshake live here, in WSGI.
"""

from __future__ import annotations

import json
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy.exc import DBAPIError

from hackathon.shared import sessions
from hackathon.shared.db import db
from hackathon.shared.turns import turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from flask import Flask

    from hackathon.shared.settings import Settings

LONGEST_PATH = 2_000

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self' {sockets}; manifest-src 'self'; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)


class Gate:
    """WSGI middleware: hosts, handshake, path length, headers."""

    def __init__(
        self, inner: Callable[..., Iterable[bytes]], app: Flask, settings: Settings
    ) -> None:
        self.inner = inner
        self.app = app
        self.settings = settings
        self.hosts = trusted_hosts(settings)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Let pass, or answer at once."""
        host = environ.get("HTTP_HOST", "")
        headers = self._headers(host)

        def with_headers(status: str, given: list[tuple[str, str]], exc_info: Any = None) -> Any:  # noqa: ANN401 - WSGI
            have = {name.lower() for name, _ in given}
            extra = [pair for pair in headers if pair[0].lower() not in have]
            return start_response(status, given + extra, exc_info)

        if not is_trusted(host, self.hosts):
            return _answer(
                with_headers,
                "400 Bad Request",
                "host",
                "This address is not served here.",
            )
        path = environ.get("PATH_INFO", "")
        if len(path) > LONGEST_PATH:
            return _answer(
                with_headers,
                "414 URI Too Long",
                "too_long",
                "That address is too long.",
            )
        if "\x00" in path:
            return _answer(
                with_headers,
                "400 Bad Request",
                "bad_path",
                "That address is malformed.",
            )
        if environ.get("REQUEST_METHOD") in {"TRACE", "TRACK"}:
            return _answer(
                with_headers,
                "405 Method Not Allowed",
                "method",
                "That method is not offered.",
            )
        if path.startswith("/socket.io") and (refused := self._handshake(environ, host)):
            return _answer(with_headers, *refused)
        return self.inner(environ, with_headers)

    def _handshake(self, environ: WSGIEnvironment, host: str) -> tuple[str, str, str] | None:
        """Refuse a socket without a session before it costs a thread."""
        origin = environ.get("HTTP_ORIGIN")
        scheme = "https" if self.settings.secure else "http"
        allowed = {
            f"{scheme}://{host}",
            *filter(None, self.settings.origins.split(",")),
        }
        if self.settings.public_url:
            allowed.add(self.settings.public_url)
        if origin is not None and origin not in allowed:
            return (
                "400 Bad Request",
                "origin",
                "This page may not open a connection here.",
            )
        interface = self.app.session_interface
        name, stage_name = "session", "stage"
        if isinstance(interface, sessions.Sessions):
            name, stage_name = interface.cookie, interface.stage_cookie
        try:
            jar = SimpleCookie(environ.get("HTTP_COOKIE", ""))
        except CookieError:
            jar = SimpleCookie()
        token = jar[name].value if name in jar else ""
        kept = jar[stage_name].value if stage_name in jar else ""
        stage = parse_qs(str(environ.get("QUERY_STRING", ""))).get("stage", [kept])[0]
        try:
            with turns.turn(), self.app.app_context():
                found = sessions.find(db.session(), token) if token else None
                is_stage = found is None and sessions.stage_key(db.session(), stage) is not None
        except DBAPIError:
            return ("503 Service Unavailable", "busy", "The database does not answer; try again.")
        if found is None and not is_stage:
            return ("401 Unauthorized", "not_signed_in", "Sign in first.")
        if self.app.extensions["lines"].are_full:
            return ("503 Service Unavailable", "full", "No line is free now; try again.")
        return None

    def _headers(self, host: str) -> list[tuple[str, str]]:
        scheme = "wss" if self.settings.secure else "ws"
        sockets = f"{scheme}://{host}" if is_trusted(host, self.hosts) else ""
        pairs = [
            ("Content-Security-Policy", CSP.format(sockets=sockets)),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "same-origin"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
            ("X-Frame-Options", "DENY"),
        ]
        if self.settings.secure:
            pairs.append(("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))
        return pairs


def trusted_hosts(settings: Settings) -> frozenset[str]:
    """Host names (without port) that this program answers to."""
    names = {"localhost", "127.0.0.1", "[::1]"}
    for address in (settings.public_url, *settings.origins.split(",")):
        if address:
            names.add((urlsplit(address).hostname or "").casefold())
    return frozenset(names)


def is_trusted(host: str, names: frozenset[str]) -> bool:
    """Whether a Host header names us; the port does not matter."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return name.casefold() in names


def _answer(start: Any, status: str, word: str, message: str) -> list[bytes]:  # noqa: ANN401 - WSGI
    body = json.dumps({"error": word, "message": message, "field": None}).encode()
    start(
        status,
        [("Content-Type", "application/json"), ("Content-Length", str(len(body)))],
    )
    return [body]
