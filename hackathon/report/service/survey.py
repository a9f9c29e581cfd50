"""A survey is written, opened, answered and closed; each a fact on `event:<id>`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from hackathon.events.models import Event
from hackathon.events.queries import phase_of
from hackathon.events.rules import Phase
from hackathon.people.models import Person
from hackathon.people.rules import check_organizes
from hackathon.report.models import Survey, SurveyAnswer
from hackathon.report.queries.survey import is_asked, questions_of
from hackathon.report.rules import check_questions, check_replies
from hackathon.shared.clock import now
from hackathon.shared.db import lock
from hackathon.shared.errors import Conflict, NotAllowed, NotFound
from hackathon.shared.facts import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor
    from hackathon.report.rules import Question


def _say(session: Session, actor: Actor, event_id: int, kind: str, **body: Any) -> None:  # noqa: ANN401 - as `record`
    record(session, stream=f"event:{event_id}", kind=kind, actor_id=actor.person_id, **body)


def _held(session: Session, event_id: int) -> Survey:
    found = lock(session, Survey, event_id=event_id)
    if found is None:
        raise NotFound("no_survey", "This event has no survey yet.")
    return found


def write_survey(
    session: Session,
    actor: Actor,
    *,
    event_id: int,
    questions: Sequence[Question],
    is_named: bool,
    version: int,
) -> Survey:
    """Write the questions, and whether organizers see whose an answer is.

    Args:
        session: An open transaction.
        actor: An organizer.
        event_id: The event.
        questions: All of them.
        is_named: Whether answers carry names; people read it before they answer.
        version: The one the writer saw; 0 for the first.

    Raises:
        NotAllowed: not an organizer.
        Conflict: it is open, or somebody saved first.
        Invalid: questions that cannot be asked.
    """
    check_organizes(actor, event_id)
    lock(session, Event, id=event_id)  # two who write the first one meet here
    clean = check_questions(questions)
    found = lock(session, Survey, event_id=event_id)
    if found is not None and found.opened_at is not None:
        raise Conflict("survey_open", "The survey is open; its questions stay. Nothing was saved.")
    if version != (found.version if found is not None else 0):
        raise Conflict("saved_first", "Somebody else saved first. Reload to see their questions.")
    if found is None:
        found = Survey(event_id=event_id, questions="[]", version=0)
        session.add(found)
    found.questions = json.dumps([[row.ask.value, row.text, row.options] for row in clean])
    found.is_named, found.version = is_named, version + 1
    session.flush()
    _say(session, actor, event_id, "survey.written", version=found.version, questions=len(clean))
    return found


def open_survey(session: Session, actor: Actor, *, event_id: int) -> None:
    """Ask everybody of the event; again changes nothing.

    Raises:
        NotAllowed: not an organizer.
        NotFound: no question was written.
        Conflict: the event is a draft, or the survey is closed.
    """
    check_organizes(actor, event_id)
    found = _held(session, event_id)
    if found.closed_at is not None:
        raise Conflict("survey_closed", "The survey is closed, and stays so.")
    if phase_of(session, session.get_one(Event, event_id)) is Phase.DRAFT:
        raise Conflict("draft", "Publish the event first.")
    if found.opened_at is None:
        found.opened_at = now()
        _say(session, actor, event_id, "survey.opened", is_named=found.is_named)


def answer(session: Session, actor: Actor, *, event_id: int, replies: Sequence[str]) -> None:
    """Keep a person's one answer; until the survey closes the next replaces it.

    Args:
        session: An open transaction.
        actor: Somebody with a role or a seat in the event.
        event_id: The event.
        replies: A text for each question, blank where nothing is answered.

    Raises:
        NotFound: no survey is open here.
        NotAllowed: the person is not asked.
        Conflict: the survey is closed.
        Invalid: an answer that cannot be chosen, or none at all.
    """
    found = _held(session, event_id)
    if found.opened_at is None:
        raise NotFound("no_survey", "This event has no survey yet.")
    person_id = actor.person_id or 0
    if session.scalar(select(Person.id).where(Person.id == person_id, is_asked(event_id))) is None:
        raise NotAllowed("members_only", "Only people of this event are asked.")
    if found.closed_at is not None:
        raise Conflict(
            "survey_closed",
            "The survey is closed; your answer from before counts. Nothing changed.",
        )
    questions = questions_of(found)
    given = [*replies, *([""] * len(questions))][: len(questions)]
    text = json.dumps(check_replies(questions, given), ensure_ascii=False)
    row = session.scalar(select(SurveyAnswer).filter_by(survey_id=found.id, person_id=person_id))
    if row is None:
        session.add(SurveyAnswer(survey_id=found.id, person_id=person_id, replies=text))
        _say(session, actor, event_id, "survey.answered")
    else:
        row.replies = text
    session.flush()


def close_survey(session: Session, actor: Actor, *, event_id: int) -> None:
    """End the survey for good; an anonymous one forgets whose each answer is. Again: nothing.

    The rows are written anew in the order of their content, so that no number tells who
    answered first.

    Raises:
        NotAllowed: not an organizer.
        NotFound: no survey is open.
    """
    check_organizes(actor, event_id)
    found = _held(session, event_id)
    if found.opened_at is None:
        raise NotFound("no_survey", "This event has no survey that is open.")
    if found.closed_at is not None:
        return
    found.closed_at = now()
    rows = list(session.scalars(select(SurveyAnswer.replies).filter_by(survey_id=found.id)))
    if not found.is_named:
        session.execute(delete(SurveyAnswer).where(SurveyAnswer.survey_id == found.id))
        session.add_all(SurveyAnswer(survey_id=found.id, replies=text) for text in sorted(rows))
    session.flush()
    _say(session, actor, event_id, "survey.closed", answers=len(rows))
