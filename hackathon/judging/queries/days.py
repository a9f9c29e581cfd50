"""What the days of an event ask of judging: who its judges are, and whether it is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, or_, select

from hackathon.events.queries import has_signed_in
from hackathon.events.queries.announcements import reaches
from hackathon.events.queries.readiness import count_of, once, ready, unless
from hackathon.events.rules import Audience, Phase
from hackathon.judging.models import Round, Seat, Visit
from hackathon.judging.queries.conflicts import counts
from hackathon.judging.rules import MARKING, State
from hackathon.people.models import Person
from hackathon.projects.models import Project

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

    from hackathon.events.models import Event


@reaches(Audience.JUDGES)
def _judges(event: Event) -> Select[Any]:
    return (
        select(Seat.person_id)
        .join(Round, Round.id == Seat.round_id)
        .where(Round.event_id == event.id, Seat.removed_at.is_(None))
    )


def _living(event: Event) -> ColumnElement[bool]:
    """Rounds that are still to come to a result."""
    return and_(Round.event_id == event.id, Round.state != State.REVEALED)


@ready(
    Phase.HACKING,
    done="Criteria and weights are public.",
    many="The criteria are not public yet: teams should know how they are judged.",
    endpoint="judging.index",
)
def _public(event: Event) -> ColumnElement[int]:
    return unless(
        exists().where(
            Round.event_id == event.id,
            or_(Round.published_at.is_not(None), Round.opened_at.is_not(None)),
        )
    )


@ready(
    Phase.JUDGING,
    done="There is a rubric.",
    many="There is no rubric yet: make the round.",
    endpoint="judging.index",
)
def _rubric(event: Event) -> ColumnElement[int]:
    return unless(exists().where(Round.event_id == event.id))


@ready(
    Phase.JUDGING,
    done="Judges have seats.",
    many="Nobody has a seat as a judge yet.",
    endpoint="judging.index",
)
def _seats(event: Event) -> ColumnElement[int]:
    return unless(_judges(event).exists())


@ready(
    Phase.JUDGING,
    done="Every judge has signed in once.",
    one="1 judge has never signed in: print a card.",
    many="{n} judges have never signed in: print their cards.",
    endpoint="office.cards",
)
def _judges_in(event: Event) -> ColumnElement[int]:
    absent = select(Person.id).where(Person.id.in_(_judges(event)), ~has_signed_in())
    return once(_judges(event).exists(), count_of(absent))


@ready(
    Phase.RESULTS,
    done="Every sheet is in.",
    one="1 sheet is not in yet.",
    many="{n} sheets are not in yet.",
    endpoint="judging.index",
)
def _sheets(event: Event) -> ColumnElement[int]:
    visits = (
        select(Visit.id)
        .join(Round, Round.id == Visit.round_id)
        .join(Seat, Seat.id == Visit.seat_id)
        .join(Project, Project.id == Visit.project_id)
        .where(
            Round.event_id == event.id,
            Round.state.in_(sorted(MARKING)),
            Seat.removed_at.is_(None),
            counts(),
        )
    )
    return once(visits.exists(), count_of(visits.where(Visit.submitted_at.is_(None))))


@ready(
    Phase.RESULTS,
    done="The results are final.",
    many="The results are not final yet.",
    endpoint="judging.index",
)
def _final(event: Event) -> ColumnElement[int]:
    return unless(
        exists().where(_living(event), Round.state == State.FINALIZED)
        & ~exists().where(_living(event), Round.state.in_([*sorted(MARKING), State.FROZEN]))
    )
