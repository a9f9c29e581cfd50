"""Large files are read by a few processes beside this one, which unfolds, checks and deals.

Whatever goes wrong here ends in `Alone`: one process reads the file again and says why.
"""

from __future__ import annotations

import gc
import json
import os
import struct
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, NamedTuple

from hackathon.credits.service.bills.reader import Reader
from hackathon.credits.service.bills.scan import REJECTS_KEPT, Scan
from hackathon.credits.service.bills.stage import Stage
from hackathon.credits.service.bills.stream import Bytes, parts_of
from hackathon.shared.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

MOST_WORKERS = 3
"""So many that all together stay within 64 MB."""
LARGE = 32 << 20
"""Bytes from which more processes pay."""
HEAD = struct.Struct(">QI")


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
    return path.stat().st_size >= LARGE and _workers() > 1


def _workers() -> int:
    """A processor each, and one for this process."""
    return min(MOST_WORKERS, (os.cpu_count() or 1) - 1)


def read_together(path: Path, stage: Path, wish: Wish, told: Callable[[int], object]) -> Scan:
    """Read a file into a stage with several processes.

    Raises:
        Alone: anything was unusual; nothing of it is kept.
    """
    folders = [stage.with_suffix(f".{number}.db") for number in range(max(1, _workers()))]
    crew: list[subprocess.Popen[bytes]] = []
    try:
        for folder in folders:
            folder.unlink(missing_ok=True)
            crew.append(_hire(folder, wish))
        with Bytes(path, told) as source:
            _deal(source, crew)
            digest, size = source.digest, source.size
        for worker in crew:
            if worker.wait() != 0:
                raise Alone
        return _join(stage, folders, digest, size)
    except (Refusal, BrokenPipeError, OSError) as problem:
        raise Alone from problem
    finally:
        for worker in crew:
            worker.kill()
            worker.wait()
        for folder in folders:
            folder.unlink(missing_ok=True)


def _hire(stage: Path, wish: Wish) -> subprocess.Popen[bytes]:
    root = str(Path(__file__).parents[4])
    worker = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", __name__, str(stage), wish.text()],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": root},
    )
    return worker


def _deal(source: Bytes, crew: Sequence[subprocess.Popen[bytes]]) -> None:
    """Give each worker the header, then the parts in turn, each with the lines before it."""
    for turn, (lines, _, text) in enumerate(parts_of(source)):
        for worker in crew if turn == 0 else (crew[turn % len(crew)],):
            _send(worker, lines, text)
    for worker in crew:
        _pipe(worker).close()


def _pipe(worker: subprocess.Popen[bytes]) -> IO[bytes]:
    if worker.stdin is None:
        raise Alone
    return worker.stdin


def _send(worker: subprocess.Popen[bytes], lines: int, text: bytes) -> None:
    pipe = _pipe(worker)
    pipe.write(HEAD.pack(lines, len(text)))
    pipe.write(text)


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


def work(source: BinaryIO, stage: Path, wish: Wish) -> None:
    """What a worker does: parts from a pipe into a stage of its own."""
    rows = Stage(stage)
    reader = Reader(rows, *wish)
    is_first = True
    while head := source.read(HEAD.size):
        lines, length = HEAD.unpack(head)
        text = source.read(length).decode("utf-8")
        if is_first:
            reader.begin([text])
        else:
            reader.read_part(text, lines)
        is_first = False
    rows.keep(reader.finish())
    rows.close()


if __name__ == "__main__":
    gc.disable()  # nothing here refers to itself
    work(sys.stdin.buffer, Path(sys.argv[1]), Wish.read(sys.argv[2]))
