"""The page of an event: which event, which phase, who looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from flask import g

from hackathon.events.queries import find_place, schedule_of
from hackathon.events.queries.announcements import Announced, announced_to
from hackathon.events.rules import Phase, next_boundary, phase_at
from hackathon.people.access import actor_or_none, finds_events
from hackathon.shared.clock import now
from hackathon.shared.db import reading
from hackathon.shared.facts import note_texts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from hackathon.events.models import Announcement, Event
    from hackathon.people.rules import Actor


MOVED_FOR = timedelta(hours=12)


@dataclass(frozen=True)
class Moved:
    """A deadline that moved lately and is still to come: every page of the event says so."""

    was: datetime
    why: str


@dataclass(frozen=True)
class Here:
    """What every page of an event knows."""

    event: Event
    phase: Phase
    actor: Actor | None
    now: datetime
    next_change: tuple[datetime, Phase] | None
    moved: Moved | None = None
    has_agenda: bool = False

    @property
    def organizes(self) -> bool:
        """Whether the viewer organizes this event."""
        return self.actor is not None and self.actor.organizes(self.event.id)

    @property
    def takes_part(self) -> bool:
        """Whether the viewer is a participant."""
        return self.actor is not None and self.actor.takes_part(self.event.id)

    @property
    def is_member(self) -> bool:
        """Whether the viewer has any role here."""
        return self.organizes or (
            self.actor is not None and bool(self.actor.event_roles.get(self.event.id))
        )

    @cached_property
    def _announced(self) -> Announced:
        if self.actor is None or self.actor.person_id is None:
            return Announced()
        return announced_to(reading(), self.event, self.actor.person_id, self.now)

    @property
    def banners(self) -> Sequence[Announcement]:
        """What was announced to the viewer and not put away yet; for the page's head."""
        return self._announced.banners

    @property
    def was_told(self) -> bool:
        """Whether anything was ever announced to the viewer."""
        return self._announced.ever

    @property
    def zone(self) -> str:
        """The zone to show times in: the person's, else the event's."""
        return (self.actor.zone if self.actor else "") or self.event.zone

    @property
    def is_own_zone(self) -> bool:
        """Whether that is the zone the viewer chose; else a bare 17:00 has to say whose."""
        return bool(self.actor and self.actor.zone)


def here(slug: str) -> Here:
    """The event of this page, read once a request.

    Raises:
        NotFound: unknown, or a draft and not for this viewer.
    """
    kept: dict[str, Here] = g.setdefault("here", {})
    if slug not in kept:
        session = reading()
        actor = actor_or_none()
        event, moves, has_agenda = find_place(session, actor, slug)
        schedule = schedule_of(event)
        moment = now()
        kept[slug] = Here(
            event=event,
            phase=phase_at(schedule, moves, moment),
            actor=actor,
            now=moment,
            next_change=next_boundary(schedule, moves, moment),
            moved=_moved(session, event, moment),
            has_agenda=has_agenda,
        )
    return kept[slug]


def _moved(session: Session, event: Event, moment: datetime) -> Moved | None:
    if event.deadline_moved_at is None or event.deadline_was is None:
        return None
    if moment >= min(event.submissions_close_at, event.deadline_moved_at + MOVED_FOR):
        return None
    note_id = event.deadline_note_id or 0
    return Moved(event.deadline_was, note_texts(session, [note_id]).get(note_id, ""))


finds_events(lambda slug: here(slug).event.id)
