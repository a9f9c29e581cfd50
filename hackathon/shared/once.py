"""Once: a form sent twice does its work once and is answered alike."""

from __future__ import annotations

import hashlib
from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotation
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped, mapped_column

from hackathon.shared.clock import now
from hackathon.shared.db import Base
from hackathon.shared.errors import Conflict
from hackathon.shared.facts import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session


class RequestKey(Base):
    """A key that a form carried, what it asked for and what came of it."""

    __tablename__ = "request_keys"

    key: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[int | None]
    digest: Mapped[str]
    made_id: Mapped[int]
    used_at: Mapped[datetime] = mapped_column(default=now)


def once(
    session: Session,
    *,
    key: str,
    person_id: int | None,
    request: Mapping[str, object],
    make: Callable[[], int],
) -> tuple[int, bool]:
    """Run `make` unless this key already did; returns (id it made, whether a replay).

    An empty key (a client without our form) is never a replay.

    Raises:
        Conflict: the key was used by someone else or for another request.
    """
    if not key:
        return make(), False
    asked = hashlib.sha256(canonical(dict(request)).encode()).hexdigest()
    row = session.get(RequestKey, key[:64])
    if row is not None:
        if row.person_id != person_id or row.digest != asked:
            raise Conflict(
                "key_reused",
                "This form was already used for something else; nothing was saved. "
                "Reload the page and try again.",
            )
        return row.made_id, True
    made = make()
    session.add(RequestKey(key=key[:64], person_id=person_id, digest=asked, made_id=made))
    session.flush()
    return made, False
