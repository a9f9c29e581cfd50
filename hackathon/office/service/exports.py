"""An event as files: every table as CSV, and its set-up, teams and projects as JSON.

The same state gives the same bytes: rows by primary key, keys sorted, no time of export.
CSV cells that a spreadsheet would take for a formula are disarmed; `event.json` is exact.
Before a round is frozen its values stay out, unless somebody looks with a reason.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hackathon.events.queries.agenda import items_of
from hackathon.judging.queries.rounds import criteria_of, rounds_of, rubric_of, seats_of
from hackathon.judging.rules import FROM_FREEZE, State, number, weight_text
from hackathon.judging.service.results import look_at_values
from hackathon.projects.models import Challenge
from hackathon.projects.queries import project_rows
from hackathon.shared.clock import utc_text
from hackathon.shared.db import Base, db
from hackathon.shared.errors import Conflict
from hackathon.shared.facts import FactRow
from hackathon.shared.web import csv_text
from hackathon.teams.queries import team_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sqlalchemy import ColumnElement, Table

    from hackathon.events.models import Event
    from hackathon.judging.models import Round
    from hackathon.people.rules import Actor

FORMAT = 1
SECRET = {
    "events": {"join_token"},
    "invitations": {"token_hash"},
    "seats": {"seen_by"},
    "stage_tokens": {"token_hash"},
    "team_tokens": {"token_hash"},
}
"""Columns that would let somebody in."""
AGENDA = ("title", "starts_at", "ends_at", "place", "link")
PERSON = ("id", "email", "name", "department", "zone")
STREAMS = ("event", "help", "credits")
"""The streams that carry an event's id; those of its rounds and proposals come on top."""
VALUES = {"marks": ("value",), "feedback": ("strength", "question", "note")}
"""What nobody sees of a round before its freeze without a reason."""

Row = dict[str, Any]


@dataclass
class Dump:
    """The rows of an event by table; `withheld` names the rounds whose values stay out."""

    tables: dict[str, tuple[list[str], list[Row]]] = field(default_factory=dict)
    withheld: list[str] = field(default_factory=list)


@contextmanager
def snapshot() -> Iterator[Session]:
    """A session that sees one moment, whatever is written meanwhile."""
    engine = db.engine
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with Session(engine) as session:
        yield session


def look_everywhere(session: Session, actor: Actor, *, event_id: int, reason: str) -> None:
    """Record why somebody takes the values of rounds that are not frozen.

    Raises:
        NotAllowed: the actor judges in one of them.
        Invalid: no reason.
    """
    for found in rounds_of(session, event_id):
        look_at_values(session, actor, event_id=event_id, round_id=found.id, reason=reason)


def owned_tables(event_id: int) -> dict[str, ColumnElement[bool]]:
    """Which rows of which table are an event's: by `event_id`, or by a parent that is."""
    root = Base.metadata.tables["events"]
    scope: dict[str, ColumnElement[bool]] = {"events": root.c.id == event_id}
    for table in Base.metadata.sorted_tables:
        if table.name in scope or table.name == "people":
            continue
        if "event_id" in table.c:
            scope[table.name] = table.c.event_id == event_id
            continue
        for key in table.foreign_keys:
            parent = key.column.table
            if parent.name in scope and parent.name != "events" and not key.parent.nullable:
                rows = select(key.column).where(scope[parent.name])
                scope[table.name] = key.parent.in_(rows)
                break
    return scope


def dump_event(session: Session, event: Event, *, with_values: bool) -> Dump:
    """Read every table of an event."""
    tables = Base.metadata.tables
    every = rounds_of(session, event.id)
    hidden = [found for found in every if State(found.state) not in FROM_FREEZE and not with_values]
    dump = Dump(withheld=[found.name for found in hidden])
    people: set[int] = set()
    notes: set[int] = set()
    for name, condition in owned_tables(event.id).items():
        table = tables[name]
        rows = [
            dict(row)
            for row in session.execute(
                select(table).where(condition).order_by(*table.primary_key.columns)
            ).mappings()
        ]
        for key in table.foreign_keys:
            kept = {"people": people, "notes": notes}.get(key.column.table.name)
            if kept is not None:
                kept.update(row[key.parent.name] for row in rows if row[key.parent.name])
        dump.tables[name] = _visible(table, rows)
    _hide_values(dump, hidden)
    _hide_answers(dump)
    _add_facts(session, dump, event, [found for found in every if found not in hidden], notes)
    for name, ids, columns in (
        ("people", people, PERSON),
        ("notes", notes, tuple(tables["notes"].c.keys())),
    ):
        table = tables[name]
        wanted = select(*(table.c[column] for column in columns)).where(table.c.id.in_(ids))
        found = session.execute(wanted.order_by(table.c.id)).mappings()
        dump.tables[name] = list(columns), [dict(row) for row in found]
    return dump


def _visible(table: Table, rows: list[Row]) -> tuple[list[str], list[Row]]:
    header = [name for name in table.c.keys() if name not in SECRET.get(table.name, set())]  # noqa: SIM118 - a collection of columns
    return header, [{name: row[name] for name in header} for row in rows]


def _hide_values(dump: Dump, hidden: list[Round]) -> None:
    rounds = {found.id for found in hidden}
    visits = {row["id"] for row in dump.tables["visits"][1] if row["round_id"] in rounds}
    for name, columns in VALUES.items():
        for row in dump.tables[name][1]:
            if row["visit_id"] in visits:
                row.update(dict.fromkeys(columns))


def _hide_answers(dump: Dump) -> None:
    """What people answered to an anonymous survey stays out: whose, and of few even what."""
    named = {row["id"] for row in dump.tables["surveys"][1] if row["is_named"]}
    columns, rows = dump.tables["survey_answers"]
    dump.tables["survey_answers"] = columns, [row for row in rows if row["survey_id"] in named]


def _add_facts(
    session: Session, dump: Dump, event: Event, open_rounds: list[Round], notes: set[int]
) -> None:
    """The facts of the event; a fact of a mark would tell its value, so hidden rounds have none."""
    streams = [f"{word}:{event.id}" for word in STREAMS]
    streams += [f"{word}:{found.id}" for word in ("judging", "late") for found in open_rounds]
    streams += [f"proposal:{row['id']}" for row in dump.tables["proposals"][1]]
    query = select(FactRow.__table__).where(FactRow.stream.in_(streams))
    rows = [dict(row) for row in session.execute(query.order_by(FactRow.position)).mappings()]
    for row in rows:
        for value in json.loads(row["body"]).values():
            if isinstance(value, dict) and "note" in value:
                notes.add(value["note"])
    dump.tables["facts"] = list(FactRow.__table__.c.keys()), rows


# --- event.json -----------------------------------------------------------------------


def event_json(session: Session, event: Event) -> Row:
    """Set-up, teams and projects of an event: what another place can make it of again."""
    columns = Base.metadata.tables["events"].c.keys()
    left_out = {"id", "join_token", "copied_from_id", "version", *SECRET["events"]}
    teams = team_rows(session, event.id)
    challenges = session.scalars(
        select(Challenge).filter_by(event_id=event.id).order_by(Challenge.id)
    ).all()
    titles = {row.id: row.title for row in challenges}
    return {
        "format": FORMAT,
        "event": {name: _plain(getattr(event, name)) for name in columns if name not in left_out},
        "challenges": [{"title": row.title, "problem": row.problem} for row in challenges],
        "agenda": [
            {name: _plain(getattr(item, name)) for name in AGENDA}
            for item in items_of(session, event.id)
        ],
        "teams": [
            {
                "name": row.team.name,
                "about": row.team.about,
                "capacity": row.team.capacity,
                "captain": next((m.email for m in row.members if m.id == row.team.captain_id), ""),
                "members": [
                    {"email": member.email, "name": member.name, "role": member.role}
                    for member in row.members
                ],
                "openings": [{"role": each.role, "wanted": each.wanted} for each in row.openings],
            }
            for row in teams
        ],
        "projects": [
            {
                "team": row.team.name,
                "key": row.project.key,
                "challenge": titles.get(row.project.challenge_id or 0, ""),
                "status": row.status,
                "card": json.loads(row.card.as_text()),
            }
            for row in project_rows(session, event)
            if row.project is not None
        ],
        "rounds": [_round_json(session, found) for found in rounds_of(session, event.id)],
    }


def _round_json(session: Session, found: Round) -> Row:
    rubric = rubric_of(found, criteria_of(session, found.id))
    return {
        "name": found.name,
        "mode": found.mode,
        "rule": found.rule,
        "min": number(found.low),
        "max": number(found.high),
        "step": number(found.step),
        "criteria": [
            {
                "key": line.key,
                "label": line.label,
                "weight": weight_text(line.weight),
                "anchors": line.anchors,
            }
            for line in rubric.criteria
        ],
        "judges": [
            {"email": row.email, "name": row.name, "key": row.seat.key,
             "group": row.seat.group_label, "tracks": row.seat.tracks,
             "max_load": row.seat.max_load}
            for row in seats_of(session, found.id)
            if row.seat.removed_at is None
        ],
    }  # fmt: skip


# --- files ----------------------------------------------------------------------------


def _plain(value: Any) -> Any:  # noqa: ANN401 - a column's value
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    return value


def check_folder(folder: Path) -> None:
    """Refuse a folder that holds something other than an export.

    Raises:
        Conflict: it does, or it is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise Conflict("not_a_folder", f"{folder} is a file; nothing was written.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "event.json").is_file():
        raise Conflict("not_empty", f"{folder} holds other files; nothing was written.")


def write_files(folder: Path, dump: Dump, setup: Mapping[str, Any]) -> list[str]:
    """Write the files; returns their names, sorted."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(setup, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    files = {"event.json": text}
    for name, (header, rows) in dump.tables.items():
        cells = [[_plain(row[column]) for column in header] for row in rows]
        files[f"{name}.csv"] = csv_text(header, cells)
    for name, content in files.items():
        (folder / name).write_bytes(content.encode())
    return sorted(files)
