"""Marks and texts: each is a row that is added, once, whatever the line does.

The order of every write: the round is held (shared, so that judges do not wait for each
other), then the judge's seat (alone, so that one judge's devices are heard one after
another), then the key is looked up (a repetition gets the first answer, also after the
freeze), then the rules, then the row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, literal, select, union_all

from hackathon.judging.models import Feedback, LateMark, Mark, Round, Seat, Visit
from hackathon.judging.queries.conflicts import has_conflict
from hackathon.judging.queries.marks import cells_of_visit
from hackathon.judging.queries.results import public_version
from hackathon.judging.queries.rounds import criteria_of, rubric_of
from hackathon.judging.rules import (
    CLEAR,
    FROM_FREEZE,
    State,
    check_may_begin,
    check_may_score,
    key_reused,
    parse_value,
)
from hackathon.judging.service.ledger import (
    Saved,
    Sent,
    Target,
    Texts,
    no_such_visit,
    write_mark,
    write_texts,
)
from hackathon.shared.clock import now
from hackathon.shared.errors import Conflict, Invalid, NotFound
from hackathon.shared.facts import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from hackathon.judging.models import CriterionRow
    from hackathon.people.rules import Actor


__all__ = ["Saved", "Sent", "Texts", "save_mark", "save_texts"]


def _target(session: Session, actor: Actor, sent: Sent) -> Target:
    """The visit meant, its round and the judge's seat, both held.

    Raises:
        NotAllowed: never a seat in this round (23), or a conflict with the project.
        NotFound: unknown, not on the judge's list, or another's visit (18).
    """
    if sent.visit_id is not None:
        found = session.scalar(_ROUND_OF_VISIT, {"visit": sent.visit_id})
    else:
        found = session.scalar(_ROUND, {"round": sent.round_id})
    if found is None:
        raise no_such_visit()
    seat = session.scalar(_SEAT, {"round": found.id, "person": actor.person_id or 0})
    check_may_score(has_seat=seat is not None, has_conflict=False)
    own = {"seat": seat.id if seat else 0, "round": found.id}
    if sent.visit_id is not None:
        visit = session.scalar(_VISIT, {**own, "visit": sent.visit_id})
    else:
        visit = session.scalar(_VISIT_OF_PROJECT, {**own, "project": sent.project_id})
    project_id = visit.project_id if visit is not None else sent.project_id
    if seat is None or project_id is None:
        raise no_such_visit()
    check_may_score(has_seat=True, has_conflict=has_conflict(session, found, seat.id, project_id))
    if visit is None:
        raise no_such_visit()
    return Target(found, seat, visit)


# Made once, as every mark asks them.
_FRESH = {"populate_existing": True}
_HELD_ROUND = select(Round).with_for_update(read=True, of=Round).execution_options(**_FRESH)
_ROUND = _HELD_ROUND.where(Round.id == bindparam("round"))
_ROUND_OF_VISIT = _HELD_ROUND.join(Visit, Visit.round_id == Round.id).where(
    Visit.id == bindparam("visit")
)
_SEAT = (
    select(Seat)
    .where(Seat.round_id == bindparam("round"), Seat.person_id == bindparam("person"))
    .with_for_update()
    .execution_options(**_FRESH)
)
_OWN_VISIT = (
    select(Visit)
    .where(Visit.seat_id == bindparam("seat"), Visit.round_id == bindparam("round"))
    .execution_options(**_FRESH)
)
_VISIT = _OWN_VISIT.where(Visit.id == bindparam("visit"))
_VISIT_OF_PROJECT = _OWN_VISIT.where(Visit.project_id == bindparam("project"))
_TABLES: tuple[type[Mark | Feedback | LateMark], ...] = (Mark, Feedback, LateMark)
_KEY = (  # the ledger wins: an accepted late mark stands in both
    union_all(
        *(
            select(literal(number).label("kind"), table.id).where(table.key == bindparam("key"))
            for number, table in enumerate(_TABLES)
        )
    )
    .order_by("kind")
    .limit(1)
)


def _known(session: Session, key: str) -> Mark | Feedback | LateMark | None:
    """What was stored under a key, whatever it is; asked while the judge's seat is held."""
    row = session.execute(_KEY, {"key": key}).first()
    return session.get(_TABLES[row.kind], row.id) if row is not None else None


def _check_criterion(lines: Sequence[CriterionRow], key: str) -> CriterionRow:
    for line in lines:
        if line.key == key:
            return line
    raise NotFound("no_such_criterion", "The rubric has no such criterion. Nothing was saved.")


def _goes_late(target: Target, sent: Sent) -> bool:
    """Whether it is kept in the late tray; False: it counts.

    The freeze closes a round for everybody, a seat taken away for its judge alone: what the
    judge had begun before, by the device's word, is kept and decided by people.

    Raises:
        Conflict: not open yet, or paused.
        NotAllowed: begun after the seat was taken away.
    """
    state, removed_at = State(target.found.state), target.seat.removed_at
    if removed_at is not None:
        check_may_score(has_seat=sent.began_at < removed_at, has_conflict=False)
        if state is not State.DRAFT:
            return True
    if state in FROM_FREEZE:
        return True
    check_may_begin(state, is_begun=target.visit.begun_at is not None)
    return False


def save_mark(
    session: Session, actor: Actor, *, sent: Sent, criterion: str, value: object
) -> Saved:
    """Store one mark of the actor's own.

    `value` is a number on the rubric's scale as JSON carries it (4, 4.5); `CLEAR` takes the
    score away.

    A mark that comes after the freeze, or was made before the judge's seat was taken away
    and comes after, is kept in the late tray and said to be `late`.

    Raises:
        NotAllowed: no seat, or a conflict.
        NotFound: not on the judge's list; no such criterion.
        Invalid: not on the scale.
        Conflict: the key was used for something else; the round is not open; clearing a
            submitted sheet.
    """
    target = _target(session, actor, sent)
    lines = criteria_of(session, target.found.id)
    line = _check_criterion(lines, criterion)
    scale = rubric_of(target.found, lines).scale
    tenths = None if value is CLEAR else parse_value(value, scale)
    known, has_left = _known(session, sent.key), target.seat.removed_at is not None
    if isinstance(known, Mark):
        return _repeated(session, target, known, line.id, tenths, sent)
    if known is not None:
        same = isinstance(known, LateMark) and (
            known.seat_id, known.project_id, known.criterion_id, known.value, known.seq,
        ) == (target.seat.id, target.visit.project_id, line.id, tenths, sent.seq)  # fmt: skip
        if not same:
            raise key_reused()
        return Saved(known.id, late=True, replay=True, has_left=has_left)
    if tenths is None and target.visit.submitted_at is not None:
        raise Conflict(
            "submitted",
            "This sheet is complete; a score can be changed but not taken away. "
            "Nothing was changed.",
        )
    if _goes_late(target, sent):
        return _keep_late(session, actor, target, sent, criterion_id=line.id, value=tenths)
    return write_mark(session, actor, target, sent, lines=lines, line=line, value=tenths)


def _repeated(
    session: Session, target: Target, mark: Mark, criterion_id: int, value: int | None, sent: Sent
) -> Saved:
    same = (mark.visit_id, mark.criterion_id, mark.value, mark.seq) == (
        target.visit.id, criterion_id, value, sent.seq,
    )  # fmt: skip
    if not same:
        raise key_reused()
    current = cells_of_visit(session, target.visit.id)[criterion_id]
    return Saved(
        receipt=mark.id,
        superseded=current.receipt != mark.id,
        submitted=target.visit.submitted_at is not None,
        replay=True,
        known_version=public_version(session, target.found),
    )


def _keep_late(
    session: Session,
    actor: Actor,
    target: Target,
    sent: Sent,
    *,
    criterion_id: int | None = None,
    value: int | None = None,
    texts: Texts | None = None,
) -> Saved:
    late = LateMark(
        round_id=target.found.id,
        seat_id=target.seat.id,
        project_id=target.visit.project_id,
        criterion_id=criterion_id,
        value=value,
        texts=texts.as_text() if texts else "",
        seq=sent.seq,
        key=sent.key,
        made_at=sent.made_at,
        received_at=now(),
    )
    session.add(late)
    session.flush()
    fact = record(
        session,
        stream=f"late:{target.found.id}",
        kind="mark.late",
        actor_id=actor.person_id,
        late=late.id,
    )
    return Saved(late.id, late=True, has_left=target.seat.removed_at is not None, fact=fact)


def save_texts(session: Session, actor: Actor, *, sent: Sent, texts: Texts) -> Saved:
    """Store a judge's words for a complete sheet; the newest count.

    Raises:
        Invalid: `incomplete`, naming the criteria without a score; nothing is stored.
        NotAllowed, NotFound, Conflict: as `save_mark`.
    """
    target = _target(session, actor, sent)
    known = _known(session, sent.key)
    if isinstance(known, Feedback):
        same = (known.visit_id, known.strength, known.question, known.note, known.seq) == (
            target.visit.id, texts.strength, texts.question, texts.note, sent.seq,
        )  # fmt: skip
        if not same:
            raise key_reused()
        version = public_version(session, target.found)
        return Saved(known.id, submitted=True, replay=True, known_version=version)
    if known is not None:
        same = isinstance(known, LateMark) and (
            known.seat_id, known.project_id, known.texts, known.seq,
        ) == (target.seat.id, target.visit.project_id, texts.as_text(), sent.seq)  # fmt: skip
        if not same:
            raise key_reused()
        return Saved(known.id, late=True, replay=True, has_left=target.seat.removed_at is not None)
    if _goes_late(target, sent):
        return _keep_late(session, actor, target, sent, texts=texts)
    lines = criteria_of(session, target.found.id)
    cells = cells_of_visit(session, target.visit.id)
    blank = [line.key for line in lines if line.id not in cells or cells[line.id].value is None]
    if blank:
        labels = ", ".join(line.label for line in lines if line.key in blank)
        raise Invalid(
            "incomplete",
            f"Still without a score: {labels}. Nothing of the texts was saved.",
            criteria=blank,
        )
    return write_texts(session, actor, target, sent, texts)
