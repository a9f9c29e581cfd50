"""Conflicts: why a judge must not score a project."""

from __future__ import annotations

from enum import StrEnum

from hackathon.shared.errors import Invalid


class Declared(StrEnum):
    """Why somebody says so; a judge only that it is so."""

    DECLARED = "declared"
    MENTOR = "mentor"
    MANAGER = "manager"


class Source(StrEnum):
    """From where a conflict is known."""

    TEAM = "team"
    CHALLENGE = "challenge"
    DEPARTMENT = "department"
    DECLARED = "declared"
    MENTOR = "mentor"
    MANAGER = "manager"

    @property
    def label(self) -> str:
        """How organizers read it."""
        return LABELS[self]


LABELS = {
    Source.TEAM: "in the team, now or before",
    Source.CHALLENGE: "owns the challenge",
    Source.DEPARTMENT: "same department as a member",
    Source.DECLARED: "declared",
    Source.MENTOR: "mentors the team",
    Source.MANAGER: "reporting line",
}


def check_declared(word: str) -> Declared:
    """The kind of a declared conflict.

    Raises:
        Invalid: there is no such kind.
    """
    try:
        return Declared(word or Declared.DECLARED)
    except ValueError:
        raise Invalid(
            "kind", "Say which: declared, mentor or manager. Nothing was changed.", field="kind"
        ) from None
