"""What an event's results hand to the backlog: winners, others, and the evidence of each."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hackathon.judging.models import Award, ResultRecord, ResultRow, Round
from hackathon.judging.queries.results import standing_of
from hackathon.judging.queries.rounds import criteria_of
from hackathon.judging.rules import State as RoundState
from hackathon.people.models import Person, SiteRoleGrant
from hackathon.projects.queries import submissions
from hackathon.shared.clock import utc_text
from hackathon.shared.errors import Conflict
from hackathon.teams.queries import team_rows

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.events.models import Event
    from hackathon.judging.models import CriterionRow
    from hackathon.judging.queries.results import Standing
    from hackathon.projects.queries import Submission
    from hackathon.teams.queries import TeamRow

WINNING_PLACES = 3


@dataclass(frozen=True)
class Results:
    """The revealed results of an event with its valid submissions and teams."""

    found: Round
    record: ResultRecord
    rows: dict[int, Standing]
    awards: list[tuple[int, str]]
    criteria: list[CriterionRow]
    submissions: dict[int, Submission]
    teams: dict[int, TeamRow]

    def awards_of(self, project_id: int) -> list[str]:
        """The prizes of a project."""
        return [name for project, name in self.awards if project == project_id]

    def is_winner(self, project_id: int) -> bool:
        """Among the first three places, or with a prize."""
        row = self.rows.get(project_id)
        placed = row is not None and row.place <= WINNING_PLACES
        return placed or bool(self.awards_of(project_id))

    @property
    def winners(self) -> list[Submission]:
        """The valid submissions that won, by place."""
        won = [row for row in self.submissions.values() if self.is_winner(row.project_id)]
        return sorted(won, key=lambda row: (self.place(row.project_id), row.title))

    @property
    def others(self) -> list[Submission]:
        """The valid submissions that did not win, by title."""
        rest = [row for row in self.submissions.values() if not self.is_winner(row.project_id)]
        return sorted(rest, key=lambda row: row.title.casefold())

    def place(self, project_id: int) -> int:
        """The place of a project; far behind when nobody judged it."""
        row = self.rows.get(project_id)
        return row.place if row is not None else 1_000_000


def results_of(session: Session, event: Event, *, whole: bool = True) -> Results:
    """The results of the event's own newest revealed round, with the prizes of every round.

    A final comes after its first round; a prize or track stands apart and gives prizes only.

    Args:
        session: Any session.
        event: Whose results.
        whole: Also criteria and teams, which only the evidence needs.

    Raises:
        Conflict: nothing has been revealed, or the event is a rehearsal.
    """
    if event.is_rehearsal:
        raise Conflict("rehearsal", "A rehearsal counts nowhere: its projects are not promoted.")
    every = session.execute(
        select(Round, ResultRecord, ResultRow)
        .join(ResultRecord, ResultRecord.round_id == Round.id)
        .join(ResultRow, ResultRow.record_id == ResultRecord.id)
        .where(Round.event_id == event.id, Round.state == RoundState.REVEALED)
        .order_by(Round.track != "", Round.id.desc(), ResultRecord.number.desc(), ResultRow.id)
    ).all()
    if not every:
        raise Conflict(
            "not_revealed", "Winners are promoted after the reveal. Nothing was promoted."
        )
    found, record, _ = every[0]
    prizes = session.execute(
        select(Award.project_id, Award.name)
        .join(Round, Round.id == Award.round_id)
        .where(Round.event_id == event.id, Round.state == RoundState.REVEALED)
        .order_by(Award.id)
    )
    teams = team_rows(session, event.id) if whole else []
    return Results(
        found=found,
        record=record,
        rows={row.project_id: standing_of(row) for _, of, row in every if of is record},
        awards=[(project_id, name) for project_id, name in prizes],
        criteria=criteria_of(session, found.id) if whole else [],
        submissions={row.project_id: row for row in submissions(session, event)},
        teams={row.team.id: row for row in teams},
    )


def holders(session: Session) -> list[Person]:
    """Who may hold a proposal until it has an owner: program leads and administrators."""
    staff = select(SiteRoleGrant.person_id)
    query = select(Person).where(Person.id.in_(staff), Person.disabled_at.is_(None))
    return list(session.scalars(query.order_by(Person.name)))


def evidence_for(event: Event, results: Results, project_id: int) -> dict[str, Any]:
    """What goes into the evidence of a project: ids, numbers as exact text, released words.

    No name of a judge and no name of a member: people are ids, so that they can be erased.
    """
    submission = results.submissions[project_id]
    team = results.teams.get(submission.team_id)
    row = results.rows.get(project_id)
    card = asdict(submission.card)
    return {
        "origin": {
            "event": event.slug,
            "name": event.name,
            "quarter": event.quarter,
            "last_day": event.last_day.isoformat(),
            "team": submission.team_name,
            "project": project_id,
            "version": submission.version_id,
            "submitted_at": utc_text(submission.saved_at),
        },
        "result": _result(results, row, project_id),
        "card": card,
        "feedback": [list(pair) for pair in row.texts] if row is not None else [],
        "people": [
            {"person": member.id, "role": member.role} for member in (team.members if team else [])
        ],
    }


def _result(results: Results, row: Standing | None, project_id: int) -> dict[str, Any]:
    record = results.record
    found: dict[str, Any] = {
        "round": results.found.id,
        "record": record.number,
        "inputs_hash": record.inputs_hash,
        "rule": json.loads(record.parameters)["rule"],
        "of": len(results.rows),
        "awards": results.awards_of(project_id),
    }
    if row is None:
        return found | {"place": None}
    return found | {
        "place": row.place,
        "adjusted": str(row.adjusted),
        "raw_mean": str(row.raw_mean),
        "sheets": row.sheets,
        "criteria": [
            [line.label, line.weight, str(row.criteria[line.key])]
            for line in results.criteria
            if line.key in row.criteria
        ],
    }
