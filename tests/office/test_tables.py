"""Reading CSV that people bring."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hackathon.office.rules.tables import LARGEST, read_table


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("mark", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_table_is_read_with_or_without_bom_and_whatever_separates_it(start, mark, end):
    rows = [f"E-mail {mark}Name", f"a@example.com{mark} Zoë ", "", f"b@example.com{mark}Ole"]
    table = read_table(start + end.join(rows).encode())
    assert table.problems == []
    assert table.header == {"email": "E-mail", "name": "Name"}
    assert [(line.number, line.get("name")) for line in table.lines] == [(2, "Zoë"), (4, "Ole")]
    assert table.lines[0].get("no such column") == ""


def test_a_cell_may_run_over_lines_and_the_next_line_is_counted_right():
    table = read_table(b'name,about\nOwls,"one\ntwo, and three"\nBees,x\n')
    assert [(line.number, line.get("about")) for line in table.lines] == [
        (2, "one\ntwo, and three"),
        (4, "x"),
    ]


def test_a_row_that_is_too_short_ends_blank_and_nameless_columns_are_nothing():
    table = read_table(b"name,about,\nOwls\n")
    assert (table.problems, table.lines[0].get("about")) == ([], "")
    assert "" not in table.header


@pytest.mark.parametrize(
    ("data", "line", "column", "words"),
    [
        (b"", 1, None, "empty"),
        (b"\n \n", 1, None, "empty"),
        (b"name\nA\n\xff\xfe", 3, None, "not UTF-8"),
        ("name\nA".encode("utf-16"), 1, None, "not UTF-8"),
        (b'name\nA\n"B', 1, None, "begins at line 3"),
        (b"name,Name\nA,B\n", 1, "Name", "Two columns"),
        (b"name\nA\nB,C\n", 3, None, "2 cells, but the header has 1"),
        (b"name\nA\x00B\n", 2, "name", "control character"),
        (b"name\n" + b"x" * 32_768, 2, "name", "At most 32,767 characters"),
        (b"x" * (LARGEST + 1), 1, None, "too large"),
        (b"name\n" + b"a\n" * 20_001, 20_001, None, "At most 20,000 rows"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(data, line, column, words):
    (problem,) = read_table(data).problems
    assert (problem.line, problem.column) == (line, column)
    assert words in problem.message


@given(st.binary(max_size=300))
def test_no_bytes_whatever_crash_the_reader(data):
    table = read_table(data)
    assert table.problems or table.header or not table.lines
