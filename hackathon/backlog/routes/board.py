"""The board by stage, what shipped beside what was learned, the conversion figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, render_template, request

from hackathon.backlog.forms import PageForm
from hackathon.backlog.metrics import DEFINITION, conversion
from hackathon.backlog.queries.figures import innovation_projects
from hackathon.backlog.queries.proposals import board_rows, learning_cards
from hackathon.backlog.routes.blueprint import blueprint
from hackathon.backlog.rules import CLOSED, LIVING, Page, Stage, State
from hackathon.backlog.service import plans
from hackathon.people.access import SIGNED_IN, current_actor, requires
from hackathon.shared.clock import now
from hackathon.shared.db import reading
from hackathon.shared.once import once
from hackathon.shared.web import csv_answer, form_key, see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

SHIPPED = {State.PRODUCTION, State.RETIRED}


@blueprint.get("/backlog")
@requires(SIGNED_IN)
def index() -> ResponseReturnValue:
    """Every proposal by stage; what shipped and what was learned in equal size."""
    session, actor, today = reading(), current_actor(), now().date()
    every = board_rows(session, actor)
    only_mine = request.args.get("show") == "mine"
    rows = [
        row
        for row in every
        if not only_mine
        or actor.person_id
        in {row.proposal.owner_id, row.proposal.author_id, row.proposal.held_by_id}
    ]
    board = [row for row in rows if row.state in LIVING | {State.PRODUCTION}]
    return render_template(
        "backlog/index.html",
        stages=[(stage, [row for row in board if row.stage is stage]) for stage in Stage],
        shipped=[row for row in rows if row.state in SHIPPED],
        cards=learning_cards(session),
        closed=[row for row in rows if row.state in CLOSED - SHIPPED - {State.STOPPED}],
        is_empty=not every,
        only_mine=only_mine,
        figure=conversion(innovation_projects(session, today), today),
        definition=DEFINITION,
    )


@blueprint.get("/backlog.csv")
@requires(SIGNED_IN)
def index_csv() -> ResponseReturnValue:
    """The board as CSV."""
    header = ["id", "title", "stage", "state", "source", "event", "owner", "next_on", "live_on"]
    rows = [
        (
            row.proposal.id,
            row.proposal.title,
            row.stage.value,
            row.state.value,
            row.proposal.source,
            row.event,
            row.owner,
            row.next_on.isoformat() if row.next_on else None,
            row.proposal.live_on.isoformat() if row.proposal.live_on else None,
        )
        for row in sorted(board_rows(reading(), current_actor()), key=lambda row: row.proposal.id)
    ]
    return csv_answer("backlog.csv", header, rows)


@blueprint.get("/backlog/new")
@requires(SIGNED_IN)
def new() -> ResponseReturnValue:
    """An idea that comes from no event."""
    return render_template("backlog/new.html", form=PageForm())


@blueprint.post("/backlog/new")
@requires(SIGNED_IN)
def create() -> ResponseReturnValue:
    """Keep an idea as a draft; the second click is the same one."""
    form, key = PageForm(request.form), form_key()

    def work(session: Session) -> int:
        actor = current_actor(session)
        typed = form.values()
        typed.pop("version")
        made, _ = once(
            session,
            key=key,
            person_id=actor.person_id,
            request=typed,
            make=lambda: plans.write_idea(session, actor, page=Page(**typed)).id,
        )
        return made

    made = submit(form, work)
    if made is None:
        return render_template("backlog/new.html", form=form), form.status
    flash("Kept as a draft that only you see. Propose it when the page is complete.")
    return see(".proposal", proposal_id=made)
