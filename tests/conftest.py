"""Fixtures: a migrated database copied for each test, the cast, clients that sign in."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import make
import pytest
import sqlalchemy as sa
from flask import Flask  # noqa: TC002 - fixtures read it
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from terminal import Terminal

from hackathon.app import create_app, engine_options
from hackathon.shared import clock as clock_module
from hackathon.shared import gate, live, schema
from hackathon.shared.db import db, transaction, tune
from hackathon.shared.settings import prepare_folder, read_settings

hypothesis_settings.register_profile(
    "suite",
    deadline=None,
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "60")),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
hypothesis_settings.load_profile("suite")

ROOT = Path(__file__).parents[1]

SATURDAY = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
"""The second day of the stage's event, in phase hacking."""

POSTGRESQL = os.environ.get("TEST_DATABASE_URL", "")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """A migrated SQLite file to copy; one a worker."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    engine = sa.create_engine(f"sqlite:///{path}")
    tune(engine)
    schema.upgrade(engine)
    engine.dispose()
    with_wal = sa.create_engine(f"sqlite:///{path}")
    with with_wal.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    with_wal.dispose()
    return path


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory):
    """An instance whose demo `hackathon demo` has filled, to copy; one for all workers."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder, told = base / "filled", base / "filled.txt"
    with (base / "filled.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            environment = {**os.environ, "HACKATHON_INSTANCE": str(folder)}
            environment.pop("DATABASE_URL", None)
            line = [sys.executable, "-m", "hackathon", "demo"]
            done = subprocess.run(
                line, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
            )
            told.write_text(done.stdout + done.stderr)
    return folder


@pytest.fixture(scope="session")
def postgresql_template():
    """A migrated PostgreSQL database to copy; one a worker."""
    name = f"template_{uuid.uuid4().hex[:12]}"
    admin = sa.create_engine(POSTGRESQL, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    url = sa.make_url(POSTGRESQL).set(database=name)
    engine = sa.create_engine(url)
    tune(engine)
    schema.upgrade(engine)
    engine.dispose()
    yield name, admin
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture
def sqlite_url(sqlite_template, tmp_path):
    """The address of an empty migrated SQLite database."""
    path = tmp_path / "hackathon.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


class _Lent:
    """One PostgreSQL database a worker, emptied between tests.

    CREATE and DROP DATABASE wait for the disk, which is most of what a small test costs. A
    test that changed more than rows (a trigger taken away) gives the database up.
    """

    SIGNS = (
        "SELECT (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'), "
        "(SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace)"
    )
    EMPTY = """
        DO $$ DECLARE name text; BEGIN
        SET LOCAL session_replication_role = replica;
        FOR name IN SELECT tablename FROM pg_tables
                    WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
            EXECUTE 'DELETE FROM ' || quote_ident(name);
        END LOOP;
        FOR name IN SELECT sequencename FROM pg_sequences
                    WHERE schemaname = 'public' AND last_value IS NOT NULL LOOP
            EXECUTE 'ALTER SEQUENCE ' || quote_ident(name) || ' RESTART';
        END LOOP; END $$
    """

    def __init__(self, template: str, admin: sa.Engine) -> None:
        self.template, self.admin = template, admin
        self.name = ""

    def url(self) -> str:
        """The address of an empty database."""
        if not self.name:
            self.name = f"test_{uuid.uuid4().hex[:12]}"
            with self.admin.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {self.name} TEMPLATE {self.template}")
            with self._open() as connection:
                self.signs = connection.exec_driver_sql(self.SIGNS).one()
        named = sa.make_url(POSTGRESQL).set(database=self.name)
        return named.render_as_string(hide_password=False)

    def _open(self) -> sa.Connection:
        url = sa.make_url(POSTGRESQL).set(database=self.name)
        return sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool).connect()

    def clean(self) -> None:
        """Empty it for the next test, or drop it."""
        with self._open() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if connection.exec_driver_sql(self.SIGNS).one() == self.signs:
                connection.exec_driver_sql(self.EMPTY)
                return
        self.drop()

    def drop(self) -> None:
        """Drop it."""
        if self.name:
            with self.admin.connect() as connection:
                connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
        self.name = ""


@pytest.fixture(scope="session")
def _lent(postgresql_template):
    lent = _Lent(*postgresql_template)
    yield lent
    lent.drop()


@pytest.fixture
def postgresql_url(_lent):
    """The address of an empty migrated PostgreSQL database."""
    yield _lent.url()
    _lent.clean()


def make_app(url: str, folder: Path, **more: object) -> Flask:
    """An application of its own folder; mails are kept in memory."""
    app = create_app(read_settings(instance=folder, database_url=url, log_level="WARNING", **more))
    app.config["MAIL_BACKEND"] = "locmem"
    app.testing = False
    return app


_assembled: list[Flask] = []
_compiled: dict[str, sa.Engine] = {}


def _keep_compiled(engine: sa.Engine) -> None:
    """Let a worker's engines share compiled statements, which a dialect object keeps apart."""
    name = engine.dialect.name
    if name not in _compiled:
        _compiled[name] = sa.create_engine("sqlite://" if name == "sqlite" else engine.url)
        _compiled[name].connect().close()  # a dialect is complete once it has met its database
        _compiled[name].dispose()
    first = _compiled[name]
    engine.dialect = engine.pool._dialect = first.dialect
    engine._compiled_cache = first._compiled_cache


def lend_app(url: str, folder: Path) -> Flask:
    """This worker's one application, put onto another instance: a folder and a database.

    Assembling it anew costs more than most tests. Whatever an application keeps between
    requests is made new here: settings, secret, engine, limits, the live line, the gate.
    """
    if not _assembled:
        _assembled.append(make_app(url, folder))
        return _assembled[0]
    app = _assembled[0]
    settings = read_settings(instance=folder, database_url=url, log_level="WARNING")
    app.config["SECRET_KEY"] = prepare_folder(settings)
    app.instance_path = str(settings.folder.resolve())
    app.extensions["settings"] = settings
    app.extensions.pop("sign_in_limits", None)
    app.extensions.pop("screen_limits", None)
    engine = sa.create_engine(url, **engine_options(settings))
    _keep_compiled(engine)
    tune(engine)
    db._app_engines[app] = {None: engine}
    live.boards.rooms.boards.clear()
    app.__dict__.pop("wsgi_app")
    live.set_up(app)
    app.wsgi_app = gate.Gate(app.wsgi_app, app, settings)
    return app


def engines() -> list[str]:
    """The engines of this run: PostgreSQL where its address is given."""
    return ["sqlite", "postgresql"] if POSTGRESQL else ["sqlite"]


@pytest.fixture(params=engines())
def database(request, tmp_path):
    """An application on an empty migrated database, once for each engine; context open."""
    url = request.getfixturevalue(f"{request.param}_url")
    app = lend_app(url, tmp_path / "instance")
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(params=engines())
def bare(request, tmp_path):
    """An engine on a database without any table."""
    if request.param == "sqlite":
        engine = sa.create_engine(f"sqlite:///{tmp_path / 'bare.db'}")
        tune(engine)
        yield engine
        engine.dispose()
        return
    _, admin = request.getfixturevalue("postgresql_template")
    name = f"bare_{uuid.uuid4().hex[:12]}"
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine = sa.create_engine(sa.make_url(POSTGRESQL).set(database=name))
    tune(engine)
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def app(sqlite_url, tmp_path):
    """An application on an empty migrated SQLite database, without an open context."""
    app = lend_app(sqlite_url, tmp_path / "instance")
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def clock():
    """The clock, standing at the second day of the stage's event."""
    with clock_module.at(SATURDAY) as clock:
        yield clock


@dataclass(frozen=True)
class Player:
    """A member of the cast."""

    id: int
    email: str
    name: str


@dataclass
class Stage:
    """The cast, an event in phase hacking with slug `q4`, and another event, `other`."""

    event: str
    event_id: int
    other_event_id: int
    olga: Player  # organizes
    judith: Player  # judges (holds no role before judging gives a seat)
    jonas: Player  # judges
    paul: Player  # takes part
    pia: Player  # takes part
    owen: Player  # owns outcomes
    ada: Player  # administers
    lena: Player  # program lead
    rita: Player  # organizes another event only


def set_stage() -> Stage:
    """Put the cast and two events into the database of the open context."""
    with transaction() as session:
        people = {
            name: make.make_person(session, name=name.capitalize())
            for name in (
                "olga",
                "judith",
                "jonas",
                "paul",
                "pia",
                "owen",
                "ada",
                "lena",
                "rita",
            )
        }
        event = make.make_event(session, slug="q4", name="Autumn Hackathon")
        other = make.make_event(session, slug="other", name="Other Hackathon")
        make.give_site_role(session, people["ada"], "admin")
        make.give_site_role(session, people["lena"], "program_lead")
        make.give_event_role(session, people["olga"], event, "organizer")
        make.give_event_role(session, people["rita"], other, "organizer")
        for name in ("paul", "pia"):
            make.make_participant(session, people[name], event)
        cast = {
            name: Player(person.id, person.email, person.name) for name, person in people.items()
        }
        return Stage(event="q4", event_id=event.id, other_event_id=other.id, **cast)


@pytest.fixture
def stage(app, clock):
    """The cast in the SQLite application."""
    with app.app_context():
        return set_stage()


@pytest.fixture
def cast(database, clock):
    """The cast in the database of each engine."""
    return set_stage()


@pytest.fixture
def hackathon(tmp_path, sqlite_template):
    """Run the command line; `hackathon.instance` holds an empty migrated database."""
    run = Terminal(tmp_path)
    run.instance.mkdir(exist_ok=True)
    shutil.copy(sqlite_template, run.instance / "hackathon.db")
    return run


@pytest.fixture
def sign_in(app):
    """Sign a person in and return a test client that sends the CSRF token by itself."""

    def sign(person: Player | None = None):
        return make.client_of(app, person)

    return sign


@pytest.fixture
def connect(app):
    """Connect a signed-in person's socket; returns Flask-SocketIO's test client."""
    clients = []

    def join(person: Player):
        client = live.socketio.test_client(app, flask_test_client=make.client_of(app, person))
        clients.append(client)
        return client

    yield join
    for client in clients:
        if client.is_connected():
            client.disconnect()


@pytest.fixture
def tick(app):
    """One pass of the ticker: facts committed since the last pass are pushed."""
    ticker = app.extensions["ticker"]
    ticker.tick()
    return ticker.tick
