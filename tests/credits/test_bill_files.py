"""What a bill may look like: columns, values, limits (research credits, section 10)."""

import csv
import gzip
import io
import random
import time
import tracemalloc
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from bills import USAGE, cells, focus, hashes, sample, staged, written
from hypothesis import given
from hypothesis import strategies as st

from hackathon.credits.service.bills import cells as bill_cells
from hackathon.credits.service.bills import stream, values
from hackathon.credits.service.bills.stage import read_file
from hackathon.shared.errors import Invalid, Refusal, TooLarge


def shuffled(data, seed=1):
    lines = list(csv.reader(io.StringIO(data.decode(), newline="")))
    rows = lines[1:]
    random.Random(seed).shuffle(rows)
    out = io.StringIO(newline="")
    csv.writer(out).writerows([lines[0], *rows])
    return out.getvalue().encode()


def total(folder, data):
    return sum((cell.billed for cell in cells(folder, data)), Decimal(0))


def test_the_real_bill_adds_up_to_the_last_digit(tmp_path):
    rows = list(csv.DictReader(io.StringIO(sample().decode(), newline="")))
    with staged(tmp_path, sample()) as (scan, stage):
        found = list(stage.cells())
        through = max(scan.through.values())
    assert (scan.rows, scan.rejected, scan.version) == (1000, 0, "1.0")
    for name, column in (
        ("billed", "BilledCost"),
        ("effective", "EffectiveCost"),
        ("listed", "ListCost"),
    ):
        expected = sum(Decimal(row[column]) for row in rows)
        assert sum(getattr(cell, name) for cell in found) == expected
    assert sum(cell.rows for cell in found) == 1000
    assert through == datetime(2024, 10, 1, tzinfo=UTC)
    by_day = sum(
        Decimal(r["BilledCost"]) for r in rows if r["ChargePeriodStart"][:10] == "2024-09-25"
    )
    assert sum(c.billed for c in found if c.day == date(2024, 9, 25)) == by_day


def test_edge_2_order_and_packing_do_not_matter(tmp_path):
    expected = hashes(tmp_path, sample())
    two = gzip.compress(sample()[:400_000]) + gzip.compress(sample()[400_000:])
    for other in (shuffled(sample()), gzip.compress(shuffled(sample(), 2)), two):
        assert hashes(tmp_path, other) == expected
    changed = sample().replace(b"0.00000080000", b"0.00000080001", 1)
    assert hashes(tmp_path, changed) != expected


def test_edge_3_two_identical_rows_are_both_counted(tmp_path):
    assert total(tmp_path, focus({}, {})) == 20
    assert hashes(tmp_path, focus({}, {})) != hashes(tmp_path, focus({}))


costs = st.decimals(-1000, 1000, places=11).map(lambda value: f"{value:f}")
rows = st.fixed_dictionaries(
    {
        "BilledCost": costs,
        "EffectiveCost": costs,
        "SubAccountId": st.sampled_from(["a", "b", ""]),
        "ChargePeriodStart": st.sampled_from(["2026-11-20T10:00:00Z", "2026-11-21 03:00:00"]),
        "BillingAccountId": st.sampled_from(["one", "two"]),
        "Tags": st.sampled_from(["", "NULL", '{"team": "owls"}', '{" Team ": "Owls"}']),
    }
)


@given(st.lists(rows, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_sums_are_exact_and_the_hash_knows_no_order(tmp_path_factory, made, chance):
    folder = tmp_path_factory.getbasetemp()
    found = cells(folder, focus(*made))
    assert sum(cell.billed for cell in found) == sum(Decimal(row["BilledCost"]) for row in made)
    other = made.copy()
    chance.shuffle(other)
    assert hashes(folder, focus(*other)) == hashes(folder, focus(*made))


def test_more_cells_than_fit_in_memory_are_put_aside_and_joined(tmp_path, monkeypatch):
    expected = hashes(tmp_path, sample()), total(tmp_path, sample())
    monkeypatch.setattr(bill_cells, "MOST_CELLS", 40)
    monkeypatch.setattr(values, "MOST_KNOWN", 5)
    assert (hashes(tmp_path, sample()), total(tmp_path, sample())) == expected
    monkeypatch.setattr(values, "MOST_NUMBERS", 3)
    monkeypatch.setattr(values, "MOST_CHARACTERS", 30)
    monkeypatch.setattr(values, "LONGEST_KNOWN", 60)
    assert (hashes(tmp_path, sample()), total(tmp_path, sample())) == expected


def nothing_twice(number):
    return {
        "SubAccountId": f"{number:0200}",
        "Tags": f'{{"team": "{number:0190}"}}',
        "ChargePeriodEnd": f"2026-11-20T11:00:00.{number:06}Z",
        "BilledCost": f"0.{number}1",
        "ChargeCategory": f"{number:050}",
    }


def test_edge_10_a_header_of_a_hundred_thousand_columns_is_no_trap(tmp_path):
    names = [*USAGE, *(f"x{number}" for number in range(100_000))]
    begun = time.process_time()
    assert total(tmp_path, focus({}, columns=names)) == 10
    assert time.process_time() - begun < 10


@pytest.mark.parametrize(
    ("row_of", "count"),
    [
        (lambda number: {"Tags": f'{{"team": "{number}", "x": "{"y" * 60_000}"}}'}, 300),
        (lambda number: {"BilledCost": f"{' ' * 60_000}{number}"}, 300),
        (lambda number: {"ServiceName": f"{'x' * 60_000}{number}"}, 300),
        (nothing_twice, 6_000),
    ],
    ids=["long tags", "long costs", "long names", "no value twice"],
)
def test_edge_10_whatever_stands_in_the_columns_memory_stays_bounded(
    tmp_path, monkeypatch, row_of, count
):
    monkeypatch.setattr(values, "MOST_NUMBERS", 100)
    monkeypatch.setattr(values, "MOST_KNOWN", 100)
    path = written(tmp_path, focus(*map(row_of, range(count))))
    tracemalloc.start()
    try:
        scan = read_file(path, path.with_suffix(".db"), ["team"])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (scan.rows, scan.rejected) == (count, 0)
    assert peak < 3_000_000 < path.stat().st_size


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (focus({})[:-30], "Line 2: it has"),
        (focus({}, {"ServiceName": 'a "b'})[:-70], "cut off"),
        (focus({"Tags": "x"}) + b"1,2\n", "Line 3: it has 2 fields instead of 17"),
        (gzip.compress(sample())[:-5000], "cut off"),
        (b"\x1f\x8bnothing", "damaged"),
    ],
)
def test_edge_7_a_file_that_is_cut_off_is_refused_with_its_line(tmp_path, data, said):
    with pytest.raises(Invalid, match=said) as refused, staged(tmp_path, data):
        pass
    assert "othing was imported" in refused.value.message


def test_edge_8_a_header_without_rows_is_a_bill_without_rows(tmp_path):
    with staged(tmp_path, focus()) as (scan, stage):
        assert (scan.rows, list(stage.cells())) == (0, [])


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("identity/LineItemId,lineItem/UnblendedCost", "an AWS Cost and Usage Report"),
        ("line_item_unblended_cost,line_item_usage_type", "an AWS Cost and Usage Report"),
        ("SubscriptionGuid,MeterCategory,PreTaxCost,Date", "an Azure EA"),
        ("lineItem/referenceNo,lineItem/tenantId,cost/myCost", "an OCI cost report"),
        ("billing_account_id,usage_start_time,cost,cost_type", "Google Cloud"),
        ("BilledCost;BillingCurrency;ChargeCategory;BillingAccountId;Tags", "semicolons"),
        ("BilledCost\tBillingCurrency\tChargeCategory\tx\ty", "tabs"),
        ("company,10.5,USD", "no column names"),
        ("BilledCost,billedcost,ChargePeriodStart", "names the column BilledCost twice"),
        ("BilledCost,ChargePeriodStart", "BillingCurrency, BillingPeriodStart, ChargeCategory"),
    ],
)
def test_edge_9_another_kind_of_export_is_named_with_a_hint(tmp_path, header, said):
    with pytest.raises(Invalid, match="Nothing was imported") as refused:
        cells(tmp_path, f"{header}\n1,2\n".encode())
    assert said in refused.value.message


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (focus({"ServiceName": "x" * 2_000_000}), "longer than 1 MB"),
        (focus({"ServiceName": "x" * 200_000}), "field larger"),
        (gzip.compress(focus(*[{"Tags": "x" * 1000}] * 80_000)), "far too much"),
        (focus({"ServiceName": "a\0b"}), "Line 2 has a zero byte"),
        ("\ufeff".encode("utf-16"), "UTF-16"),
        (b"PAR1....", "Parquet"),
        (b"PK\x03\x04", "ZIP"),
        (focus({}).replace(b"Compute", b"\xff\xfe"), "not UTF-8"),
        (b"", "empty"),
    ],
)
def test_edge_10_what_is_no_text_or_far_too_much_of_it_is_stopped(tmp_path, data, said):
    with pytest.raises(Refusal) as refused:
        cells(tmp_path, data)
    assert said in refused.value.message


def test_edge_10_a_file_beyond_the_limit_is_not_even_read(tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "MOST_BYTES", 100)
    with pytest.raises(TooLarge):
        cells(tmp_path, focus({}))


def test_edge_11_null_empty_and_a_missing_column_are_the_same(tmp_path):
    names = [name for name in focus({}).decode().split("\n")[0].split(",") if name != "Tags"]
    same = [
        hashes(tmp_path, focus({"Tags": "NULL"})),
        hashes(tmp_path, focus({"Tags": ""})),
        hashes(tmp_path, focus({"Tags": " null "})),
        hashes(tmp_path, focus({}, columns=names)),
    ]
    assert all(one == same[0] for one in same)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"BilledCost": "NULL"}, "BilledCost is empty"),
        ({"BilledCost": "1,000.00"}, "BilledCost is not a plain number: 1,000.00"),
        ({"BilledCost": "$5"}, "not a plain number"),
        ({"BilledCost": "NaN"}, "not a plain number"),
        ({"BilledCost": "Infinity"}, "not a plain number"),
        ({"BilledCost": "+5"}, "not a plain number"),
        ({"BilledCost": "1_000"}, "not a plain number"),
        ({"BilledCost": "1.2.3"}, "not a plain number"),
        ({"BilledCost": "1e999"}, "out of range"),
        ({"BilledCost": "9" * 70}, "not a plain number"),
        ({"EffectiveCost": "x"}, "EffectiveCost is not"),
        ({"BillingCurrency": "Dollar"}, "three letters"),
        ({"BillingAccountId": ""}, "BillingAccountId is empty"),
        ({"ChargeCategory": ""}, "ChargeCategory is empty"),
        ({"ChargePeriodStart": "yesterday"}, "ChargePeriodStart is not a moment"),
        ({"BillingPeriodStart": ""}, "BillingPeriodStart is not a moment: empty"),
        ({"ChargePeriodStart": "0001-01-01T00:00:00+14:00"}, "not a moment"),
    ],
)
def test_edges_12_and_13_a_row_that_cannot_be_taken_is_itemized_by_its_line(tmp_path, more, reason):
    bad = {"ServiceName": "two\nlines", **more}
    with staged(tmp_path, focus({"ServiceName": "first\nline"}, bad, {})) as (scan, stage):
        assert (scan.rows, scan.rejected) == (3, 1)
        assert (scan.rejects[0].line, reason in scan.rejects[0].reason) == (4, True)
        assert sum(cell.billed for cell in stage.cells()) == 20


def test_a_rejected_row_keeps_its_cost_where_it_can_be_read(tmp_path):
    with staged(tmp_path, focus({"ChargePeriodStart": "x", "BilledCost": "3.25"})) as (scan, _):
        assert scan.lost == {"USD": (Decimal("3.25"), Decimal(10))}


def test_edge_13_exponents_are_plain_numbers(tmp_path):
    data = focus({"BilledCost": "1e-7"}, {"BilledCost": "35.2E-7"}, {"BilledCost": ".5"})
    assert total(tmp_path, data) == Decimal("0.50000362")


def test_edge_14_eleven_decimals_stay_exact(tmp_path):
    assert total(tmp_path, focus(*[{"BilledCost": "0.00000000001"}] * 3)) == Decimal("3e-11")


def test_edge_16_times_without_zone_are_utc_and_others_converted_with_one_warning(tmp_path):
    data = focus(
        {"ChargePeriodStart": "2026-11-20 23:30:00"},
        {"ChargePeriodStart": "2026-11-20 22:30:00"},
        {"ChargePeriodStart": "2026-11-21T00:30:00+02:00"},
    )
    with staged(tmp_path, data) as (scan, stage):
        assert {cell.day for cell in stage.cells()} == {date(2026, 11, 20)}
        assert [line for line in scan.warnings if "zone" in line] == scan.warnings[:1]


def test_edge_17_a_charge_that_ends_before_it_begins_counts_on_its_first_day(tmp_path):
    data = focus({"ChargePeriodEnd": "2026-11-20T09:00:00Z"}, {"ChargePeriodEnd": ""})
    with staged(tmp_path, data) as (scan, stage):
        assert [cell.day for cell in stage.cells()] == [date(2026, 11, 20)]
        assert any("end before they begin" in line for line in scan.warnings)
        assert list(scan.through.values()) == [datetime(2026, 11, 20, 10, tzinfo=UTC)]


def test_edge_18_a_charge_outside_its_billing_period_is_taken(tmp_path):
    data = focus({"ChargePeriodStart": "2026-10-31T10:00:00Z"})
    found = cells(tmp_path, data)
    assert (found[0].period, found[0].day) == (date(2026, 11, 1), date(2026, 10, 31))


def test_edge_19_another_spelling_is_the_same_word_and_said_once(tmp_path):
    data = focus({"ChargeCategory": "usage"}, {"ChargeFrequency": "Usage-based"}, {})
    with staged(tmp_path, data) as (scan, stage):
        assert [cell.category for cell in stage.cells()] == ["Usage"]
        assert sum("spelled otherwise" in line for line in scan.warnings) >= 1


def test_edge_20_an_unknown_category_is_kept_and_said(tmp_path):
    with staged(tmp_path, focus({"ChargeCategory": "Donation"})) as (scan, stage):
        assert [cell.category for cell in stage.cells()] == ["Donation"]
        assert any("Donation" in line for line in scan.warnings)


@pytest.mark.parametrize(
    ("columns", "version"),
    [
        ((), "1.0"),
        (("SkuMeter",), "1.1"),
        (("InvoiceId",), "1.2"),
        (("ServiceProviderName",), "1.3"),
        (("-ProviderName", "ServiceProviderName"), "1.4"),
    ],
)
def test_the_version_is_told_by_the_columns(tmp_path, columns, version):
    more = {name: "AWS" for name in columns if not name.startswith("-")}
    names = [
        *(n for n in focus({}).decode().split("\n")[0].split(",") if f"-{n}" not in columns),
        *more,
    ]
    with staged(tmp_path, focus(more, columns=names)) as (scan, stage):
        assert scan.version == version
        assert [cell.provider for cell in stage.cells()] == ["AWS"]


def test_column_names_may_be_spelled_otherwise_and_rows_may_be_empty_lines(tmp_path):
    data = focus({}, {}).replace(b"BilledCost", b" billedcost ").replace(b"\n", b"\n\n")
    with staged(tmp_path, data) as (scan, _):
        assert (scan.rows, "spelled otherwise" in scan.warnings[0]) == (2, True)


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ('{" Team ": " Owls "}', "team\x1eOwls"),
        ('{"TEAM": true}', "team\x1etrue"),
        ('{"team": 7, "project": "x"}', "team\x1e7\x1fproject\x1ex"),
        ('{"team": null}', ""),
        ('{"other": "x"}', ""),
        ('[{"key": "team", "value": "owls"}]', "team\x1eowls"),
        ('[["team", "owls"]]', "team\x1eowls"),
        ('{"team": {"nested": 1}}', ""),
        ("not json", "?"),
        ("[1]", "?"),
        ("7", "?"),
    ],
)
def test_edges_29_to_31_tags_are_trimmed_folded_and_never_a_reason_to_lose_a_row(
    tmp_path, tags, said
):
    assert [cell.tags for cell in cells(tmp_path, focus({"Tags": tags}))] == [said]
