"""All sheets of one project at once, as an organizer types them from paper: all or none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.judging.models import Pitch
from hackathon.judging.queries.papers import judges_of_project
from hackathon.judging.queries.rounds import criteria_of, rubric_of, seat_of
from hackathon.judging.rules import (
    MARKING,
    State,
    check_may_see_values,
    parse_form_value,
    shown,
)
from hackathon.judging.service.held import own_round
from hackathon.judging.service.marks import Texts
from hackathon.judging.service.presence import enter_paper
from hackathon.shared.errors import Conflict, Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from hackathon.judging.queries.papers import OnPaper
    from hackathon.judging.rules import Rubric
    from hackathon.people.rules import Actor


@dataclass(frozen=True)
class Paper:
    """A judge's sheet as somebody typed it: numbers by criterion, words.

    `wins`: it replaces what is there already.
    """

    seat_id: int
    values: Mapping[str, str]
    texts: Texts = field(default_factory=Texts)
    wins: bool = False

    @property
    def is_blank(self) -> bool:
        """Nothing was typed: there is no such sheet."""
        return self.texts == Texts() and not any(text.strip() for text in self.values.values())


def enter_papers(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    round_id: int,
    project_id: int,
    papers: Sequence[Paper],
    reason: str,
) -> list[int]:
    """Enter the sheets of one project in their judges' place, each as `enter_paper` records it.

    A sheet has every score or does not count as typed: half a sheet is a slip of the hand.
    Words alone are taken where the sheet is complete.

    Args:
        session: An open transaction.
        actor: An organizer who does not judge in this round.
        event_id: The event.
        round_id: Its round, open or paused.
        project_id: The project, in the round's running order.
        papers: What was typed; blank ones are left out.
        reason: Why somebody else writes; each judge reads it.

    Returns the seats whose sheets were typed.

    Raises:
        NotAllowed: not an organizer, or a judge of this round.
        NotFound: no such round, project or judge.
        Conflict: the round is not open.
        Invalid: nothing typed, no reason, or a sheet that cannot be; `cells` names each input
            (`value-<seat>-<criterion>`, `wins-<seat>`) with its sentence. Nothing was saved.
    """
    found = own_round(session, actor, event_id, round_id)
    own = seat_of(session, found.id, actor.person_id)
    check_may_see_values(State(found.state), holds_seat=own is not None)
    if State(found.state) not in MARKING:
        raise Conflict(
            "wrong_state", "Sheets from paper come in while judging is open. Nothing was saved."
        )
    pitch = select(Pitch.project_id).filter_by(round_id=found.id, project_id=project_id)
    if session.scalar(pitch) is None:
        raise NotFound("no_such_project", "This round has no such project.")
    typed = sorted((one for one in papers if not one.is_blank), key=lambda one: one.seat_id)
    if not typed:
        raise Invalid("empty", "Type at least one sheet. Nothing was saved.")
    rubric = rubric_of(found, criteria_of(session, found.id))
    judges = {one.seat_id: one for one in judges_of_project(session, found, project_id)}
    wrong: dict[str, str] = {}
    for paper in typed:
        if paper.seat_id not in judges:
            raise NotFound("no_such_seat", "This round has no such judge.")
        wrong |= _wrong(paper, judges[paper.seat_id], rubric)
    if wrong:
        said = " ".join(dict.fromkeys(wrong.values()))
        raise Invalid("sheets", f"{said} Nothing was saved.", cells=wrong)
    for paper in typed:
        enter_paper(
            session, actor, event_id=event_id, round_id=round_id, seat_id=paper.seat_id,
            project_id=project_id,
            values={
                key: parse_form_value(text, rubric.scale)
                for key, text in paper.values.items()
                if text.strip()
            },
            texts=paper.texts, reason=reason,
        )  # fmt: skip
    return [paper.seat_id for paper in typed]


def _wrong(paper: Paper, judge: OnPaper, rubric: Rubric) -> dict[str, str]:
    """What is wrong with a sheet: a sentence by input."""
    prefix, wins = f"value-{judge.seat_id}-", f"wins-{judge.seat_id}"
    if judge.has_conflict:
        return {wins: f"{judge.name} has a conflict with this project."}
    wrong: dict[str, str] = {}
    scale, blank = rubric.scale, []
    for line in rubric.criteria:
        text = paper.values.get(line.key, "").strip()
        if not text:
            blank.append(line)
            continue
        try:
            parse_form_value(text, scale)
        except Invalid:
            wrong[prefix + line.key] = (
                f"{judge.name}, {line.label}: {text[:20]} is not on the scale "
                f"({shown(scale.low)} to {shown(scale.high)})."
            )
    is_words_alone = len(blank) == len(rubric.criteria) and judge.is_complete
    if blank and not is_words_alone:
        labels = ", ".join(line.label for line in blank)
        sentence = f"{judge.name}: no score for {labels}. A sheet is entered whole."
        wrong |= {prefix + line.key: sentence for line in blank}
    if judge.scored and not paper.wins:
        wrong[wins] = (
            f"{judge.name}: there are scores {where_from(judge)} already; tick “The paper wins” if "
            "they are to be replaced."
        )
    return wrong


def where_from(judge: OnPaper) -> str:
    """Where the scores of a sheet come from, in words."""
    if judge.is_from_device:
        return "from the phone"
    return f"from paper by {judge.entered_by}"
