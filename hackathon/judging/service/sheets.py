"""Sheets that organizers bring: from paper, from a file, from another program."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from hackathon.judging.models import Feedback, Seat, Visit
from hackathon.judging.queries.marks import cells_of_visit
from hackathon.judging.queries.rounds import criteria_of, rubric_of, seat_of
from hackathon.judging.rules import (
    FROM_FREEZE,
    State,
    check_may_see_values,
    number,
    parse_form_value,
)
from hackathon.judging.service.ledger import Target, no_such_visit, write_mark, write_texts
from hackathon.judging.service.marks import Sent, Texts, save_mark, save_texts
from hackathon.judging.service.seats import plan_visit
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from hackathon.judging.models import Round
    from hackathon.people.rules import Actor

BROUGHT = uuid.UUID("6a1f6f0e-8e0f-5f0a-9d0b-2f6f1f1c7a55")
"""The namespace of keys for marks that no device made."""


def brought_key(*parts: object) -> str:
    """The key of a brought mark: the same parts, the same key."""
    return uuid.uuid5(BROUGHT, "/".join(str(part) for part in parts)).hex


def bring_sheet(
    session: Session,
    actor: Actor,
    *,
    found: Round,
    seat: Seat,
    project_id: int,
    values: Mapping[str, int],
    texts: Texts | None = None,
) -> int:
    """Enter a judge's sheet: marks that differ become rows, equal ones change nothing.

    Args:
        session: An open transaction.
        actor: An organizer who does not judge in this round.
        found: The round, before its freeze.
        seat: The judge.
        project_id: The project; the visit is made where it is missing.
        values: Tenths by criterion; a criterion left out is not scored.
        texts: The judge's words, if any.

    Returns how many rows were added.

    Raises:
        Conflict: the round is frozen.
        NotAllowed: the actor judges here, or the judge has a conflict.
        NotFound: an unknown criterion.
    """
    session.refresh(found, with_for_update={"read": True})
    own = seat_of(session, found.id, actor.person_id)
    check_may_see_values(State(found.state), holds_seat=own is not None)
    if State(found.state) in FROM_FREEZE:
        raise Conflict("frozen", "Judging is closed; sheets come in before the freeze.")
    lock(session, Seat, id=seat.id)
    visit = plan_visit(session, actor, found=found, seat=seat, project_id=project_id)
    lines = criteria_of(session, found.id)
    scale = rubric_of(found, lines).scale
    known = {line.key: line for line in lines}
    if strange := values.keys() - known.keys():
        raise NotFound("no_such_criterion", f"The rubric has no criterion {min(strange)}.")
    target, added = Target(found, seat, visit), 0
    cells = cells_of_visit(session, visit.id)
    for key, value in values.items():
        cell = cells.get(known[key].id)
        if cell is not None and cell.value == value:
            continue
        seq = cell.seq + 1 if cell is not None else 1
        sent = Sent(
            key=brought_key(found.id, project_id, seat.id, key, seq), seq=seq, made_at=now()
        )
        write_mark(
            session,
            actor,
            target,
            sent,
            lines=lines,
            line=known[key],
            value=scale.check(value),
            entered_by_id=actor.person_id,
        )
        added += 1
    if texts is not None and texts != Texts():
        added += _bring_texts(session, actor, target, texts)
    return added


def _bring_texts(session: Session, actor: Actor, target: Target, texts: Texts) -> int:
    query = select(Feedback).filter_by(visit_id=target.visit.id)
    newest = session.scalar(query.order_by(Feedback.seq.desc(), Feedback.id.desc()).limit(1))
    if newest and (newest.strength, newest.question, newest.note) == (
        texts.strength, texts.question, texts.note,
    ):  # fmt: skip
        return 0
    last = select(func.max(Feedback.seq)).filter_by(visit_id=target.visit.id)
    seq = (session.scalar(last) or 0) + 1
    key = brought_key(target.found.id, target.visit.project_id, target.seat.id, "texts", seq)
    sent = Sent(key=key, seq=seq, made_at=now())
    write_texts(session, actor, target, sent, texts, actor.person_id)
    return 1


@dataclass(frozen=True)
class Typed:
    """What became of a sheet sent as a form."""

    marks: int
    late: int
    texts: bool
    blank: tuple[str, ...] = ()
    """Labels still without a score, where texts had to wait for them."""


def type_sheet(
    session: Session,
    actor: Actor,
    *,
    found: Round,
    project_id: int,
    values: Mapping[str, str],
    texts: Texts,
    once: str,
    opened_at: datetime | None = None,
) -> Typed:
    """Save a judge's own sheet as a form sends it: scores that differ, then the words.

    Args:
        session: An open transaction.
        actor: The judge.
        found: The round.
        project_id: The project.
        values: Typed numbers by criterion; blank leaves the cell as it is.
        texts: The words; they wait until every criterion has a score.
        once: The form's key: the second click finds what the first one stored.
        opened_at: When the form was shown, by its own word.

    Raises:
        NotAllowed, NotFound, Invalid, Conflict: as `save_mark`; then nothing was saved.
    """
    query = select(Visit).join(Seat, Seat.id == Visit.seat_id)
    own = query.where(Seat.round_id == found.id, Seat.person_id == (actor.person_id or 0))
    visit = session.scalar(own.where(Visit.project_id == project_id))
    if visit is None:
        raise no_such_visit()
    lines = criteria_of(session, found.id)
    scale = rubric_of(found, lines).scale
    cells = cells_of_visit(session, visit.id)
    marks = late = 0
    for line in lines:
        typed = values.get(line.key, "").strip()
        cell = cells.get(line.id)
        if not typed:
            continue
        tenths = parse_form_value(typed, scale)
        if cell is not None and cell.value == tenths:
            continue
        sent = Sent(
            key=brought_key(once, line.key),
            seq=cell.seq + 1 if cell is not None else 1,
            made_at=now(),
            visit_id=visit.id,
            opened_at=opened_at,
        )
        saved = save_mark(session, actor, sent=sent, criterion=line.key, value=number(tenths))
        marks, late = marks + (not saved.late), late + saved.late
    sent = Sent(
        key=brought_key(once, "texts"), seq=1, made_at=now(), visit_id=visit.id,
        opened_at=opened_at,
    )  # fmt: skip
    return _type_texts(session, actor, sent, texts, Typed(marks, late, texts=False))


def _type_texts(session: Session, actor: Actor, sent: Sent, texts: Texts, so_far: Typed) -> Typed:
    visit = session.get_one(Visit, sent.visit_id)
    query = select(Feedback).filter_by(visit_id=visit.id)
    newest = session.scalar(query.order_by(Feedback.seq.desc(), Feedback.id.desc()).limit(1))
    known = Texts(newest.strength, newest.question, newest.note) if newest else Texts()
    if texts == known:
        return so_far
    lines = criteria_of(session, visit.round_id)
    cells = cells_of_visit(session, visit.id)
    blank = [line.label for line in lines if line.id not in cells or cells[line.id].value is None]
    has_left = session.get_one(Seat, visit.seat_id).removed_at is not None
    if blank and not so_far.late and not has_left:
        return replace(so_far, blank=tuple(blank))
    if newest:
        sent = replace(sent, seq=newest.seq + 1)
    saved = save_texts(session, actor, sent=sent, texts=texts)
    return replace(so_far, texts=not saved.late, late=so_far.late + saved.late)
