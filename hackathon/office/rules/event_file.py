"""The shape of an exported `event.json`: what an event can be made of again."""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - Pydantic reads the annotations
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hackathon.office.rules.tables import Problem

FORMAT = 1
LARGEST = 20_000_000
MOST = 5_000


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


class EventPart(_Part):
    """The event itself; where it stood when it was exported is left out."""

    slug: str
    name: str
    zone: str
    quarter: str = ""
    goals: str = ""
    terms: str = ""
    starts_at: dt.datetime
    ends_at: dt.datetime
    submissions_close_at: dt.datetime | None = None
    registration_opens_at: dt.datetime | None = None
    team_min: int = 2
    team_max: int = 5
    join_domain: str = ""
    is_rehearsal: bool = False


class ChallengePart(_Part):
    """A business problem."""

    title: str
    problem: str = ""


class AgendaPart(_Part):
    """A line of the agenda."""

    title: str
    starts_at: dt.datetime
    ends_at: dt.datetime | None = None
    place: str = ""
    link: str = ""


class MemberPart(_Part):
    """A person in a team."""

    email: str
    name: str = ""
    role: str = ""


class OpeningPart(_Part):
    """A role a team looks for."""

    role: str
    wanted: str = ""


class TeamPart(_Part):
    """A team with its people."""

    name: str
    about: str = ""
    capacity: int | None = None
    captain: str = ""
    members: list[MemberPart] = Field(default=[], max_length=50)
    openings: list[OpeningPart] = Field(default=[], max_length=50)


class ProjectPart(_Part):
    """A project and its card."""

    team: str
    key: str | None = None
    challenge: str = ""
    status: str = "submitted"
    card: dict[str, str] = {}


class JudgePart(_Part):
    """A judge's seat."""

    email: str
    name: str = ""
    key: str | None = None
    group: str | None = None
    tracks: str | None = None
    max_load: int | None = None


class RoundPart(_Part):
    """A round with its rubric, as `judging add` reads it, and its judges."""

    name: str
    mode: str = "pitches"
    rule: str = "adjusted"
    min: Any = 1
    max: Any = 5
    step: Any = 1
    criteria: list[dict[str, Any]] = []
    judges: list[JudgePart] = Field(default=[], max_length=MOST)


class EventFile(_Part):
    """The whole file; marks, money and facts are not in it."""

    format: int
    event: EventPart
    challenges: list[ChallengePart] = Field(default=[], max_length=MOST)
    agenda: list[AgendaPart] = Field(default=[], max_length=MOST)
    teams: list[TeamPart] = Field(default=[], max_length=MOST)
    projects: list[ProjectPart] = Field(default=[], max_length=MOST)
    rounds: list[RoundPart] = Field(default=[], max_length=50)


def read_event(data: bytes) -> EventFile | list[Problem]:
    """An event from its file, or what is wrong with it; the column names the place."""
    if len(data) > LARGEST:
        return [Problem(1, None, f"The file is too large (limit {LARGEST // 1_000_000} MB).")]
    try:
        found = EventFile.model_validate_json(data)
    except ValidationError as error:
        return [
            Problem(1, ".".join(map(str, each["loc"])) or None, f"{each['msg']}.")
            for each in error.errors()[:100]
        ]
    if found.format != FORMAT:
        return [Problem(1, "format", f"This program reads format {FORMAT}.")]
    naive = [
        name
        for name in ("starts_at", "ends_at", "submissions_close_at", "registration_opens_at")
        if (moment := getattr(found.event, name)) is not None and moment.tzinfo is None
    ]
    places = [f"event.{name}" for name in naive]
    places += [
        f"agenda.{number}"
        for number, line in enumerate(found.agenda)
        if any(moment and moment.tzinfo is None for moment in (line.starts_at, line.ends_at))
    ]
    return [Problem(1, place, "Say the offset, such as Z.") for place in places] or found
