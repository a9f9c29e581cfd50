"""For the chair: how the judges judged. Estimates with intervals, never a verdict."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import StatisticsError, correlation
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.judging import standings, uncertainty
from hackathon.judging.models import Seat, Visit
from hackathon.judging.rules import Rule
from hackathon.people.models import Person
from hackathon.projects.models import Project
from hackathon.teams.models import Membership

if TYPE_CHECKING:
    from fractions import Fraction

    from sqlalchemy.orm import Session

    from hackathon.judging.models import Round
    from hackathon.judging.queries.explain import Recorded
    from hackathon.judging.standings import Pair
    from hackathon.judging.uncertainty import Effect

FEWEST = 3
"""Sheets below which a judge's agreement with the others says nothing."""


@dataclass(frozen=True)
class JudgeRow:
    """A judge.

    `leniency` is on the rubric's scale; `agreement` (-1 to 1) with the other judges' means of
    the same projects, None where the sheets cannot tell.
    """

    seat_id: int
    name: str
    sheets: int
    mean: float
    leniency: float
    agreement: float | None


@dataclass(frozen=True)
class Report:
    """What the chair reads."""

    judges: list[JudgeRow]
    order: Effect
    """Per further visit of a judge, on the rubric's scale."""
    department: Effect
    """For a project with a member of the judge's department."""
    same: int
    """Sheets with such a project."""


def report(session: Session, found: Round, given: Recorded) -> Report | None:
    """How the judges of a record judged; None without sheets. Two statements."""
    scores = given.scores
    if not scores:
        return None
    adjusted = standings.adjusted_means(scores)  # leniency is told also where the mean ranks
    model = uncertainty.fit(scores, adjusted, Rule.ADJUSTED)
    lenient = standings.leniency(scores)
    names, departments, turn = _visits(session, found.id)
    teams = _departments(session, {project for _, project in scores})
    home = {
        (judge, project): float(bool(departments[judge]) and departments[judge] in teams[project])
        for judge, project in scores
    }
    judges = []
    for seat_id in sorted(lenient, key=lambda seat_id: (names[seat_id], seat_id)):
        own = [float(score) for (judge, _), score in scores.items() if judge == seat_id]
        judges.append(
            JudgeRow(
                seat_id=seat_id,
                name=names[seat_id],
                sheets=len(own),
                mean=sum(own) / len(own),
                leniency=float(lenient[seat_id]),
                agreement=_agreement(scores, seat_id),
            )
        )
    return Report(
        judges=judges,
        order=uncertainty.effect(model, {pair: turn.get(pair, 0.0) for pair in scores}),
        department=uncertainty.effect(model, home),
        same=int(sum(home.values())),
    )


def _agreement(scores: dict[Pair, Fraction], judge: int) -> float | None:
    others: dict[int, list[float]] = defaultdict(list)
    for (other, project), score in scores.items():
        if other != judge:
            others[project].append(float(score))
    pairs = [
        (float(score), sum(others[project]) / len(others[project]))
        for (own, project), score in scores.items()
        if own == judge and others[project]
    ]
    if len(pairs) < FEWEST:
        return None
    try:
        return correlation([one for one, _ in pairs], [two for _, two in pairs])
    except StatisticsError:  # one side says the same of every project
        return None


def _visits(
    session: Session, round_id: int
) -> tuple[dict[int, str], dict[int, str], dict[Pair, float]]:
    """Name and folded department of each seat; which visit of the judge each was, from 1.

    In the order in which the sheets were complete.
    """
    rows = session.execute(
        select(Visit.seat_id, Visit.project_id, Person.name, Person.department)
        .join(Seat, Seat.id == Visit.seat_id)
        .join(Person, Person.id == Seat.person_id)
        .where(Visit.round_id == round_id, Visit.submitted_at.is_not(None))
        .order_by(Visit.submitted_at, Visit.id)
    )
    names: dict[int, str] = {}
    departments: dict[int, str] = {}
    turn: dict[Pair, float] = {}
    count: dict[int, int] = defaultdict(int)
    for seat, project, name, department in rows:
        count[seat] += 1
        turn[seat, project] = float(count[seat])
        names[seat], departments[seat] = name, department.strip().casefold()
    return names, departments, turn


def _departments(session: Session, projects: set[int]) -> dict[int, set[str]]:
    """The departments of the people in each project's team."""
    rows = session.execute(
        select(Project.id, Person.department)
        .join(Membership, Membership.team_id == Project.team_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Project.id.in_(projects), Membership.left_at.is_(None))
    )
    found: dict[int, set[str]] = defaultdict(set)
    for project, department in rows:
        if department:
            found[project].add(department.strip().casefold())
    return found
