"""The record of a freeze, and looking at values before it."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from hackathon.events.models import Event
from hackathon.events.rules import check_reason
from hackathon.judging.models import ResultRecord, ResultRow, Round
from hackathon.judging.queries.marks import ledger_of, texts_of
from hackathon.judging.queries.results import standings_of
from hackathon.judging.queries.rounds import (
    criteria_of,
    entries_of,
    seat_of,
    weights_of,
)
from hackathon.judging.rules import (
    FROM_FREEZE,
    Rule,
    State,
    check_may_see_values,
    weight_text,
)
from hackathon.judging.service.decisions import decide_place, give_award, say_recorded
from hackathon.judging.service.held import own_round
from hackathon.judging.service.reveal import publish_results, set_reveal_top, show_step
from hackathon.judging.standings import LAMBDA_JUDGE, LAMBDA_PROJECT, inputs_hash
from hackathon.judging.uncertainty import DRAWS
from hackathon.shared.clock import now
from hackathon.shared.facts import note, record

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.judging.uncertainty import Chance
    from hackathon.people.rules import Actor


__all__ = [
    "decide_place", "give_award", "look_at_values", "publish_results", "record_results",
    "set_reveal_top", "show_step",
]  # fmt: skip


def record_results(session: Session, actor: Actor, found: Round) -> ResultRecord:
    """Write what the standings are now: at the freeze, and after late marks are accepted.

    The parameters name the visits that counted, so that the record can be recomputed for
    ever: conflicts, disqualified projects and archived teams may change afterwards.
    """
    event = session.get_one(Event, found.event_id)
    lines = criteria_of(session, found.id)
    known = {entry.project_id: entry for entry in entries_of(session, event, found.id)}
    ledger = ledger_of(session, found.id, lines, known)
    weights = weights_of(lines)
    rule = Rule(found.rule)
    last = session.scalar(select(func.max(ResultRecord.number)).filter_by(round_id=found.id)) or 0
    made = ResultRecord(
        round_id=found.id,
        number=last + 1,
        made_at=now(),
        made_by_id=actor.person_id,
        inputs_hash=inputs_hash(ledger.sheets, weights, rule),
        parameters=json.dumps(
            {
                "rule": rule.value,
                "lambda_judge": str(LAMBDA_JUDGE),
                "lambda_project": str(LAMBDA_PROJECT),
                "draws": DRAWS,
                "weights": [[key, weight_text(weight)] for key, weight in weights.items()],
                "scale": [found.low, found.high, found.step],
                "visits": sorted(ledger.projects),
            },
            sort_keys=True,
        ),
        program_version=version("hackathon"),
        sheet_count=len(ledger.sheets),
    )
    session.add(made)
    session.flush()
    words = _words(session, found.id, ledger.projects)
    for row in standings_of(ledger.sheets, known, lines, rule):
        session.add(
            ResultRow(
                record_id=made.id,
                project_id=row.project_id,
                team_id=row.team_id,
                title=row.title,
                team_name=row.team_name,
                place=row.place,
                component=row.component,
                raw_mean=str(row.raw_mean),
                adjusted=str(row.adjusted),
                sheets=row.sheets,
                tie=row.tie,
                **_chance_columns(row.chance),
                criteria=json.dumps({key: str(mean) for key, mean in row.criteria.items()}),
                texts=json.dumps(words.get(row.project_id, []), ensure_ascii=False),
            )
        )
    session.flush()
    say_recorded(session, actor, made)
    return made


def _chance_columns(chance: Chance | None) -> dict[str, int]:
    return asdict(chance) if chance is not None else {}


def _words(
    session: Session, round_id: int, projects: dict[int, int]
) -> dict[int, list[tuple[str, str]]]:
    """What judges said to each team, unnamed and shuffled once and for all."""
    found: dict[int, list[tuple[str, str]]] = {}
    for visit_id, row in texts_of(session, round_id).items():
        if visit_id in projects and (row.strength or row.question):
            found.setdefault(projects[visit_id], []).append((row.strength, row.question))
    for said in found.values():
        secrets.SystemRandom().shuffle(said)
    return found


def look_at_values(
    session: Session, actor: Actor, *, event_id: int, round_id: int, reason: str
) -> None:
    """Say why somebody looks at values before the freeze; all organizers are told.

    Raises:
        NotAllowed: the actor judges in this round.
        Invalid: no reason.
    """
    found = own_round(session, actor, event_id, round_id)
    seat = seat_of(session, found.id, actor.person_id)
    check_may_see_values(State(found.state), holds_seat=seat is not None)
    if State(found.state) in FROM_FREEZE:
        return
    record(
        session,
        stream=f"judging:{found.id}",
        kind="values.looked",
        actor_id=actor.person_id,
        reason=note(session, check_reason(reason, "look")),
    )
