"""An event's survey: its questions, who is asked, what was answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from hackathon.events.models import Event
from hackathon.judging.models import Round, Seat
from hackathon.people.models import EventRoleGrant, Person
from hackathon.report.models import Survey, SurveyAnswer
from hackathon.report.rules import (
    SMALLEST_GROUP,
    USUAL_QUESTIONS,
    Ask,
    Question,
    Tally,
    tally,
)

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from hackathon.report.rules import Reply


def survey_of(session: Session, event_id: int) -> Survey | None:
    """The survey of an event; None before its first question was written."""
    return session.scalar(select(Survey).filter_by(event_id=event_id))


def questions_of(survey: Survey) -> tuple[Question, ...]:
    """What it asks."""
    return tuple(
        Question(Ask(ask), text, tuple(options))
        for ask, text, options in json.loads(survey.questions)
    )


def first_questions(session: Session, event: Event) -> tuple[Question, ...]:
    """What a new survey begins with: the questions of the newest one, else the usual."""
    newest = session.scalar(
        select(Survey)
        .join(Event, Event.id == Survey.event_id)
        .where(
            Survey.opened_at.is_not(None), Survey.event_id != event.id, Event.discarded_at.is_(None)
        )
        .order_by(Survey.opened_at.desc())
        .limit(1)
    )
    return questions_of(newest) if newest is not None else USUAL_QUESTIONS


def is_asked(event_id: int) -> ColumnElement[bool]:
    """Whether a person is asked, as a part of a statement about people: a role or a seat."""
    roles = select(EventRoleGrant.person_id).filter_by(event_id=event_id)
    seats = (
        select(Seat.person_id)
        .join(Round, Round.id == Seat.round_id)
        .where(Round.event_id == event_id, Seat.removed_at.is_(None))
    )
    return Person.id.in_(roles.union(seats))


def asked(session: Session, event_id: int) -> list[Person]:
    """Everybody who is asked, by number."""
    query = select(Person).where(is_asked(event_id), Person.disabled_at.is_(None))
    return list(session.scalars(query.order_by(Person.id)))


def count_asked(session: Session, event_id: int) -> int:
    """How many are asked."""
    query = select(func.count()).select_from(Person)
    return session.scalar(query.where(is_asked(event_id), Person.disabled_at.is_(None))) or 0


def count_answers(session: Session, survey: Survey) -> int:
    """How many have answered."""
    query = select(func.count()).select_from(SurveyAnswer).filter_by(survey_id=survey.id)
    return session.scalar(query) or 0


def replies_of(session: Session, survey: Survey, person_id: int | None) -> dict[int, Reply]:
    """What a person has answered so far; empty when nothing, or when it was forgotten."""
    text = session.scalar(
        select(SurveyAnswer.replies).filter_by(survey_id=survey.id, person_id=person_id or 0)
    )
    return _read(text) if text else {}


def _read(text: str) -> dict[int, Reply]:
    return {int(number): value for number, value in json.loads(text).items()}


def tallies(session: Session, survey: Survey) -> list[Tally] | None:
    """The results as organizers may see them; None while they may not.

    An anonymous survey shows nothing until it is closed: whoever watched the counts move
    could tell who had just answered; and nothing of a group that is too small.
    """
    if survey.opened_at is None or (not survey.is_named and survey.closed_at is None):
        return None
    rows = [
        _read(text)
        for text in session.scalars(select(SurveyAnswer.replies).filter_by(survey_id=survey.id))
    ]
    return tally(questions_of(survey), rows, least=1 if survey.is_named else SMALLEST_GROUP)


def named_replies(session: Session, survey: Survey) -> list[tuple[str, dict[int, Reply]]]:
    """Who answered what, by name; nothing of an anonymous survey."""
    if not survey.is_named:
        return []
    rows = session.execute(
        select(Person.name, SurveyAnswer.replies)
        .join(Person, Person.id == SurveyAnswer.person_id)
        .where(SurveyAnswer.survey_id == survey.id)
        .order_by(Person.name, Person.id)
    )
    return [(name, _read(text)) for name, text in rows]
