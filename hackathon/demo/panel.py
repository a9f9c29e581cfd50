"""The demo's judging: rounds with seats, marks as taps, freeze, awards, reveal."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from hackathon.demo.texts import AWARDS, QUESTIONS, STRENGTHS
from hackathon.events.models import Event
from hackathon.judging.models import Round
from hackathon.judging.queries.results import newest_record, recorded_standings, steps_of
from hackathon.judging.queries.rounds import criteria_of, entries_of
from hackathon.judging.rules import Verb, read_rubric
from hackathon.judging.service import results, rounds, seats
from hackathon.judging.service.marks import Sent, Texts, save_mark, save_texts
from hackathon.judging.service.sheets import brought_key
from hackathon.people.access import load_actor
from hackathon.shared import clock
from hackathon.shared.db import transaction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor

TAP = timedelta(seconds=6)
"""Between two taps of a judge."""


def acting(session: Session, person_id: int) -> Actor:
    """A demo person with the roles of the moment."""
    actor = load_actor(session, person_id)
    if actor is None:
        message = f"person {person_id} is not here"
        raise LookupError(message)
    return actor


@dataclass(frozen=True)
class Given:
    """A judge's sheet: the person, values by criterion, whether words come with it."""

    judge: int
    values: dict[str, float]
    with_words: bool = False


@dataclass
class Panel:
    """A round as its organizer and its judges live it; every step at its own time."""

    event_id: int
    organizer: int
    round_id: int = 0
    order: list[int] = field(default_factory=list)
    """The projects in the running order."""
    criteria: dict[str, str] = field(default_factory=dict)
    """Keys by label."""

    def prepare(self, at: datetime, rubric: str, judges: Sequence[tuple[int, str]]) -> None:
        """Make the round and give seats: (person, word in files)."""
        with clock.story(at), transaction() as session:
            olga = acting(session, self.organizer)
            found = rounds.add_round(
                session, olga, event_id=self.event_id, rubric=read_rubric(rubric)
            )
            self.round_id = found.id
            self.criteria = {line.label: line.key for line in criteria_of(session, found.id)}
            for person_id, key in judges:
                seats.add_seat(
                    session, olga, event_id=self.event_id, round_id=found.id, person_id=person_id,
                    chair=seats.Chair(key=key),
                )  # fmt: skip

    def open(self, at: datetime, keys: Sequence[str] = ()) -> None:
        """Set the running order (by project key; without keys as it came) and open."""
        with clock.story(at), transaction() as session:
            olga = acting(session, self.organizer)
            rounds.take_in(session, olga, event_id=self.event_id)
            event = session.get_one(Event, self.event_id)
            entries = entries_of(session, event, self.round_id)
            if keys:
                entries.sort(key=lambda entry: keys.index(entry.submission.key or ""))
            self.order = [entry.project_id for entry in entries]
            rounds.set_order(
                session, olga, event_id=self.event_id, round_id=self.round_id, projects=self.order
            )
            self._move(session, olga, Verb.OPEN)

    def pitch(self, at: datetime, position: int, sheets: Sequence[Given]) -> None:
        """A team pitches; judges mark it meanwhile. One short transaction."""
        project_id = self.order[position - 1]
        with clock.story(at) as watch, transaction() as session:
            rounds.show_pitch(
                session, acting(session, self.organizer), event_id=self.event_id,
                round_id=self.round_id, position=position,
            )  # fmt: skip
            for number, given in enumerate(sheets):
                judge = acting(session, given.judge)
                watch.set(at + timedelta(seconds=100 + 7 * number))
                for key, value in given.values.items():
                    watch.forward(TAP)
                    sent = self._sent(project_id, given.judge, key, watch.moment)
                    whole = int(value) if value == int(value) else value
                    save_mark(session, judge, sent=sent, criterion=key, value=whole)
                if given.with_words:
                    watch.forward(4 * TAP)
                    spot = given.judge + position
                    save_texts(
                        session,
                        judge,
                        sent=self._sent(project_id, given.judge, "texts", watch.moment),
                        texts=Texts(
                            strength=STRENGTHS[spot % len(STRENGTHS)],
                            question=QUESTIONS[(spot + position) % len(QUESTIONS)],
                        ),
                    )

    def _sent(self, project_id: int, judge: int, word: str, moment: datetime) -> Sent:
        return Sent(
            key=brought_key("demo", self.round_id, project_id, judge, word),
            seq=1,
            made_at=moment,
            round_id=self.round_id,
            project_id=project_id,
        )

    def _move(self, session: Session, actor: Actor, verb: Verb) -> None:
        rounds.move(session, actor, event_id=self.event_id, round_id=self.round_id, verb=verb)

    def freeze(self, at: datetime) -> None:
        """Close judging, decide the awards, make the results final."""
        with clock.story(at) as watch, transaction() as session:
            olga = acting(session, self.organizer)
            self._move(session, olga, Verb.FREEZE)
            record = newest_record(session, self.round_id)
            places = recorded_standings(session, record) if record is not None else []
            for row, (name, reason) in zip((places[0], places[-1]), AWARDS, strict=True):
                watch.forward(timedelta(minutes=4))
                results.give_award(
                    session, olga, event_id=self.event_id, round_id=self.round_id,
                    project_id=row.project_id, name=name, reason=reason,
                )  # fmt: skip
            watch.forward(timedelta(minutes=5))
            self._move(session, olga, Verb.FINALIZE)

    def reveal(self, at: datetime) -> None:
        """Show the places one by one, then everything to everybody."""
        with clock.story(at) as watch, transaction() as session:
            olga = acting(session, self.organizer)
            found = session.get_one(Round, self.round_id)
            record = newest_record(session, self.round_id)
            rows = recorded_standings(session, record) if record is not None else []
            for step in range(1, len(steps_of(rows, found.reveal_top)) + 1):
                results.show_step(
                    session, olga, event_id=self.event_id, round_id=self.round_id, step=step
                )
                watch.forward(timedelta(minutes=1))
            results.publish_results(session, olga, event_id=self.event_id, round_id=self.round_id)


def invented(judges: Sequence[int], keys: Sequence[str], seed: int) -> list[Given]:
    """Sheets on a scale of 1 to 5 that agree as judges do: not quite. The same each time."""
    chance = random.Random(seed)  # noqa: S311 - a story, not a secret
    merit = chance.uniform(2.4, 4.3)
    sheets = []
    for number, judge in enumerate(judges):
        lenient = (-0.4, 0.0, 0.3, 0.1)[number % 4]
        values = {
            key: float(min(5, max(1, round(merit + lenient + chance.gauss(0, 0.7)))))
            for key in keys
        }
        sheets.append(Given(judge, values, with_words=chance.random() < 0.7))  # noqa: PLR2004 - most write
    return sheets
