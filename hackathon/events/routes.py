"""Events for people: lists, one event, its settings, joining, who is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for

from hackathon.events import queries, service
from hackathon.events.access import here
from hackathon.events.forms import (
    EventForm,
    ExtendForm,
    JoinForm,
    MoveForm,
    ReasonForm,
    RoleForm,
    typed_again,
)
from hackathon.events.models import Event
from hackathon.events.rules import MOVES, Phase, days_of
from hackathon.people import service as people
from hackathon.people.access import (
    EVENT_VIEWER,
    MEMBER,
    ORGANIZER,
    PROGRAM_LEAD,
    PUBLIC,
    SIGNED_IN,
    SIGNED_IN_VIEWER,
    actor_or_none,
    current_actor,
    requires,
)
from hackathon.people.rules import Role
from hackathon.shared.clock import now, utc_text
from hackathon.shared.db import reading
from hackathon.shared.errors import Invalid, NotFound
from hackathon.shared.facts import note_texts
from hackathon.shared.once import once
from hackathon.shared.web import act, csv_answer, form_key, nav, public_address, see, submit, tab

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

blueprint = Blueprint("events", __name__)

nav(10, "Events", "events.index", lambda _actor: True)
tab(10, "Overview", "events.overview", lambda _here: True)
tab(
    20,
    "People",
    "events.people_list",
    lambda h: h.is_member,
    also=("office.cards", "office.make_cards"),
)
tab(90, "Settings", "events.settings", lambda h: h.organizes)


@blueprint.get("/events")
@requires(PUBLIC)
def index() -> ResponseReturnValue:
    """Every event this viewer may see."""
    return render_template("events/index.html", rows=queries.events_for(reading(), actor_or_none()))


@blueprint.get("/events/new")
@requires(PROGRAM_LEAD)
def new() -> ResponseReturnValue:
    """The one form; with `?copy=<slug>` filled from an earlier event."""
    copied = None
    form = EventForm()
    if slug := request.args.get("copy"):
        copied = queries.find_event(reading(), actor_or_none(), slug)
        values = typed_again(copied)
        for name in ("slug", "starts", "ends", "submissions", "registration", "quarter"):
            values[name] = ""
        form = EventForm(data=values)
    return _new_page(form, copied)


def _new_page(form: EventForm, copied: Event | None = None) -> str:
    actions = queries.open_actions(reading(), now())
    return render_template("events/new.html", form=form, copied=copied, actions=actions)


@blueprint.post("/events/new")
@requires(PROGRAM_LEAD)
def create() -> ResponseReturnValue:
    """Make an event in draft."""
    form = EventForm(request.form)
    key = form_key()

    def work(session: Session) -> str:
        actor = current_actor(session)
        plan = form.plan()
        source = request.form.get("copy", "")
        copied = queries.find_event(session, actor, source) if source else None

        def make() -> int:
            event = service.create_event(
                session, actor, plan, copied_from_id=copied.id if copied else None
            )
            return event.id

        made, _ = once(
            session,
            key=key,
            person_id=actor.person_id,
            request={"slug": plan.slug, "starts": utc_text(plan.starts_at)},
            make=make,
        )
        return str(session.get_one(Event, made).slug)

    slug = submit(form, work)
    if slug is None:
        return _new_page(form), form.status
    flash("The event is in draft. Look it over, then publish it.")
    return see(".overview", slug=slug)


@blueprint.get("/events/<slug>")
@requires(EVENT_VIEWER)
def overview(slug: str) -> ResponseReturnValue:
    """An event: goals, dates, phase, the next step."""
    place = here(slug)
    registration = None
    if place.actor and place.actor.person_id:
        registration = queries.registration_of(reading(), place.event.id, place.actor.person_id)
    history = queries.move_history(reading(), place.event.id)
    return render_template(
        "events/overview.html",
        here=place,
        registration=registration,
        history=history,
        reasons=note_texts(reading(), [move.note_id for move in history]),
        actions=queries.open_actions(reading(), place.event.starts_at)
        if place.organizes and place.phase in {Phase.DRAFT, Phase.REGISTRATION}
        else [],
        days=days_of(place.event.starts_at, place.event.ends_at, place.event.zone),
    )


@blueprint.get("/events/<slug>/settings")
@requires(ORGANIZER)
def settings(slug: str) -> ResponseReturnValue:
    """Everything an organizer sets, in one place."""
    return _settings_page(slug)


def _settings_page(
    slug: str,
    form: EventForm | None = None,
    move: MoveForm | None = None,
    extend: ExtendForm | None = None,
) -> str:
    place = here(slug)
    return render_template(
        "events/settings.html",
        here=place,
        form=form or EventForm(data=typed_again(place.event)),
        move=move or MoveForm(),
        extend=extend or ExtendForm(),
        closing=ReasonForm(),
        moves=MOVES,
        actions=queries.open_actions(reading(), place.event.starts_at)
        if place.event.revealed_at is None
        else [],
        join_url=public_address() + url_for(".join", token=place.event.join_token),
        days=days_of(place.event.starts_at, place.event.ends_at, place.event.zone),
    )


@blueprint.post("/events/<slug>/settings")
@requires(ORGANIZER)
def change(slug: str) -> ResponseReturnValue:
    """Save the event's settings."""
    form = EventForm(request.form)
    event_id = here(slug).event.id

    def work(session: Session) -> Event:
        version = str(form.version.data or "0")
        if not version.isdigit():
            raise Invalid("version", "Reload the page and try again.")
        return service.change_event(
            session,
            current_actor(session),
            event_id=event_id,
            plan=form.plan(),
            version=int(version),
            reason=str(form.reason.data or ""),
        )

    if submit(form, work) is None:
        return _settings_page(slug, form=form), form.status
    flash("Saved.")
    return see(".settings", slug=slug)


@blueprint.post("/events/<slug>/publish")
@requires(ORGANIZER)
def publish(slug: str) -> ResponseReturnValue:
    """Publish a draft."""
    event_id = here(slug).event.id
    act(lambda session: service.publish_event(session, current_actor(session), event_id=event_id))
    flash("Published. Share the join link.")
    return see(".settings", slug=slug)


@blueprint.post("/events/<slug>/phase")
@requires(ORGANIZER)
def move_phase(slug: str) -> ResponseReturnValue:
    """Move to a phase, with a reason."""
    form = MoveForm(request.form)
    event_id = here(slug).event.id

    def work(session: Session) -> bool:
        service.move_phase(
            session,
            current_actor(session),
            event_id=event_id,
            phase=Phase(str(form.phase.data)),
            reason=str(form.reason.data),
        )
        return True

    if submit(form, work) is None:
        return _settings_page(slug, move=form), form.status
    flash("The phase is changed; the reason stands on the event's page.")
    return see(".settings", slug=slug)


@blueprint.post("/events/<slug>/extend")
@requires(ORGANIZER)
def extend(slug: str) -> ResponseReturnValue:
    """More time for all teams."""
    form = ExtendForm(request.form)
    event_id = here(slug).event.id
    done = submit(
        form,
        lambda session: service.extend_deadline(
            session,
            current_actor(session),
            event_id=event_id,
            minutes=int(form.minutes.data or 0),
            reason=str(form.reason.data),
        ),
    )
    if done is None:
        return _settings_page(slug, extend=form), form.status
    flash("The deadline is moved for all teams.")
    return see(".settings", slug=slug)


@blueprint.post("/events/<slug>/close")
@requires(ORGANIZER)
def close(slug: str) -> ResponseReturnValue:
    """End the follow-up."""
    event_id = here(slug).event.id
    reason = request.form.get("reason", "")
    act(
        lambda session: service.close_event(
            session, current_actor(session), event_id=event_id, reason=reason
        )
    )
    return see(".overview", slug=slug)


@blueprint.post("/events/<slug>/join-link")
@requires(ORGANIZER)
def change_join_link(slug: str) -> ResponseReturnValue:
    """Close the join link, or make a new one."""
    event_id = here(slug).event.id
    is_open = request.form.get("open") == "yes"
    act(
        lambda session: service.set_join_link(
            session, current_actor(session), event_id=event_id, is_open=is_open
        )
    )
    flash("There is a new join link." if is_open else "The join link is closed.")
    return see(".settings", slug=slug)


# --- joining ------------------------------------------------------------------------


@blueprint.get("/join/<token>")
@requires(PUBLIC)
def join(token: str) -> ResponseReturnValue:
    """What joining means; nothing happens by opening it."""
    event = service.find_join(reading(), token)
    actor = actor_or_none()
    if actor is None:
        return redirect(url_for("people.sign_in", next=url_for(".join", token=token)))
    known = queries.registration_of(reading(), event.id, actor.person_id or 0)
    return _join_page(token, event, JoinForm(obj=known))


def _join_page(token: str, event: Event, form: JoinForm) -> str:
    return render_template(
        "events/join.html",
        form=form,
        event=event,
        token=token,
        phase=queries.phase_of(reading(), event),
    )


@blueprint.post("/join/<token>")
@requires(SIGNED_IN)
def register(token: str) -> ResponseReturnValue:
    """Register for the event."""
    event = service.find_join(reading(), token)
    form = JoinForm(request.form)
    done = submit(
        form,
        lambda session: service.register(
            session, current_actor(session), token=token, joining=form.joining()
        ),
    )
    if done is None:
        return _join_page(token, event, form), form.status
    flash(f"You are in: {event.name}.")
    return see(".overview", slug=event.slug)


# --- people of an event ---------------------------------------------------------------


@blueprint.get("/events/<slug>/people")
@requires(MEMBER)
def people_list(slug: str) -> ResponseReturnValue:
    """Who is here; addresses only for organizers."""
    return _people_page(slug, RoleForm())


def _people_page(slug: str, form: RoleForm) -> str:
    place = here(slug)
    looking = request.args.get("looking") == "yes"
    missing = place.organizes and request.args.get("missing") == "yes"
    return render_template(
        "events/people.html",
        here=place,
        rows=queries.people_of(reading(), place.event.id, looking=looking, missing=missing),
        looking=looking,
        missing=missing,
        form=form,
        roles=list(Role),
    )


@blueprint.post("/events/<slug>/people/roles")
@requires(ORGANIZER)
def give_role(slug: str) -> ResponseReturnValue:
    """Give a role to an address; an unknown one is added."""
    form = RoleForm(request.form)
    event_id = here(slug).event.id

    def work(session: Session) -> bool:
        actor = current_actor(session)
        person = people.person_for(
            session, actor, email=str(form.email.data), name=str(form.name.data or "")
        )
        if str(form.role.data) == Role.PARTICIPANT:
            service.add_registration(
                session,
                actor,
                event_id=event_id,
                person_id=person.id,
                joining=service.Joining(accepts_version=None),
            )
        people.give_event_role(
            session, actor, event_id=event_id, person_id=person.id, role=Role(str(form.role.data))
        )
        return True

    if submit(form, work) is None:
        return _people_page(slug, form), form.status
    flash("Done.")
    return see(".people_list", slug=slug)


@blueprint.post("/events/<slug>/people/<int:person_id>/roles/<role>/take")
@requires(ORGANIZER)
def take_role(slug: str, person_id: int, role: str) -> ResponseReturnValue:
    """Take a role away; the person's open pages end within a second."""
    event_id = here(slug).event.id
    if role not in list(Role):
        raise Invalid("role", "There is no such role.")
    act(
        lambda session: people.take_event_role(
            session, current_actor(session), event_id=event_id, person_id=person_id, role=Role(role)
        )
    )
    flash("The role is taken away.")
    return see(".people_list", slug=slug)


@blueprint.post("/events/<slug>/people/<int:person_id>/link")
@requires(ORGANIZER)
def make_link(slug: str, person_id: int) -> ResponseReturnValue:
    """A printed one-time sign-in link for a person of the event."""
    place = here(slug)
    known = {row.id: row for row in queries.people_of(reading(), place.event.id)}
    if person_id not in known:
        raise NotFound("no_such_person", "There is no such person here.")
    token = act(
        lambda session: people.make_link(session, current_actor(session), person_id=person_id)
    )
    return render_template(
        "events/link.html",
        here=place,
        row=known[person_id],
        url=public_address() + url_for("people.link", token=token),
    )


@blueprint.get("/events/<slug>/people.csv")
@requires(ORGANIZER)
def people_csv(slug: str) -> ResponseReturnValue:
    """The people of the event as a table, in the columns of the import and a few more."""
    rows = queries.people_of(reading(), here(slug).event.id)
    header = ["email", "name", "department", "role", "skills", "here as", "looking", "signed in"]
    return csv_answer(
        f"{slug}-people.csv",
        header,
        [
            (
                row.email, row.name, row.department, row.role, row.skills,
                ", ".join(sorted(row.roles)),
                "yes" if row.is_looking else "no",
                "yes" if row.has_signed_in else "no",
            )
            for row in rows
        ],
    )  # fmt: skip


@blueprint.get("/api/v1/events/<slug>")
@requires(SIGNED_IN_VIEWER)
def as_json(slug: str) -> ResponseReturnValue:
    """The event for programs: dates and phase."""
    place = here(slug)
    event = place.event
    return jsonify(
        {
            "event": {"id": event.id, "slug": event.slug, "name": event.name},
            "quarter": event.quarter,
            "phase": place.phase.value,
            "zone": event.zone,
            "dates": {
                "starts_at": utc_text(event.starts_at),
                "ends_at": utc_text(event.ends_at),
                "submissions_close_at": utc_text(event.submissions_close_at),
            },
        }
    )
