"""What came of the winners in the demo: accepted, piloted, live, stopped, still in review."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from hackathon.backlog.metrics import CHECK_INS
from hackathon.backlog.models import Proposal
from hackathon.backlog.rules import Given, Verb
from hackathon.backlog.service import moves, plans, promotion
from hackathon.demo.panel import acting
from hackathon.judging.queries.results import newest_record, recorded_standings
from hackathon.shared import clock
from hackathon.shared.db import transaction

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

CRITERIA = "Half of the cases need no second look\nNobody waits longer than a day"
MEASURED = ("41 percent", "0.8 days")
HELD = timedelta(days=21)
SAID = {
    "7d": ("The team met the desk", "Not measured yet", "Access to the archive"),
    "30d": ("The desk tries it twice a week", "38 percent without a second look", "Nothing"),
    "60d": ("A second desk asked to join", "41 percent without a second look", "Two test days"),
    "90d": ("It runs on last month's cases", "44 percent without a second look", "A reviewer"),
    "180d": ("Twelve people use it daily", "47 percent without a second look", "Nothing"),
    "270d": ("The backlog of the desk is gone", "49 percent without a second look", "A budget"),
}
"""What changed, the number now, what is in the way."""


@dataclass
class FollowUp:
    """The proposals of one past event; `day` counts from the evening of the reveal.

    What would lie after `today` is not told: early in a quarter less has happened.
    """

    event_id: int
    round_id: int
    revealed_at: datetime
    people: Mapping[str, int]
    today: datetime

    def _at(self, day: int) -> datetime | None:
        moment = self.revealed_at + timedelta(days=day)
        return moment if moment < self.today else None

    def projects(self, session: Session) -> list[int]:
        """Its projects, the best first."""
        record = newest_record(session, self.round_id)
        return [row.project_id for row in recorded_standings(session, record)] if record else []

    def promote(self, owners: list[str], nominated: str = "") -> list[int]:
        """Promote the first places, an owner each (empty: Olga holds it), the day after."""
        at = self.revealed_at + timedelta(days=1)
        with clock.story(at), transaction() as session:
            choices = [
                promotion.Choice(project_id, owner)
                for project_id, owner in zip(self.projects(session), owners, strict=False)
            ]
            if nominated:
                choices.append(
                    promotion.Choice(
                        self.projects(session)[len(owners)],
                        nominated,
                        "Fourth by a hair, and the desk asked for it the same evening",
                    )
                )
            olga = self.people["olga@example.com"]
            return promotion.promote(
                session,
                acting(session, olga),
                event_id=self.event_id,
                choices=choices,
                hold=promotion.Hold(olga, (at + HELD).date()),
            )

    def plan(self, day: int, proposal_id: int, owner: str, box: int = 60) -> None:
        """The owner says what success is, and accepts."""
        if (at := self._at(day)) is None:
            return
        with clock.story(at), transaction() as session:
            actor = acting(session, self.people[owner])
            found = session.get_one(Proposal, proposal_id)
            plans.set_plan(
                session, actor, proposal_id=proposal_id, version=found.version,
                criteria=CRITERIA, time_box_days=box,
            )  # fmt: skip
        self.move(day, proposal_id, owner, Verb.ACCEPT)

    def move(
        self, day: int, proposal_id: int, who: str, verb: Verb, given: Given | None = None
    ) -> None:
        """One transition on its day."""
        if (at := self._at(day)) is None:
            return
        with clock.story(at), transaction() as session:
            found = session.get_one(Proposal, proposal_id)
            moves.move(
                session, acting(session, self.people[who]), proposal_id=proposal_id, verb=verb,
                version=found.version, given=given,
            )  # fmt: skip

    def own(self, day: int, proposal_id: int, owner: str) -> None:
        """Olga names an owner for what she held."""
        if (at := self._at(day)) is None:
            return
        with clock.story(at), transaction() as session:
            found = session.get_one(Proposal, proposal_id)
            plans.change_owner(
                session, acting(session, self.people["olga@example.com"]),
                proposal_id=proposal_id, version=found.version, address=owner,
                reason="Her desk keeps the register",
            )  # fmt: skip

    def check_ins(self, proposal_id: int, who: str, until: int) -> None:
        """Answer what is due by a day, each the day after."""
        for key, days in CHECK_INS.items():
            at = self._at(days + 1)
            if not 0 < days <= until or at is None:
                continue
            changed, number_now, in_the_way = SAID[key]
            with clock.story(at), transaction() as session:
                plans.answer_check_in(
                    session, acting(session, self.people[who]), proposal_id=proposal_id, key=key,
                    changed=changed, number_now=number_now, in_the_way=in_the_way,
                )  # fmt: skip


def three_quarters_ago(story: FollowUp) -> None:
    """Winners in pilot and prototype, one stopped with its lesson, a fourth one live."""
    owen, ada = "owen@example.com", "ada@example.com"
    pilot, prototype, stopped, live = story.promote([owen, owen, ada], nominated=ada)
    ready = Given(link="https://git.example.com/hackathon/slice", measured=MEASURED)
    for proposal_id, owner, day in ((pilot, owen, 9), (prototype, owen, 205), (stopped, ada, 10),
                                    (live, ada, 8)):  # fmt: skip
        story.plan(day, proposal_id, owner, box=90 if proposal_id == prototype else 60)
        story.move(day + 4, proposal_id, owner, Verb.START)
    story.check_ins(stopped, ada, until=60)
    story.move(52, live, ada, Verb.READY, ready)
    story.move(60, live, ada, Verb.PILOT, Given(home_team="Claims platform"))
    story.move(66, pilot, owen, Verb.READY, ready)
    story.move(75, pilot, owen, Verb.PILOT, Given(home_team="Operations desk"))
    story.move(
        80, stopped, ada, Verb.STOP,
        Given(
            tried="Three models on six months of scanned forms, two of them tuned by hand.",
            learned="The scans are too coarse: below 200 dpi nothing reads the third field. "
            "New scanners come in two years.",
            who_should_know="The archive and whoever plans the next scanners",
            reuse="The labeled set of 800 forms",
        ),
    )  # fmt: skip
    live_on = (story.revealed_at + timedelta(days=160)).date()
    story.move(
        161, live, ada, Verb.LAUNCH,
        Given(
            live_on=live_on, release_url="https://git.example.com/hackathon/slice/releases/1",
            monitored_by="Claims platform", is_ready=True,
        ),
    )  # fmt: skip
    story.check_ins(live, ada, until=90)
    story.check_ins(pilot, owen, until=180)
    story.check_ins(prototype, owen, until=270)


def last_quarter(story: FollowUp) -> None:
    """Promoted: one is being built, one accepted, one was declined with a reason."""
    owen, ada = "owen@example.com", "ada@example.com"
    first, second, third = story.promote([owen, ada, ""])
    story.plan(15, first, owen, box=90)
    story.move(20, first, owen, Verb.START)
    story.plan(40, second, ada, box=90)
    story.own(18, third, ada)
    story.move(
        44, third, ada, Verb.DECLINE,
        Given(
            code="not_now",
            reason="The register is being replaced until summer; we would build it twice. "
            "Bring it back when the new one is live.",
        ),
    )  # fmt: skip
    for proposal_id, who, until in ((first, owen, 60), (second, ada, 90), (third, ada, 30)):
        story.check_ins(proposal_id, who, until)
