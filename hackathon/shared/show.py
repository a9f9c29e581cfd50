"""How values are shown: times in a zone, ages, money. The filters of every template."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hackathon.shared import qr
from hackathon.shared.clock import now
from hackathon.shared.devices import device_words
from hackathon.shared.money import cents_money, exact, money, whole_money

if TYPE_CHECKING:
    import datetime as dt

    from flask import Flask

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def zone_of(name: str) -> ZoneInfo:
    """A zone by its name; UTC when it is not known."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def local_time(moment: dt.datetime, zone: str = "UTC") -> str:
    """`Sat 21 Nov 2026, 14:00 CET`: an instant in a zone, with the zone's short name."""
    local = moment.astimezone(zone_of(zone))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M %Z}"


def mail_time(moment: dt.datetime, zone: str) -> str:
    """`Sat 21 Nov 2026, 14:00 CET (Europe/Berlin)`: as `local_time`, with the zone's full name."""
    known = zone_of(zone).key
    return local_time(moment, zone) + (f" ({known})" if known != "UTC" else "")


def isolated(name: str) -> str:
    """A name in plain text, so that one in Arabic or Hebrew does not turn its sentence around."""
    turns = any(unicodedata.bidirectional(char) in {"R", "AL"} for char in name)
    return f"\u2068{name}\u2069" if turns else name


def before(kind: str, name: str) -> str:
    """A word before a name, such as `the team `; nothing when the name says it itself.

    Names such as Team 01 are usual, and `the team Team 01` reads like a mistake.
    """
    word = re.escape(kind.rsplit(maxsplit=1)[-1])
    own = rf"(the\s+)?{word}s?(?![^\W\d_])|.*(?<![^\W\d_]){word}s?$"
    says_it = re.match(own, name.strip(), re.IGNORECASE | re.DOTALL)
    return "" if says_it else f"{kind} "


def day(moment: dt.date) -> str:
    """`21 November 2026`."""
    return f"{moment.day} {moment:%B %Y}"


def ago(moment: dt.datetime) -> str:
    """`3 minutes ago`, `in 2 days`, `just now`."""
    seconds = round((now() - moment).total_seconds())
    size = abs(seconds)
    if size < MINUTE:
        return "just now" if seconds >= 0 else "in a moment"
    for step, word in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if size >= step:
            count = size // step
            words = f"{count} {word}{'' if count == 1 else 's'}"
            return f"{words} ago" if seconds > 0 else f"in {words}"
    return "just now"


def sentence(text: str) -> str:
    """With a capital first letter, the rest as it is: `ML engineer`, `Data scientist`."""
    return text[:1].upper() + text[1:]


def set_up(app: Flask) -> None:
    """Register the filters."""
    app.jinja_env.globals["qr"] = qr.picture
    app.jinja_env.filters.update(
        money=money,
        whole_money=whole_money,
        cents_money=cents_money,
        exact_money=exact,
        local_time=local_time,
        day=day,
        ago=ago,
        sentence=sentence,
        before=before,
        device_words=device_words,
    )
