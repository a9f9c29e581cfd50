"""Sheets from paper, a whole project at a time: rows judges, columns criteria."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, render_template, request

from hackathon.events.access import here
from hackathon.judging import rules
from hackathon.judging.access import round_of_page, seats_here
from hackathon.judging.forms import PapersForm
from hackathon.judging.queries import rounds
from hackathon.judging.queries.papers import judges_of_project
from hackathon.judging.queries.progress import projects_of
from hackathon.judging.routes.blueprint import blueprint
from hackathon.judging.service import papers as service
from hackathon.judging.service.marks import Texts
from hackathon.people.access import ORGANIZER, current_actor, requires
from hackathon.shared.db import reading
from hackathon.shared.errors import NotFound
from hackathon.shared.once import once
from hackathon.shared.web import form_key, see, submit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.judging.queries.progress import ProjectProgress


@blueprint.get("/events/<slug>/judging/<int:round_id>/papers")
@requires(ORGANIZER)
def papers(slug: str, round_id: int) -> ResponseReturnValue:
    """The first project in the order that lacks sheets."""
    rows = _projects(slug, round_id)
    if not rows:
        flash("There are no projects in this round yet.")
        return see(".cockpit", slug=slug, round_id=round_id)
    project_id = (_lacking(rows) or rows[0]).project_id
    return see(".enter_papers", slug=slug, round_id=round_id, project_id=project_id)


def _projects(slug: str, round_id: int) -> list[ProjectProgress]:
    place, session = here(slug), reading()
    found = round_of_page(place.event.id, place.actor, round_id)
    return projects_of(session, found, rounds.entries_of(session, place.event, found.id))


def _lacking(rows: Sequence[ProjectProgress]) -> ProjectProgress | None:
    return next((row for row in rows if row.done < row.of), None)


@blueprint.get("/events/<slug>/judging/<int:round_id>/papers/<int:project_id>")
@requires(ORGANIZER)
def enter_papers(slug: str, round_id: int, project_id: int) -> ResponseReturnValue:
    """The sheets of one project."""
    return _page(slug, round_id, project_id, PapersForm())


def _page(slug: str, round_id: int, project_id: int, form: PapersForm) -> str:
    place, session = here(slug), reading()
    found = round_of_page(place.event.id, place.actor, round_id)
    projects = _projects(slug, round_id)
    at = next((n for n, row in enumerate(projects) if row.project_id == project_id), None)
    if at is None:
        raise NotFound("no_such_project", "This round has no such project.")
    judges = judges_of_project(session, found, project_id)
    able = [row for row in judges if not row.has_conflict]
    first = [row for row in able if row.is_listed and not row.scored]
    return render_template(
        "judging/papers.html",
        here=place,
        found=found,
        form=form,
        typed=request.form,
        projects=projects,
        at=at,
        first=first,
        others=[row for row in able if row not in first],
        conflicted=[row for row in judges if row.has_conflict],
        where_from=service.where_from,
        is_marking=rules.State(found.state) in rules.MARKING,
        is_judge=any(own.id == found.id for _, own in seats_here(place.event.id, place.actor)),
        rubric=rounds.rubric_of(found, rounds.criteria_of(session, found.id)),
        shown=rules.shown,
    )


@blueprint.post("/events/<slug>/judging/<int:round_id>/papers/<int:project_id>")
@requires(ORGANIZER)
def save_papers(slug: str, round_id: int, project_id: int) -> ResponseReturnValue:
    """Enter all that was typed, or nothing; then perhaps the next project."""
    form, place = PapersForm(request.form), here(slug)
    found = rounds.find_round(reading(), place.event.id, round_id)
    keys = [line.key for line in rounds.criteria_of(reading(), found.id)]

    def work(session: Session) -> int:
        actor = current_actor(session)
        given = _typed(keys)
        made, _ = once(
            session,
            key=form_key(),
            person_id=actor.person_id,
            request={"round": round_id, "project": project_id, "sheets": str(given)},
            make=lambda: len(
                service.enter_papers(
                    session, actor, event_id=place.event.id, round_id=round_id,
                    project_id=project_id, papers=given, reason=str(form.reason.data),
                )
            ),
        )  # fmt: skip
        return made

    count = submit(form, work)
    if count is None:
        return _page(slug, round_id, project_id, form), form.status
    flash(
        f"{count} sheet{'' if count == 1 else 's'} entered; the judges see them with your reason."
    )
    if request.form.get("then") == "next":
        project_id = _next(_projects(slug, round_id), project_id)
    return see(".enter_papers", slug=slug, round_id=round_id, project_id=project_id)


def _typed(keys: Sequence[str]) -> list[service.Paper]:
    """The sheets of the form, by the seats that it names.

    Raises:
        Invalid: words that are too long.
    """
    given = request.form
    return [
        service.Paper(
            seat_id=seat_id,
            values={key: given.get(f"value-{seat_id}-{key}", "")[:20] for key in keys},
            texts=Texts(
                strength=rules.check_text(given.get(f"strength-{seat_id}", ""), "strength"),
                question=rules.check_text(given.get(f"question-{seat_id}", ""), "question"),
            ),
            wins=f"wins-{seat_id}" in given,
        )
        for seat_id in dict.fromkeys(given.getlist("seat", type=int))
    ]


def _next(rows: Sequence[ProjectProgress], project_id: int) -> int:
    """The next project in the order that lacks sheets, around the end; else the same one."""
    at = next((n for n, row in enumerate(rows) if row.project_id == project_id), -1)
    row = _lacking([*rows[at + 1 :], *rows[: max(at, 0)]])
    return row.project_id if row else project_id
