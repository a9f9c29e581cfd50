"""The year of the demo, step by step."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hackathon.demo import civic_data, money
from hackathon.demo.follow_up import FollowUp, last_quarter, three_quarters_ago
from hackathon.demo.panel import Given, Panel, invented
from hackathon.demo.telling import Telling, half_hour, quarter_day
from hackathon.demo.texts import CARD, GOALS, PAST_RUBRIC, SOURCE, TEAMS, ZONE
from hackathon.events import rules
from hackathon.events import service as events
from hackathon.people import service as people
from hackathon.people.rules import Role
from hackathon.projects import service as projects
from hackathon.projects.queries import challenges_of
from hackathon.shared import clock
from hackathon.shared.db import transaction
from hackathon.teams import service as teams

if TYPE_CHECKING:
    from collections.abc import Callable


Step = tuple[str, "Callable[[], None]"]
PAST = (3, 1)
"""The past events, in quarters ago."""
ON_STAGE = 9
"""The pitch that runs right now, of thirteen."""
STAGE_TIME = timedelta(minutes=2, seconds=15)
"""Since when it runs, of five minutes."""
HALF_DONE = ("mirrulations-cli", "J8")
"""A sheet whose judge was called away."""


class Story(Telling):
    """The year as it is told, step by step."""

    def steps(self) -> list[Step]:
        """What is told, in order, each with the name that progress shows."""
        told: list[Step] = [("people", self.people_arrive)]
        for back in PAST:
            name = f"{rules.quarter_of(quarter_day(self.today.date(), back))}"
            told += [
                (f"{name}: teams and cards", partial(self.past_event, back)),
                (f"{name}: judging", partial(self.past_judging, back)),
                (f"{name}: results", partial(self.past_results, back)),
                (f"{name}: what came of it", partial(self.past_follow_up, back)),
            ]
        return [
            *told,
            ("this quarter's event", self.present_event),
            ("its teams", self.present_teams),
            ("its projects", self.present_cards),
            ("its judging", self.present_judging),
            ("next quarter's draft", self.next_event),
        ]

    # --- past quarters ----------------------------------------------------------------

    def past_event(self, back: int) -> None:
        """An event of an earlier quarter: people, teams, cards."""
        first = quarter_day(self.today.date(), back)
        plan = self._plan(first, f"Hackathon {rules.quarter_of(first)}")
        event_id = self._make(back, plan, plan.starts_at - timedelta(days=40))
        crowd = [row["email"] for row in civic_data.rows("people") if "person" in row["email"]]
        addresses = ["paul@example.com", "pia@example.com", *crowd[: 22 - back]]
        self._join(event_id, plan.starts_at - timedelta(days=30), addresses)
        rest = addresses[:-3]  # the last few stay without a team
        with clock.story(plan.starts_at + timedelta(hours=1)), transaction() as session:
            for number, (name, _, about) in enumerate(TEAMS):
                size = 4 if number % 3 else 3
                if len(rest) < size:
                    break
                members, rest = rest[:size], rest[size:]
                self._form_team(session, event_id, name, about, members)
        with clock.story(plan.starts_at + timedelta(hours=2)), transaction() as session:
            mine = self._teams(event_id)
            money.fund_event(session, self._olga(session), event_id, 520, len(mine))
        with clock.story(plan.starts_at + timedelta(hours=30)), transaction() as session:
            for (captain, team_id), (_, title, about) in zip(
                self.captains[event_id], TEAMS, strict=False
            ):
                card = {"title": title, "summary": about, **CARD}
                self._save(session, event_id, captain, team_id, card)

    def past_judging(self, back: int) -> None:
        """Four judges see every pitch; the results are recorded."""
        plan = self.plans[back]
        panel = self.panels[back] = Panel(self.events[back], self.ids["olga@example.com"])
        judges = [self.ids[row["email"]] for row in civic_data.rows("judges")]
        seated = [*judges[:2], *judges[1 + back : 3 + back]]
        panel.prepare(
            plan.starts_at + timedelta(days=1), PAST_RUBRIC, [(judge, "") for judge in seated]
        )
        opens = plan.ends_at - timedelta(hours=3, minutes=30)
        panel.open(opens)
        for position in range(1, len(panel.order) + 1):
            sheets = invented(seated, list(panel.criteria.values()), seed=100 * back + position)
            panel.pitch(opens + timedelta(minutes=12 * position), position, sheets)
        panel.freeze(plan.ends_at - timedelta(minutes=75))

    def past_results(self, back: int) -> None:
        """The reveal at the end of the last day."""
        self.panels[back].reveal(self.plans[back].ends_at - timedelta(minutes=20))

    def past_follow_up(self, back: int) -> None:
        """The money is settled; the winners go into the backlog."""
        event_id, plan = self.events[back], self.plans[back]
        settled = plan.ends_at + timedelta(days=6)
        with clock.story(settled), transaction() as session:
            money.settle(session, self._olga(session), event_id, self._teams(event_id))
        tell = {3: three_quarters_ago, 1: last_quarter}[back]
        panel = self.panels[back]
        tell(FollowUp(event_id, panel.round_id, plan.ends_at, self.ids, self.today))

    def _teams(self, event_id: int) -> list[int]:
        return [team_id for _, team_id in self.captains[event_id]]

    # --- this quarter -----------------------------------------------------------------

    def present_event(self) -> None:
        """This quarter's event: submissions closed two hours ago, the pitches run."""
        first = self.today.astimezone(ZoneInfo(ZONE)).date() - timedelta(days=2)
        closes = half_hour(self.today - timedelta(hours=2))
        plan = replace(
            self._plan(first, f"Hackathon {rules.quarter_of(self.today.date())}"),
            goals=f"{GOALS}\n\n{SOURCE}",
            submissions_close_at=closes,
            ends_at=closes + timedelta(hours=6),
        )
        event_id = self._make(0, plan, self.today - timedelta(days=45))
        addresses = [row["email"] for row in civic_data.rows("people")]
        self._join(event_id, self.today - timedelta(days=20), addresses)
        with clock.story(self.today - timedelta(days=5)), transaction() as session:
            olga = self._olga(session)
            people.give_event_role(
                session, olga, event_id=event_id, person_id=self.ids["owen@example.com"],
                role=Role.MENTOR,
            )  # fmt: skip
            for title in dict.fromkeys(row["challenge"] for row in civic_data.rows("projects")):
                projects.add_challenge(session, olga, event_id=event_id, title=title)

    def present_teams(self) -> None:
        """Thirteen teams; Pia and three more are in none."""
        event_id = self.events[0]
        members: dict[str, list[str]] = defaultdict(list)
        for row in civic_data.rows("people"):
            members[row["team"]].append(row["email"])
        at = self.plans[0].starts_at + timedelta(hours=1)
        with clock.story(at), transaction() as session:
            for number, row in enumerate(civic_data.rows("projects")):
                name, about = row["team"], row["summary"]
                team_id = self._form_team(session, event_id, name, about, members[name])
                if number % 4 == 0:
                    teams.open_place(
                        session, self._actor(session, members[name][0]), event_id=event_id,
                        team_id=team_id, role=rules.ROLES[(number + 1) % len(rules.ROLES)],
                        wanted="somebody who likes messy data",
                    )  # fmt: skip
        with clock.story(at + timedelta(hours=2)), transaction() as session:
            pia = self._actor(session, "pia@example.com")
            line = "I read shipping data fluently."
            events.set_looking(session, pia, event_id=event_id, is_looking=True, line=line)
            olga, mine = self._olga(session), self._teams(event_id)
            money.fund_event(session, olga, event_id, 280, len(mine))
            money.open_doors(session, olga, event_id, mine)
        seen_at = self.today - timedelta(minutes=40)
        with clock.story(seen_at), transaction() as session:
            money.read_consoles(session, self._olga(session), event_id, mine, seen_at)
            captain, team_id = self.captains[event_id][6]
            money.ask_for_more(session, self._actor(session, captain), event_id, team_id)

    def present_cards(self) -> None:
        """Each team's draft on the second day, its submission just before the deadline."""
        event_id, plan = self.events[0], self.plans[0]
        cards = {row["key"]: row for row in civic_data.rows("cards")}
        places = list(zip(civic_data.rows("projects"), self.captains[event_id], strict=True))
        for number, (row, (captain, team_id)) in enumerate(places):
            draft = {name: row[name] for name in ("title", "summary")}
            words = {name: text for name, text in cards[row["key"]].items() if name != "key"}
            with clock.story(plan.starts_at + timedelta(hours=8, minutes=number)):
                self._save_alone(event_id, captain, team_id, draft)
            card = {**draft, **words, "repo_url": row["repo_url"], "data_class": "public"}
            with clock.story(
                (plan.submissions_close_at or plan.ends_at) - timedelta(minutes=3 + 4 * number)
            ):
                self._save_alone(event_id, captain, team_id, card)
        self._place_projects()

    def _save_alone(self, event_id: int, captain: str, team_id: int, card: dict[str, str]) -> None:
        with transaction() as session:
            self._save(session, event_id, captain, team_id, card)

    def _place_projects(self) -> None:
        """Olga notes each project's key and challenge."""
        event_id = self.events[0]
        at = (self.plans[0].submissions_close_at or self.today) - timedelta(minutes=1)
        with clock.story(at), transaction() as session:
            olga = self._olga(session)
            known = challenges_of(session, event_id)
            for row, (_, team_id) in zip(
                civic_data.rows("projects"), self.captains[event_id], strict=True
            ):
                projects.bring_card(
                    session, olga, event_id=event_id, team_id=team_id, values={},
                    key=row["key"], challenge_id=known[row["challenge"]],
                )  # fmt: skip

    def present_judging(self) -> None:
        """The round is open, the ninth of thirteen pitches runs; the real sheets are partly in."""
        event_id, plan = self.events[0], self.plans[0]
        panel = self.panels[0] = Panel(event_id, self.ids["olga@example.com"])
        judges = {row["key"]: self.ids[row["email"]] for row in civic_data.rows("judges")}
        panel.prepare(
            self.today - timedelta(days=1),
            civic_data.rubric(),
            [(person_id, key) for key, person_id in judges.items()],
        )
        opens = (plan.submissions_close_at or plan.ends_at) + timedelta(minutes=15)
        with clock.story(opens), transaction() as session:
            for person_id in judges.values():
                self._come_in(session, person_id)
        sheets = civic_data.sheets(panel.criteria)
        panel.open(opens, list(self._keys()))
        pause = (self.today - STAGE_TIME - opens) / (ON_STAGE - 1)
        for position, key in enumerate(self._keys()[:ON_STAGE], 1):
            given = []
            for number, (judge, values) in enumerate(sheets[key]):
                if position == ON_STAGE and number > 1:
                    break  # the others are still listening
                if (key, judge) == HALF_DONE:
                    values = dict(list(values.items())[:4])  # noqa: PLW2901 - cut short
                is_whole = len(values) == len(panel.criteria)
                given.append(Given(judges[judge], values, is_whole and number % 2 == 0))
            panel.pitch(opens + pause * (position - 1), position, given)

    def _keys(self) -> list[str]:
        """The running order: as the real sheets came."""
        return list(dict.fromkeys(row["project"] for row in civic_data.rows("sheets")))

    # --- next quarter -----------------------------------------------------------------

    def next_event(self) -> None:
        """Next quarter's event, still in draft."""
        first = quarter_day(self.today.date(), -1)
        plan = self._plan(first, f"Hackathon {rules.quarter_of(first)}")
        self._make(-1, plan, self.today - timedelta(days=2))
