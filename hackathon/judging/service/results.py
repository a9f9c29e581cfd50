"""The record of a freeze, the late tray's decisions, awards and the reveal."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from hackathon.events import service as events
from hackathon.events.models import Event
from hackathon.events.rules import check_reason
from hackathon.judging.models import Award, ResultRecord, ResultRow, Round
from hackathon.judging.queries.marks import ledger_of, texts_of
from hackathon.judging.queries.results import (
    newest_record,
    recorded_standings,
    standings_of,
    steps_of,
)
from hackathon.judging.queries.rounds import (
    criteria_of,
    entries_of,
    no_such_round,
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
from hackathon.judging.standings import LAMBDA_JUDGE, LAMBDA_PROJECT, inputs_hash
from hackathon.judging.uncertainty import DRAWS
from hackathon.people.rules import check_organizes
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, Invalid, NotFound
from hackathon.shared.facts import note, record

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.judging.uncertainty import Chance
    from hackathon.people.rules import Actor


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
    _say_recorded(session, actor, made)
    return made


def _say_recorded(session: Session, actor: Actor, made: ResultRecord) -> None:
    record(
        session,
        stream=f"judging:{made.round_id}",
        kind="results.recorded",
        actor_id=actor.person_id,
        number=made.number,
        inputs_hash=made.inputs_hash,
        sheets=made.sheet_count,
    )


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
    found = _own(session, actor, event_id, round_id)
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


# --- what people decide ---------------------------------------------------------------


def decide_place(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    round_id: int,
    project_id: int,
    place: int,
    reason: str,
) -> ResultRecord:
    """Give a project a better place within its band, where the scores cannot tell.

    Writes a new record, made from the same sheets, that names the decision. Late marks that
    are accepted afterwards make a record without it: the band may be another one then.

    Raises:
        Conflict: the round is not frozen, or the scores do tell: another band.
        NotFound: the project is not in the record.
        Invalid: no reason, or no such better place.
    """
    found = _own(session, actor, event_id, round_id)
    made = newest_record(session, found.id)
    if found.state != State.FROZEN or made is None:
        raise Conflict(
            "wrong_state",
            f"The round is {found.state}; places are decided while it is frozen. "
            "Nothing was changed.",
        )
    rows = recorded_standings(session, made)
    mine = next((row for row in rows if row.project_id == project_id), None)
    if mine is None:
        raise NotFound("no_such_project", "Nobody judged such a project in this round.")
    holders = [row for row in rows if row.place == place and row.component == mine.component]
    if not holders or place > mine.place or holders == [mine]:
        raise Invalid(
            "place", "Choose a better place than it has; nothing was changed.", field="place"
        )
    if mine.chance is None or any(
        row.chance is None or row.chance.band != mine.chance.band for row in holders
    ):
        raise Conflict(
            "other_band",
            "The scores tell these projects apart, so the rule stands. Nothing was changed.",
        )
    told = note(session, check_reason(reason))
    parameters = json.loads(made.parameters)
    decisions = parameters.setdefault("decided", [])
    decisions.append({"project": project_id, "place": place, "note": told["note"]})
    again = ResultRecord(
        round_id=found.id,
        number=made.number + 1,
        made_at=now(),
        made_by_id=actor.person_id,
        inputs_hash=made.inputs_hash,
        parameters=json.dumps(parameters, sort_keys=True),
        program_version=version("hackathon"),
        sheet_count=made.sheet_count,
    )
    session.add(again)
    session.flush()
    moved = {
        row.project_id: row.place + 1
        for row in rows
        if row.component == mine.component and place <= row.place <= mine.place
    } | {project_id: place}
    kept = [column.key for column in ResultRow.__table__.columns if column.key != "id"]
    for row in session.scalars(select(ResultRow).filter_by(record_id=made.id)).all():
        values = {name: getattr(row, name) for name in kept}
        values |= {"record_id": again.id, "place": moved.get(row.project_id, row.place)}
        if row.project_id == project_id:
            values["tie"] = "decided"
        session.add(ResultRow(**values))
    session.flush()
    record(
        session,
        stream=f"judging:{found.id}",
        kind="place.decided",
        actor_id=actor.person_id,
        project=project_id,
        place=place,
        reason=told,
    )
    _say_recorded(session, actor, again)
    return again


# --- awards ---------------------------------------------------------------------------


def give_award(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    round_id: int,
    project_id: int,
    name: str,
    reason: str,
) -> None:
    """Give a prize, with a reason that is shown; giving it again moves it.

    Raises:
        Conflict: the round is not frozen, or the results are out.
        NotFound: the project is not in the record.
    """
    found = _own(session, actor, event_id, round_id)
    if State(found.state) not in {State.FROZEN, State.FINALIZED}:
        raise Conflict("wrong_state", "Prizes are decided between the freeze and the reveal.")
    if not name.strip():
        raise Invalid("name", "Give the prize a name.", field="name")
    made = newest_record(session, found.id)
    there = select(ResultRow.id).filter_by(record_id=made.id if made else 0, project_id=project_id)
    if session.scalar(there) is None:
        raise NotFound("no_such_project", "Nobody judged such a project in this round.")
    told = note(session, check_reason(reason))
    clean = " ".join(name.split())[:80]
    award = session.scalar(select(Award).filter_by(round_id=found.id, name=clean))
    if award is None:
        award = Award(round_id=found.id, name=clean, project_id=project_id, note_id=told["note"])
        session.add(award)
    award.project_id, award.note_id = project_id, int(str(told["note"]))
    award.decided_by_id, award.decided_at = actor.person_id, now()
    session.flush()
    record(
        session,
        stream=f"judging:{found.id}",
        kind="award.given",
        actor_id=actor.person_id,
        award=award.id,
        project=project_id,
        reason=told,
    )


# --- the reveal -----------------------------------------------------------------------


def _own(session: Session, actor: Actor, event_id: int, round_id: int) -> Round:
    check_organizes(actor, event_id)
    found = lock(session, Round, id=round_id, event_id=event_id)
    if found is None:
        raise no_such_round()
    return found


def show_step(session: Session, actor: Actor, *, event_id: int, round_id: int, step: int) -> int:
    """Show the first `step` steps of the reveal; a smaller number goes back.

    Returns the step shown. The same step again changes nothing.

    Raises:
        Conflict: the round is not finalized, or all is out.
        Invalid: there is no such step.
    """
    found = _own(session, actor, event_id, round_id)
    if found.state != State.FINALIZED:
        raise Conflict(
            "wrong_state",
            f"The round is {found.state}; the reveal needs it finalized. Nothing was shown.",
        )
    made = newest_record(session, found.id)
    steps = steps_of(recorded_standings(session, made) if made else [], found.reveal_top)
    if not 0 <= step <= len(steps):
        raise Invalid("step", "The reveal has no such step; nothing was shown.", field="step")
    if found.reveal_step != step:
        found.reveal_step = step
        record(
            session,
            stream=f"judging:{found.id}",
            kind="reveal.shown",
            actor_id=actor.person_id,
            step=step,
        )
    return step


def set_reveal_top(
    session: Session, actor: Actor, *, event_id: int, round_id: int, top: int
) -> None:
    """How many places are shown one by one, before the first is; 0 for every place."""
    found = _own(session, actor, event_id, round_id)
    if found.state not in {State.FROZEN, State.FINALIZED} or found.reveal_step:
        raise Conflict("reveal_begun", "The reveal has begun or is over; nothing was changed.")
    if not 0 <= top <= 1000:  # noqa: PLR2004 - far above any event
        raise Invalid("top", "Choose a number of places.", field="top")
    found.reveal_top = top
    record(
        session, stream=f"judging:{found.id}", kind="reveal.planned", actor_id=actor.person_id,
        top=top,
    )  # fmt: skip


def publish_results(session: Session, actor: Actor, *, event_id: int, round_id: int) -> None:
    """The reveal's end: everybody sees the results, and the event's phase is results.

    Raises:
        Conflict: the round is not finalized.
    """
    check_organizes(actor, event_id)
    lock(session, Event, id=event_id)  # before the round, as everywhere
    found = _own(session, actor, event_id, round_id)
    if found.state == State.REVEALED:
        return
    if found.state != State.FINALIZED:
        raise Conflict(
            "wrong_state",
            f"The round is {found.state}; the reveal needs it finalized. Nothing was shown.",
            state=found.state,
        )
    found.state, found.revealed_at = State.REVEALED, now()
    record(
        session,
        stream=f"judging:{found.id}",
        kind="round.revealed",
        actor_id=actor.person_id,
    )
    events.mark_revealed(session, actor, event_id=event_id)
