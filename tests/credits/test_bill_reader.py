"""Lines split at once mean what a csv reader says, whatever stands in them."""

import csv
import io

import pytest
from bills import USAGE, focus, sample, staged
from hypothesis import given
from hypothesis import strategies as st

from hackathon.credits.service.bills.reader import Reader
from hackathon.shared.errors import Invalid


def told(folder, data):
    """All that reading a file tells, or why it is refused."""
    try:
        with staged(folder, data) as (scan, stage):
            rejects = [(row.line, row.reason, row.billed) for row in scan.rejects]
            cells = sorted(stage.cells(), key=str)
            hashes = [scope.digest for scope in stage.scopes(scan)]
    except Invalid as refusal:
        return refusal.message
    return cells, hashes, rejects, scan.rows, sorted(scan.warnings), scan.tag_keys


def by_csv_reader(folder, data):
    """The same without splitting."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reader, "_take_text", lambda *_: False)
        return told(folder, data)


NAMES = list(USAGE)
pieces = st.sampled_from(
    ["", "a", ",", '"', '""', "\n", "\r\n", "\r", "\x1c", "\x1d", "\u2028", "ü", " ", "NULL", "=1"]
)
texts = st.lists(pieces, max_size=5).map("".join)
numbers = st.sampled_from(
    ["1", "-0.00000000001", "1e-7", "", "1,000", "x", "1" + "0" * 20, "9999999999999", "1_0", "٣"]
)
rows = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("ServiceName", "SubAccountId", "Tags"), texts) | {
        "BilledCost": numbers, "ListCost": numbers
    }
)  # fmt: skip


def packed(made, ends, quoting):
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, NAMES, lineterminator=ends, quoting=quoting)
    writer.writeheader()
    writer.writerows({**USAGE, **row} for row in made)
    return out.getvalue().encode()


@given(
    st.lists(rows, max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_split_lines_mean_what_the_csv_reader_says(tmp_path_factory, made, ends, quoting):
    folder, data = tmp_path_factory.getbasetemp(), packed(made, ends, quoting)
    assert told(folder, data) == by_csv_reader(folder, data)


LINE = ",".join(USAGE.values())


@given(st.lists(pieces | st.sampled_from([LINE, LINE + "\n", LINE + "\r\n", ","]), max_size=8))
def test_so_do_lines_that_no_csv_writer_would_write(tmp_path_factory, found):
    folder = tmp_path_factory.getbasetemp()
    data = focus() + "".join(found).encode()
    assert told(folder, data) == by_csv_reader(folder, data)


@pytest.mark.parametrize("data", [sample(), focus(*[{"Tags": '{"team": "owls, bees"}'}] * 400)])
def test_a_usual_bill_is_never_read_row_by_row(tmp_path, monkeypatch, data):
    def row_by_row(*_):
        raise AssertionError

    monkeypatch.setattr(Reader, "_take", row_by_row)
    assert isinstance(told(tmp_path, data), tuple)


WIDE = {**USAGE, **{f"x_{number}": "." for number in range(8)}}


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("cut", [3, 12, len(USAGE) + 1, len(WIDE) - 2])
def test_a_line_cut_in_two_that_has_all_fields_together_is_refused(tmp_path, cut, ends):
    header, whole, line = focus({}, {}, columns=WIDE).decode().splitlines()
    fields = line.split(",")
    halves = [",".join(fields[:cut]), ",".join(fields[cut + 1 :])]
    data = ends.join([header, whole, *halves, whole, ""]).encode()
    assert told(tmp_path, data).startswith(f"Line 3: it has {cut} fields instead of {len(WIDE)}")
    assert told(tmp_path, data) == by_csv_reader(tmp_path, data)


def test_quotes_and_line_ends_in_columns_nobody_needs_count_too(tmp_path):
    for odd in ('"a"b', "a\rb", '"a'):
        data = focus({}, {"x_7": "ODD"}, {}, columns=WIDE).replace(b"ODD", odd.encode())
        assert told(tmp_path, data).startswith("Line ")
        assert told(tmp_path, data) == by_csv_reader(tmp_path, data)


def test_a_number_beyond_a_trillion_is_rejected_however_its_neighbours_are_read(tmp_path):
    huge = {"BilledCost": "1" + "0" * 13}
    assert [row[:2] for row in told(tmp_path, focus({}, huge))[2]] == [
        (3, "BilledCost is out of range: 10000000000000")
    ]
