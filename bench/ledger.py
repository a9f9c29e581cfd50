"""Postings and holds a second against bare inserts of the same run.

    .venv/bin/python bench/ledger.py [--url postgresql://...] [--count 300] [--threads 1]

Every figure is one transaction each, committed and durable. `--url` names an EMPTY database.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hackathon.app import create_app
from hackathon.credits.queries.ledger import wrong_balances
from hackathon.credits.service import budgets, grants, holds, spend, tokens
from hackathon.events.models import Event
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared import schema
from hackathon.shared.clock import now
from hackathon.shared.db import db, reading, transaction
from hackathon.shared.money import MICROS, Micros
from hackathon.shared.settings import read_settings
from hackathon.shared.web import act
from hackathon.teams.models import Team

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

START = datetime(2026, 1, 1, tzinfo=UTC)


def prepare() -> tuple[int, int, int]:
    """An event, a rich team and its token."""
    with transaction() as session:
        event = Event(
            slug="bench",
            name="Bench",
            quarter="2026-Q4",
            zone="UTC",
            starts_at=START,
            ends_at=now() + timedelta(days=9),
            last_day=START.date(),
            submissions_close_at=now() + timedelta(days=8),
            join_token="bench",  # noqa: S106 - nobody joins
            published_at=START,
        )
        session.add(event)
        session.flush()
        team = Team(event_id=event.id, name="Owls", name_key="owls", capacity=5)
        session.add(team)
        session.flush()
        session.execute(sa.text("CREATE TABLE bare (id INTEGER PRIMARY KEY, amount BIGINT)"))
        rich = Micros(5_000_000 * MICROS)
        budgets.fund(session, COMMAND_LINE, event_id=event.id, amount=rich)
        grants.grant(
            session, COMMAND_LINE, event_id=event.id, team_id=team.id, amount=rich, reason="All"
        )
        token, _ = tokens.make_token(
            session, COMMAND_LINE, event_id=event.id, team_id=team.id, name="Bench"
        )
        return event.id, team.id, token.id


def timed(
    app: Flask, count: int, threads: int, work: Callable[[int], object]
) -> tuple[float, float]:
    """Transactions a second, and the median of one in milliseconds."""
    took: list[float] = []

    def run(first: int) -> None:
        with app.app_context():
            for number in range(first, count, threads):
                begun = time.perf_counter()
                work(number)
                took.append(time.perf_counter() - begun)
            db.session.remove()

    begun = time.perf_counter()
    crowd = [threading.Thread(target=run, args=(first,)) for first in range(threads)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    return count / (time.perf_counter() - begun), statistics.median(took) * 1000


def main() -> None:
    """Measure and print one line each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--url", default="")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = read_settings(instance=folder, database_url=given.url, log_level="ERROR")
        app = create_app(settings)
        with app.app_context():
            schema.upgrade(db.engine)
            event_id, team_id, token_id = prepare()

        def bare(number: int) -> None:
            query = sa.text("INSERT INTO bare (id, amount) VALUES (:id, 7)")
            act(lambda session: session.execute(query, {"id": number}))

        def charge(number: int) -> None:
            act(
                lambda session: spend.record_charge(
                    session,
                    COMMAND_LINE,
                    event_id=event_id,
                    team_id=team_id,
                    source="AWS",
                    amount=Micros(7),
                    key=f"c{number}",
                )
            )

        def hold(number: int) -> None:
            act(
                lambda session: holds.make_hold(
                    session, token_id=token_id, key=f"h{number}", amount=Micros(7), source="Gate"
                )
            )

        base = 0.0
        for name, work in (("bare inserts", bare), ("charges", charge), ("holds", hold)):
            rate, median = timed(app, given.count, given.threads, work)
            base = base or rate
            print(
                f"{name:13} {rate:8.1f} a second, median {median:6.2f} ms, 1 : {base / rate:.1f}",
                flush=True,
            )
        with app.app_context():
            print("verify:", wrong_balances(reading()) or "everything fits")


if __name__ == "__main__":
    main()
