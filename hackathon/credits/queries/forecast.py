"""Forecasts: every reading and charge of an event at its time, and where that leads."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Date, cast, literal, select, union_all

from hackathon.credits import metrics
from hackathon.credits.models import Entry, Reading
from hackathon.credits.queries.ledger import billed_charge, billed_of, standing
from hackathon.credits.queries.lines import NEAR, TeamLine, team_lines
from hackathon.credits.rules import BOOKED, CURRENCY, Charged, Deed, Seen
from hackathon.shared.money import Micros

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from hackathon.credits.metrics import Forecast, Point
    from hackathon.events.models import Event


@dataclass(frozen=True)
class TeamForecast:
    """A team's line of the board and where it leads."""

    line: TeamLine
    found: Forecast

    @property
    def is_near(self) -> bool:
        """Whether used and held, or the middle forecast, come near the grant."""
        return self.line.is_near or metrics.is_reached(self.found.mid, self.line.granted, NEAR)

    @property
    def scale(self) -> int:
        """What the whole width of the bar stands for."""
        return max(self.line.granted, self.line.used + self.line.held, self.found.high, 1)

    def part(self, amount: int) -> int:
        """An amount as thousandths of the bar."""
        return max(0, min(1000, amount * 1000 // self.scale))


def forecasts_of(
    session: Session,
    event: Event,
    lines: Iterable[TeamLine] | None = None,
    currency: str = CURRENCY,
) -> list[TeamForecast]:
    """A forecast a team with credits or spend in a currency, the nearest to its limit first.

    Five statements; two when the board's lines are at hand.
    """
    if lines is None:
        lines = team_lines(session, event.id, currency=currency)
    seen: dict[int, list[Seen]] = defaultdict(list)
    charged: dict[int, list[Charged]] = defaultdict(list)
    booked = standing(*BOOKED).where(Entry.event_id == event.id, Entry.currency == currency)
    for entry in session.scalars(booked):
        charged[entry.team_id or 0].append(charged_of(entry))
    billed = billed_of(event.id).subquery()
    figures = union_all(
        select(
            Reading.team_id, Reading.source, Reading.total, Reading.seen_at, cast(None, Date)
        ).where(Reading.event_id == event.id, Reading.currency == currency),
        select(billed.c.team_id, billed.c.source, literal(0), billed.c.through, billed.c.period),
    )
    for team_id, source, total, at, period in session.execute(figures):
        if period is None:
            seen[team_id].append(Seen(source, Micros(total), at))
        else:
            charged[team_id].append(billed_charge(source, at, period))
    rows = [
        TeamForecast(
            line,
            metrics.forecast(
                metrics.curve(seen[line.team_id], charged[line.team_id]),
                held=line.held,
                granted=line.granted,
                end=event.ends_at,
            ),
        )
        for line in lines
        if line.granted or line.used
    ]
    return sorted(rows, key=_nearness, reverse=True)


def charged_of(entry: Entry) -> Charged:
    """A charge, a capture or a refund (below zero) as the rules take it."""
    if entry.source is None or entry.through_at is None:
        raise ValueError(entry.id)
    amount = Micros(-entry.amount if entry.deed == Deed.REFUND else entry.amount)
    return Charged(entry.source, amount, entry.through_at, is_item=entry.deed == Deed.CAPTURE)


def _nearness(row: TeamForecast) -> tuple[int, int]:
    most = max(row.line.used + row.line.held, row.found.mid)
    return most * 10_000 // max(row.line.granted, 1), -row.line.team_id


def total_of(rows: Iterable[TeamForecast]) -> list[Point]:
    """What all teams used through each hour with data of any; a team's last figure stays."""
    curves = [row.found.points for row in rows if row.found.points]
    moments = sorted({point.at for points in curves for point in points})
    return [
        metrics.Point(moment, Micros(sum(_last(points, moment) for points in curves)))
        for moment in moments
    ]


def _last(points: Sequence[Point], moment: datetime) -> int:
    found = 0
    for point in points:
        if point.at > moment:
            break
        found = point.used
    return found
