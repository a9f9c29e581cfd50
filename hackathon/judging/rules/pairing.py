"""The short code by which a screen becomes a projector."""

from __future__ import annotations

import secrets
from datetime import timedelta

from hackathon.shared.errors import Invalid

LETTERS = "ACDEFGHJKMNPQRTVWXY3479"
"""No two of them look alike across a hall."""
CODE_LENGTH = 6
CODE_LASTS = timedelta(minutes=10)
MOST_WAITING = 100
"""Screens that may show a code at once."""


def make_code() -> str:
    """A new code: one of 148 million."""
    return "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))


def code_text(code: str) -> str:
    """A code as people read it aloud: `ACD 347`."""
    return f"{code[: CODE_LENGTH // 2]} {code[CODE_LENGTH // 2 :]}"


def fold_code(text: str) -> str:
    """The one spelling of a typed code: capitals, without spaces and hyphens.

    Raises:
        Invalid: it cannot be one.
    """
    clean = "".join(text.replace("-", " ").split()).upper()
    if len(clean) != CODE_LENGTH or not set(clean) <= set(LETTERS):
        raise Invalid(
            "code",
            f"A code has {CODE_LENGTH} letters and digits, such as ACD 347. Nothing was changed.",
            field="code",
        )
    return clean
