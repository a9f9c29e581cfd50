"""Teams: names, sizes, who may change them and when."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hackathon.events.rules import ROLES, Phase, check_phase, check_reason
from hackathon.people.rules import Role, fold_name
from hackathon.shared.errors import Conflict, Invalid, NotAllowed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hackathon.people.rules import Actor

INVITATION_LIFE = timedelta(hours=72)
FORMING = (Phase.REGISTRATION, Phase.HACKING)
MENDING = (Phase.DRAFT, *FORMING, Phase.JUDGING)
"""When organizers may still change who is in a team, with a reason."""
LONGEST_NAME = 80
SHORT = dict(zip(ROLES, ("DS", "ML", "DE", "PM", "DX"), strict=True))
"""The roles in two letters, for many teams on one screen."""
AGREED = "Agreed with an organizer."
TOPICS = {
    "data": "Data",
    "model": "Model and code",
    "access": "Access and credits",
    "question": "Business question",
    "pitch": "Card and pitch",
    "other": "Something else",
}
"""What teams ask help for."""
HELPING = (Phase.HACKING, Phase.JUDGING)


def check_name(name: str) -> tuple[str, str]:
    """A team's name as shown and as compared.

    Raises:
        Invalid: empty or longer than 80 characters.
    """
    shown = " ".join(name.split())
    if not shown or len(shown) > LONGEST_NAME:
        raise Invalid("name", "A team's name has 1 to 80 characters.", field="name")
    return shown, fold_name(shown)


def check_capacity(capacity: int, *, members: int, largest: int) -> None:
    """A team's size lies between its members and the event's largest team."""
    if capacity < max(1, members):
        raise Conflict("too_small", f"The team already has {members} members.", field="capacity")
    if capacity > largest:
        raise Invalid(
            "too_large", f"Teams of this event have at most {largest} members.", field="capacity"
        )


def check_may_form(actor: Actor, event_id: int, phase: Phase, *, reason: str, locked: bool) -> str:
    """Whether teams may change now; returns the reason to record (empty when none is needed).

    Participants change teams in registration and hacking while the team is not locked;
    after that, and while setting up a draft, only organizers do, with a reason.

    Raises:
        NotAllowed: neither participant nor organizer of this event.
        Conflict: not in this phase, or the team is locked.
        Invalid: an organizer without a reason.
    """
    if phase in FORMING and not locked:
        if not (actor.takes_part(event_id) or actor.organizes(event_id)):
            raise NotAllowed("participants_only", "Only participants of this event can do that.")
        return reason.strip()
    if not actor.organizes(event_id):
        if locked and phase in FORMING:
            raise Conflict("team_locked", "The team is locked. An organizer can still change it.")
        check_phase(phase, *FORMING)
    check_phase(phase, *MENDING)
    return check_reason(reason)


def check_leads(actor: Actor, event_id: int, captain_id: int | None) -> None:
    """The captain, or an organizer."""
    if actor.person_id != captain_id and not actor.organizes(event_id):
        raise NotAllowed("captain_only", "Only the team's captain can do that.")


def check_role(role: str) -> str:
    """One of the five roles."""
    if role not in ROLES:
        raise Invalid("role", "Choose one of the five roles.", field="role")
    return role


def uncovered(roles: Iterable[str]) -> list[str]:
    """The roles of an AI team that nobody in it has, in the usual order."""
    have = set(roles)
    return [role for role in ROLES if role not in have]


def cover(roles: Iterable[str]) -> list[tuple[str, str, int]]:
    """(role, its two letters, how many have it) for each of the five."""
    have = list(roles)
    return [(role, SHORT[role], have.count(role)) for role in ROLES]


def fit(role: str, *, wanted: Iterable[str], missing: Iterable[str], free: int) -> tuple[int, str]:
    """How well a person with a role fits a team, and the one reason to say.

    Returns:
        (score, reason): 3 when the team looks for the role, 2 when nobody has it,
        1 when there is room; the reason is a sentence about the team.
    """
    a_role = f"{'an' if role.startswith('ML') else 'a'} {role}"
    if role and role in set(wanted):
        return 3, f"Looks for {a_role}."
    if role and role in set(missing):
        return 2, f"Nobody there is {a_role} yet."
    return 1, f"{free} place{'' if free == 1 else 's'} free."


# --- help -----------------------------------------------------------------------------


def helps(actor: Actor, event_id: int) -> bool:
    """Mentors and organizers answer the teams of an event."""
    return actor.organizes(event_id) or actor.has(event_id, Role.MENTOR)


def check_topic(topic: str) -> str:
    """One of the topics teams ask help for."""
    if topic not in TOPICS:
        raise Invalid("topic", "Choose what it is about.", field="topic")
    return topic


def waited(seconds: float) -> str:
    """How long a team waits: `now`, `7 min`, `1 h 05 min`."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return "now"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"  # noqa: PLR2004 - an hour
