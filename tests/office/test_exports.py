"""Exports: every table of an event, the same bytes for the same state, no secrets."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import update

import hackathon.demo
from hackathon.events.models import Event
from hackathon.judging.rules import Verb, read_rubric
from hackathon.judging.service import rounds as judging
from hackathon.office.rules.tables import read_table
from hackathon.office.service import exports
from hackathon.office.service.imports.judges import import_judges
from hackathon.office.service.imports.people import import_people
from hackathon.office.service.imports.projects import import_projects
from hackathon.office.service.imports.sheets import import_sheets
from hackathon.people.access import load_actor
from hackathon.people.models import Person
from hackathon.people.rules import COMMAND_LINE, Role
from hackathon.people.service import give_event_role
from hackathon.shared.db import Base, reading, transaction
from hackathon.shared.errors import Conflict, NotAllowed

CIVIC = Path(hackathon.demo.__file__).parent / "civic"
NOT_OF_AN_EVENT = {
    "facts", "notes", "people",  # exported as far as the event's rows name them
    "site_roles", "sign_in_links", "sessions", "notices", "outgoing_mails", "request_keys",
    "mail_choices",
    "cursors", "quarters", "budget_moves", "quarter_reports",
    "waiting_screens",  # nobody has said yet whose they are
}  # fmt: skip


@pytest.fixture
def judged(cast, clock):
    """An event in judging with an open round and all sheets."""
    clock.set(reading().get_one(Event, cast.event_id).submissions_close_at)
    with transaction() as session:
        rubric = read_rubric((CIVIC / "rubric.json").read_text("utf-8"))
        made = judging.add_round(session, COMMAND_LINE, event_id=cast.event_id, rubric=rubric)
        for name, importer in (
            ("people", import_people), ("projects", import_projects),
            ("judges", import_judges), ("sheets", import_sheets),
        ):  # fmt: skip
            table = read_table((CIVIC / f"{name}.csv").read_bytes())
            assert importer(session, COMMAND_LINE, slug="q4", table=table).errors == []
        cast.round_id = made.id
    move(cast, Verb.OPEN)
    return cast


def move(cast, verb):
    with transaction() as session:
        judging.move(
            session, COMMAND_LINE, event_id=cast.event_id, round_id=cast.round_id, verb=verb
        )


def write(cast, folder, *, with_values=False):
    with exports.snapshot() as session:
        event = session.get_one(Event, cast.event_id)
        dump = exports.dump_event(session, event, with_values=with_values)
        exports.write_files(folder, dump, exports.event_json(session, event))
    return dump


def rows_of(folder, name):
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_table_is_exported_or_has_no_event(cast):
    assert set(Base.metadata.tables) - set(exports.owned_tables(1)) == NOT_OF_AN_EVENT


def test_the_same_state_is_the_same_bytes(judged, tmp_path):
    move(judged, Verb.FREEZE)
    write(judged, tmp_path / "one")
    write(judged, tmp_path / "two")
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert {"event.json", "marks.csv", "facts.csv", "teams.csv", "result_rows.csv"} <= set(names)
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_marks_are_exact_from_the_freeze_on_and_hidden_before(judged, tmp_path):
    dump = write(judged, tmp_path / "open")
    assert dump.withheld == ["Final"]
    marks = rows_of(tmp_path / "open", "marks")
    assert len(marks) == 386
    assert {row["value"] for row in marks} == {""}
    assert not [row for row in rows_of(tmp_path / "open", "facts") if "judging" in row["stream"]]
    write(judged, tmp_path / "looked", with_values=True)
    move(judged, Verb.FREEZE)
    assert write(judged, tmp_path / "frozen").withheld == []
    marks = rows_of(tmp_path / "frozen", "marks")
    with (CIVIC / "sheets.csv").open(encoding="utf-8", newline="") as file:
        given = [
            round(float(cell) * 10)
            for row in list(csv.reader(file))[1:]
            for cell in row[2:]
            if cell
        ]
    assert Counter(int(row["value"]) for row in marks) == Counter(given)
    assert marks == rows_of(tmp_path / "looked", "marks")
    assert len(rows_of(tmp_path / "frozen", "result_rows")) == 13


def test_looking_leaves_a_fact(judged):
    with transaction() as session:
        exports.look_everywhere(
            session, COMMAND_LINE, event_id=judged.event_id, reason="A copy for the archive"
        )
    with exports.snapshot() as session:
        event = session.get_one(Event, judged.event_id)
        dump = exports.dump_event(session, event, with_values=True)
    assert [row["kind"] for row in dump.tables["facts"][1]][-1] == "values.looked"


def test_nothing_that_lets_somebody_in_is_exported(judged, tmp_path):
    write(judged, tmp_path / "out")
    token = reading().get_one(Event, judged.event_id).join_token
    for path in (tmp_path / "out").iterdir():
        text = path.read_text("utf-8")
        assert token not in text
        assert not {"password_hash", "join_token", "token_hash"} & set(
            text.split("\n")[0].split('"')
        )
    emails = {row["email"] for row in rows_of(tmp_path / "out", "people")}
    assert "judith@example.com" in emails
    assert "rita@example.com" not in emails


def test_formulas_are_disarmed_in_tables_and_exact_in_json(judged, tmp_path):
    with transaction() as session:
        session.execute(
            update(Person).where(Person.id == judged.paul.id).values(name='=cmd|"/C calc"!A1')
        )
    write(judged, tmp_path)
    paul = next(row for row in rows_of(tmp_path, "people") if row["email"] == "paul@example.com")
    assert paul["name"] == '\'=cmd|"/C calc"!A1'
    setup = json.loads((tmp_path / "event.json").read_text("utf-8"))
    members = [member for team in setup["teams"] for member in team["members"]]
    assert '=cmd|"/C calc"!A1' in {member["name"] for member in members}


def test_event_json_holds_set_up_teams_and_projects_and_no_marks(judged, tmp_path):
    write(judged, tmp_path)
    setup = json.loads((tmp_path / "event.json").read_text("utf-8"))
    assert setup["event"]["slug"] == "q4"
    assert setup["event"]["starts_at"] == "2026-11-20T08:00:00.000000Z"
    assert len(setup["teams"]) == len(setup["projects"]) == 13
    assert len(setup["challenges"]) == 11
    (found,) = setup["rounds"]
    assert [line["weight"] for line in found["criteria"]] == ["20", "20", "15", "15", "15", "15"]
    assert [judge["key"] for judge in found["judges"]].count("J1") == 1
    assert "marks" not in json.dumps(setup)


def test_a_folder_of_something_else_is_left_alone(cast, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(Conflict, match="holds other files"):
        exports.check_folder(tmp_path)
    with pytest.raises(Conflict, match="is a file"):
        exports.check_folder(tmp_path / "thesis.txt")
    exports.check_folder(tmp_path / "new")


def test_who_judges_does_not_look(judged):
    with pytest.raises(NotAllowed), transaction() as session:
        give_event_role(
            session, COMMAND_LINE, event_id=judged.event_id, person_id=judged.judith.id,
            role=Role.ORGANIZER,
        )  # fmt: skip
        judith = load_actor(session, judged.judith.id)
        exports.look_everywhere(session, judith, event_id=judged.event_id, reason="Curious")
