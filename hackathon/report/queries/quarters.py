"""The quarter's figures from the history, the signed versions, and whether they hold."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from hackathon.backlog.metrics import DEFINITION, Share, conversion, in_a_year
from hackathon.backlog.models import CheckIn, LearningCard, Proposal
from hackathon.backlog.queries.figures import (
    Past,
    Valid,
    end_of,
    innovation_projects,
    past_of,
    valid_projects,
)
from hackathon.backlog.queries.proposals import FOLLOWED
from hackathon.backlog.rules import TRANSITIONS, State, Verb
from hackathon.credits.rules import CURRENCY
from hackathon.events.models import Event, Registration
from hackathon.people.models import Person
from hackathon.people.service import names_of
from hackathon.report.models import QuarterReport
from hackathon.report.queries.money import money_of
from hackathon.report.rules import PROJECTS, PROTOTYPES, days_of
from hackathon.shared.facts import FactRow, Note, canonical
from hackathon.teams.models import Team

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

MOST_COHORTS = 8


@dataclass(frozen=True)
class Draft:
    """A report before it is signed: what it shows, and the rows it was made of."""

    figures: dict[str, Any]
    inputs: dict[str, Any]


def draft_of(session: Session, quarter: str, as_of: date) -> Draft:
    """The report of a quarter from the history as of a day; eight statements.

    Owners and next dates are those of today: the history holds states, not addresses.

    Raises:
        NotFound: not a quarter.
    """
    first, last = days_of(quarter)
    last = min(last, as_of)
    everybody, events = _events_of(session, quarter, as_of)
    event_ids = [row["id"] for row in events]
    past = past_of(session, as_of)
    valid = valid_projects(session, as_of)
    beside = _beside(session, as_of)
    own = [row for row in valid if row.event_id in event_ids]
    projects = innovation_projects(session, as_of, past, valid)
    found = conversion(projects, as_of)
    cohort = [row for row in projects if row.quarter == quarter]
    so_far = Share(sum(row.converted for row in cohort), len(cohort))
    money = money_of(session, quarter, event_ids, as_of) if events else {}
    figures: dict[str, Any] = {
        "events": events,
        "people": everybody,
        "teams": sum(row["teams"] for row in events),
        "submitted": len(own),
        "money": money.pop(CURRENCY, None),
        "prototypes": sum(_within(row.ready_on, first, last) for row in past.values()),
        "prototypes_target": list(PROTOTYPES),
        "is_crowded": len(own) > PROJECTS[1],
        "conversion": {
            "definition": DEFINITION,
            "headline": _share(found.headline),
            "promoted": _share(found.promoted),
            "late": found.late,
            "young": [found.young.hits, found.young.of],
            "so_far": _share(so_far),
        },
        "cohorts": _cohorts(past, valid, quarter, as_of),
        "winners": _winners(past, beside, event_ids),
        "shipped": [
            {"proposal": row.proposal_id, "title": row.title, "on": _text(row.live_on)}
            for row in past.values()
            if _within(row.live_on, first, last)
        ],
        "stopped": [
            {
                "proposal": row.proposal_id,
                "title": row.title,
                "on": _text(row.stopped_on),
                "learned": beside[row.proposal_id].learned,
            }
            for row in past.values()
            if _within(row.stopped_on, first, last)
        ],
        "decisions": _decisions(session, past, beside, first, last),
    }
    if money:
        figures["other_money"] = money
    inputs = {
        "projects": [row.project_id for row in own],
        "proposals": [
            [row.proposal_id, row.state.value, _text(row.live_on), _text(row.stopped_on)]
            for row in past.values()
        ],
    }
    return Draft(figures, inputs)


def _within(day: date | None, first: date, last: date) -> bool:
    return day is not None and first <= day <= last


def _text(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def _share(share: Share) -> dict[str, Any]:
    return {
        "hits": share.hits,
        "of": share.of,
        "percent": round(share.percent, 1) if share.percent is not None else None,
        "interval": [round(end, 1) for end in share.interval] if share.interval else None,
        "text": share.text,
        "verdict": share.verdict,
    }


def _events_of(session: Session, quarter: str, as_of: date) -> tuple[int, list[dict[str, Any]]]:
    """How many people took part, each counted once, and the events with their own counts."""
    end = end_of(as_of)
    counts = (
        Event.quarter == quarter,
        Event.is_rehearsal.is_(False),
        Event.published_at.is_not(None),
        Event.published_at < end,
    )
    registered = select(func.count(func.distinct(Registration.person_id))).where(
        Registration.registered_at < end
    )
    people = registered.where(Registration.event_id == Event.id).scalar_subquery()
    own = aliased(Event)
    ids = select(own.id).where(own.quarter == quarter, own.is_rehearsal.is_(False))
    together = registered.where(Registration.event_id.in_(ids)).scalar_subquery()
    teams = (
        select(func.count(Team.id))
        .where(
            Team.event_id == Event.id,
            Team.created_at < end,
            Team.archived_at.is_(None) | (Team.archived_at >= end),
        )
        .scalar_subquery()
    )
    rows = session.execute(
        select(Event.id, Event.slug, Event.name, Event.last_day, people, teams, together)
        .where(*counts)
        .order_by(Event.starts_at, Event.id)
    ).all()
    everybody = rows[0][6] if rows else 0
    return everybody, [
        {
            "id": row[0],
            "slug": row[1],
            "name": row[2],
            "last_day": row[3].isoformat(),
            "people": row[4],
            "teams": row[5],
        }
        for row in rows
    ]


@dataclass(frozen=True)
class _Beside:
    """What stands beside a proposal today: its owner, its next date, its newest lesson."""

    owner: str
    next_on: str | None
    learned: str


def _beside(session: Session, as_of: date) -> dict[int, _Beside]:
    end = end_of(as_of)
    due = (
        select(func.min(CheckIn.due_on))
        .where(
            CheckIn.proposal_id == Proposal.id,
            CheckIn.done_at.is_(None) | (CheckIn.done_at >= end),
        )
        .scalar_subquery()
    )
    rows = session.execute(
        select(Proposal.id, Person.name, due, LearningCard.learned)
        .outerjoin(Person, Person.id == Proposal.owner_id)
        .outerjoin(
            LearningCard,
            (LearningCard.proposal_id == Proposal.id) & (LearningCard.written_at < end),
        )
        .order_by(Proposal.id, LearningCard.cycle)
    )
    return {
        proposal_id: _Beside(owner or "", _text(day), learned or "")
        for proposal_id, owner, day, learned in rows
    }


def _winners(
    past: dict[int, Past], beside: dict[int, _Beside], event_ids: Sequence[int]
) -> list[dict[str, Any]]:
    return [
        {
            "proposal": row.proposal_id,
            "title": row.title,
            "source": row.source.value,
            "state": row.state.label,
            "owner": beside[row.proposal_id].owner,
            "next_on": beside[row.proposal_id].next_on if row.state in FOLLOWED else None,
        }
        for row in past.values()
        if row.event_id in event_ids and row.is_promoted
    ]


def _decisions(
    session: Session,
    past: dict[int, Past],
    beside: dict[int, _Beside],
    first: date,
    last: date,
) -> list[dict[str, Any]]:
    """What was decided: promoted into the backlog, and then at the gates; one statement."""
    promoted = [row for row in past.values() if _within(row.promoted_on, first, last)]
    names = names_of(session, {row.promoted_by_id for row in promoted if row.promoted_by_id})
    found: list[dict[str, Any]] = [
        {
            "proposal": row.proposal_id,
            "title": row.title,
            "what": "Promoted",
            "on": _text(row.promoted_on),
            "by": names.get(row.promoted_by_id or 0, "the command line"),
            "owner": beside[row.proposal_id].owner,
        }
        for row in promoted
    ]
    found += [
        {
            "proposal": row.proposal_id,
            "title": row.title,
            "what": (TRANSITIONS[Verb(verb)].ends or row.state).label,
            "on": day.isoformat(),
            "owner": beside[row.proposal_id].owner,
        }
        for row in past.values()
        for verb, day in row.decided
        if _within(day, first, last)
    ]
    return sorted(
        found, key=lambda row: (str(row["on"]), int(str(row["proposal"])), "by" not in row)
    )


def _cohorts(
    past: dict[int, Past], valid: Iterable[Valid], quarter: str, as_of: date
) -> list[dict[str, Any]]:
    """A row for each of the last quarters until this one: what became of its projects."""
    by_project = {row.project_id: row for row in past.values()}
    counts: dict[str, Counter[str]] = {}
    for row in valid:
        if row.quarter > quarter:
            continue
        count = counts.setdefault(row.quarter, Counter())
        count["projects"] += 1
        known = by_project.get(row.project_id)
        if known is None or not known.is_promoted:
            continue
        count["promoted"] += 1
        count["stopped"] += known.state is State.STOPPED
        count["prototype"] += known.started_on is not None
        count["pilot"] += any(verb == Verb.PILOT for verb, _ in known.decided)
        year = in_a_year(row.last_day)
        count["production"] += known.live_on is not None and known.live_on <= year
    columns = ("projects", "promoted", "prototype", "pilot", "production", "stopped")
    return [
        {
            "quarter": name,
            "is_mature": in_a_year(days_of(name)[1]) <= as_of,
            **{column: counts[name][column] for column in columns},
        }
        for name in sorted(counts)[-MOST_COHORTS:]
    ]


# --- signed versions ------------------------------------------------------------------


@dataclass(frozen=True)
class Signed:
    """A signed version with who signed it and why it corrects the one before."""

    report: QuarterReport
    by: str
    why: str

    @property
    def figures(self) -> dict[str, Any]:
        """What was signed."""
        found: dict[str, Any] = json.loads(self.report.figures)
        return found


def signed_of(session: Session, quarter: str) -> list[Signed]:
    """The signed versions of a quarter, the newest first."""
    rows = session.execute(
        select(QuarterReport, Person.name, Note.text)
        .outerjoin(Person, Person.id == QuarterReport.signed_by_id)
        .outerjoin(Note, Note.id == QuarterReport.note_id)
        .where(QuarterReport.quarter == quarter)
        .order_by(QuarterReport.version.desc())
    )
    return [Signed(row, name or "command line", text or "") for row, name, text in rows]


@dataclass(frozen=True)
class QuarterRow:
    """A quarter in the list: its events and its newest signed version (0: none)."""

    quarter: str
    events: list[str]
    version: int


def quarters(session: Session) -> list[QuarterRow]:
    """Every quarter with an event that counts, the newest first; two statements."""
    names: dict[str, list[str]] = {}
    rows = session.execute(
        select(Event.quarter, Event.name)
        .where(Event.is_rehearsal.is_(False), Event.published_at.is_not(None))
        .order_by(Event.starts_at)
    )
    for quarter, name in rows:
        names.setdefault(quarter, []).append(name)
    versions = session.execute(
        select(QuarterReport.quarter, func.max(QuarterReport.version)).group_by(
            QuarterReport.quarter
        )
    )
    newest: dict[str, int] = dict(iter(versions))
    return [
        QuarterRow(quarter, names.get(quarter, []), newest.get(quarter, 0))
        for quarter in sorted({*names, *newest}, reverse=True)
    ]


def last_fact(session: Session, as_of: date) -> int:
    """The position of the last fact of a day: what was known when a report was made."""
    query = select(func.max(FactRow.position)).where(FactRow.at < end_of(as_of))
    return session.scalar(query) or 0


def seal(quarter: str, version: int, as_of: date, figures: str, inputs: str) -> str:
    """The hash of a report: SHA-256 over its canonical parts."""
    parts = canonical([quarter, version, as_of.isoformat(), figures, inputs])
    return hashlib.sha256(parts.encode()).hexdigest()


def wrong_reports(session: Session) -> list[str]:
    """A sentence for each signed report that does not fit its hash."""
    return [
        f"quarter {row.quarter}, version {row.version}: the report does not fit its hash"
        for row in session.scalars(select(QuarterReport).order_by(QuarterReport.id))
        if seal(row.quarter, row.version, row.as_of, row.figures, row.inputs) != row.sha256
    ]
