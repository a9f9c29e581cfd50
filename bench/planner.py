"""Time the planner of visits: `.venv/bin/python bench/planner.py`.

Every twentieth judge-project pair is a conflict; one process, its own processor time.
"""

from __future__ import annotations

import random
import time

from hackathon.judging.planner import Question, plan, slots_of

SIZES = ((30, 10, 3), (100, 25, 3), (300, 60, 3), (300, 60, 5))


def main() -> None:
    """Print a row of the table in RESULTS.md for each size."""
    for projects, judges, wanted in SIZES:
        chance = random.Random(7)
        conflicts = frozenset(
            (judge, project)
            for judge in range(judges)
            for project in range(projects)
            if chance.random() < 0.05  # noqa: PLR2004
        )
        asked = Question(tuple(range(judges)), tuple(range(projects)), wanted, conflicts)
        begun = time.process_time()
        answer = plan(asked)
        planned = time.process_time()
        turns = slots_of(answer.pairs)
        colored = time.process_time()
        left = Question(
            tuple(range(1, judges)), asked.projects, wanted, conflicts,
            present=frozenset(pair for pair in answer.pairs if pair[0] != 0),
        )  # fmt: skip
        again = plan(left)
        replanned = time.process_time()
        loads = answer.loads(range(judges)).values()
        print(
            f"| {projects} x {judges}, {wanted} each | {min(loads)}-{max(loads)} "
            f"| {answer.islands} | {answer.most_shared} | {len(answer.pairs & conflicts)} "
            f"| {max(turns.values())} | {(planned - begun) * 1000:.0f} ms "
            f"| {(colored - planned) * 1000:.1f} ms | {(replanned - colored) * 1000:.0f} ms, "
            f"{len(answer.pairs & again.pairs)} of {len(answer.pairs)} kept |"
        )


if __name__ == "__main__":
    main()
