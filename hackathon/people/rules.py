"""Roles, actors and what an address or a password must look like."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from hackathon.shared.errors import Invalid, NotAllowed

if TYPE_CHECKING:
    from collections.abc import Mapping

PASSWORD_LENGTH = range(12, 257)
LINK_MINUTES_MAILED = 30
LINK_HOURS_PRINTED = 24
RESEND_MINUTES = 10
"""An organizer mails a person's way in again only after so long; printing is free."""

_ADDRESS = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,255}")


class SiteRole(StrEnum):
    """What a person is for the whole site."""

    ADMIN = "admin"
    PROGRAM_LEAD = "program_lead"


class Role(StrEnum):
    """What a person is in one event; a set, one person may have several."""

    ORGANIZER = "organizer"
    MENTOR = "mentor"
    PARTICIPANT = "participant"


@dataclass(frozen=True)
class Actor:
    """The person acting, with roles as the database has them now.

    `person_id` is None for the command line, which may do everything but score.
    """

    person_id: int | None
    name: str
    email: str
    site_roles: frozenset[SiteRole] = frozenset()
    event_roles: Mapping[int, frozenset[Role]] = field(default_factory=dict)
    zone: str = ""

    @property
    def is_admin(self) -> bool:
        """Administrators, and the command line."""
        return self.person_id is None or SiteRole.ADMIN in self.site_roles

    @property
    def is_program_lead(self) -> bool:
        """Program leads: organizers of every event and reviewers of the backlog."""
        return self.is_admin or SiteRole.PROGRAM_LEAD in self.site_roles

    def has(self, event_id: int, role: Role) -> bool:
        """Whether the role itself was given in this event."""
        return role in self.event_roles.get(event_id, frozenset())

    def organizes(self, event_id: int) -> bool:
        """Organizers of the event, program leads and administrators."""
        return self.is_program_lead or self.has(event_id, Role.ORGANIZER)

    def takes_part(self, event_id: int) -> bool:
        """Participants of the event."""
        return self.has(event_id, Role.PARTICIPANT)


COMMAND_LINE = Actor(person_id=None, name="command line", email="")


def check_organizes(actor: Actor, event_id: int) -> None:
    """Only organizers of the event (or program leads, administrators)."""
    if not actor.organizes(event_id):
        raise NotAllowed("organizers_only", "Only organizers of this event can do that.")


def check_program_lead(actor: Actor) -> None:
    """Only program leads and administrators."""
    if not actor.is_program_lead:
        raise NotAllowed("program_leads_only", "Only program leads can do that.")


def fold_email(text: str, field: str = "email") -> str:
    """The one spelling of an address: NFKC, trimmed, case-folded.

    Raises:
        Invalid: it does not look like an address.
    """
    clean = unicodedata.normalize("NFKC", text).strip().casefold()
    if not _ADDRESS.fullmatch(clean):
        raise Invalid("email", "That does not look like an e-mail address.", field=field)
    return clean


def fold_name(text: str) -> str:
    """How names are compared: NFKC, inner spaces folded, case-folded."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()
