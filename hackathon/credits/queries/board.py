"""The board: the quarter, the pool, a line a team, in each currency; sums for the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from hackathon.credits.models import Account, Entry, Quarter
from hackathon.credits.queries.ledger import (
    account_name,
    quarter_name,
    standing,
)
from hackathon.credits.queries.lines import (
    TeamLine,
    lines_in,
    lines_of,
    oldest,
    row_name,
    team_lines,
)
from hackathon.credits.rules import (
    CURRENCY,
    NONE,
    Deed,
    Kind,
    in_order,
)
from hackathon.shared.errors import NotFound
from hackathon.shared.facts import FactRow, last_seq
from hackathon.shared.money import Micros, cents_money, money

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from sqlalchemy.orm import Session

    from hackathon.events.models import Event


@dataclass(frozen=True)
class Board:
    """An event's credits in one currency, in micros. `budget` 0: the quarter has none yet.

    `currencies` are all that the event's credits may be in.
    """

    quarter: str
    budget: Micros
    in_pools: Micros
    pool: Micros
    rows: list[TeamLine]
    currency: str = CURRENCY
    currencies: tuple[str, ...] = (CURRENCY,)

    @property
    def quarter_rest(self) -> Micros:
        """What the quarter can still give."""
        return Micros(self.budget - self.in_pools)

    @property
    def granted(self) -> Micros:
        """What teams have, less what they returned."""
        return Micros(sum(row.granted for row in self.rows))

    @property
    def funded(self) -> Micros:
        """What came into this pool: what is in it and what teams have."""
        return Micros(self.pool + self.granted)

    @property
    def used(self) -> Micros:
        """What all teams used, as far as anybody knows."""
        return Micros(sum(row.used for row in self.rows))

    @property
    def over(self) -> list[TeamLine]:
        """Teams that used more than they have."""
        return [row for row in self.rows if row.rest < 0]

    @property
    def near(self) -> list[TeamLine]:
        """Teams that soon have nothing left, the nearest first."""
        found = [row for row in self.rows if row.is_near and row.rest >= 0 and row.granted > 0]
        return sorted(found, key=lambda row: row.rest * 10_000 // row.granted)

    @property
    def unknown(self) -> list[TeamLine]:
        """Teams with credits of which nobody has seen any figure."""
        return [row for row in self.rows if row.granted > 0 and not row.is_known]

    @property
    def through(self) -> datetime | None:
        """How far every figure reaches."""
        return oldest(self.rows)


def sentence(board: Board) -> str:
    """What an organizer should know first, in one sentence."""
    unit = board.currency
    if not board.budget:
        return f"{board.quarter} has no budget yet. Set it, or fund the pool."
    if not board.funded:
        rest = money(board.quarter_rest, unit)
        return f"The pool is empty; {rest} of {board.quarter} can fund it."
    if not (board.granted or board.over):
        return f"{money(board.pool, unit)} lie in the pool; no team has credits yet."
    return _alarm(board) or (
        f"All clear: {cents_money(board.used, unit)} of {money(board.granted, unit)} used, "
        "no team is over."
    )


def alarms_of(boards: Mapping[str, Board], shown: str) -> dict[str, str]:
    """What keeps the boards of other currencies from being all clear, by currency."""
    found = {unit: _alarm(board) for unit, board in boards.items() if unit != shown}
    return {unit: said for unit, said in found.items() if said}


def _alarm(board: Board) -> str:
    """What keeps an organizer from saying "all clear"; empty when nothing does."""
    if board.over:
        return f"More used than granted: {_names(board.over)}."
    if board.near:
        return f"Near the limit: {_names(board.near)}."
    if count := len(board.unknown):
        return f"No data yet of {_teams(count)} with credits; bills arrive 8 to 24 hours late."
    if stale := sum(row.is_stale for row in board.rows):
        return f"Old figures of {_teams(stale)}; look again."
    return ""


def _names(rows: list[TeamLine]) -> str:
    names = ", ".join(row.name for row in rows[:3])
    return names + (f" and {len(rows) - 3} more" if len(rows) > 3 else "")  # noqa: PLR2004 - named before


def _teams(count: int) -> str:
    return "1 team" if count == 1 else f"{count} teams"


def boards_of(session: Session, event: Event) -> dict[str, Board]:
    """The whole board in each currency of the event, the main one first; four statements."""
    name = quarter_name(event)
    rows = session.execute(
        select(Account.kind, Account.balance, Account.currency, Quarter.name, Quarter.budget)
        .outerjoin(Quarter, Quarter.id == Account.quarter_id)
        .where(
            ((Account.event_id == event.id) & (Account.kind == Kind.POOL))
            | Quarter.name.in_([name, event.quarter])
        )
    )
    pools: dict[str, Micros] = {}
    budgets: dict[str, tuple[Micros, Micros]] = {}
    units = set()
    for kind, balance, unit, quarter, budget in rows:
        if kind == Kind.POOL:
            pools[unit] = balance
        elif quarter == name:
            budgets[unit] = (budget, Micros(-balance))
        if kind == Kind.POOL or budget:
            units.add(unit)
    lines, every = lines_of(session, event.id), in_order(units)
    return {
        unit: Board(
            name,
            *budgets.get(unit, (NONE, NONE)),
            pools.get(unit, NONE),
            lines_in(lines, unit),
            unit,
            every,
        )
        for unit in every
    }


def board_of(session: Session, event: Event, currency: str = CURRENCY) -> Board:
    """The board in one currency; four statements.

    Raises:
        NotFound: the event's credits are in none of that name.
    """
    return board_in(boards_of(session, event), currency)


def board_in(boards: Mapping[str, Board], currency: str) -> Board:
    """The one of a currency.

    Raises:
        NotFound: there is none.
    """
    if currency not in boards:
        raise NotFound("no_such_currency", "This event has no credits in this currency.")
    return boards[currency]


def live_rows(session: Session, event: Event) -> list[dict[str, Any]]:
    """The organizers' board as rows, currency by currency: the pool, the quarter, the teams."""
    return [row for board in boards_of(session, event).values() for row in _rows(board)]


def _rows(board: Board) -> list[dict[str, Any]]:
    unit = board.currency
    pool = {
        "id": row_name("pool", unit),
        "budget": board.budget,
        "in_pools": board.in_pools,
        "funded": board.funded,
        "granted": board.granted,
        "used": board.used,
        "pool_text": money(board.pool, unit),
        "funded_text": money(board.funded, unit),
        "granted_text": money(board.granted, unit),
        "used_text": cents_money(board.used, unit),
        "budget_text": money(board.budget, unit),
        "in_pools_text": money(board.in_pools, unit),
        "quarter_rest_text": money(board.quarter_rest, unit),
    }
    return [pool, *(row.as_json() for row in board.rows)]


def team_version(session: Session, event_id: int, team_id: int) -> int:
    """The highest seq of a fact that a team's members may see: those of the team."""
    return (
        session.scalar(
            select(func.max(FactRow.seq)).where(
                FactRow.stream == f"credits:{event_id}",
                or_(
                    FactRow.body.contains(f'"team":{team_id},'),
                    FactRow.body.contains(f'"team":{team_id}}}'),
                ),
            )
        )
        or 0
    )


def board_version(session: Session, event_id: int) -> int:
    """The highest seq of the event's credits."""
    return last_seq(session, f"credits:{event_id}")


@dataclass(frozen=True)
class Totals:
    """An event's money in one currency for the quarter's report, in micros.

    `budget` came into the pool, `granted` and `returned` are what went to teams and back,
    `spent` is booked, `read` seen and not booked yet, `overrun` the part of the booked
    spend beyond the grants.
    """

    budget: Micros
    granted: Micros
    spent: Micros
    read: Micros
    returned: Micros
    overrun: Micros
    data_through: datetime | None


def event_totals(session: Session, event_id: int, currency: str = CURRENCY) -> Totals:
    """The sums of an event in one currency; six statements whatever its size."""
    name = account_name(Kind.POOL, event_id, currency)
    pool = session.scalar(select(Account.balance).where(Account.name == name)) or 0
    rows = team_lines(session, event_id, currency=currency)
    sums = {}
    for deed in (Deed.GRANT, Deed.RETURN):
        of = standing(deed).where(Entry.event_id == event_id, Entry.currency == currency)
        entries = of.subquery()
        sums[deed] = int(session.scalar(select(func.coalesce(func.sum(entries.c.amount), 0))) or 0)
    moments = [row.fresh.through for row in rows if row.fresh.through is not None]
    return Totals(
        budget=Micros(pool + sum(row.granted for row in rows)),
        granted=Micros(sums[Deed.GRANT]),
        spent=Micros(sum(row.balances.spent for row in rows)),
        read=Micros(sum(row.fresh.read for row in rows)),
        returned=Micros(sums[Deed.RETURN]),
        overrun=Micros(sum(row.balances.owed for row in rows)),
        data_through=max(moments, default=None),
    )
