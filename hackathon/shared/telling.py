"""Telling people: one word as a notice, a mail or both, as each of them chose.

Followers of facts call `tell()`; its key makes telling twice impossible. Sign-in links and
what touches an account's safety are mails always and do not pass here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import CheckConstraint, ForeignKey, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from hackathon.shared import mail, notices
from hackathon.shared.db import Base
from hackathon.shared.show import isolated

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session


class Kind(StrEnum):
    """What a word is about; people choose for each."""

    DEADLINES = "deadlines"
    TEAMS = "teams"
    JUDGING = "judging"
    CREDITS = "credits"
    OUTCOMES = "outcomes"
    OTHER = "other"

    @property
    def label(self) -> str:
        """How the account's page names it."""
        return LABELS[self]


LABELS = {
    Kind.DEADLINES: "Deadlines that move",
    Kind.TEAMS: "My team: invitations, requests, changes",
    Kind.JUDGING: "Judging: where and what I judge",
    Kind.CREDITS: "Credits of my team",
    Kind.OUTCOMES: "What I own, and by when to decide",
    Kind.OTHER: "Everything else",
}


class Way(StrEnum):
    """How a word reaches a person."""

    BOTH = "both"
    MAIL = "mail"
    NOTICE = "notice"


class MailChoice(Base):
    """A person's way for one kind; without a row `people.by_mail` decides."""

    __tablename__ = "mail_choices"
    __table_args__ = (CheckConstraint("way IN ('both', 'mail', 'notice')", name="way_known"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    way: Mapped[str]


class Reader(Protocol):
    """As much of a person as is needed."""

    @property
    def id(self) -> int:
        """Who."""

    @property
    def name(self) -> str:
        """The greeting's name."""

    @property
    def email(self) -> str:
        """Where mails go."""

    @property
    def zone(self) -> str:
        """The zone of times; empty: the event's."""

    @property
    def by_mail(self) -> bool:
        """The way of kinds without a choice."""

    @property
    def disabled_at(self) -> datetime | None:
        """Since when nothing is told."""


Said = str | Callable[[Reader], str]
"""A text, or what makes it for one reader (a time in the person's zone)."""


@dataclass(frozen=True)
class Word:
    """What is told.

    Args:
        kind: What it is about.
        key: The same key again changes nothing.
        subject: The mail's; one line.
        text: The notice's, and the mail's after the greeting.
        link: A path of ours that says the rest.
        by_mail: False for rehearsals, which send no mail.
    """

    kind: Kind
    key: str
    subject: str
    text: Said
    link: str
    by_mail: bool = True


def ways_of(session: Session, people: Iterable[Reader], kind: Kind) -> dict[int, Way]:
    """How each of them reads of a kind; one statement."""
    found = {person.id: Way.BOTH if person.by_mail else Way.NOTICE for person in people}
    query = select(MailChoice.person_id, MailChoice.way).where(
        MailChoice.kind == kind, MailChoice.person_id.in_(found)
    )
    return {**found, **{person_id: Way(way) for person_id, way in session.execute(query)}}


def choices_of(session: Session, person: Reader) -> dict[Kind, Way]:
    """A person's way for every kind."""
    usual = Way.BOTH if person.by_mail else Way.NOTICE
    query = select(MailChoice.kind, MailChoice.way).filter_by(person_id=person.id)
    chosen = {kind: Way(way) for kind, way in session.execute(query)}
    return {kind: chosen.get(kind.value, usual) for kind in Kind}


def choose(session: Session, person: Reader, chosen: Mapping[Kind, Way]) -> None:
    """Keep a person's ways; kinds left out stay as they are."""
    kinds = [kind.value for kind in chosen]
    session.execute(
        delete(MailChoice).where(MailChoice.person_id == person.id, MailChoice.kind.in_(kinds))
    )
    session.add_all(
        MailChoice(person_id=person.id, kind=kind.value, way=way.value)
        for kind, way in chosen.items()
    )
    session.flush()


def tell(session: Session, people: Iterable[Reader], word: Word) -> None:
    """Tell each of them once, as they chose; nothing to disabled people.

    Four statements, however many they are. A demo sends no mail: its people are invented.
    """
    by_mail = word.by_mail and not mail.is_demo()
    readers = [person for person in people if person.disabled_at is None]
    ways = ways_of(session, readers, word.kind)
    texts = {
        person.id: word.text if isinstance(word.text, str) else word.text(person)
        for person in readers
    }
    mailed = {person.id for person in readers if by_mail and ways[person.id] != Way.NOTICE}
    notices.notify_each(
        session,
        key=word.key,
        link=word.link,
        texts={
            person.id: texts[person.id]
            for person in readers
            if ways[person.id] != Way.MAIL or person.id not in mailed
        },
    )
    mail.send_all(
        session,
        subject=word.subject,
        bodies={
            person.email: letter(person.name, texts[person.id], word.link)
            for person in readers
            if person.id in mailed
        },
        key=word.key,
    )


def letter(name: str, text: str, link: str) -> str:
    """A mail's plain text: greeting, what is told, where to look, where to choose otherwise."""
    address = mail.address()
    return (
        f"Hello {isolated(name)},\n\n{text}\n\n{address}{link}\n\n"
        f"-- \nChoose mail or notices: {address}/me#mails\n"
    )
