"""What a page shows of a table before it is applied: wrong rows first, then what comes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hackathon.office.rules.devpost import is_devpost
from hackathon.office.rules.tables import fold_column

if TYPE_CHECKING:
    from hackathon.office.rules.tables import Outcome, Problem, Rows, Table

MOST_FIELDS = 200
"""Cells that one page lets people correct; the rest comes at the next look."""
MOST_SHOWN = 1_000


@dataclass(frozen=True)
class Cell:
    """A cell that can be corrected."""

    place: int
    column: str
    text: str
    wrong: str


@dataclass
class WrongRow:
    """A row with what is wrong in it."""

    line: int
    said: list[str]
    cells: list[Cell]
    messages: list[str]


@dataclass(frozen=True)
class Column:
    """A column of the file: its name there, what it is taken for, its first value."""

    place: int
    name: str
    meant: str
    example: str


@dataclass
class Preview:
    """A table as it was looked over."""

    outcome: Outcome
    columns: list[Column]
    heads: list[str] = field(default_factory=list)
    wrong: list[WrongRow] = field(default_factory=list)
    more_wrong: int = 0
    good: list[tuple[int, str, list[str]]] = field(default_factory=list)
    first: int = 1
    is_devpost: bool = False

    @property
    def wrong_rows(self) -> int:
        """How many rows are wrong."""
        return len(self.wrong) + self.more_wrong

    @property
    def changes(self) -> int:
        """How many rows would write something."""
        return self.outcome.created + self.outcome.changed


def preview_of(rows: Rows, table: Table, outcome: Outcome) -> Preview:
    """Put the problems of an outcome to the rows and cells they are in."""
    first, names = rows[0]
    columns = _columns(rows, table)
    preview = Preview(outcome, columns, first=first, is_devpost=is_devpost(table.header))
    lines = {line for line, _ in rows[1:]}
    problems: dict[int, list[Problem]] = defaultdict(list)
    for problem in outcome.errors:
        if problem.line in lines:
            problems[problem.line].append(problem)
        else:
            preview.heads.append(
                f"{problem.column}: {problem.message}" if problem.column else problem.message
            )
    left = MOST_FIELDS
    for line, cells in rows[1:]:
        found = problems.get(line)
        if found is None:
            if len(preview.good) < MOST_SHOWN:
                preview.good.append((line, outcome.states.get(line, ""), cells))
            continue
        row = _wrong_row(line, cells, names, found)
        left -= len(row.cells)
        if left >= 0:
            preview.wrong.append(row)
        else:
            preview.more_wrong += 1
    order = {"new": 0, "changed": 1, "unchanged": 2}
    preview.good.sort(key=lambda entry: order.get(entry[1], 3))
    return preview


def _columns(rows: Rows, table: Table) -> list[Column]:
    meant = {name: ours for ours, name in table.header.items()}
    _, names = rows[0]
    return [
        Column(
            place,
            name,
            meant.get(name, fold_column(name)),
            next(
                (cells[place] for _, cells in rows[1:] if place < len(cells) and cells[place]), ""
            ),
        )
        for place, name in enumerate(names)
    ]


def _wrong_row(line: int, cells: list[str], names: list[str], found: list[Problem]) -> WrongRow:
    by_column = {problem.column: problem.message for problem in found}
    width = max(len(names), len(cells))
    shown = [names[place] if place < len(names) else f"cell {place + 1}" for place in range(width)]
    padded = cells + [""] * (width - len(cells))
    whole = [problem.message for problem in found if problem.column not in names]
    fields = [
        Cell(place, shown[place], text, by_column.get(shown[place], ""))
        for place, text in enumerate(padded)
        if shown[place] in by_column or whole
    ]
    said = [
        f"{shown[place]}: {text}"
        for place, text in enumerate(padded)
        if text and shown[place] not in by_column and not whole
    ]
    return WrongRow(line, said, fields, whole)
