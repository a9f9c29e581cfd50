"""What cannot be served: every reason at once, each with what to do, and nothing starts."""

import importlib.util
import sqlite3

import pytest
from make import make_person
from sqlalchemy import create_engine

from hackathon.production import checks
from hackathon.production.web import Site
from hackathon.shared import schema
from hackathon.shared.db import db, transaction
from hackathon.shared.errors import Conflict
from hackathon.shared.settings import kept_settings, read_settings

HTTPS = {"public_url": "https://hack.example.com", "proxies": 1}


def refusal(tmp_path, workers=1, **settings):
    with pytest.raises(Conflict) as refused:
        checks.check(read_settings(instance=tmp_path, **settings), workers)
    return refused.value.message


def test_behind_a_proxy_with_https_it_may_begin(tmp_path):
    checks.check(read_settings(instance=tmp_path, **HTTPS))


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_on_this_computer_alone_http_will_do(tmp_path, host):
    checks.check(read_settings(instance=tmp_path, public_url=f"http://{host}"))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "set HACKATHON_PUBLIC_URL to the address that people open"),
        ({"public_url": "http://hack.example.com"}, "in the clear: set HACKATHON_PUBLIC_URL to an"),
        ({"public_url": "http://10.0.0.5:8000"}, "in the clear"),
        ({"public_url": "https://hack.example.com"}, "set HACKATHON_PROXIES=1"),
        ({**HTTPS, "demo": True}, "the demo's database"),
    ],
)
def test_what_is_unsafe_is_refused_with_what_to_set(tmp_path, settings, words):
    assert words in refusal(tmp_path, **settings)


def test_the_demos_file_is_refused_by_any_name(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    address = f"sqlite:///{tmp_path / 'link' / 'demo' / 'hackathon.db'}"
    assert "the demo's database" in refusal(tmp_path, **HTTPS, database_url=address)


def test_a_moved_clock_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("HACKATHON_CLOCK_FILE", str(tmp_path / "clock"))
    assert "HACKATHON_CLOCK_FILE moves the clock" in refusal(tmp_path, **HTTPS)


def test_a_secret_that_others_can_read_is_refused(tmp_path):
    secret = tmp_path / "secret_key"
    secret.write_text("s" * 40)
    secret.chmod(0o640)
    assert f"chmod 600 {secret}" in refusal(tmp_path, **HTTPS)
    checks.check(read_settings(instance=tmp_path, **HTTPS, secret_key="s" * 40))


def test_a_missing_package_is_named_by_the_command_that_installs_it(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    told = refusal(tmp_path, **HTTPS, database_url="postgresql://u@h/d")
    assert "pip install -c constraints.txt -e '.[server,postgres]'" in told
    monkeypatch.setattr(checks, "CHECKOUT", tmp_path)
    assert "pip install 'hackathon[server]'" in refusal(tmp_path, **HTTPS)


def test_serve_says_every_reason_and_ends_with_1(hackathon):
    done = hackathon(
        "serve", "--workers", "4", HACKATHON_PUBLIC_URL="http://hack.example.com",
        HACKATHON_CLOCK_FILE="clock",
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    reasons = [line for line in done.stderr.splitlines() if line.startswith("- ")]
    assert [reason.split()[1] for reason in reasons] == ["HACKATHON_CLOCK_FILE", "By", "--workers"]
    assert "--workers 4 is not there yet: one process serves 300 devices" in reasons[-1]
    assert hackathon("serve", "--workers", "0").returncode == 2


def test_an_administrator_cannot_move_it_to_an_address_in_the_clear(tmp_path, monkeypatch):
    monkeypatch.delenv("HACKATHON_PUBLIC_URL", raising=False)
    monkeypatch.setenv("HACKATHON_PROXIES", "1")
    site = Site(read_settings(instance=tmp_path, **HTTPS), "127.0.0.1", 0)
    with pytest.raises(Conflict, match="in the clear"):
        site.change_ways({"public_url": "http://hack.example.com"})
    assert kept_settings(tmp_path) == {}


def test_a_database_of_a_newer_program_is_left_alone(hackathon):
    with sqlite3.connect(hackathon.instance / "hackathon.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    done = hackathon("serve", HACKATHON_PUBLIC_URL="http://127.0.0.1:9")
    assert (done.returncode, "newer than this program knows" in done.stderr) == (1, True)


def test_a_database_that_holds_the_demos_people_is_refused(hackathon, app, sqlite_url):
    with app.app_context():
        with transaction() as session:
            make_person(session, name="Paul", is_demo=True)
        db.engine.dispose()
    told = {"HACKATHON_PUBLIC_URL": "http://127.0.0.1:9", "DATABASE_URL": sqlite_url}
    done = hackathon("serve", **told)
    assert (done.returncode, "the demo's people" in done.stderr) == (1, True)


def test_a_database_that_does_not_answer_is_said(hackathon):
    told = {"HACKATHON_PUBLIC_URL": "http://127.0.0.1:9"}
    done = hackathon("serve", **told, DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    assert (done.returncode, "does not answer; nothing was started" in done.stderr) == (1, True)


def test_the_schema_of_a_full_postgresql_changes_only_after_a_dump(database, hackathon):
    engine = db.engine
    if engine.dialect.name != "postgresql":
        assert schema.bring_up(engine) is None
        return
    newest = schema.newest()
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    try:
        with pytest.raises(Conflict, match=r"(?s)pg_dump .*hackathon db upgrade --yes"):
            schema.bring_up(engine)
        told = {"DATABASE_URL": engine.url.render_as_string(hide_password=False)}
        refused = hackathon("events", "list", **told)
        assert (refused.returncode, "hackathon db upgrade --yes" in refused.stderr) == (1, True)
        assert schema.current(engine) == "0001"
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{newest}'")


def test_a_command_copies_an_older_sqlite_before_its_schema_changes(hackathon, tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'old.db'}")
    schema.upgrade(engine, to="0001")
    done = hackathon("events", "list", DATABASE_URL=str(engine.url))
    (copy,) = tmp_path.glob("old.before-*.db")
    assert f"a copy of the database before: {copy}" in done.stderr
    assert schema.current(create_engine(f"sqlite:///{copy}")) == "0001"
    assert schema.current(engine) == schema.newest()
