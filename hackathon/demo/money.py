"""The credits of the demo: budgets, grants with their way in, readings, final charges."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hackathon.credits.service import budgets, grants, requests, spend
from hackathon.shared.money import Micros

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from hackathon.people.rules import Actor

DOLLAR = 1_000_000
BUDGET = Micros(4_000 * DOLLAR)
CONSOLE = "Cloud console"
HOW = "Sign in with the company account and choose the project named here; keys last until the end."

PAST_USE = (412, 348, 297, 560, 141, 373, 455)
"""Dollars each team of a past event used in the end; one is above its grant."""
PRESENT_USE = (118, 64, None, 201, 12, 87, 243, 0, 155, None, 31, 92, 276)
"""Dollars that consoles show now; None: nobody has looked yet."""


EARLIER = ((9, 30), (6, 55), (3, 80), (0, 100))
"""Hours ago, and the percent of today's figure that was seen then."""


def fund_event(session: Session, actor: Actor, event_id: int, grant: int, teams: int) -> None:
    """The quarter's budget, the pool, an equal grant for each team; grants in dollars."""
    budgets.set_budget(session, actor, event_id=event_id, amount=BUDGET)
    total = Micros(grant * teams * DOLLAR)
    budgets.fund(session, actor, event_id=event_id, amount=Micros(total + 300 * DOLLAR))
    grants.split_pool(
        session, actor, event_id=event_id, amount=total, reason="The same for every team"
    )


def open_doors(session: Session, actor: Actor, event_id: int, teams: Sequence[int]) -> None:
    """Where each team spends its credits, and how to get in."""
    for number, team_id in enumerate(teams, 1):
        grants.describe_access(
            session,
            actor,
            event_id=event_id,
            team_id=team_id,
            sub_account=f"hackathon-team-{number:02}",
            how=HOW,
            link="https://cloud.example.com/console",
            until=None,
        )


def settle(session: Session, actor: Actor, event_id: int, teams: Sequence[int]) -> None:
    """A past event's final charges; what is left goes back to the pool."""
    for team_id, used in zip(teams, PAST_USE, strict=False):
        spend.record_charge(
            session,
            actor,
            event_id=event_id,
            team_id=team_id,
            source=CONSOLE,
            amount=Micros(used * DOLLAR + 370_000),
            reason="The month's invoice",
        )
    for team_id, used in zip(teams, PAST_USE, strict=False):
        if used < 520:  # noqa: PLR2004 - the grant of a past event
            grants.give_back(session, actor, event_id=event_id, team_id=team_id, reason="Unused")


def read_consoles(
    session: Session, actor: Actor, event_id: int, teams: Sequence[int], seen_at: datetime
) -> None:
    """What the consoles show while the event runs."""
    for number, (team_id, used) in enumerate(zip(teams, PRESENT_USE, strict=False)):
        if used is None:
            continue
        for hours, percent in EARLIER:
            spend.record_reading(
                session,
                actor,
                event_id=event_id,
                team_id=team_id,
                source=CONSOLE,
                total=Micros(used * DOLLAR * percent // 100 + (250_000 if used else 0)),
                seen_at=seen_at - timedelta(hours=hours, minutes=7 * number),
            )


def ask_for_more(session: Session, actor: Actor, event_id: int, team_id: int) -> None:
    """A team wants more than it got; nobody has decided yet."""
    requests.ask(
        session,
        actor,
        event_id=event_id,
        team_id=team_id,
        amount=Micros(90 * DOLLAR),
        kind="gpu",
        reason="One more training run before the pitch; the first one diverged.",
    )
