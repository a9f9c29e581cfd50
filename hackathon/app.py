"""The application: the only module that knows every feature.

Each feature brings its doors by name: `routes` (blueprints), `live` (messages), `jobs`
(followers), `commands` (see `cli`). They are imported here, in the order of the stack.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING

from flask import Blueprint, Flask
from flask_login import LoginManager
from werkzeug.middleware.proxy_fix import ProxyFix

from hackathon.shared import gate, live, logs, mail, sessions, show, web
from hackathon.shared.db import db, reading, tune
from hackathon.shared.settings import (
    CHECKOUT,
    PACKAGE,
    Settings,
    prepare_folder,
    read_settings,
)

if TYPE_CHECKING:
    from types import ModuleType

FEATURES = (
    "people",
    "events",
    "teams",
    "projects",
    "judging",
    "credits",
    "backlog",
    "report",
    "office",
    "home",
)


def doors(kind: str) -> list[ModuleType]:
    """The modules of one kind of door, lowest feature first."""
    found = []
    for feature in FEATURES:
        name = f"hackathon.{feature}.{kind}"
        if importlib.util.find_spec(name) is not None:
            found.append(importlib.import_module(name))
    return found


def load_models() -> None:
    """Import every table, so that the metadata is complete."""
    for name in ("facts", "jobs", "mail", "notices", "once", "sessions", "telling"):
        importlib.import_module(f"hackathon.shared.{name}")
    doors("models")


def create_app(settings: Settings | None = None) -> Flask:
    """Assemble the application; the database is not touched yet.

    Raises:
        BadSettings: naming every setting that is wrong.
    """
    settings = settings or read_settings()
    secret = prepare_folder(settings)
    logs.set_up(settings)
    ui = PACKAGE if (PACKAGE / "templates").is_dir() else CHECKOUT
    app = Flask(
        "hackathon",
        template_folder=str(ui / "templates"),
        static_folder=str(ui / "static"),
        instance_path=str(settings.folder.resolve()),
    )
    app.config.update(
        SECRET_KEY=secret,
        SQLALCHEMY_DATABASE_URI=settings.database,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings),
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    app.extensions["settings"] = settings
    _set_up_database(app)
    _set_up_people(app, settings)
    mail.set_up(app, settings)
    show.set_up(app)
    web.set_up(app)
    _set_up_templates(app)
    for module in doors("routes"):
        for name in sorted(vars(module)):
            if isinstance(found := getattr(module, name), Blueprint):
                app.register_blueprint(found)
    doors("live")
    doors("jobs")
    live.set_up(app)
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    app.wsgi_app = gate.Gate(app.wsgi_app, app, settings)  # type: ignore[method-assign]
    return app


def engine_options(settings: Settings) -> dict[str, object]:
    """What the engine is made with; all pages together have some two thousand statements."""
    size = {"pool_size": 20, "query_cache_size": 2500}
    if settings.database.startswith("sqlite"):
        return {**size, "max_overflow": 300, "connect_args": {"check_same_thread": False}}
    return {**size, "max_overflow": 60, "pool_pre_ping": True}


def _set_up_database(app: Flask) -> None:
    load_models()
    db.init_app(app)
    with app.app_context():
        tune(db.engine)


def _set_up_people(app: Flask, settings: Settings) -> None:
    from hackathon.people.access import actor_or_none  # noqa: PLC0415 - after the tables are loaded
    from hackathon.people.models import Person  # noqa: PLC0415 - after the tables are loaded

    app.session_interface = sessions.Sessions(secure=settings.secure)
    manager = LoginManager()
    manager.session_protection = None  # the session is a row of ours
    manager.init_app(app)

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(person_id: str) -> Person | None:
        actor_or_none()  # reads the roles with the person, whom the next line finds
        person = reading().get(Person, int(person_id))
        return None if person is None or person.disabled_at is not None else person


def _set_up_templates(app: Flask) -> None:
    from jinja2 import StrictUndefined  # noqa: PLC0415 - only here

    from hackathon.people.access import page_context  # noqa: PLC0415 - after the tables are loaded

    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.context_processor(page_context)
