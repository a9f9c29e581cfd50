"""A team's statement: what it has, every entry, every reading; postings for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select, true
from sqlalchemy.orm import aliased

from hackathon.credits.metrics import LEVELS, Forecast, curve, forecast
from hackathon.credits.models import Access, Account, CreditState, Crossing, Entry, Posting, Reading
from hackathon.credits.queries.forecast import charged_of
from hackathon.credits.queries.ledger import (
    BILLED,
    balances_of,
    billed_charge,
    billed_of,
    currencies_query,
)
from hackathon.credits.queries.lines import TeamLine
from hackathon.credits.rules import (
    BOOKED,
    CURRENCY,
    FINAL,
    Deed,
    Kind,
    Seen,
    State,
    freshness,
    in_order,
    state_at,
)
from hackathon.people.models import Person
from hackathon.shared.clock import now, utc_text
from hackathon.shared.errors import NotFound
from hackathon.shared.facts import Note
from hackathon.shared.money import Micros
from hackathon.teams.models import Membership, Team

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from sqlalchemy import ScalarSelect
    from sqlalchemy.orm import Session

    from hackathon.events.models import Event

WORDS = {
    Deed.FUND: "Funded",
    Deed.GRANT: "Granted",
    Deed.CHARGE: "Charged",
    Deed.HOLD: "Held",
    Deed.RELEASE: "Hold ended",
    Deed.CAPTURE: "Captured",
    Deed.CARRY: "Carried to the next quarter",
    Deed.RETURN: "Returned to the pool",
    Deed.REFUND: "Refunded",
}
MORE = {Deed.GRANT, Deed.RELEASE, Deed.REFUND}
"""What makes a team's rest larger; everything else makes it smaller."""


BY_PROGRAM = {Deed.HOLD, Deed.RELEASE, Deed.CAPTURE}


@dataclass(frozen=True)
class EntryLine:
    """An entry as a statement shows it; `change` and `rest` in micros, `rest` after it."""

    entry: Entry
    word: str
    change: Micros
    rest: Micros
    by: str
    reason: str
    is_reversed: bool

    @property
    def can_be_reversed(self) -> bool:
        """Once; reversals stay, holds end by themselves, and bills correct themselves."""
        is_billed = self.entry.key.startswith(BILLED)
        return not (self.is_reversed or is_billed or self.entry.deed in FINAL)


def entry_lines(
    session: Session, event_id: int, team_id: int | None, currency: str = CURRENCY
) -> list[EntryLine]:
    """The entries of a team (None: of the pool itself) in a currency, the newest first."""
    undone, undoes = aliased(Entry), aliased(Entry)
    rows = session.execute(
        select(Entry, Person.name, Note.text, undone.id, undoes.deed)
        .outerjoin(Person, Person.id == Entry.made_by_id)
        .outerjoin(Note, Note.id == Entry.note_id)
        .outerjoin(undone, undone.reverses_id == Entry.id)
        .outerjoin(undoes, undoes.id == Entry.reverses_id)
        .where(
            Entry.event_id == event_id,
            Entry.team_id == team_id,
            Entry.currency == currency,
        )
        .order_by(Entry.id)
    )
    lines, rest = [], 0
    for entry, name, text, undone_id, undone_deed in rows:
        deed = Deed(undone_deed or entry.deed)
        is_more = (deed in MORE or deed is Deed.FUND) != (entry.deed == Deed.REVERSAL)
        change = entry.amount if is_more else -entry.amount
        rest += change
        word = WORDS[deed]
        if entry.deed == Deed.REVERSAL:
            word = f"Reversed: {word[0].lower()}{word[1:]}"
        if entry.is_late:
            word += " after closing"
        lines.append(
            EntryLine(
                entry=entry,
                word=word,
                change=Micros(change),
                rest=Micros(rest),
                by=name or ("a program" if deed in BY_PROGRAM else "command line"),
                reason=text or "",
                is_reversed=undone_id is not None,
            )
        )
    return lines[::-1]


@dataclass(frozen=True)
class ReadingLine:
    """A reading and who recorded it."""

    reading: Reading
    by: str


def _readings(session: Session, event_id: int, team_id: int, currency: str) -> list[ReadingLine]:
    rows = session.execute(
        select(Reading, Person.name)
        .outerjoin(Person, Person.id == Reading.recorded_by_id)
        .where(
            Reading.event_id == event_id,
            Reading.team_id == team_id,
            Reading.currency == currency,
        )
        .order_by(Reading.seen_at.desc(), Reading.id.desc())
    )
    return [ReadingLine(reading, name or "command line") for reading, name in rows]


@dataclass(frozen=True)
class Statement:
    """A team's credits in one currency: its line of the board, its entries, the newest first."""

    line: TeamLine
    access: Access | None
    entries: list[EntryLine]
    readings: list[ReadingLine]
    forecast: Forecast
    recovered: int
    """The highest level of spend that was reached and is not any more, in basis points."""
    captain_id: int | None
    state: CreditState | None
    state_by: str
    state_reason: str
    currencies: tuple[str, ...]
    """All that the team's credits may be in, this one among them."""


def statement_of(
    session: Session,
    event: Event,
    team_id: int,
    *,
    member_id: int | None = None,
    currency: str = CURRENCY,
) -> Statement:
    """The statement of a team in a currency; three database statements.

    Args:
        session: Any session.
        event: The event.
        team_id: The team.
        member_id: Who must be a member of it now; None for who reads every team's.
        currency: Which of its credits.

    Raises:
        NotFound: the event has no such team or currency, or it is another's.
    """
    billed = billed_of(event.id, team_id).subquery()
    units = currencies_query(event).subquery()
    query = (
        select(
            Team,
            Account,
            Access,
            CreditState,
            Person.name,
            Note.text,
            _highest(team_id, currency),
            units.c.currency,
            billed.c.source,
            billed.c.through,
            billed.c.period,
        )
        .outerjoin(Account, Account.team_id == Team.id)
        .outerjoin(Access, Access.team_id == Team.id)
        .outerjoin(CreditState, CreditState.team_id == Team.id)
        .outerjoin(Person, Person.id == CreditState.changed_by_id)
        .outerjoin(Note, Note.id == CreditState.note_id)
        .outerjoin(billed, billed.c.team_id == Team.id)
        .outerjoin(units, true())
        .where(Team.event_id == event.id, Team.id == team_id)
    )
    if member_id is not None:
        query = query.join(Membership, Membership.team_id == Team.id).where(
            Membership.person_id == member_id, Membership.left_at.is_(None)
        )
    rows: Sequence[Any] = session.execute(query).all()
    if not rows:
        raise NotFound("no_such_team", "This event has no such team, or it is not yours.")
    currencies = in_order({row[7] for row in rows} - {None})
    if currency not in currencies:
        raise NotFound("no_such_currency", "This event has no credits in this currency.")
    team, _, access, stored, state_by, state_reason, highest, *_ = rows[0]
    entries = entry_lines(session, event.id, team_id, currency)
    readings = _readings(session, event.id, team_id, currency)
    newest: dict[str, Seen] = {}
    for row in readings:
        kept = row.reading
        newest.setdefault(kept.source_key, Seen(kept.source, kept.total, kept.seen_at))
    charged = [
        charged_of(row.entry) for row in entries if row.entry.deed in BOOKED and not row.is_reversed
    ]
    reach = [billed_charge(*row) for row in {row[8:] for row in rows} if row[0] is not None]
    has_own = any(row[1] is not None and row[1].currency == currency for row in rows)
    if currency == CURRENCY or has_own or readings:
        charged += reach
    line = TeamLine(
        team.id,
        team.name,
        team.archived_at is not None,
        balances_of([row[1] for row in rows if row[1] is not None], currency),
        freshness(newest.values(), charged),
        state_at(State(stored.state if stored is not None else State.OPEN), event.ends_at, now()),
    )
    seen = [Seen(row.reading.source, row.reading.total, row.reading.seen_at) for row in readings]
    found = forecast(curve(seen, charged), held=line.held, granted=line.granted, end=event.ends_at)
    return Statement(
        line, access, entries, readings, found, _recovered(line, highest or 0),
        team.captain_id, stored,
        state_by or "command line", state_reason or "", currencies,
    )  # fmt: skip


def _highest(team_id: int, currency: str) -> ScalarSelect[int | None]:
    """The highest level of what is spent that the newest grant has seen; lower ones came first."""
    limit = select(func.coalesce(func.max(Entry.id), 0)).where(
        Entry.team_id == team_id, Entry.deed == Deed.GRANT, Entry.currency == currency
    )
    return (
        select(func.max(Crossing.threshold))
        .where(
            Crossing.team_id == team_id,
            Crossing.currency == currency,
            Crossing.basis == "spent",
            Crossing.limit_entry_id == limit.scalar_subquery(),
        )
        .scalar_subquery()
    )


def _recovered(line: TeamLine, highest: int) -> int:
    """The highest level that was reached and is not any more, in basis points; 0 when none."""
    return max(
        (
            one
            for basis, one in LEVELS
            if basis == "spent" and one <= highest and one * line.granted > 10_000 * line.used
        ),
        default=0,
    )


def ledger_json(session: Session, event_id: int, team_id: int | None) -> dict[str, Any]:
    """Accounts and postings in micros: the event's, or those of one team; each of one currency."""
    accounts = select(Account).order_by(Account.id)
    postings = (
        select(Posting, Entry)
        .join(Entry, Entry.id == Posting.entry_id)
        .where(Entry.event_id == event_id)
        .order_by(Posting.id)
    )
    if team_id is not None:
        accounts = accounts.where(Account.team_id == team_id)
        postings = postings.where(Entry.team_id == team_id)
    else:
        used = select(Posting.from_id).join(Entry).where(Entry.event_id == event_id)
        accounts = accounts.where(
            or_(
                Account.event_id == event_id,
                (Account.kind == Kind.FUNDING) & Account.id.in_(used),
            )
        )
    return {
        "accounts": [
            {
                "id": row.id,
                "name": row.name,
                "kind": row.kind,
                "team": row.team_id,
                "balance": row.balance,
            }
            | ({} if row.currency == CURRENCY else {"currency": row.currency})
            for row in session.scalars(accounts)
        ],
        "postings": [
            {
                "id": posting.id,
                "entry": entry.id,
                "deed": entry.deed,
                "team": entry.team_id,
                "from": posting.from_id,
                "to": posting.to_id,
                "amount": posting.amount,
                "reverses": entry.reverses_id,
                "at": utc_text(entry.made_at),
            }
            for posting, entry in session.execute(postings)
        ],
    }
