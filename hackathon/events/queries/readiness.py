"""Whether an event is ready for its next phase: what is missing, each with where to mend it.

Every feature says what it knows by a count of what is missing; one statement asks them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import case, exists, func, literal, or_, select

from hackathon.events.models import AgendaItem, Registration
from hackathon.events.queries import has_signed_in
from hackathon.events.rules import Phase
from hackathon.people.models import EventRoleGrant, Person
from hackathon.shared import mail

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from hackathon.events.models import Event

    Missing = Callable[[Event], ColumnElement[int]]


@dataclass(frozen=True)
class Check:
    """Something to be done before a phase.

    `missing(event)` counts what is missing: 0 when it is done, null when there is nothing to ask
    about yet; `many` holds `{n}`, how many.
    """

    before: Phase
    done: str
    one: str
    many: str
    endpoint: str
    values: dict[str, str]
    missing: Missing


A_DAY = timedelta(days=1)
ORDER = ("events", "office", "teams", "projects", "judging", "credits")
"""How the lines of the list come, by the feature that mends them."""

_checks: list[Check] = []


def ready(
    before: Phase, *, done: str, many: str, endpoint: str, one: str = "", **values: str
) -> Callable[[Missing], Missing]:
    """Register what must not be missing before a phase.

    Args:
        before: The phase.
        done: How it reads when nothing is missing.
        many: How it reads when something is; `{n}` is how many.
        endpoint: Where to mend it, a page of the event.
        one: The same for one; default `many`.
        values: More for the address.
    """

    def register(missing: Missing) -> Missing:
        _checks.append(Check(before, done, one or many, many, endpoint, values, missing))
        return missing

    return register


@dataclass(frozen=True)
class Point:
    """A line of the list."""

    text: str
    is_done: bool
    endpoint: str
    values: dict[str, str]


@dataclass(frozen=True)
class Readiness:
    """How ready an event is for a phase; open points first."""

    phase: Phase
    points: list[Point]

    @property
    def open(self) -> list[Point]:
        """What is missing."""
        return [point for point in self.points if not point.is_done]

    @property
    def sentence(self) -> str:
        """`Ready for judging? 4 of 6`, or that it is."""
        name = self.phase.label.lower()
        if not self.open:
            return f"Ready for {name}."
        return f"Ready for {name}? {len(self.points) - len(self.open)} of {len(self.points)}"


NEXT = {
    Phase.DRAFT: Phase.REGISTRATION,
    Phase.REGISTRATION: Phase.HACKING,
    Phase.HACKING: Phase.JUDGING,
    Phase.JUDGING: Phase.RESULTS,
}


def readiness_of(
    session: Session, event: Event, present: Phase, to: Phase | None = None
) -> Readiness | None:
    """How ready an event is for the next phase, or for a later one; one statement.

    None where nothing is left to get ready for, and on a way back.
    """
    phase = to or NEXT.get(present)
    if phase is None:
        return None
    checks = sorted(
        (check for check in _checks if present.order < check.before.order <= phase.order),
        key=_place,
    )
    if not checks:
        return None
    row = session.execute(select(*(check.missing(event) for check in checks))).one()
    asked = [(check, count) for check, count in zip(checks, row, strict=True) if count is not None]
    points = [
        Point(
            text=(check.one if count == 1 else check.many.format(n=count)) if count else check.done,
            is_done=not count,
            endpoint=check.endpoint,
            values=check.values,
        )
        for check, count in asked
    ]
    return Readiness(phase, sorted(points, key=lambda point: point.is_done))


def _place(check: Check) -> int:
    package = check.endpoint.split(".", maxsplit=1)[0]
    return ORDER.index(package) if package in ORDER else len(ORDER)


def unless(done: ColumnElement[bool] | bool) -> ColumnElement[int]:  # noqa: FBT001 - the condition is the whole of it
    """1 as long as something is not done."""
    if isinstance(done, bool):
        return literal(0 if done else 1)
    return case((done, 0), else_=1)


def count_of(query: Any) -> ColumnElement[int]:  # noqa: ANN401 - any select
    """How many rows a select has, as a part of a statement."""
    return select(func.count()).select_from(query.subquery()).scalar_subquery()


def once(there: ColumnElement[bool], missing: ColumnElement[int]) -> ColumnElement[int]:
    """What is missing, once there is something to ask about."""
    return case((there, missing))


# --- what events themselves know -----------------------------------------------------------


@ready(
    Phase.REGISTRATION,
    done="The goals are written down.",
    many="The goals are not written down yet.",
    endpoint="events.settings",
)
def _goals(event: Event) -> ColumnElement[int]:
    return unless(bool(event.goals.strip()))


@ready(
    Phase.REGISTRATION,
    done="There is a text on conduct, data and ownership.",
    many="There is no text on conduct, data and ownership to accept.",
    endpoint="events.settings",
)
def _terms(event: Event) -> ColumnElement[int]:
    return unless(bool(event.terms.strip()))


@ready(
    Phase.REGISTRATION,
    done="Mail is set up.",
    many="Mail is not set up: print sign-in cards, or ask an administrator.",
    endpoint="office.cards",
)
def _mail(_event: Event) -> ColumnElement[int]:
    return unless(mail.is_set_up())


def _has_people(event: Event) -> ColumnElement[bool]:
    return exists().where(Registration.event_id == event.id)


@ready(
    Phase.HACKING,
    done="People have registered.",
    many="Nobody has registered yet: share the link.",
    endpoint="events.settings",
)
def _people(event: Event) -> ColumnElement[int]:
    return unless(_has_people(event))


@ready(
    Phase.HACKING,
    done="Everybody has signed in once.",
    one="1 person has never signed in.",
    many="{n} people have never signed in.",
    endpoint="events.people_list",
    missing="yes",
)
def _signed_in(event: Event) -> ColumnElement[int]:
    roles = select(EventRoleGrant.person_id).where(EventRoleGrant.event_id == event.id)
    absent = select(Person.id).where(
        Person.id.in_(roles), Person.disabled_at.is_(None), ~has_signed_in()
    )
    return once(_has_people(event), count_of(absent))


def _has_agenda(event: Event) -> ColumnElement[bool]:
    return exists().where(AgendaItem.event_id == event.id)


@ready(
    Phase.HACKING,
    done="There is an agenda.",
    many="There is no agenda yet.",
    endpoint="events.agenda",
)
def _agenda(event: Event) -> ColumnElement[int]:
    return unless(_has_agenda(event))


@ready(
    Phase.HACKING,
    done="The agenda lies within the event.",
    one="1 line of the agenda lies outside the event: did its dates move?",
    many="{n} lines of the agenda lie outside the event: did its dates move?",
    endpoint="events.agenda",
)
def _outside(event: Event) -> ColumnElement[int]:
    outside = select(AgendaItem.id).where(
        AgendaItem.event_id == event.id,
        or_(
            AgendaItem.starts_at < event.starts_at - A_DAY,
            AgendaItem.starts_at > event.ends_at + A_DAY,
        ),
    )
    return once(_has_agenda(event), count_of(outside))
