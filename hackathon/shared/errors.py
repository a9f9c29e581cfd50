"""Refusals: answers, not crashes. Each says what happened and what to do now.

A rule raises one anywhere below a door; the door translates it once, to a page, to
JSON or to an acknowledgement. `word` is stable and for programs, `message` is for people.
"""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """Something cannot be done. Nothing was changed unless the message says so."""

    code = 400

    def __init__(
        self,
        word: str,
        message: str,
        *,
        field: str | None = None,
        retry_after: float | None = None,
        **extra: object,
    ) -> None:
        super().__init__(message)
        self.word = word
        self.message = message
        self.field = field
        self.retry_after = retry_after
        self.extra = extra

    def as_json(self) -> dict[str, object]:
        """The body of an error answer, without its reference."""
        body: dict[str, object] = {
            "error": self.word,
            "message": self.message,
            "field": self.field,
            **self.extra,
        }
        if self.retry_after is not None:
            body["retry_after"] = self.retry_after
        return body


class BadRequest(Refusal):
    """The request itself is malformed or expired."""

    code = 400


class NotSignedIn(Refusal):
    """Nobody is signed in, or the session has ended."""

    code = 401


class NotAllowed(Refusal):
    """Signed in, but this role may not."""

    code = 403


class NotFound(Refusal):
    """No such thing, or not for this person to know about."""

    code = 404


class Conflict(Refusal):
    """The state does not allow it: phase, limit, or somebody was faster."""

    code = 409


class Gone(Refusal):
    """A link that has been used or has expired."""

    code = 410


class TooLarge(Refusal):
    """More bytes than accepted."""

    code = 413


class Invalid(Refusal):
    """A value that breaks a rule; `field` names it."""

    code = 422


class TooMany(Refusal):
    """Too many requests; `retry_after` in seconds."""

    code = 429


class Unavailable(Refusal):
    """Could not be written now; the caller may try again after `retry_after` seconds."""

    code = 503
