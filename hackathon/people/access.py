"""Who is asking, and whether this door is for them.

Every view and message declares what it needs with `@requires(...)`; a test walks the
URL map and the message table and fails on one without. A door for an event's people
takes the event from the view argument `slug`: an unknown or hidden event is "not found",
a missing role is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, TypeVar

from flask import current_app, g
from flask import session as flask_session
from sqlalchemy import String, bindparam, cast, func, select

from hackathon.people.models import EventRoleGrant, Person, SiteRoleGrant
from hackathon.people.rules import COMMAND_LINE, Actor, Role, SiteRole, fold_email
from hackathon.shared import mail, notices
from hackathon.shared.db import reading
from hackathon.shared.errors import NotAllowed, NotFound, NotSignedIn
from hackathon.shared.terminal import acting_email
from hackathon.shared.web import nav_items

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from hackathon.shared.sessions import Visit

F = TypeVar("F", bound="Callable[..., Any]")


@dataclass(frozen=True)
class Permission:
    """A need of a door.

    Args:
        name: What the permission test and the matrix call it.
        holds: (actor or None, event id or None, view arguments) -> bool.
        in_event: Whether the door lies within an event (`slug` among its arguments).
        by_token: Whether only a token opens it, so that no browser's cookie can be abused.
    """

    name: str
    holds: Callable[[Actor | None, int | None, dict[str, Any]], bool]
    in_event: bool = False
    by_token: bool = False


PUBLIC = Permission("public", lambda _actor, _event, _args: True)
SIGNED_IN = Permission("signed in", lambda actor, _event, _args: actor is not None)
ADMIN = Permission("admin", lambda actor, _event, _args: actor is not None and actor.is_admin)
PROGRAM_LEAD = Permission(
    "program lead", lambda actor, _event, _args: actor is not None and actor.is_program_lead
)
EVENT_VIEWER = Permission("who may see the event", lambda _a, _e, _args: True, in_event=True)
SIGNED_IN_VIEWER = Permission(
    "signed in, and may see the event", lambda actor, _e, _args: actor is not None, in_event=True
)
MEMBER = Permission(
    "member of the event",
    lambda actor, event, _args: (
        actor is not None
        and event is not None
        and (actor.organizes(event) or bool(actor.event_roles.get(event)))
    ),
    in_event=True,
)
ORGANIZER = Permission(
    "organizer",
    lambda actor, event, _args: actor is not None and event is not None and actor.organizes(event),
    in_event=True,
)


def requires(*needs: Permission) -> Callable[[F], F]:
    """Declare who a door is for; any one of the needs is enough."""

    def declare(view: F) -> F:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any view
            check(needs, kwargs)
            return view(*args, **kwargs)

        guarded.requires = needs  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return declare


def check(needs: tuple[Permission, ...], arguments: dict[str, Any]) -> None:
    """Refuse whoever fits none of the needs.

    Raises:
        NotSignedIn: nobody is signed in and the door is not public.
        NotFound: the event is unknown, or a draft and not for this person.
        NotAllowed: signed in, without the role.
    """
    actor = actor_or_none()
    event_id = None
    if any(need.in_event for need in needs):
        event_id = _finders[0](str(arguments.get("slug", "")))
    if any(need.holds(actor, event_id, arguments) for need in needs):
        return
    if actor is None:
        raise NotSignedIn("not_signed_in", "Sign in first.")
    raise NotAllowed("not_allowed", "Your role does not allow that; nothing was changed.")


_finders: list[Callable[[str], int]] = []


def finds_events(finder: Callable[[str], int]) -> None:
    """Tell how the asking person finds an event by its slug: the feature lies above this one.

    `finder` raises NotFound for an unknown event, and for a draft that is not for this person.
    """
    _finders[:] = [finder]


def _visit() -> Visit:
    visit: Visit = flask_session._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - the real object behind Flask's proxy
    return visit


@cache
def _asked() -> Select[Person, int, str | None, str | None]:
    """One person with the unread notices and all roles, as text: one statement a message."""
    site = select(func.aggregate_strings(SiteRoleGrant.role, " ")).where(
        SiteRoleGrant.person_id == Person.id
    )
    held = cast(EventRoleGrant.event_id, String) + ":" + EventRoleGrant.role
    event = select(func.aggregate_strings(held, " ")).where(EventRoleGrant.person_id == Person.id)
    return select(
        Person,
        notices.unread_count(Person.id),
        site.correlate(Person).scalar_subquery(),
        event.correlate(Person).scalar_subquery(),
    ).where(Person.id == bindparam("person_id"))


def _load(session: Session, person_id: int) -> tuple[Person | None, int, Actor | None]:
    """A person, the notices unread, and who acts; nobody acts for one who is disabled."""
    row = session.execute(_asked(), {"person_id": person_id}).one_or_none()
    if row is None:
        return None, 0, None
    person, unread, site, event = row
    if person.disabled_at is not None:
        return person, unread, None
    event_roles: dict[int, set[Role]] = {}
    for held in (event or "").split():
        event_id, _, role = held.partition(":")
        event_roles.setdefault(int(event_id), set()).add(Role(role))
    actor = Actor(
        person_id=person.id,
        name=person.name,
        email=person.email,
        site_roles=frozenset(map(SiteRole, (site or "").split())),
        event_roles={key: frozenset(roles) for key, roles in event_roles.items()},
        zone=person.zone,
    )
    return person, unread, actor


def load_actor(session: Session, person_id: int) -> Actor | None:
    """A person with the roles this session sees; None when unknown or disabled."""
    return _load(session, person_id)[2]


def actor_or_none() -> Actor | None:
    """Who asks, read once a request; None for visitors."""
    if "actor" not in g:
        g.person, g.unread, g.actor = None, 0, None
        if person_id := _visit().person_id:
            # The person is held: what asks for the signed-in user finds it without a statement.
            g.person, g.unread, g.actor = _load(reading(), person_id)
    found: Actor | None = g.actor
    return found


def current_actor(session: Session | None = None) -> Actor:
    """Who asks. With a session: session row and roles as that transaction sees them.

    Raises:
        NotSignedIn: nobody, or no longer.
    """
    person_id = _visit().person_id
    actor = None
    if person_id is not None:
        actor = actor_or_none() if session is None else load_actor(session, person_id)
    if actor is None:
        raise NotSignedIn("not_signed_in", "You are signed out. Sign in again.")
    return actor


def acting(session: Session) -> Actor:
    """The actor of a command: `--as EMAIL`, else the command line itself.

    Raises:
        NotFound: nobody has that address.
    """
    address = acting_email()
    if not address:
        return COMMAND_LINE
    person_id = session.scalar(select(Person.id).where(Person.email == fold_email(address)))
    actor = load_actor(session, person_id) if person_id else None
    if actor is None:
        raise NotFound("no_such_person", f"Nobody here has the address {address}.")
    return actor


def page_context() -> dict[str, object]:
    """What every template may use: the viewer, the navigation, the demo's banner."""
    actor = actor_or_none()
    settings = current_app.extensions["settings"]
    return {
        "actor": actor,
        "demo": settings.demo,
        "can_start": "start_for_real" in current_app.extensions,
        "nav_items": nav_items(actor),
        "unread": g.unread,
        "mails": mail.is_set_up(),
    }
