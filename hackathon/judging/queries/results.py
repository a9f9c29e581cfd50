"""Results: one function for whoever looks; from the freeze on only from the record."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from hackathon.judging import standings, uncertainty
from hackathon.judging.models import ResultRecord, ResultRow
from hackathon.judging.queries.marks import ledger_of
from hackathon.judging.queries.rounds import (
    criteria_of,
    entries_of,
    is_frozen,
    weights_of,
)
from hackathon.judging.rules import Rule, State
from hackathon.judging.uncertainty import Chance
from hackathon.shared.errors import NotFound
from hackathon.shared.facts import FactRow, last_seq, note_texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from hackathon.events.models import Event
    from hackathon.judging.models import CriterionRow, Round
    from hackathon.judging.queries.rounds import Entry
    from hackathon.judging.standings import Sheet

PUBLIC_KINDS = (
    "round.created", "round.opened", "round.paused", "round.resumed", "round.frozen",
    "round.finalized", "round.reopened", "reveal.shown", "round.revealed", "vote.opened",
    "vote.closed",
)  # fmt: skip
"""The facts that participants may know of once the round is frozen: late marks that are
accepted make a new record, and nothing they see may move because of it."""


@dataclass(frozen=True)
class Standing:
    """A project in the standings. Means are exact; `criteria` holds the own means."""

    project_id: int
    team_id: int
    title: str
    team_name: str
    place: int
    component: int
    raw_mean: Fraction
    adjusted: Fraction
    sheets: int
    tie: str = ""
    criteria: dict[str, Fraction] = field(default_factory=dict)
    texts: tuple[tuple[str, str], ...] = ()
    chance: Chance | None = None

    def as_json(self) -> dict[str, object]:
        """The row of the contract; numbers unrounded."""
        return {
            "project": self.title,
            "place": self.place,
            "rank_low": self.chance.rank_low if self.chance else None,
            "rank_high": self.chance.rank_high if self.chance else None,
            "band": self.chance.band if self.chance else None,
            "raw_mean": float(self.raw_mean),
            "adjusted": float(self.adjusted),
            "sheets": self.sheets,
            "component": self.component,
        }


def live_standings(session: Session, event: Event, found: Round) -> list[Standing]:
    """The standings as the ledger has them this moment; only for who may look."""
    lines = criteria_of(session, found.id)
    known = {entry.project_id: entry for entry in entries_of(session, event, found.id)}
    ledger = ledger_of(session, found.id, lines, known)
    return standings_of(ledger.sheets, known, lines, Rule(found.rule))


def standings_of(
    sheets: Sequence[Sheet],
    known: Mapping[int, Entry],
    lines: Sequence[CriterionRow],
    rule: Rule,
) -> list[Standing]:
    """The standings of complete sheets with the names of their projects, ranges and bands.

    The draws take a moment: never on the way of a mark.
    """
    weights = weights_of(lines)
    ranked = standings.rank(sheets, weights, rule)
    seed = standings.inputs_hash(sheets, weights, rule)
    chances = uncertainty.chances(sheets, weights, ranked, rule, seed)
    own: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for sheet in sheets:
        for key, value in sheet.values.items():
            own[sheet.project][key].append(value)
    return [
        Standing(
            project_id=row.project,
            team_id=known[row.project].submission.team_id,
            title=known[row.project].submission.title,
            team_name=known[row.project].submission.team_name,
            place=row.place,
            component=row.component,
            raw_mean=row.raw_mean,
            adjusted=row.adjusted,
            sheets=row.sheets,
            tie=row.tie,
            criteria={
                key: Fraction(sum(values), 10 * len(values))
                for key, values in own[row.project].items()
            },
            chance=chances[row.project],
        )
        for row in ranked
    ]


def in_bands(rows: Sequence[Standing]) -> list[list[Standing]]:
    """The standings band by band, alphabetical within one; places where bands are not known."""
    bands: dict[tuple[int, int], list[Standing]] = defaultdict(list)
    for row in rows:
        bands[row.component, row.chance.band if row.chance else row.place].append(row)
    return [
        sorted(bands[key], key=lambda row: (row.title.casefold(), row.project_id))
        for key in sorted(bands)
    ]


def newest_record(session: Session, round_id: int) -> ResultRecord | None:
    """The record that stands; None before the freeze."""
    return session.scalar(
        select(ResultRecord)
        .filter_by(round_id=round_id)
        .order_by(ResultRecord.number.desc())
        .limit(1)
    )


def no_record() -> NotFound:
    """Before the freeze there is nothing to read."""
    return NotFound("no_record", "There is no result record before the freeze.")


def records_of(session: Session, round_id: int) -> list[ResultRecord]:
    """Every record of a round, the newest first; none is ever changed."""
    query = select(ResultRecord).filter_by(round_id=round_id)
    return list(session.scalars(query.order_by(ResultRecord.number.desc())))


@dataclass(frozen=True)
class Decision:
    """A place that people decided within a band, with the reason."""

    project_id: int
    place: int
    reason: str


def decisions_of(session: Session, record: ResultRecord) -> list[Decision]:
    """The places of a record that people decided, in their order."""
    given = json.loads(record.parameters).get("decided", [])
    reasons = note_texts(session, [row["note"] for row in given]) if given else {}
    return [Decision(row["project"], row["place"], reasons.get(row["note"], "")) for row in given]


def recorded_standings(session: Session, record: ResultRecord) -> list[Standing]:
    """The standings of a record, by component, place and title."""
    rows = session.scalars(
        select(ResultRow)
        .filter_by(record_id=record.id)
        .order_by(ResultRow.component, ResultRow.place, ResultRow.title, ResultRow.project_id)
    )
    return [standing_of(row) for row in rows]


def standing_of(row: ResultRow) -> Standing:
    """A row of a record, with exact means."""
    return Standing(
        project_id=row.project_id,
        team_id=row.team_id,
        title=row.title,
        team_name=row.team_name,
        place=row.place,
        component=row.component,
        raw_mean=Fraction(row.raw_mean),
        adjusted=Fraction(row.adjusted),
        sheets=row.sheets,
        tie=row.tie,
        criteria={key: Fraction(mean) for key, mean in json.loads(row.criteria).items()},
        texts=tuple((one, two) for one, two in json.loads(row.texts)),
        chance=_chance_of(row),
    )


def _chance_of(row: ResultRow) -> Chance | None:
    """What the record says of a row's range; nothing in records of before."""
    found = (row.rank_low, row.rank_high, row.band, row.top_three)
    known = [value for value in found if value is not None]
    return Chance(*known) if len(known) == len(found) else None


def steps_of(rows: Sequence[Standing], top: int) -> list[list[Standing]]:
    """The steps of a reveal: places from the last to the first, ties together.

    Args:
        rows: The standings of a record.
        top: How many places are shown one by one; 0 shows every one.
    """
    groups: dict[tuple[int, int], list[Standing]] = defaultdict(list)
    for row in rows:
        if top == 0 or row.place <= top:
            groups[row.component, row.place].append(row)
    return [groups[key] for key in sorted(groups, reverse=True)]


@dataclass(frozen=True)
class Shown:
    """What everybody may see of a round: its rows; once all is out, also its record."""

    rows: list[Standing]
    record: ResultRecord | None = None


def shown_of(session: Session, rounds: Sequence[Round]) -> dict[int, Shown]:
    """What everybody may see: nothing before the reveal, its steps during it, then all.

    The one function behind every page, address, file and room that shows results. One
    statement for all rounds; a round of which nothing may be seen is left out.
    """
    open_ = {
        found.id: found
        for found in rounds
        if found.state == State.REVEALED or (found.state == State.FINALIZED and found.reveal_step)
    }
    if not open_:
        return {}
    newest = (
        select(func.max(ResultRecord.id))
        .where(ResultRecord.round_id.in_(open_))
        .group_by(ResultRecord.round_id)
    )
    answer = session.execute(
        select(ResultRecord, ResultRow)
        .outerjoin(ResultRow, ResultRow.record_id == ResultRecord.id)
        .where(ResultRecord.id.in_(newest))
        .order_by(ResultRow.component, ResultRow.place, ResultRow.title, ResultRow.project_id)
    )
    records: dict[int, ResultRecord] = {}
    rows: dict[int, list[Standing]] = defaultdict(list)
    for record, row in answer:
        records[record.round_id] = record
        if row is not None:
            rows[record.round_id].append(standing_of(row))
    return {
        round_id: Shown(rows[round_id], record)
        if open_[round_id].state == State.REVEALED
        else Shown(_so_far(open_[round_id], rows[round_id]))
        for round_id, record in records.items()
    }


def _so_far(found: Round, rows: Sequence[Standing]) -> list[Standing]:
    """The steps of the reveal that were shown."""
    steps = steps_of(rows, found.reveal_top)
    shown = [
        replace(row, chance=None)  # a band would say something of the places above
        for step in steps[: found.reveal_step]
        for row in step
    ]
    return sorted(shown, key=lambda row: (row.component, row.place, row.title))


def public_standings(session: Session, found: Round) -> list[Standing]:
    """What everybody may see of one round (`shown_of`)."""
    shown = shown_of(session, [found]).get(found.id)
    return shown.rows if shown is not None else []


def public_version(session: Session, found: Round) -> int:
    """The version that everybody may know of."""
    stream = f"judging:{found.id}"
    if not is_frozen(found):
        return last_seq(session, stream)
    query = select(func.max(FactRow.seq)).where(
        FactRow.stream == stream, FactRow.kind.in_(PUBLIC_KINDS)
    )
    return session.scalar(query) or 0


def score_text(mean: Fraction) -> str:
    """A mean as people read it: two decimals, half up, as the tie rule compares."""
    hundredths = standings.rounded(mean)
    return f"{hundredths // 100}.{hundredths % 100:02d}"
