"""Where bills lie: uploads that wait in a folder of their own, applied ones by their hash."""

from __future__ import annotations

import json
import shutil
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from hackathon.credits.service.bills.delivery import (
    MOST_FILES,
    File,
    base_name,
    read_delivery,
)
from hackathon.credits.service.bills.stage import Stage
from hackathon.credits.service.bills.stream import BLOCK, GZIP, MOST_BYTES
from hackathon.shared.errors import Conflict, Invalid, NotFound, Refusal, TooLarge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hackathon.credits.service.bills.look import Wanted
    from hackathon.credits.service.bills.reader import Scan

WAITING = Path("bills")
KEPT = Path("uploads") / "bills"
FORGET_AFTER = 86_400.0
"""Seconds after which an upload nobody applied is removed."""
SILENT_AFTER = 30.0
"""Seconds without progress after which reading has stopped."""


class Cancelled(Exception):  # noqa: N818 - reads as what it is
    """Somebody took the upload back while it was read."""


@dataclass(frozen=True)
class Waiting:
    """An upload that was not applied yet; its files lie under their numbers."""

    token: str
    event_id: int
    source: str
    names: tuple[str, ...]
    size: int

    @property
    def file_name(self) -> str:
        """The name of its file, or how many there are."""
        bills = [name for name in self.names if not name.endswith(".json")] or list(self.names)
        return bills[0] if len(bills) == 1 else f"{bills[0]} and {len(bills) - 1} more"


@dataclass(frozen=True)
class Progress:
    """How far reading has come; `problem` says why it ended without a result."""

    done: int
    size: int
    problem: str = ""
    is_ready: bool = False
    is_silent: bool = False

    @property
    def percent(self) -> int:
        """0 to 100."""
        return 100 if self.is_ready else min(99, self.done * 100 // max(1, self.size))


class Uploads:
    """The folder of uploads; `folder` is that of the instance."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / WAITING
        self._kept = folder / KEPT

    def begin(
        self,
        files: Sequence[tuple[str, IO[bytes]]],
        *,
        event_id: int,
        source: str,
    ) -> Waiting:
        """Write an upload to its own folder, block by block: names and data.

        Raises:
            TooLarge: beyond 1 GB; nothing stays.
            Invalid: a file is empty, or there are too many.
        """
        if len(files) > MOST_FILES:
            raise Invalid("too_many", f"At most {MOST_FILES} files at once.", field="file")
        self._forget_old()
        token = uuid.uuid4().hex
        place = self._folder / token
        place.mkdir(parents=True)
        try:
            size = sum(
                _write(data, place / f"file{number}") for number, (_, data) in enumerate(files)
            )
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        names = tuple(base_name(name) for name, _ in files)
        made = Waiting(token, event_id, source, names, size)
        (place / "meta.json").write_text(json.dumps(asdict(made)), encoding="utf-8")
        self._tell(place, {"done": 0})
        return made

    def find(self, token: str, event_id: int) -> Waiting:
        """An upload of an event.

        Raises:
            NotFound: there is none, or it is another event's.
        """
        if not (token.isalnum() and token.isascii()):
            raise _gone()
        try:
            body = json.loads((self._folder / token / "meta.json").read_text(encoding="utf-8"))
            found = Waiting(**{**body, "names": tuple(body["names"])})
        except (OSError, ValueError, TypeError, KeyError):  # none, or of an older program
            raise _gone() from None
        if found.event_id != event_id:
            raise _gone()
        return found

    def _files(self, found: Waiting) -> list[File]:
        place = self._folder / found.token
        return [File(place / f"file{number}", name) for number, name in enumerate(found.names)]

    def read(self, found: Waiting, wanted: Wanted) -> None:
        """Read an upload into its stage; what is refused is kept as its problem."""
        place = self._folder / found.token
        last = time.monotonic()

        def told(done: int) -> None:
            nonlocal last
            if time.monotonic() - last > 0.3:  # noqa: PLR2004 - three times a second is enough
                last = time.monotonic()
                if not (place / "meta.json").exists():
                    raise Cancelled
                self._tell(place, {"done": done})

        (place / "stage.db").unlink(missing_ok=True)
        try:
            read_delivery(self._files(found), place / "stage.db", wanted, told)
        except Cancelled:
            shutil.rmtree(place, ignore_errors=True)
        except Refusal as refusal:
            self._tell(place, {"done": found.size, "problem": refusal.message})
        except Exception:
            self._tell(place, {"done": 0, "problem": "It could not be read; nothing was imported."})
            raise
        else:
            self._tell(place, {"done": found.size, "ready": True})

    def progress(self, found: Waiting) -> Progress:
        """How far reading has come."""
        path = self._folder / found.token / "status.json"
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
            age = time.time() - path.stat().st_mtime
        except (OSError, ValueError):
            raise _gone() from None
        is_over = bool(body.get("ready") or body.get("problem"))
        return Progress(
            body["done"], found.size, body.get("problem", ""), bool(body.get("ready")),
            is_silent=not is_over and age > SILENT_AFTER,
        )  # fmt: skip

    def open(self, found: Waiting) -> tuple[Scan, Stage]:
        """What was read of an upload. The caller closes the stage.

        Raises:
            Conflict: it is still being read, or could not be.
        """
        if self.progress(found).is_ready:
            stage = Stage(self._folder / found.token / "stage.db")
            scan = stage.scan()
            if scan is not None:
                return scan, stage
            stage.close()
        raise Conflict("not_ready", "This bill is not read yet; nothing was booked.")

    def keep(self, found: Waiting, scan: Scan) -> None:
        """Keep each file by its hash; they are there before anything is booked."""
        keep_files(self._kept, self._files(found), scan)

    def drop(self, found: Waiting) -> None:
        """Take an upload back; reading ends by itself."""
        place = self._folder / found.token
        (place / "meta.json").unlink(missing_ok=True)
        shutil.rmtree(place, ignore_errors=True)

    def _tell(self, place: Path, body: dict[str, object]) -> None:
        fresh = place / "status.new"
        fresh.write_text(json.dumps(body), encoding="utf-8")
        fresh.replace(place / "status.json")

    def _forget_old(self) -> None:
        limit = time.time() - FORGET_AFTER
        for place in self._folder.glob("*"):
            if place.stat().st_mtime < limit:
                shutil.rmtree(place, ignore_errors=True)


def _write(data: IO[bytes], path: Path) -> int:
    size = 0
    with path.open("wb") as out:
        while block := data.read(BLOCK):
            size += len(block)
            if size > MOST_BYTES:
                raise TooLarge("too_large", "A bill has at most 1 GB; nothing was kept.")
            out.write(block)
    if not size:
        raise Invalid("empty", "The file is empty; nothing was imported.", field="file")
    return size


def keep_files(folder: Path, files: Sequence[File], scan: Scan) -> None:
    """Copy the files of a delivery to where they stay."""
    digests = dict(scan.files)
    for file in files:
        digest = digests.get(file.name, "" if digests else scan.digest)
        if digest and not file.name.casefold().endswith(".json"):
            keep_file(folder, file.path, digest)


def keep_file(folder: Path, source: Path, digest: str) -> Path:
    """Copy a file to where it stays, by its hash; once."""
    with source.open("rb") as data:
        ending = ".csv.gz" if data.read(2) == GZIP else ".csv"
    target = folder / f"{digest}{ending}"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".{uuid.uuid4().hex}"
        shutil.copyfile(source, fresh)
        fresh.replace(target)
    return target


def _gone() -> NotFound:
    return NotFound("no_such_bill", "There is no such upload; perhaps it was applied or cancelled.")
