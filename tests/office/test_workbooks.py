"""XLSX in and out: values as stored, texts as texts, and what is refused."""

import datetime as dt
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from hackathon.office.rules import workbooks
from hackathon.office.rules.tables import read_table
from hackathon.shared.workbook import xlsx_bytes


def packed(*rows, change=None):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def repacked(data, name, edit):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            text = old.read(part)
            new.writestr(part.filename, edit(text) if part.filename == name else text)
    return out.getvalue()


def words(data):
    (problem,) = read_table(data).problems
    return problem.line, problem.message


def test_the_first_visible_sheet_is_read_as_text():
    def hide(book):
        book.create_sheet("Notes", 0).sheet_state = "hidden"

    day = dt.date(2026, 11, 21)
    data = packed(
        ["email", "name", "n", "x", "d", "b"],
        [],
        ["a@example.com", " Zoë ", 5, 4.5, day, True],
        change=hide,
    )
    table = read_table(data)
    assert table.problems == []
    (line,) = table.lines
    assert line.number == 3
    assert list(line.cells.values()) == [
        "a@example.com",
        "Zoë",
        "5",
        "4.5",
        "2026-11-21T00:00:00",
        "true",
    ]


def test_a_formula_without_a_stored_value_is_refused_not_computed():
    assert words(packed(["email", "name"], ["a@example.com", '="A"&"B"'])) == (
        2, "Cell B2 is a formula without a stored value. Copy the sheet and paste it as values only.",
    )  # fmt: skip


def test_a_formula_with_a_stored_value_gives_that_value():
    data = packed(["email", "name"], ["a@example.com", "=1+1"])
    sheet = "xl/worksheets/sheet1.xml"
    data = repacked(
        data,
        sheet,
        lambda text: (
            text.replace(b"<v />", b"<v>2</v>")
            .replace(b"<v></v>", b"<v>2</v>")
            .replace(b"<v/>", b"<v>2</v>")
        ),
    )
    assert read_table(data).lines[0].get("name") == "2"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04 and no more", "damaged or has a password"),
        (repacked(packed(["a"]), "xl/worksheets/sheet1.xml", lambda text: text[:60]), "damaged"),
        (repacked(packed(["a"]), "xl/workbook.xml", lambda text: b'<!DOCTYPE x [<!ENTITY a "b">]>' + text), "entities"),
        (packed(["a"], ["#N/A"]), "shows the error #N/A"),
        (packed(), "empty"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_refused_in_words(data, message):
    assert message in words(data)[1]


def test_a_zip_that_is_no_workbook_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert "no XLSX file" in words(out.getvalue())[1]


def test_a_bomb_is_refused_before_it_is_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * (workbooks.MOST_UNPACKED + 1))
    assert "too large once unpacked" in words(out.getvalue())[1]


def test_a_sheet_of_very_many_cells_is_refused(monkeypatch):
    monkeypatch.setattr(workbooks, "MOST_CELLS", 100)
    assert "At most" in words(packed(*[["x"] * 20 for _ in range(6)]))[1]


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=30)


@given(
    st.lists(
        st.lists(st.one_of(texts, st.integers(-(10**12), 10**12)), min_size=2, max_size=2),
        max_size=5,
    )
)
def test_what_goes_out_comes_back_and_is_never_a_formula(rows):
    data = xlsx_bytes(["a", "b"], rows)
    sheet = load_workbook(io.BytesIO(data)).active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"inlineStr", "s", "n"}
    found = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    kept = [[None if cell == "" else cell for cell in row] for row in rows]
    assert [[None if cell == "" else cell for cell in row] for row in found] == kept


def test_control_characters_and_nothing_are_left_out():
    data = xlsx_bytes(["a", "b"], [["x\x01y", None]])
    assert read_table(data).lines[0].cells == {"a": "xy", "b": ""}
