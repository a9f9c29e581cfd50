"""Looking back at an event: what went well, what to change, who does what until the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for

from hackathon.events.access import here
from hackathon.events.queries import lessons as queries
from hackathon.events.rules import LessonKind
from hackathon.events.service import lessons as service
from hackathon.people.access import MEMBER, current_actor, requires
from hackathon.report.forms import LessonForm
from hackathon.report.queries.survey import survey_of
from hackathon.report.routes.blueprint import blueprint
from hackathon.shared.db import reading
from hackathon.shared.errors import Invalid
from hackathon.shared.web import act, safe_next, see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session


def _page(slug: str, kind: LessonKind | None = None, form: LessonForm | None = None) -> str:
    place, session = here(slug), reading()
    rows = queries.lessons_of(session, place.event.id)
    return render_template(
        "report/retrospective.html",
        here=place,
        rows={one: [row for row in rows if row.lesson.kind == one] for one in LessonKind},
        owners=queries.lesson_owners(session, place.event.id) if place.organizes else [],
        survey=survey_of(session, place.event.id),
        refused=kind,
        form=form or LessonForm(),
    )


@blueprint.get("/events/<slug>/retrospective")
@requires(MEMBER)
def retrospective(slug: str) -> ResponseReturnValue:
    """What people of the event wrote down, and the open actions."""
    return _page(slug)


@blueprint.post("/events/<slug>/retrospective")
@requires(MEMBER)
def add_lesson(slug: str) -> ResponseReturnValue:
    """One more line."""
    form, event_id = LessonForm(request.form), here(slug).event.id
    word = request.form.get("kind", "")
    if word not in list(LessonKind):
        raise Invalid("kind", "There is no such list; nothing was saved.")
    kind, owner = LessonKind(word), str(form.owner.data or "")

    def work(session: Session) -> bool:
        service.add_lesson(
            session,
            current_actor(session),
            event_id=event_id,
            kind=kind,
            text=str(form.text.data or ""),
            owner_id=int(owner) if owner.isascii() and owner.isdigit() else None,
        )
        return True

    if submit(form, work) is None:
        return _page(slug, kind, form), form.status
    return redirect(url_for(".retrospective", slug=slug) + f"#{kind.value}", 303)


@blueprint.post("/events/<slug>/retrospective/<int:lesson_id>/end")
@requires(MEMBER)
def end_lesson(slug: str, lesson_id: int) -> ResponseReturnValue:
    """An action is done or dropped; another line is taken off."""
    event_id, is_done = here(slug).event.id, request.form.get("end") == "done"
    act(
        lambda session: service.end_lesson(
            session,
            current_actor(session),
            event_id=event_id,
            lesson_id=lesson_id,
            is_done=is_done,
        )
    )
    flash("Done." if is_done else "Taken off.")
    back = request.form.get("next")
    return redirect(safe_next(back), 303) if back else see(".retrospective", slug=slug)
