"""What is done to a team's credits on its statement: its state, its tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, make_response, request

from hackathon.credits.forms import StateForm, TokenForm
from hackathon.credits.routes.blueprint import blueprint, unit_of
from hackathon.credits.routes.statement import page
from hackathon.credits.rules import State
from hackathon.credits.service import states, tokens
from hackathon.credits.service.ledger import named
from hackathon.events.access import here
from hackathon.people.access import MEMBER, ORGANIZER, current_actor, requires
from hackathon.shared.web import act, see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.credits.models import TeamToken


@blueprint.post("/events/<slug>/credits/teams/<int:team_id>/state")
@requires(ORGANIZER)
def set_state(slug: str, team_id: int) -> ResponseReturnValue:
    """Open, pause, settle or close a team's credits."""
    form, event_id = StateForm(request.form), here(slug).event.id

    def work(session: Session) -> State:
        typed = form.values()
        return states.set_state(
            session,
            current_actor(session),
            event_id=event_id,
            team_id=team_id,
            state=State(typed["state"]),
            reason=typed["reason"],
        )

    if submit(form, work) is None:
        return page(slug, team_id, state=form), form.status
    flash(f"The credits are {form.state.data} now.")
    return see(".statement", slug=slug, team_id=team_id, **named(unit_of()))


@blueprint.post("/events/<slug>/credits/teams/<int:team_id>/tokens")
@requires(MEMBER)
def make_token(slug: str, team_id: int) -> ResponseReturnValue:
    """Make a token; its text is in this answer and nowhere else."""
    form, event_id = TokenForm(request.form), here(slug).event.id

    def work(session: Session) -> tuple[TeamToken, str]:
        return tokens.make_token(
            session,
            current_actor(session),
            event_id=event_id,
            team_id=team_id,
            name=form.values()["name"],
        )

    made = submit(form, work)
    if made is None:
        return page(slug, team_id, token=form), form.status
    answer = make_response(page(slug, team_id, shown_token=made[1]))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/events/<slug>/credits/teams/<int:team_id>/tokens/<int:token_id>/revoke")
@requires(MEMBER)
def revoke_token(slug: str, team_id: int, token_id: int) -> ResponseReturnValue:
    """End a token."""
    event_id = here(slug).event.id
    act(
        lambda session: tokens.revoke_token(
            session, current_actor(session), event_id=event_id, team_id=team_id, token_id=token_id
        )
    )
    flash("The token is revoked; its next call is refused.")
    return see(".statement", slug=slug, team_id=team_id, **named(unit_of()))
