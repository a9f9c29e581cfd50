"""The demo: a believable year with invented people, built through the services."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select

from hackathon.events import rules
from hackathon.events import service as events
from hackathon.people import service as people
from hackathon.people.access import load_actor
from hackathon.people.models import Person
from hackathon.people.rules import COMMAND_LINE, Role, SiteRole
from hackathon.projects import service as projects
from hackathon.shared import clock
from hackathon.shared.db import reading, transaction
from hackathon.teams import service as teams

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from flask import Flask
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor

logger = logging.getLogger("hackathon.demo")

ZONE = "Europe/Berlin"
TERMS = (
    "Be kind and give credit. Use only data you may use. What you build belongs to the "
    "company; what you learn is yours to tell."
)
GOALS = (
    "Find out in three days where machine learning would help the people we serve. "
    "A working slice counts more than a finished deck."
)

CAST = (
    ("Olga", "Program office", "organizer"),
    ("Judith", "Data science", ""),
    ("Jonas", "Platform", ""),
    ("Paul", "Claims", "ML engineer"),
    ("Pia", "Logistics", "data scientist"),
    ("Owen", "Operations", ""),
    ("Ada", "IT", "admin"),
)

CROWD = (
    "Amara", "Björn", "Chiara", "Dmitri", "Elif", "Farid", "Greta", "Hiro", "Ines", "João",
    "Kasia", "Liam", "Mei", "Noor", "Oskar", "Priya", "Quentin", "Rosa", "Samir", "Tove",
    "Uma", "Viktor", "Wanda", "Ximena", "Yusuf", "Zoë", "نور", "Łucja",
)  # fmt: skip
TEAMS = (
    ("Comment Bot Detection", "Find comments that were not written by people."),
    ("Entity Resolution", "Tell which names mean the same company."),
    ("Talk to me in Rules", "Ask a rule book questions and get the paragraph."),
    ("Quiet Warehouse", "Predict tomorrow's busy docks."),
    ("Topic Lens", "Show what ten thousand letters are about."),
    ("Clean Layers", "A shared, tested layer over our raw tables."),
    ("فريق النور", "Read handwritten forms in three languages."),
    ("Claim Compass", "Route a claim to the right desk at once."),
)
CARD = {
    "problem": "People read by hand what a machine could sort, and the queue grows.",
    "approach": "A small model on our own data, checked against two hundred labeled cases.",
    "question": "Can a clerk spend the day on the hard cases only?",
    "metric": "Share of cases handled without a second look, from 55 to 75 percent.",
    "adopter": "The operations desk",
    "data_used": "Public comments of the last two years",
    "data_class": "public",
    "needed_next": "A week with the desk and a reviewed sample",
    "repo_url": "https://git.example.com/hackathon/slice",
}
DEPARTMENTS = ("Claims", "Logistics", "Finance", "Platform", "Marketing", "Operations")
SKILLS = (
    "Python, forecasting", "vision models", "SQL, pipelines", "interviews, roadmaps",
    "claims handling", "LLM evaluation",
)  # fmt: skip


@dataclass
class Progress:
    """How far the demo is, for the page that waits for it."""

    steps: list[str] = field(default_factory=list)
    total: int = 1
    error: str = ""

    @property
    def is_done(self) -> bool:
        """Whether everything is there."""
        return len(self.steps) >= self.total

    def say(self, step: str) -> None:
        """One more step is done."""
        self.steps.append(step)


def quarter_day(today: date, back: int) -> date:
    """A Thursday in the middle of the quarter `back` quarters before today's."""
    index = today.year * 4 + (today.month - 1) // 3 - back
    first = today.replace(year=index // 4, month=index % 4 * 3 + 1, day=1)
    middle = first + timedelta(days=40)
    return middle + timedelta(days=(3 - middle.weekday()) % 7)


def is_filled() -> bool:
    """Whether the demo has been built before."""
    return reading().scalar(select(Person.id).limit(1)) is not None


def fill_in_background(app: Flask) -> Progress:
    """Fill an empty demo while pages are already served."""
    progress = Progress()
    app.extensions["demo_progress"] = progress

    def work() -> None:
        with app.app_context():
            try:
                if is_filled():
                    progress.total = 0
                else:
                    fill(progress)
            except Exception:
                logger.exception("demo not filled")
                progress.error = "The demo could not be completed; what is there works."

    threading.Thread(target=work, name="demo", daemon=True).start()
    return progress


def fill(progress: Progress | None = None) -> None:
    """Build the year, one transaction a step, each at its own time."""
    progress = progress or Progress()
    story = Story(clock.now(), progress)
    steps: list[tuple[str, Callable[[], None]]] = [
        ("people", story.people_arrive),
        *((f"event {back} quarters ago", story.past_event(back)) for back in (3, 1)),
        ("this quarter's event", story.present_event),
        ("next quarter's draft", story.next_event),
    ]
    progress.total = len(steps)
    for name, step in steps:
        step()
        progress.say(name)


class Story:
    """The year as it is told; `today` is when the demo starts."""

    def __init__(self, today: datetime, progress: Progress) -> None:
        self.today = today
        self.progress = progress
        self.ids: dict[str, int] = {}
        self.captains: dict[int, list[tuple[str, int]]] = defaultdict(list)

    def _actor(self, session: Session, name: str) -> Actor:
        actor = load_actor(session, self.ids[name])
        if actor is None:
            message = f"{name} is not here"
            raise LookupError(message)
        return actor

    def people_arrive(self) -> None:
        """The cast and a crowd of colleagues."""
        start = self.today - timedelta(days=300)
        with clock.story(start), transaction() as session:
            for name, department, role in CAST:
                person = people.add_person(
                    session,
                    COMMAND_LINE,
                    email=f"{name.lower()}@example.com",
                    name=name,
                    department=department,
                    zone=ZONE,
                    is_demo=True,
                )
                self.ids[name] = person.id
                if role == "admin":
                    people.give_site_role(
                        session, COMMAND_LINE, person_id=person.id, role=SiteRole.ADMIN
                    )
                if role == "organizer":
                    people.give_site_role(
                        session, COMMAND_LINE, person_id=person.id, role=SiteRole.PROGRAM_LEAD
                    )
            for number, name in enumerate(CROWD):
                person = people.add_person(
                    session,
                    COMMAND_LINE,
                    email=f"person{number + 1}@example.com",
                    name=name,
                    department=DEPARTMENTS[number % len(DEPARTMENTS)],
                )
                self.ids[name] = person.id

    def _plan(self, first: date, name: str) -> events.Plan:
        zone = ZoneInfo(ZONE)
        start = datetime(first.year, first.month, first.day, 9, tzinfo=zone)
        last = first + timedelta(days=2)
        return events.Plan(
            name=name,
            slug=rules.fold_slug(name),
            zone=ZONE,
            starts_at=start.astimezone(UTC),
            ends_at=datetime(last.year, last.month, last.day, 17, tzinfo=zone).astimezone(UTC),
            goals=GOALS,
            terms=TERMS,
        )

    def _make(self, plan: events.Plan, at: datetime) -> int:
        with clock.story(at), transaction() as session:
            event = events.create_event(session, self._actor(session, "Olga"), plan)
            return event.id

    def _join(self, event_id: int, at: datetime, names: tuple[str, ...]) -> None:
        with clock.story(at), transaction() as session:
            olga = self._actor(session, "Olga")
            events.publish_event(session, olga, event_id=event_id)
            token = events.set_join_link(session, olga, event_id=event_id, is_open=True)
            for number, name in enumerate(names):
                joining = events.Joining(
                    accepts_version=1,
                    role=rules.ROLES[number % len(rules.ROLES)],
                    skills=SKILLS[number % len(SKILLS)],
                    is_looking=number % 9 == 4,  # noqa: PLR2004 - a few look for a team
                    line="I would love to work on something people use every day.",
                )
                actor = self._actor(session, name)
                events.register(session, actor, token=token, joining=joining)

    def _form_teams(self, event_id: int, names: tuple[str, ...], at: datetime) -> None:
        """Teams of four and three; the last few people stay without one."""
        rest = list(names[:-3])
        with clock.story(at), transaction() as session:
            olga = self._actor(session, "Olga")
            for number, (team_name, about) in enumerate(TEAMS):
                size = 4 if number % 3 else 3
                if len(rest) < size:
                    break
                mine, rest = rest[:size], rest[size:]
                captain = self._actor(session, mine[0])
                team = teams.create_team(
                    session, captain, event_id=event_id, name=team_name, about=about
                )
                self.captains[event_id].append((mine[0], team.id))
                for name in mine[1:]:
                    teams.add_member(
                        session,
                        olga,
                        event_id=event_id,
                        team_id=team.id,
                        person_id=self.ids[name],
                        reason="Asked for it at the kick-off.",
                    )
                if number % 2 == 0:
                    teams.open_place(
                        session,
                        captain,
                        event_id=event_id,
                        team_id=team.id,
                        role=rules.ROLES[(number + 1) % len(rules.ROLES)],
                        wanted="somebody who likes messy data",
                    )

    def _write_cards(self, event_id: int, at: datetime, *, complete: int) -> None:
        """Each team's card; the first `complete` of them with all that is needed."""
        with clock.story(at), transaction() as session:
            for number, (captain, team_id) in enumerate(self.captains[event_id]):
                title, about = TEAMS[number]
                values: dict[str, object] = {"title": title, "summary": about}
                if number < complete:
                    values |= CARD
                projects.save_card(
                    session,
                    self._actor(session, captain),
                    event_id=event_id,
                    team_id=team_id,
                    values=values,
                    version=0,
                )

    def past_event(self, back: int) -> Callable[[], None]:
        """An event of an earlier quarter, with its results out."""

        def tell() -> None:
            first = quarter_day(self.today.date(), back)
            plan = self._plan(first, f"Hackathon {rules.quarter_of(first)}")
            event_id = self._make(plan, plan.starts_at - timedelta(days=40))
            names = ("Paul", "Pia", *CROWD[: 22 - back])
            self._join(event_id, plan.starts_at - timedelta(days=30), names)
            self._form_teams(event_id, names, plan.starts_at + timedelta(hours=1))
            self._write_cards(event_id, plan.starts_at + timedelta(hours=30), complete=9)
            with clock.story(plan.ends_at), transaction() as session:
                olga = self._actor(session, "Olga")
                events.mark_revealed(session, olga, event_id=event_id)

        return tell

    def present_event(self) -> None:
        """This quarter's event: its second day is today."""
        first = self.today.astimezone(ZoneInfo(ZONE)).date() - timedelta(days=1)
        name = f"Hackathon {rules.quarter_of(self.today.date())}"
        plan = self._plan(first, name)
        event_id = self._make(plan, self.today - timedelta(days=45))
        self._join(event_id, self.today - timedelta(days=20), ("Paul", "Pia", *CROWD))
        with clock.story(self.today - timedelta(days=5)), transaction() as session:
            olga = self._actor(session, "Olga")
            people.give_event_role(
                session, olga, event_id=event_id, person_id=self.ids["Owen"], role=Role.MENTOR
            )
        self._form_teams(event_id, ("Paul", *CROWD), self.today - timedelta(days=3))
        self._write_cards(event_id, self.today - timedelta(hours=2), complete=4)
        with clock.story(self.today - timedelta(hours=20)), transaction() as session:
            pia = self._actor(session, "Pia")
            events.set_looking(
                session,
                pia,
                event_id=event_id,
                is_looking=True,
                line="I read shipping data fluently.",
            )

    def next_event(self) -> None:
        """Next quarter's event, still in draft."""
        first = quarter_day(self.today.date(), -1)
        plan = self._plan(first, f"Hackathon {rules.quarter_of(first)}")
        self._make(plan, self.today - timedelta(days=2))
