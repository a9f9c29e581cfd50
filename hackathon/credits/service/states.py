"""Whether a team may use its credits: said by hand, with a reason; closing returns the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.credits.models import Account, CreditState
from hackathon.credits.queries.ledger import figures_of
from hackathon.credits.rules import Kind, State, in_order
from hackathon.credits.service.grants import give_back
from hackathon.credits.service.holds import end_all
from hackathon.credits.service.ledger import hold_team, own_event, say, state_of
from hackathon.events.rules import check_reason
from hackathon.shared.clock import now
from hackathon.shared.errors import Conflict
from hackathon.shared.facts import note
from hackathon.shared.money import money

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def set_state(
    session: Session, actor: Actor, *, event_id: int, team_id: int, state: State, reason: str
) -> State:
    """Open, pause, settle or close a team's credits; returns what they were.

    Closing ends its holds and returns what is unused, of every currency; spend that comes later is paid by the
    pool and flagged.

    Raises:
        NotAllowed: the actor does not organize the event.
        NotFound: the event has no such team.
        Invalid: no reason.
        Conflict: it is so already, the event is over, or a reading waits for its charge.
    """
    event = own_event(session, actor, event_id)
    hold_team(session, event_id, team_id)
    clean = check_reason(reason)
    before = state_of(session, event, team_id)
    if before is state:
        raise Conflict("same_state", f"This team's credits are {state} already.")
    if state in {State.OPEN, State.PAUSED} and now() >= event.ends_at:
        raise Conflict(
            "over", "The event is over; its credits can settle or close. Nothing was changed."
        )
    if state is State.CLOSED:
        _settle(session, actor, event_id, team_id, clean)
    told = note(session, clean)
    row = session.scalar(select(CreditState).filter_by(team_id=team_id))
    if row is None:
        row = CreditState(event_id=event_id, team_id=team_id, state=state, note_id=told["note"])
        session.add(row)
    row.state, row.note_id = state, int(str(told["note"]))
    row.changed_by_id, row.changed_at = actor.person_id, now()
    session.flush()
    say(session, actor, event_id, "state.changed", team=team_id, state=state, reason=told)
    return before


def _settle(session: Session, actor: Actor, event_id: int, team_id: int, reason: str) -> None:
    figures = figures_of(session, event_id, team_id)
    for unit in in_order(figures.currencies(team_id)):
        if read := figures.of(team_id, unit).read:
            raise Conflict(
                "reading_open",
                f"A reading shows {money(read, unit)} that no charge has booked. Book the charge, "
                "or record a new reading; nothing was closed.",
            )
    end_all(session, team_id)
    left = select(Account.currency).where(
        Account.team_id == team_id, Account.kind == Kind.AVAILABLE, Account.balance > 0
    )
    has = set(session.scalars(left))
    for unit in in_order(has):
        if unit in has:
            give_back(
                session, actor, event_id=event_id, team_id=team_id, reason=reason, currency=unit
            )
