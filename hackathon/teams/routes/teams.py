"""Teams for people: three doors, one team, getting in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for

from hackathon.events import queries as events
from hackathon.events import service as events_service
from hackathon.events.access import here
from hackathon.events.models import Event
from hackathon.people.access import (
    MEMBER,
    ORGANIZER,
    PUBLIC,
    SIGNED_IN,
    actor_or_none,
    current_actor,
    requires,
)
from hackathon.shared.db import reading
from hackathon.shared.errors import NotFound
from hackathon.shared.once import once
from hackathon.shared.web import act, form_key, public_address, see, submit
from hackathon.teams import queries, rules, service
from hackathon.teams.forms import (
    AgreeForm,
    ChangeForm,
    InviteForm,
    LookingForm,
    OpeningForm,
    PlaceForm,
    TeamForm,
)
from hackathon.teams.routes.blueprint import blueprint

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.teams.models import Team


@blueprint.get("/events/<slug>/teams")
@requires(MEMBER)
def index(slug: str) -> ResponseReturnValue:
    """Teams, openings, and the three doors for whoever has none."""
    return _index_page(slug, TeamForm())


def _index_page(slug: str, form: TeamForm, agree: AgreeForm | None = None) -> str:
    place, session = here(slug), reading()
    person_id = place.actor.person_id if place.actor else None
    rows = queries.team_rows(session, place.event.id)
    mine = next(
        (row for row in rows if any(member.id == person_id for member in row.members)), None
    )
    lone = place.takes_part and mine is None
    alone = queries.teamless(session, place.event.id) if place.organizes else []
    registration = (
        events.registration_of(session, place.event.id, person_id) if lone and person_id else None
    )
    return render_template(
        "teams/index.html",
        here=place,
        rows=rows,
        mine=mine,
        form=form,
        looking=LookingForm(obj=registration),
        registration=registration,
        lone=lone,
        suggestions=queries.suggestions(rows, registration.role if registration else "")
        if lone
        else [],
        asked=queries.own_requests(session, place.event.id, person_id) if lone else set(),
        alone=[(entry, queries.suggestions(rows, entry.role, most=5)) for entry in alone],
        agree=agree or AgreeForm(),
        is_forming=place.phase in rules.FORMING,
    )


@blueprint.post("/events/<slug>/teams/place")
@requires(ORGANIZER)
def place_agreed(slug: str) -> ResponseReturnValue:
    """An organizer puts a person who agreed into a team that fits."""
    form = AgreeForm(request.form)
    event_id = here(slug).event.id

    def work(session: Session) -> bool:
        service.add_member(
            session,
            current_actor(session),
            event_id=event_id,
            team_id=int(form.team.data or 0),
            person_id=int(form.person.data or 0),
            reason=rules.AGREED,
        )
        return True

    if submit(form, work) is None:
        return _index_page(slug, TeamForm(), form), form.status
    flash("Placed; they have been told.")
    return see(".index", slug=slug)


@blueprint.post("/events/<slug>/teams")
@requires(MEMBER)
def create(slug: str) -> ResponseReturnValue:
    """Make a team; the second click is the same team."""
    form, key = TeamForm(request.form), form_key()
    event_id = here(slug).event.id

    def work(session: Session) -> int:
        actor = current_actor(session)
        values = form.values()
        made, _ = once(
            session,
            key=key,
            person_id=actor.person_id,
            request={"event": event_id, **values},
            make=lambda: service.create_team(session, actor, event_id=event_id, **values).id,
        )
        return made

    team_id = submit(form, work)
    if team_id is None:
        return _index_page(slug, form), form.status
    flash("Your team is there. Invite the others.")
    return see(".team", slug=slug, team_id=team_id)


@blueprint.post("/events/<slug>/teams/looking")
@requires(MEMBER)
def look(slug: str) -> ResponseReturnValue:
    """Say that one looks for a team, or no longer."""
    form = LookingForm(request.form)
    event_id = here(slug).event.id
    is_looking = request.form.get("looking") == "yes"

    def work(session: Session) -> bool:
        events_service.set_looking(
            session,
            current_actor(session),
            event_id=event_id,
            is_looking=is_looking,
            line=str(form.line.data or ""),
        )
        return True

    if submit(form, work) is None:
        return _index_page(slug, TeamForm()), form.status
    flash("You are on the list." if is_looking else "You are off the list.")
    return see(".index", slug=slug)


@blueprint.get("/events/<slug>/teams/<int:team_id>")
@requires(MEMBER)
def team(slug: str, team_id: int) -> ResponseReturnValue:
    """One team."""
    return _team_page(slug, team_id)


def _team_page(
    slug: str,
    team_id: int,
    *,
    change: ChangeForm | None = None,
    invite: InviteForm | None = None,
    opening: OpeningForm | None = None,
    place_form: PlaceForm | None = None,
) -> str:
    place, session = here(slug), reading()
    rows = queries.team_rows(session, place.event.id, team_id=team_id)
    if not rows:
        raise NotFound("no_such_team", "This event has no such team.")
    row = rows[0]
    person_id = place.actor.person_id if place.actor else None
    is_member = any(member.id == person_id for member in row.members)
    leads = row.team.captain_id == person_id or place.organizes
    mends = place.organizes and place.phase in rules.MENDING and row.team.archived_at is None
    mine = row.team if is_member else queries.team_of(session, place.event.id, person_id)
    lone = place.takes_part and mine is None
    return render_template(
        "teams/team.html",
        here=place,
        row=row,
        is_member=is_member,
        leads=leads,
        mine=mine,
        asked=queries.own_requests(session, place.event.id, person_id) if lone else set(),
        requests=queries.open_requests(session, place.event.id, team_id) if leads else [],
        invitations=queries.open_invitations(session, team_id) if leads else [],
        change=change or ChangeForm(obj=row.team),
        invite=invite or InviteForm(),
        opening=opening or OpeningForm(),
        place_form=place_form or PlaceForm(),
        mends=mends,
        placeable=queries.placeable(session, place.event.id, team_id) if mends else [],
        is_forming=place.phase in rules.FORMING and row.team.archived_at is None,
    )


@blueprint.post("/events/<slug>/teams/<int:team_id>")
@requires(MEMBER)
def change_team(slug: str, team_id: int) -> ResponseReturnValue:
    """Save a team's name, sentence and size."""
    form = ChangeForm(request.form)
    event_id = here(slug).event.id

    def work(session: Session) -> Team:
        return service.change_team(
            session, current_actor(session), event_id=event_id, team_id=team_id, **form.values()
        )

    if submit(form, work) is None:
        return _team_page(slug, team_id, change=form), form.status
    flash("Saved.")
    return see(".team", slug=slug, team_id=team_id)


@blueprint.post("/events/<slug>/teams/<int:team_id>/lock")
@requires(MEMBER)
def lock_team(slug: str, team_id: int) -> ResponseReturnValue:
    """Close a team for newcomers, or open it."""
    event_id, is_locked = here(slug).event.id, request.form.get("locked") == "yes"
    act(
        lambda session: service.set_lock(
            session, current_actor(session), event_id=event_id, team_id=team_id, is_locked=is_locked
        )
    )
    return see(".team", slug=slug, team_id=team_id)


@blueprint.post("/events/<slug>/teams/<int:team_id>/openings")
@requires(MEMBER)
def open_place(slug: str, team_id: int) -> ResponseReturnValue:
    """Say which role the team looks for."""
    form = OpeningForm(request.form)
    event_id = here(slug).event.id

    def work(session: Session) -> bool:
        service.open_place(
            session, current_actor(session), event_id=event_id, team_id=team_id, **form.values()
        )
        return True

    if submit(form, work) is None:
        return _team_page(slug, team_id, opening=form), form.status
    return see(".team", slug=slug, team_id=team_id)


@blueprint.post("/events/<slug>/teams/<int:team_id>/openings/<int:opening_id>/close")
@requires(MEMBER)
def close_place(slug: str, team_id: int, opening_id: int) -> ResponseReturnValue:
    """The role was found."""
    event_id = here(slug).event.id
    act(
        lambda session: service.close_place(
            session,
            current_actor(session),
            event_id=event_id,
            team_id=team_id,
            opening_id=opening_id,
        )
    )
    return see(".team", slug=slug, team_id=team_id)


@blueprint.post("/events/<slug>/teams/<int:team_id>/invitations")
@requires(MEMBER)
def invite(slug: str, team_id: int) -> ResponseReturnValue:
    """Invite an address; the link is mailed and shown."""
    form = InviteForm(request.form)
    event_id = here(slug).event.id
    address = public_address()

    def work(session: Session) -> str:
        return service.invite(
            session,
            current_actor(session),
            event_id=event_id,
            team_id=team_id,
            email=str(form.email.data),
            address=address,
        )

    token = submit(form, work)
    if token is None:
        return _team_page(slug, team_id, invite=form), form.status
    return render_template(
        "teams/invited.html",
        here=here(slug),
        email=form.email.data,
        team_id=team_id,
        url=url_for(".invitation", token=token, _external=True),
    )


@blueprint.post("/events/<slug>/teams/<int:team_id>/invitations/<int:invitation_id>/revoke")
@requires(MEMBER)
def revoke(slug: str, team_id: int, invitation_id: int) -> ResponseReturnValue:
    """Take an invitation back."""
    event_id = here(slug).event.id
    act(
        lambda session: service.revoke(
            session,
            current_actor(session),
            event_id=event_id,
            team_id=team_id,
            invitation_id=invitation_id,
        )
    )
    flash("The invitation is taken back.")
    return see(".team", slug=slug, team_id=team_id)


@blueprint.get("/invitations/<token>")
@requires(PUBLIC)
def invitation(token: str) -> ResponseReturnValue:
    """What accepting means; opening the link accepts nothing (line 9)."""
    _, found, event = service.find_invitation(reading(), token)
    actor = actor_or_none()
    if actor is None:
        return redirect(url_for("people.sign_in", next=url_for(".invitation", token=token)))
    return render_template(
        "teams/invitation.html",
        team=found,
        event=event,
        token=token,
        is_registered=actor.takes_part(event.id),
    )


@blueprint.post("/invitations/<token>")
@requires(SIGNED_IN)
def accept(token: str) -> ResponseReturnValue:
    """Join by an invitation."""

    def work(session: Session) -> tuple[int, str]:
        joined = service.accept_invitation(session, current_actor(session), token=token)
        return joined.id, session.get_one(Event, joined.event_id).slug

    team_id, slug = act(work)
    flash("You are in the team.")
    return see(".team", slug=slug, team_id=team_id)


@blueprint.post("/events/<slug>/teams/<int:team_id>/requests")
@requires(MEMBER)
def ask(slug: str, team_id: int) -> ResponseReturnValue:
    """Ask to join."""
    event_id, text = here(slug).event.id, request.form.get("message", "")
    act(
        lambda session: service.ask_to_join(
            session, current_actor(session), event_id=event_id, team_id=team_id, message=text
        )
    )
    flash("The captain has been asked.")
    return see(".team", slug=slug, team_id=team_id)


@blueprint.post("/events/<slug>/teams/<int:team_id>/requests/<int:request_id>")
@requires(MEMBER)
def answer(slug: str, team_id: int, request_id: int) -> ResponseReturnValue:
    """Accept or decline somebody who asks."""
    event_id, accepted = here(slug).event.id, request.form.get("answer") == "accept"
    act(
        lambda session: service.answer_request(
            session,
            current_actor(session),
            event_id=event_id,
            team_id=team_id,
            request_id=request_id,
            accept=accepted,
        )
    )
    return see(".team", slug=slug, team_id=team_id)


@blueprint.post("/events/<slug>/teams/<int:team_id>/leave")
@requires(MEMBER)
def leave(slug: str, team_id: int) -> ResponseReturnValue:
    """Leave the team."""
    event_id = here(slug).event.id
    act(
        lambda session: service.leave(
            session, current_actor(session), event_id=event_id, team_id=team_id
        )
    )
    flash("You have left the team.")
    return see(".index", slug=slug)


@blueprint.post("/events/<slug>/teams/<int:team_id>/members/<int:person_id>/remove")
@requires(MEMBER)
def remove(slug: str, team_id: int, person_id: int) -> ResponseReturnValue:
    """Take a member out: the captain, or an organizer with a reason."""
    event_id, reason = here(slug).event.id, request.form.get("reason", "")
    act(
        lambda session: service.leave(
            session,
            current_actor(session),
            event_id=event_id,
            team_id=team_id,
            person_id=person_id,
            reason=reason,
        )
    )
    return see(".team", slug=slug, team_id=team_id)


@blueprint.post("/events/<slug>/teams/<int:team_id>/members/<int:person_id>/captain")
@requires(MEMBER)
def hand_over(slug: str, team_id: int, person_id: int) -> ResponseReturnValue:
    """Make another member captain."""
    event_id = here(slug).event.id
    act(
        lambda session: service.hand_over(
            session, current_actor(session), event_id=event_id, team_id=team_id, person_id=person_id
        )
    )
    return see(".team", slug=slug, team_id=team_id)


@blueprint.post("/events/<slug>/teams/<int:team_id>/members")
@requires(ORGANIZER)
def place_person(slug: str, team_id: int) -> ResponseReturnValue:
    """An organizer places a person, or moves one out of another team, with a reason."""
    form = PlaceForm(request.form)
    event_id = here(slug).event.id

    def work(session: Session) -> bool:
        return service.place_person(
            session,
            current_actor(session),
            event_id=event_id,
            team_id=team_id,
            person_id=int(form.person.data or 0),
            reason=str(form.reason.data),
        )

    moved = submit(form, work)
    if moved is None:
        return _team_page(slug, team_id, place_form=form), form.status
    flash("Moved; they are told why." if moved else "Placed; they are told why.")
    return see(".team", slug=slug, team_id=team_id)
