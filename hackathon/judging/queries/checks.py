"""What `verify` asks of judging: sheets, records and facts against the ledger of marks."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import astuple
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hackathon.judging.models import Mark, ResultRecord, ResultRow, Round, Visit
from hackathon.judging.queries.rounds import criteria_of
from hackathon.judging.rules import Rule
from hackathon.judging.standings import Sheet, decided, inputs_hash, rank
from hackathon.judging.uncertainty import chances
from hackathon.shared.facts import FactRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

Body = dict[str, Any]


def wrong_sheets(session: Session) -> list[str]:
    """A sentence for each mark, sheet or result record that does not fit the ledger."""
    return [
        f"judging:{round_id}: {problem}"
        for round_id in session.scalars(select(Round.id).order_by(Round.id)).all()
        for problem in _of_round(session, round_id)
    ]


def _of_round(session: Session, round_id: int) -> Iterator[str]:
    keys = {line.id: line.key for line in criteria_of(session, round_id)}
    visits = {row.id: row for row in session.scalars(select(Visit).filter_by(round_id=round_id))}
    query = select(Mark).join(Visit, Visit.id == Mark.visit_id).order_by(Mark.id)
    marks = list(session.scalars(query.where(Visit.round_id == round_id)))
    saved, recorded = _facts(session, round_id)
    yield from _marks_and_facts(marks, [body for _, body in saved], keys)
    yield from _submissions(marks, visits, keys)
    told = {body["receipt"]: seq for seq, body in saved}
    for record in session.scalars(select(ResultRecord).filter_by(round_id=round_id)):
        seq, given = recorded.get(record.number, (0, ""))
        if given != record.inputs_hash:
            yield f"result record {record.number} is not the one its fact tells of"
        before = [mark for mark in marks if told.get(mark.id, seq) < seq]
        rows = session.scalars(select(ResultRow).filter_by(record_id=record.id))
        yield from _record(record, rows.all(), before, visits, keys)


def _facts(
    session: Session, round_id: int
) -> tuple[list[tuple[int, Body]], dict[int, tuple[int, str]]]:
    """(seq, body) of saved marks; (seq, inputs hash) of result records by number."""
    query = (
        select(FactRow)
        .filter_by(stream=f"judging:{round_id}")
        .where(FactRow.kind.in_(["mark.saved", "results.recorded"]))
        .order_by(FactRow.seq)
    )
    saved, recorded = [], {}
    for fact in session.scalars(query):
        body = fact.values
        if fact.kind == "mark.saved":
            saved.append((fact.seq, body))
        else:
            recorded[int(body["number"])] = (fact.seq, str(body["inputs_hash"]))
    return saved, recorded


def _marks_and_facts(
    marks: Sequence[Mark], saved: Sequence[Body], keys: Mapping[int, str]
) -> Iterator[str]:
    told = {body["receipt"]: body for body in saved}
    stored = {mark.id for mark in marks}
    for receipt, times in Counter(body["receipt"] for body in saved).items():
        if times > 1:
            yield f"mark {receipt} has {times} facts"
        if receipt not in stored:
            yield f"mark {receipt} is missing; a fact tells of it"
    for mark in marks:
        body = told.get(mark.id)
        if body is None:
            yield f"mark {mark.id} has no fact"
        elif (mark.visit_id, keys.get(mark.criterion_id), mark.value, mark.seq) != (
            body["visit"], body["criterion"], body["value"], body["device_seq"],
        ):  # fmt: skip
            yield f"mark {mark.id} differs from its fact"


def _submissions(
    marks: Sequence[Mark], visits: Mapping[int, Visit], keys: Mapping[int, str]
) -> Iterator[str]:
    """Walk the marks as they came: a sheet is submitted by the mark that completes it."""
    since: dict[int, datetime | None] = dict.fromkeys(visits)
    cells: dict[int, dict[int, tuple[int, int | None]]] = defaultdict(dict)
    for mark in marks:
        mine = cells[mark.visit_id]
        if mark.criterion_id not in mine or mark.seq >= mine[mark.criterion_id][0]:
            mine[mark.criterion_id] = (mark.seq, mark.value)
        if not all(mine.get(key, (0, None))[1] is not None for key in keys):
            since[mark.visit_id] = None
        elif since[mark.visit_id] is None:
            since[mark.visit_id] = mark.received_at
    for visit_id, moment in since.items():
        if visits[visit_id].submitted_at != moment:
            yield f"visit {visit_id} is not submitted when its marks say"


def _record(
    record: ResultRecord,
    rows: Sequence[ResultRow],
    marks: Sequence[Mark],
    visits: Mapping[int, Visit],
    keys: Mapping[int, str],
) -> Iterator[str]:
    """Recompute a record from the visits that counted and the marks there were then."""
    given = json.loads(record.parameters)
    current: dict[int, dict[str, int | None]] = defaultdict(dict)
    for mark in sorted(marks, key=lambda mark: (mark.seq, mark.id)):
        current[mark.visit_id][keys.get(mark.criterion_id, "")] = mark.value
    sheets = []
    for visit_id in given["visits"]:
        values = {key: value for key, value in current[visit_id].items() if value is not None}
        visit = visits.get(visit_id)
        if visit is None or len(values) < len(keys):
            yield f"result record {record.number} counts visit {visit_id}, which is not complete"
            return
        sheets.append(Sheet(visit.seat_id, visit.project_id, values))
    weights = {key: Decimal(weight) for key, weight in given["weights"]}
    rule = Rule(given["rule"])
    seed = inputs_hash(sheets, weights, rule)
    if seed != record.inputs_hash:
        yield f"result record {record.number} was made from other marks"
    ranked = rank(sheets, weights, rule)
    known = any(row.band is not None for row in rows)  # records of before have no ranges
    ranges = chances(sheets, weights, ranked, rule, seed) if known else {}
    for decision in given.get("decided", []):
        ranked = decided(ranked, decision["project"], decision["place"])
    wanted: dict[int, tuple[object, ...]] = {
        row.project: (
            row.place, row.component, row.raw_mean, row.adjusted, row.sheets, row.tie,
            *(astuple(ranges[row.project]) if known else [None] * 4),
        )
        for row in ranked
    }  # fmt: skip
    stored: dict[int, tuple[object, ...]] = {
        row.project_id: (
            row.place, row.component, Fraction(row.raw_mean), Fraction(row.adjusted),
            row.sheets, row.tie, row.rank_low, row.rank_high, row.band, row.top_three,
        )
        for row in rows
    }  # fmt: skip
    for project_id in sorted(wanted.keys() | stored.keys()):
        if wanted.get(project_id) != stored.get(project_id):
            yield f"result record {record.number} shows project {project_id} wrongly"
