"""A line a team in each currency: what it has, used and left."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.credits.metrics import is_reached
from hackathon.credits.models import Account, CreditState
from hackathon.credits.queries.ledger import (
    figures_of,
)
from hackathon.credits.rules import (
    CURRENCY,
    Balances,
    Freshness,
    Kind,
    State,
    in_order,
    state_at,
)
from hackathon.events.models import Event
from hackathon.shared.clock import now, utc_text
from hackathon.shared.errors import NotFound
from hackathon.shared.money import Micros, cents_money, money, whole_money
from hackathon.teams.models import Team

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from typing import Any

    from sqlalchemy.orm import Session


NEAR = 8_000
"""Basis points of the grant from which a team stands among those near the limit."""


@dataclass(frozen=True)
class TeamLine:
    """What a team has and used in one currency, in micros.

    Without data `through` is None: not the same as 0.
    """

    team_id: int
    name: str
    is_archived: bool
    balances: Balances
    fresh: Freshness
    state: State = State.OPEN

    @property
    def currency(self) -> str:
        """What all of it is in."""
        return self.balances.currency

    @property
    def row(self) -> str:
        """What names the line on open pages."""
        return row_name(self.team_id, self.currency)

    @property
    def granted(self) -> Micros:
        """Grants less what was returned."""
        return self.balances.granted

    @property
    def used(self) -> Micros:
        """Booked spend and what readings show beyond it."""
        return Micros(self.balances.spent + self.fresh.read)

    @property
    def held(self) -> Micros:
        """What open holds have set aside."""
        return self.balances.held

    @property
    def rest(self) -> Micros:
        """What is left: granted - used - held; below zero when more was used than granted."""
        over = min(0, self.granted - self.used)
        return Micros(over or max(0, self.granted - self.used - self.held))

    @property
    def unused(self) -> Micros:
        """What can be returned to the pool."""
        return Micros(max(0, self.balances.available - self.fresh.read))

    @property
    def is_known(self) -> bool:
        """Whether anybody has seen any spend, zero or not."""
        return self.fresh.through is not None

    @property
    def is_stale(self) -> bool:
        """Whether the figure is older than bills take."""
        return self.fresh.is_stale(now())

    @property
    def is_near(self) -> bool:
        """Whether used and held come near the grant, or beyond it."""
        if self.state is State.CLOSED:
            return False  # what was left is back in the pool; nothing can run out
        return is_reached(Micros(self.used + self.held), self.granted, NEAR)

    @property
    def bar(self) -> int:
        """Percent of the grant that is used, at most 100; any use of nothing is 100."""
        if self.used <= 0:
            return 0
        return min(100, self.used * 100 // self.granted) if self.granted > 0 else 100

    def as_json(self) -> dict[str, Any]:
        """The line as pushed to open pages: figures and the texts that show them."""
        through, unit = self.fresh.through, self.currency
        return {
            "id": self.team_id if unit == CURRENCY else self.row,
            "name": self.name,
            "granted": self.granted,
            "used": self.used if self.is_known else None,
            "rest": self.rest,
            "held": self.held,
            "held_text": f"{money(self.held, unit)} held" if self.held else "",
            "data_through": utc_text(through) if through is not None else None,
            "final": self.fresh.is_final,
            "stale": self.is_stale,
            "bar": self.bar,
            "near": self.is_near and self.rest >= 0,
            "share": share_text(self, whole_money),
            "left": rest_text(self, whole_money),
            "cents_share": share_text(self, cents_money),
            "cents_left": rest_text(self, cents_money),
        }


def row_name(owner: int | str, currency: str) -> str:
    """What names a row on open pages: pages of one currency leave those of another alone."""
    return f"{owner}" if currency == CURRENCY else f"{owner}:{currency}"


def share_text(line: TeamLine, show: Callable[[Micros, str], str]) -> str:
    """`$120 of $200`; without data, or without credits, words instead of zeros."""
    if line.is_known:
        return f"{show(line.used, line.currency)} of {show(line.granted, line.currency)}"
    if line.granted:
        return f"no data yet; {show(line.granted, line.currency)} granted"
    return "nothing used" if line.state is State.CLOSED else "no credits yet"


def rest_text(line: TeamLine, show: Callable[[Micros, str], str]) -> str:
    """`$80 left`, or `$20 over`."""
    if line.rest < 0:
        return f"{show(Micros(-line.rest), line.currency)} over"
    return f"{show(line.rest, line.currency)} left"


def lines_of(
    session: Session, event_id: int, team_id: int | None = None
) -> dict[str, list[TeamLine]]:
    """A line a team by name, in each currency any has an account or a figure in; three statements.

    The main currency is always there.
    """
    query = (
        select(
            Team.id,
            Team.name,
            Team.archived_at,
            Account.kind,
            Account.currency,
            Account.balance,
            CreditState.state,
            Event.ends_at,
        )
        .join(Event, Event.id == Team.event_id)
        .outerjoin(Account, Account.team_id == Team.id)
        .outerjoin(CreditState, CreditState.team_id == Team.id)
        .where(Team.event_id == event_id)
        .order_by(Team.name_key, Team.id)
    )
    if team_id is not None:
        query = query.where(Team.id == team_id)
    teams: dict[int, tuple[str, bool, State]] = {}
    present = now()
    balances: dict[tuple[int, str], dict[str, Micros]] = defaultdict(dict)
    for row in session.execute(query):
        state = state_at(State(row.state or State.OPEN), row.ends_at, present)
        teams[row.id] = (row.name, row.archived_at is not None, state)
        if row.kind is not None:
            balances[row.id, row.currency][Kind(row.kind).value] = row.balance
    figures = figures_of(session, event_id, team_id)
    told = {*balances, *figures.seen, *figures.charged}
    found: dict[str, list[TeamLine]] = {}
    for unit in in_order({unit for _, unit in told}):
        found[unit] = []
        for key, (name, is_archived, state) in teams.items():
            own = balances.get((key, unit), {})
            fresh = Freshness()
            if unit == CURRENCY or (key, unit) in told:  # a bill's word is not about what is not
                fresh = figures.of(key, unit)
            line = TeamLine(key, name, is_archived, Balances(**own, currency=unit), fresh, state)
            if not is_archived or team_id is not None or any(own.values()) or fresh.through:
                found[unit].append(line)
    return found


def team_lines(
    session: Session, event_id: int, team_id: int | None = None, currency: str = CURRENCY
) -> list[TeamLine]:
    """Those of one currency; three statements."""
    return lines_in(lines_of(session, event_id, team_id), currency)


def lines_in(lines: Mapping[str, list[TeamLine]], currency: str) -> list[TeamLine]:
    """The lines of a currency; where no team has anything in it, nothing of each that lives."""
    empty = Balances(currency=currency)
    return lines.get(currency) or [
        replace(row, balances=empty, fresh=Freshness())
        for row in lines[CURRENCY]
        if not row.is_archived
    ]


def oldest(rows: Iterable[TeamLine]) -> datetime | None:
    """Through when all known figures are: the moment of the oldest."""
    moments = [row.fresh.through for row in rows if row.fresh.through is not None]
    return min(moments, default=None)


def team_line(session: Session, event_id: int, team_id: int, currency: str = CURRENCY) -> TeamLine:
    """A team's line, for its own pages; three statements.

    Raises:
        NotFound: the event has no such team.
    """
    found = team_lines(session, event_id, team_id, currency)
    if not found:
        raise NotFound("no_such_team", "This event has no such team.")
    return found[0]
