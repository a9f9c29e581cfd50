"""The card of a project: its fields, what makes it complete, when it may be saved."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hackathon.events.rules import Phase
from hackathon.shared.errors import Conflict, Invalid, NotAllowed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

LONGEST = {"title": 120, "summary": 300}
LONGEST_TEXT = 5_000
LINKS = ("repo_url", "demo_url", "video_url", "slides_url")
NEEDED = ("title", "summary", "problem", "approach", "question", "metric", "adopter")
"""What a submission has at least: S65 asks the business question and a metric, the
follow-up asks who would adopt it."""

MENDING = (Phase.DRAFT, Phase.REGISTRATION, Phase.HACKING)
"""When organizers type into cards: also before an event is out, where a file brings them."""

DATA_CLASSES = ("", "public", "internal", "confidential", "personal or regulated")


@dataclass(frozen=True)
class Card:
    """What a team says of its project; every field is text, empty when nothing was said."""

    title: str = ""
    summary: str = ""
    problem: str = ""
    approach: str = ""
    question: str = ""
    metric: str = ""
    adopter: str = ""
    repo_url: str = ""
    repo_commit: str = ""
    demo_url: str = ""
    video_url: str = ""
    slides_url: str = ""
    data_used: str = ""
    data_class: str = ""
    models_licenses: str = ""
    needed_next: str = ""
    prior_work: str = ""

    @property
    def missing(self) -> list[str]:
        """The fields that a submission still needs, in the order of the card."""
        return [name for name in NEEDED if not getattr(self, name)]

    @property
    def is_complete(self) -> bool:
        """Whether it can be a submission."""
        return not self.missing

    def as_text(self) -> str:
        """Canonical JSON: what is stored, and what evidence is hashed over."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


FIELDS = tuple(field.name for field in fields(Card))

LABELS = {
    "title": "Title",
    "summary": "In one sentence",
    "problem": "The problem",
    "approach": "The approach",
    "question": "The business question",
    "metric": "The number that should move",
    "adopter": "Who would adopt it",
    "repo_url": "Repository",
    "repo_commit": "Commit",
    "demo_url": "Demo",
    "video_url": "Video",
    "slides_url": "Slides",
    "data_used": "Data used",
    "data_class": "Class of the data",
    "models_licenses": "Models and licenses",
    "needed_next": "What is needed next",
    "prior_work": "What existed before",
}


def empty_field(name: str) -> str:
    """How a stored card says that a field is empty; no text can say it, its quotes are escaped."""
    return f'"{name}":""'


def read_card(text: str) -> Card:
    """A stored card; fields of later versions are left out."""
    stored = json.loads(text)
    return Card(**{name: stored.get(name, "") for name in FIELDS})


def check_card(values: Mapping[str, object]) -> Card:
    """A card from what was typed.

    Raises:
        Invalid: a field too long, an unknown data class, or a link that is not http(s).
    """
    clean = {name: str(values.get(name) or "").strip().replace("\r\n", "\n") for name in FIELDS}
    for name, text in clean.items():
        longest = LONGEST.get(name, LONGEST_TEXT)
        if len(text) > longest:
            raise Invalid(
                "too_long", f"{LABELS[name]} has at most {longest} characters.", field=name
            )
    for name in LINKS:
        check_link(clean[name], name)
    if clean["data_class"] not in DATA_CLASSES:
        raise Invalid("data_class", "Choose one of the classes.", field="data_class")
    return Card(**clean)


def check_link(text: str, field: str) -> None:
    """A link is empty or http(s) with a host; it is shown, never fetched (line 36)."""
    if not text:
        return
    parts = urlsplit(text)
    spaces = any(char.isspace() for char in text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or spaces:
        raise Invalid("link", "A link begins with http:// or https://.", field=field)


def check_may_edit(*, is_member: bool) -> None:
    """Only the team's members write its card."""
    if not is_member:
        raise NotAllowed("members_only", "Only members of the team can change its project.")


def check_open(moment: datetime, *, closes_at: datetime, words: str, submitted: str) -> None:
    """Refuse a card after the deadline (line 38).

    Args:
        moment: When it arrived, by the server's clock, inside the transaction.
        closes_at: The team's deadline; a card of that very instant is late.
        words: The deadline as people read it, in zone time and UTC.
        submitted: What was submitted instead, as a sentence.
    """
    if moment >= closes_at:
        raise Conflict("closed", f"Submissions closed at {words}. {submitted}")


def check_version(known: int, present: int, *, theirs: Card) -> None:
    """Refuse to save over a card that somebody else saved first (line 40)."""
    if known != present:
        raise Conflict(
            "saved_first",
            "Somebody else saved first. Nothing of yours was saved; both texts are below.",
            version=present,
            theirs=asdict(theirs),
        )
