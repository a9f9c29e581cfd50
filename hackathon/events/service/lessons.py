"""The retrospective is written; its actions end as done or dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hackathon.events.models import Event, Lesson
from hackathon.events.queries.lessons import lesson_owners, open_actions
from hackathon.events.rules import LessonKind, check_lesson
from hackathon.events.service.own import say
from hackathon.people.rules import check_organizes
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Invalid, NotAllowed, NotFound

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor


def add_lesson(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    kind: LessonKind,
    text: str,
    owner_id: int | None = None,
) -> Lesson:
    """Write a line of the retrospective; everybody of the event, actions by organizers alone.

    Raises:
        NotAllowed: not of this event, or an action by somebody who does not organize it.
        Invalid: too short or too long, or an action without an owner who could do it.
    """
    if not (actor.organizes(event_id) or actor.event_roles.get(event_id)):
        raise NotAllowed("members_only", "Only people of this event write here.")
    clean = check_lesson(text)
    if kind is LessonKind.ACTION:
        check_organizes(actor, event_id)
        if owner_id not in {person.id for person in lesson_owners(session, event_id)}:
            raise Invalid("owner", "Choose who sees to it.", field="owner")
    made = Lesson(
        event_id=event_id,
        kind=kind,
        text=clean,
        owner_id=owner_id if kind is LessonKind.ACTION else None,
        written_by_id=actor.person_id,
    )
    session.add(made)
    session.flush()
    say(session, actor, event_id, "lesson.added", lesson=made.id, line=kind.value)
    return made


def end_lesson(
    session: Session, actor: Actor, *, event_id: int, lesson_id: int, is_done: bool
) -> None:
    """End an action as done, or take a line off; again changes nothing.

    An action is ended by its owner, or by the organizers of its event and of every later one
    whose checklist shows it; another line by who wrote it, or its event's organizers.

    Raises:
        NotFound: this event shows no such line.
        NotAllowed: it is somebody else's.
    """
    event = session.get(Event, event_id)
    found = lock(session, Lesson, id=lesson_id)
    shown = event is not None and (
        (found is not None and found.event_id == event.id)
        or lesson_id in {row.lesson.id for row in open_actions(session, event.starts_at)}
    )
    if found is None or not shown:
        raise NotFound("no_such_line", "There is no such line here.")
    own = found.owner_id if found.kind == LessonKind.ACTION else found.written_by_id
    if not actor.organizes(event_id) and (own is None or own != actor.person_id):
        raise NotAllowed("not_yours", "Its owner or an organizer does that; nothing was changed.")
    if found.ended_at is not None:
        return
    found.ended_as = "done" if is_done and found.kind == LessonKind.ACTION else "dropped"
    found.ended_at, found.ended_by_id = now(), actor.person_id
    say(session, actor, found.event_id, "lesson.ended", lesson=found.id, end=found.ended_as)
