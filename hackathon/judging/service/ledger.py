"""The ledger: what a device sends, and the rows that are added for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from hackathon.judging.models import Feedback, Mark
from hackathon.judging.queries.marks import cells_of_visit
from hackathon.shared.clock import now
from hackathon.shared.errors import NotFound
from hackathon.shared.facts import record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from hackathon.judging.models import CriterionRow, Round, Seat, Visit
    from hackathon.people.rules import Actor
    from hackathon.shared.facts import Fact


@dataclass(frozen=True)
class Sent:
    """What a device sends with everything: for what, its count, its key, when it was made.

    Either `visit_id`, or `round_id` and `project_id`. A plain form also says when it was
    `opened_at`.
    """

    key: str
    seq: int
    made_at: datetime
    visit_id: int | None = None
    round_id: int | None = None
    project_id: int | None = None
    opened_at: datetime | None = None

    @property
    def began_at(self) -> datetime:
        """When the judge set to it."""
        return self.opened_at or self.made_at


@dataclass(frozen=True)
class Texts:
    """A judge's words: two for the team, one for the judges' own memory."""

    strength: str = ""
    question: str = ""
    note: str = ""

    def as_text(self) -> str:
        """Canonical JSON, as the late tray keeps it."""
        given = {"strength": self.strength, "question": self.question, "note": self.note}
        return json.dumps(given, sort_keys=True, ensure_ascii=False)


@dataclass(frozen=True)
class Saved:
    """What became of it. `fact` is None for a repetition; its version is `version`.

    `late`: it lies in the tray, after the freeze or (`has_left`) after the seat was taken away.
    """

    receipt: int
    superseded: bool = False
    submitted: bool = False
    replay: bool = False
    late: bool = False
    has_left: bool = False
    fact: Fact | None = None
    known_version: int = 0

    @property
    def version(self) -> int:
        """The `seq` of the fact, once committed."""
        return self.fact.seq if self.fact is not None else self.known_version


@dataclass(frozen=True)
class Target:
    """Where a mark goes: the round, the judge's seat (held, perhaps taken away), the visit."""

    found: Round
    seat: Seat
    visit: Visit


def no_such_visit() -> NotFound:
    """The one sentence for projects that are unknown, not assigned or another event's (18)."""
    return NotFound("no_such_visit", "This is not on your list of projects. Nothing was saved.")


def write_mark(
    session: Session,
    actor: Actor,
    target: Target,
    sent: Sent,
    *,
    lines: Sequence[CriterionRow],
    line: CriterionRow,
    value: int | None,
    entered_by_id: int | None = None,
) -> Saved:
    """Add a checked mark to the ledger; `entered_by_id` where it is not the judge's own tap."""
    cells = cells_of_visit(session, target.visit.id)
    before = cells.get(line.id)
    received_at = now()
    session.flush()  # the visit may be new
    row = {
        "visit_id": target.visit.id,
        "criterion_id": line.id,
        "value": value,
        "seq": sent.seq,
        "key": sent.key,
        "made_at": sent.made_at,
        "received_at": received_at,
        "entered_by_id": entered_by_id,
    }
    receipt: int = session.connection().execute(_INSERT, row).scalar_one()
    superseded = before is not None and before.seq > sent.seq
    values = {criterion: cell.value for criterion, cell in cells.items()}
    if not superseded:
        values[line.id] = value
    if target.visit.begun_at is None:
        target.visit.begun_at = received_at
    target.visit.released_at = target.visit.release_reason = None  # a mark takes it up again
    is_complete = all(values.get(each.id) is not None for each in lines)
    completes = is_complete and target.visit.submitted_at is None
    if completes:
        target.visit.submitted_at = received_at
    elif not is_complete:
        target.visit.submitted_at = None  # a late clear that organizers accepted
    session.flush()
    fact = record(
        session,
        stream=f"judging:{target.found.id}",
        kind="mark.saved",
        actor_id=actor.person_id,
        receipt=receipt,
        visit=target.visit.id,
        seat=target.seat.id,
        criterion=line.key,
        value=value,
        device_seq=sent.seq,
        submitted=completes,
    )
    return Saved(
        receipt=receipt,
        superseded=superseded,
        submitted=target.visit.submitted_at is not None,
        fact=fact,
    )


_INSERT = insert(Mark.__table__).returning(Mark.id)  # type: ignore[arg-type]  # a table it is


def write_texts(
    session: Session,
    actor: Actor,
    target: Target,
    sent: Sent,
    texts: Texts,
    entered_by_id: int | None = None,
) -> Saved:
    """Add checked texts to the ledger."""
    row = Feedback(
        visit_id=target.visit.id,
        strength=texts.strength,
        question=texts.question,
        note=texts.note,
        seq=sent.seq,
        key=sent.key,
        made_at=sent.made_at,
        received_at=now(),
        entered_by_id=entered_by_id,
    )
    session.add(row)
    session.flush()
    newest = session.scalar(
        select(Feedback.id)
        .filter_by(visit_id=target.visit.id)
        .order_by(Feedback.seq.desc(), Feedback.id.desc())
        .limit(1)
    )
    fact = record(
        session,
        stream=f"judging:{target.found.id}",
        kind="texts.saved",
        actor_id=actor.person_id,
        receipt=row.id,
        visit=target.visit.id,
        seat=target.seat.id,
    )
    return Saved(row.id, superseded=newest != row.id, submitted=True, fact=fact)
