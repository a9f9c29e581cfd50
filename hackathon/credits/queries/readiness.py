"""What credits know of an event's readiness: whether there is money for its teams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists

from hackathon.credits.models import Account
from hackathon.credits.rules import Kind
from hackathon.events.queries.readiness import ready, unless
from hackathon.events.rules import Phase

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from hackathon.events.models import Event


@ready(
    Phase.HACKING,
    done="The pool is funded.",
    many="The pool is empty: no team can get credits.",
    endpoint="credits.pool",
)
def _funded(event: Event) -> ColumnElement[int]:
    has_money = exists().where(
        Account.event_id == event.id,
        Account.kind.in_([Kind.POOL, Kind.AVAILABLE]),
        Account.balance > 0,
    )
    return unless(has_money)
