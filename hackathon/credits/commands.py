"""`hackathon credits`: grant credits, print the board."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from sqlalchemy import select

from hackathon.credits.queries.board import boards_of
from hackathon.credits.queries.lines import rest_text
from hackathon.credits.rules import CURRENCY, check_currency
from hackathon.credits.service import grants
from hackathon.events.queries import find_event
from hackathon.people.access import acting
from hackathon.people.rules import check_organizes, fold_name
from hackathon.shared.clock import utc_text
from hackathon.shared.db import reading
from hackathon.shared.errors import NotFound
from hackathon.shared.money import exact, money, parse_money
from hackathon.shared.terminal import Commands, as_json, print_json, print_table
from hackathon.shared.web import act
from hackathon.teams.models import Team

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.credits.queries.board import Board


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
@click.option("--currency", default=CURRENCY, help="Of which pool; dollars without it.")
def grant(slug: str, team: str, amount: str, reason: str, key: str, currency: str) -> None:
    """Give the TEAM of event SLUG an AMOUNT of dollars, or of another currency, out of the pool."""
    unit = check_currency(currency)
    micros = parse_money(amount, currency=unit)

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
            currency=unit,
        )
        return found.name

    click.echo(f"{act(work)} has {money(micros, unit)} more.")


@credits_.command("board")
@click.argument("slug")
@as_json
def board(slug: str, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Print quarter, pool and every team of event SLUG, currency by currency."""
    session = reading()
    actor = acting(session)
    event = find_event(session, actor, slug)
    check_organizes(actor, event.id)
    main, *others = boards_of(session, event).values()
    if as_json:
        more = {"others": [_as_json(one) for one in others]} if others else {}
        print_json({**_as_json(main), **more})
        return
    for one in (main, *others):
        _print(one)


def _as_json(found: Board) -> dict[str, object]:
    return {
        "quarter": found.quarter,
        "currency": found.currency,
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


def _print(found: Board) -> None:
    unit = found.currency
    click.echo(
        f"{found.quarter}: {money(found.in_pools, unit)} of {money(found.budget, unit)} in pools; "
        f"this pool holds {money(found.pool, unit)}."
    )
    print_table(
        ["team", "granted", "used", "left", "data through"],
        [
            (
                row.name,
                money(row.granted, unit),
                money(row.used, unit) if row.is_known else "no data yet",
                rest_text(row, money),
                utc_text(row.fresh.through) if row.fresh.through else "-",
            )
            for row in found.rows
        ],
    )
