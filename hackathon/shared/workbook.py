"""XLSX downloads: every text is a text, whatever it begins with; nothing is a formula."""

from __future__ import annotations

import io
import re
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MIMETYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
LONGEST = 32_767


def xlsx_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A table as XLSX: texts with the string type, numbers as numbers."""
    from openpyxl import Workbook  # noqa: PLC0415 - only a download needs it
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - as above
    from openpyxl.styles import Font  # noqa: PLC0415 - as above

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Table")
    sheet.freeze_panes = "A2"

    def cell(value: object, *, bold: bool = False) -> object:
        if value is None or (
            isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        ):
            return value
        made = WriteOnlyCell(sheet, "")
        made.value = _CONTROL.sub("", str(value))[:LONGEST]
        made.data_type = "s"
        if bold:
            made.font = Font(bold=True)
        return made

    sheet.append([cell(name, bold=True) for name in header])
    for row in rows:
        sheet.append([cell(value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
