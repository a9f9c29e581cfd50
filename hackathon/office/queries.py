"""What `verify` finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hackathon.shared.facts import broken_links
from hackathon.teams.queries import wrong_counts

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def differences(session: Session) -> list[str]:
    """Each place where what is stored differs from what it was made of; empty when all is well."""
    return [*broken_links(session), *wrong_counts(session)]
