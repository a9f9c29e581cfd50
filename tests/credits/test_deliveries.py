"""Deliveries in several files, files side by side, and accounts that another source takes over."""

import json
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from bills import bring, focus, look, map_to, sample, written
from make import cents
from treasury import do, give, line

from hackathon.credits.models import Account, Bill, BillScope, Source
from hackathon.credits.service.bills.book import apply_bill
from hackathon.credits.service.bills.delivery import File, read_delivery
from hackathon.credits.service.bills.look import Wanted, preview_of, wanted_of
from hackathon.credits.service.bills.mapping import change_source
from hackathon.credits.service.bills.owners import hand_over
from hackathon.credits.service.bills.stage import Stage
from hackathon.office.queries import differences
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound

DAY = {"ChargePeriodStart": "2026-11-21T01:00:00Z", "ChargePeriodEnd": "2026-11-21T02:00:00Z"}
PLAIN = Wanted(("team",), (), appends=False)


def pieces(folder, *parts, manifest=None):
    """Files `part0.csv`, `part1.csv` ..., and a manifest that names these."""
    files = [File(written(folder, data), f"part{number}.csv") for number, data in enumerate(parts)]
    if manifest is not None:
        files.append(File(written(folder, json.dumps(manifest).encode()), "Manifest.json"))
    return files


def read(folder, files, wanted=PLAIN):
    """Rows, total and the scopes' hashes of a delivery."""
    path = folder / "whole.db"
    path.unlink(missing_ok=True)
    scan = read_delivery(files, path, wanted)
    stage = Stage(path)
    try:
        total = sum(cell.billed for cell in stage.cells())
        return scan, total, [scope.digest for scope in stage.scopes(scan)]
    finally:
        stage.close()


def deliver(folder, files, source="AWS"):
    """Book a delivery."""
    path = folder / "whole.db"
    path.unlink(missing_ok=True)
    scan = read_delivery(files, path, wanted_of(reading(), source))
    stage = Stage(path)
    try:
        preview = preview_of(reading(), source=source, scan=scan, stage=stage)
        with transaction() as session:
            return apply_bill(
                session, COMMAND_LINE, preview=preview, stage=stage, file_name=files[0].name,
                confirmed=True,
            )  # fmt: skip
    finally:
        stage.close()


@pytest.fixture
def mapped(cast, funded, tmp_path):
    """Owls with $100; their account is known to the source AWS, which billed $10 of it."""
    give(cast, funded[0], 100)
    bring(tmp_path, focus({}))
    map_to(cast, funded[0])
    return funded


def settle(cast, **more):
    """Olga's program lead sets how AWS counts and delivers."""
    values = {"basis": "billed", "charged": ["Usage"], "tag_keys": ["team"], **more}
    return do(change_source, cast.lena, event_id=cast.event_id, source_id=1, **values)


def spent(cast, team_id):
    reading().rollback()
    assert differences(reading()) == []
    return line(cast, team_id).balances.spent / 10**6


def test_edge_2_and_4_pieces_uploaded_together_are_one_delivery_however_they_are_cut(tmp_path):
    whole = sample()
    head, *rows = whole.splitlines(keepends=True)
    cuts = [head + b"".join(rows[:10]), head + b"".join(rows[10:700]), head + b"".join(rows[700:])]
    one, total, expected = read(tmp_path, pieces(tmp_path, whole))
    many, same, digests = read(tmp_path, pieces(tmp_path, *cuts))
    assert (many.rows, same, digests) == (one.rows, total, expected)
    assert [name for name, _ in many.files] == ["part0.csv", "part1.csv", "part2.csv"]


@pytest.mark.parametrize(
    "manifest",
    [
        {"dataFiles": ["s3://bills/2026/part0.csv", "s3://bills/2026/part1.csv"]},
        {"reportKeys": ["a/part1.csv", "a/part0.csv"]},
        {"blobs": [{"blobName": "x/part0.csv"}, {"blobName": "x/part1.csv"}]},
    ],
)
def test_edge_4_a_manifest_names_the_pieces_and_all_must_be_there(tmp_path, manifest):
    two = [focus({}), focus(DAY)]
    assert read(tmp_path, pieces(tmp_path, *two, manifest=manifest))[1] == 20
    for parts, said in (
        (two[:1], r"names 2 files; part1\.csv is missing"),
        ([*two, focus({"BilledCost": "1"})], r"names 2 files; part2\.csv is not in it"),
    ):
        with pytest.raises(Invalid, match=said):
            read(tmp_path, pieces(tmp_path, *parts, manifest=manifest))


@pytest.mark.parametrize("manifest", [{}, [], {"dataFiles": 7}, {"blobs": [{}]}, "x"])
def test_a_manifest_that_names_nothing_is_refused(tmp_path, manifest):
    with pytest.raises(Invalid, match="not a manifest"):
        read(tmp_path, pieces(tmp_path, focus({}), manifest=manifest))


def test_a_delivery_without_a_bill_or_with_one_twice_is_refused(tmp_path):
    with pytest.raises(Invalid, match=r"part0\.csv is missing"):
        read(tmp_path, pieces(tmp_path, manifest={"dataFiles": ["part0.csv"]})[-1:])
    with pytest.raises(Invalid, match=r"part1\.csv and part0\.csv are the same file"):
        read(tmp_path, pieces(tmp_path, focus({}), focus({})))
    file = pieces(tmp_path, focus({}))[0]
    with pytest.raises(Invalid, match="same name"):
        read(tmp_path, [file, file])
    with pytest.raises(Invalid, match="at most 100 files"):
        read(tmp_path, [file] * 101)


def test_what_is_wrong_in_a_piece_names_it(tmp_path):
    scan, *_ = read(tmp_path, pieces(tmp_path, focus({}), focus({"BilledCost": "x"})))
    assert scan.rejects[0].reason == "BilledCost is not a plain number: x (part1.csv)"
    with pytest.raises(Invalid, match=r"Line 2.*\(part1\.csv\)"):
        read(tmp_path, pieces(tmp_path, focus({}), focus({})[:-30]))


def test_edge_4_where_files_are_added_each_stands_for_itself(cast, mapped, tmp_path):
    settle(cast, delivery="append")
    bring(tmp_path, focus({**DAY, "BilledCost": "4"}), name="21.csv")
    assert spent(cast, mapped[0]) == 14
    assert bring(tmp_path, focus({**DAY, "BilledCost": "4"}), name="21.csv").postings == 0
    bring(tmp_path, focus({**DAY, "BilledCost": "5"}), name="21.csv")
    assert spent(cast, mapped[0]) == 15
    parts = reading().scalars(sa.select(BillScope.part).order_by(BillScope.id)).all()
    assert parts == ["bill.csv", "21.csv"]
    with pytest.raises(Conflict, match=r"copy\.csv has the same rows as 21\.csv"):
        look_at(tmp_path, focus({**DAY, "BilledCost": "5"}), "copy.csv")
    with pytest.raises(Conflict, match="side by side"):
        settle(cast, delivery="overwrite")


def look_at(folder, data, name):
    from bills import read_for  # noqa: PLC0415

    with read_for(folder, data, "AWS", name) as (scan, stage):
        return preview_of(reading(), source="AWS", scan=scan, stage=stage)


def test_files_a_day_may_come_together_and_again(cast, mapped, tmp_path):
    settle(cast, delivery="append")
    two = pieces(tmp_path, focus({**DAY, "BilledCost": "4"}), focus({**DAY, "BilledCost": "6"}))
    assert deliver(tmp_path, two).postings == 1
    assert spent(cast, mapped[0]) == 20
    assert deliver(tmp_path, two[::-1]).postings == 0
    assert deliver(tmp_path, two[:1]).postings == 0
    bill = reading().scalars(sa.select(Bill).order_by(Bill.id.desc())).first()
    assert [name for name, _ in json.loads(bill.files)] == ["part0.csv", "part1.csv"]


def test_one_file_a_month_may_become_the_whole_again(cast, mapped, tmp_path):
    settle(cast, delivery="append")
    settle(cast, delivery="overwrite")
    bring(tmp_path, focus({"BilledCost": "7"}))
    assert spent(cast, mapped[0]) == 7
    with pytest.raises(Invalid, match="delivers"):
        settle(cast, delivery="sometimes")
    with pytest.raises(Invalid, match="taxes"):
        settle(cast, taxes="sometimes")


def hand(cast, player=None, **more):
    values = {"source_id": 1, "account": "company", "to": "Reseller", "reason": "They bill it now"}
    return do(hand_over, player or cast.lena, event_id=cast.event_id, **values | more)


def test_edge_5_an_account_is_billed_by_one_source_until_it_is_handed_over(cast, mapped, tmp_path):
    with pytest.raises(Conflict, match="Hand the account over"):
        look(tmp_path, focus({}), "Reseller")
    before = line(cast, mapped[0]).balances
    assert hand(cast) == 2
    reading().rollback()
    assert (spent(cast, mapped[0]), line(cast, mapped[0]).balances.granted) == (0, before.granted)
    found = dict(reading().execute(sa.select(Account.name, Account.balance)).all())
    assert (found["unallocated:1"], found["unallocated:2"]) == (0, cents(10))
    map_to(cast, mapped[0], source="Reseller")
    bring(tmp_path, focus({"BilledCost": "12"}), "Reseller")
    assert spent(cast, mapped[0]) == 12
    with pytest.raises(Conflict, match="already billed by another source"):
        look(tmp_path, focus({}))
    assert hand(cast, source_id=2, to="AWS") == 2
    assert spent(cast, mapped[0]) == 12


def test_handing_over_without_a_sense_is_refused(cast, mapped, tmp_path):
    for more, wrong in (
        ({"to": "aws"}, Invalid),
        ({"to": " "}, Invalid),
        ({"reason": " "}, Invalid),
        ({"account": "nobody's"}, NotFound),
        ({"source_id": 9}, NotFound),
    ):
        with pytest.raises(wrong):
            hand(cast, **more)
    with pytest.raises(NotAllowed):
        hand(cast, cast.olga)
    assert spent(cast, mapped[0]) == 10
    assert reading().scalars(sa.select(Source.name)).all() == ["AWS"]


def test_edge_35_an_account_that_changes_hands_at_noon_is_split_where_rows_say_the_hour(
    cast, mapped, tmp_path
):
    hours = [
        {"ChargePeriodStart": f"2026-11-21T{hour:02}:00:00Z", "ChargePeriodEnd": "", "BilledCost": cost}
        for hour, cost in ((0, "1"), (11, "2"), (12, "4"), (23, "8"))
    ]  # fmt: skip
    bring(tmp_path, focus(*hours))
    noon = {"from_day": datetime(2026, 11, 21, tzinfo=UTC).date(), "from_hour": 12}
    assert map_to(cast, mapped[1], **noon) == 0
    assert (spent(cast, mapped[0]), spent(cast, mapped[1])) == (15, 0)
    seen = look(tmp_path, focus(*hours))
    said = "owls-account changed hands within 21 November 2026: 1 row without an hour stay"
    assert any(said in concern for concern in seen.concerns)
    bring(tmp_path, focus(*hours))
    assert (spent(cast, mapped[0]), spent(cast, mapped[1])) == (3, 12)
    assert bring(tmp_path, focus(*hours[::-1])).postings == 0
    with pytest.raises(Invalid, match="hour"):
        map_to(cast, mapped[0], from_hour=12)
