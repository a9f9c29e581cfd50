"""What must hold before a round opens or its results go out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.events import queries as events
from hackathon.events.models import Event
from hackathon.events.rules import Phase, check_phase
from hackathon.judging.models import Round
from hackathon.judging.queries.finals import final_after, final_of
from hackathon.judging.queries.results import newest_record
from hackathon.judging.rules import MARKING, State
from hackathon.shared.errors import Conflict

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def check_may_open(session: Session, found: Round) -> None:
    """The event is in judging, the track has no other open round, a final stands on its record.

    Raises:
        Conflict: one of these does not hold.
    """
    check_phase(events.phase_of(session, session.get_one(Event, found.event_id)), Phase.JUDGING)
    other = session.scalar(
        select(Round.name).where(
            Round.event_id == found.event_id,
            Round.track == found.track,
            Round.id != found.id,
            Round.state.in_(list(MARKING)),
        )
    )
    if other is not None:
        raise Conflict("other_open", f"{other} is open; freeze it first. Nothing was changed.")
    final = final_of(session, found.id)
    if final is None:
        return
    first, record = session.get_one(Round, final.first_id), newest_record(session, final.first_id)
    if first.state != State.FINALIZED or record is None or record.id != final.record_id:
        raise Conflict(
            "carry_again",
            f"The results of {first.name} changed since its best were carried on. Make them "
            "final, carry the best on again, then open.",
        )


def check_no_final(session: Session, found: Round) -> None:
    """A round whose final has begun stays as it is, and its results go out with the final's.

    Raises:
        Conflict: the final has begun.
    """
    after = final_after(session, found.id)
    if after is not None and after.state != State.DRAFT:
        raise Conflict(
            "final_goes_on",
            f"{after.name} goes on from these results, and they go out together. "
            "Nothing was changed.",
        )
