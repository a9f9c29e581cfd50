"""What a team's spend is made of: by source, service and day, exact."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from hackathon.credits.models import BillScope, Booking, Entry, Source
from hackathon.credits.queries.bills import stored_of
from hackathon.credits.queries.ledger import BILLED, standing
from hackathon.credits.rules import BOOKED, CURRENCY, Deed, in_order
from hackathon.credits.service.bills.look import stored_cells
from hackathon.credits.service.bills.ready import mapping_of, settings_of
from hackathon.credits.service.bills.share import EXACT, share
from hackathon.shared.money import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from sqlalchemy.orm import Session

    from hackathon.credits.queries.bills import Stored

BY_HAND = {Deed.CHARGE: "Booked by hand", Deed.CAPTURE: "Captured holds"}


class Cost(NamedTuple):
    """What one service cost on one day (UTC), exact; below zero when taken back."""

    source: str
    service: str
    day: date
    amount: Decimal


def costs_of(session: Session, team_id: int) -> dict[str, list[Cost]]:
    """A team's costs by the currency they are booked in, the main one first and always there.

    By source, service and day: those of its bills, the newest of each month as it is mapped
    now, before the one rounding, and those booked by hand.
    """
    sums: dict[tuple[str, str, str, date], Decimal] = defaultdict(Decimal)
    booked = (
        select(Source, BillScope.account)
        .join(BillScope, BillScope.source_id == Source.id)
        .join(Booking, Booking.scope_id == BillScope.id)
        .where(Booking.team_id == team_id)
        .distinct()
    )
    found = session.execute(booked).all()
    sources = {source.id: source for source, _ in found}
    stored = stored_of(session, accounts=sorted({account for _, account in found}))
    with localcontext(EXACT):
        _add_billed(session, sums, sources, stored, team_id)
        by_hand = standing(*BOOKED).where(Entry.team_id == team_id, ~Entry.key.startswith(BILLED))
        for row in session.scalars(by_hand):
            if row.through_at is None:
                continue
            name = BY_HAND.get(Deed(row.deed), "Refunded by hand")
            sums[row.currency, row.source or "", name, row.through_at.date()] += (
                -number(row.amount) if row.deed == Deed.REFUND else number(row.amount)
            )
    units = in_order({key[0] for key in sums if sums[key]})
    return {
        unit: [Cost(*key[1:], sums[key]) for key in sorted(sums) if key[0] == unit and sums[key]]
        for unit in units
    }


def _add_billed(
    session: Session,
    sums: dict[tuple[str, str, str, date], Decimal],
    sources: Mapping[int, Source],
    stored: Iterable[Stored],
    team_id: int,
) -> None:
    for source_id, source in sources.items():  # a team has one, seldom two
        mapping, basis = mapping_of(session, source).mapping, settings_of(source).basis
        mine = [row for row in stored if row.source_id == source_id]
        cells = list(stored_cells(session, mine))
        last: dict[str, date] = {}
        own: dict[str, Decimal] = defaultdict(Decimal)
        for cell in cells:
            if mapping.place(cell).team_id != team_id:
                continue
            amount, unit = cell.billed if basis == "billed" else cell.effective, cell.currency
            if unit != CURRENCY and (team_id, unit) not in mapping.own:
                amount *= mapping.rates[cell.period, unit].value
                unit = CURRENCY
            sums[unit, source.name, cell.service or "No service named", cell.day] += amount
            last[unit] = max(cell.day, last.get(unit, cell.day))
            own[unit] += amount
        if mapping.shares_taxes and last:  # a tax is no day's; it stands on the last
            shares = share(cells, mapping, basis)
            for unit, day in last.items():
                tax = shares.by_team(unit)[team_id] - own[unit]
                sums[unit, source.name, "Share of tax", day] += tax


def added(costs: Iterable[Cost], by: str) -> list[tuple[object, Decimal]]:
    """Costs added up by `service` (the largest first) or by `day`."""
    sums: dict[object, Decimal] = defaultdict(Decimal)
    with localcontext(EXACT):
        for cost in costs:
            sums[getattr(cost, by)] += cost.amount
    if by == "day":
        return sorted(sums.items(), key=lambda row: str(row[0]))
    return sorted(sums.items(), key=lambda row: (-row[1], str(row[0])))
