"""Races: of many grants at once exactly as many go through as fit, whatever their order."""

import threading
import time

import pytest
import sqlalchemy as sa
from make import cents, make_event, make_team

from hackathon.credits.models import Account, Entry
from hackathon.credits.queries.ledger import wrong_balances
from hackathon.credits.service import budgets, grants, plan, spend
from hackathon.events.models import Event
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.db import db, reading, transaction
from hackathon.shared.errors import Refusal
from hackathon.shared.facts import broken_links
from hackathon.shared.web import act


def race(app, jobs):
    """Run jobs at the same moment, at most 40 at a time; returns the words of refusals."""
    gate = threading.Semaphore(40)
    start = threading.Barrier(min(len(jobs), 40))
    words, crashes = [], []

    def run(number, job):
        with gate, app.app_context():
            if number < start.parties:
                start.wait()
            try:
                act(job)
            except Refusal as refusal:
                words.append(refusal.word)
            except Exception as error:  # noqa: BLE001 - reported below
                crashes.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(number, job)) for number, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert crashes == []
    return words


def balance(name):
    return reading().scalar(sa.select(Account.balance).filter_by(name=name))


@pytest.fixture
def teams(cast):
    """Twenty teams and a pool of $1,000."""
    with transaction() as session:
        budgets.fund(session, COMMAND_LINE, event_id=cast.event_id, amount=cents(1000))
        return [make_team(session, cast.event_id).id for _ in range(20)]


def test_line_42_of_200_grants_at_once_exactly_those_that_fit_go_through(database, cast, teams):
    def granting(number):
        return lambda session: grants.grant(
            session, COMMAND_LINE, event_id=cast.event_id, team_id=teams[number % 20],
            amount=cents(7), reason="At once", key=f"grant-{number}",
        )  # fmt: skip

    words = race(database, [granting(number) for number in range(200)])
    assert words == ["over_pool"] * (200 - 142)  # 1,000 / 7 = 142.86
    assert balance(f"pool:{cast.event_id}") == cents(6)
    assert reading().scalar(sa.select(sa.func.count(Entry.id)).filter_by(deed="grant")) == 142
    assert (wrong_balances(reading()), broken_links(reading())) == ([], [])


def test_edge_48_grants_of_two_currencies_at_once_fill_each_pool_by_itself(database, cast, teams):
    with transaction() as session:
        quarter = session.get(Event, cast.event_id).quarter
        more = {"session": session, "actor": COMMAND_LINE, "currency": "EUR"}
        plan.plan_budget(**more, quarter=quarter, amount=cents(2000))
        budgets.fund(**more, event_id=cast.event_id, amount=cents(300))

    def granting(number):
        unit = ("USD", "EUR")[number % 2]
        return lambda session: grants.grant(
            session, COMMAND_LINE, event_id=cast.event_id, team_id=teams[number % 3],
            amount=cents(17), reason="At once", key=f"grant-{number}", currency=unit,
        )  # fmt: skip

    words = race(database, [granting(number) for number in range(160)])
    fits = {"USD": 58, "EUR": 17}  # 1,000 / 17 = 58.8 and 300 / 17 = 17.6
    assert words == ["over_pool"] * (160 - sum(fits.values()))
    made = sa.select(Entry.currency, sa.func.count(Entry.id)).where(Entry.deed == "grant")
    assert dict(reading().execute(made.group_by(Entry.currency)).all()) == fits
    pools = [balance(f"pool:{cast.event_id}"), balance(f"pool:{cast.event_id}:EUR")]
    assert pools == [cents(14), cents(11)]
    assert (wrong_balances(reading()), broken_links(reading())) == ([], [])


def test_edge_48_the_first_grants_of_a_team_in_two_currencies_meet(database, cast, teams):
    with transaction() as session:
        quarter = session.get(Event, cast.event_id).quarter
        more = {"session": session, "actor": COMMAND_LINE, "currency": "EUR"}
        plan.plan_budget(**more, quarter=quarter, amount=cents(2000))
        budgets.fund(**more, event_id=cast.event_id, amount=cents(300))

    def granting(number):
        unit = ("USD", "EUR")[number % 2]
        return lambda session: grants.grant(
            session, COMMAND_LINE, event_id=cast.event_id, team_id=teams[number // 2],
            amount=cents(3), reason="At once", key=f"grant-{number}", currency=unit,
        )  # fmt: skip

    assert race(database, [granting(number) for number in range(40)]) == []
    assert [balance(f"available:{team}") for team in teams] == [cents(3)] * 20
    assert [balance(f"available:{team}:EUR") for team in teams] == [cents(3)] * 20
    assert wrong_balances(reading()) == []


def test_e9_doubled_requests_count_once_however_they_cross(database, cast, teams):
    def charging(number):
        return lambda session: spend.record_charge(
            session, COMMAND_LINE, event_id=cast.event_id, team_id=teams[number % 3],
            source="AWS", amount=cents(5), key=f"charge-{number}",
        )  # fmt: skip

    jobs = [charging(number) for number in range(30) for _ in range(2)]
    assert race(database, jobs) == []
    spent = [balance(f"spent:{team}") for team in teams[:3]]
    assert sum(spent) == cents(150)
    assert wrong_balances(reading()) == []


def test_one_key_for_two_requests_at_once_serves_one_of_them(database, cast, teams):
    def granting(number):
        return lambda session: grants.grant(
            session, COMMAND_LINE, event_id=cast.event_id, team_id=teams[number],
            amount=cents(1), reason="At once", key="the same",
        )  # fmt: skip

    assert race(database, [granting(number) for number in range(8)]) == ["key_reused"] * 7
    assert balance(f"pool:{cast.event_id}") == cents(999)


def test_a_key_that_another_request_is_just_using_is_refused(database, cast, teams):
    is_posted, may_commit = threading.Event(), threading.Event()

    def charge(session, team):
        spend.record_charge(
            session, COMMAND_LINE, event_id=cast.event_id, team_id=team, source="AWS",
            amount=cents(1), key="the same",
        )  # fmt: skip

    def first(session):
        charge(session, teams[0])
        is_posted.set()
        may_commit.wait(3)

    def second(session):
        charge(session, teams[1])

    def wait_and_let_go():
        is_posted.wait(3)
        time.sleep(0.3)  # the second waits at the key by now
        may_commit.set()

    def late(session):
        is_posted.wait(3)
        second(session)

    helper = threading.Thread(target=wait_and_let_go)
    helper.start()
    on_postgresql = db.engine.dialect.name == "postgresql"
    words = race(database, [first, late]) if on_postgresql else race(database, [first])
    words = words or race(database, [second])
    helper.join()
    assert words == ["key_reused"]
    assert [balance(f"spent:{team}") for team in teams[:2]] == [cents(1), None]


def test_events_of_a_quarter_that_fund_at_once_share_its_budget(database, cast):
    with transaction() as session:
        budgets.set_budget(session, COMMAND_LINE, event_id=cast.event_id, amount=cents(1000))
        events = [make_event(session).id for _ in range(6)]

    def funding(number):
        return lambda session: budgets.fund(
            session, COMMAND_LINE, event_id=events[number % 6], amount=cents(90)
        )

    words = race(database, [funding(number) for number in range(24)])
    assert words == ["over_budget"] * (24 - 11)
    assert wrong_balances(reading()) == []


def test_first_fundings_of_a_quarter_at_once_make_one_budget(database, cast):
    with transaction() as session:
        events = [make_event(session, quarter="2027-Q1").id for _ in range(6)]

    def funding(event_id):
        return lambda session: budgets.fund(
            session, COMMAND_LINE, event_id=event_id, amount=cents(100)
        )

    assert race(database, [funding(event_id) for event_id in events]) == ["over_budget"] * 5


def test_splits_grants_charges_and_returns_at_once_leave_the_ledger_whole(database, cast, teams):
    more = {"event_id": cast.event_id}

    def split(session):
        grants.split_pool(session, COMMAND_LINE, **more, amount=cents(200), reason="Equal")

    def charging(team):
        return lambda session: spend.record_charge(
            session, COMMAND_LINE, **more, team_id=team, source="AWS", amount=cents(12.5)
        )

    def returning(team):
        return lambda session: grants.give_back(session, COMMAND_LINE, **more, team_id=team)

    jobs = [split] * 4 + [charging(team) for team in teams] + [returning(team) for team in teams]
    assert set(race(database, jobs)) <= {"nothing_unused"}
    assert wrong_balances(reading()) == []
    assert reading().scalar(sa.select(sa.func.sum(Account.balance))) == 0
