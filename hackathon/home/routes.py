"""The first page, home, starting for real, and whether everything is well."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
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
from hackathon.home.forms import StartForm, WaysForm
from hackathon.people import queries as people_queries
from hackathon.people import service as people
from hackathon.people.access import (
    ADMIN,
    PUBLIC,
    actor_or_none,
    current_actor,
    load_actor,
    requires,
)
from hackathon.people.rules import COMMAND_LINE, Role, SiteRole, fold_email
from hackathon.shared import live, mail, metrics, near
from hackathon.shared.db import reading
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from hackathon.shared.settings import KEPT, BadSettings
from hackathon.shared.web import device_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor
    from hackathon.shared.settings import Settings

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@requires(PUBLIC)
def index() -> ResponseReturnValue:
    """What this is, for visitors; what needs them, for the signed-in."""
    actor = actor_or_none()
    if actor is None:
        people = []
        if current_app.extensions["settings"].demo and (near.is_near() or near.has_pin()):
            people = people_queries.demo_people(reading())
        return render_template("home/welcome.html", people=people, asks_pin=near.asks_pin())
    person = people_queries.find_person(reading(), actor.person_id or 0)
    is_lost = not (mail.is_set_up() or person.password_hash or person.is_demo)
    return render_template(
        "home/index.html", home=queries.home_of(reading(), actor), needs_password=is_lost
    )


READERS = (
    ("organizer", "Organizer", "A first event in ten minutes, the run sheet of the day, mending."),
    ("judge", "Judge", "The first score in a minute; what “Kept on this phone” means."),
    ("participant", "Participant", "Into a team, the project card, credits, results."),
    ("operator", "Operator", "From demo to real, phones in the room, backups."),
)
"""Whom the help is for: (word of the address, label, what stands there)."""


@blueprint.get("/help")
@requires(PUBLIC)
def help_index() -> ResponseReturnValue:
    """Help for four readers."""
    return render_template("home/help/index.html", readers=READERS)


@blueprint.get("/help/<reader>")
@requires(PUBLIC)
def help_page(reader: str) -> ResponseReturnValue:
    """One short page for a reader, to read or to print."""
    if reader not in {key for key, _, _ in READERS}:
        raise NotFound("no_such_help", "There is no help of that name.")
    return render_template(f"home/help/{reader}.html", readers=READERS, reader=reader)


def _starter() -> Callable[..., Settings] | None:
    found: Callable[..., Settings] | None = current_app.extensions.get("start_for_real")
    return found


@blueprint.get("/start")
@requires(PUBLIC)
def start() -> ResponseReturnValue:
    """The one form that leads from the demo to the real thing."""
    if _starter() is None:
        return redirect(url_for(".index"))
    return _start_page(StartForm())


def _start_page(form: StartForm) -> str:
    return render_template("home/start.html", form=form, asks_pin=near.asks_pin())


@blueprint.post("/start")
@requires(PUBLIC)
def start_for_real() -> ResponseReturnValue:
    """Make the first people and the first event in the empty real database.

    A mail server is tried out first; nothing is written when its test message fails.
    """
    starter = _starter()
    if starter is None:
        raise NotFound("not_a_demo", "This is not a demo; it has been started for real already.")
    form = StartForm(request.form)
    if not form.validate():
        return _start_page(form), 422
    tokens: list[str] = []
    try:
        near.check_near()
        plan, second, server = form.plan(), form.second(), form.server()
        address = fold_email(str(form.email.data))
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
                event = events.create_event(session, actor, plan)
                if second is not None:
                    _add_second(session, actor, event.id, *second)
            tokens.append(people.begin_session(session, person_id=person.id, device=device_name()))
            return person.id

        if server is not None:
            mail.try_out(server, to=address)
        settings = starter(work, form.kept(server))
    except Refusal as refusal:
        form.refuse(refusal)
        return _start_page(form), form.status
    except BadSettings as problem:
        form.refuse(_wrong(problem))
        return _start_page(form), form.status
    visit: Any = flask_session._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - the real object behind Flask's proxy
    visit.renew(tokens[0])
    door = "office.cards" if second is not None else "events.settings"
    path = url_for(door, slug=plan.slug)
    if settings.secure:
        return redirect(settings.public_url + path, 303)  # cookies of ours live only there
    return redirect(path, 303)


def _wrong(problem: BadSettings) -> Invalid:
    """The first wrong setting, at the field that holds it."""
    name, _, words = str(problem).partition(": ")
    field = name.removeprefix("HACKATHON_").lower()
    return Invalid("settings", words.splitlines()[0], field=field)


def _add_second(
    session: Session, actor: Actor, event_id: int, name: str, email: str, role: SiteRole
) -> None:
    """The second person, who also organizes the first event: so a card can be made at once."""
    person = people.add_person(session, actor, email=email, name=name)
    people.give_site_role(session, actor, person_id=person.id, role=role)
    people.give_event_role(
        session, actor, event_id=event_id, person_id=person.id, role=Role.ORGANIZER
    )


@blueprint.get("/site")
@requires(ADMIN)
def site() -> ResponseReturnValue:
    """Mail and public address, for administrators; the password is never shown."""
    settings = current_app.extensions["settings"]
    form = WaysForm(data={name: getattr(settings, name) for name in KEPT})
    return render_template("home/site.html", form=form)


@blueprint.post("/site")
@requires(ADMIN)
def change_site() -> ResponseReturnValue:
    """Try the mail server out, keep the settings, go on with them."""
    form, settings = WaysForm(request.form), current_app.extensions["settings"]
    changer: Callable[..., Settings] | None = current_app.extensions.get("change_ways")
    if not form.validate():
        return render_template("home/site.html", form=form), 422
    try:
        if changer is None:
            raise Conflict("by_environment", "Here the environment sets this; nothing was saved.")
        same = str(form.mail_server.data or "").strip() == settings.mail_server
        server = form.server(password=settings.mail_password if same else "")
        if server is not None:
            mail.try_out(server, to=current_actor().email)
        fresh = changer(form.kept(server))
    except Refusal as refusal:
        form.refuse(refusal)
        return render_template("home/site.html", form=form), form.status
    except BadSettings as problem:
        form.refuse(_wrong(problem))
        return render_template("home/site.html", form=form), form.status
    flash("Saved." + (" A test message is on its way to you." if server is not None else ""))
    return redirect((fresh.public_url if fresh.secure else "") + url_for(".site"), 303)


@blueprint.get("/healthz")
@requires(PUBLIC)
def health() -> ResponseReturnValue:
    """Whether the program can do its work."""
    try:
        queries.database_answers(reading())
    except DBAPIError:
        return jsonify({"status": "degraded", "database": "does not answer"})
    return jsonify({"status": "ok"})


@blueprint.get("/metrics")
@requires(PUBLIC)
def show_metrics() -> ResponseReturnValue:
    """Figures for Prometheus: for this computer itself, or with the token that is set for it."""
    settings: Settings = current_app.extensions["settings"]
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token = settings.metrics_token
    has_token = bool(token) and hmac.compare_digest(given.encode(), token.encode())
    if not (has_token or near.is_alone()):
        raise NotAllowed(
            "metrics",
            "These figures are for the computer that the program runs on, or for the token of "
            "HACKATHON_METRICS_TOKEN, sent as a bearer.",
        )
    made = [path.stat().st_mtime for path in settings.backup_folder.glob("hackathon-*.tar")]
    figures = [
        ("process_start_time_seconds", "gauge", "When this process began.", metrics.STARTED),
        *metrics.requests.samples(),
        ("hackathon_lines", "gauge", "Live lines open.", live.open_lines()),
        ("hackathon_lines_most", "gauge", "Live lines that fit.", live.MOST_SOCKETS),
        ("hackathon_people_live", "gauge", "People with a line.", len(live.connected_people())),
        *queries.samples(reading()),
        *(
            ("hackathon_backup_time_seconds", "gauge", "Newest backup.", at)
            for at in sorted(made)[-1:]
        ),
    ]
    return Response(metrics.text(figures), content_type=metrics.MIMETYPE)
