"""What one message costs the serving process, without sockets: `bench/messages.py`.

    .venv/bin/python bench/messages.py [--devices 150] [--rounds 5] [--profile hello|watch|mark|tick]

Processor time and statements of a judge's first list (hello), an organizer's board (watch),
a mark until its acknowledgement, and a pass of the ticker after a few marks, on the scene of
`bench/serve.py` in one process. Processor time is steadier than the clock where others load
the machine. The figures are medians.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from contextlib import nullcontext
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from serve import CRITERIA, Scene
from sqlalchemy import event

from hackathon.shared import clock, live
from hackathon.shared.db import db

if TYPE_CHECKING:
    from collections.abc import Callable

MARKS = 300
MARKS_A_TICK = 3
"""What comes within a fifth of a second at twelve to fifteen a second."""


class Costs:
    """Processor milliseconds and statements by kind of work."""

    def __init__(self) -> None:
        self.asked = 0
        self.found: dict[str, list[tuple[float, int]]] = defaultdict(list)

    def count(self, *_given: object) -> None:
        """One statement more."""
        self.asked += 1

    def of(self, name: str, work: Callable[[], Any]) -> Any:  # noqa: ANN401 - the work's own
        """Do it, and keep what it cost."""
        before, begun = self.asked, time.thread_time()
        answer = work()
        spent = 1000 * (time.thread_time() - begun)
        self.found[name].append((spent, self.asked - before))
        return answer


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--devices", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", choices=("connect", "hello", "watch", "mark", "tick"))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Scene(Path(folder), "https://localhost", asked.devices), asked)


def measure(scene: Scene, asked: argparse.Namespace) -> None:
    """The table."""
    app, costs, profile = scene.app, Costs(), cProfile.Profile()
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", costs.count)

    def take(name: str, work: Callable[[], Any]) -> Any:  # noqa: ANN401 - the work's own
        with profile if asked.profile == name else nullcontext():
            return costs.of(name, work)

    ticker: live.Ticker = app.extensions["ticker"]
    ticker.tick()
    sequence = 0
    for number in range(asked.rounds):
        lines = [_connect(scene, token, take) for token in (*scene.judges, *scene.watchers)]
        judges, watchers = lines[: len(scene.judges)], lines[len(scene.judges) :]
        for line in judges:
            take("hello", lambda line=line: _call(line, "judging.hello", round=scene.round_id))
        for line in watchers:
            take("watch", lambda line=line: _call(line, "board.watch", event="bench"))
        ticker.tick()
        cells = list(product(scene.projects, CRITERIA))
        for _ in range(MARKS // asked.rounds):
            turn = sequence // len(judges)
            project, criterion = cells[turn % len(cells)]
            payload = {
                "round": scene.round_id, "project": project, "criterion": criterion,
                "value": 1 + sequence % 5, "seq": 1 + turn // len(cells), "key": uuid.uuid4().hex,
                "made_at": clock.utc_text(clock.now()),
            }  # fmt: skip
            line = judges[sequence % len(judges)]
            take("mark", lambda line=line, payload=payload: _call(line, "judging.mark", **payload))
            sequence += 1
            if sequence % MARKS_A_TICK == 0:
                take("tick", ticker.tick)
        for line in lines:
            line.disconnect()
        print(f"round {number + 1}", file=sys.stderr)
    print("| | ms, half | ms, mean | statements |\n| --- | ---: | ---: | ---: |")
    for name, found in costs.found.items():
        spent, statements = zip(*found, strict=True)
        half, mean = statistics.median(spent), statistics.mean(spent)
        print(f"| {name} | {half:.2f} | {mean:.2f} | {statistics.median(statements):.0f} |")
    if asked.profile:
        pstats.Stats(profile).sort_stats("cumulative").print_stats(70)
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)


def _connect(scene: Scene, token: str, take: Callable[..., Any]) -> Any:  # noqa: ANN401 - Flask-SocketIO's own
    head = {"Cookie": f"{scene.cookie}={token}"}
    return take("connect", lambda: live.socketio.test_client(scene.app, headers=head))


def _call(line: Any, name: str, **payload: object) -> dict[str, Any]:  # noqa: ANN401 - Flask-SocketIO's own
    answer: dict[str, Any] = line.emit(name, payload, callback=True)
    if not answer["ok"]:
        raise RuntimeError(answer)
    return answer


if __name__ == "__main__":
    main()
