"""An event that has been revealed: four projects, the best first, one of them no winner."""

import itertools
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import make
import pytest
import sqlalchemy as sa

from hackathon.backlog.models import Proposal
from hackathon.backlog.rules import Given, Verb
from hackathon.backlog.service import moves, plans, promotion
from hackathon.credits.service import budgets
from hackathon.events.models import Event
from hackathon.judging import rules as judging
from hackathon.judging.queries.rounds import entries_of
from hackathon.judging.service import results, rounds, seats, sheets
from hackathon.people.access import load_actor
from hackathon.people.models import Person
from hackathon.people.rules import COMMAND_LINE
from hackathon.projects.models import Project, ProjectVersion
from hackathon.projects.rules import Card
from hackathon.shared.db import db, reading, transaction
from hackathon.shared.money import Micros
from hackathon.teams.models import Membership, Team

SUNDAY = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
_numbers = itertools.count(1)
TITLES = ("Invoice reader", "Shift planner", "Claim sorter", "Menu oracle")


@dataclass
class Won:
    """The ids of the projects, by place, and the cast."""

    projects: list
    cast: object

    @property
    def event_id(self):
        return self.cast.event_id


def set_scene(cast, clock):
    clock.set(SUNDAY)
    with transaction() as session:
        event = session.get_one(Event, cast.event_id)
        people = [session.get_one(Person, cast.paul.id), session.get_one(Person, cast.pia.id)]
        for _ in range(2):
            people.append(make.make_person(session))
            make.make_participant(session, people[-1], event)
        made = [
            make_submission(session, event, person, title=title).id
            for person, title in zip(people, TITLES, strict=True)
        ]
        judges = [session.get_one(Person, cast.judith.id), session.get_one(Person, cast.jonas.id)]
        marks = dict(zip(made, (5, 4, 3, 1), strict=True))
        reveal(session, event, judges, marks)
    clock.set(MONDAY)
    return Won(made, cast)


@pytest.fixture
def won(cast, clock):
    """The results on both engines."""
    return set_scene(cast, clock)


@pytest.fixture
def won_stage(app, stage, clock):
    """The results on SQLite, for pages."""
    with app.app_context():
        return set_scene(stage, clock)


def do(work, player, /, **more):
    """Run a use case as a member of the cast, in a transaction of its own."""
    with transaction() as session:
        return work(session, load_actor(session, player.id), **more)


def promote_first(won, *, owner="owen@example.com"):
    """The first place in the backlog, owned by Owen; the proposal's id."""
    choice = promotion.Choice(won.projects[0], owner=owner)
    return do(promotion.promote, won.cast.olga, event_id=won.event_id, choices=[choice])[0]


def proposal(proposal_id):
    """The row as it is now."""
    return reading().get(Proposal, proposal_id, populate_existing=True)


def make_submission(session, event, person, *, title="Invoice reader", **card):
    """A team of one person with a complete card, saved before the deadline."""
    number = next(_numbers)
    team = Team(
        event_id=event.id, name=f"Team {number}", name_key=f"team {number}", capacity=5,
        captain_id=person.id,
    )  # fmt: skip
    session.add(team)
    session.flush()
    session.add(Membership(event_id=event.id, team_id=team.id, person_id=person.id))
    project = Project(event_id=event.id, team_id=team.id, version=1)
    session.add(project)
    session.flush()
    values = {
        "title": title,
        "summary": f"{title} in one sentence.",
        "problem": "Reading takes hours.",
        "approach": "A model reads first.",
        "question": "Does it save an hour a day?",
        "metric": "Hours a week: 30 to 10",
        "adopter": "Accounting",
        "repo_url": "https://git.example.com/reader",
        "needed_next": "Two people for six weeks",
    } | card
    session.add(
        ProjectVersion(
            project_id=project.id, number=1, title=title, card=Card(**values).as_text(),
            is_complete=True, saved_at=event.submissions_close_at - timedelta(hours=1),
            saved_by_id=person.id,
        )
    )  # fmt: skip
    session.flush()
    return project


def reveal(session, event, judges, marks):
    """Judge and reveal an event in phase judging; `marks` holds 1-5 by project id."""
    line = judging.Criterion("impact", "Impact", Decimal(1))
    rubric = judging.Rubric("Final", judging.Scale(10, 50, 10), (line,))
    found = rounds.add_round(session, COMMAND_LINE, event_id=event.id, rubric=rubric)
    where = {"event_id": event.id, "round_id": found.id}
    chairs = [seats.add_seat(session, COMMAND_LINE, **where, person_id=one.id) for one in judges]
    rounds.move(session, COMMAND_LINE, **where, verb=judging.Verb.OPEN)
    for chair in chairs:
        for entry in entries_of(session, event, found.id):
            sheets.bring_sheet(
                session, COMMAND_LINE, found=found, seat=chair, project_id=entry.project_id,
                values={"impact": 10 * marks[entry.project_id]},
                texts=sheets.Texts(strength="Clear.", question="Who runs it?"),
            )  # fmt: skip
    for verb in (judging.Verb.FREEZE, judging.Verb.FINALIZE):
        rounds.move(session, COMMAND_LINE, **where, verb=verb)
    results.publish_results(session, COMMAND_LINE, **where)
    return found


@contextmanager
def counted(app):
    """The statements that reach the database."""
    seen = []

    def note(_connection, _cursor, statement, *_more):
        if not statement.startswith(("PRAGMA", "BEGIN")):
            seen.append(statement)

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(engine, "before_cursor_execute", note)


def tell_a_quarter(won):
    """Money in the pool, one project live on Monday, one stopped with a learning card."""
    cast, owen = won.cast, won.cast.owen
    money = {"event_id": won.event_id, "amount": Micros(2_000_000_000)}
    do(budgets.fund, cast.olga, **money, key="fund")
    choices = [promotion.Choice(one, owner=owen.email) for one in won.projects[:2]]
    one, two = do(promotion.promote, cast.olga, event_id=won.event_id, choices=choices)
    live = {"live_on": MONDAY.date(), "release_url": "https://example.com/1", "is_ready": True}
    card = {"tried": "A model", "learned": "Half are photographs.", "who_should_know": "All"}
    steps = [
        (one, Verb.ACCEPT, {}), (one, Verb.START, {}), (one, Verb.READY, {"measured": ("9",)}),
        (one, Verb.PILOT, {"home_team": "Accounting"}),
        (one, Verb.LAUNCH, {**live, "monitored_by": "Accounting"}),
        (two, Verb.ACCEPT, {}), (two, Verb.STOP, card),
    ]  # fmt: skip
    for which in (one, two):
        plan = {"version": 1, "criteria": "Hours a week", "time_box_days": 60}
        do(plans.set_plan, owen, proposal_id=which, **plan)
    for which, verb, given in steps:
        version = proposal(which).version
        more = {"proposal_id": which, "version": version, "given": Given(**given)}
        do(moves.move, owen, verb=verb, **more)
