"""Every edge case of the specification (research credits, section 10) and every property has a test."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from bills import bring, focus, look, map_to
from make import cents
from treasury import capture, give, hold, line, token

from hackathon.credits.models import Account
from hackathon.credits.queries.ledger import wrong_balances
from hackathon.credits.queries.statements import statement_of
from hackathon.events.models import Event
from hackathon.office.queries import differences
from hackathon.shared.db import db, reading
from hackathon.shared.errors import Conflict, Invalid
from hackathon.shared.money import parse_exact, parse_money

WANTED = {*range(1, 54), 55, 60, 62}
"""Files, values, categories, teams, ledger and time; without Parquet and the stop ladder."""


def numbers(word):
    """The numbers that the names of tests say: `test_edge_5_`, `test_edges_21_to_23_` ..."""
    found = set()
    for path in Path(__file__).parents[1].rglob("test_*.py"):
        for name in re.findall(rf"def test_{word}_((?:\d+_|and_|to_)+)", path.read_text("utf-8")):
            words = name.strip("_").split("_")
            ends = [int(part) for part in words if part.isdigit()]
            found |= set(range(ends[0], ends[-1] + 1)) if "to" in words else set(ends)
    return found


def test_every_edge_case_has_a_test_that_names_its_number():
    assert WANTED - numbers("(?:edge|edges)") == set()


def test_edge_20_an_unknown_category_is_excluded_and_shown(cast, funded, tmp_path):
    bring(tmp_path, focus({}, {"ChargeCategory": "Donation", "BilledCost": "3"}))
    map_to(cast, funded[0])
    seen = look(tmp_path, focus({}, {"ChargeCategory": "Donation", "BilledCost": "3"}))
    assert dict(seen.shares.excluded) == {("Donation", "USD"): 3}
    assert line(cast, funded[0]).balances.spent == cents(10)


def test_edge_26_a_net_refund_stands_on_the_statement(cast, funded, tmp_path):
    give(cast, funded[0], 100)
    bring(tmp_path, focus({"BilledCost": "-25"}))
    map_to(cast, funded[0])
    said = statement_of(reading(), reading().get(Event, cast.event_id), funded[0])
    assert said.line.balances.net_refund == cents(25)


@pytest.mark.parametrize(
    ("read", "text", "fits"),
    [
        (parse_money, "1.25", True),
        (parse_money, "1.255", False),
        (parse_exact, "0.000001", True),
        (parse_exact, "0.0000001", False),
        (parse_exact, "10000000", True),
        (parse_exact, "10000000.000001", False),
        (parse_money, "0", False),
    ],
)
def test_edge_49_people_type_two_decimals_and_programs_six(read, text, fits):
    if fits:
        assert read(text) > 0
    else:
        with pytest.raises(Invalid):
            read(text)


def test_edge_51_what_was_imported_since_a_backup_converges_when_it_is_imported_again(
    cast, funded, tmp_path
):
    if db.engine.dialect.name != "sqlite":  # PostgreSQL is restored by its own tools
        return
    give(cast, funded[0], 100)
    bring(tmp_path, focus({}))
    map_to(cast, funded[0])
    kept, file = tmp_path / "copy.db", Path(db.engine.url.database)
    with db.engine.connect() as source, sa.create_engine(f"sqlite:///{kept}").connect() as copy:
        source.connection.driver_connection.backup(copy.connection.driver_connection)

    def since():
        for cost in ("12", "7", "31.5"):
            bring(tmp_path, focus({"BilledCost": cost}))
        reading().rollback()
        return reading().execute(sa.select(Account.name, Account.balance)).all()

    expected = since()
    reading().rollback()
    db.session.remove()
    db.engine.dispose()
    for tail in ("-wal", "-shm"):
        file.with_name(file.name + tail).unlink(missing_ok=True)
    shutil.copyfile(kept, file)
    assert wrong_balances(reading()) == []
    assert line(cast, funded[0]).balances.spent == cents(10)
    assert since() == expected
    assert differences(reading()) == []


def test_edge_47_the_statement_says_that_a_level_is_not_reached_any_more(cast, funded, tmp_path):
    give(cast, funded[0], 100)
    bring(tmp_path, focus({}))
    map_to(cast, funded[0])
    event = reading().get(Event, cast.event_id)
    for cost, recovered in (("85", 0), ("60", 8000), ("110", 0), ("20", 10000)):
        bring(tmp_path, focus({"BilledCost": cost}))
        reading().rollback()
        assert statement_of(reading(), event, funded[0]).recovered == recovered


def test_edge_60_the_hour_that_a_clock_change_repeats_is_two_hours(cast, funded, tmp_path, clock):
    give(cast, funded[0], 100)
    twice = [
        {"ChargePeriodStart": f"2026-11-20T01:30:00{zone}", "ChargePeriodEnd": ""}
        for zone in ("-04:00", "-05:00")
    ]
    bring(tmp_path, focus(*twice))
    map_to(cast, funded[0], from_day=date(2026, 11, 20), from_hour=6)
    bring(tmp_path, focus(*twice))
    assert line(cast, funded[0]).balances.spent == cents(10)


def test_edge_62_a_capture_after_the_event_is_still_booked_and_no_hold_is_made(cast, funded, clock):
    give(cast, funded[0], 100)
    jobs = token(cast, funded[0])[0]
    made, _ = hold(jobs, 10)
    clock.set(reading().get(Event, cast.event_id).ends_at)
    reading().rollback()
    with pytest.raises(Conflict, match="over or settling"):
        hold(jobs, 1, key="late")
    capture(jobs, made.id, 4)
    assert line(cast, funded[0]).balances.spent == cents(4)
