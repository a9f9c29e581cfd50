"""The first page, home, starting for real, and whether everything is well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import (
    Blueprint,
    current_app,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask import (
    session as flask_session,
)
from sqlalchemy.exc import DBAPIError

from hackathon.events import service as events
from hackathon.home import queries
from hackathon.home.forms import StartForm
from hackathon.people import queries as people_queries
from hackathon.people import service as people
from hackathon.people.access import PUBLIC, actor_or_none, load_actor, requires
from hackathon.people.rules import COMMAND_LINE, SiteRole
from hackathon.shared.db import reading
from hackathon.shared.errors import NotFound, Refusal
from hackathon.shared.web import device_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@requires(PUBLIC)
def index() -> ResponseReturnValue:
    """What this is, for visitors; what needs them, for the signed-in."""
    actor = actor_or_none()
    if actor is None:
        people = []
        if current_app.extensions["settings"].demo:
            people = people_queries.demo_people(reading())
        return render_template("home/welcome.html", people=people)
    return render_template("home/index.html", home=queries.home_of(reading(), actor))


def _starter() -> Callable[..., int] | None:
    found: Callable[..., int] | None = current_app.extensions.get("start_for_real")
    return found


@blueprint.get("/start")
@requires(PUBLIC)
def start() -> ResponseReturnValue:
    """The one form that leads from the demo to the real thing."""
    if _starter() is None:
        return redirect(url_for(".index"))
    return render_template("home/start.html", form=StartForm())


@blueprint.post("/start")
@requires(PUBLIC)
def start_for_real() -> ResponseReturnValue:
    """Make the first administrator and the first event in the empty real database."""
    starter = _starter()
    if starter is None:
        raise NotFound("not_a_demo", "This is not a demo; it has been started for real already.")
    form = StartForm(request.form)
    if not form.validate():
        return render_template("home/start.html", form=form), 422
    tokens: list[str] = []
    try:
        plan = form.plan()
        hashed = people.hash_password(str(form.password.data))

        def work(session: Session) -> int:
            person = people.add_person(
                session,
                COMMAND_LINE,
                email=str(form.email.data),
                name=str(form.person.data),
                password_hash=hashed,
            )
            people.give_site_role(session, COMMAND_LINE, person_id=person.id, role=SiteRole.ADMIN)
            actor = load_actor(session, person.id)
            if actor is not None:
                events.create_event(session, actor, plan)
            tokens.append(people.begin_session(session, person_id=person.id, device=device_name()))
            return person.id

        starter(work)
    except Refusal as refusal:
        form.refuse(refusal)
        return render_template("home/start.html", form=form), form.status
    visit: Any = flask_session._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - the real object behind Flask's proxy
    visit.renew(tokens[0])
    return redirect(url_for("events.settings", slug=plan.slug), 303)


@blueprint.get("/healthz")
@requires(PUBLIC)
def health() -> ResponseReturnValue:
    """Whether the program can do its work."""
    try:
        queries.database_answers(reading())
    except DBAPIError:
        return jsonify({"status": "degraded", "database": "does not answer"})
    return jsonify({"status": "ok"})
