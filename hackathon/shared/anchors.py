"""Anchors: the heads of every chain of facts, kept outside the database.

Cutting the end off a chain leaves a shorter one that fits; a line of the anchor file that
names a later head shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hackathon.shared import facts
from hackathon.shared.clock import now, utc_text

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session


def write_anchor(session: Session, folder: Path) -> None:
    """Add a line to `anchors.log` in an instance: the time, and each stream's last seq and hash."""
    line = facts.canonical({"at": utc_text(now()), "heads": facts.heads(session)})
    with (folder / "anchors.log").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
