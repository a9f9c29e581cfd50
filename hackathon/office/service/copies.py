"""Backups and their return: one .tar of a consistent database copy and the uploads.

Copying the database file loses commits and looks healthy; only the engine's own backup
is consistent while others write. The secret key is never inside. Nothing is accepted
back before its pages, its references and its chains of facts have been checked.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from hackathon.shared import schema
from hackathon.shared.clock import now, utc_text
from hackathon.shared.errors import Conflict, Invalid, NotFound
from hackathon.shared.facts import broken_links, last_position

if TYPE_CHECKING:
    from collections.abc import Iterator

DATABASE = "hackathon.db"
MANIFEST = "backup.json"
UPLOADS = "uploads"


@dataclass(frozen=True)
class Copy:
    """A finished backup: how much is in it.

    Args:
        size: Bytes of the .tar.
        facts: The position of the newest fact inside.
        uploads: How many uploaded files.
    """

    size: int
    facts: int
    uploads: int


@dataclass(frozen=True)
class Restored:
    """What a restore put in place, and where the old database lies now."""

    facts: int
    made_at: str
    kept: tuple[Path, ...]


def sqlite_file(address: str, *, otherwise: str) -> Path:
    """The file of a SQLite address.

    Args:
        address: A SQLAlchemy address.
        otherwise: The engine's own line to use on PostgreSQL; `{address}` is filled in.

    Raises:
        Conflict: the address is not SQLite's.
    """
    url = sa.make_url(address)
    if url.get_backend_name() != "sqlite" or not url.database:
        shown = url.set(drivername="postgresql").render_as_string(hide_password=True)
        raise Conflict(
            "not_sqlite",
            "This database is PostgreSQL; use its own tool:\n  " + otherwise.format(address=shown),
        )
    return Path(url.database)


def write_backup(database: Path, uploads: Path, target: Path) -> Copy:
    """Write one .tar while others go on writing; an older file of that name is replaced.

    Raises:
        NotFound: the folder of the target does not exist.
        Conflict: the copy does not stand up to its own check; nothing is replaced.
    """
    if not target.parent.is_dir():
        raise NotFound("no_such_folder", f"There is no folder {target.parent}; nothing was saved.")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as place:
        folder = Path(place)
        copy = folder / DATABASE
        _copy_database(database, copy)
        facts = _check_database(copy)
        files = sorted(path for path in uploads.rglob("*") if path.is_file())
        manifest = {
            "made_at": utc_text(now()),
            "facts": facts,
            "sha256": _digest(copy),
            "uploads": len(files),
        }
        note = folder / MANIFEST
        note.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        packed = folder / "backup.tar"
        packed.touch(mode=0o600)
        with tarfile.open(packed, "w") as tar:
            tar.add(note, MANIFEST)
            tar.add(copy, DATABASE)
            for path in files:
                tar.add(path, f"{UPLOADS}/{path.relative_to(uploads).as_posix()}")
        _sync(packed)
        size = packed.stat().st_size
        packed.replace(target)
    return Copy(size, facts, len(files))


def _copy_database(source: Path, target: Path) -> None:
    if not source.is_file():
        raise NotFound("no_database", f"There is no database at {source}.")
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
    target.chmod(0o600)


def _check_database(path: Path) -> int:
    """Check pages, references and every chain; returns the newest fact's position."""
    engine = sa.create_engine(f"sqlite:///{path}")
    try:
        with Session(engine) as session:
            problems = [str(row[0]) for row in session.execute(sa.text("PRAGMA integrity_check"))]
            problems = [line for line in problems if line != "ok"]
            loose = session.execute(sa.text("PRAGMA foreign_key_check")).all()
            problems += [f"{row[0]} refers to a row of {row[2]} that is not there" for row in loose]
            problems += [] if problems else broken_links(session)
            if not problems:
                return last_position(session)
    except sa.exc.DatabaseError as error:
        problems = [str(error.orig)]
    finally:
        engine.dispose()
    listed = "\n".join(f"  {line}" for line in problems[:20])
    raise Conflict("damaged", f"The database is damaged; nothing was replaced:\n{listed}")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- back again -----------------------------------------------------------------------


@contextmanager
def no_server(instance: Path) -> Iterator[None]:
    """Keep servers away from an instance: holds the lock that `run` holds.

    Raises:
        Conflict: a server runs.
    """
    instance.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(instance / "server.lock", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Conflict(
                "serving", f"A server uses {instance}; stop it first. Nothing was changed."
            ) from error
        yield
    finally:
        os.close(descriptor)


def restore_backup(packed: Path, database: Path, uploads: Path) -> Restored:
    """Put a backup in place of the database; the old one is kept beside it.

    Raises:
        Invalid: the file is no backup, or a part of it was changed.
        Conflict: the copy is damaged or of a newer program, or somebody uses the database.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=database.parent, prefix=".restore-") as place:
        folder = Path(place)
        manifest = _unpack(packed, folder)
        copy = folder / DATABASE
        if _digest(copy) != manifest["sha256"]:
            raise Invalid("changed", "The database in this file is not the one that was backed up.")
        facts = _check_database(copy)
        _check_revision(copy)
        _sync(copy)
        _let_go(database)
        kept = [_set_aside(path) for path in (database, *_beside(database)) if path.exists()]
        copy.replace(database)
        fresh = folder / UPLOADS
        if uploads.exists():
            kept.append(_set_aside(uploads))
        if fresh.exists():
            fresh.replace(uploads)
        _sync(database.parent)
    return Restored(facts, str(manifest["made_at"]), tuple(kept))


def _unpack(packed: Path, folder: Path) -> dict[str, object]:
    """Take out the files a backup has, and nothing else; returns the manifest."""
    no_backup = Invalid("no_backup", f"{packed} is no backup of this program.")
    try:
        with tarfile.open(packed, "r:") as tar:
            for member in tar:
                name = PurePosixPath(member.name)
                known = member.name in {DATABASE, MANIFEST} or name.parts[:1] == (UPLOADS,)
                if not (known and member.isfile()) or ".." in name.parts or name.is_absolute():
                    raise no_backup
                content = tar.extractfile(member)
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as file:
                    shutil.copyfileobj(content, file)  # type: ignore[arg-type]  # it is a file
                target.chmod(0o600)
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (tarfile.TarError, OSError, ValueError) as error:
        raise no_backup from error
    if not isinstance(manifest, dict) or not (folder / DATABASE).is_file():
        raise no_backup
    if not {"sha256", "made_at"} <= manifest.keys():
        raise no_backup
    return manifest


def _check_revision(path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{path}")
    try:
        found = schema.current(engine)
    finally:
        engine.dispose()
    if found is None or found > schema.newest():
        raise Conflict(
            "newer", f"The backup is at revision {found}, newer than this program knows."
        )


def _let_go(database: Path) -> None:
    """Fold what lies beside the old database into it; refuse while anybody has it open."""
    if not database.exists():
        return
    with closing(sqlite3.connect(database, timeout=2)) as connection:
        try:
            connection.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            raise Conflict(
                "in_use", "Another command uses the database; nothing was changed."
            ) from error
        except sqlite3.DatabaseError:
            return  # damaged: this is why somebody restores; it is kept as it lies


def _beside(database: Path) -> list[Path]:
    return [database.with_name(database.name + end) for end in ("-wal", "-shm")]


def _set_aside(path: Path) -> Path:
    mark = f"before-{now():%Y%m%dT%H%M%S%f}"
    return path.rename(path.with_name(f"{path.name}.{mark}"))
