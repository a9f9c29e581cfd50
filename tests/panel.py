"""A round in which Judith and Jonas judge three projects; Paul's and Pia's among them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

import make
import sqlalchemy as sa

from hackathon.events.models import Event
from hackathon.judging.models import Mark, Round, Visit
from hackathon.judging.queries.rounds import entries_of
from hackathon.judging.rules import CLEAR, Verb
from hackathon.judging.service import marks, results, rounds, seats
from hackathon.judging.service.marks import Sent, Texts
from hackathon.people.access import load_actor
from hackathon.people.models import Person
from hackathon.shared.clock import now
from hackathon.shared.db import reading
from hackathon.shared.web import act

SUNDAY = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
"""Submissions have closed: phase judging."""


def do(use_case, player, /, **more):
    """Run a use case as a member of the cast, in a transaction of its own."""
    return act(lambda session: use_case(session, load_actor(session, player.id), **more))


@dataclass
class Panel:
    """The round, its seats by name, its projects by team, and short ways to act in it."""

    cast: object
    round_id: int = 0
    seats: dict[str, int] = field(default_factory=dict)
    projects: dict[str, int] = field(default_factory=dict)

    @property
    def place(self):
        """What every use case of an organizer takes."""
        return {"event_id": self.cast.event_id, "round_id": self.round_id}

    @property
    def round(self):
        """The round as the database has it."""
        reading().rollback()
        return reading().get(Round, self.round_id, populate_existing=True)

    @property
    def event(self):
        """The event as the database has it."""
        return reading().get(Event, self.cast.event_id, populate_existing=True)

    def entries(self):
        """The running order."""
        return entries_of(reading(), self.event, self.round_id)

    def move(self, verb, reason="", player=None):
        """An organizer's step."""
        return do(
            rounds.move, player or self.cast.olga, **self.place, verb=Verb(verb), reason=reason
        )

    def visit(self, name, team):
        """The visit of a judge to a team's project."""
        wanted = {"seat_id": self.seats[name], "project_id": self.projects[team]}
        return reading().scalar(
            sa.select(Visit).filter_by(**wanted).execution_options(populate_existing=True)
        )

    def sent(self, team, *, seq=1, key=None, made_at=None):
        """The envelope of a device."""
        return Sent(
            key=key or uuid.uuid4().hex,
            seq=seq,
            made_at=made_at or now(),
            round_id=self.round_id,
            project_id=self.projects[team],
        )

    def mark(self, name, team, criterion, value, **more):
        """A tap."""
        return do(
            marks.save_mark, getattr(self.cast, name),
            sent=self.sent(team, **more), criterion=criterion, value=value,
        )  # fmt: skip

    def clear(self, name, team, criterion, **more):
        """A tap on the chosen value."""
        return self.mark(name, team, criterion, CLEAR, **more)

    def texts(self, name, team, strength="", question="", note="", **more):
        """A judge's words."""
        return do(
            marks.save_texts, getattr(self.cast, name),
            sent=self.sent(team, **more), texts=Texts(strength, question, note),
        )  # fmt: skip

    def with_round(self, use_case, player, **more):
        """A use case that takes the round itself."""

        def work(session):
            found = session.get_one(Round, self.round_id)
            return use_case(session, load_actor(session, player.id), found=found, **more)

        return act(work)

    def declare(self, player, team, **more):
        """A conflict with a team's project."""
        more["project_id"] = self.projects[team]
        self.with_round(seats.declare_conflict, player, **more)

    def sheet(self, name, team, impact, works, seq=1):
        """Both marks of a sheet."""
        self.mark(name, team, "impact", impact, seq=seq)
        return self.mark(name, team, "works", works, seq=seq)

    def everything(self):
        """Every sheet: Owls before Bees before Foxes."""
        for name in ("judith", "jonas"):
            for team, value in (("owls", 5), ("bees", 4), ("foxes", 2)):
                self.sheet(name, team, value, value)

    def to_reveal(self):
        """Marks, freeze, finalize."""
        self.everything()
        self.move("freeze")
        self.move("finalize")

    def show(self, step):
        """A step of the reveal."""
        return do(results.show_step, self.cast.olga, **self.place, step=step)

    def publish(self):
        """The end of the reveal."""
        return do(results.publish_results, self.cast.olga, **self.place)

    def values(self):
        """Every stored mark as (visit, criterion, value, seq, key), the oldest first."""
        reading().rollback()
        return list(reading().scalars(sa.select(Mark).order_by(Mark.id)))


def set_panel(cast, clock, *, is_open=True):
    """Three projects, a round, two seats; open unless told otherwise."""
    panel = Panel(cast)

    def projects(session):
        event = session.get_one(Event, cast.event_id)
        own = {"owls": [cast.paul], "bees": [cast.pia], "foxes": []}
        for name, players in own.items():
            members = [session.get_one(Person, player.id) for player in players]
            made = make.make_project(session, event, name=name.capitalize(), members=members)
            panel.projects[name] = made.id

    act(projects)
    clock.set(SUNDAY)
    add = {"event_id": cast.event_id, "rubric": make.make_rubric()}
    panel.round_id = do(rounds.add_round, cast.olga, **add).id
    for name in ("judith", "jonas"):
        seat = do(seats.add_seat, cast.olga, **panel.place, person_id=getattr(cast, name).id)
        panel.seats[name] = seat.id
    if is_open:
        panel.move("open")
    return panel
