"""`hackathon credits`: grant credits, print the board."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from sqlalchemy import select

from hackathon.credits.queries.board import board_of, rest_text
from hackathon.credits.rules import CURRENCY
from hackathon.credits.service import grants
from hackathon.events.queries import find_event
from hackathon.people.access import acting
from hackathon.people.rules import check_organizes, fold_name
from hackathon.shared.clock import utc_text
from hackathon.shared.db import reading
from hackathon.shared.errors import NotFound
from hackathon.shared.money import dollars, exact, money, parse_dollars
from hackathon.shared.terminal import Commands, as_json, print_json, print_table
from hackathon.shared.web import act
from hackathon.teams.models import Team

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@click.group("credits", cls=Commands)
def credits_() -> None:
    """Look after credits."""


def _team_named(session: Session, event_id: int, team: str) -> Team:
    """A team by its name.

    Raises:
        NotFound: the event has no team of that name.
    """
    query = select(Team).filter_by(event_id=event_id, name_key=fold_name(team))
    found = session.scalar(query)
    if found is None:
        raise NotFound("no_such_team", f"This event has no team named {team}; nothing was granted.")
    return found


@credits_.command("grant")
@click.argument("slug")
@click.argument("team")
@click.argument("amount")
@click.option("--reason", required=True, help="Why; the team can read it.")
@click.option("--key", default="", help="The same key again grants nothing more.")
def grant(slug: str, team: str, amount: str, reason: str, key: str) -> None:
    """Give the TEAM of event SLUG an AMOUNT of dollars out of the pool."""
    micros = parse_dollars(amount)

    def work(session: Session) -> str:
        actor = acting(session)
        event = find_event(session, actor, slug)
        found = _team_named(session, event.id, team)
        grants.grant(
            session,
            actor,
            event_id=event.id,
            team_id=found.id,
            amount=micros,
            reason=reason,
            key=key,
        )
        return found.name

    click.echo(f"{act(work)} has {dollars(micros)} more.")


@credits_.command("board")
@click.argument("slug")
@as_json
def board(slug: str, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Print quarter, pool and every team of event SLUG."""
    session = reading()
    actor = acting(session)
    event = find_event(session, actor, slug)
    check_organizes(actor, event.id)
    found = board_of(session, event)
    if as_json:
        print_json(
            {
                "quarter": found.quarter,
                "currency": CURRENCY,
                "budget": exact(found.budget),
                "in_pools": exact(found.in_pools),
                "pool": exact(found.pool),
                "teams": [
                    {
                        "team": row.name,
                        "granted": exact(row.granted),
                        "used": exact(row.used) if row.is_known else None,
                        "left": exact(row.rest),
                        "data_through": utc_text(row.fresh.through) if row.fresh.through else None,
                    }
                    for row in found.rows
                ],
            }
        )
        return
    click.echo(
        f"{found.quarter}: {dollars(found.in_pools)} of {dollars(found.budget)} in pools; "
        f"this pool holds {dollars(found.pool)}."
    )
    print_table(
        ["team", "granted", "used", "left", "data through"],
        [
            (
                row.name,
                dollars(row.granted),
                dollars(row.used) if row.is_known else "no data yet",
                rest_text(row, money),
                utc_text(row.fresh.through) if row.fresh.through else "-",
            )
            for row in found.rows
        ],
    )
