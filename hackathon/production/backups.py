"""Backups by themselves: every ten minutes during an event, else once a day; old ones go."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import make_url, or_, select

from hackathon.events.models import Event
from hackathon.office.service.copies import UPLOADS, write_backup
from hackathon.shared.clock import now

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import URL
    from sqlalchemy.orm import Session

    from hackathon.shared.settings import Settings

logger = logging.getLogger("hackathon.production")

LOOK_SECONDS = 10.0
DURING, ELSE = timedelta(minutes=10), timedelta(days=1)
BEFORE, AFTER = timedelta(hours=1), timedelta(days=1)
"""An event is under way from an hour before its start until its results are shown, at most a
day after its end."""
FREQUENT = 36
"""How many of the newest are kept, whatever their age: six hours of an event."""
DAILY = timedelta(days=30)
"""For so long the last of each day is kept; then nothing older remains anywhere."""
NAME = re.compile(r"hackathon-(\d{8}T\d{6})Z\.tar", re.ASCII)


def dump_line(url: URL) -> str:
    """PostgreSQL's own line, named by the time when the shell runs it."""
    address = url.set(drivername="postgresql").render_as_string(hide_password=True)
    return f"pg_dump --format=custom --file=hackathon-$(date -u +%Y%m%dT%H%M%SZ).dump '{address}'"


def back_up_when_due(session: Session, settings: Settings) -> Path | None:
    """Write one when it is time, and delete those nobody needs; returns the new file."""
    folder = settings.backup_folder
    moment = now()
    last = max(times_of(folder), default=None)
    pause = DURING if is_under_way(session, moment) else ELSE
    if last is not None and last <= moment < last + pause:
        return None
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"hackathon-{moment:%Y%m%dT%H%M%S}Z.tar"
    session.rollback()  # no reading transaction while the copy is made
    database = Path(str(make_url(settings.database).database))
    made = write_backup(database, settings.folder / UPLOADS, path)
    logger.info("backup %s, %s bytes, facts to %s, checked", path.name, made.size, made.facts)
    for old in outdated(times_of(folder), moment):
        (folder / f"hackathon-{old:%Y%m%dT%H%M%S}Z.tar").unlink(missing_ok=True)
    return path


def is_under_way(session: Session, moment: datetime) -> bool:
    """Whether any published event's marks and money may be moving."""
    found = session.scalar(
        select(Event.id)
        .where(
            Event.published_at.is_not(None),
            Event.starts_at <= moment + BEFORE,
            Event.ends_at >= moment - AFTER,
            or_(Event.revealed_at.is_(None), Event.ends_at >= moment),
            Event.closed_at.is_(None),
        )
        .limit(1)
    )
    return found is not None


def times_of(folder: Path) -> list[datetime]:
    """When the backups in a folder were made, by their names; other files are left alone."""
    names = (NAME.fullmatch(path.name) for path in folder.glob("*.tar"))
    return sorted(
        datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC) for found in names if found
    )


def outdated(times: Iterable[datetime], moment: datetime) -> list[datetime]:
    """Which go: beyond the newest ones, all but the last of each of the last days."""
    ordered = sorted(times)
    last_of_day = {when.date(): when for when in ordered}.values()
    days = {when for when in last_of_day if moment - when <= DAILY}
    return [when for when in ordered[:-FREQUENT] if when not in days]
