"""Large files are read by a few processes beside this one, which unfolds, checks and deals.

Whatever goes wrong here ends in `Alone`: one process reads the file again and says why.
"""

from __future__ import annotations

import gc
import json
import os
import selectors
import struct
import subprocess
import sys
from datetime import date
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from hackathon.credits.service.bills.reader import Reader
from hackathon.credits.service.bills.scan import REJECTS_KEPT, Scan
from hackathon.credits.service.bills.stage import Stage
from hackathon.credits.service.bills.stream import BLOCK, Bytes, Part, parts_of
from hackathon.shared.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

WORKERS = 2
"""This process has little to do beside them: two cores are busy with two. With a third all
together would touch 64 MB."""
LARGE = 32 << 20
"""Bytes from which more processes pay."""
HANDED = 4 * BLOCK
"""Bytes handed over at once, or somewhat more."""
AHEAD = 32
"""Loads a worker has before it, so that it has work while this process waits for a processor."""
HEAD = struct.Struct(">QQI?")
"""Lines and bytes before a load, its length, whether its text follows."""

KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(4 << 20), "MALLOC_MMAP_THRESHOLD_": str(4 << 20)}
"""Tells the C library of Linux not to give memory back to the system after every load."""


class Alone(Exception):  # noqa: N818 - reads as what is to be done
    """This file is read by one process."""


class Wish(NamedTuple):
    """How a file is read: tags to keep, days kept by the hour, the name of the part."""

    tag_keys: Sequence[str]
    by_hour: Collection[date] = ()
    part: str = ""

    def text(self) -> str:
        """As a worker is told it."""
        days = [day.isoformat() for day in self.by_hour]
        return json.dumps([list(self.tag_keys), days, self.part])

    @classmethod
    def read(cls, text: str) -> Wish:
        """As a worker reads it."""
        keys, days, part = json.loads(text)
        return cls(keys, [date.fromisoformat(day) for day in days], part)


def is_worth_it(path: Path) -> bool:
    """Whether a file is large enough, and there are processors for it."""
    can = hasattr(os, "pread")  # not on Windows
    return can and path.stat().st_size >= LARGE and processors() > 1


def processors() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not everywhere
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Worker:
    """A process that reads loads of parts; `owed` of them it has not finished."""

    def __init__(self, stage: Path, file: int, wish: Wish) -> None:
        self.stage, self.owed = stage, 0
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", __name__, str(stage), str(file), wish.text()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            pass_fds=[file],
            env={**os.environ, **KEEP_MEMORY, "PYTHONPATH": str(Path(__file__).parents[4])},
        )
        if self.process.stdin is None or self.process.stdout is None:  # for the type checker
            raise Alone
        self.orders, self.answers = self.process.stdin, self.process.stdout

    def send(self, load: Sequence[Part], *, is_folded: bool) -> None:
        """Give it parts: where they lie in the file or, of a compressed one, their text."""
        text = b"".join(part.text for part in load) if is_folded else b""
        size = sum(len(part.text) for part in load)
        rest = memoryview(HEAD.pack(load[0].lines, load[0].at, size, is_folded) + text)
        while rest:
            rest = rest[self.orders.write(rest) :]
        self.owed += 1

    def hear(self) -> None:
        """Take note of the loads it has finished.

        Raises:
            Alone: it has ended.
        """
        done = len(os.read(self.answers.fileno(), AHEAD))
        if not done:
            raise Alone
        self.owed -= done

    def finish(self) -> None:
        """No more loads come.

        Raises:
            Alone: it could not read one.
        """
        self.orders.close()
        if self.process.wait() != 0:
            raise Alone

    def end(self) -> None:
        """Let go of it, whatever it does."""
        self.process.kill()
        self.process.wait()
        self.orders.close()
        self.answers.close()
        self.stage.unlink(missing_ok=True)


def read_together(path: Path, stage: Path, wish: Wish, told: Callable[[int], object]) -> Scan:
    """Read a file into a stage with several processes.

    Raises:
        Alone: anything was unusual; nothing of it is kept.
    """
    crew: list[Worker] = []
    try:
        with path.open("rb") as file, Bytes(path, told) as source:
            before = os.fstat(file.fileno())
            for number in range(WORKERS):
                place = stage.with_suffix(f".{number}.db")
                place.unlink(missing_ok=True)
                crew.append(Worker(place, file.fileno(), wish))
            _deal(source, crew)
            for worker in crew:
                worker.finish()
            after = os.fstat(file.fileno())
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                raise Alone  # what was hashed may not be what was read
        return _join(stage, [worker.stage for worker in crew], source.digest, source.size)
    except (Refusal, OSError) as problem:
        raise Alone from problem
    finally:
        for worker in crew:
            worker.end()


def _deal(source: Bytes, crew: Sequence[Worker]) -> None:
    """Give every worker the header, then each load to the one that has least to do."""
    with selectors.DefaultSelector() as answers:
        for worker in crew:
            answers.register(worker.answers, selectors.EVENT_READ, worker)
        parts = parts_of(source)
        for header in islice(parts, 1):
            for worker in crew:
                worker.send([header], is_folded=True)
        for load in _loads(parts):
            while min(worker.owed for worker in crew) >= AHEAD:
                for key, _ in answers.select():
                    key.data.hear()
            least = min(crew, key=lambda worker: worker.owed)
            least.send(load, is_folded=source.is_folded)


def _loads(parts: Iterator[Part]) -> Iterator[list[Part]]:
    """Parts that follow each other, as many as are handed over at once."""
    load: list[Part] = []
    for part in parts:
        load.append(part)
        if part.at + len(part.text) - load[0].at >= HANDED:
            yield load
            load = []
    if load:
        yield load


def _join(stage: Path, folders: Sequence[Path], digest: str, size: int) -> Scan:
    """One stage and one summary of all."""
    whole = Scan(digest=digest, size=size)
    rows = Stage(stage)
    try:
        for folder in folders:
            part = Stage(folder)
            scan = part.scan()
            part.close()
            if scan is None:
                raise Alone
            whole.add(scan)
        rows.take(folders)
        whole.rejects = sorted(whole.rejects, key=lambda row: row.line)[:REJECTS_KEPT]
        rows.keep(whole)
    finally:
        rows.close()
    return whole


def work(orders: BinaryIO, answers: BinaryIO, file: int, stage: Path, wish: Wish) -> None:
    """What a worker does: loads into a stage of its own; one byte says that one is finished."""
    rows = Stage(stage)
    reader = Reader(rows, *wish)
    is_first = True
    while head := orders.read(HEAD.size):
        lines, at, length, is_folded = HEAD.unpack(head)
        data = orders.read(length) if is_folded else os.pread(file, length, at)
        text = data.decode("utf-8")
        if is_first:
            reader.begin([text])
        else:
            reader.read_part(text, lines)
        is_first = False
        answers.write(b".")
        answers.flush()
    rows.keep(reader.finish())
    rows.close()


if __name__ == "__main__":
    gc.disable()  # nothing here refers to itself
    _, given_stage, given_file, given_wish = sys.argv
    work(
        sys.stdin.buffer,
        sys.stdout.buffer,
        int(given_file),
        Path(given_stage),
        Wish.read(given_wish),
    )
