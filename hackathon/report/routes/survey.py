"""The survey: answered by everybody of an event, written and read by its organizers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, render_template, request

from hackathon.events.access import here
from hackathon.judging.access import JUDGE
from hackathon.people.access import MEMBER, ORGANIZER, current_actor, requires
from hackathon.report.forms import SurveyForm
from hackathon.report.queries import survey as queries
from hackathon.report.routes.blueprint import blueprint
from hackathon.report.rules import MOST_QUESTIONS, SMALLEST_GROUP, Ask, Question
from hackathon.report.service import survey as service
from hackathon.shared.db import reading
from hackathon.shared.errors import Invalid, NotFound
from hackathon.shared.web import Form, act, csv_answer, see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.report.models import Survey

SPARE = 2
"""Blank rows below the questions of a draft."""


def _open_survey(slug: str) -> Survey:
    found = queries.survey_of(reading(), here(slug).event.id)
    if found is None or found.opened_at is None:
        raise NotFound("no_survey", "This event has no survey yet.")
    return found


def _answer_page(slug: str, form: Form | None = None) -> str:
    found = _open_survey(slug)
    person_id = current_actor().person_id
    mine = queries.replies_of(reading(), found, person_id)
    given = {number: str(value) for number, value in mine.items()}
    if form is not None:
        given = dict(enumerate(_replies(found)))
    return render_template(
        "report/survey.html",
        here=here(slug),
        survey=found,
        questions=queries.questions_of(found),
        given=given,
        has_answered=bool(mine),
        smallest=SMALLEST_GROUP,
        form=form or Form(),
    )


def _replies(found: Survey) -> list[str]:
    count = len(queries.questions_of(found))
    return [request.form.get(f"reply-{number}", "") for number in range(count)]


@blueprint.get("/events/<slug>/survey")
@requires(MEMBER, JUDGE)
def survey(slug: str) -> ResponseReturnValue:
    """The questions, and one's own answer as long as the survey is open."""
    return _answer_page(slug)


@blueprint.post("/events/<slug>/survey")
@requires(MEMBER, JUDGE)
def answer(slug: str) -> ResponseReturnValue:
    """Keep the one answer of a person."""
    event_id, found, form = here(slug).event.id, _open_survey(slug), Form(request.form)

    def work(session: Session) -> bool:
        service.answer(session, current_actor(session), event_id=event_id, replies=_replies(found))
        return True

    if submit(form, work) is None:
        return _answer_page(slug, form), form.status
    flash("Thank you. You can change your answer until the survey closes.")
    return see(".survey", slug=slug)


# --- for organizers -------------------------------------------------------------------


def _manage_page(slug: str, form: SurveyForm | None = None) -> str:
    place, session = here(slug), reading()
    found = queries.survey_of(session, place.event.id)
    is_draft = found is None or found.opened_at is None
    if form is not None:
        rows = _typed()
    elif found is not None:
        rows = list(queries.questions_of(found))
    else:
        rows = list(queries.first_questions(session, place.event))
    if form is None:
        form = SurveyForm(
            data={
                "is_named": found is not None and found.is_named,
                "version": str(found.version if found is not None else 0),
            }
        )
    spare = max(0, min(SPARE, MOST_QUESTIONS - len(rows))) if is_draft else 0
    return render_template(
        "report/survey_manage.html",
        here=place,
        survey=found,
        is_draft=is_draft,
        rows=[*rows, *[Question(Ask.SCALE, "")] * spare],
        asks=LABELS,
        asked=queries.count_asked(session, place.event.id),
        answers=queries.count_answers(session, found) if found is not None else 0,
        tallies=queries.tallies(session, found) if found is not None else None,
        smallest=SMALLEST_GROUP,
        form=form,
    )


LABELS = {Ask.SCALE: "1 to 5", Ask.CHOICE: "One of several", Ask.TEXT: "Words"}


def _typed() -> list[Question]:
    """The questions as they were sent; rows without a text are none."""
    rows = zip(
        request.form.getlist("ask"),
        request.form.getlist("text"),
        request.form.getlist("options"),
        strict=False,
    )
    found = []
    for ask, text, options in rows:
        if ask not in list(Ask):
            raise Invalid("ask", "There is no such kind of question; nothing was saved.")
        if text.strip():
            found.append(Question(Ask(ask), text, tuple(options.splitlines())))
    return found


@blueprint.get("/events/<slug>/survey/questions")
@requires(ORGANIZER)
def manage_survey(slug: str) -> ResponseReturnValue:
    """The questions of a draft; from the opening on how many answered, then the results."""
    return _manage_page(slug)


@blueprint.post("/events/<slug>/survey/questions")
@requires(ORGANIZER)
def write_survey(slug: str) -> ResponseReturnValue:
    """Keep the questions; with `do=open`, ask them at once."""
    form, event_id = SurveyForm(request.form), here(slug).event.id
    version, is_opening = str(form.version.data or ""), request.form.get("do") == "open"

    def work(session: Session) -> bool:
        if not (version.isascii() and version.isdigit() and len(version) < 6):  # noqa: PLR2004
            raise Invalid("version", "Reload the page and try again; nothing was saved.")
        actor = current_actor(session)
        service.write_survey(
            session,
            actor,
            event_id=event_id,
            questions=_typed(),
            is_named=bool(form.is_named.data),
            version=int(version),
        )
        if is_opening:
            service.open_survey(session, actor, event_id=event_id)
        return True

    if submit(form, work) is None:
        return _manage_page(slug, form), form.status
    flash("The survey is open; everybody of the event is told." if is_opening else "Saved.")
    return see(".manage_survey", slug=slug)


@blueprint.post("/events/<slug>/survey/close")
@requires(ORGANIZER)
def close_survey(slug: str) -> ResponseReturnValue:
    """End the survey for good."""
    event_id = here(slug).event.id
    act(lambda session: service.close_survey(session, current_actor(session), event_id=event_id))
    flash("The survey is closed.")
    return see(".manage_survey", slug=slug)


@blueprint.get("/events/<slug>/survey.csv")
@requires(ORGANIZER)
def survey_csv(slug: str) -> ResponseReturnValue:
    """The results: counts and words; of a named survey who said what."""
    found = _open_survey(slug)
    session = reading()
    questions = queries.questions_of(found)
    if found.is_named:
        header = ["name", *(row.text for row in questions)]
        rows: list[tuple[object, ...]] = [
            (name, *(_said(row, replies.get(n)) for n, row in enumerate(questions)))
            for name, replies in queries.named_replies(session, found)
        ]
        return csv_answer(f"{slug}-survey.csv", header, rows)
    tallies = queries.tallies(session, found)
    if tallies is None:
        raise NotFound("survey_open", "The results of an anonymous survey come when it is closed.")
    rows = []
    for row in tallies:
        rows += [(row.question.text, value, count) for value, count in row.counts]
        rows += [(row.question.text, text, 1) for text in row.texts]
        if row.is_hidden:
            rows.append((row.question.text, f"fewer than {SMALLEST_GROUP} answers", ""))
    return csv_answer(f"{slug}-survey.csv", ["question", "answer", "count"], rows)


def _said(question: Question, reply: object) -> object:
    is_option = question.ask is Ask.CHOICE and isinstance(reply, int)
    return question.options[int(str(reply))] if is_option else ("" if reply is None else reply)
