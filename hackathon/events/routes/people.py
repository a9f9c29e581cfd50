"""The people of an event: the list, roles, printed links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, render_template, request, url_for

from hackathon.events import queries, service
from hackathon.events.access import here
from hackathon.events.forms import RoleForm
from hackathon.events.routes.blueprint import blueprint
from hackathon.people import service as people
from hackathon.people.access import MEMBER, ORGANIZER, current_actor, requires
from hackathon.people.rules import Role
from hackathon.shared.db import reading
from hackathon.shared.errors import Invalid, NotFound
from hackathon.shared.web import act, csv_answer, public_address, see, submit

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session


@blueprint.get("/events/<slug>/people")
@requires(MEMBER)
def people_list(slug: str) -> ResponseReturnValue:
    """Who is here; addresses only for organizers."""
    return _people_page(slug, RoleForm())


def _people_page(slug: str, form: RoleForm) -> str:
    place = here(slug)
    looking = request.args.get("looking") == "yes"
    return render_template(
        "events/people.html",
        here=place,
        rows=queries.people_of(reading(), place.event.id, looking=looking),
        looking=looking,
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
