"""One bill from a file to the ledger, for doors without pages."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hackathon.credits.rules import CURRENCY
from hackathon.credits.service.bills.delivery import File, read_delivery
from hackathon.credits.service.bills.look import Preview, preview_of
from hackathon.credits.service.bills.ready import wanted_of
from hackathon.credits.service.bills.stage import Stage
from hackathon.credits.service.bills.store import totals_of
from hackathon.people.rules import check_program_lead

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.orm import Session

    from hackathon.credits.service.bills.book import Booked
    from hackathon.people.rules import Actor


PREFIX = "hackathon-bill-"
LEFT = 3600
"""Seconds after which a stage that nobody holds was left behind by a process that was killed."""


@dataclass(frozen=True)
class Run:
    """A staged bill and what it would mean."""

    preview: Preview
    stage: Stage


@contextmanager
def staged(session: Session, actor: Actor, files: Sequence[File], source: str) -> Iterator[Run]:
    """Read a delivery into a stage that lasts as long as the block.

    Raises:
        NotAllowed: not a program lead; a bill may reach every event.
        Invalid, TooLarge, Conflict: as reading and looking refuse.
    """
    check_program_lead(actor)
    wanted = wanted_of(session, source)
    with place_for_stage() as folder:
        scan = read_delivery(files, folder / "stage.db", wanted)
        stage = Stage(folder / "stage.db")
        try:
            yield Run(preview_of(session, source=source, scan=scan, stage=stage), stage)
        finally:
            stage.close()


@contextmanager
def place_for_stage() -> Iterator[Path]:
    """A folder for as long as the block; those that a kill left behind go first."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            _remove_left(path)
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
        held = os.open(folder, os.O_RDONLY)
        try:
            flock(held, LOCK_EX)
            yield Path(folder)
        finally:
            os.close(held)


def _remove_left(path: Path) -> None:
    """Remove a folder of an earlier process.

    Raises:
        OSError: it is held, or somebody else's.
    """
    if path.stat().st_mtime > time.time() - LEFT:
        return  # perhaps about to be held
    held = os.open(path, os.O_RDONLY)
    try:
        flock(held, LOCK_EX | LOCK_NB)
        shutil.rmtree(path)
    finally:
        os.close(held)


def outcome(preview: Preview, booked: Booked) -> dict[str, Any]:
    """What `import usage --json` prints: exact decimal text of the ledger's currency."""
    totals = totals_of(preview.shares)
    main = totals.pop(CURRENCY, dict.fromkeys(("file", "teams", "unallocated", "excluded"), "0"))
    found: dict[str, Any] = {
        "bill": booked.bill_id,
        "rows": preview.scan.rows,
        "rejected": preview.scan.rejected,
        "file_total": main["file"],
        "teams_total": main["teams"],
        "unallocated_total": main["unallocated"],
        "excluded_total": main["excluded"],
        "rejected_total": main.get("rejected", "0"),
        "postings": booked.postings,
        "concerns": preview.concerns,
        "warnings": preview.scan.warnings,
        "errors": [
            {"line": row.line, "column": None, "message": row.reason}
            for row in preview.scan.rejects
        ],
    }
    if totals:
        found["other_currencies"] = totals
    return found


def sentence(preview: Preview) -> str:
    """The one sentence of a reconciliation, to the last digit."""
    totals = totals_of(preview.shares)
    if not totals:
        return "Every cent is placed: 0 = nothing."
    unit = CURRENCY if CURRENCY in totals else min(totals)
    return placed(totals[unit]) + ("" if unit == CURRENCY else f" ({unit})")


def placed(main: dict[str, str]) -> str:
    """`Every cent is placed: 4812.37 = teams ... + unallocated ... + excluded ... + rejected ...`."""
    return (
        f"Every cent is placed: {main['file']} = teams {main['teams']} + unallocated "
        f"{main['unallocated']} + excluded {main['excluded']} + rejected {main['rejected']}."
    )
