"""A terminal for tests: each command in a process of its own, forked from one that has imported all.

Importing the program takes longer than most commands.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hackathon.app import FEATURES

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[1]
PATIENCE = 120

_forking = multiprocessing.get_context("forkserver")
_forking.set_forkserver_preload(
    [
        "hackathon.cli",
        *(
            f"hackathon.{feature}.{kind}"
            for kind in ("models", "routes", "live", "jobs", "commands")
            for feature in FEATURES
        ),
    ]
)


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


class Terminal:
    """Runs `hackathon ...` in an instance of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.instance = folder / "instance"

    def __call__(self, *arguments: str, given: str = "", **environment: str) -> Done:
        """Run one command; what is `given` comes from its standard input."""
        settings = {**os.environ, "HACKATHON_INSTANCE": str(self.instance), **environment}
        if "DATABASE_URL" not in environment:
            settings.pop("DATABASE_URL", None)
        files = [self.folder / f"terminal.{name}" for name in ("in", "out", "err")]
        files[0].write_text(given, "utf-8")
        child = _forking.Process(target=_run, args=(list(map(str, arguments)), settings, files))
        child.start()
        child.join(PATIENCE)
        if child.exitcode is None:
            child.kill()
            child.join()
        assert child.exitcode is not None
        return Done(child.exitcode, *(each.read_text("utf-8") for each in files[1:]))


def _run(arguments: list[str], environment: Mapping[str, str], files: list[Path]) -> None:
    """In the forked process: what `python -m hackathon` does."""
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    for number, (path, flags) in enumerate(
        zip(files, (os.O_RDONLY, *(os.O_WRONLY | os.O_CREAT | os.O_TRUNC,) * 2), strict=True)
    ):
        descriptor = os.open(path, flags, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - multiprocessing closed it
    sys.argv = ["hackathon", *arguments]
    from hackathon.cli import main  # noqa: PLC0415 - imported before the fork

    try:
        main()
    finally:
        with suppress(ValueError):
            sys.stdout.flush()
