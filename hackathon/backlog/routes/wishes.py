"""Take it further: a team's page, and an organizer's answer that it does not go on now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, render_template, request

from hackathon.backlog.forms import WishForm
from hackathon.backlog.queries import wishes as queries
from hackathon.backlog.routes.blueprint import AFTER, blueprint
from hackathon.backlog.service import wishes as service
from hackathon.events.access import here
from hackathon.people.access import MEMBER, ORGANIZER, current_actor, requires
from hackathon.projects.queries import is_member, newest, project_of_team
from hackathon.projects.rules import read_card
from hackathon.shared.db import reading
from hackathon.shared.errors import NotFound
from hackathon.shared.web import act, see, submit
from hackathon.teams.queries import find_team

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session


def _page(slug: str, team_id: int, form: WishForm | None = None) -> str:
    place, session = here(slug), reading()
    team = find_team(session, place.event.id, team_id)
    is_mine = is_member(session, team.id, place.actor.person_id if place.actor else None)
    project = project_of_team(session, team.id)
    version = newest(session, project) if project is not None else None
    shown = is_mine or place.organizes
    if not shown or place.phase not in AFTER or project is None or version is None:
        raise NotFound("no_such_page", "There is no such page, or it is not yours.")
    wish, card = queries.wish_of(session, project.id), read_card(version.card)
    return render_template(
        "backlog/further.html",
        here=place,
        team=team,
        title=version.title,
        is_mine=is_mine,
        wish=wish,
        reason=queries.reason_of(session, wish) if wish is not None else "",
        proposal=queries.promoted(session, project.id),
        form=form or WishForm(data={"needs": wish.needs if wish else card.needed_next}),
    )


@blueprint.get("/events/<slug>/results/teams/<int:team_id>/further")
@requires(MEMBER)
def further(slug: str, team_id: int) -> ResponseReturnValue:
    """Where the project stands after the event, and what the team asks for."""
    return _page(slug, team_id)


@blueprint.post("/events/<slug>/results/teams/<int:team_id>/further")
@requires(MEMBER)
def take_further(slug: str, team_id: int) -> ResponseReturnValue:
    """The team asks that its project goes on."""
    form, place = WishForm(request.form), here(slug)
    team = find_team(reading(), place.event.id, team_id)
    if not is_member(reading(), team.id, place.actor.person_id if place.actor else None):
        raise NotFound("no_such_page", "There is no such page, or it is not yours.")

    def work(session: Session) -> bool:
        service.take_further(
            session,
            current_actor(session),
            event_id=place.event.id,
            team_id=team_id,
            needs=str(form.needs.data or ""),
        )
        return True

    if submit(form, work) is None:
        return _page(slug, team_id, form), form.status
    flash("The organizers have your wish.")
    return see(".further", slug=slug, team_id=team_id)


@blueprint.post("/events/<slug>/results/wishes/<int:project_id>/decline")
@requires(ORGANIZER)
def decline_wish(slug: str, project_id: int) -> ResponseReturnValue:
    """It does not go on now, and why."""
    event_id, reason = here(slug).event.id, request.form.get("reason", "")
    act(
        lambda session: service.decline_wish(
            session,
            current_actor(session),
            event_id=event_id,
            project_id=project_id,
            reason=reason,
        )
    )
    flash("The team reads why.")
    return see(".promote", slug=slug)
