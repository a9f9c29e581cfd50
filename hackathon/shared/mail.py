"""Mail: rows first, sent by a job, never twice for one key.

Console by default; SMTP when `HACKATHON_MAIL_SERVER` is set. A body is blanked once it
is sent, because it may hold a sign-in link.
"""

from __future__ import annotations

import logging
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage as Letter
from email.utils import parseaddr
from typing import TYPE_CHECKING

from flask import current_app
from flask_mailman import EmailMessage, Mail
from sqlalchemy import Text, delete, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from hackathon.shared.clock import now
from hackathon.shared.db import Base, db, transaction
from hackathon.shared.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask
    from sqlalchemy.orm import Session

    from hackathon.shared.settings import Settings

logger = logging.getLogger("hackathon.mail")

BATCH = 50
MOST_TRIES = 8
SUBMISSION, SUBMISSIONS = 587, 465
SECONDS = 10
LONGEST_SUBJECT = 150


class OutgoingMail(Base):
    """One mail to one address."""

    __tablename__ = "outgoing_mails"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    address: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(default=now)
    next_try_at: Mapped[datetime] = mapped_column(default=now, index=True)
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]


def send(session: Session, *, to: str, subject: str, body: str, key: str) -> None:
    """Write a mail to be sent after the commit; the same `key` again changes nothing."""
    if session.scalar(select(OutgoingMail.id).where(OutgoingMail.key == key)) is None:
        clean = " ".join(subject.split())
        session.add(OutgoingMail(key=key, address=to, subject=clean, body=body))
        session.flush()


def send_all(session: Session, *, subject: str, bodies: Mapping[str, str], key: str) -> None:
    """Write one mail to many, in two statements; each address once for a `key`.

    Args:
        session: An open transaction.
        subject: The same for all.
        bodies: What each address reads.
        key: Of the whole mailing.
    """
    keys = {address: f"{key}:{address}" for address in bodies}
    written = set(
        session.scalars(select(OutgoingMail.key).where(OutgoingMail.key.in_(keys.values())))
    )
    clean = " ".join(subject.split())[:LONGEST_SUBJECT]
    fresh = [
        {"key": keys[address], "address": address, "subject": clean, "body": body}
        for address, body in bodies.items()
        if keys[address] not in written
    ]
    if fresh:
        session.execute(insert(OutgoingMail), fresh)


def forget(session: Session, address: str) -> None:
    """Mails to an address that have not gone out never will: its person's account is closed."""
    session.execute(
        delete(OutgoingMail).where(OutgoingMail.address == address, OutgoingMail.sent_at.is_(None))
    )


def address() -> str:
    """The address that links in mails of jobs begin with."""
    return str(current_app.extensions["settings"].public_url or "http://127.0.0.1:5000")


def deliver() -> int:
    """Send what waits; returns how many went out. A failure is tried again, later each time."""
    waiting = list(
        db.session.scalars(
            select(OutgoingMail)
            .where(
                OutgoingMail.sent_at.is_(None),
                OutgoingMail.tries < MOST_TRIES,
                OutgoingMail.next_try_at <= now(),
            )
            .order_by(OutgoingMail.id)
            .limit(BATCH)
        )
    )
    done = 0
    for mail in waiting:
        try:
            EmailMessage(subject=mail.subject, body=mail.body, to=[mail.address]).send()
        except (OSError, ValueError):  # ValueError: an address or a word no server can take
            logger.warning("mail not sent id=%s", mail.id)
            _note(mail.id, sent=False)
        else:
            done += 1
            _note(mail.id, sent=True)
    return done


def waiting(session: Session) -> int:
    """How many are still to be sent; those given up are not counted."""
    query = select(func.count()).select_from(OutgoingMail)
    query = query.where(OutgoingMail.sent_at.is_(None), OutgoingMail.tries < MOST_TRIES)
    return session.scalar(query) or 0


def _note(mail_id: int, *, sent: bool) -> None:
    with transaction() as session:
        row = session.get_one(OutgoingMail, mail_id)
        row.tries += 1
        if sent:
            row.sent_at, row.body = now(), ""
        else:
            row.next_try_at = now() + timedelta(minutes=2**row.tries)


@dataclass(frozen=True)
class Server:
    """A mail server as somebody typed it in."""

    host: str
    port: int
    user: str
    password: str
    sender: str


def try_out(server: Server, *, to: str) -> None:
    """Send a test message at once, the way mails will go.

    Raises:
        Invalid: in the words of the server, or why it was not reached; nothing was kept.
    """
    letter = Letter()
    letter["Subject"] = "Mail from Hackathon works"
    letter["From"], letter["To"] = server.sender, to
    letter.set_content("This is the test message. Sign-in links and notices come this way.\n")
    secured = ssl.create_default_context()
    try:
        if server.port == SUBMISSIONS:
            line: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=SECONDS, context=secured
            )
        else:
            line = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
        with line:
            if server.port == SUBMISSION:
                line.starttls(context=secured)
            if server.user:
                line.login(server.user, server.password)
            line.send_message(letter, from_addr=parseaddr(server.sender)[1])
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise Invalid(
            "mail_server",
            f"The test message did not go out ({_words(error)}). Nothing was saved. "
            "Correct it, or leave the server empty and print the links.",
            field="mail_server",
        ) from error


def _words(error: Exception) -> str:
    """What a server or the network said, shortly."""
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        return f"{error.smtp_code} {text}"[:200]
    return (str(error) or type(error).__name__)[:200]


def is_demo() -> bool:
    """Whether this is a demo, whose people are invented: they are mailed nothing."""
    return bool(current_app.extensions["settings"].demo)


def is_set_up() -> bool:
    """Whether mails leave this program; without a server they only stand in its console."""
    return bool(current_app.config["MAIL_BACKEND"] != "console")


def set_up(app: Flask, settings: Settings) -> None:
    """Choose the back end: SMTP when a server is set, else the console."""
    app.config.setdefault("MAIL_BACKEND", "smtp" if settings.mail_server else "console")
    app.config.update(
        MAIL_SERVER=settings.mail_server,
        MAIL_PORT=settings.mail_port,
        MAIL_USERNAME=settings.mail_user or None,
        MAIL_PASSWORD=settings.mail_password or None,
        MAIL_USE_TLS=settings.mail_port == SUBMISSION,
        MAIL_USE_SSL=settings.mail_port == SUBMISSIONS,
        MAIL_DEFAULT_SENDER=settings.mail_from,
        MAIL_TIMEOUT=SECONDS,
    )
    Mail(app)
