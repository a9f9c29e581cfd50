"""Ways in, made on purpose: one-time links on printed cards, or by mail."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from hackathon.office.queries import guests_of
from hackathon.people import service as people
from hackathon.people.rules import LINK_MINUTES_MAILED, RESEND_MINUTES, check_organizes
from hackathon.shared import mail
from hackathon.shared.clock import now
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.sessions import digest
from hackathon.shared.show import isolated

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

    from hackathon.events.models import Event
    from hackathon.office.queries import Guest
    from hackathon.people.rules import Actor

MOST_CARDS = 1_000


@dataclass
class Cards:
    """The links that were made; who may get none from here; whose last mail is too fresh."""

    made: list[tuple[Guest, str]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    too_soon: list[str] = field(default_factory=list)


def make_cards(
    session: Session, actor: Actor, *, event: Event, person_ids: Collection[int], mailed: bool
) -> Cards:
    """A new one-time link for each; older ones end. Nobody gets one whom only admins may help.

    Args:
        session: An open transaction.
        actor: An organizer of the event.
        event: The event whose people they are.
        person_ids: Who gets one.
        mailed: Lives 30 minutes, on its way by mail; else 24 hours, to be printed.

    Raises:
        NotAllowed: not an organizer.
        NotFound: somebody is not of this event.
        Invalid: nobody was chosen, or too many.
    """
    check_organizes(actor, event.id)
    if not 0 < len(person_ids) <= MOST_CARDS:
        raise Invalid("nobody", f"Choose 1 to {MOST_CARDS:,} people; nothing was made.")
    known = {guest.id: guest for guest in guests_of(session, event)}
    if not known.keys() >= set(person_ids):
        raise NotFound("no_such_person", "Somebody of these is not in this event.")
    cards = Cards()
    for guest in known.values():
        if guest.id not in person_ids:
            continue
        if mailed and _is_fresh(guest):
            cards.too_soon.append(guest.name)
            continue
        try:
            token = people.make_link(session, actor, person_id=guest.id, mailed=mailed)
        except NotAllowed:
            cards.left_out.append(guest.name)
        else:
            cards.made.append((guest, token))
    return cards


def _is_fresh(guest: Guest) -> bool:
    """Whether a link was mailed a moment ago: a second click floods nobody."""
    link = guest.link
    wait = timedelta(minutes=RESEND_MINUTES)
    return link is not None and link.mailed and now() - link.made_at < wait


def mail_cards(
    session: Session, actor: Actor, *, event: Event, person_ids: Collection[int], address: str
) -> Cards:
    """Mail each a link that signs in once, and how to get another; at most one in ten minutes.

    Raises:
        Conflict: a rehearsal sends no mail.
        NotAllowed, NotFound, Invalid: as `make_cards`.
    """
    if event.is_rehearsal:
        raise Conflict("rehearsal", "A rehearsal sends no mail; print the cards.")
    cards = make_cards(session, actor, event=event, person_ids=person_ids, mailed=True)
    for guest, token in cards.made:
        mail.send(
            session,
            to=guest.email,
            subject=f"Your way into {event.name}",
            body=(
                f"Hello {isolated(guest.name)},\n\nyou are in {event.name}. This link signs you in once, "
                f"for {LINK_MINUTES_MAILED} minutes:\n{address}/sign-in/{token}\n\n"
                f"Choose a password with it, or ask for a new link later, with this address, at "
                f"{address}/sign-in\n"
            ),
            key=f"link:{digest(token)}",
        )
    return cards
