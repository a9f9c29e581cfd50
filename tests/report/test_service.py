"""A report comes from the history as of a day; what is signed stays as it is."""

import json
import threading
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from backlog.scene import do, promote_first, proposal
from make import make_participant

from hackathon.backlog.rules import Given, Verb
from hackathon.backlog.service import moves, plans
from hackathon.credits.models import Quarter
from hackathon.credits.service import budgets, plan
from hackathon.events.models import Event
from hackathon.people.models import Person
from hackathon.report.models import QuarterReport
from hackathon.report.queries import quarters as queries
from hackathon.report.service import quarters as service
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from hackathon.shared.facts import broken_links
from hackathon.shared.money import Micros

Q4 = "2026-Q4"
MONDAY = date(2026, 11, 23)


def sign(player, version=1, **more):
    values = {"quarter": Q4, "as_of": "", "version": version} | more
    return do(service.sign_off, player, **values)


def figures(as_of=MONDAY, quarter=Q4):
    return queries.draft_of(reading(), quarter, as_of).figures


def stop(won, found):
    owen = won.cast.owen
    do(plans.set_plan, owen, proposal_id=found, version=1, criteria="Hours", time_box_days=60)
    do(moves.move, owen, proposal_id=found, verb=Verb.ACCEPT, version=2)
    card = Given(tried="A model", learned="Half are photographs.", who_should_know="Accounting")
    do(moves.move, owen, proposal_id=found, verb=Verb.STOP, version=3, given=card)


def test_the_draft_counts_people_teams_projects_and_who_owns_what_next(won):
    promote_first(won)
    found = figures()
    assert (found["people"], found["teams"], found["submitted"]) == (4, 4, 4)
    assert found["winners"] == [
        {
            "proposal": 1, "title": "Invoice reader", "source": "winner", "state": "In review",
            "owner": "Owen", "next_on": "2026-11-29",
        }
    ]  # fmt: skip
    so_far = found["conversion"]["so_far"]
    assert (so_far["hits"], so_far["of"], so_far["interval"]) == (0, 4, [0.0, 49.0])
    assert found["conversion"]["headline"]["text"] == "no mature projects yet"
    assert found["money"] is None


def test_as_of_an_earlier_day_nothing_that_came_later_is_seen(won, clock):
    found = promote_first(won)
    clock.forward(timedelta(days=5))
    stop(won, found)
    later = figures(date(2026, 11, 28))
    assert [row["learned"] for row in later["stopped"]] == ["Half are photographs."]
    told = [(row["what"], row.get("by"), row["owner"]) for row in later["decisions"]]
    assert told == [
        ("Promoted", "Olga", "Owen"),
        ("Accepted", None, "Owen"),
        ("Stopped", None, "Owen"),
    ]
    before = figures(MONDAY)
    assert before["stopped"] == []
    assert [(row["what"], row["on"]) for row in before["decisions"]] == [("Promoted", "2026-11-23")]
    assert figures(date(2026, 11, 22))["decisions"] == []
    assert before["winners"][0]["state"] == "In review"
    assert figures(date(2026, 11, 19))["submitted"] == 0


def test_a_person_in_two_events_of_a_quarter_is_counted_once(won):
    with transaction() as session:
        other = session.get_one(Event, won.cast.other_event_id)
        make_participant(session, session.get_one(Person, won.cast.paul.id), other)
    found = figures()
    assert found["people"] == 4
    assert [row["people"] for row in found["events"]] == [4, 1]


def test_rehearsals_never_count(won):
    promote_first(won)
    with transaction() as session:
        session.get_one(Event, won.event_id).is_rehearsal = True
    found = figures()
    assert (found["people"], found["teams"], found["submitted"]) == (0, 0, 0)
    assert found["winners"] == []
    assert found["conversion"]["so_far"]["of"] == 0


def test_money_is_what_the_ledger_has_as_of_the_day(won, clock):
    do(budgets.set_budget, won.cast.lena, event_id=won.event_id, amount=Micros(5_000_000_000))
    do(budgets.fund, won.cast.olga, event_id=won.event_id, amount=Micros(2_000_000_000), key="k")
    money = figures()["money"]
    assert (money["whole"], money["budget"]) == (5_000_000_000, 2_000_000_000)
    assert figures(MONDAY - timedelta(days=1))["money"] is None


def test_the_whole_budget_follows_what_is_set_and_moved_between_quarters(won, clock):
    lena = won.cast.lena
    do(plan.plan_budget, lena, quarter=Q4, amount=Micros(4_000_000_000))
    do(plan.plan_budget, lena, quarter="2027-Q1", amount=Micros(3_000_000_000))
    assert figures()["money"] == {
        "whole": 4_000_000_000, "budget": 0, "granted": 0, "spent": 0, "returned": 0,
        "through": None,
    }  # fmt: skip
    clock.forward(timedelta(days=1))
    move = {"reason": "Less to do", "amount": Micros(500_000_000)}
    do(plan.transfer, lena, source=Q4, target="2027-Q1", **move)
    move = {"reason": "More to do", "amount": Micros(100_000_000)}
    do(plan.transfer, lena, source="2027-Q1", target=Q4, **move)
    assert figures(MONDAY)["money"]["whole"] == 4_000_000_000
    assert figures(MONDAY + timedelta(days=1))["money"]["whole"] == 3_600_000_000
    stored = reading().scalar(sa.select(Quarter.budget).filter_by(name=Q4))
    assert stored == 3_600_000_000


def test_what_is_signed_keeps_values_inputs_and_hash(won):
    promote_first(won)
    made = sign(won.cast.lena)
    assert json.loads(made.figures) == figures()
    inputs = json.loads(made.inputs)
    assert inputs["projects"] == won.projects
    assert inputs["proposals"] == [[1, "in_review", None, None]]
    assert inputs["last_fact"] > 0
    assert queries.wrong_reports(reading()) == []
    assert broken_links(reading()) == []


def test_signed_figures_stay_when_the_history_goes_on(won):
    found = promote_first(won)
    sign(won.cast.lena)
    stop(won, found)
    assert queries.signed_of(reading(), Q4)[0].figures["stopped"] == []


def test_a_correction_is_the_next_version_and_says_why(won):
    sign(won.cast.lena)
    with pytest.raises(Invalid, match="Say why"):
        sign(won.cast.ada, 2)
    sign(won.cast.ada, 2, reason="One project was counted twice.")
    versions = [(row.report.version, row.by, row.why) for row in queries.signed_of(reading(), Q4)]
    assert versions == [(2, "Ada", "One project was counted twice."), (1, "Lena", "")]
    with pytest.raises(Conflict, match="Somebody signed"):
        sign(won.cast.lena, 2, reason="Again.")


def test_two_who_sign_at_once_make_one_version(database, won):
    barrier = threading.Barrier(2)
    refused = []

    def run(player):
        with database.app_context():
            barrier.wait()
            try:
                sign(player)
            except Refusal as refusal:
                refused.append(refusal.word)

    threads = [threading.Thread(target=run, args=(one,)) for one in (won.cast.ada, won.cast.lena)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["signed_first"]
    assert len(queries.signed_of(reading(), Q4)) == 1


def test_only_program_leads_and_administrators_sign(won):
    for player in (won.cast.olga, won.cast.owen, won.cast.paul):
        with pytest.raises(NotAllowed):
            sign(player)


@pytest.mark.parametrize(
    ("quarter", "as_of", "refusal"),
    [
        ("2026-Q5", "", NotFound), (Q4, "2026-11-24", Invalid), (Q4, "soon", Invalid),
        ("2026-Q3", "", Conflict),
    ],
)  # fmt: skip
def test_nothing_is_signed_of_a_wrong_day_or_an_empty_quarter(won, quarter, as_of, refusal):
    with pytest.raises(refusal):
        sign(won.cast.lena, quarter=quarter, as_of=as_of)


def test_a_signed_report_never_changes_and_verify_would_find_it(won, monkeypatch):
    sign(won.cast.lena)
    for statement in (sa.update(QuarterReport).values(figures="{}"), sa.delete(QuarterReport)):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), transaction() as session:
            session.execute(statement)
    monkeypatch.setattr(queries, "seal", lambda *_: "0" * 64)
    assert queries.wrong_reports(reading()) == [
        "quarter 2026-Q4, version 1: the report does not fit its hash"
    ]


def test_a_project_live_within_the_year_converts_its_quarter(won, clock):
    found = promote_first(won)
    owen = won.cast.owen
    do(plans.set_plan, owen, proposal_id=found, version=1, criteria="Hours", time_box_days=60)
    steps = [
        (Verb.ACCEPT, Given()), (Verb.START, Given()), (Verb.READY, Given(measured=("9",))),
        (Verb.PILOT, Given(home_team="Accounting")),
        (Verb.LAUNCH, Given(live_on=MONDAY, release_url="https://example.com/1",
                            monitored_by="Accounting", is_ready=True)),
    ]  # fmt: skip
    for verb, given in steps:
        version = proposal(found).version
        do(moves.move, owen, proposal_id=found, verb=verb, version=version, given=given)
    now = figures()
    assert (now["prototypes"], len(now["shipped"])) == (1, 1)
    assert now["conversion"]["so_far"]["hits"] == 1
    clock.forward(timedelta(days=365))
    mature = figures(date(2027, 11, 23))
    assert mature["conversion"]["headline"]["hits"] == 1
    assert mature["cohorts"] == [
        {
            "quarter": Q4, "is_mature": False, "projects": 4, "promoted": 1, "prototype": 1,
            "pilot": 1, "production": 1, "stopped": 0,
        }
    ]  # fmt: skip
