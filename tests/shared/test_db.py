"""The one way to write: nested is refused, a held lock is answered in words and in time."""

import time
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from hackathon.people.models import Person
from hackathon.shared import db as db_module
from hackathon.shared.db import NestedTransaction, db, reading, transaction
from hackathon.shared.errors import Unavailable
from hackathon.shared.mail import OutgoingMail
from hackathon.shared.web import act


@pytest.mark.usefixtures("database")
def test_a_second_transaction_inside_the_first_is_refused():
    with transaction(), pytest.raises(NestedTransaction), transaction():
        pass


@pytest.mark.usefixtures("database")
def test_instants_come_back_aware_and_in_utc():
    moment = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC)
    with transaction() as session:
        session.add(Person(email="a@example.com", name="A", created_at=moment))
    person = reading().scalar(sa.select(Person))
    assert person.created_at == moment
    assert person.created_at.utcoffset().total_seconds() == 0


@pytest.mark.usefixtures("database")
def test_an_instant_without_zone_is_refused():
    with (
        pytest.raises(sa.exc.StatementError, match="time zone"),
        transaction() as session,
    ):
        session.add(Person(email="a@example.com", name="A", created_at=datetime(2026, 1, 1)))  # noqa: DTZ001


def test_line_43_a_lock_held_elsewhere_is_refused_within_six_seconds_and_reading_goes_on(
    app, monkeypatch
):
    monkeypatch.setattr(db_module, "LOCK_BUDGET", 0.3)
    with app.app_context():
        other = sa.create_engine(db.engine.url)
        with other.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            started = time.monotonic()
            with pytest.raises(Unavailable) as refused:
                act(lambda session: session.add(_mail()))
            assert time.monotonic() - started < 6
            assert refused.value.retry_after
            assert "nothing was changed" in refused.value.message
            assert reading().scalar(sa.select(sa.func.count(Person.id))) == 0
            connection.exec_driver_sql("ROLLBACK")
        act(lambda session: session.add(_mail()))
        assert reading().scalar(sa.select(sa.func.count(OutgoingMail.id))) == 1
        other.dispose()


def _mail():
    return OutgoingMail(key="k", address="a@example.com", subject="S", body="B")


def test_sqlite_is_durable_and_keeps_foreign_keys(app):
    with app.app_context(), db.engine.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
