"""Figures for those who watch the program: requests counted here, and Prometheus's text.

Counts are those of this process since it began; whoever scrapes sees a restart by
`process_start_time_seconds`.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

BOUNDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Seconds: upper ends of the buckets of answer times."""
STARTED = time.time()
MIMETYPE = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[str, str, str, float]
"""Name with labels, kind (counter, gauge, histogram), what it is, value."""


class Requests:
    """How many requests were answered with which hundred, and how long they took."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: Counter[str] = Counter()
        self._buckets = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0

    def count(self, status: int, seconds: float) -> None:
        """One more was answered."""
        with self._lock:
            self._answers[f"{status // 100}xx"] += 1
            self._buckets[bisect_left(BOUNDS, seconds)] += 1
            self._seconds += seconds

    def samples(self) -> list[Sample]:
        """Both as counters that only grow."""
        name, took = "hackathon_requests_total", "hackathon_request_seconds"
        with self._lock:
            answers, buckets = dict(self._answers), list(self._buckets)
            seconds = self._seconds
        found: list[Sample] = [
            (f'{name}{{status="{status}"}}', "counter", "Requests answered.", count)
            for status, count in sorted(answers.items())
        ]
        told = "Seconds from a request to its answer."
        total = 0
        for bound, count in zip([*map(str, BOUNDS), "+Inf"], buckets, strict=True):
            total += count
            found.append((f'{took}_bucket{{le="{bound}"}}', "histogram", told, total))
        found.append((f"{took}_sum", "histogram", told, round(seconds, 6)))
        found.append((f"{took}_count", "histogram", told, total))
        return found


requests = Requests()


def text(samples: Iterable[Sample]) -> str:
    """Prometheus's exposition text; samples of one name stand together."""
    lines: list[str] = []
    last = ""
    for name, kind, told, value in samples:
        family = name.partition("{")[0]
        if kind == "histogram":
            family = family.rsplit("_", 1)[0]
        if family != last:
            lines += [f"# HELP {family} {told}", f"# TYPE {family} {kind}"]
            last = family
        lines.append(f"{name} {value:.15g}")
    return "\n".join(lines) + "\n"
