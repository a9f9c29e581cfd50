"""Mail: rows first, sent by a job, never twice for one key.

Console by default; SMTP when `HACKATHON_MAIL_SERVER` is set. A body is blanked once it
is sent, because it may hold a sign-in link.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flask_mailman import EmailMessage, Mail
from sqlalchemy import Text, select
from sqlalchemy.orm import Mapped, mapped_column

from hackathon.shared.clock import now
from hackathon.shared.db import Base, db, transaction

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from hackathon.shared.settings import Settings

logger = logging.getLogger("hackathon.mail")

BATCH = 50
MOST_TRIES = 8


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
        except OSError:
            logger.warning("mail not sent id=%s", mail.id)
            _note(mail.id, sent=False)
        else:
            done += 1
            _note(mail.id, sent=True)
    return done


def _note(mail_id: int, *, sent: bool) -> None:
    with transaction() as session:
        row = session.get_one(OutgoingMail, mail_id)
        row.tries += 1
        if sent:
            row.sent_at, row.body = now(), ""
        else:
            row.next_try_at = now() + timedelta(minutes=2**row.tries)


def set_up(app: Flask, settings: Settings) -> None:
    """Choose the back end: SMTP when a server is set, else the console."""
    app.config.setdefault("MAIL_BACKEND", "smtp" if settings.mail_server else "console")
    app.config.update(
        MAIL_SERVER=settings.mail_server,
        MAIL_PORT=settings.mail_port,
        MAIL_USERNAME=settings.mail_user or None,
        MAIL_PASSWORD=settings.mail_password or None,
        MAIL_USE_TLS=settings.mail_port == 587,  # noqa: PLR2004 - submission
        MAIL_USE_SSL=settings.mail_port == 465,  # noqa: PLR2004 - submissions
        MAIL_DEFAULT_SENDER=settings.mail_from,
        MAIL_TIMEOUT=10,
    )
    Mail(app)
