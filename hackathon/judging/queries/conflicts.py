"""Who must not score what: read from teams, help, challenges, departments, or declared."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, func, literal, select, union, union_all
from sqlalchemy.orm import aliased

from hackathon.judging.models import DeclaredConflict, Pitch, Round, Seat, Visit
from hackathon.judging.rules import Source
from hackathon.people.models import Person
from hackathon.projects.models import Challenge, Project
from hackathon.shared.facts import note_texts
from hackathon.teams.models import HelpRequest, Membership

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import InstrumentedAttribute, Session

HELPED = ("claimed", "done")
"""States of a call for help that somebody took."""

Conflicts = set[tuple[int, int]]
"""(seat, project)"""


@dataclass(frozen=True)
class _Known:
    """One source of conflicts: a statement of (seat, project) and the columns to ask by."""

    source: Source
    pairs: Select[int, int]
    seat: InstrumentedAttribute[int]
    project: InstrumentedAttribute[int]
    round: InstrumentedAttribute[int]


@cache
def _known(*, is_departmental: bool = True) -> tuple[_Known, ...]:
    """Every source of conflicts; each stands alone, so that it can be asked of any visit.

    Made once: a new alias would be a new statement to compile, for each mark.
    """
    parts = (_teams(), _mentors(), _challenges(), _declared())
    return (*parts, _departments()) if is_departmental else parts


def _teams() -> _Known:
    """The own team, also one that was left."""
    seat, project, member = aliased(Seat), aliased(Project), aliased(Membership)
    pairs = (
        select(seat.id, project.id)
        .join(member, member.person_id == seat.person_id)
        .join(project, project.team_id == member.team_id)
    )
    return _Known(Source.TEAM, pairs, seat.id, project.id, seat.round_id)


def _mentors() -> _Known:
    """A team whose call for help the judge took."""
    seat, project, call = aliased(Seat), aliased(Project), aliased(HelpRequest)
    pairs = (
        select(seat.id, project.id)
        .join(call, and_(call.claimed_by_id == seat.person_id, call.state.in_(HELPED)))
        .join(project, project.team_id == call.team_id)
    )
    return _Known(Source.MENTOR, pairs, seat.id, project.id, seat.round_id)


def _challenges() -> _Known:
    """A project for the own challenge."""
    seat, project, challenge = aliased(Seat), aliased(Project), aliased(Challenge)
    pairs = (
        select(seat.id, project.id)
        .join(challenge, challenge.owner_id == seat.person_id)
        .join(project, project.challenge_id == challenge.id)
    )
    return _Known(Source.CHALLENGE, pairs, seat.id, project.id, seat.round_id)


def _departments(*, only_where_asked: bool = True) -> _Known:
    """A present member of the judge's department, in rounds that ask for it."""
    seat, project, member, found = (
        aliased(Seat), aliased(Project), aliased(Membership), aliased(Round),
    )  # fmt: skip
    judge, colleague = aliased(Person), aliased(Person)
    pairs = (
        select(seat.id, project.id)
        .join(found, found.id == seat.round_id)
        .join(judge, and_(judge.id == seat.person_id, func.trim(judge.department) != ""))
        .join(project, project.event_id == found.event_id)
        .join(member, and_(member.team_id == project.team_id, member.left_at.is_(None)))
        .join(
            colleague,
            and_(
                colleague.id == member.person_id,
                func.lower(func.trim(colleague.department))
                == func.lower(func.trim(judge.department)),
            ),
        )
    )
    if only_where_asked:
        pairs = pairs.where(found.is_departmental.is_(True))
    return _Known(Source.DEPARTMENT, pairs, seat.id, project.id, seat.round_id)


def _declared() -> _Known:
    """What a judge or an organizer declared and nobody lifted."""
    seat, said = aliased(Seat), aliased(DeclaredConflict)
    pairs = (
        select(said.seat_id, said.project_id)
        .join(seat, seat.id == said.seat_id)
        .where(said.lifted_at.is_(None))
    )
    return _Known(Source.DECLARED, pairs, said.seat_id, said.project_id, seat.round_id)


def conflicts_of(session: Session, round_id: int, seat_id: int | None = None) -> Conflicts:
    """Who must not score what, of a round or of one judge in it; one statement."""
    parts = []
    found = session.get_one(Round, round_id)
    for known in _known(is_departmental=found.is_departmental):
        part = known.pairs.where(known.round == round_id)
        parts.append(part.where(known.seat == seat_id) if seat_id is not None else part)
    return {(seat, project) for seat, project in session.execute(union(*parts))}


def has_conflict(session: Session, found: Round, seat_id: int, project_id: int) -> bool:
    """Whether a judge must not score a project: asked for each mark, by both keys."""
    asked = _asked(is_departmental=found.is_departmental)
    return session.scalar(asked, {"seat": seat_id, "project": project_id}) is not None


@cache
def _asked(*, is_departmental: bool) -> Select[int]:
    """One row where any source has the pair (:seat, :project)."""
    parts = [
        known.pairs.where(
            known.seat == bindparam("seat"), known.project == bindparam("project")
        ).with_only_columns(literal(1).label("one"))
        for known in _known(is_departmental=is_departmental)
    ]
    every = union_all(*parts).subquery()
    return select(every.c.one).limit(1)


def counts() -> ColumnElement[bool]:
    """Whether a visit (joined with its project) counts: not given back, and it stands."""
    return and_(Visit.released_at.is_(None), stands())


def stands() -> ColumnElement[bool]:
    """Whether nothing is against a visit (joined with its project): no conflict, not out."""
    none = [
        ~known.pairs.where(known.seat == Visit.seat_id, known.project == Visit.project_id)
        .correlate(Visit)
        .exists()
        for known in _known()
    ]
    return and_(
        *none,
        Project.withdrawn_at.is_(None),
        Project.disqualified_at.is_(None),
    )


# --- for organizers -------------------------------------------------------------------


@dataclass(frozen=True)
class Why:
    """From where a conflict is known; `declared_id` where somebody can lift it."""

    source: Source
    reason: str = ""
    by: str = ""
    declared_id: int | None = None


@dataclass
class ConflictRow:
    """A judge and a project with every reason; a flag only tells, it forbids nothing."""

    seat_id: int
    judge: str
    project_id: int
    why: list[Why] = field(default_factory=list)

    @property
    def is_flag(self) -> bool:
        """Whether the judge may score all the same."""
        return not self.why


def conflict_rows(
    session: Session, found: Round, names: dict[int, str], projects: Iterable[int]
) -> list[ConflictRow]:
    """Every conflict of these judges and projects with its reasons, then the flags.

    A flag is a judge of a member's department where the round does not forbid it. Three
    statements at most.

    Args:
        session: Any session.
        found: The round.
        names: The judges' names by seat.
        projects: The projects that are judged.
    """
    wanted = set(projects)
    rows: dict[tuple[int, int], ConflictRow] = {}

    def row(pair: tuple[int, int]) -> ConflictRow:
        return rows.setdefault(pair, ConflictRow(pair[0], names[pair[0]], pair[1]))

    def fits(pair: tuple[int, int]) -> bool:
        return pair[0] in names and pair[1] in wanted

    parts = [
        known.pairs.where(known.round == found.id).add_columns(literal(known.source.value))
        for known in (_teams(), _mentors(), _challenges(), _departments(only_where_asked=False))
    ]
    order = list(Source)
    known_pairs = session.execute(union(*parts)).all()
    for seat, project, source in sorted(known_pairs, key=lambda one: order.index(Source(one[2]))):
        if fits((seat, project)):
            entry = row((seat, project))
            if source != Source.DEPARTMENT or found.is_departmental:
                entry.why.append(Why(Source(source)))
    for said, by, reason in _said(session, found.id):
        if fits((said.seat_id, said.project_id)):
            why = Why(Source(said.kind), reason, by, said.id)
            row((said.seat_id, said.project_id)).why.append(why)
    return sorted(
        rows.values(), key=lambda each: (each.is_flag, each.judge.casefold(), each.project_id)
    )


def _said(session: Session, round_id: int) -> Sequence[tuple[DeclaredConflict, str, str]]:
    """What was declared, by whom, why."""
    answer = session.execute(
        select(DeclaredConflict, Person.name)
        .join(Seat, Seat.id == DeclaredConflict.seat_id)
        .outerjoin(Person, Person.id == DeclaredConflict.declared_by_id)
        .where(Seat.round_id == round_id, DeclaredConflict.lifted_at.is_(None))
        .order_by(DeclaredConflict.id)
    )
    found = [(said, name or "the command line") for said, name in answer]
    noted = [said.note_id for said, _ in found if said.note_id is not None]
    texts = note_texts(session, noted) if noted else {}
    return [(said, name, texts.get(said.note_id or 0, "")) for said, name in found]


def is_in_round(session: Session, round_id: int, project_id: int) -> bool:
    """Whether a round has a project."""
    query = select(Pitch.id).filter_by(round_id=round_id, project_id=project_id)
    return session.scalar(query) is not None
