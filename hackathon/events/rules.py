"""Phases, schedules and zones: when what is open, computed and never waited for."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from hackathon.shared.errors import Conflict, Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?", re.ASCII)
QUARTER = re.compile(r"(20\d\d)-Q([1-4])", re.ASCII)
SUBMISSIONS_BEFORE_END = timedelta(hours=4)
FOLLOW_UP_AFTER = timedelta(days=1)
USUAL_DAYS = range(2, 4)
LONGEST_ITEM = timedelta(days=3)
BANNER_LIFE = timedelta(hours=24)
"""How long an announcement hangs over the pages; then it stands in the list."""

ROLES = (
    "data scientist",
    "ML engineer",
    "data engineer",
    "product manager",
    "domain expert",
)
"""The five roles of an AI team (founding texts, S56)."""


class Phase(StrEnum):
    """What an event is in; the order is that of a life."""

    DRAFT = "draft"
    REGISTRATION = "registration"
    HACKING = "hacking"
    JUDGING = "judging"
    RESULTS = "results"
    FOLLOW_UP = "follow_up"
    CLOSED = "closed"

    @property
    def order(self) -> int:
        """Its place in the life of an event, from 0."""
        return list(Phase).index(self)

    @property
    def label(self) -> str:
        """How it is shown."""
        return self.value.replace("_", "-").capitalize()


class Audience(StrEnum):
    """Whom an announcement is for; the people are those who fit when it is told or read."""

    EVERYBODY = "everybody"
    PARTICIPANTS = "participants"
    CAPTAINS = "captains"
    TEAMLESS = "teamless"
    UNSUBMITTED = "unsubmitted"
    JUDGES = "judges"
    MENTORS = "mentors"
    ORGANIZERS = "organizers"

    @property
    def label(self) -> str:
        """How it is shown."""
        words = {"teamless": "People without a team", "unsubmitted": "Teams without a submission"}
        return words.get(self.value, self.value.capitalize())


MOVES = frozenset({Phase.REGISTRATION, Phase.HACKING, Phase.JUDGING})
"""The phases an organizer may move to by hand; the others have a door of their own."""


class LessonKind(StrEnum):
    """What a line of a retrospective says."""

    WELL = "well"
    CHANGE = "change"
    ACTION = "action"


MOST_LESSON = 500


def check_lesson(text: str) -> str:
    """A line of a retrospective: 3 to 500 characters."""
    clean = " ".join(text.split())
    if not 3 <= len(clean) <= MOST_LESSON:  # noqa: PLR2004 - said in the message
        raise Invalid("text", "Write one line of 3 to 500 characters.", field="text")
    return clean


@dataclass(frozen=True)
class Schedule:
    """The instants that decide an event's phase; all UTC."""

    starts_at: datetime
    ends_at: datetime
    submissions_close_at: datetime
    registration_opens_at: datetime | None = None
    published_at: datetime | None = None
    revealed_at: datetime | None = None
    closed_at: datetime | None = None

    def boundaries(self) -> list[tuple[datetime, Phase]]:
        """When the clock opens which phase, in order."""
        opens = self.registration_opens_at or self.published_at or self.starts_at
        return [
            (opens, Phase.REGISTRATION),
            (self.starts_at, Phase.HACKING),
            (self.submissions_close_at, Phase.JUDGING),
        ]


def phase_at(
    schedule: Schedule, moves: Sequence[tuple[datetime, Phase]], moment: datetime
) -> Phase:
    """The phase at a moment.

    The clock walks through the boundaries. The newest move by hand sets the phase;
    after it only boundaries that come later and lead further count. Draft is left by
    publishing alone, results by the reveal, closed by hand.

    Args:
        schedule: The event's instants.
        moves: (when, to which phase) by hand, in any order.
        moment: When; UTC.
    """
    if schedule.published_at is None or schedule.published_at > moment:
        return Phase.DRAFT
    if schedule.closed_at is not None and schedule.closed_at <= moment:
        return Phase.CLOSED
    if schedule.revealed_at is not None and schedule.revealed_at <= moment:
        over = schedule.revealed_at + FOLLOW_UP_AFTER <= moment
        return Phase.FOLLOW_UP if over else Phase.RESULTS
    reached = Phase.REGISTRATION
    since = schedule.published_at
    made = [move for move in moves if move[0] <= moment]
    if made:
        since, reached = max(made, key=lambda move: move[0])
        boundaries = [(at, to) for at, to in schedule.boundaries() if at > since]
    else:
        boundaries = schedule.boundaries()
    for at, to in boundaries:
        if at <= moment and to.order > reached.order:
            reached = to
    return reached


def next_boundary(
    schedule: Schedule, moves: Sequence[tuple[datetime, Phase]], moment: datetime
) -> tuple[datetime, Phase] | None:
    """The next change the clock will make; None when only people will."""
    present = phase_at(schedule, moves, moment)
    if present in {Phase.DRAFT, Phase.CLOSED, Phase.FOLLOW_UP}:
        return None
    if present is Phase.RESULTS and schedule.revealed_at is not None:
        return schedule.revealed_at + FOLLOW_UP_AFTER, Phase.FOLLOW_UP
    later = [
        (at, to) for at, to in schedule.boundaries() if at > moment and to.order > present.order
    ]
    return min(later, default=None)


def check_phase(phase: Phase, *allowed: Phase) -> None:
    """Refuse what this phase does not allow, naming the phase."""
    if phase not in allowed:
        wanted = " or ".join(entry.label.lower() for entry in allowed)
        raise Conflict(
            "wrong_phase",
            f"The event is in phase {phase.label.lower()}; this needs {wanted}. "
            "Nothing was changed.",
            phase=phase.value,
        )


def check_move(present: Phase, wanted: Phase) -> None:
    """Refuse moves that have a door of their own (publish, reveal, close)."""
    if wanted not in MOVES:
        raise Conflict(
            "no_such_move",
            f"An event comes to {wanted.label.lower()} by its own button, not by a move.",
            field="phase",
        )
    if present is Phase.DRAFT:
        raise Conflict("draft", "Publish the event first.", field="phase")
    if present in {Phase.RESULTS, Phase.FOLLOW_UP, Phase.CLOSED}:
        raise Conflict("revealed", "The results are out; the phases before cannot come back.")
    if present is wanted:
        raise Conflict("same_phase", f"The event is already in phase {wanted.label.lower()}.")


def fold_slug(text: str) -> str:
    """An address word proposed from a name: `autumn-hackathon`; empty when nothing is left."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")[:50].strip("-")


def check_slug(slug: str) -> str:
    """An address word: lower-case letters, digits and inner hyphens, at most 50."""
    if not SLUG.fullmatch(slug):
        raise Invalid(
            "slug",
            "An address has lower-case letters, digits and hyphens, at most 50, like autumn-2026.",
            field="slug",
        )
    return slug


def check_zone(zone: str) -> str:
    """A zone by its name, such as Europe/Berlin."""
    if zone not in available_timezones():
        raise Invalid("zone", "Choose a time zone such as Europe/Berlin.", field="zone")
    return zone


def check_quarter(quarter: str) -> str:
    """A quarter like 2026-Q4."""
    if not QUARTER.fullmatch(quarter):
        raise Invalid("quarter", "A quarter looks like 2026-Q4.", field="quarter")
    return quarter


def quarter_of(day: date) -> str:
    """The calendar quarter of a day: `2026-Q4`."""
    return f"{day.year}-Q{(day.month + 2) // 3}"


def local_instant(text: str, zone: str, *, field: str, second: bool | None = None) -> datetime:
    """The instant of a local time as typed (`2026-11-20T09:00`), in UTC.

    Args:
        text: ISO date and time; with an offset it is taken as it is.
        zone: The event's zone, for a time without offset.
        field: The form field to name in a refusal.
        second: For an hour that happens twice, whether the second is meant.

    Raises:
        Invalid: not a time, in the gap of a clock change, or an hour that happens twice
            without `second` (line 39).
    """
    try:
        naive = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(
            "time", "Give a date and a time like 2026-11-20 09:00.", field=field
        ) from None
    if naive.tzinfo is not None:
        return naive.astimezone(UTC)
    info = ZoneInfo(zone)
    first = naive.replace(tzinfo=info, fold=0)
    later = naive.replace(tzinfo=info, fold=1)
    if first.utcoffset() == later.utcoffset():
        return first.astimezone(UTC)
    if first.astimezone(UTC).astimezone(info).replace(tzinfo=None) != naive:
        raise Invalid(
            "no_such_time",
            "That time does not exist that night: the clocks go forward. Choose another.",
            field=field,
        )
    if second is None:
        raise Invalid(
            "twice",
            "That hour happens twice that night. Write the offset you mean: "
            f"{first.isoformat(timespec='minutes')} or {later.isoformat(timespec='minutes')}.",
            field=field,
        )
    return (later if second else first).astimezone(UTC)


def check_dates(starts_at: datetime, ends_at: datetime, submissions_close_at: datetime) -> None:
    """The order of the dates; refuses what could never work."""
    if ends_at <= starts_at:
        raise Invalid("dates", "The event must end after it starts.", field="ends")
    if not starts_at < submissions_close_at <= ends_at:
        raise Invalid(
            "dates", "Submissions close after the start and not after the end.", field="submissions"
        )


def days_of(starts_at: datetime, ends_at: datetime, zone: str) -> int:
    """How many calendar days an event touches in its zone."""
    info = ZoneInfo(zone)
    first = starts_at.astimezone(info).date()
    last = last_day_of(ends_at, zone)
    return (last - first).days + 1


def last_day_of(ends_at: datetime, zone: str) -> date:
    """The last day of an event in its zone; an end at midnight belongs to the day before."""
    return (ends_at - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()


def check_reason(reason: str, field: str = "reason") -> str:
    """A change that others feel needs a reason of at least three characters."""
    clean = reason.strip()
    if len(clean) < 3:  # noqa: PLR2004
        raise Invalid("reason", "Say why, in a few words; others will read it.", field=field)
    return clean[:2000]


def check_link(link: str, field: str = "link") -> str:
    """A web address, or nothing; other kinds could run code in who clicks.

    Raises:
        Invalid: not http(s), or longer than 500 characters.
    """
    clean = link.strip()
    is_web = re.fullmatch(r"https?://[^\s<>\"]{1,490}", clean, re.IGNORECASE)
    if clean and not is_web:
        raise Invalid("link", "A link begins with https:// and has no spaces.", field=field)
    return clean


def check_moment(starts_at: datetime, ends_at: datetime | None) -> None:
    """An end comes after its start, within three days."""
    if ends_at is not None and not timedelta(0) < ends_at - starts_at <= LONGEST_ITEM:
        raise Invalid("dates", "It ends after it starts, at most three days later.", field="ends")


def moved_along(
    moment: datetime, *, start: datetime, zone: str, to: datetime, new_zone: str
) -> datetime:
    """The same wall-clock time on the same day of another event.

    Args:
        moment: When it was in the event that began at `start` in `zone`.
        start: The old event's beginning.
        zone: The old event's zone.
        to: The new event's beginning.
        new_zone: The new event's zone.

    A time that a clock change leaves out that night becomes the one an hour later.
    """
    was = moment.astimezone(ZoneInfo(zone))
    days = (was.date() - start.astimezone(ZoneInfo(zone)).date()).days
    day = to.astimezone(ZoneInfo(new_zone)).date() + timedelta(days=days)
    return datetime.combine(day, was.time(), tzinfo=ZoneInfo(new_zone)).astimezone(UTC)
