"""Who sits at this computer, and who only shares its network: doors of the demo ask for a PIN."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from typing import TYPE_CHECKING

from flask import current_app, request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from hackathon.shared.errors import NotAllowed, TooMany

if TYPE_CHECKING:
    from flask import Flask

FAILURES = RateLimitItemPerMinute(10, 10)
FAILURES_OF_ALL = RateLimitItemPerMinute(100, 10)


def make_pin(app: Flask) -> str:
    """A new PIN for those who are not at this computer; to be printed where it runs."""
    pin = f"{secrets.randbelow(10**6):06}"
    app.extensions["demo_pin"] = (pin, MovingWindowRateLimiter(MemoryStorage()))
    return pin


def is_near() -> bool:
    """Whether the request comes from this computer itself."""
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def is_alone() -> bool:
    """Whether it comes from this computer and nobody passed it on: no proxy, known or not."""
    passed_on = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return is_near() and not passed_on


def has_pin() -> bool:
    """Whether somebody from elsewhere could pass."""
    return "demo_pin" in current_app.extensions


def asks_pin() -> bool:
    """Whether this visitor has to type the PIN."""
    return not is_near()


def check_near() -> None:
    """Let pass who is at this computer or typed its PIN in the form's field `pin`.

    Raises:
        NotAllowed: a wrong PIN, or there is none.
        TooMany: ten wrong ones from one address, or a hundred from all, in ten minutes.
    """
    if is_near():
        return
    if not has_pin():
        raise NotAllowed("not_here", "This is only for the computer that the program runs on.")
    pin, limiter = current_app.extensions["demo_pin"]
    asked = [(FAILURES, request.remote_addr or ""), (FAILURES_OF_ALL, "all")]
    if not all(limiter.test(limit, "pin", who) for limit, who in asked):
        raise TooMany("too_many", "Too many wrong PINs. Wait ten minutes.", retry_after=600)
    typed = "".join(request.form.get("pin", "").split())
    if not hmac.compare_digest(typed.encode(), pin.encode()):
        for limit, who in asked:
            limiter.hit(limit, "pin", who)
        raise NotAllowed(
            "wrong_pin", "Type the PIN that stands where the program was started.", field="pin"
        )
