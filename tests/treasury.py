"""Deeds of Olga's on the credits of the event q4, in dollars; for the tests of credits."""

from make import cents

from hackathon.credits.queries.board import board_of
from hackathon.credits.queries.lines import team_line
from hackathon.credits.rules import State
from hackathon.credits.service import (
    grants,
    holds,
    requests,
    reversals,
    spend,
    states,
    tokens,
)
from hackathon.events.models import Event
from hackathon.people.access import load_actor
from hackathon.shared.db import reading, transaction


def do(verb, player, **more):
    with transaction() as session:
        return verb(session, load_actor(session, player.id), **more)


def board(event_id, currency="USD"):
    return board_of(reading(), reading().get(Event, event_id), currency)


def give(cast, team_id, amount, **more):
    return do(
        grants.grant, cast.olga, event_id=cast.event_id, team_id=team_id, amount=cents(amount),
        reason="GPU hours", **more,
    )  # fmt: skip


def bill(cast, team_id, amount, clock, **more):
    return do(
        spend.record_charge, cast.olga, event_id=cast.event_id, team_id=team_id,
        **{"source": "AWS", "amount": cents(amount), "through": clock.moment} | more,
    )  # fmt: skip


def see(cast, team_id, total, seen_at, **more):
    return do(
        spend.record_reading, cast.olga, event_id=cast.event_id, team_id=team_id,
        **{"source": "AWS", "total": cents(total), "seen_at": seen_at} | more,
    )  # fmt: skip


def line(cast, team_id, currency="USD"):
    return team_line(reading(), cast.event_id, team_id, currency)


def reverse(cast, entry, **more):
    return do(
        reversals.reverse_entry, cast.olga, event_id=cast.event_id, entry_id=entry.id,
        reason="A mistake", **more,
    )  # fmt: skip


# --- holds and requests -----------------------------------------------------------


def token(cast, team_id):
    """A token of a team, by Olga: its id and its text."""
    made, shown = do(
        tokens.make_token, cast.olga, event_id=cast.event_id, team_id=team_id, name="Trainer"
    )
    return made.id, shown


def hold(token_id, amount, key="a", **more):
    """Hold dollars with a token; the hold and whether it was there."""
    with transaction() as session:
        return holds.make_hold(
            session, token_id=token_id, key=key, amount=cents(amount),
            **{"source": "AWS", "purpose": "Train"} | more,
        )  # fmt: skip


def capture(token_id, hold_id, amount, **more):
    with transaction() as session:
        return holds.capture(
            session, token_id=token_id, hold_id=hold_id, amount=cents(amount), **more
        )


def void(token_id, hold_id):
    with transaction() as session:
        return holds.void(session, token_id=token_id, hold_id=hold_id)


def set_state(cast, team_id, state, **more):
    return do(
        states.set_state, cast.olga, event_id=cast.event_id, team_id=team_id, state=State(state),
        **{"reason": "It is time"} | more,
    )  # fmt: skip


def ask(cast, team_id, amount, player=None, **more):
    return do(
        requests.ask, player or cast.paul, event_id=cast.event_id, team_id=team_id,
        amount=cents(amount), **{"kind": "gpu", "reason": "Two more runs"} | more,
    )  # fmt: skip


def approve(cast, found, amount, player=None, **more):
    return do(
        requests.approve, player or cast.olga, event_id=cast.event_id, request_id=found.id,
        amount=cents(amount), **{"two_above": cents(500)} | more,
    )  # fmt: skip
