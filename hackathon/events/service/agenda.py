"""The agenda is written, changed, and carried along when an event is copied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hackathon.events import queries, rules
from hackathon.events.models import AgendaItem, Event
from hackathon.events.queries.agenda import items_of
from hackathon.events.rules import Phase
from hackathon.events.service.own import own_event, say
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, Invalid, NotFound

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor

MOST_ITEMS = 200


@dataclass(frozen=True)
class Slot:
    """What an organizer says of a line of the agenda; instants in UTC."""

    title: str
    starts_at: datetime
    ends_at: datetime | None = None
    place: str = ""
    link: str = ""


def _checked(slot: Slot) -> dict[str, Any]:
    title = " ".join(slot.title.split())[:200]
    if not title:
        raise Invalid("title", "Say what happens.", field="title")
    rules.check_moment(slot.starts_at, slot.ends_at)
    return {
        "title": title,
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
        "place": slot.place.strip()[:200],
        "link": rules.check_link(slot.link),
    }


def _open_event(session: Session, actor: Actor, event_id: int) -> Event:
    event = own_event(session, actor, event_id)
    if queries.phase_of(session, event) is Phase.CLOSED:
        raise Conflict("closed", "The event is closed; its agenda stays as it was.")
    return event


def add_item(session: Session, actor: Actor, *, event_id: int, slot: Slot) -> AgendaItem:
    """Add a line to the agenda.

    Raises:
        NotAllowed: not an organizer.
        Conflict: the event is closed, or the agenda is full.
        Invalid: no title, times in the wrong order, a link that is none.
    """
    event = _open_event(session, actor, event_id)
    if len(items_of(session, event.id)) >= MOST_ITEMS:
        raise Conflict("full", f"An agenda has at most {MOST_ITEMS} lines.")
    item = AgendaItem(event_id=event.id, **_checked(slot))
    session.add(item)
    session.flush()
    say(session, actor, event.id, "agenda.added", item=item.id)
    return item


def _item(session: Session, actor: Actor, event_id: int, item_id: int) -> AgendaItem:
    _open_event(session, actor, event_id)
    item = lock(session, AgendaItem, id=item_id, event_id=event_id)
    if item is None:
        raise NotFound("no_such_item", "This event's agenda has no such line.")
    return item


def change_item(
    session: Session, actor: Actor, *, event_id: int, item_id: int, slot: Slot, version: int
) -> AgendaItem:
    """Change a line; calendars that follow the agenda take it over.

    Raises:
        NotAllowed, NotFound, Invalid: as in `add_item`; no such line.
        Conflict: somebody changed it first.
    """
    item = _item(session, actor, event_id, item_id)
    if item.version != version:
        raise Conflict(
            "saved_first", "Somebody else changed it first. Reload to see how it reads now."
        )
    for name, value in _checked(slot).items():
        setattr(item, name, value)
    item.version += 1
    item.changed_at = now()
    say(session, actor, event_id, "agenda.changed", item=item.id, version=item.version)
    return item


def remove_item(session: Session, actor: Actor, *, event_id: int, item_id: int) -> None:
    """Take a line out.

    Raises:
        NotAllowed, NotFound, Conflict: as in `change_item`.
    """
    item = _item(session, actor, event_id, item_id)
    session.delete(item)
    say(session, actor, event_id, "agenda.removed", item=item_id)


def copy_agenda(session: Session, actor: Actor, *, source_id: int, event: Event) -> int:
    """Take over another event's agenda: the same wall-clock times, day for day; returns how many.

    A clock change between the two moves nothing on the clock.
    """
    source = session.get_one(Event, source_id)
    items = items_of(session, source_id)

    def along(moment: datetime) -> datetime:
        return rules.moved_along(
            moment, start=source.starts_at, zone=source.zone, to=event.starts_at,
            new_zone=event.zone,
        )  # fmt: skip

    for item in items:
        starts_at = along(item.starts_at)
        ends_at = along(item.ends_at) if item.ends_at else None
        if item.ends_at and (ends_at is None or ends_at <= starts_at):
            ends_at = starts_at + (item.ends_at - item.starts_at)  # a clock change fell in between
        session.add(
            AgendaItem(
                event_id=event.id, title=item.title, starts_at=starts_at, ends_at=ends_at,
                place=item.place, link=item.link,
            )
        )  # fmt: skip
    if items:
        session.flush()
        say(session, actor, event.id, "agenda.copied", source=source_id, lines=len(items))
    return len(items)
