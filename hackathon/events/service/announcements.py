"""Announcements are written, changed or taken back until they go; then they stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hackathon.events import queries
from hackathon.events.models import Announcement, Dismissal, Event
from hackathon.events.queries import announcements as reads
from hackathon.events.rules import Audience, Phase
from hackathon.events.service.own import own_event, say
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared import mail
from hackathon.shared.clock import now, utc_text
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, Invalid, NotFound
from hackathon.shared.facts import note

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor

LONGEST = 1000


def _checked(text: str, send_at: datetime | None) -> str:
    clean = text.strip()
    if not clean:
        raise Invalid("text", "Write what you want to say.", field="text")
    if len(clean) > LONGEST:
        raise Invalid("text", f"Keep it below {LONGEST} characters.", field="text")
    if send_at is not None and send_at <= now():
        raise Invalid(
            "past", "That time has passed. Leave it empty to send it now.", field="send_at"
        )
    return clean


def _check_mail(*, by_mail: bool) -> None:
    if by_mail and not mail.is_set_up():
        raise Conflict(
            "no_mail",
            "No mail server is set up here, so nothing was saved. Leave “Also by mail” out, or ask "
            "an administrator to set one up: banner and notice work without it.",
            field="by_mail",
        )


def write_announcement(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    audience: Audience,
    text: str,
    by_mail: bool = True,
    send_at: datetime | None = None,
) -> Announcement:
    """Say something to an audience, now or at a time.

    Raises:
        NotAllowed: not an organizer.
        Conflict: the event is in draft or closed: nobody would read it; or by mail, without a
            mail server.
        Invalid: no text, too long, or a time that has passed.
    """
    event = own_event(session, actor, event_id)
    _check_mail(by_mail=by_mail)
    if queries.phase_of(session, event) in {Phase.DRAFT, Phase.CLOSED}:
        raise Conflict(
            "nobody_reads",
            "Announcements reach people once the event is published, until it closes.",
        )
    row = Announcement(
        event_id=event.id,
        audience=audience,
        text=_checked(text, send_at),
        by_mail=by_mail,
        send_at=send_at or now(),
        written_by_id=actor.person_id,
    )
    session.add(row)
    session.flush()
    _say_written(session, actor, "announcement.written", row)
    if send_at is None:
        _send(session, actor, row)
    return row


def _say_written(session: Session, actor: Actor, kind: str, row: Announcement) -> None:
    say(
        session,
        actor,
        row.event_id,
        kind,
        announcement=row.id,
        audience=row.audience,
        send_at=utc_text(row.send_at),
        by_mail=row.by_mail,
        text=note(session, row.text),
    )


def _send(session: Session, actor: Actor, row: Announcement) -> None:
    row.sent_at = now()
    say(session, actor, row.event_id, "announcement.sent", announcement=row.id)


def _waiting(session: Session, actor: Actor, event_id: int, announcement_id: int) -> Announcement:
    own_event(session, actor, event_id)
    row = lock(session, Announcement, id=announcement_id, event_id=event_id, withdrawn_at=None)
    if row is None:
        raise NotFound("no_such_announcement", "This event has no such announcement.")
    if reads.is_out(row, now()):
        raise Conflict(
            "gone",
            "It has gone out; what people have read stays as it is. Write a new one to correct it.",
        )
    return row


def change_announcement(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    announcement_id: int,
    audience: Audience,
    text: str,
    by_mail: bool,
    send_at: datetime | None,
    version: int,
) -> Announcement:
    """Change what has not gone yet; without a time it goes now.

    Raises:
        NotAllowed, NotFound: not an organizer, no such announcement.
        Conflict: it has gone, somebody changed it first, or by mail, without a mail server.
        Invalid: as in `write_announcement`.
    """
    row = _waiting(session, actor, event_id, announcement_id)
    _check_mail(by_mail=by_mail)
    if row.version != version:
        raise Conflict(
            "saved_first", "Somebody else changed it first. Reload to see how it reads now."
        )
    row.text = _checked(text, send_at)
    row.audience, row.by_mail = audience, by_mail
    row.send_at = send_at or now()
    row.version += 1
    session.flush()
    _say_written(session, actor, "announcement.changed", row)
    if send_at is None:
        _send(session, actor, row)
    return row


def withdraw_announcement(
    session: Session, actor: Actor, *, event_id: int, announcement_id: int
) -> None:
    """Take back what has not gone yet.

    Raises:
        NotAllowed, NotFound, Conflict: as in `change_announcement`.
    """
    row = _waiting(session, actor, event_id, announcement_id)
    row.withdrawn_at = now()
    say(session, actor, event_id, "announcement.withdrawn", announcement=row.id)


def send_due(session: Session, *, announcement_id: int) -> bool:
    """Send what is due: a job's; once, whoever else tries. Returns whether this call did.

    What comes due after the event has closed, or a rehearsal is discarded, is taken back:
    nobody would read it.
    """
    row = lock(session, Announcement, id=announcement_id)
    if row is None or row.sent_at or row.withdrawn_at or row.send_at > now():
        return False
    event = session.get_one(Event, row.event_id)
    if event.discarded_at is not None or queries.phase_of(session, event) is Phase.CLOSED:
        row.withdrawn_at = now()
        say(session, COMMAND_LINE, event.id, "announcement.withdrawn", announcement=row.id)
        return False
    _send(session, COMMAND_LINE, row)
    return True


def dismiss(session: Session, actor: Actor, *, event_id: int, announcement_id: int) -> None:
    """Take a banner from the actor's own pages; again changes nothing.

    Raises:
        NotFound: there is none, or it is not for this person.
    """
    person_id = actor.person_id or 0
    row = reads.find_announcement(session, event_id, announcement_id)
    event = session.get_one(Event, event_id)
    if not reads.is_out(row, now()) or not reads.is_for(session, event, row, person_id):
        raise NotFound("no_such_announcement", "This event has no such announcement.")
    if session.get(Dismissal, (row.id, person_id)) is None:
        session.add(Dismissal(announcement_id=row.id, person_id=person_id))
        session.flush()
