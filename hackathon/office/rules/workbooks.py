"""XLSX files: the first sheet as text, within limits; nothing in them is ever computed.

The values are those the spreadsheet was saved with. What would hide a value or overwhelm
the reader is refused: formulas without a stored value, error values, entities, bombs.
"""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"PK\x03\x04"
MOST_UNPACKED = 60_000_000
"""Bytes of all parts together."""
MOST_PARTS = 500
MOST_CELLS = 400_000
ENTITY = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
FORMULA = re.compile(rb"<(?:\w+:)?f[\s>]")


class BadWorkbook(Exception):  # noqa: N818 - reads as what it is
    """An XLSX file that cannot be taken; `line` is where."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def is_workbook(data: bytes) -> bool:
    """Whether these bytes are packed like an XLSX file."""
    return data.startswith(MAGIC)


def rows_of(data: bytes, *, most_rows: int) -> list[tuple[int, list[str]]]:
    """The rows of the first sheet that are not blank, with their numbers.

    Raises:
        BadWorkbook: not XLSX, too large, or a cell without a value to take.
    """
    has_formulas = _check_parts(data)
    try:
        values = _cells(data, stored=True, most_rows=most_rows)
        formulas = _cells(data, stored=False, most_rows=most_rows) if has_formulas else None
        rows = list(_read(values, formulas))
    except BadWorkbook:
        raise
    except Exception as error:  # a damaged file may fail anywhere in the reader
        raise BadWorkbook("This XLSX file is damaged. Save it anew, or as CSV UTF-8.") from error
    width = max((len(cells) for _, cells in rows), default=0)
    return [(number, cells + [""] * (width - len(cells))) for number, cells in rows]


def _check_parts(data: bytes) -> bool:
    """Refuse what should not be opened; returns whether there are formulas."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if "xl/workbook.xml" not in archive.namelist():
                raise BadWorkbook("This is no XLSX file. Save it as XLSX or as CSV UTF-8.")
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise BadWorkbook("This XLSX file is too large once unpacked.")
            has_formulas = False
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    text = archive.read(part)
                    if ENTITY.search(text):
                        raise BadWorkbook("This XLSX file holds entities; save it anew.")
                    is_sheet = part.filename.startswith("xl/worksheets/")
                    has_formulas |= is_sheet and FORMULA.search(text) is not None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise BadWorkbook("This XLSX file is damaged or has a password.") from error
    return has_formulas


def _cells(data: bytes, *, stored: bool, most_rows: int) -> Iterator[tuple[Any, ...]]:
    from openpyxl import load_workbook  # noqa: PLC0415 - heavy, and only a file needs it

    book = load_workbook(io.BytesIO(data), read_only=True, data_only=stored, keep_links=False)
    sheet = next((each for each in book.worksheets if each.sheet_state == "visible"), None)
    if sheet is None:
        raise BadWorkbook("This XLSX file has no sheet with rows.")
    sheet.reset_dimensions()  # what the file says of its size may be anything
    cells = filled = 0
    for number, row in enumerate(sheet.iter_rows(), 1):
        cells += len(row)
        filled += any(cell.value is not None for cell in row)
        if cells > MOST_CELLS or filled > most_rows + 1 or number > MOST_CELLS:
            raise BadWorkbook(f"At most {most_rows:,} rows and {MOST_CELLS:,} cells.", number)
        yield row


def _read(
    values: Iterator[tuple[Any, ...]], formulas: Iterator[tuple[Any, ...]] | None
) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(values, 1):
        behind = next(formulas, ()) if formulas is not None else ()
        cells = [_text(cell, number) for cell in row]
        for place, cell in enumerate(behind):
            if cell.data_type == "f" and not (place < len(cells) and cells[place]):
                raise BadWorkbook(
                    f"Cell {cell.coordinate} is a formula without a stored value. Copy the "
                    "sheet and paste it as values only.",
                    number,
                )
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield number, cells


def _text(cell: Any, line: int) -> str:  # noqa: ANN401 - a cell of any kind
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "e":
        raise BadWorkbook(f"Cell {cell.coordinate} shows the error {value}.", line)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value).strip()
