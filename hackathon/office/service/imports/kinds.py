"""The kinds of files that come in: the one list behind the page and the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hackathon.office.service.imports import judges, people, projects, sheets
from hackathon.office.service.imports.judges import import_judges
from hackathon.office.service.imports.people import import_people
from hackathon.office.service.imports.projects import import_projects
from hackathon.office.service.imports.sheets import import_sheets

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from hackathon.office.rules.tables import Outcome, Table
    from hackathon.people.rules import Actor


class Undone(Exception):  # noqa: N818 - reads as what it is
    """Ends the transaction of an import that must leave nothing behind."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


@dataclass(frozen=True)
class Given:
    """Where a file is to go."""

    slug: str
    round_id: int | None = None


@dataclass(frozen=True)
class Kind:
    """A kind of file: its columns, and what brings it."""

    name: str
    needed: tuple[str, ...]
    known: tuple[str, ...]
    importer: Callable[[Session, Actor, Table, Given], Outcome]

    @property
    def asks_round(self) -> bool:
        """Whether its rows go into a round of judging."""
        return self.name in {"judges", "sheets"}

    @property
    def columns(self) -> str:
        """The columns as help says them."""
        more = [name for name in self.known if name not in self.needed]
        if self.name == "sheets":
            more = ["one column a criterion", *more]
        return f"{','.join(self.needed)}[,{','.join(more)}]"


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "people", people.NEEDED, people.KNOWN,
            lambda session, actor, table, given: import_people(
                session, actor, slug=given.slug, table=table
            ),
        ),
        Kind(
            "projects", projects.NEEDED, tuple(dict.fromkeys(projects.KNOWN)),
            lambda session, actor, table, given: import_projects(
                session, actor, slug=given.slug, table=table
            ),
        ),
        Kind(
            "judges", judges.NEEDED, judges.KNOWN,
            lambda session, actor, table, given: import_judges(
                session, actor, slug=given.slug, table=table, round_id=given.round_id
            ),
        ),
        Kind(
            "sheets", sheets.NEEDED, (*sheets.NEEDED, *sheets.TEXTS),
            lambda session, actor, table, given: import_sheets(
                session, actor, slug=given.slug, table=table, round_id=given.round_id
            ),
        ),
    )
}  # fmt: skip


def attempt(
    session: Session, actor: Actor, kind: Kind, table: Table, given: Given, *, dry_run: bool
) -> Outcome:
    """Import a table, all of it or nothing.

    Raises:
        Undone: anything in it is wrong, or a dry run; the transaction must not commit.
    """
    outcome = kind.importer(session, actor, table, given)
    if outcome.errors or dry_run:
        raise Undone(outcome)
    return outcome
