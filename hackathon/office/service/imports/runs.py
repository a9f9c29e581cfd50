"""What every importer does: go through the lines, keep each problem, count."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from hackathon.events.models import Event
from hackathon.events.queries import find_event
from hackathon.office.rules.tables import (
    Line,
    Made,
    Outcome,
    Problem,
    Table,
    missing_columns,
    unknown_columns,
)
from hackathon.people.rules import check_organizes
from hackathon.shared.db import lock
from hackathon.shared.errors import Invalid, NotFound, Refusal, Unavailable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor

REASON = "Imported from a file."


def own_event(session: Session, actor: Actor, slug: str) -> Event:
    """The event, held until the commit.

    Raises:
        NotFound: unknown, or a draft and not for this actor.
        NotAllowed: the actor does not organize it.
    """
    found = find_event(session, actor, slug)
    check_organizes(actor, found.id)
    event = lock(session, Event, id=found.id)
    if event is None:
        raise NotFound("no_such_event", "There is no such event.")
    return event


class Run:
    """One file on its way in."""

    def __init__(self, table: Table, *, needed: Collection[str], known: Collection[str]) -> None:
        self.table = table
        self.outcome = Outcome(errors=[*table.problems])
        self._seen: dict[tuple[str, object], int] = {}
        self._line = 0
        if not table.problems:
            self.outcome.errors += missing_columns(table, needed)
            self.outcome.warnings += unknown_columns(table, known)

    def lines(self) -> Iterator[Line]:
        """The lines, when the file as such can be read."""
        return iter([] if self.outcome.errors else list(self.table.lines))

    @contextmanager
    def at(self, line: Line) -> Iterator[None]:
        """Turn a refusal into the problem of this line."""
        self._line = line.number
        try:
            yield
        except Unavailable:
            raise
        except Refusal as refusal:
            column = self.table.header.get(refusal.field or "")
            self.outcome.errors.append(Problem(line.number, column, refusal.message))

    def warn(self, line: Line, column: str, message: str) -> None:
        """Say something that stops nothing."""
        self.outcome.warnings.append(Problem(line.number, self.table.header.get(column), message))

    def only_once(self, line: Line, column: str, value: object) -> None:
        """Refuse a value that an earlier line has.

        Raises:
            Invalid: naming that line.
        """
        before = self._seen.setdefault((column, value), line.number)
        if before != line.number:
            raise Invalid("twice", f"Line {before} says this already.", field=column)

    def made(self, what: Made) -> None:
        """Count what came into the event with a line."""
        self.outcome.made[what] += 1

    def count(self, *, created: bool, changed: bool) -> None:
        """Count a line by what it did."""
        if created:
            self.outcome.created += 1
        elif changed:
            self.outcome.changed += 1
        else:
            self.outcome.unchanged += 1
        state = "new" if created else "changed" if changed else "unchanged"
        self.outcome.states[self._line] = state


def needed(line: Line, column: str, longest: int = 200) -> str:
    """A cell that must say something.

    Raises:
        Invalid: empty, or longer than `longest` characters.
    """
    text = short(line, column, longest)
    if not text:
        raise Invalid("empty", "This must not be empty.", field=column)
    return text


def short(line: Line, column: str, longest: int = 200) -> str:
    """A cell of one line; inner spaces folded.

    Raises:
        Invalid: longer than `longest` characters.
    """
    text = " ".join(line.get(column).split())
    if len(text) > longest:
        raise Invalid("too_long", f"At most {longest} characters, please.", field=column)
    return text
