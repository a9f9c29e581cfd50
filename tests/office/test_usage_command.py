"""`hackathon import usage`: a bill on the command line, and what a kill leaves behind."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time

import pytest
import sqlalchemy as sa
from bills import SAMPLE, focus, sample, written
from click.testing import CliRunner
from make import make_team

from hackathon.credits.models import Bill, BillCell, Booking, Entry, Source
from hackathon.credits.service.bills.mapping import Sign, add_rule
from hackathon.office.commands import import_
from hackathon.office.queries import differences
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.db import reading, transaction


@pytest.fixture
def run(app, stage, monkeypatch, tmp_path):
    """Import a file into the application of the stage."""
    monkeypatch.setenv("HACKATHON_INSTANCE", str(tmp_path / "instance"))

    def call(path, *more):
        with app.app_context():
            return CliRunner().invoke(import_, ("usage", str(path), *more))

    return call


def test_a_dry_run_says_all_and_saves_nothing(app, run, tmp_path):
    done = run(SAMPLE, "--source", "Cloud", "--dry-run")
    assert (done.exit_code, "A dry run: nothing was saved." in done.output) == (0, True)
    assert (
        "Every cent is placed: 20.52022672899 = teams 0 + unallocated 23.13392672899" in done.output
    )
    with app.app_context():
        assert reading().scalar(sa.select(sa.func.count(Source.id))) == 0
    assert not (tmp_path / "instance" / "uploads").exists()


def test_what_needs_a_second_look_asks_for_yes(app, run):
    done = run(SAMPLE, "--source", "Cloud")
    assert (done.exit_code, "repeat with --yes" in done.output) == (1, True)
    with app.app_context():
        assert reading().scalar(sa.select(sa.func.count(Entry.id))) == 0


def test_a_bill_is_booked_once_and_its_file_kept(app, run, tmp_path):
    done = run(SAMPLE, "--source", "Cloud", "--yes", "--json")
    found = json.loads(done.stdout)
    assert done.exit_code == 0
    assert {key: found[key] for key in (
        "bill", "rows", "rejected", "file_total", "teams_total", "unallocated_total",
        "excluded_total", "postings",
    )} == {
        "bill": 1, "rows": 1000, "rejected": 0, "file_total": "20.52022672899",
        "teams_total": "0", "unallocated_total": "23.13392672899",
        "excluded_total": "-2.6137", "postings": 2,
    }  # fmt: skip
    plain = written(tmp_path, sample())
    again = json.loads(run(plain, "--source", "cloud", "--json").stdout)
    assert (again["bill"], again["postings"], again["concerns"]) == (1, 0, [])
    kept = tmp_path / "instance" / "uploads" / "bills"
    with app.app_context():
        digest = reading().scalar(sa.select(Bill.file_hash))
        assert differences(reading()) == []
    assert gzip.decompress((kept / f"{digest}.csv.gz").read_bytes()) == sample()
    assert "No change" in run(plain, "--source", "cloud").output


def test_rejected_rows_are_printed_with_their_lines(run, tmp_path):
    path = written(tmp_path, focus({}, {"BilledCost": "x"}))
    done = run(path, "--source", "AWS", "--dry-run")
    assert f"{path.name}, line 3: BilledCost is not a plain number: x" in done.output
    errors = json.loads(run(path, "--source", "AWS", "--dry-run", "--json").stdout)["errors"]
    assert errors == [{"line": 3, "column": None, "message": "BilledCost is not a plain number: x"}]


def test_another_kind_of_file_is_exit_code_1_with_a_hint(run, tmp_path):
    done = run(written(tmp_path, b"identity/LineItemId,a\n1,2\n"), "--source", "AWS")
    assert (done.exit_code, "AWS Data Exports" in done.output) == (1, True)
    blank = run(written(tmp_path, focus({})), "--source", " ")
    assert (blank.exit_code, "Say where" in blank.output) == (1, True)


KILLED = """
import os, sys, time
from hackathon.credits.service.bills import book, posting
where = sys.argv.pop(1)
module, name = where.split(".")
place = {"book": book, "posting": posting}[module]
real = getattr(place, name)
def stop(*args, **more):
    made = real(*args, **more)
    print("here", flush=True)
    time.sleep(60)
    return made
setattr(place, name, stop)
from hackathon.cli import main
main()
"""


@pytest.mark.parametrize(
    "where", ["book.store_cells", "posting._charge", "posting._clear", "book.post_differences"]
)
def test_a_kill_in_the_middle_leaves_nothing_half_done_and_the_next_call_converges(
    database, clock, hackathon, tmp_path, where
):
    from conftest import set_stage  # noqa: PLC0415

    cast = set_stage()
    path = written(tmp_path, focus({}, {"SubAccountId": "nobody"}))
    engine = reading().get_bind()
    address = engine.url.render_as_string(hide_password=False)
    env = {**os.environ, "DATABASE_URL": address, "HACKATHON_INSTANCE": str(tmp_path / "instance")}
    arguments = ["import", "usage", str(path), "--source", "AWS", "--yes", "--json"]
    with transaction() as session:
        team = make_team(session, cast.event_id, "Owls").id
        session.add(Source(name="AWS", name_key="aws"))
        session.flush()
        source = session.scalars(sa.select(Source)).one()
        add_rule(
            session, COMMAND_LINE, event_id=cast.event_id, source_id=source.id,
            sign=Sign("account", "owls-account"), team_id=team, reason="Their account",
        )  # fmt: skip
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, where, *arguments],
        env=env,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout.readline().strip() == "here"
    child.send_signal(signal.SIGKILL)
    child.wait()
    reading().rollback()
    for _ in range(50):
        left = [
            reading().scalar(sa.select(sa.func.count()).select_from(m))
            for m in (Bill, BillCell, Booking, Entry)
        ]
        if left == [0, 0, 0, 0]:
            break
        time.sleep(0.1)
    assert left == [0, 0, 0, 0]
    assert differences(reading()) == []
    reading().rollback()
    done = [
        json.loads(hackathon(*arguments, DATABASE_URL=address).stdout)["postings"]
        for _ in range(2)
    ]  # fmt: skip
    assert done == [2, 0]
    reading().rollback()
    assert differences(reading()) == []
