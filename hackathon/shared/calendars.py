"""Calendar files (iCalendar, RFC 5545): instants in UTC, so that no clock change moves them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from icalendar import Calendar, Event

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

REFRESH = timedelta(minutes=15)
MIMETYPE = "text/calendar; charset=utf-8"


@dataclass(frozen=True)
class Entry:
    """One entry; `uid` and `version` let a calendar replace what it has.

    Without an end it is a moment.
    """

    uid: str
    summary: str
    starts_at: datetime
    ends_at: datetime | None
    changed_at: datetime
    version: int = 1
    place: str = ""
    link: str = ""


def calendar_bytes(name: str, entries: Iterable[Entry]) -> bytes:
    """A calendar to subscribe to; the same entries give the same bytes."""
    file = Calendar()
    file.add("prodid", "-//Hackathon//Agenda//EN")
    file.add("version", "2.0")
    file.add("x-wr-calname", name)
    file.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    file.add("x-published-ttl", "PT15M")
    for entry in entries:
        event = Event()
        event.add("uid", f"{entry.uid}@hackathon")
        event.add("dtstamp", entry.changed_at)
        event.add("last-modified", entry.changed_at)
        event.add("sequence", entry.version)
        event.add("dtstart", entry.starts_at)
        if entry.ends_at is not None:
            event.add("dtend", entry.ends_at)
        event.add("summary", entry.summary)
        if entry.place:
            event.add("location", entry.place)
        if entry.link:
            event.add("url", entry.link)
        file.add_component(event)
    return bytes(file.to_ical())
