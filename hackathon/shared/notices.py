"""Notices: what a person is told inside the program."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotation
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, Integer, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from hackathon.shared.clock import now
from hackathon.shared.db import Base

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, ScalarSelect
    from sqlalchemy.orm import InstrumentedAttribute, Session


class Notice(Base):
    """One notice to one person; `key` makes telling twice impossible."""

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_unread", "person_id", "read_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    key: Mapped[str] = mapped_column(unique=True)
    text: Mapped[str]
    link: Mapped[str]
    told_at: Mapped[datetime] = mapped_column(default=now)
    read_at: Mapped[datetime | None]


def notify(session: Session, *, person_id: int, key: str, text: str, link: str) -> None:
    """Tell a person something once; the same `key` again changes nothing."""
    own_key = f"{key}:{person_id}"
    if session.scalar(select(Notice.id).where(Notice.key == own_key)) is None:
        session.add(Notice(person_id=person_id, key=own_key, text=text, link=link))
        session.flush()


def notify_all(
    session: Session, *, person_ids: Sequence[int], key: str, text: str, link: str
) -> None:
    """Tell many people something once, in two statements; the same `key` again changes nothing."""
    notify_each(session, key=key, link=link, texts=dict.fromkeys(person_ids, text))


def notify_each(session: Session, *, key: str, link: str, texts: Mapping[int, str]) -> None:
    """As `notify_all`, with a text of its own for each person by id."""
    rows = {f"{key}:{person_id}": person_id for person_id in texts}
    told = set(session.scalars(select(Notice.key).where(Notice.key.in_(rows))))
    fresh = [
        {"person_id": person_id, "key": own_key, "text": texts[person_id], "link": link}
        for own_key, person_id in rows.items()
        if own_key not in told
    ]
    if fresh:
        session.execute(insert(Notice), fresh)


def notices_of(session: Session, person_id: int, limit: int = 50) -> list[Notice]:
    """A person's notices, newest first."""
    query = (
        select(Notice).where(Notice.person_id == person_id).order_by(Notice.id.desc()).limit(limit)
    )
    return list(session.scalars(query))


def last_id(session: Session) -> int:
    """The newest notice of all; 0 when there is none."""
    return session.scalar(select(func.max(Notice.id))) or 0


def after(session: Session, known: int, limit: int = 200) -> list[Notice]:
    """The notices written after one, the oldest first."""
    return list(session.scalars(_AFTER, {"known": known, "most": limit}))


_AFTER = (
    select(Notice)
    .where(Notice.id > bindparam("known"))
    .order_by(Notice.id)
    .limit(bindparam("most", type_=Integer))
)


def unread_count(person_id: ColumnElement[int] | InstrumentedAttribute[int]) -> ScalarSelect[int]:
    """How many notices a person has not read, as a part of another statement."""
    query = select(func.count()).select_from(Notice)
    return query.where(Notice.person_id == person_id, Notice.read_at.is_(None)).scalar_subquery()


def forget(session: Session, address: str) -> None:
    """Take away the notices that lead to a page, or below it, which is gone for good."""
    below = Notice.link.startswith(f"{address}/", autoescape=True)
    session.execute(delete(Notice).where((Notice.link == address) | below))


def mark_read(session: Session, person_id: int) -> None:
    """All notices of a person have been read."""
    session.execute(
        update(Notice)
        .where(Notice.person_id == person_id, Notice.read_at.is_(None))
        .values(read_at=now())
    )
