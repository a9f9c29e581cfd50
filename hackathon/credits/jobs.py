"""What follows credits: who is told of grants, requests and levels; due holds; mapped accounts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import select

from hackathon.credits.models import BillRule, CreditRequest, Crossing, Entry
from hackathon.credits.queries.forecast import forecasts_of
from hackathon.credits.queries.holds import teams_with_due
from hackathon.credits.queries.ledger import currencies_of
from hackathon.credits.rules import CURRENCY, Deed
from hackathon.credits.service.alerts import leads_beyond, watch_forecasts
from hackathon.credits.service.bills.mapping import remap_account, remap_currency
from hackathon.credits.service.holds import expire_holds
from hackathon.events.models import Event
from hackathon.people.models import EventRoleGrant, Person, SiteRoleGrant
from hackathon.people.queries import people_by
from hackathon.people.rules import COMMAND_LINE, Role
from hackathon.shared.clock import now
from hackathon.shared.db import reading
from hackathon.shared.facts import note_texts
from hackathon.shared.jobs import every_minute, on_fact
from hackathon.shared.money import Micros, money
from hackathon.shared.notices import notify
from hackathon.shared.telling import Kind, Word, tell
from hackathon.shared.web import act
from hackathon.teams.models import Membership, Team

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hackathon.shared.facts import FactRow


def _said(fact: FactRow, what: str = "amount") -> str:
    """An amount of a fact, in the currency it names or the main one."""
    return money(Micros(fact.values[what]), fact.values.get("currency", CURRENCY))


@on_fact("credits:", "credits.granted")
def tell_of_grants(session: Session, fact: FactRow) -> None:
    """Every member reads how much the team got, and where to look."""
    event = session.get_one(Event, int(fact.stream.split(":")[1]))
    team = session.get_one(Team, int(fact.values["team"]))
    members = session.scalars(select(Membership.person_id).filter_by(team_id=team.id, left_at=None))
    amount = _said(fact)
    word = Word(
        kind=Kind.CREDITS,
        key=f"credits:{fact.values['entry']}",
        subject=f"{event.name}: credits for {team.name}",
        text=f"{team.name} got {amount} of credits.",
        link=f"/events/{event.slug}/credits/teams/{team.id}",
        by_mail=not event.is_rehearsal,
    )
    tell(session, people_by(session, members.all()), word)


@on_fact("credits:", "entry.reversed")
def tell_of_reversals(session: Session, fact: FactRow) -> None:
    """Members read which sum was taken back or given again, and why."""
    if fact.values["team"] is None:
        return
    event, team, link = _place(session, fact)
    note_id = int(fact.values["reason"]["note"])
    why = note_texts(session, [note_id]).get(note_id, "")
    amount = _said(fact)
    members = session.scalars(select(Membership.person_id).filter_by(team_id=team.id, left_at=None))
    word = Word(
        kind=Kind.CREDITS,
        key=f"reversal:{fact.values['entry']}",
        subject=f"{event.name}: credits of {team.name}",
        text=f"An entry of {amount} in the credits of {team.name} was reversed. Why: {why}",
        link=link,
        by_mail=not event.is_rehearsal,
    )
    tell(session, people_by(session, members.all()), word)


@on_fact("credits:", "access.described")
def remap_bills(session: Session, fact: FactRow) -> None:
    """Costs of the account a team was given reach it without another import."""
    accounts = session.scalars(
        select(BillRule.value).where(
            BillRule.team_id == int(fact.values["team"]),
            BillRule.source_id.is_(None),
        )
    ).all()
    if accounts:
        remap_account(session, COMMAND_LINE, accounts)


@on_fact("credits:", "credits.granted")
def remap_granted(session: Session, fact: FactRow) -> None:
    """Costs in a currency that a team has credits in now are booked in it."""
    _remap_currency(session, fact, int(fact.values["entry"]))


@on_fact("credits:", "entry.reversed")
def remap_reversed(session: Session, fact: FactRow) -> None:
    """Costs in a currency that a team has no credits in any more are not booked in it."""
    _remap_currency(session, fact, int(fact.values["reverses"]))


def _remap_currency(session: Session, fact: FactRow, grant_id: int) -> None:
    team, unit = fact.values["team"], fact.values.get("currency", CURRENCY)
    if unit == CURRENCY or team is None:
        return
    if session.get_one(Entry, grant_id).deed == Deed.GRANT:
        remap_currency(session, COMMAND_LINE, team_id=team, currency=unit, grant_id=grant_id)


def _place(session: Session, fact: FactRow) -> tuple[Event, Team, str]:
    event = session.get_one(Event, int(fact.stream.split(":")[1]))
    team = session.get_one(Team, int(fact.values["team"]))
    return event, team, f"/events/{event.slug}/credits/teams/{team.id}"


def _organizers(session: Session, event_id: int, *, and_leads: bool = False) -> set[int]:
    found = set(
        session.scalars(
            select(EventRoleGrant.person_id).filter_by(event_id=event_id, role=Role.ORGANIZER)
        )
    )
    if and_leads or not found:
        found |= set(session.scalars(select(SiteRoleGrant.person_id)))
    return found


@on_fact("credits:", "request.asked")
def tell_of_requests(session: Session, fact: FactRow) -> None:
    """Organizers read who asks for how much; who asked does not."""
    event, team, _ = _place(session, fact)
    for person_id in sorted(_organizers(session, event.id) - {fact.actor_id or 0}):
        notify(
            session,
            person_id=person_id,
            key=f"request:{fact.values['request']}",
            text=f"{team.name} asks for {_said(fact)} of credits.",
            link=f"/events/{event.slug}/credits/requests",
        )


@on_fact("credits:", "request.agreed")
def ask_a_second(session: Session, fact: FactRow) -> None:
    """The other organizers, program leads and administrators read that a second has to agree."""
    event, team, _ = _place(session, fact)
    found = session.get_one(CreditRequest, int(fact.values["request"]))
    people = _organizers(session, event.id, and_leads=True) - {fact.actor_id or 0}
    for person_id in sorted(people - {found.asked_by_id or 0}):
        notify(
            session,
            person_id=person_id,
            key=f"request-second:{found.id}",
            text=f"{team.name}: {_said(fact)} of credits need a second yes.",
            link=f"/events/{event.slug}/credits/requests",
        )


def _tell_who_asked(session: Session, fact: FactRow, said: str) -> None:
    _, team, link = _place(session, fact)
    found = session.get_one(CreditRequest, int(fact.values["request"]))
    if found.asked_by_id is None:
        return
    notify(
        session,
        person_id=found.asked_by_id,
        key=f"request-answer:{found.id}",
        text=f"{team.name}: your request for {money(found.amount, found.currency)} {said}.",
        link=link,
    )


@on_fact("credits:", "request.granted")
def tell_of_answers(session: Session, fact: FactRow) -> None:
    """Who asked reads how much was granted."""
    _tell_who_asked(session, fact, f"got {_said(fact)}")


@on_fact("credits:", "request.refused")
def tell_of_refusals(session: Session, fact: FactRow) -> None:
    """Who asked reads that it was refused; the reason stands on the statement."""
    _tell_who_asked(session, fact, "was refused; the statement says why")


BASES = {"spent": "has used", "committed": "has used or holds", "forecast": "is on its way to"}


@on_fact("credits:", "limit.crossed")
def tell_of_levels(session: Session, fact: FactRow) -> None:
    """Members and organizers read once, by notice and mail, which level was reached."""
    event, team, link = _place(session, fact)
    crossing = session.get_one(Crossing, int(fact.values["crossing"]))
    said = (
        f"{team.name} {BASES[crossing.basis]} {crossing.threshold // 100} % of its credits: "
        f"{_said(fact, 'spent')} used"
    )
    if fact.values["held"]:
        said += f", {_said(fact, 'held')} held"
    said += f", {_said(fact, 'granted')} granted."
    members = session.scalars(select(Membership.person_id).filter_by(team_id=team.id, left_at=None))
    people = {*members, *_organizers(session, event.id)}
    word = Word(
        kind=Kind.CREDITS,
        key=f"crossing:{crossing.id}",
        subject=f"{event.name}: credits of {team.name}",
        text=said,
        link=link,
        by_mail=not event.is_rehearsal,
    )
    tell(session, people_by(session, people), word)


STATES = {
    "open": "opened its credits again",
    "paused": "paused its credits: no new holds",
    "settling": "lets its credits settle: no new holds",
    "closed": "closed its credits; what was unused is back in the pool",
}


@on_fact("credits:", "state.changed")
def tell_of_states(session: Session, fact: FactRow) -> None:
    """Members read who paused, opened or closed their credits; the statement says why."""
    _, team, link = _place(session, fact)
    by = session.get(Person, fact.actor_id) if fact.actor_id is not None else None
    said = f"{team.name}: {by.name if by else 'The command line'} {STATES[fact.values['state']]}."
    members = session.scalars(select(Membership.person_id).filter_by(team_id=team.id, left_at=None))
    for person_id in members.all():
        notify(
            session,
            person_id=person_id,
            key=f"state:{fact.position}",
            text=f"{said} The statement says why.",
            link=link,
        )


@every_minute
def end_due_holds() -> None:
    """Holds whose time is over end; a hold being made or captured meanwhile looks itself."""
    for team_id in teams_with_due(reading(), now()):
        act(partial(expire_holds, team_id=team_id))


@every_minute
def look_ahead() -> None:
    """Levels that the forecasts of running events reach."""
    moment = now()
    running = select(Event).where(Event.starts_at <= moment, Event.ends_at > moment)
    for event in list(reading().scalars(running)):
        for unit in currencies_of(reading(), event):
            if any(leads_beyond(row) for row in forecasts_of(reading(), event, currency=unit)):
                act(partial(watch_forecasts, event_id=event.id, currency=unit))
