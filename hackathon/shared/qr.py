"""QR codes: an address that a phone reads from paper, a screen or a terminal."""

from __future__ import annotations

import io

import segno


def picture(text: str) -> str:
    """A `data:` address of an SVG picture, black on white with its quiet border."""
    code = segno.make(text, error="m", micro=False)
    return str(code.svg_data_uri(border=4, dark="#000", light="#fff", omitsize=True))


def in_terminal(text: str) -> str:
    """Lines of half blocks for a terminal."""
    out = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(out, border=2, compact=True)
    return out.getvalue()
