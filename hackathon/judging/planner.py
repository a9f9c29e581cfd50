"""Who visits whom, when: a greedy deal, augmenting paths, swaps, edge coloring.

Plain Python, the same answer for the same question. Hard rules: no conflict, nobody
above their most projects, what is fixed stays. Then: each project has its judges, loads
differ by at most one where conflicts allow it, and judges meet as many different fellow
judges as possible, so that strict and mild ones can be told apart in the whole field.
"""

from __future__ import annotations

import random
from collections import defaultdict, deque
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

Pair = tuple[int, int]
"""(judge, project)"""

SWAPS = 20_000
UNLIMITED = 1_000_000


@dataclass(frozen=True)
class Question:
    """What is to be planned.

    `fixed` visits stay (they have begun); `present` ones are kept where the rules allow it.
    A fixed visit of somebody who is no longer a judge counts for its project.
    """

    judges: tuple[int, ...]
    projects: tuple[int, ...]
    wanted: int
    conflicts: frozenset[Pair] = frozenset()
    most: Mapping[int, int] = field(default_factory=dict)
    fixed: frozenset[Pair] = frozenset()
    present: frozenset[Pair] = frozenset()
    seed: int = 0


@dataclass(frozen=True)
class Answer:
    """A plan: its visits, what could not be planned, and how well it connects."""

    pairs: frozenset[Pair]
    short: dict[int, int]
    """How many judges each project is short of; projects that have all are left out."""
    islands: int
    """Parts of the judge-project graph; more than one cannot be ranked together."""
    most_shared: int
    """The most projects any two judges share."""

    def loads(self, judges: Iterable[int]) -> dict[int, int]:
        """How many visits each judge has."""
        found = dict.fromkeys(judges, 0)
        for judge, _ in self.pairs:
            if judge in found:
                found[judge] += 1
        return found


class _Deal:
    """An assignment while it is being made."""

    def __init__(self, question: Question) -> None:
        self.asked = question
        self.on: dict[int, set[int]] = {project: set() for project in question.projects}
        self.of: dict[int, set[int]] = {judge: set() for judge in question.judges}
        self.met: dict[Pair, int] = defaultdict(int)
        self.held = question.fixed
        for judge, project in sorted(question.fixed):
            if project in self.on:
                self.give(judge, project)
        for judge, project in sorted(question.present - question.fixed):
            if (
                project in self.on
                and self.may(judge, project)
                and self.has_room(judge)
                and len(self.on[project]) < question.wanted
            ):
                self.give(judge, project)

    def may(self, judge: int, project: int) -> bool:
        return (
            judge in self.of
            and judge not in self.on[project]
            and (judge, project) not in self.asked.conflicts
        )

    def has_room(self, judge: int) -> bool:
        return len(self.of[judge]) < self.asked.most.get(judge, UNLIMITED)

    def give(self, judge: int, project: int) -> None:
        for other in self.on[project]:
            self.met[_pair(judge, other)] += 1
        self.on[project].add(judge)
        self.of.setdefault(judge, set()).add(project)

    def take(self, judge: int, project: int) -> None:
        self.on[project].discard(judge)
        self.of[judge].discard(project)
        for other in self.on[project]:
            self.met[_pair(judge, other)] -= 1

    def deal(self) -> None:
        """Projects in turn, those with the fewest possible judges first; least loaded judge."""
        free = {
            project: sum(self.may(judge, project) for judge in self.asked.judges)
            for project in self.asked.projects
        }
        order = sorted(self.asked.projects, key=lambda project: (free[project], project))
        for turn in range(1, self.asked.wanted + 1):
            for project in order:
                if len(self.on[project]) >= turn:
                    continue
                able = [
                    judge
                    for judge in self.asked.judges
                    if self.may(judge, project) and self.has_room(judge)
                ]
                if able:
                    fellows = self.on[project]
                    self.give(
                        min(
                            able,
                            key=lambda judge: (
                                len(self.of[judge]),
                                sum(self.met[_pair(judge, other)] for other in fellows),
                                judge,
                            ),
                        ),
                        project,
                    )
                else:
                    self.make_room(project)

    def make_room(self, project: int) -> None:
        """A project without a free judge: somebody hands a visit on, along the shortest chain."""
        starts = [judge for judge in self.asked.judges if self.may(judge, project)]
        chain = self.chain(starts, self.has_room)
        if chain:
            self.hand_on(chain)
            self.give(chain[0][0], project)

    def chain(self, starts: Sequence[int], is_end: Callable[[int], bool]) -> list[Pair]:
        """[(judge, project to hand on), ..., (last judge, 0)] from a start to an end."""
        came: dict[int, Pair | None] = dict.fromkeys(starts)
        queue = deque(starts)
        while queue:
            judge = queue.popleft()
            if is_end(judge):
                path: list[Pair] = [(judge, 0)]
                while (step := came[path[0][0]]) is not None:
                    path.insert(0, step)
                return path
            for project in sorted(self.of[judge]):
                if (judge, project) in self.held or project not in self.on:
                    continue
                for other in self.asked.judges:
                    if other not in came and self.may(other, project):
                        came[other] = (judge, project)
                        queue.append(other)
        return []

    def hand_on(self, path: Sequence[Pair]) -> None:
        for (judge, project), (other, _) in pairwise(path):
            self.take(judge, project)
            self.give(other, project)

    def level(self) -> None:
        """Move visits from the busiest to the least busy judges while that helps."""
        for _ in range(len(self.on) * self.asked.wanted + 1):
            if not self._level_once({judge: len(self.of[judge]) for judge in self.asked.judges}):
                return

    def _level_once(self, loads: dict[int, int]) -> bool:
        """Move one visit along a chain from a busy judge to one with at least two fewer."""
        for load in range(max(loads.values(), default=0), min(loads.values(), default=0) + 1, -1):
            able = {judge for judge in loads if loads[judge] <= load - 2 and self.has_room(judge)}
            starts = [judge for judge, each in loads.items() if each == load]
            path = self.chain(starts, able.__contains__) if able else []
            if path:
                self.hand_on(path)
                return True
        return False

    def swap(self) -> None:
        """Exchange judges of two projects where fewer pairs of judges meet again and again."""
        chance = random.Random(self.asked.seed)  # noqa: S311 - a search, not a secret
        movable = [
            (judge, project)
            for project in self.asked.projects
            for judge in sorted(self.on[project])
            if (judge, project) not in self.held and judge in self.of
        ]
        if len(movable) < 2:  # noqa: PLR2004
            return
        for _ in range(SWAPS):
            first, second = chance.randrange(len(movable)), chance.randrange(len(movable))
            (a, p), (b, q) = movable[first], movable[second]
            if a == b or p == q or not self.may(a, q) or not self.may(b, p):
                continue
            if self._gain(a, b, p) + self._gain(b, a, q) > 0:
                self.take(a, p)
                self.take(b, q)
                self.give(a, q)
                self.give(b, p)
                movable[first], movable[second] = (a, q), (b, p)

    def _gain(self, leaves: int, comes: int, project: int) -> int:
        """How much fewer repeated meetings there are, roughly, when one replaces another."""
        gain = 0
        for other in self.on[project]:
            if other not in {leaves, comes}:
                gain += self.met[_pair(leaves, other)] - self.met[_pair(comes, other)] - 1
        return gain

    def answer(self) -> Answer:
        pairs = frozenset((judge, project) for project, on in self.on.items() for judge in on)
        return Answer(
            pairs=pairs,
            short={
                project: self.asked.wanted - len(on)
                for project, on in self.on.items()
                if len(on) < self.asked.wanted
            },
            islands=islands_of(pairs),
            most_shared=max(self.met.values(), default=0),
        )


def _pair(one: int, other: int) -> Pair:
    return (one, other) if one < other else (other, one)


def plan(question: Question) -> Answer:
    """Who visits whom. What is present already is only leveled, not shuffled."""
    deal = _Deal(question)
    deal.deal()
    deal.level()
    if not question.present and not question.fixed:
        deal.swap()
    return deal.answer()


def islands_of(pairs: Collection[Pair]) -> int:
    """How many parts the judge-project graph has."""
    root: dict[tuple[str, int], tuple[str, int]] = {}

    def find(node: tuple[str, int]) -> tuple[str, int]:
        root.setdefault(node, node)
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    for judge, project in pairs:
        root[find(("judge", judge))] = find(("project", project))
    return len({find(node) for node in list(root)})


def slots_of(pairs: Collection[Pair], first: int = 1) -> dict[Pair, int]:
    """A turn for each visit, from `first`: nobody and no project is double-booked.

    As many turns as the longest list (Konig's theorem; colors exchanged along a path).
    """
    degree: dict[tuple[str, int], int] = defaultdict(int)
    for judge, project in pairs:
        degree["judge", judge] += 1
        degree["project", project] += 1
    turns = max(degree.values(), default=0)
    at: dict[tuple[str, int], dict[int, Pair]] = defaultdict(dict)
    color: dict[Pair, int] = {}
    for pair in sorted(pairs):
        one, other = ("judge", pair[0]), ("project", pair[1])
        mine = next(turn for turn in range(turns) if turn not in at[one])
        theirs = next(turn for turn in range(turns) if turn not in at[other])
        if mine != theirs:
            _exchange(at, color, other, mine, theirs)
        color[pair] = mine
        at[one][mine] = at[other][mine] = pair
    return {pair: turn + first for pair, turn in color.items()}


def _exchange(
    at: dict[tuple[str, int], dict[int, Pair]],
    color: dict[Pair, int],
    start: tuple[str, int],
    one: int,
    other: int,
) -> None:
    """Exchange two colors along the path from `start`, which has `one` and not `other`."""
    path, node, wanted = [], start, one
    while wanted in at[node]:
        pair = at[node][wanted]
        path.append(pair)
        node = ("judge", pair[0]) if node[0] == "project" else ("project", pair[1])
        wanted = other if wanted == one else one
    for pair in path:
        for end in (("judge", pair[0]), ("project", pair[1])):
            del at[end][color[pair]]
    for pair in path:
        color[pair] = other if color[pair] == one else one
    for pair in path:
        for end in (("judge", pair[0]), ("project", pair[1])):
            at[end][color[pair]] = pair


# --- advice ---------------------------------------------------------------------------

PITCHES_UP_TO = 25
TRANSFER = 2
"""Minutes between two pitches on stage."""

ACCURACY = {2: (37, 51), 3: (41, 56), 4: (48, 61), 5: (53, 65), 7: (58, 71)}
"""By sheets a project: the best project wins / the top three are found, in percent.

Simulated: 30 projects, 10 judges, judge-adjusted mean.
"""
TWO_STAGES = (63, 69)
"""The same 120 visits as four each, but three each and then five more for the leading six."""
LEADERS, AGAIN = 6, 5
"""The second stage: how many projects, how many more sheets each."""
EVERYONE = ((9, 72, 81), (5, 66, 78))
"""Judges who see all, and what they find: 9 with 20 projects (three sheets each find 52 and 68
percent there), 5 with 12 projects and three marks missing. Fewer were not simulated.
"""


@dataclass(frozen=True)
class Advice:
    """A way to judge: what it takes and what it finds."""

    name: str
    sheets: int
    """Sheets a project."""
    load: int
    """Projects a judge, at most."""
    minutes: int
    """From the first to the last; `winner` and `top_three` in percent, None: not simulated."""
    winner: int | None
    top_three: int | None
    is_possible: bool = True
    is_advised: bool = False


def advise(projects: int, judges: int, pitch_minutes: int, visit_minutes: int) -> list[Advice]:
    """The ways to judge these projects with these judges, the advised one marked."""
    if not projects or not judges:
        return []
    best, top = next(
        ((best, top) for least, best, top in EVERYONE if judges >= least), (None, None)
    )
    minutes = projects * (pitch_minutes + TRANSFER)
    few = projects <= PITCHES_UP_TO
    every = Advice("Pitches", judges, projects, minutes, best, top, is_advised=few)
    found = [every]
    for sheets, (winner, third) in ACCURACY.items():
        load = -(-projects * sheets // judges)
        minutes = max(load, sheets) * visit_minutes
        is_possible = sheets < judges  # else everyone sees everyone
        found.append(Advice("Visits", sheets, load, minutes, winner, third, is_possible))
    first, second = -(-projects * 3 // judges), -(-LEADERS * AGAIN // judges)
    found.append(
        Advice(
            "Two stages",
            sheets=3,
            load=first + second,
            minutes=(max(first, 3) + max(second, AGAIN)) * visit_minutes,
            winner=TWO_STAGES[0],
            top_three=TWO_STAGES[1],
            is_possible=judges >= 3 + AGAIN and projects >= 2 * LEADERS,
            is_advised=projects > PITCHES_UP_TO and judges >= 3 + AGAIN,
        )
    )
    if not any(each.is_advised for each in found):
        able = [row for row in found if row.name == "Visits" and row.is_possible]
        pick = next((row for row in able if row.sheets == 3), able[-1] if able else every)  # noqa: PLR2004
        found = [row if row is not pick else replace(row, is_advised=True) for row in found]
    return found
