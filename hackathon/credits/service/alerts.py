"""Levels of a grant: each crossing once, written with the spend that crossed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from hackathon.credits import metrics
from hackathon.credits.models import Crossing, Entry
from hackathon.credits.queries.forecast import TeamForecast, forecasts_of
from hackathon.credits.queries.ledger import read_of
from hackathon.credits.rules import CURRENCY, Deed, State
from hackathon.events.models import Event
from hackathon.shared.db import lock
from hackathon.shared.facts import record
from hackathon.teams.models import Team

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.credits.rules import Balances
    from hackathon.shared.money import Micros

ORDER = ("forecast", "committed", "spent")
"""Of several at the same threshold the last is told."""


def watch_team(
    session: Session,
    event_id: int,
    team_id: int,
    balances: Balances,
    *,
    projected: Micros | None = None,
    read: Micros | None = None,
) -> list[Crossing]:
    """Write the levels a team has newly reached; one fact names the highest.

    They are those of the balances' currency. The team is held. A top-up arms every level again: they belong to the newest grant.
    """
    unit = balances.currency
    if read is None:
        read = read_of(session, event_id, team_id, unit)
    spent = balances.spent + read
    found = metrics.reached(
        spent=spent,  # type: ignore[arg-type]
        held=balances.held,
        granted=balances.granted,
        projected=projected,
    )
    if not found:
        return []
    limit_id = session.scalar(
        select(func.max(Entry.id)).where(
            Entry.team_id == team_id, Entry.deed == Deed.GRANT, Entry.currency == unit
        )
    )
    limit_id = limit_id or 0
    known = {
        (row.basis, row.threshold)
        for row in session.scalars(
            select(Crossing).where(
                Crossing.team_id == team_id,
                Crossing.currency == unit,
                Crossing.limit_entry_id == limit_id,
            )
        )
    }
    made = [
        Crossing(
            event_id=event_id,
            team_id=team_id,
            currency=unit,
            basis=basis,
            threshold=threshold,
            limit_entry_id=limit_id,
        )
        for basis, threshold in found
        if (basis, threshold) not in known
    ]
    if not made:
        return []
    session.add_all(made)
    session.flush()
    in_unit: dict[str, Any] = {} if unit == CURRENCY else {"currency": unit}
    highest = max(made, key=lambda row: (row.threshold, ORDER.index(row.basis)))
    record(
        session,
        stream=f"credits:{event_id}",
        kind="limit.crossed",
        actor_id=None,
        team=team_id,
        crossing=highest.id,
        basis=highest.basis,
        threshold=highest.threshold,
        spent=spent,
        held=balances.held,
        granted=balances.granted,
        **in_unit,
    )
    return made


def leads_beyond(row: TeamForecast) -> bool:
    """Whether the middle forecast of credits in use uses the grant up."""
    return (
        row.line.state is not State.CLOSED
        and row.found.burn is not None
        and row.found.mid >= row.line.granted > 0
    )


def watch_forecasts(session: Session, event_id: int, currency: str = CURRENCY) -> list[Crossing]:
    """Write the levels that the forecasts of an event's teams have reached in a currency."""
    event, made = session.get_one(Event, event_id), []
    rows = [row for row in forecasts_of(session, event, currency=currency) if leads_beyond(row)]
    for row in sorted(rows, key=lambda row: row.line.team_id):
        lock(session, Team, id=row.line.team_id)
        made += watch_team(
            session,
            event.id,
            row.line.team_id,
            row.line.balances,
            projected=row.found.mid,
        )
    return made
