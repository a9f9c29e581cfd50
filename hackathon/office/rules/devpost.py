"""The export of projects that Devpost makes, read as ours: recognized by its header."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import count, islice
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hackathon.people.rules import fold_name

if TYPE_CHECKING:
    from hackathon.office.rules.tables import Line, Table

SIGNS = frozenset({"project title", "submission url"})
PARTS = ("First Name", "Last Name", "Email")
CODE = ("github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "huggingface.co")
MEMBER = re.compile(r"(team member \d+|submitter) email")


def is_devpost(header: dict[str, str]) -> bool:
    """Whether a file has the columns of that export."""
    return header.keys() >= SIGNS


def more_members(names: list[str], width: int) -> list[str]:
    """The header with the columns of further members, which the export leaves unnamed."""
    if width <= len(names) or not {fold_name(name) for name in names} >= SIGNS:
        return names
    known = {fold_name(name) for name in names}
    further = (
        name
        for number in count(1)
        for name in (f"Team Member {number} {part}" for part in PARTS)
        if fold_name(name) not in known
    )
    return [*names, *islice(further, width - len(names))]


def from_devpost(table: Table) -> tuple[Table, list[int]]:
    """Our columns from theirs, and the lines of drafts, which are left out.

    The team is named like the project; the key is the last word of the address.
    """
    columns = {name.replace('"', ""): name for name in table.header}
    sources = {
        "title": "project title",
        "team": "project title",
        "key": "submission url",
        "summary": "about the project",
        "approach": "about the project",
        "repo_url": "try it out links",
        "demo_url": "try it out links",
        "video_url": "video demo link",
        "members": next((name for name in columns if MEMBER.fullmatch(name)), ""),
    }
    header = {
        ours: table.header[columns[theirs]] for ours, theirs in sources.items() if theirs in columns
    }
    drafts = [line.number for line in table.lines if "draft" in line.get("project status").lower()]
    lines = [
        replace(line, cells=_cells(line, columns))
        for line in table.lines
        if line.number not in drafts
    ]
    return replace(table, header=header, lines=lines), drafts


def _cells(line: Line, columns: dict[str, str]) -> dict[str, str]:
    def get(theirs: str) -> str:
        return line.get(columns.get(theirs, theirs))

    links = [word.strip(",;") for word in get("try it out links").split()]
    code = [link for link in links if (urlsplit(link).hostname or "").endswith(CODE)]
    other = [link for link in links if link not in code]
    about, built = get("about the project"), get("built with")
    title = get("project title")
    approach = about[:4_700] + (f"\n\nBuilt with: {built[:250]}" if built else "")
    return {
        "title": title,
        "team": title[:80].strip(),
        "key": get("submission url").rstrip("/").rsplit("/", 1)[-1],
        "summary": _first_sentence(about),
        "approach": approach.strip(),
        "repo_url": code[0] if code else "",
        "demo_url": other[0] if other else "",
        "video_url": get("video demo link"),
        "members": "; ".join(_members(line)),
    }


def _first_sentence(about: str) -> str:
    texts = (row.strip() for row in about.splitlines())
    first = next((row for row in texts if row and not row.startswith("#")), "")
    end = re.search(r"[.!?](?=\s|$)", first)
    return (first[: end.end()] if end else first)[:300].strip()


def _members(line: Line) -> list[str]:
    """`First Last <address>` of everybody named; each address once."""
    found: dict[str, str] = {}
    for name, cell in line.cells.items():
        if cell and MEMBER.fullmatch(name):
            who = name.removesuffix("email")
            parts = (line.get(who + "first name"), line.get(who + "last name"))
            shown = " ".join(part for part in parts if part)
            found.setdefault(cell.casefold(), f"{shown} <{cell}>" if shown else cell)
    return list(found.values())
