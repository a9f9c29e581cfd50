"""`hackathon events`: list events, move phases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hackathon.events import queries, service
from hackathon.events.queries.readiness import readiness_of
from hackathon.events.rules import Phase, phase_at
from hackathon.people.access import acting
from hackathon.shared.clock import now, utc_text
from hackathon.shared.db import reading
from hackathon.shared.terminal import Commands, as_json, print_json, print_table
from hackathon.shared.web import act

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@click.group("events", cls=Commands)
def events() -> None:
    """Look after events."""


@events.command("list")
@as_json
def list_events(as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """List all events."""
    found = queries.events_for(reading(), acting(reading()))
    if as_json:
        print_json(
            [
                {
                    "slug": row.event.slug,
                    "name": row.event.name,
                    "quarter": row.event.quarter,
                    "phase": row.phase.value,
                    "starts_at": utc_text(row.event.starts_at),
                    "people": row.people,
                }
                for row in found
            ]
        )
        return
    print_table(
        ["slug", "name", "quarter", "phase", "people"],
        [
            (row.event.slug, row.event.name, row.event.quarter, row.phase.value, row.people)
            for row in found
        ],
    )


@events.command("phase")
@click.argument("slug")
@click.argument("phase", type=click.Choice([phase.value for phase in Phase]))
@click.option("--reason", required=True, help="Why; people of the event can read it.")
def phase(slug: str, phase: str, reason: str) -> None:
    """Move an event to a phase."""

    def work(session: Session) -> list[str]:
        actor = acting(session)
        event, moves, _ = queries.find_place(session, actor, slug)
        present = phase_at(queries.schedule_of(event), moves, now())
        found = readiness_of(session, event, present, Phase(phase))
        service.move_phase(session, actor, event_id=event.id, phase=Phase(phase), reason=reason)
        return [point.text for point in found.open] if found else []

    for text in act(work):
        click.echo(f"Still open: {text}", err=True)
    click.echo(f"{slug} is now in phase {phase}.")
