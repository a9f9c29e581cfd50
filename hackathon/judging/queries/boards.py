"""What is shown of a round: to its judges, to organizers, to everybody."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hackathon.judging.models import Round
from hackathon.judging.queries.assignment import time_of
from hackathon.judging.queries.audience import is_voting
from hackathon.judging.queries.ground import ground_of
from hackathon.judging.queries.marks import late_waiting, texts_of, visits_with_cells
from hackathon.judging.queries.progress import progress_of
from hackathon.judging.queries.results import (
    newest_record,
    public_standings,
    public_version,
    recorded_standings,
)
from hackathon.judging.queries.rounds import (
    Entry,
    is_frozen,
    places_of,
    reasons_of,
)
from hackathon.judging.queries.stage import step_json
from hackathon.judging.queries.watch import offline_seats
from hackathon.judging.rules import MARKING, Mode, State, number
from hackathon.shared.clock import now, utc_text
from hackathon.shared.facts import last_seq

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from hackathon.judging.models import CriterionRow, Feedback, Seat, Visit
    from hackathon.judging.queries.ground import Line
    from hackathon.judging.queries.marks import Cell
    from hackathon.judging.queries.progress import Progress
    from hackathon.judging.queries.results import Standing

ORGANIZERS, PUBLIC = "organizers", "public"
LAST = 1_000_000
"""The turn of what has none."""

Row = dict[str, Any]


# --- a judge's own list ---------------------------------------------------------------


@dataclass(frozen=True)
class MyVisit:
    """A project on a judge's list, with what the server knows of the sheet."""

    visit: Visit
    entry: Entry
    cells: dict[str, Cell]
    texts: Feedback | None
    criteria: int
    place: str = ""
    at: datetime | None = None

    @property
    def scored(self) -> int:
        """How many criteria have a score."""
        return sum(cell.value is not None for cell in self.cells.values())

    @property
    def status(self) -> str:
        """`submitted`, `begun` or `open`."""
        if self.visit.submitted_at is not None:
            return "submitted"
        return "begun" if self.scored else "open"

    def as_json(self) -> Row:
        """The visit of the contract."""
        submission = self.entry.submission
        texts = self.texts
        return {
            "id": self.visit.id,
            "project": submission.project_id,
            "title": submission.title,
            "team": submission.team_name,
            "position": self.entry.position,
            "status": self.status,
            "place": self.place,
            "at": _text(self.at),
            "marks": [
                {
                    "criterion": key,
                    "value": number(cell.value) if cell.value is not None else None,
                    "seq": cell.seq,
                }
                for key, cell in self.cells.items()
            ],
            "texts": {
                "seq": texts.seq if texts else 0,
                "strength": texts.strength if texts else "",
                "question": texts.question if texts else "",
                "note": texts.note if texts else "",
            },
        }


def my_list(
    session: Session,
    found: Round,
    seat: Seat,
    lines: Sequence[CriterionRow | Line],
    entries: Sequence[Entry],
) -> list[MyVisit]:
    """A judge's visits by turn, then in the running order, without those that have a conflict."""
    texts = texts_of(session, found.id, seat.id)
    known = {entry.project_id: entry for entry in entries}
    is_visits = found.mode == Mode.VISITS
    places = places_of(session, found.id) if is_visits else {}
    rows = [
        (visit, cells)
        for visit, cells in visits_with_cells(session, found.id, seat.id)
        if visit.project_id in known
    ]
    if is_visits:
        rows.sort(key=lambda row: row[0].slot or LAST)
    return [
        MyVisit(
            visit=visit,
            entry=replace(known[visit.project_id], position=position),
            cells={line.key: cells[line.id] for line in lines if line.id in cells},
            texts=texts.get(visit.id),
            criteria=len(lines),
            place=places.get(visit.project_id, ""),
            at=time_of(found.visits_start_at, found.visit_minutes, visit.slot),
        )
        for position, (visit, cells) in enumerate(rows, 1)
    ]


def rubric_json(found: Round, lines: Sequence[CriterionRow]) -> list[Row]:
    """The criteria of the contract."""
    return [
        {
            "key": line.key,
            "label": line.label,
            "weight": line.weight,
            "min": number(found.low),
            "max": number(found.high),
            "step": number(found.step),
            "anchors": json.loads(line.anchors),
        }
        for line in lines
    ]


def pitch_json(found: Round, entries: Sequence[Entry]) -> Row | None:
    """Who is on stage, since when and for how many seconds; None when nobody is."""
    if found.pitch is None or not 1 <= found.pitch <= len(entries):
        return None
    on_stage = entries[found.pitch - 1]
    return {
        "position": found.pitch,
        "of": len(entries),
        "project": on_stage.project_id,
        "title": on_stage.submission.title,
        "team": on_stage.submission.team_name,
        "started_at": _text(found.pitch_started_at),
        "seconds": found.pitch_seconds,
    }


def state_json(session: Session, found: Round, entries: Sequence[Entry]) -> Row:
    """State, version, the pitch on stage and the server's time: what `judging.state` says."""
    paused, revised = reasons_of(session, found)
    return {
        "round": found.id,
        "state": found.state,
        "version": public_version(session, found),
        "server_time": utc_text(now()),
        "pitch": pitch_json(found, entries),
        "reason": paused,
        "revised": revised,
        "vote": is_voting(found),
    }


def _text(moment: datetime | None) -> str | None:
    return utc_text(moment) if moment is not None else None


# --- boards ---------------------------------------------------------------------------


def board_rows(session: Session, round_id: int, audience: str) -> tuple[int, list[Row]]:
    """(version, rows) of a round's board for an audience: one query knows who looks."""
    found = session.get(Round, round_id)
    if found is None:
        return 0, []
    if audience == ORGANIZERS:
        return _organizers_board(session, found)
    return _public_board(session, found)


def _organizers_board(session: Session, found: Round) -> tuple[int, list[Row]]:
    # the sum moves with each fact of either, and is the round's own number while nothing is late
    version = sum(last_seq(session, f"{name}:{found.id}") for name in ("judging", "late"))
    late = late_waiting(session, found.id) if found.opened_at else 0
    whole = {**_round_row(found), "late": late}
    if is_frozen(found):
        record = newest_record(session, found.id)
        rows = recorded_standings(session, record) if record is not None else []
        return version, [whole, *(_standing_row(row) for row in rows)]
    progress = progress_here(session, found)
    rows_ = [{**whole, "done": progress.done, "of": progress.of}]
    offline = offline_seats(session, found.id)
    rows_ += [
        {
            "id": f"judge:{row.seat_id}",
            "name": row.name,
            "done": row.done,
            "of": row.of,
            "offline": row.seat_id in offline,
        }
        for row in progress.judges
    ]
    rows_ += [
        {
            "id": f"project:{row.project_id}",
            "project": row.title,
            "team": row.team_name,
            "done": row.done,
            "of": row.of,
        }
        for row in progress.projects
    ]
    return version, rows_


def _public_board(session: Session, found: Round) -> tuple[int, list[Row]]:
    version = public_version(session, found)
    row = _round_row(found)
    if State(found.state) in MARKING:
        progress = progress_here(session, found)
        row |= {"done": progress.done, "of": progress.of}
    if (step := step_json(session, found)) is not None:
        row["reveal"] = step
    return version, [row, *(_standing_row(each) for each in public_standings(session, found))]


def progress_here(session: Session, found: Round) -> Progress:
    """How far a round is, on the ground that boards and phones share."""
    ground = ground_of(session, found)
    return progress_of(session, found, ground.entries, ground)


def _round_row(found: Round) -> Row:
    return {"id": "round", "state": found.state}


def _standing_row(row: Standing) -> Row:
    return {"id": f"project:{row.project_id}", "team": row.team_name, **row.as_json()}
