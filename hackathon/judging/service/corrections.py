"""Corrections and voids: a new row with a reason, by another organizer, visible to the judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.events.rules import check_reason
from hackathon.judging.models import Correction, Mark, Seat, Visit
from hackathon.judging.queries.marks import cells_of_visit
from hackathon.judging.queries.rounds import criteria_of, rubric_of, seat_of
from hackathon.judging.rules import MARKING, State, check_may_see_values, parse_form_value
from hackathon.judging.service.held import own_round, say
from hackathon.judging.service.ledger import Target, write_mark
from hackathon.judging.service.marks import Sent
from hackathon.judging.service.results import record_results
from hackathon.judging.service.sheets import brought_key
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, NotAllowed, NotFound
from hackathon.shared.facts import note

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def correct_mark(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    round_id: int,
    visit_id: int,
    criterion: str,
    value: str,
    reason: str,
    once: str,
) -> int:
    """Put another value in place of a judge's, or (empty) void it; returns the receipt.

    The judge's own row stays. The judge sees the new one with its reason, and may score
    again while the round is open. In a frozen round a new result record is written.

    Args:
        session: An open transaction.
        actor: An organizer: not the judge, and without a seat here before the freeze.
        event_id: The event.
        round_id: Its round: open, paused or frozen.
        visit_id: The sheet.
        criterion: The criterion's key.
        value: The number as typed; empty voids.
        reason: Why; the judge reads it.
        once: The form's key: the second click finds the first row.

    Raises:
        NotAllowed: one's own sheet, or a seat in the round before the freeze.
        NotFound: no such sheet or criterion in this round.
        Conflict: the round is not open and not frozen; or the cell is that way already.
        Invalid: not on the scale, or no reason.
    """
    found = own_round(session, actor, event_id, round_id)
    visit = session.get(Visit, visit_id)
    if visit is None or visit.round_id != found.id:
        raise NotFound("no_such_sheet", "This round has no such sheet.")
    seat = lock(session, Seat, id=visit.seat_id)
    if seat is None or seat.person_id == actor.person_id:
        raise NotAllowed("own_marks", "This is your own sheet; another organizer corrects it.")
    own = seat_of(session, found.id, actor.person_id)
    check_may_see_values(State(found.state), holds_seat=own is not None)
    key = brought_key("correction", visit.id, criterion, once)
    known = session.scalar(select(Mark.id).filter_by(key=key))
    if known is not None:
        return known
    if State(found.state) not in MARKING | {State.FROZEN}:
        raise Conflict(
            "wrong_state",
            f"The round is {found.state}; scores are corrected until the results are final.",
        )
    lines = criteria_of(session, found.id)
    line = next((line for line in lines if line.key == criterion), None)
    if line is None:
        raise NotFound("no_such_criterion", "The rubric has no such criterion.")
    tenths = parse_form_value(value, rubric_of(found, lines).scale) if value.strip() else None
    words = check_reason(reason)
    cell = cells_of_visit(session, visit.id).get(line.id)
    if tenths == (cell.value if cell else None):
        raise Conflict("same", "The score is that way already. Nothing was changed.")
    sent = Sent(key=key, seq=cell.seq + 1 if cell else 1, made_at=now(), visit_id=visit.id)
    saved = write_mark(
        session, actor, Target(found, seat, visit), sent,
        lines=lines, line=line, value=tenths, entered_by_id=actor.person_id,
    )  # fmt: skip
    told = note(session, words)
    session.add(Correction(mark_id=saved.receipt, note_id=int(str(told["note"]))))
    session.flush()
    say(
        session, actor, found, "mark.corrected",
        receipt=saved.receipt, visit=visit.id, seat=seat.id, reason=told,
    )  # fmt: skip
    if found.state == State.FROZEN:
        record_results(session, actor, found)
    return saved.receipt
