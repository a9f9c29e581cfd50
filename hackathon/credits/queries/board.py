"""The board: the quarter, the pool, a line a team; sums for the report."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from hackathon.credits.metrics import is_reached
from hackathon.credits.models import Account, CreditState, Entry, Quarter
from hackathon.credits.queries.ledger import (
    account_name,
    freshness_by_team,
    quarter_name,
    standing,
)
from hackathon.credits.rules import NONE, Balances, Deed, Freshness, Kind, State, state_at
from hackathon.events.models import Event
from hackathon.shared.clock import now, utc_text
from hackathon.shared.errors import NotFound
from hackathon.shared.facts import FactRow, last_seq
from hackathon.shared.money import Micros, dollars, dollars_and_cents, whole_dollars
from hackathon.teams.models import Team

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from typing import Any

    from sqlalchemy.orm import Session


NEAR = 8_000
"""Basis points of the grant from which a team stands among those near the limit."""


@dataclass(frozen=True)
class TeamLine:
    """What a team has and used, in micros. Without data `through` is None: not the same as 0."""

    team_id: int
    name: str
    is_archived: bool
    balances: Balances
    fresh: Freshness
    state: State = State.OPEN

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
        through = self.fresh.through
        return {
            "id": self.team_id,
            "name": self.name,
            "granted": self.granted,
            "used": self.used if self.is_known else None,
            "rest": self.rest,
            "held": self.held,
            "held_text": f"{dollars(self.held)} held" if self.held else "",
            "data_through": utc_text(through) if through is not None else None,
            "final": self.fresh.is_final,
            "stale": self.is_stale,
            "bar": self.bar,
            "near": self.is_near and self.rest >= 0,
            "share": share_text(self, whole_dollars),
            "left": rest_text(self, whole_dollars),
            "cents_share": share_text(self, dollars_and_cents),
            "cents_left": rest_text(self, dollars_and_cents),
        }


def share_text(line: TeamLine, show: Callable[[Micros], str]) -> str:
    """`$120 of $200`; without data, or without credits, words instead of zeros."""
    if line.is_known:
        return f"{show(line.used)} of {show(line.granted)}"
    if line.granted:
        return f"no data yet; {show(line.granted)} granted"
    return "nothing used" if line.state is State.CLOSED else "no credits yet"


def rest_text(line: TeamLine, show: Callable[[Micros], str]) -> str:
    """`$80 left`, or `$20 over`."""
    if line.rest < 0:
        return f"{show(Micros(-line.rest))} over"
    return f"{show(line.rest)} left"


@dataclass(frozen=True)
class Board:
    """An event's credits, in micros. `budget` 0: the quarter has none yet."""

    quarter: str
    budget: Micros
    in_pools: Micros
    pool: Micros
    rows: list[TeamLine]

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


def team_lines(session: Session, event_id: int, team_id: int | None = None) -> list[TeamLine]:
    """A line a team by name; three statements."""
    query = (
        select(
            Team.id,
            Team.name,
            Team.archived_at,
            Account.kind,
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
    balances: dict[int, dict[str, Micros]] = defaultdict(dict)
    for row in session.execute(query):
        state = state_at(State(row.state or State.OPEN), row.ends_at, present)
        teams[row.id] = (row.name, row.archived_at is not None, state)
        if row.kind is not None:
            balances[row.id][Kind(row.kind).value] = row.balance
    fresh = freshness_by_team(session, event_id, team_id)
    return [
        TeamLine(
            key, name, is_archived, Balances(**balances[key]), fresh.get(key, Freshness()), state
        )
        for key, (name, is_archived, state) in teams.items()
        if not is_archived or team_id is not None or any(balances[key].values()) or key in fresh
    ]


def oldest(rows: Iterable[TeamLine]) -> datetime | None:
    """Through when all known figures are: the moment of the oldest."""
    moments = [row.fresh.through for row in rows if row.fresh.through is not None]
    return min(moments, default=None)


def sentence(board: Board) -> str:
    """What an organizer should know first, in one sentence."""
    if not board.budget:
        return f"{board.quarter} has no budget yet. Set it, or fund the pool."
    if not board.funded:
        rest = dollars(board.quarter_rest)
        return f"The pool is empty; {rest} of {board.quarter} can fund it."
    if not (board.granted or board.over):
        return f"{dollars(board.pool)} lie in the pool; no team has credits yet."
    return _alarm(board) or (
        f"All clear: {dollars_and_cents(board.used)} of {dollars(board.granted)} used, "
        "no team is over."
    )


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


def board_of(session: Session, event: Event) -> Board:
    """The whole board; four statements."""
    rows = session.execute(
        select(Account.kind, Account.balance, Quarter.budget)
        .outerjoin(Quarter, Quarter.id == Account.quarter_id)
        .where(
            or_(
                Account.name == account_name(Kind.POOL, event.id),
                Quarter.name == quarter_name(event),
            )
        )
    )
    pool, budget, in_pools = NONE, NONE, NONE
    for kind, balance, found in rows:
        if kind == Kind.POOL:
            pool = balance
        else:
            budget, in_pools = found, Micros(-balance)
    return Board(quarter_name(event), budget, in_pools, pool, team_lines(session, event.id))


def team_line(session: Session, event_id: int, team_id: int) -> TeamLine:
    """A team's line, for its own pages; three statements.

    Raises:
        NotFound: the event has no such team.
    """
    found = team_lines(session, event_id, team_id)
    if not found:
        raise NotFound("no_such_team", "This event has no such team.")
    return found[0]


def live_rows(session: Session, event: Event) -> list[dict[str, Any]]:
    """The organizers' board as rows: the pool, the quarter, the teams."""
    board = board_of(session, event)
    pool = {
        "id": "pool",
        "budget": board.budget,
        "in_pools": board.in_pools,
        "funded": board.funded,
        "granted": board.granted,
        "used": board.used,
        "pool_text": dollars(board.pool),
        "funded_text": dollars(board.funded),
        "granted_text": dollars(board.granted),
        "used_text": dollars_and_cents(board.used),
        "budget_text": dollars(board.budget),
        "in_pools_text": dollars(board.in_pools),
        "quarter_rest_text": dollars(board.quarter_rest),
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
    """An event's money for the quarter's report, in micros.

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


def event_totals(session: Session, event_id: int) -> Totals:
    """The sums of an event; six statements whatever its size."""
    name = account_name(Kind.POOL, event_id)
    pool = session.scalar(select(Account.balance).where(Account.name == name)) or 0
    rows = team_lines(session, event_id)
    sums = {}
    for deed in (Deed.GRANT, Deed.RETURN):
        entries = standing(deed).where(Entry.event_id == event_id).subquery()
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
