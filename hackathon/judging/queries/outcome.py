"""The results as everybody reads them: tracks, their finals, prizes; a team's result card."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.judging import standings
from hackathon.judging.models import Award, CriterionRow, Final, Round
from hackathon.judging.queries.audience import votes_in
from hackathon.judging.queries.results import decisions_of, shown_of
from hackathon.judging.rules import Prize, State
from hackathon.shared.facts import Note

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from fractions import Fraction

    from sqlalchemy.orm import Session

    from hackathon.judging.queries.results import Decision, Standing


@dataclass(frozen=True)
class AwardRow:
    """A prize with its reason."""

    name: str
    project_id: int
    reason: str
    kind: Prize = Prize.CHOICE
    id: int = 0


def awards_in(session: Session, round_ids: Iterable[int]) -> dict[int, list[AwardRow]]:
    """The prizes of rounds: those of places first, then as they were given; one statement."""
    answer = session.execute(
        select(Award, Note.text)
        .outerjoin(Note, Note.id == Award.note_id)
        .where(Award.round_id.in_(list(round_ids)))
        .order_by(Award.place.is_(None), Award.place, Award.id)
    )
    found: dict[int, list[AwardRow]] = defaultdict(list)
    for award, reason in answer:
        row = AwardRow(award.name, award.project_id, reason or "", Prize(award.kind), award.id)
        found[award.round_id].append(row)
    return found


def awards_of(session: Session, round_id: int) -> list[AwardRow]:
    """The prizes of a round."""
    return awards_in(session, [round_id]).get(round_id, [])


def rounds_with_firsts(session: Session, event_id: int) -> tuple[list[Round], dict[int, int]]:
    """The rounds of an event, the oldest first, and the round before each final."""
    answer = session.execute(
        select(Round, Final.first_id)
        .outerjoin(Final, Final.round_id == Round.id)
        .where(Round.event_id == event_id)
        .order_by(Round.id)
    ).all()
    firsts = {found.id: first for found, first in answer if first}
    return [found for found, _ in answer], firsts


# --- the results ----------------------------------------------------------------------


@dataclass(frozen=True)
class Stage:
    """A round's part of the results."""

    found: Round
    rows: list[Standing]
    awards: list[AwardRow] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    tally: dict[int, int] = field(default_factory=dict)
    finalists: frozenset[int] = frozenset()

    @property
    def is_out(self) -> bool:
        """Whether everything is shown."""
        return self.found.state == State.REVEALED


@dataclass(frozen=True)
class Outcome:
    """The results of a track: the round that decided, then the rounds before it."""

    track: str
    stages: list[Stage]


def outcomes(session: Session, rounds: Sequence[Round], firsts: dict[int, int]) -> list[Outcome]:
    """What everybody may see, track by track, the event's own first; at most four statements."""
    shown = shown_of(session, rounds)
    out = [found.id for found in rounds if found.id in shown and found.state == State.REVEALED]
    awards = awards_in(session, out) if out else {}
    voted = [row.id for row in rounds if row.id in out and row.vote_opened_at is not None]
    tallies = votes_in(session, voted) if voted else {}
    stages = {}
    for found in rounds:
        one = shown.get(found.id)
        if one is None:
            continue
        stages[found.id] = Stage(
            found,
            one.rows,
            awards.get(found.id, []),
            decisions_of(session, one.record) if one.record is not None else [],
            tallies.get(found.id, {}),
        )
    return _by_track(stages, firsts)


def _by_track(stages: dict[int, Stage], firsts: dict[int, int]) -> list[Outcome]:
    before = {first for final, first in firsts.items() if final in stages}
    found = []
    for round_id in sorted(stages, reverse=True):
        if round_id in before:
            continue
        chain, at = [stages[round_id]], firsts.get(round_id)
        while at is not None and at in stages:
            last = chain[-1]
            own = frozenset(row.project_id for row in last.rows)
            chain.append(
                Stage(
                    stages[at].found, stages[at].rows, stages[at].awards, stages[at].decisions,
                    stages[at].tally, own,
                )
            )  # fmt: skip
            at = firsts.get(at)
        found.append(Outcome(stages[round_id].found.track, chain))
    return sorted(found, key=lambda one: (one.track.casefold(), -one.stages[0].found.id))


# --- the result card ------------------------------------------------------------------


@dataclass(frozen=True)
class CriterionResult:
    """A criterion on a result card: the own mean against the middle half of the field."""

    label: str
    own: Fraction
    low: Fraction
    high: Fraction


@dataclass(frozen=True)
class ResultCard:
    """What a team reads of its own result in a round; never another team's name."""

    found: Round
    standing: Standing
    field_size: int
    criteria: list[CriterionResult]
    texts: list[tuple[str, str]]
    awards: list[str]


def result_cards(session: Session, rounds: Sequence[Round], team_id: int) -> list[ResultCard]:
    """A team's result cards, the newest round first; empty before the reveal. Three statements."""
    revealed = [found for found in reversed(rounds) if found.state == State.REVEALED]
    shown = shown_of(session, revealed)
    own = {
        found.id: row
        for found in revealed
        for row in (shown[found.id].rows if found.id in shown else [])
        if row.team_id == team_id
    }
    if not own:
        return []
    lines: dict[int, list[CriterionRow]] = defaultdict(list)
    query = select(CriterionRow).where(CriterionRow.round_id.in_(own))
    for line in session.scalars(query.order_by(CriterionRow.position)):
        lines[line.round_id].append(line)
    awards = awards_in(session, own)
    return [
        _card(found, own[found.id], shown[found.id].rows, lines[found.id], awards.get(found.id, []))
        for found in revealed
        if found.id in own
    ]


def _card(
    found: Round,
    mine: Standing,
    rows: Sequence[Standing],
    lines: Sequence[CriterionRow],
    awards: Sequence[AwardRow],
) -> ResultCard:
    criteria = []
    for line in lines:
        low, high = standings.middle_half([row.criteria[line.key] for row in rows])
        criteria.append(CriterionResult(line.label, mine.criteria[line.key], low, high))
    return ResultCard(
        found=found,
        standing=mine,
        field_size=len(rows),
        criteria=criteria,
        texts=list(mine.texts),
        awards=[row.name for row in awards if row.project_id == mine.project_id],
    )
