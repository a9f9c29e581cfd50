"""A delivery: one file, or several uploaded together, complete by their manifest if there is one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from hackathon.credits.service.bills.reader import REJECTS_KEPT, Scan
from hackathon.credits.service.bills.stage import Stage, read_file
from hackathon.shared.errors import Invalid, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hackathon.credits.service.bills.look import Wanted

MOST_FILES = 100
MOST_MANIFEST = 1 << 20


class File(NamedTuple):
    """A file as it lies here, and the name it came with."""

    path: Path
    name: str


def base_name(name: str) -> str:
    """The last part of a path or address."""
    return name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1][-200:]


def read_delivery(
    files: Sequence[File],
    stage: Path,
    wanted: Wanted,
    told: Callable[[int], object] = lambda _done: None,
) -> Scan:
    """Read the files of a delivery into one stage.

    Args:
        files: At least one; a `.json` among them is the manifest that names the others.
        stage: Where the cells go.
        wanted: What to keep of them.
        told: Called with the bytes read so far.

    Raises:
        Invalid: a file is missing or is not in the manifest, is there twice, or as `read_file`.
        TooLarge: as `read_file`.
    """
    bills = _complete(files)
    if len(bills) == 1:
        return _read(bills[0], stage, wanted, told)
    parts = [stage.with_suffix(f".part{number}.db") for number in range(len(bills))]
    whole, done = Scan(), 0
    try:
        for file, part in zip(bills, parts, strict=True):
            scan = _read(file, part, wanted, _after(told, done), is_one_of_many=True)
            done += file.path.stat().st_size
            twice = [name for name, digest in whole.files if digest == scan.digest]
            if twice:
                raise Invalid(
                    "twice",
                    f"{file.name} and {twice[0]} are the same file. Nothing was imported.",
                    field="file",
                )
            whole.add(scan)
            whole.files.append((file.name, scan.digest))
            whole.size += scan.size
        whole.rejects = whole.rejects[:REJECTS_KEPT]
        known = "".join(sorted(digest for _, digest in whole.files))
        whole.digest = hashlib.sha256(known.encode()).hexdigest()
        rows = Stage(stage)
        try:
            rows.take(parts)
            rows.keep(whole)
        finally:
            rows.close()
        return whole
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


def _after(told: Callable[[int], object], before: int) -> Callable[[int], object]:
    return lambda done: told(before + done)


def _read(
    file: File,
    stage: Path,
    wanted: Wanted,
    told: Callable[[int], object],
    *,
    is_one_of_many: bool = False,
) -> Scan:
    """One file; among many, what is wrong with it names it."""
    part = file.name if wanted.appends else ""
    tail = f" ({file.name})" if is_one_of_many else ""
    try:
        scan = read_file(file.path, stage, wanted.tag_keys, told, by_hour=wanted.by_hour, part=part)
    except Refusal as refusal:
        refusal.message += tail
        refusal.args = (refusal.message,)
        raise
    scan.rejects = [replace(row, reason=f"{row.reason}{tail}") for row in scan.rejects]
    return scan


def _complete(files: Sequence[File]) -> list[File]:
    """The files without their manifest, once all it names are there and no others.

    Raises:
        Invalid: they are not, or two have one name.
    """
    if len(files) > MOST_FILES:
        raise Invalid("too_many", f"A delivery has at most {MOST_FILES} files.", field="file")
    bills = [file for file in files if not file.name.casefold().endswith(".json")]
    names = [file.name for file in bills]
    if len(set(names)) < len(names):
        raise Invalid("twice", "Two files have the same name. Nothing was imported.", field="file")
    for manifest in (file for file in files if file not in bills):
        named = _named(manifest)
        for sign, odd in (("is missing", named - set(names)), ("is not in it", set(names) - named)):
            if odd:
                raise Invalid(
                    "incomplete",
                    f"{manifest.name} names {len(named)} file{'' if len(named) == 1 else 's'}; "
                    f"{min(odd)} {sign}. Nothing was imported.",
                    field="file",
                )
    return bills


def _named(manifest: File) -> set[str]:
    """The files a manifest names: of AWS (`dataFiles`, `reportKeys`) or Azure (`blobs`).

    Raises:
        Invalid: it names none.
    """
    try:
        with manifest.path.open("rb") as data:
            body = json.loads(data.read(MOST_MANIFEST).decode("utf-8-sig"))
        found = [*body.get("dataFiles", ()), *body.get("reportKeys", ())]
        found += [blob["blobName"] for blob in body.get("blobs", ())]
        names = {base_name(str(name)) for name in found}
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError):
        names = set()
    if not names:
        raise Invalid(
            "manifest",
            f"{manifest.name} is not a manifest: it names no files. Nothing was imported.",
            field="file",
        )
    return names
