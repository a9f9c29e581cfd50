"""What the days of an event ask of judging: who its judges are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hackathon.events.queries.announcements import reaches
from hackathon.events.rules import Audience
from hackathon.judging.models import Round, Seat

if TYPE_CHECKING:
    from sqlalchemy import Select

    from hackathon.events.models import Event


@reaches(Audience.JUDGES)
def _judges(event: Event) -> Select[Any]:
    return (
        select(Seat.person_id)
        .join(Round, Round.id == Seat.round_id)
        .where(Round.event_id == event.id, Seat.removed_at.is_(None))
    )
