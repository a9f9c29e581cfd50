"""What follows judging: organizers read who looked at values, judges that they have a seat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import select

from hackathon.events.models import Event
from hackathon.judging.models import Round, Seat
from hackathon.people.models import EventRoleGrant, Person
from hackathon.people.rules import Role
from hackathon.shared.anchors import write_anchor
from hackathon.shared.facts import note_texts
from hackathon.shared.jobs import on_fact
from hackathon.shared.notices import notify

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.shared.facts import FactRow


def _round_of(session: Session, fact: FactRow) -> tuple[Round, Event]:
    found = session.get_one(Round, int(fact.stream.split(":")[1]))
    return found, session.get_one(Event, found.event_id)


@on_fact("judging:", "values.looked")
def tell_of_looks(session: Session, fact: FactRow) -> None:
    """Every organizer reads who looked at values before the freeze, and why."""
    found, event = _round_of(session, fact)
    who = session.get(Person, fact.actor_id) if fact.actor_id else None
    note_id = int(fact.values["reason"]["note"])
    why = note_texts(session, [note_id]).get(note_id, "")
    organizers = session.scalars(
        select(EventRoleGrant.person_id).filter_by(event_id=event.id, role=Role.ORGANIZER)
    )
    for person_id in organizers.all():
        notify(
            session,
            person_id=person_id,
            key=f"look:{fact.position}",
            text=f"{who.name if who else 'The command line'} looked at values of {found.name} "
            f"before the freeze: {why}",
            link=f"/events/{event.slug}/judging/{found.id}",
        )


@on_fact("judging:", "reopening.asked")
def tell_of_reopenings(session: Session, fact: FactRow) -> None:
    """The other organizers read that somebody wants to open a round again, and why."""
    found, event = _round_of(session, fact)
    note_id = int(fact.values["reason"]["note"])
    why = note_texts(session, [note_id]).get(note_id, "")
    who = session.get(Person, fact.actor_id) if fact.actor_id else None
    organizers = select(EventRoleGrant.person_id).filter_by(event_id=event.id, role=Role.ORGANIZER)
    for person_id in session.scalars(organizers).all():
        if person_id != fact.actor_id:
            notify(
                session,
                person_id=person_id,
                key=f"reopening:{fact.position}",
                text=f"{who.name if who else 'Somebody'} asks to open {found.name} again: {why}",
                link=f"/events/{event.slug}/judging/{found.id}/reopen",
            )


@on_fact("judging:", "round.frozen")
def anchor_the_freeze(session: Session, _fact: FactRow) -> None:
    """What the record was made of cannot be cut off unseen from now on."""
    write_anchor(session, current_app.extensions["settings"].folder)


@on_fact("judging:", "words.asked")
def tell_of_silence(session: Session, fact: FactRow) -> None:
    """A judge reads that a team has no word from anybody yet; once for a record."""
    found, event = _round_of(session, fact)
    seats = select(Seat.person_id).where(
        Seat.id.in_(fact.values["seats"]), Seat.removed_at.is_(None)
    )
    for person_id in session.scalars(seats).all():
        notify(
            session,
            person_id=person_id,
            key=f"words:{found.id}:{fact.values['number']}",
            text=f"{event.name}: some projects you scored have no comment from anybody. "
            "Write one line before the results are final.",
            link=f"/events/{event.slug}/judging/{found.id}/list",
        )


@on_fact("judging:", "seat.added")
def tell_of_seats(session: Session, fact: FactRow) -> None:
    """A judge reads where to judge."""
    found, event = _round_of(session, fact)
    notify(
        session,
        person_id=int(fact.values["person"]),
        key=f"seat:{fact.values['seat']}",
        text=f"You judge in {found.name} of {event.name}.",
        link=f"/events/{event.slug}/judging",
    )
