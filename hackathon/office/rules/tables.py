"""Tables that people bring as CSV, XLSX or pasted cells: every problem with line and column.

A file is read into `Rows`, its cells as text; `table_of` gives them their columns. Between
the two somebody may correct a cell.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from hackathon.office.rules.devpost import more_members
from hackathon.office.rules.workbooks import BadWorkbook, is_workbook, rows_of
from hackathon.people.rules import fold_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

LARGEST = 5_000_000
"""Bytes of a file."""
MOST_LINES = 20_000
LONGEST_CELL = 32_767
"""Characters; what a spreadsheet's cell can hold."""
DELIMITERS = (",", ";", "\t")
ALSO_CALLED = {
    "e-mail": "email",
    "mail": "email",
    "email address": "email",
    "e-mail address": "email",
    "full name": "name",
    "team name": "team",
    "time zone": "zone",
    "dietary needs": "dietary",
}
"""Words that spreadsheets use for our columns, unless they have ours as well."""

Rows = list[tuple[int, list[str]]]
"""Each row that is not blank with its first line in the file; the first holds the names."""


@dataclass(frozen=True)
class Problem:
    """What is wrong, or worth knowing, at a line (from 1) and perhaps in a column."""

    line: int
    column: str | None
    message: str

    def as_json(self) -> dict[str, object]:
        """The entry of the contract."""
        return {"line": self.line, "column": self.column, "message": self.message}

    def __str__(self) -> str:
        where = f"line {self.line}" + (f", column {self.column}" if self.column else "")
        return f"{where}: {self.message}"


@dataclass(frozen=True)
class Line:
    """A row: its first line in the file, its trimmed cells by folded column name."""

    number: int
    cells: dict[str, str]

    def get(self, column: str) -> str:
        """A cell; empty when the file has no such column."""
        return self.cells.get(column, "")


@dataclass(frozen=True)
class Table:
    """What a file holds. `header`: each column as written, by its folded name."""

    header: dict[str, str] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def fold_column(text: str) -> str:
    """How column names are compared."""
    return fold_name(text)


def read_table(data: bytes) -> Table:
    """Read a file whole.

    Blank rows are left out. What cannot be read is in `problems`; then nothing else counts.
    """
    rows, problems = read_rows(data)
    return Table(problems=problems) if problems else table_of(rows)


def read_rows(data: bytes) -> tuple[Rows, list[Problem]]:
    """The cells of a file, or why it cannot be read.

    CSV is UTF-8 with or without BOM, with comma, semicolon or tab between cells; of an XLSX
    file the first sheet is taken, with the values it was saved with.
    """
    if len(data) > LARGEST:
        return _refused(1, f"The file is too large (limit {LARGEST // 1_000_000} MB).")
    try:
        if is_workbook(data):
            rows = rows_of(data, most_rows=MOST_LINES)
        else:
            rows = list(_rows(data.decode("utf-8-sig")))
    except BadWorkbook as problem:
        return _refused(problem.line, problem.message)
    except UnicodeDecodeError as error:
        number = data[: error.start].count(b"\n") + 1
        return _refused(number, "This is not UTF-8 text. Save the file as CSV UTF-8 or XLSX.")
    except csv.Error as error:
        return _refused(1, f"This is not CSV: {error}.")
    if len(rows) > MOST_LINES:
        return _refused(rows[MOST_LINES][0], f"At most {MOST_LINES:,} rows, please.")
    return (rows, []) if rows else _refused(1, "The file is empty.")


def _refused(line: int, message: str) -> tuple[Rows, list[Problem]]:
    return [], [Problem(line, None, message)]


def named_columns(rows: Rows) -> Rows:
    """Rows as pasted, with a row of names on top when the first one is a person already."""
    _, first = rows[0]
    places = [place for place, cell in enumerate(first) if _is_address(cell)]
    if not places:
        return rows
    names = [""] * len(first)
    names[places[0]] = "email"
    free = next((place for place, cell in enumerate(first) if cell and not names[place]), None)
    if free is not None:
        names[free] = "name"
    filled = [name or f"column {place}" for place, name in enumerate(names, 1)]
    return [(0, filled), *rows]


def _is_address(cell: str) -> bool:
    before, at, after = cell.partition("@")
    return bool(before and at and "." in after) and " " not in cell


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with its first line."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise csv.Error(f"{error}, in the row that begins at line {begins}") from error


def table_of(rows: Rows) -> Table:
    """The columns and lines of rows."""
    (first, names), *rest = rows
    names = more_members(names, max(len(cells) for _, cells in rows))
    folded_names = _folded(names)
    header: dict[str, str] = {}
    problems = []
    for folded, name in zip(folded_names, names, strict=True):
        if folded and folded in header:
            problems.append(Problem(first, name, "Two columns have this name."))
        header[folded] = name
    lines = []
    for number, cells in rest:
        if len(cells) > len(names):
            problems.append(
                Problem(number, None, f"{len(cells)} cells, but the header has {len(names)}.")
            )
            continue
        given = dict(zip(folded_names, cells, strict=False))
        for folded, cell in given.items():
            problems.extend(_odd_cell(number, header[folded], cell))
        lines.append(Line(number, given))
    header.pop("", None)
    return _with_names(Table(header, lines, problems))


def _folded(names: list[str]) -> list[str]:
    """The columns as we call them."""
    own = [fold_column(name) for name in names]
    found = []
    for name in own:
        ours = ALSO_CALLED.get(name, name)
        found.append(name if ours in own or ours in found else ours)
    return found


def _with_names(table: Table) -> Table:
    """A name of its own when the file has it in two columns."""
    parts = ("first name", "last name")
    if "name" in table.header or any(part not in table.header for part in parts):
        return table
    lines = [
        replace(line, cells={**line.cells, "name": " ".join(map(line.get, parts)).strip()})
        for line in table.lines
    ]
    whole = {name: shown for name, shown in table.header.items() if name not in parts}
    return replace(table, header={**whole, "name": table.header[parts[0]]}, lines=lines)


def _odd_cell(number: int, column: str, cell: str) -> Iterator[Problem]:
    if len(cell) > LONGEST_CELL:
        yield Problem(number, column or None, f"At most {LONGEST_CELL:,} characters, please.")
    if any(ord(char) < 32 and char not in "\t\r\n" for char in cell):  # noqa: PLR2004 - control
        yield Problem(number, column or None, "A control character, which no text has.")


def missing_columns(table: Table, needed: Collection[str]) -> list[Problem]:
    """A problem for each column that has to be there."""
    return [
        Problem(1, name, "This column is missing.") for name in needed if name not in table.header
    ]


def unknown_columns(table: Table, known: Collection[str]) -> list[Problem]:
    """A word for each column that nothing is made of."""
    return [
        Problem(1, name, "Not a column of this import; it was left out.")
        for folded, name in table.header.items()
        if folded not in known
    ]


class Made(StrEnum):
    """What an import makes on its way, by its word for many."""

    PEOPLE = "people"
    TEAMS = "teams"
    PROJECTS = "projects"
    CHALLENGES = "challenges"

    def counted(self, number: int) -> str:
        """`1 team`, `18 teams`."""
        one = "person" if self is Made.PEOPLE else self.value.removesuffix("s")
        return f"{number} {one if number == 1 else self.value}"


@dataclass
class Outcome:
    """What became of a file. With errors, or in a dry run, nothing was saved.

    `made`: what came into the event by it, more than its own lines say: a `Made` and how many.
    """

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    states: dict[int, str] = field(default_factory=dict)
    """What each good line does: new, changed or unchanged."""
    made: Counter[Made] = field(default_factory=Counter)

    def as_json(self) -> dict[str, object]:
        """The object of the contract."""
        return {
            "created": self.created,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "errors": [problem.as_json() for problem in self.errors],
            "warnings": [problem.as_json() for problem in self.warnings],
        }
