"""Facts: one append-only table that is the audit trail, the live feed and the outbox.

A *fact* has happened and is committed. `record()` buffers; `transaction()` flushes as
its last step under one lock, so that `position` (global) and `seq` (in a stream) are
without gaps and become visible in order. Each row is chained to the one before it in
its stream by SHA-256. Bodies hold ids and small values; free text lies in `notes` and
the body holds its salted digest, so that text can be erased while the chain stays whole.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotation
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Integer,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    insert,
    literal,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import Mapped, mapped_column

from hackathon.shared.clock import now, utc_text
from hackathon.shared.db import Base

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import CompoundSelect
    from sqlalchemy.orm import Session

GENESIS = "0" * 64
FACTS_LOCK = 7_303_001
"""The advisory lock that orders flushes on PostgreSQL."""


class FactRow(Base):
    """One committed fact. Never changed, never deleted (triggers refuse it)."""

    __tablename__ = "facts"
    __table_args__ = (UniqueConstraint("stream", "seq"),)

    position: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
    )
    stream: Mapped[str]
    seq: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    actor_id: Mapped[int | None]
    at: Mapped[datetime]
    body: Mapped[str] = mapped_column(Text)
    prev_hash: Mapped[str]
    hash: Mapped[str]

    @property
    def values(self) -> dict[str, Any]:
        """The body, parsed."""
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed


class Note(Base):
    """A free text that facts refer to; erasing it leaves the chain whole."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    salt: Mapped[str | None]
    text: Mapped[str | None] = mapped_column(Text)
    written_at: Mapped[datetime]


@dataclass
class Fact:
    """A recorded fact; `seq` and `position` are known once it is flushed."""

    stream: str
    kind: str
    actor_id: int | None
    at: datetime
    body: dict[str, Any]
    seq: int = field(default=0)
    position: int = field(default=0)


def canonical(value: object) -> str:
    """The one JSON text of a value: sorted keys, no spaces, no NaN."""
    return json.dumps(
        value,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    )


def link(  # noqa: PLR0917 - the parts of a fact, in the order that is hashed
    stream: str,
    seq: int,
    kind: str,
    actor_id: int | None,
    at: str,
    body: str,
    prev: str,
) -> str:
    """The hash of a fact: SHA-256 over its canonical parts and the hash before it."""
    parts = canonical([stream, seq, kind, actor_id, at, body, prev])
    return hashlib.sha256(parts.encode()).hexdigest()


def start(session: Session) -> None:
    """Open the buffer of a transaction (called by `transaction()` only)."""
    session.info["facts"] = []


def record(
    session: Session,
    *,
    stream: str,
    kind: str,
    actor_id: int | None,
    at: datetime | None = None,
    **body: object,
) -> Fact:
    """Say what has happened; it is written when the transaction commits.

    Args:
        session: An open transaction.
        stream: Such as `judging:3`; the chain and `seq` run within it.
        kind: `noun.verbed`, such as `team.created`.
        actor_id: The person; None for the command line or a job.
        at: When it was done (default now, the time of recording).
        body: Ids and small JSON values; no names, no free text (use `note`).

    Raises:
        KeyError: outside `transaction()`.
    """
    fact = Fact(stream, kind, actor_id, at or now(), body)
    session.info["facts"].append(fact)
    return fact


def note(session: Session, written: str) -> dict[str, object]:
    """Keep a free text and return what a fact may hold of it."""
    salt = secrets.token_hex(16)
    row = Note(salt=salt, text=written, written_at=now())
    session.add(row)
    session.flush()
    digest = hashlib.sha256((salt + written).encode()).hexdigest()
    return {"note": row.id, "digest": digest}


def note_texts(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """The texts of notes by id; erased ones are left out."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = session.execute(select(Note.id, Note.text).where(Note.id.in_(wanted)))
    return {note_id: text_ for note_id, text_ in rows if text_ is not None}


def flush(session: Session) -> list[Fact]:
    """Write the buffered facts with position, seq and hash; the last step before COMMIT."""
    session.flush()
    facts: list[Fact] = session.info.pop("facts")
    if not facts:
        return []
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT pg_advisory_xact_lock({FACTS_LOCK})"))
    position, heads = _ends(session, sorted({fact.stream for fact in facts}))
    rows = []
    for fact in facts:
        seq, prev = heads.get(fact.stream, (0, GENESIS))
        position += 1
        fact.seq, fact.position = seq + 1, position
        body = canonical(fact.body)
        hash_ = link(
            fact.stream,
            fact.seq,
            fact.kind,
            fact.actor_id,
            utc_text(fact.at),
            body,
            prev,
        )
        heads[fact.stream] = (fact.seq, hash_)
        rows.append(
            {
                "position": position,
                "stream": fact.stream,
                "seq": fact.seq,
                "kind": fact.kind,
                "actor_id": fact.actor_id,
                "at": fact.at,
                "body": body,
                "prev_hash": prev,
                "hash": hash_,
            }
        )
    session.connection().execute(_INSERT, rows)
    return facts


_INSERT = insert(FactRow.__table__)  # type: ignore[arg-type]  # a table, which SQLAlchemy types wider
FEW = 20
"""Streams that are asked one by one: each costs one look into an index."""


def _ends(session: Session, streams: Sequence[str]) -> tuple[int, dict[str, tuple[int, str]]]:
    """The highest position of all, and the seq and hash that each stream ends with."""
    if len(streams) > FEW:
        return last_position(session), _heads(session, set(streams))
    given = {f"stream_{number}": stream for number, stream in enumerate(streams)}
    (_, position, _), *rows = session.execute(_ends_asked(len(streams)), given)
    return position, {stream: (seq, hash_) for stream, seq, hash_ in rows}


@cache
def _ends_asked(streams: int) -> CompoundSelect[str, int, str]:
    """Made once for each number of streams: every write asks it."""
    newest = select(literal(""), func.coalesce(func.max(FactRow.position), 0), literal(""))
    ends = [
        select(FactRow.stream, FactRow.seq, FactRow.hash)
        .where(FactRow.stream == bindparam(f"stream_{number}"))
        .order_by(FactRow.seq.desc())
        .limit(1)
        .subquery()
        for number in range(streams)
    ]
    return union_all(newest, *(select(*end.c) for end in ends))


def _heads(session: Session, streams: set[str]) -> dict[str, tuple[int, str]]:
    newest = (
        select(FactRow.stream, func.max(FactRow.seq).label("seq"))
        .where(FactRow.stream.in_(streams))
        .group_by(FactRow.stream)
        .subquery()
    )
    rows = session.execute(
        select(FactRow.stream, FactRow.seq, FactRow.hash).join(
            newest, (FactRow.stream == newest.c.stream) & (FactRow.seq == newest.c.seq)
        )
    )
    return {stream: (seq, hash_) for stream, seq, hash_ in rows}


def last_seq(session: Session, stream: str) -> int:
    """The highest `seq` of a stream; 0 when nothing has happened."""
    return session.scalar(_LAST_SEQ, {"stream": stream}) or 0


_LAST_SEQ = select(func.max(FactRow.seq)).where(FactRow.stream == bindparam("stream"))


def last_position(session: Session) -> int:
    """The highest position of all streams; 0 at the beginning."""
    return session.scalar(_LAST_POSITION) or 0


_LAST_POSITION = select(func.max(FactRow.position))


def facts_of(session: Session, stream: str, after: int = 0, limit: int = 500) -> list[FactRow]:
    """Facts of one stream past a `seq`, in order."""
    query = (
        select(FactRow)
        .where(FactRow.stream == stream, FactRow.seq > after)
        .order_by(FactRow.seq)
        .limit(limit)
    )
    return list(session.scalars(query))


def facts_after(session: Session, position: int, limit: int = 500) -> list[FactRow]:
    """Facts of all streams past a position, in order: what followers read."""
    return list(session.scalars(_AFTER, {"position": position, "most": limit}))


_AFTER = (
    select(FactRow)
    .where(FactRow.position > bindparam("position"))
    .order_by(FactRow.position)
    .limit(bindparam("most", type_=Integer))
)


def broken_links(session: Session) -> list[str]:
    """Walk every chain; a sentence for each gap, wrong hash or wrong note digest."""
    problems: list[str] = []
    heads: dict[str, tuple[int, str]] = {}
    expected = 0
    notes = {row.id: row for row in session.scalars(select(Note))}
    query = select(FactRow).order_by(FactRow.position).execution_options(yield_per=500)
    for row in session.scalars(query):
        expected += 1
        if row.position != expected:
            problems.append(f"facts: position {expected} is missing (found {row.position})")
            expected = row.position
        seq, prev = heads.get(row.stream, (0, GENESIS))
        if row.seq != seq + 1:
            problems.append(f"{row.stream}: seq {seq + 1} is missing (found {row.seq})")
        wanted = link(
            row.stream,
            row.seq,
            row.kind,
            row.actor_id,
            utc_text(row.at),
            row.body,
            prev,
        )
        if row.prev_hash != prev or row.hash != wanted:
            problems.append(f"{row.stream}: fact {row.seq} does not fit its chain")
        heads[row.stream] = (row.seq, row.hash)
        problems.extend(_changed_notes(row, notes))
    return problems


def _changed_notes(row: FactRow, notes: dict[int, Note]) -> list[str]:
    problems = []
    for name, value in row.values.items():
        if not (isinstance(value, dict) and value.keys() == {"note", "digest"}):
            continue
        kept = notes.get(value["note"])
        if kept is None or kept.salt is None or kept.text is None:
            continue  # erased on purpose; the chain still holds the digest
        if hashlib.sha256((kept.salt + kept.text).encode()).hexdigest() != value["digest"]:
            problems.append(f"{row.stream}: the {name} of fact {row.seq} was changed")
    return problems


def heads(session: Session) -> dict[str, tuple[int, str]]:
    """The last seq and hash of every stream: what the anchor file keeps outside."""
    streams = set(session.scalars(select(FactRow.stream).distinct()))
    return _heads(session, streams)


_wakers: list[threading.Event] = []


def wake() -> None:
    """Tell the followers of this process that something was committed."""
    for event in _wakers:
        event.set()


def waker() -> threading.Event:
    """An event that is set after each commit of this process."""
    event = threading.Event()
    _wakers.append(event)
    return event
