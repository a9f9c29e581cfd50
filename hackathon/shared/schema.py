"""The schema: Alembic's migrations, which travel inside the package."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from hackathon.shared.clock import now
from hackathon.shared.db import db
from hackathon.shared.errors import Conflict

if TYPE_CHECKING:
    from sqlalchemy import Engine

MIGRATIONS = Path(__file__).parent.parent / "migrations"


def _config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = engine
    return config


def current(engine: Engine) -> str | None:
    """The revision the database is at; None when it is empty."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """The revision this program needs."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    head = ScriptDirectory.from_config(config).get_current_head()
    return head or ""


def upgrade(engine: Engine | None = None, to: str = "head") -> bool:
    """Bring the database to a revision, usually the newest; returns whether anything was done."""
    engine = engine or db.engine
    if current(engine) == newest():
        return False
    command.upgrade(_config(engine), to)
    return True


def bring_up(engine: Engine, *, has_dump: bool = False) -> Path | None:
    """Bring a database to the newest revision, safely; returns the copy made before on SQLite.

    Raises:
        Conflict: it is a newer program's, or PostgreSQL holding data without a dump made first.
    """
    found = current(engine)
    if found == newest():
        return None
    if found is not None and found > newest():
        raise Conflict(
            "newer",
            f"The database is at revision {found}, newer than this program knows ({newest()}); "
            "nothing was changed. Run the newer program.",
        )
    if engine.dialect.name == "postgresql" and found and not has_dump:
        address = engine.url.set(drivername="postgresql").render_as_string(hide_password=True)
        raise Conflict(
            "needs_dump",
            f"The schema has to change from revision {found} to {newest()}; nothing was changed. "
            "Make a dump first, then agree:\n"
            f"  pg_dump --format=custom --file=hackathon.dump '{address}'\n"
            "  hackathon db upgrade --yes",
        )
    copy = copy_before(engine) if found else None
    upgrade(engine)
    return copy


def copy_before(engine: Engine) -> Path | None:
    """A consistent copy of a SQLite database beside it, before its schema changes."""
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or not Path(name).is_file():
        return None
    target = Path(name).with_suffix(f".before-{now():%Y%m%dT%H%M%S}.db")
    source, copy = sqlite3.connect(name), sqlite3.connect(target)
    with copy:
        source.backup(copy)
    source.close()
    copy.close()
    target.chmod(0o600)
    return target
