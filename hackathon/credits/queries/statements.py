"""A team's statement: what it has, every entry, every reading; postings for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from hackathon.credits.metrics import Forecast, curve, forecast
from hackathon.credits.models import Access, Account, CreditState, Crossing, Entry, Posting, Reading
from hackathon.credits.queries.board import TeamLine
from hackathon.credits.queries.forecast import charged_of
from hackathon.credits.queries.ledger import BILLED, balances_of, billed_charge, billed_of
from hackathon.credits.rules import BOOKED, FINAL, Deed, Kind, Seen, State, freshness, state_at
from hackathon.people.models import Person
from hackathon.shared.clock import now, utc_text
from hackathon.shared.errors import NotFound
from hackathon.shared.facts import Note
from hackathon.shared.money import Micros
from hackathon.teams.models import Membership, Team

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

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


def entry_lines(session: Session, event_id: int, team_id: int | None) -> list[EntryLine]:
    """The entries of a team (None: those of the pool itself), the newest first."""
    undone, undoes = aliased(Entry), aliased(Entry)
    rows = session.execute(
        select(Entry, Person.name, Note.text, undone.id, undoes.deed)
        .outerjoin(Person, Person.id == Entry.made_by_id)
        .outerjoin(Note, Note.id == Entry.note_id)
        .outerjoin(undone, undone.reverses_id == Entry.id)
        .outerjoin(undoes, undoes.id == Entry.reverses_id)
        .where(Entry.event_id == event_id, Entry.team_id == team_id)
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


def _readings(session: Session, event_id: int, team_id: int) -> list[ReadingLine]:
    rows = session.execute(
        select(Reading, Person.name)
        .outerjoin(Person, Person.id == Reading.recorded_by_id)
        .where(Reading.event_id == event_id, Reading.team_id == team_id)
        .order_by(Reading.seen_at.desc(), Reading.id.desc())
    )
    return [ReadingLine(reading, name or "command line") for reading, name in rows]


@dataclass(frozen=True)
class Statement:
    """A team's credits: its line of the board, how it gets in, the newest first below."""

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


def statement_of(
    session: Session, event: Event, team_id: int, *, member_id: int | None = None
) -> Statement:
    """The statement of a team; four database statements.

    Args:
        session: Any session.
        event: The event.
        team_id: The team.
        member_id: Who must be a member of it now; None for who reads every team's.

    Raises:
        NotFound: the event has no such team, or it is another's.
    """
    billed = billed_of(event.id, team_id).subquery()
    query = (
        select(
            Team,
            Account,
            Access,
            CreditState,
            Person.name,
            Note.text,
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
        .where(Team.event_id == event.id, Team.id == team_id)
    )
    if member_id is not None:
        query = query.join(Membership, Membership.team_id == Team.id).where(
            Membership.person_id == member_id, Membership.left_at.is_(None)
        )
    rows: Sequence[Any] = session.execute(query).all()
    if not rows:
        raise NotFound("no_such_team", "This event has no such team, or it is not yours.")
    team, _, access, stored, state_by, state_reason, *_ = rows[0]
    entries = entry_lines(session, event.id, team_id)
    readings = _readings(session, event.id, team_id)
    newest: dict[str, Seen] = {}
    for row in readings:
        kept = row.reading
        newest.setdefault(kept.source_key, Seen(kept.source, kept.total, kept.seen_at))
    charged = [
        charged_of(row.entry) for row in entries if row.entry.deed in BOOKED and not row.is_reversed
    ]
    charged += [billed_charge(*row) for row in {row[6:] for row in rows} if row[0] is not None]
    line = TeamLine(
        team.id,
        team.name,
        team.archived_at is not None,
        balances_of([row[1] for row in rows if row[1] is not None]),
        freshness(newest.values(), charged),
        state_at(State(stored.state if stored is not None else State.OPEN), event.ends_at, now()),
    )
    seen = [Seen(row.reading.source, row.reading.total, row.reading.seen_at) for row in readings]
    found = forecast(curve(seen, charged), held=line.held, granted=line.granted, end=event.ends_at)
    return Statement(
        line, access, entries, readings, found, _recovered(session, line, entries),
        team.captain_id, stored,
        state_by or "command line", state_reason or "",
    )  # fmt: skip


def _recovered(session: Session, line: TeamLine, entries: Sequence[EntryLine]) -> int:
    limits = [row.entry.id for row in entries if row.entry.deed == Deed.GRANT]
    query = select(Crossing.threshold).where(
        Crossing.team_id == line.team_id,
        Crossing.basis == "spent",
        Crossing.limit_entry_id == max(limits, default=0),
    )
    reached = session.scalars(query).all()
    return max((one for one in reached if one * line.granted > 10_000 * line.used), default=0)


def ledger_json(session: Session, event_id: int, team_id: int | None) -> dict[str, Any]:
    """Accounts and postings in micros: the event's, or those of one team."""
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
