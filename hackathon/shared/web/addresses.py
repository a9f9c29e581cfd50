"""Where to go next, and how this site is called from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import current_app, flash, redirect, request, url_for

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


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
