"""What follows judging: organizers read who looked at values, judges that they have a seat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import select

from hackathon.events.models import Event
from hackathon.judging.models import Round, Seat, Visit
from hackathon.people.models import EventRoleGrant, Person
from hackathon.people.queries import people_by
from hackathon.people.rules import Role
from hackathon.projects.models import Project
from hackathon.shared.anchors import write_anchor
from hackathon.shared.facts import note_texts
from hackathon.shared.jobs import on_fact
from hackathon.shared.notices import notify
from hackathon.shared.telling import Kind, Word, tell
from hackathon.teams.models import Team

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
    word = Word(
        kind=Kind.JUDGING,
        key=f"seat:{fact.values['seat']}",
        subject=f"You judge at {event.name}",
        text=f"You judge in {found.name} of {event.name}.",
        link=f"/events/{event.slug}/judging",
        by_mail=not event.is_rehearsal,
    )
    tell(session, people_by(session, [int(fact.values["person"])]), word)


def _tell_judge(session: Session, fact: FactRow, seat_id: int, text: str) -> None:
    """Tell the judge of a seat, with the fact's reason; who did it themselves knows."""
    _, event = _round_of(session, fact)
    seat = session.get_one(Seat, seat_id)
    if seat.person_id == fact.actor_id:
        return
    note_id = int(fact.values["reason"]["note"])
    why = note_texts(session, [note_id]).get(note_id, "")
    word = Word(
        kind=Kind.JUDGING,
        key=f"judge:{fact.position}",
        subject=f"Judging at {event.name}",
        text=f"{text} Why: {why}" if why else text,
        link=f"/events/{event.slug}/judging",
        by_mail=not event.is_rehearsal,
    )
    tell(session, people_by(session, [seat.person_id]), word)


@on_fact("judging:", "judge.away")
def tell_the_absent(session: Session, fact: FactRow) -> None:
    """A judge reads that nobody waits for them now, and how to come back."""
    word = fact.values["word"]
    text = f"You are noted as {word}. Press \u201cI am here\u201d on your list when you are back."
    _tell_judge(session, fact, int(fact.values["seat"]), text)


@on_fact("judging:", "judge.left")
def tell_who_left(session: Session, fact: FactRow) -> None:
    """A judge reads that the seat is taken away."""
    found, _ = _round_of(session, fact)
    text = f"You no longer judge in {found.name}. Your complete sheets count."
    _tell_judge(session, fact, int(fact.values["seat"]), text)


@on_fact("judging:", "visit.planned")
def tell_of_more_work(session: Session, fact: FactRow) -> None:
    """A judge who takes a project over from another reads which, and why."""
    if "instead_of" not in fact.values:
        return
    visit = session.get_one(Visit, int(fact.values["visit"]))
    query = (
        select(Team.name)
        .join(Project, Project.team_id == Team.id)
        .filter(Project.id == visit.project_id)
    )
    text = f"One more project is on your list: that of {session.scalar(query)}."
    _tell_judge(session, fact, visit.seat_id, text)
