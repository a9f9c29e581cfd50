"""The organizer's board: quarter, pool, a bar a team; fund, grant, split, read, charge."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from flask import flash, redirect, render_template, request, url_for

from hackathon.credits.forms import (
    BudgetForm,
    CarryForm,
    ChargeForm,
    CloseForm,
    FundForm,
    GrantForm,
    Priced,
    ReadingForm,
    SplitForm,
)
from hackathon.credits.queries.board import alarms_of, board_in, board_of, boards_of, sentence
from hackathon.credits.queries.forecast import forecasts_of
from hackathon.credits.queries.ledger import charged_by_source
from hackathon.credits.queries.lines import lines_of
from hackathon.credits.queries.requests import waiting_count
from hackathon.credits.routes.blueprint import blueprint, mark, own_team, unit_of
from hackathon.credits.rules import CURRENCY, USUAL_BUDGET, State
from hackathon.credits.service import budgets, grants, plan, spend, states
from hackathon.credits.service.bills.share import cents_of
from hackathon.credits.service.ledger import named
from hackathon.events.access import here
from hackathon.events.rules import local_instant
from hackathon.people.access import MEMBER, ORGANIZER, current_actor, requires
from hackathon.shared.clock import utc_text
from hackathon.shared.db import reading
from hackathon.shared.money import CENT, money, number, parse_money, parse_part
from hackathon.shared.web import csv_answer, form_key, see, submit

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from hackathon.credits.models import Entry
    from hackathon.people.rules import Actor
    from hackathon.shared.web import Form

T = TypeVar("T")
FORMS: dict[str, type[Form]] = {
    "budget": BudgetForm,
    "fund": FundForm,
    "grant": GrantForm,
    "split": SplitForm,
    "reading": ReadingForm,
    "charge": ChargeForm,
    "close": CloseForm,
    "carry": CarryForm,
}


@blueprint.get("/events/<slug>/credits")
@requires(MEMBER)
def index(slug: str) -> ResponseReturnValue:
    """The board for organizers; others are led to their own team's statement."""
    place = here(slug)
    if place.organizes:
        return _page(slug)
    mine = own_team(place)
    if mine is not None:
        other = unit_of() if unit_of() != CURRENCY else None
        return redirect(url_for(".statement", slug=slug, team_id=mine.id, currency=other))
    return render_template("credits/none.html", here=place)


def _page(slug: str, word: str = "", form: Form | None = None) -> str:
    place = here(slug)
    typed = form.data.get("currency") if form is not None else None
    boards = boards_of(reading(), place.event)
    board = board_in(boards, typed or unit_of())
    chosen = request.args.get("team", type=int)
    forms: dict[str, Form] = {
        name: kind(data={"team": chosen} if name in {"grant", "reading", "charge"} else None)
        for name, kind in FORMS.items()
    }
    if form is not None:
        forms[word] = form
    for one in forms.values():
        if isinstance(one, Priced):
            one.of(board.currency)
    return render_template(
        "credits/board.html",
        here=place,
        board=board,
        leads={
            row.line.team_id: row
            for row in forecasts_of(reading(), place.event, board.rows, board.currency)
        },
        sentence=sentence(board),
        alarms=alarms_of(boards, board.currency),
        waiting=waiting_count(reading(), place.event.id),
        unit=named(board.currency),
        usual=USUAL_BUDGET,
        is_over=place.now >= place.event.ends_at,
        forms=forms,
        opened=word or request.args.get("open", "" if board.funded else "fund"),
    )


def _post(
    slug: str, word: str, work: Callable[[Session, Actor, Any], T], say: Callable[[T], str]
) -> ResponseReturnValue:
    """Validate a form, run `work` in a transaction, go back to the board."""
    form = FORMS[word](request.form)

    def run(session: Session) -> tuple[T]:
        return (work(session, current_actor(session), form.values()),)

    done = submit(form, run)
    if done is None:
        return _page(slug, word, form), form.status
    flash(say(done[0]))
    return see(".index", slug=slug, **named(form.data.get("currency") or CURRENCY))


def moment_of(slug: str, text: str, field: str) -> datetime | None:
    """A local time of the event as typed; nothing means now."""
    if not text.strip():
        return None
    return local_instant(text.strip(), here(slug).event.zone, field=field)


@blueprint.post("/events/<slug>/credits/budget")
@requires(ORGANIZER)
def set_budget(slug: str) -> ResponseReturnValue:
    """Set the quarter's budget."""
    event_id = here(slug).event.id
    return _post(
        slug,
        "budget",
        lambda session, actor, typed: budgets.set_budget(
            session,
            actor,
            event_id=event_id,
            amount=parse_money(typed["amount"], currency=typed["currency"]),
            currency=typed["currency"],
        ),
        lambda warning: f"The budget is set. {warning}".strip(),
    )


@blueprint.post("/events/<slug>/credits/fund")
@requires(ORGANIZER)
def fund(slug: str) -> ResponseReturnValue:
    """Fund the pool out of the quarter."""
    event_id, key = here(slug).event.id, form_key()
    return _post(
        slug,
        "fund",
        lambda session, actor, typed: budgets.fund(
            session,
            actor,
            event_id=event_id,
            amount=parse_money(typed["amount"], currency=typed["currency"]),
            key=key,
            currency=typed["currency"],
        ),
        lambda entry: f"The pool has {money(entry.amount, entry.currency)} more.",
    )


@blueprint.post("/events/<slug>/credits/grants")
@requires(ORGANIZER)
def grant(slug: str) -> ResponseReturnValue:
    """Give a team credits."""
    event_id, key = here(slug).event.id, form_key()
    return _post(
        slug,
        "grant",
        lambda session, actor, typed: grants.grant(
            session,
            actor,
            event_id=event_id,
            team_id=typed["team"],
            amount=parse_money(typed["amount"], currency=typed["currency"]),
            reason=typed["reason"],
            key=key,
            currency=typed["currency"],
        ),
        lambda entry: f"{money(entry.amount, entry.currency)} granted.",
    )


@blueprint.post("/events/<slug>/credits/split")
@requires(ORGANIZER)
def split(slug: str) -> ResponseReturnValue:
    """Split the pool, or a part of it, equally among the teams."""
    event_id, key = here(slug).event.id, form_key()
    return _post(
        slug,
        "split",
        lambda session, actor, typed: grants.split_pool(
            session,
            actor,
            event_id=event_id,
            amount=parse_part(typed["amount"], currency=typed["currency"]),
            reason=typed["reason"],
            key=key,
            currency=typed["currency"],
            by_member=typed["by"] == "member",
        ),
        _split_words,
    )


def _split_words(made: list[Entry]) -> str:
    teams = "1 team" if len(made) == 1 else f"{len(made)} teams"
    unit = made[0].currency
    least, most = min(row.amount for row in made), max(row.amount for row in made)
    if most - least > CENT:
        return f"{teams} got {money(least, unit)} to {money(most, unit)}."
    more = "" if most == least else " or a cent more"
    return f"{teams} got {money(least, unit)}{more}{'' if len(made) == 1 else ' each'}."


@blueprint.post("/events/<slug>/credits/readings")
@requires(ORGANIZER)
def read(slug: str) -> ResponseReturnValue:
    """Record what a console shows."""
    event_id, key = here(slug).event.id, form_key()
    return _post(
        slug,
        "reading",
        lambda session, actor, typed: spend.record_reading(
            session,
            actor,
            event_id=event_id,
            team_id=typed["team"],
            source=typed["source"],
            total=parse_money(typed["total"], "total", signed=True, currency=typed["currency"]),
            seen_at=moment_of(slug, typed["seen_at"], "seen_at"),
            key=key,
            currency=typed["currency"],
        ),
        lambda row: f"{row.source} shows {money(row.total, row.currency)} so far; recorded.",
    )


@blueprint.post("/events/<slug>/credits/charges")
@requires(ORGANIZER)
def charge(slug: str) -> ResponseReturnValue:
    """Book a final charge."""
    event_id, key = here(slug).event.id, form_key()
    return _post(
        slug,
        "charge",
        lambda session, actor, typed: spend.record_charge(
            session,
            actor,
            event_id=event_id,
            team_id=typed["team"],
            source=typed["source"],
            amount=parse_money(typed["amount"], currency=typed["currency"]),
            through=moment_of(slug, typed["through"], "through"),
            reason=typed["reason"],
            key=key,
            currency=typed["currency"],
        ),
        lambda entry: f"{money(entry.amount, entry.currency)} charged.",
    )


@blueprint.get("/events/<slug>/credits/board.csv")
@requires(ORGANIZER)
def as_csv(slug: str) -> ResponseReturnValue:
    """The board as a file; amounts in exact dollars, empty where there is no data."""
    place = here(slug)
    board = board_of(reading(), place.event, unit_of())
    return csv_answer(
        f"{place.event.slug}-credits{mark(board.currency)}.csv",
        [
            "team",
            "granted",
            "used",
            "charged",
            "overrun",
            "left",
            "data through",
            "final",
            "held",
            "state",
        ],
        [
            (
                row.name,
                number(row.granted),
                number(row.used) if row.is_known else None,
                number(row.balances.spent),
                number(row.balances.owed),
                number(row.rest),
                utc_text(row.fresh.through) if row.fresh.through is not None else None,
                "yes" if row.fresh.is_final else "no",
                number(row.held),
                row.state,
            )
            for row in board.rows
        ],
    )


@blueprint.get("/events/<slug>/credits/chargeback.csv")
@requires(ORGANIZER)
def event_chargeback(slug: str) -> ResponseReturnValue:
    """What is booked on teams, a line a team and source, in whole cents that add up."""
    place = here(slug)
    unit = unit_of()
    rows = charged_by_source(reading(), place.event.id, unit)
    amounts = [number(row.amount) for row in rows]
    cents = cents_of(amounts)
    lines: list[tuple[object, ...]] = [
        (row.team, row.source, cent, amount, unit)
        for row, cent, amount in zip(rows, cents, amounts, strict=True)
    ]
    lines.append(("(total)", "", sum(cents, Decimal(0)), sum(amounts, Decimal(0)), unit))
    return csv_answer(
        f"{place.event.slug}-chargeback{mark(unit)}.csv",
        ["team", "source", "cents rounded", "exact", "currency"],
        lines,
    )


@blueprint.post("/events/<slug>/credits/close")
@requires(ORGANIZER)
def close_all(slug: str) -> ResponseReturnValue:
    """Close the credits of every team that has no open reading; the rest returns to the pool."""
    place = here(slug)
    event_id = place.event.id
    form = CloseForm(request.form)
    lines = lines_of(reading(), event_id)
    known = {row.team_id: row for each in lines.values() for row in each}
    rows = [row for row in known.values() if row.state is not State.CLOSED]
    unread = {row.team_id for each in lines.values() for row in each if row.fresh.read}
    waiting = [row.name for row in rows if row.team_id in unread]

    def close(team_id: int) -> Callable[[Session], State]:
        return lambda session: states.set_state(
            session,
            current_actor(session),
            event_id=event_id,
            team_id=team_id,
            state=State.CLOSED,
            reason=form.values()["reason"],
        )

    count = 0
    for row in rows:  # a transaction each: what is closed stays closed whatever comes after
        if row.team_id in unread:
            continue
        if submit(form, close(row.team_id)) is None:
            return _page(slug, "close", form), form.status
        count += 1
    said = f"{count} team{'' if count == 1 else 's'} closed."
    if waiting:
        said += f" Readings without a charge keep open: {', '.join(waiting[:5])}."
    flash(said)
    return see(".index", slug=slug)


@blueprint.post("/events/<slug>/credits/carry")
@requires(ORGANIZER)
def carry(slug: str) -> ResponseReturnValue:
    """Carry the pool's rest over to the next quarter."""
    event_id, key = here(slug).event.id, form_key()
    return _post(
        slug,
        "carry",
        lambda session, actor, typed: (
            plan.carry_over(
                session,
                actor,
                event_id=event_id,
                amount=parse_part(typed["amount"], currency=typed["currency"]),
                reason=typed["reason"],
                key=key,
                currency=typed["currency"],
            ),
            typed["currency"],
        ),
        lambda done: f"{money(done[0].amount, done[1])} carried over to the next quarter.",
    )
