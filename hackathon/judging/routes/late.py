"""The late tray: what came after the close, by judge, until an organizer decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import flash, render_template, request

from hackathon.events.access import here
from hackathon.judging import rules
from hackathon.judging.forms import LateForm
from hackathon.judging.queries import marks, rounds
from hackathon.judging.routes.blueprint import blueprint
from hackathon.judging.service import late as service
from hackathon.people.access import ORGANIZER, current_actor, requires
from hackathon.shared.db import reading
from hackathon.shared.errors import BadRequest
from hackathon.shared.web import see, submit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.judging.queries.marks import LateRow
    from hackathon.judging.service.late import OfJudge


@dataclass(frozen=True)
class JudgeRows:
    """What waits of one judge; nobody decides on what is their own."""

    seat_id: int
    name: str
    is_own: bool
    rows: list[LateRow]

    @property
    def last(self) -> int:
        """The newest of them: what comes after it was not seen."""
        return max(row.late.id for row in self.rows)


@blueprint.get("/events/<slug>/judging/<int:round_id>/late")
@requires(ORGANIZER)
def late(slug: str, round_id: int) -> ResponseReturnValue:
    """What came after the freeze."""
    return _page(slug, round_id, LateForm())


def _page(slug: str, round_id: int, form: LateForm) -> str:
    place, session = here(slug), reading()
    found = rounds.find_round(session, place.event.id, round_id)
    rows = marks.late_rows(session, found.id, found.frozen_at)
    titles = {
        entry.project_id: entry.submission.title
        for entry in rounds.entries_of(session, place.event, found.id)
    }
    waiting = [row for row in rows if row.late.decided_at is None]
    person_id = place.actor.person_id if place.actor else None
    return render_template(
        "judging/late.html",
        here=place,
        found=found,
        waiting=waiting,
        judges=_by_judge(waiting, person_id),
        decided=[row for row in rows if row.late.decided_at is not None],
        may_decide=found.state == rules.State.FROZEN,
        titles=titles,
        form=form,
        chosen=set(request.form.getlist("late", type=int)),
        shown=rules.shown,
    )


def _by_judge(rows: Sequence[LateRow], person_id: int | None) -> list[JudgeRows]:
    found: dict[int, JudgeRows] = {}
    for row in rows:
        is_own = row.person_id == person_id
        one = JudgeRows(row.late.seat_id, row.judge, is_own, [])
        found.setdefault(row.late.seat_id, one).rows.append(row)
    return sorted(found.values(), key=lambda one: (one.name.casefold(), one.seat_id))


@blueprint.post("/events/<slug>/judging/<int:round_id>/late")
@requires(ORGANIZER)
def decide_late(slug: str, round_id: int) -> ResponseReturnValue:
    """Accept or refuse: chosen ones, all of a judge, or all that were made before the freeze.

    The button says it: `accept`, `refuse`, or with a judge `accept-7-31` (seat 7, up to 31).
    """
    form, event_id = LateForm(request.form), here(slug).event.id
    word, *judge = request.form.get("answer", "").split("-")
    if word not in {"accept", "refuse"}:
        raise BadRequest("answer", "Say accept or refuse; nothing was changed.")
    is_accepted = word == "accept"

    def work(session: Session) -> int:
        return service.decide_late(
            session,
            current_actor(session),
            event_id=event_id,
            round_id=round_id,
            which=_which(judge),
            is_accepted=is_accepted,
            reason=str(form.reason.data or ""),
        )

    count = submit(form, work)
    if count is None:
        return _page(slug, round_id, form), form.status
    flash(f"{count} {'accepted; a new result record is written' if is_accepted else 'refused'}.")
    return see(".late", slug=slug, round_id=round_id)


def _which(judge: Sequence[str]) -> Sequence[int] | OfJudge | None:
    match judge:
        case [seat, last] if seat.isdigit() and last.isdigit():
            return service.OfJudge(int(seat), int(last))
    if request.form.get("which") == "before":
        return None
    return request.form.getlist("late", type=int)
