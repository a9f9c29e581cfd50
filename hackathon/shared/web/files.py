"""Files to take away: CSV and XLSX without formulas, never rendered in place."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from flask import Response, request

from hackathon.shared import workbook

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe_cell(value: object) -> object:
    """Text that a spreadsheet would take for a formula is prefixed (line 34)."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """CSV with every text cell quoted and formulas disarmed; numbers stay numbers."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow(["" if cell is None else safe_cell(cell) for cell in row])
    return out.getvalue()


def csv_answer(filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A CSV download; with `?format=xlsx` the same table as XLSX."""
    if request.args.get("format") == "xlsx":
        name = filename.removesuffix(".csv") + ".xlsx"
        return file_answer(workbook.xlsx_bytes(header, rows), name, workbook.MIMETYPE)
    return file_answer(csv_text(header, rows), filename, "text/csv; charset=utf-8")


def file_answer(content: str | bytes, filename: str, mimetype: str) -> Response:
    """A download: as attachment, never rendered in place."""
    response = Response(content, content_type=mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=filename)
    response.headers["Cache-Control"] = "no-store"
    return response
