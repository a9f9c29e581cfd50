"""The versions of a rubric that was changed while judging went on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.judging.models import RubricVersion
from hackathon.shared.facts import note_texts

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Version:
    """A change: its number, when, why, and what differs, as sentences."""

    number: int
    made_at: datetime
    reason: str
    changes: list[str]


def versions_of(session: Session, round_id: int) -> list[Version]:
    """The changes of a rubric since the round opened, the newest first."""
    query = select(RubricVersion).filter_by(round_id=round_id).order_by(RubricVersion.number)
    rows = list(session.scalars(query))
    notes = note_texts(session, [row.note_id for row in rows if row.note_id]) if rows else {}
    read = [{line[0]: line[1:] for line in json.loads(row.rubric)} for row in rows]
    return [
        Version(
            number=row.number,
            made_at=row.made_at,
            reason=notes.get(row.note_id or 0, ""),
            changes=[
                sentence for key, line in after.items() for sentence in _changes(before[key], line)
            ],
        )
        for row, before, after in zip(rows[1:], read, read[1:], strict=False)
    ][::-1]


def _changes(before: list[object], after: list[object]) -> list[str]:
    found = []
    if before[0] != after[0]:
        found.append(f"{before[0]} is now called {after[0]}")
    if before[1] != after[1]:
        found.append(f"{after[0]}: weight {after[1]} instead of {before[1]}")
    if before[2] != after[2]:
        found.append(f"{after[0]}: other words for the levels")
    return found
