"""How the demo tells: who is there, when things are, how people and teams come."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hackathon.demo import civic_data
from hackathon.demo.panel import Panel, acting
from hackathon.demo.texts import CAST, GOALS, SKILLS, TERMS, ZONE
from hackathon.events import rules
from hackathon.events import service as events
from hackathon.people import service as people
from hackathon.people.rules import COMMAND_LINE, SiteRole
from hackathon.projects import service as projects
from hackathon.projects.queries import project_of_team
from hackathon.shared import clock, sessions
from hackathon.shared.db import transaction
from hackathon.teams import service as teams

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


DEVICES = ("Firefox on Linux", "Chrome on Android", "Safari on iPhone", "Edge on Windows")


def quarter_day(today: date, back: int) -> date:
    """A Thursday in the middle of the quarter `back` quarters before today's."""
    index = today.year * 4 + (today.month - 1) // 3 - back
    first = today.replace(year=index // 4, month=index % 4 * 3 + 1, day=1)
    middle = first + timedelta(days=40)
    return middle + timedelta(days=(3 - middle.weekday()) % 7)


def half_hour(moment: datetime) -> datetime:
    """The last half or full hour."""
    return moment.replace(minute=moment.minute // 30 * 30, second=0, microsecond=0)


class Telling:
    """What every step needs; `today` is when the demo starts."""

    def __init__(self, today: datetime) -> None:
        self.today = today
        self.ids: dict[str, int] = {}
        """People by address."""
        self.plans: dict[int, events.Plan] = {}
        """Past plans by quarters ago; 0 is the present event's."""
        self.events: dict[int, int] = {}
        """Events by quarters ago; next quarter's is -1."""
        self.inside: set[int] = set()
        """Who has signed in."""
        self.panels: dict[int, Panel] = {}
        """Rounds by quarters ago."""
        self.captains: dict[int, list[tuple[str, int]]] = defaultdict(list)
        """(captain's address, team) by event."""

    # --- people -----------------------------------------------------------------------

    def _actor(self, session: Session, address: str) -> Actor:
        return acting(session, self.ids[address])

    def _olga(self, session: Session) -> Actor:
        return self._actor(session, "olga@example.com")

    def people_arrive(self) -> None:
        """The cast, colleagues who judge, a crowd that takes part."""
        crowd = {row["email"]: row for row in civic_data.rows("people")}
        crowd |= {row["email"]: row for row in civic_data.rows("judges")}
        with clock.story(self.today - timedelta(days=300)), transaction() as session:
            for name, department, role in CAST:
                email = f"{name.lower()}@example.com"
                self._add(session, email, name, department, is_demo=True)
                site = {"admin": SiteRole.ADMIN, "organizer": SiteRole.PROGRAM_LEAD}.get(role)
                if site is not None:
                    people.give_site_role(
                        session, COMMAND_LINE, person_id=self.ids[email], role=site
                    )
            for email, row in crowd.items():
                if email not in self.ids:
                    self._add(session, email, row["name"], row.get("department", "Platform"))

    def _add(
        self, session: Session, email: str, name: str, department: str, *, is_demo: bool = False
    ) -> None:
        person = people.add_person(
            session, COMMAND_LINE, email=email, name=name, department=department,
            zone=ZONE, is_demo=is_demo,
        )  # fmt: skip
        self.ids[email] = person.id

    # --- events and teams -------------------------------------------------------------

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

    def _make(self, back: int, plan: events.Plan, at: datetime) -> int:
        with clock.story(at), transaction() as session:
            event = events.create_event(session, self._olga(session), plan)
            self.plans[back], self.events[back] = plan, event.id
            return event.id

    def _join(self, event_id: int, at: datetime, addresses: Sequence[str]) -> None:
        with clock.story(at), transaction() as session:
            olga = self._olga(session)
            events.publish_event(session, olga, event_id=event_id)
            token = events.set_join_link(session, olga, event_id=event_id, is_open=True)
            for number, address in enumerate(addresses):
                joining = events.Joining(
                    accepts_version=1,
                    role=rules.ROLES[number % len(rules.ROLES)],
                    skills=SKILLS[number % len(SKILLS)],
                    is_looking=number % 9 == 4,  # noqa: PLR2004 - a few look for a team
                    line="I would love to work on something people use every day.",
                )
                actor = self._actor(session, address)
                self._come_in(session, self.ids[address])
                events.register(session, actor, token=token, joining=joining)

    def _come_in(self, session: Session, person_id: int) -> None:
        """Whoever did something has signed in at least once."""
        if person_id not in self.inside:
            self.inside.add(person_id)
            sessions.begin(session, person_id=person_id, device=DEVICES[person_id % len(DEVICES)])

    def _form_team(
        self, session: Session, event_id: int, name: str, about: str, members: Sequence[str]
    ) -> int:
        captain = self._actor(session, members[0])
        team = teams.create_team(session, captain, event_id=event_id, name=name, about=about)
        self.captains[event_id].append((members[0], team.id))
        for address in members[1:]:
            teams.add_member(
                session, self._olga(session), event_id=event_id, team_id=team.id,
                person_id=self.ids[address], reason="Asked for it at the kick-off.",
            )  # fmt: skip
        return team.id

    def _save(
        self, session: Session, event_id: int, captain: str, team_id: int, card: dict[str, str]
    ) -> None:
        project = project_of_team(session, team_id)
        projects.save_card(
            session, self._actor(session, captain), event_id=event_id, team_id=team_id,
            values=card, version=project.version if project else 0,
        )  # fmt: skip
