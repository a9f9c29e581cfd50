"""Help for teams: asking, and the queue of those who help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, render_template, request

from hackathon.events.access import here
from hackathon.people.access import MEMBER, current_actor, requires
from hackathon.shared.db import reading
from hackathon.shared.errors import NotFound
from hackathon.shared.once import once
from hackathon.shared.web import act, form_key, see, submit
from hackathon.teams import queries, rules
from hackathon.teams.forms import HelpForm
from hackathon.teams.queries.help import living_requests, never_helped
from hackathon.teams.routes.blueprint import blueprint
from hackathon.teams.service import help as service

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

STEPS = {
    "claim": service.claim,
    "put_back": service.put_back,
    "done": service.finish,
    "withdraw": service.withdraw,
}


@blueprint.get("/events/<slug>/help")
@requires(MEMBER)
def help_page(slug: str) -> ResponseReturnValue:
    """The queue for who helps; a team's own requests for who is in one."""
    return _page(slug, HelpForm())


def _page(slug: str, form: HelpForm) -> str:
    place, session, actor = here(slug), reading(), current_actor()
    helps = rules.helps(actor, place.event.id)
    team = queries.team_of(session, place.event.id, actor.person_id) if place.takes_part else None
    team_id = None if helps else team.id if team else 0
    rows = living_requests(session, place.event.id, team_id=team_id)
    return render_template(
        "teams/help.html",
        here=place,
        helps=helps,
        team=team,
        rows=rows,
        waits={row.id: rules.waited((place.now - row.asked_at).total_seconds()) for row in rows},
        never=never_helped(session, place.event.id) if helps else [],
        form=form,
        is_open=place.phase in rules.HELPING,
    )


@blueprint.post("/events/<slug>/help")
@requires(MEMBER)
def ask_for_help(slug: str) -> ResponseReturnValue:
    """Ask; the second click is the same request."""
    form, key = HelpForm(request.form), form_key()
    event_id = here(slug).event.id

    def work(session: Session) -> int:
        actor, values = current_actor(session), form.values()
        made, _ = once(
            session,
            key=key,
            person_id=actor.person_id,
            request={"event": event_id, **values},
            make=lambda: service.ask_for_help(session, actor, event_id=event_id, **values).id,
        )
        return made

    if submit(form, work) is None:
        return _page(slug, form), form.status
    flash("You are in the queue. Stay where you said; somebody comes.")
    return see(".help_page", slug=slug)


@blueprint.post("/events/<slug>/help/<int:help_id>")
@requires(MEMBER)
def move_help(slug: str, help_id: int) -> ResponseReturnValue:
    """Claim, put back, done, withdraw."""
    event_id = here(slug).event.id
    step = STEPS.get(request.form.get("step", ""))
    if step is None:
        raise NotFound("no_such_step", "That cannot be done with a request for help.")
    act(lambda session: step(session, current_actor(session), event_id=event_id, help_id=help_id))
    return see(".help_page", slug=slug)
