"""What an organizer pastes or uploads, and corrects before anything is written."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from wtforms import FileField, HiddenField, SelectField, TextAreaField
from wtforms.validators import Optional

from hackathon.office.rules.tables import MOST_LINES
from hackathon.shared.errors import Invalid
from hackathon.shared.web import Form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hackathon.office.rules.tables import Rows

CELL = re.compile(r"cell-(\d{1,7})-(\d{1,4})", re.ASCII)
LARGEST_KEPT = 900_000
"""Characters of the rows that the page carries along until they are applied."""


class ImportForm(Form):
    """A table from the clipboard or a file; or the one that was looked over before."""

    pasted = TextAreaField("Paste from a spreadsheet")
    file = FileField("Or choose a file")
    round_id = SelectField("Round", [Optional()], validate_choice=False)
    rows = HiddenField()


def packed(rows: Rows) -> str:
    """Rows as the page carries them.

    Raises:
        Invalid: more than a form can carry.
    """
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode()) > LARGEST_KEPT:
        raise Invalid(
            "too_large",
            "That is more than a page can carry. Bring it in two parts; nothing was saved.",
        )
    return text


def unpacked(text: str) -> Rows:
    """The rows that a page carried along.

    Raises:
        Invalid: not what `packed` made.
    """
    wrong = Invalid("rows", "The rows got lost on the way. Paste them again; nothing was saved.")
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise wrong from error
    if not isinstance(given, list) or not 0 < len(given) <= MOST_LINES:
        raise wrong
    rows: Rows = []
    for entry in given:
        match entry:
            case [int(line), [*cells]] if all(isinstance(cell, str) for cell in cells):
                rows.append((line, [cell.strip() for cell in cells]))
            case _:
                raise wrong
    return rows


def corrected(rows: Rows, typed: Mapping[str, str], left_out: set[str]) -> Rows:
    """Rows with the cells that were typed as `cell-<line>-<place>`, without those left out.

    A correction counts for every equal cell of its column that was shown and left as it was:
    a role spelled another way on forty lines is corrected once.
    """
    cells: dict[int, dict[int, str]] = {}
    for name, text in typed.items():
        named = CELL.fullmatch(name)
        if named:
            cells.setdefault(int(named[1]), {})[int(named[2])] = text.strip().replace("\r\n", "\n")
    _spread(rows, cells)
    found: Rows = []
    for at, (line, row) in enumerate(rows):
        if at and str(line) in left_out:
            continue
        own = cells.get(line, {})
        width = max([len(row), *(place + 1 for place, text in own.items() if text)])
        padded = row + [""] * (width - len(row))
        found.append((line, [own.get(place, cell) for place, cell in enumerate(padded)]))
    return found


def _spread(rows: Rows, cells: dict[int, dict[int, str]]) -> None:
    """Give shown cells that were left alone the correction of an equal one in their column."""
    was = {
        (line, place): row[place] if place < len(row) else ""
        for line, row in rows[1:]
        for place in cells.get(line, {})
    }
    made: dict[tuple[int, str], set[str]] = {}
    for (line, place), old in was.items():
        if cells[line][place] != old:
            made.setdefault((place, old), set()).add(cells[line][place])
    for (line, place), old in was.items():
        new = made.get((place, old), set())
        if old and cells[line][place] == old and len(new) == 1:
            cells[line][place] = next(iter(new))
