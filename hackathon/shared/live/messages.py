"""Messages in: parsed, admitted, answered; a refusal is an answer too."""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING, Any, TypeVar

from flask import current_app, request
from flask import session as flask_session
from flask_login import current_user
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.exc import DBAPIError

from hackathon.shared import sessions
from hackathon.shared.db import busy, reading
from hackathon.shared.errors import (
    BadRequest,
    Invalid,
    NotFound,
    NotSignedIn,
    Refusal,
    TooMany,
)
from hackathon.shared.live.sockets import close, socket_of, socketio
from hackathon.shared.web import is_out_of_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from hackathon.shared.pace import Pace

logger = logging.getLogger("hackathon.live")

MESSAGES_A_SECOND = 20
DEEPEST = 5

Row = dict[str, Any]


class Message(BaseModel):
    """Parent of message payloads: exact types, nothing beyond the declared fields."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


M = TypeVar("M", bound=Message)

MESSAGES: dict[str, Callable[..., Any]] = {}
"""Every message by name; a test asks each for its declared permission."""


def message(name: str, schema: type[M]) -> Callable[[Callable[[M], Row]], Callable[..., Row]]:
    """Register a handler of one message; `@requires(...)` stands below it.

    The handler takes the parsed payload and returns a dict, which becomes
    `{"ok": true, ...}`; a Refusal becomes `{"ok": false, "code", "error", "message"}`.
    """

    def register(handler: Callable[[M], Row]) -> Callable[..., Row]:
        def answer(*given: Any) -> Row:  # noqa: ANN401 - whatever the client sent
            try:
                _admit()
                return {"ok": True, **handler(_parse(schema, given))}
            except Refusal as refusal:
                return _refused(refusal)
            except DBAPIError as error:
                if is_out_of_order(error):
                    return _refused(busy())
                return _crashed(name)
            except Exception:  # noqa: BLE001 - an acknowledgement must always come
                return _crashed(name)

        answer.requires = getattr(handler, "requires", None)  # type: ignore[attr-defined]
        MESSAGES[name] = answer
        socketio.on(name)(answer)
        return answer

    return register


def _admit() -> None:
    sid = request.sid  # type: ignore[attr-defined]
    visit: Any = flask_session._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - the real object behind Flask's proxy
    known = socket_of(sid)
    if known is not None and known.person_id is None:
        is_in = sessions.stage_key(reading(), sessions.stage_token()) is not None
    else:
        is_in = known is not None and visit.row is not None and current_user.is_authenticated
    if known is None or not is_in:
        close(sid)
        raise NotSignedIn("not_signed_in", "You are signed out. Sign in again.")
    pace: Pace = current_app.extensions["message_limits"]
    if not pace.allows(str(known.person_id or known.id_hash)):
        raise TooMany(
            "too_many",
            "That was too fast; your device keeps it and tries again.",
            retry_after=1,
        )


def _parse(schema: type[M], given: tuple[Any, ...]) -> M:
    if len(given) != 1 or not isinstance(given[0], dict):
        raise BadRequest("payload", "A message carries one object; nothing was saved.")
    if _depth(given[0]) > DEEPEST:
        raise BadRequest("nesting", "That is nested too deeply; nothing was saved.")
    try:
        return schema.model_validate(given[0])
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else None
        raise Invalid(
            name or "payload",
            f"{name or 'The message'}: {first['msg']}. Nothing was saved.",
            field=name,
        ) from error


def _depth(value: object, level: int = 1) -> int:
    if level > DEEPEST or not isinstance(value, dict | list):
        return level
    inner = value.values() if isinstance(value, dict) else value
    return max((_depth(item, level + 1) for item in inner), default=level)


def _refused(refusal: Refusal) -> Row:
    body = {key: value for key, value in refusal.as_json().items() if value is not None}
    return {"ok": False, "code": refusal.code, **body}


def _crashed(name: str) -> Row:
    reference = uuid.uuid4().hex[:10]
    logger.exception(  # noqa: LOG004 - only called from handlers
        "crash in message=%s reference=%s",
        name,
        reference,
    )
    return {
        "ok": False,
        "code": 503,
        "error": "crash",
        "message": "Could not be saved; your device keeps it and tries again.",
        "retry_after": 2,
        "reference": reference,
    }


def unknown(*_given: object) -> Row:
    """Answer a message that nobody registered."""
    return _refused(NotFound("no_such_message", "There is no such message."))
