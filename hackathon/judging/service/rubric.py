"""The method in public: published before the round opens, changed later only as a new version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from hackathon.events.rules import check_reason
from hackathon.judging.models import RubricVersion
from hackathon.judging.queries.rounds import criteria_of, rubric_of
from hackathon.judging.rules import MARKING, Rubric, State, weight_text
from hackathon.judging.service.held import own_round, say
from hackathon.shared.clock import now
from hackathon.shared.errors import Conflict
from hackathon.shared.facts import note

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.judging.models import Round
    from hackathon.people.rules import Actor


def publish_method(session: Session, actor: Actor, *, event_id: int, round_id: int) -> None:
    """Let everybody who sees the event read how the round is judged; again changes nothing."""
    found = own_round(session, actor, event_id, round_id)
    if found.published_at is None:
        found.published_at = now()
        say(session, actor, found, "method.published")


def revise_rubric(
    session: Session, actor: Actor, *, event_id: int, round_id: int, rubric: Rubric, reason: str
) -> None:
    """Change words and weights of a rubric while judging goes on: a new version with a reason.

    Scale and criteria stay, so that every mark keeps its meaning.

    Raises:
        Conflict: the round is not open or paused; the scale or the criteria differ.
        Invalid: no reason.
    """
    found = own_round(session, actor, event_id, round_id)
    if State(found.state) not in MARKING:
        raise Conflict("frozen", "Judging is not open; the rubric stays as it is.")
    lines = criteria_of(session, found.id)
    present = rubric_of(found, lines)
    if rubric.scale != present.scale or [line.key for line in rubric.criteria] != [
        line.key for line in present.criteria
    ]:
        raise Conflict(
            "rubric_locked",
            "While judging is open only labels, weights and words of the levels can change; "
            "scale and criteria stay, because scores were given on them. Nothing was changed.",
        )
    told = note(session, check_reason(reason))
    if rubric.criteria == present.criteria:
        return
    query = select(func.max(RubricVersion.number)).filter_by(round_id=found.id)
    number = session.scalar(query)
    if number is None:
        number = 1
        _keep(session, found, present, number, None, None)
    found.revised_note_id = int(str(told["note"]))
    _keep(session, found, rubric, number + 1, found.revised_note_id, actor.person_id)
    for line, criterion in zip(lines, rubric.criteria, strict=True):
        line.label, line.weight = criterion.label, weight_text(criterion.weight)
        line.anchors = json.dumps(criterion.anchors, sort_keys=True, ensure_ascii=False)
    session.flush()
    say(session, actor, found, "rubric.revised", number=number + 1, reason=told)


def _keep(
    session: Session,
    found: Round,
    rubric: Rubric,
    number: int,
    note_id: int | None,
    made_by_id: int | None,
) -> None:
    lines = [
        [line.key, line.label, weight_text(line.weight), line.anchors] for line in rubric.criteria
    ]
    session.add(
        RubricVersion(
            round_id=found.id,
            number=number,
            rubric=json.dumps(lines, ensure_ascii=False),
            note_id=note_id,
            made_by_id=made_by_id,
            made_at=now() if number > 1 else found.opened_at or now(),
        )
    )
