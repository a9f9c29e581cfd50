"""`verify` finds what was changed behind the program."""

import pytest
import sqlalchemy as sa
from panel import do

from hackathon.judging.queries.checks import wrong_sheets
from hackathon.judging.service import seats
from hackathon.judging.service.late import decide_late
from hackathon.office.queries import differences
from hackathon.projects.models import Project
from hackathon.shared.db import db, reading, transaction

GUARDS = {
    "UPDATE marks": "marks_no_update",
    "DELETE FROM marks": "marks_no_delete",
    "UPDATE result_rows": "result_rows_no_update",
    "DELETE FROM result_rows": "result_rows_no_delete",
    "UPDATE result_records": "result_records_no_update",
    "DELETE FROM facts": "facts_no_delete",
}


def tamper(statement):
    """Change the tables as somebody with the database in hand could."""
    guard = next((name for start, name in GUARDS.items() if statement.startswith(start)), None)
    with db.engine.begin() as connection:
        if guard and connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"DROP TRIGGER {guard}")
        elif guard:
            table = guard.split("_no_")[0]
            connection.exec_driver_sql(f"DROP TRIGGER {guard} ON {table}")
        connection.exec_driver_sql(statement)
    reading().rollback()
    reading().expire_all()


@pytest.fixture
def finished(panel):
    """A round with late marks, a conflict and a disqualified project since."""
    panel.everything()
    panel.mark("judith", "owls", "impact", 4, seq=2)
    panel.mark("judith", "owls", "impact", 1, seq=0)
    panel.declare(panel.cast.jonas, "foxes")
    panel.move("freeze")
    late = panel.mark("jonas", "owls", "works", 2, seq=5).receipt
    do(
        decide_late, panel.cast.olga, **panel.place, which=[late], is_accepted=True,
        reason="The network was down",
    )  # fmt: skip
    do(seats.remove_seat, panel.cast.olga, **panel.place, seat_id=panel.seats["judith"])
    with transaction() as session:
        session.get_one(Project, panel.projects["bees"]).disqualified_at = panel.round.frozen_at
    reading().rollback()
    return panel


def test_everything_fits_whatever_happened_since(finished):
    assert differences(reading()) == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE marks SET value = 10 WHERE id = 1", "mark 1 differs from its fact"),
        ("UPDATE marks SET seq = 99 WHERE id = 1", "mark 1 differs from its fact"),
        ("UPDATE marks SET value = 10 WHERE id = 3", "record 1 was made from other marks"),
        ("DELETE FROM marks WHERE id = 13", "mark 13 is missing; a fact tells of it"),
        ("UPDATE visits SET submitted_at = NULL WHERE id = 1", "visit 1 is not submitted when"),
        ("UPDATE visits SET submitted_at = '2026-11-22 10:00:00' WHERE id = 1",
         "visit 1 is not submitted when"),
        ("UPDATE result_rows SET place = 1 WHERE place = 2 AND record_id = 2",
         "record 2 shows project"),
        ("UPDATE result_rows SET adjusted = '5' WHERE place = 3", "shows project"),
        ("DELETE FROM result_rows WHERE place = 1", "shows project"),
        ("UPDATE result_records SET inputs_hash = 'x' WHERE number = 1",
         "record 1 is not the one its fact tells of"),
        ("DELETE FROM facts WHERE kind = 'mark.saved' AND seq = 7", "has no fact"),
    ],
)  # fmt: skip
def test_a_change_behind_the_program_is_named(finished, statement, said):
    tamper(statement)
    found = wrong_sheets(reading())
    assert any(said in line for line in found), found
    assert set(found) <= set(differences(reading()))


def test_a_mark_added_behind_the_program_is_named(finished):
    with transaction() as session:
        session.execute(
            sa.text(
                "INSERT INTO marks (id, visit_id, criterion_id, value, seq, key, made_at, "
                "received_at) SELECT 900, visit_id, criterion_id, 50, 999, 'forged', made_at, "
                "received_at FROM marks WHERE id = 1"
            )
        )
    assert any("mark 900 has no fact" in line for line in wrong_sheets(reading()))
