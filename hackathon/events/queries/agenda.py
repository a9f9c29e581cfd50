"""Reads of an event's agenda: the whole, and what is now and next."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from hackathon.events.models import AgendaItem
from hackathon.shared.errors import NotFound
from hackathon.shared.show import zone_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

MOST_AHEAD = 5


def items_of(session: Session, event_id: int) -> Sequence[AgendaItem]:
    """The agenda of an event, in order."""
    query = select(AgendaItem).filter_by(event_id=event_id)
    return session.scalars(query.order_by(AgendaItem.starts_at, AgendaItem.id)).all()


def find_item(session: Session, event_id: int, item_id: int) -> AgendaItem:
    """One line of this event's agenda.

    Raises:
        NotFound: there is none.
    """
    row = session.scalar(select(AgendaItem).filter_by(id=item_id, event_id=event_id))
    if row is None:
        raise NotFound("no_such_item", "This event's agenda has no such line.")
    return row


@dataclass(frozen=True)
class Line:
    """A line of the agenda as shown in a zone: `09:00`; an end on another day names it.

    `zone` is the zone's short name, such as `CET`; empty where the reader knows it as their own.
    """

    item: AgendaItem
    day: date
    starts: str
    ends: str
    is_now: bool
    is_over: bool
    zone: str = ""


def line_of(item: AgendaItem, zone: str, moment: datetime, *, is_own: bool = True) -> Line:
    """How a line of the agenda is shown at a moment, in the reader's own zone or another."""
    info = zone_of(zone)
    starts = item.starts_at.astimezone(info)
    ends = item.ends_at.astimezone(info) if item.ends_at else None
    same_day = ends is not None and ends.date() == starts.date()
    return Line(
        item=item,
        day=starts.date(),
        starts=f"{starts:%H:%M}",
        ends="" if ends is None else f"{ends:%H:%M}" if same_day else f"{ends:%a %H:%M}",
        is_now=item.ends_at is not None and item.starts_at <= moment < item.ends_at,
        is_over=(item.ends_at or item.starts_at) <= moment,
        zone="" if is_own else f"{ends or starts:%Z}",
    )


def days_of(lines: Sequence[Line]) -> list[tuple[date, list[Line]]]:
    """The lines by the day on which they begin."""
    return [(day, list(found)) for day, found in groupby(lines, key=lambda line: line.day)]


@dataclass(frozen=True)
class Ahead:
    """What runs now, and what comes next, the soonest first."""

    now: list[Line]
    later: list[Line]


def ahead_of(
    session: Session, event_id: int, zone: str, moment: datetime, *, is_own: bool = True
) -> Ahead:
    """What is now and next in an event; one statement."""
    query = (
        select(AgendaItem)
        .where(
            AgendaItem.event_id == event_id,
            func.coalesce(AgendaItem.ends_at, AgendaItem.starts_at) > moment,
        )
        .order_by(AgendaItem.starts_at, AgendaItem.id)
        .limit(MOST_AHEAD)
    )
    lines = [line_of(item, zone, moment, is_own=is_own) for item in session.scalars(query)]
    return Ahead(
        now=[line for line in lines if line.is_now],
        later=[line for line in lines if not line.is_now],
    )
