"""The demo: a year that holds together, in a database of its own."""

import re
import shutil
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from hackathon import demo
from hackathon.demo import civic_data
from hackathon.events.models import Event
from hackathon.events.queries import events_for
from hackathon.events.rules import Phase
from hackathon.judging.models import Mark, Round, Visit
from hackathon.judging.queries.outcome import awards_of
from hackathon.judging.queries.results import newest_record, public_standings
from hackathon.judging.queries.rounds import entries_of
from hackathon.office.queries import differences
from hackathon.people.models import Person
from hackathon.people.rules import COMMAND_LINE
from hackathon.projects.queries import project_rows
from hackathon.shared import clock
from hackathon.shared.db import reading
from hackathon.shared.errors import Conflict
from hackathon.shared.facts import FactRow
from hackathon.teams.queries import teamless

MOMENTS = [
    datetime(2027, 1, 1, 0, 5, tzinfo=UTC),
    datetime(2028, 2, 29, 23, 55, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),  # the hour that happens twice
]


@pytest.fixture
def told(app, sqlite_url, demo_folder):
    """The demo as the command told it just now."""
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    for each in (demo_folder / "demo").glob("hackathon.db*"):
        shutil.copy(each, path.with_name(each.name))
    with app.app_context():
        yield clock.now()


def by_phase():
    return {row.phase: row.event for row in events_for(reading(), COMMAND_LINE)}


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: f"{moment:%Y-%m-%d %H:%M}")
def test_the_year_holds_together_at_the_edges_of_the_calendar(app, moment):
    with app.app_context(), clock.at(moment):
        demo.fill()
        check_year(moment)


def test_the_year_has_two_past_events_one_in_judging_and_a_draft(told):
    check_year(told)


def check_year(told):
    rows = events_for(reading(), COMMAND_LINE)
    phases = [row.phase for row in rows]
    assert phases == [Phase.DRAFT, Phase.JUDGING, Phase.FOLLOW_UP, Phase.FOLLOW_UP]
    assert len({row.event.quarter for row in rows}) == 4
    assert differences(reading()) == []
    assert reading().scalar(select(func.max(FactRow.at))) <= told
    assert reading().scalar(select(func.max(Mark.received_at))) <= told
    assert reading().scalar(select(func.count(Person.password_hash))) == 0


def test_this_quarter_thirteen_pitches_run_and_two_thirds_of_the_real_sheets_are_in(told):
    event = by_phase()[Phase.JUDGING]
    found = reading().scalar(select(Round).filter_by(event_id=event.id))
    assert (found.state, found.pitch) == ("open", 9)
    assert [entry.submission.key for entry in entries_of(reading(), event, found.id)][:2] == [
        "canOfSpam", "entity-resolution-team",
    ]  # fmt: skip
    assert {row.status for row in project_rows(reading(), event)} == {"submitted"}
    visits = select(Visit).filter_by(round_id=found.id)
    begun = reading().scalars(visits.where(Visit.begun_at.is_not(None))).all()
    assert (len(begun), sum(visit.submitted_at is not None for visit in begun)) == (47, 45)
    assert "Pia" in [alone.name for alone in teamless(reading(), event.id)]


def test_the_marks_are_those_of_the_real_event(told):
    event = by_phase()[Phase.JUDGING]
    found = reading().scalar(select(Round).filter_by(event_id=event.id))
    project = next(
        e for e in entries_of(reading(), event, found.id) if e.submission.key == "llmgov"
    )
    values = reading().scalars(
        select(Mark.value).join(Visit, Visit.id == Mark.visit_id)
        .where(Visit.project_id == project.project_id).order_by(Mark.id)
    )  # fmt: skip
    given = [
        round(float(cell) * 10)
        for row in civic_data.rows("sheets")
        if row["project"] == "llmgov"
        for cell in list(row.values())[2:]
    ]
    assert list(values) == given


def test_past_results_are_out_with_awards_and_words(told):
    past = [row.event for row in events_for(reading(), COMMAND_LINE) if row.event.revealed_at]
    for event in past:
        found = reading().scalar(select(Round).filter_by(event_id=event.id))
        rows = public_standings(reading(), found)
        assert rows[0].place == 1
        assert all(row.sheets == 4 for row in rows)
        assert any(row.texts for row in rows)
        assert len(awards_of(reading(), found.id)) == 2
        record = newest_record(reading(), found.id)
        assert found.opened_at < record.made_at < event.revealed_at < event.ends_at


def test_the_real_event_is_credited_where_its_data_lies():
    words = (civic_data.FOLDER / "ATTRIBUTION.md").read_text("utf-8")
    assert "Civic Hack DC 2025" in words
    assert "CC BY 4.0" in words


# --- the command ----------------------------------------------------------------------


def test_the_demo_is_built_once_and_anew_only_by_reset(hackathon, demo_folder):
    first = demo_folder.with_suffix(".txt").read_text()
    assert re.search(r"^1 of \d+: people$", first, re.MULTILINE)
    assert not (demo_folder / "hackathon.db").exists()
    shutil.copytree(demo_folder, hackathon.instance, dirs_exist_ok=True)
    made = (hackathon.instance / "demo" / "hackathon.db").stat().st_ino
    again = hackathon("demo")
    assert (again.returncode, "already" in again.stdout) == (0, True)
    assert (hackathon.instance / "demo" / "hackathon.db").stat().st_ino == made
    reset = hackathon("demo", "--reset")
    assert (reset.returncode, "next quarter's draft" in reset.stdout) == (0, True)
    mine = ("events", "add", "mine", "--name", "Mine", "--zone", "UTC")
    dates = ("--starts", "2030-01-01T09:00", "--ends", "2030-01-02T09:00")
    assert hackathon(*mine, *dates, HACKATHON_DEMO="true").returncode == 0
    refused = hackathon("demo", "--reset")
    assert refused.returncode == 1
    assert "an event that is not of the demo" in refused.stderr


def fill_with(path, *statements):
    with sqlite3.connect(path) as there:
        for statement in statements:
            there.execute(statement)
    there.close()


@pytest.mark.parametrize("reset", [False, True])
def test_a_database_of_something_else_is_left_alone(tmp_path, reset):
    path = tmp_path / "hackathon.db"
    assert demo.make_room(path, reset=reset)
    fill_with(path, "CREATE TABLE recipes (name)")
    with pytest.raises(Conflict, match="no database of ours"):
        demo.make_room(path, reset=reset)
    fill_with(
        path, "CREATE TABLE people (id, email)", "CREATE TABLE facts (kind, actor_id)",
        "INSERT INTO people VALUES (1, 'ceo@company.test')",
    )  # fmt: skip
    with pytest.raises(Conflict, match=re.escape("ceo@company.test")):
        demo.make_room(path, reset=reset)
    path.write_bytes(b"not a database, but somebody's diary, long enough to look at twice" * 20)
    with pytest.raises(Conflict, match="no database of ours"):
        demo.make_room(path, reset=reset)
    assert path.read_bytes().startswith(b"not a database")


def test_an_empty_database_is_room_enough(tmp_path):
    path = tmp_path / "hackathon.db"
    fill_with(path, "CREATE TABLE people (id, email)", "CREATE TABLE facts (kind, actor_id)")
    assert demo.make_room(path, reset=False)
    assert not path.exists()


def test_filling_in_the_background_says_how_far_it_is(app):
    progress = demo.fill_in_background(app)
    for _ in range(600):
        if progress.is_done or progress.error:
            break
        time.sleep(0.05)
    assert (progress.error, progress.steps[0], progress.is_done) == ("", "people", True)
    with app.app_context():
        assert demo.is_filled()
        assert reading().scalar(select(func.count()).select_from(Event)) == 4
