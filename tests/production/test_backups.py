"""Backups by themselves: when one is due, what is kept, and that each can come back."""

import tarfile
from datetime import UTC, datetime, timedelta

import pytest
from make import make_event
from sqlalchemy import delete, make_url

from hackathon.events.models import Event, PhaseMove
from hackathon.production import backups
from hackathon.shared.db import reading, transaction
from hackathon.shared.settings import read_settings

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def settings(app, sqlite_url, tmp_path):
    """Settings of an instance, with the application's context open."""
    with app.app_context():
        yield read_settings(instance=tmp_path / "instance", database_url=sqlite_url)


def due(settings):
    made = backups.back_up_when_due(reading(), settings)
    return made.name if made else None


def test_during_an_event_one_is_made_every_ten_minutes_and_holds_the_database(settings, clock):
    with transaction() as session:
        make_event(session)
    clock.set(NOON)
    assert due(settings) == "hackathon-20261121T120000Z.tar"
    clock.forward(timedelta(minutes=9, seconds=59))
    assert due(settings) is None
    clock.forward(timedelta(seconds=1))
    assert due(settings) == "hackathon-20261121T121000Z.tar"
    made = sorted(settings.backup_folder.iterdir())
    assert [path.stat().st_mode & 0o777 for path in made] == [0o600, 0o600]
    assert settings.backup_folder.stat().st_mode & 0o777 == 0o700
    with tarfile.open(made[0]) as tar:
        assert tar.getnames() == ["backup.json", "hackathon.db"]


def test_between_events_one_a_day_is_made(settings, clock):
    clock.set(NOON)
    assert due(settings)
    clock.forward(timedelta(hours=23, minutes=59))
    assert due(settings) is None
    clock.forward(timedelta(minutes=1))
    assert due(settings)


def test_after_the_clock_was_set_back_one_is_made_at_once(settings, clock):
    clock.set(NOON)
    assert due(settings)
    clock.forward(-HOUR)
    assert due(settings)


@pytest.mark.parametrize(
    ("more", "is_so"),
    [
        ({}, True),
        ({"published_at": None}, False),
        ({"starts_at": NOON + HOUR}, True),
        ({"starts_at": NOON + HOUR + timedelta(seconds=1)}, False),
        ({"ends_at": NOON - timedelta(days=1)}, True),
        ({"ends_at": NOON - timedelta(days=1, seconds=1)}, False),
        ({"revealed_at": NOON}, True),
        ({"revealed_at": NOON, "ends_at": NOON - HOUR}, False),
        ({"closed_at": NOON}, False),
    ],
)
def test_an_event_is_under_way_from_an_hour_before_until_its_results(settings, more, is_so):
    with transaction() as session:
        session.execute(delete(PhaseMove))
        session.execute(delete(Event))
        make_event(session, **more)
    assert backups.is_under_way(reading(), NOON) is is_so


def test_the_newest_stay_and_the_last_of_each_day_for_a_month():
    every_hour = [NOON - HOUR * number for number in range(24 * 40)]
    gone = set(backups.outdated(every_hour, NOON))
    left = sorted(set(every_hour) - gone)
    assert left[-36:] == sorted(every_hour)[-36:]
    older = left[:-36]
    assert {when.hour for when in older} == {23}
    assert min(older) == datetime(2026, 10, 22, 23, 0, tzinfo=UTC)
    assert len(older) == len({when.date() for when in older}) == 29
    assert backups.outdated(left, NOON) == []


def test_old_ones_go_when_a_new_one_is_there_and_other_files_never(settings, clock):
    settings.backup_folder.mkdir(parents=True)
    old = settings.backup_folder / "hackathon-20250101T000000Z.tar"
    own = settings.backup_folder / "before-the-finals.tar"
    own.touch()
    clock.set(NOON)
    for number in range(backups.FREQUENT):
        when = NOON - timedelta(days=2, minutes=number)
        (settings.backup_folder / f"hackathon-{when:%Y%m%dT%H%M%S}Z.tar").touch()
    old.touch()
    assert due(settings)
    assert (old.exists(), own.exists()) == (False, True)
    assert len(list(settings.backup_folder.iterdir())) == backups.FREQUENT + 1


def test_the_folder_can_be_on_another_disk(tmp_path, monkeypatch):
    monkeypatch.setenv("HACKATHON_BACKUPS", str(tmp_path / "other"))
    assert read_settings(instance=tmp_path).backup_folder == tmp_path / "other"


def test_postgresqls_own_line_hides_the_password():
    line = backups.dump_line(make_url("postgresql+psycopg://u:secret@h/d"))
    assert line.startswith("pg_dump --format=custom")
    assert line.endswith("'postgresql://u:***@h/d'")
