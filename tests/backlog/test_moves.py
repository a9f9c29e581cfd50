"""A proposal's life, from review to production or to a learning card, on both engines."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from backlog.scene import do, promote_first, proposal

from hackathon.backlog.jobs import remind, reminder_of
from hackathon.backlog.models import (
    CheckIn,
    Evidence,
    LearningCard,
    Proposal,
    ProposalMove,
    ProposalPage,
)
from hackathon.backlog.queries.figures import (
    innovation_projects,
    overdue_of,
    past_of,
    valid_projects,
    wrong_history,
)
from hackathon.backlog.queries.proposals import board_rows, history_of, learning_cards
from hackathon.backlog.rules import Given, Page, Stage, State, Verb
from hackathon.backlog.service import moves, plans, promotion
from hackathon.events.models import Event
from hackathon.people.access import load_actor
from hackathon.shared.clock import now
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from hackathon.shared.facts import broken_links
from hackathon.shared.jobs import follow_facts
from hackathon.shared.mail import OutgoingMail
from hackathon.shared.notices import notices_of

STOP = Given(tried="A model.", learned="Half are photographs.", who_should_know="Accounting")
PAGE = Page("A menu for all", "Lunch takes long.", "Ask a model.", "Minutes a day", "A week")


@pytest.fixture
def found(won):
    """The first place in the backlog, owned by Owen."""
    return promote_first(won)


def go(player, proposal_id, verb, **given):
    version = proposal(proposal_id).version
    return do(
        moves.move, player, proposal_id=proposal_id, verb=verb, version=version,
        given=Given(**given),
    )  # fmt: skip


def plan(player, proposal_id, criteria="Hours a week: 30 to 10", days=60):
    version = proposal(proposal_id).version
    do(
        plans.set_plan, player, proposal_id=proposal_id, version=version, criteria=criteria,
        time_box_days=days,
    )  # fmt: skip


def accept(cast, proposal_id):
    plan(cast.owen, proposal_id)
    go(cast.owen, proposal_id, Verb.ACCEPT)


def test_from_review_to_production(won, found, clock):
    cast = won.cast
    accept(cast, found)
    assert proposal(found).time_box_ends == date(2027, 1, 22)
    clock.forward(timedelta(days=10))
    go(cast.paul, found, Verb.START)
    go(cast.paul, found, Verb.READY, measured=("12 hours",))
    go(cast.owen, found, Verb.PILOT, home_team="Accounting tools")
    live = date(2026, 11, 30)
    go(
        cast.owen, found, Verb.LAUNCH, live_on=live, release_url="https://example.com/1",
        monitored_by="Accounting tools", is_ready=True,
    )  # fmt: skip
    row = proposal(found)
    assert (row.state, row.live_on) == ("production", live)
    assert history_of(reading(), found)[0].happened_on == live
    go(cast.owen, found, Verb.RETIRE, reason="Replaced by the new suite.")
    assert past_of(reading(), date(2027, 1, 1))[found].live_on == live
    assert wrong_history(reading()) == []
    assert broken_links(reading()) == []


def test_a_stopped_proposal_leaves_a_learning_card_and_can_come_back(won, found):
    accept(won.cast, found)
    with pytest.raises(Invalid, match="What was tried"):
        go(won.cast.owen, found, Verb.STOP)
    do(moves.move, won.cast.owen, proposal_id=found, verb=Verb.STOP, version=3, given=STOP)
    card = learning_cards(reading())[0]
    assert (card.title, card.card.learned) == ("Invoice reader", "Half are photographs.")
    go(won.cast.olga, found, Verb.REOPEN, reason="The scanner is here.")
    row = proposal(found)
    assert (row.state, row.cycle, row.start) == ("proposed", 2, date(2026, 11, 22))
    assert past_of(reading(), date(2026, 11, 23))[found].stopped_on is None
    assert wrong_history(reading()) == []


def test_parked_merged_and_taken_apart_it_returns_to_where_it_was(won, found):
    cast = won.cast
    choice = promotion.Choice(won.projects[1], owner="owen@example.com")
    other = do(promotion.promote, cast.olga, event_id=won.event_id, choices=[choice])[0]
    accept(cast, found)
    go(cast.owen, found, Verb.PARK, reason="Wait for data", revisit_on=date(2027, 1, 15))
    for target, word in ((None, "of that number"), (found, "itself"), (99, "of that number")):
        with pytest.raises(Invalid, match=word):
            go(cast.olga, found, Verb.MERGE, reason="The same idea", target=target)
    go(cast.olga, found, Verb.MERGE, reason="The same idea", target=other)
    assert proposal(found).merged_into_id == other
    with pytest.raises(Invalid, match="closed"):
        go(cast.olga, other, Verb.MERGE, reason="The same idea", target=found)
    go(cast.olga, found, Verb.UNMERGE, reason="Not the same")
    assert proposal(found).state == State.PARKED
    go(cast.owen, found, Verb.RESUME)
    row = proposal(found)
    assert (row.state, row.came_from, row.revisit_on) == ("accepted", None, None)
    assert wrong_history(reading()) == []


def test_stopped_while_parked_it_stays_in_its_stage(won, found):
    accept(won.cast, found)
    go(won.cast.paul, found, Verb.START)
    go(won.cast.owen, found, Verb.PARK, reason="Wait", revisit_on=date(2027, 1, 15))
    do(moves.move, won.cast.owen, proposal_id=found, verb=Verb.STOP, version=5, given=STOP)
    rows = board_rows(reading(), load_actor(reading(), won.cast.pia.id))
    assert [(row.state, row.stage) for row in rows] == [(State.STOPPED, Stage.PROTOTYPE)]


def test_once_more_gives_one_new_time_box(won, found):
    accept(won.cast, found)
    go(won.cast.paul, found, Verb.START)
    go(won.cast.paul, found, Verb.READY, measured=("12",), link="https://example.com/demo")
    go(won.cast.owen, found, Verb.RECYCLE, reason="Not fast enough", days=30)
    row = proposal(found)
    assert (row.time_box_days, row.is_extended, row.link) == (30, True, "https://example.com/demo")


def test_an_idea_of_anyone_is_a_draft_that_nobody_else_sees_until_it_is_proposed(won):
    cast = won.cast
    idea = do(plans.write_idea, cast.rita, page=Page("A menu for all")).id
    with pytest.raises(NotFound):
        go(cast.ada, idea, Verb.REVIEW)
    with pytest.raises(Conflict, match="missing: problem"):
        go(cast.rita, idea, Verb.PROPOSE)
    do(plans.save_page, cast.rita, proposal_id=idea, version=1, page=PAGE)
    go(cast.rita, idea, Verb.PROPOSE)
    assert proposal(idea).decide_by == date(2026, 12, 7)
    go(cast.lena, idea, Verb.REVIEW)
    assert proposal(idea).decide_by == date(2026, 12, 23)
    go(cast.lena, idea, Verb.RETURN, reason="Say what it costs")
    go(cast.lena, idea, Verb.REVIEW)
    do(
        plans.change_owner, cast.lena, proposal_id=idea, version=6, address="owen@example.com",
        reason="",
    )  # fmt: skip
    accept(cast, idea)
    assert reading().scalar(sa.select(sa.func.count(CheckIn.id)).filter_by(proposal_id=idea)) == 7
    go(cast.rita, idea, Verb.START)
    assert proposal(idea).start == date(2026, 11, 23)
    found = innovation_projects(reading(), date(2026, 11, 23))
    assert len(found) == 5
    assert wrong_history(reading()) == []


def test_a_declined_idea_says_why(won, found):
    with pytest.raises(Invalid, match="at least 30 characters"):
        go(won.cast.owen, found, Verb.DECLINE, code="not_now", reason="No.")
    why = "Accounting moves to another system in spring."
    go(won.cast.owen, found, Verb.DECLINE, code="not_now", reason=why)
    line = history_of(reading(), found)[0]
    assert (line.to_state, line.code, line.reason) == (State.DECLINED, "not_now", why)


def test_who_was_slower_is_told_and_nothing_is_lost(won, found):
    plan(won.cast.owen, found)
    with pytest.raises(Conflict, match="changed this proposal first"):
        do(moves.move, won.cast.owen, proposal_id=found, verb=Verb.ACCEPT, version=1)
    assert proposal(found).state == State.IN_REVIEW


def test_of_two_decisions_at_once_one_counts(database, won, found):
    plan(won.cast.owen, found)
    barrier = threading.Barrier(2)
    refused = []

    def run(player, verb, given):
        with database.app_context():
            barrier.wait()
            try:
                do(moves.move, player, proposal_id=found, verb=verb, version=2, given=given)
            except Refusal as refusal:
                refused.append(refusal.word)

    why = Given(code="not_now", reason="Accounting moves to another system in spring.")
    threads = [
        threading.Thread(target=run, args=(won.cast.owen, Verb.ACCEPT, Given())),
        threading.Thread(target=run, args=(won.cast.lena, Verb.DECLINE, why)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["faster"]
    assert proposal(found).version == 3
    assert wrong_history(reading()) == []


@pytest.mark.parametrize("table", [ProposalMove, ProposalPage])
def test_history_and_pages_are_only_added_to(won, found, table):
    for statement in (sa.update(table).values(proposal_id=found), sa.delete(table)):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), transaction() as session:
            session.execute(statement)


def test_a_learning_card_never_changes(won, found):
    accept(won.cast, found)
    do(moves.move, won.cast.owen, proposal_id=found, verb=Verb.STOP, version=3, given=STOP)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), transaction() as session:
        session.execute(sa.update(LearningCard).values(learned="Nothing."))


@pytest.mark.parametrize(
    "change",
    [
        {"state": "dreaming"}, {"state": "accepted"}, {"state": "production"},
        {"state": "parked"}, {"state": "merged"}, {"time_box_days": 91},
    ],
)  # fmt: skip
def test_the_database_refuses_what_no_rule_would_allow(won, found, change):
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        session.execute(sa.update(Proposal).values(**change))


def test_verify_finds_a_state_that_its_history_does_not_have(won, found):
    with transaction() as session:
        session.execute(sa.update(Proposal).values(state="withdrawn"))
    assert wrong_history(reading()) == ["proposal 1: it is withdrawn, its history says in_review"]


def bad_move(session, number, verb, before, to):
    session.add(
        ProposalMove(
            proposal_id=1, number=number, verb=verb, from_state=before, to_state=to, cycle=1,
            happened_on=date(2026, 11, 23), at=now(),
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    ("move", "state", "sentence"),
    [
        ((3, "decline", "in_review", "declined"), "declined", "step 2 of the history is missing"),
        ((2, "retire", "production", "retired"), "retired", "does not begin where"),
        ((2, "accept", "in_review", "declined"), "declined", "is not a listed transition"),
        ((2, "dance", "in_review", "declined"), "declined", "is not a listed transition"),
        ((2, "stop", "in_review", "stopped"), "stopped", "stopped without a learning card"),
    ],
)
def test_verify_finds_a_history_that_does_not_add_up(won, found, move, state, sentence):
    with transaction() as session:
        bad_move(session, *move)
        row = session.get_one(Proposal, found)
        row.state, row.live_on = state, date(2026, 11, 23)
    assert any(sentence in line for line in wrong_history(reading()))


def test_verify_finds_evidence_that_does_not_fit_its_hash(won):
    with transaction() as session:
        idea = plans.write_idea(session, load_actor(session, won.cast.rita.id), page=PAGE)
        session.add(Evidence(proposal_id=idea.id, body="{}", sha256="0" * 64))
    assert wrong_history(reading()) == ["proposal 1: the evidence does not fit its hash"]


# --- owners, plans, pages, check-ins ---------------------------------------------------


def test_only_the_owner_says_what_success_is(won, found):
    for player in (won.cast.lena, won.cast.paul, won.cast.pia):
        with pytest.raises(NotAllowed):
            plan(player, found)
    for criteria, days in (("", 60), ("a\n" * 6, 60), ("Hours", 0), ("Hours", 91), ("Hours", None)):
        with pytest.raises(Invalid):
            plan(won.cast.owen, found, criteria, days)
    accept(won.cast, found)
    with pytest.raises(Conflict, match="past review"):
        plan(won.cast.owen, found)


def test_a_new_owner_sets_the_criteria_anew(won, found):
    plan(won.cast.owen, found)
    hand = {"proposal_id": found, "version": 2, "reason": "She runs accounting."}
    with pytest.raises(NotAllowed):
        do(plans.change_owner, won.cast.pia, address="judith@example.com", **hand)
    for address, word in (("paul@example.com", "in the team"), ("owen@example.com", "already")):
        with pytest.raises(Invalid, match=word):
            do(plans.change_owner, won.cast.owen, address=address, **hand)
    do(plans.change_owner, won.cast.owen, address="judith@example.com", **hand)
    with pytest.raises(Conflict, match="set by the outcome owner"):
        go(won.cast.judith, found, Verb.ACCEPT)
    with pytest.raises(NotAllowed):
        go(won.cast.owen, found, Verb.ACCEPT)


def test_a_closed_proposal_keeps_owner_and_page(won, found):
    accept(won.cast, found)
    do(moves.move, won.cast.owen, proposal_id=found, verb=Verb.STOP, version=3, given=STOP)
    with pytest.raises(Conflict, match="needs no owner"):
        do(
            plans.change_owner, won.cast.lena, proposal_id=found, version=4,
            address="judith@example.com", reason="She will",
        )  # fmt: skip
    with pytest.raises(Conflict, match="closed"):
        do(plans.save_page, won.cast.paul, proposal_id=found, version=4, page=PAGE)


def test_a_check_in_has_three_fields_and_is_answered_once(won, found):
    answer = {"proposal_id": found, "key": "7d", "changed": "Handed over", "number_now": "30"}
    with pytest.raises(Invalid):
        do(plans.answer_check_in, won.cast.owen, in_the_way=" ", **answer)
    with pytest.raises(Invalid, match="At most"):
        do(plans.answer_check_in, won.cast.owen, in_the_way="a" * 5001, **answer)
    with pytest.raises(NotAllowed):
        do(plans.answer_check_in, won.cast.pia, in_the_way="Nothing", **answer)
    do(plans.answer_check_in, won.cast.owen, in_the_way="Nothing", **answer)
    with pytest.raises(Conflict, match="has been answered"):
        do(plans.answer_check_in, won.cast.paul, in_the_way="Nothing", **answer)
    with pytest.raises(NotFound):
        do(plans.answer_check_in, won.cast.owen, in_the_way="-", **{**answer, "key": "8d"})


def test_what_is_overdue_is_the_owners_and_the_oldest_first(won, found, clock):
    owen = won.cast.owen.id
    assert overdue_of(reading(), owen) == []
    clock.forward(timedelta(days=31))
    assert [(row.what, row.due_on) for row in overdue_of(reading(), owen)] == [
        ("check-in: handover", date(2026, 11, 29)),
        ("accept or decline", date(2026, 12, 22)),
        ("check-in: go or no-go", date(2026, 12, 22)),
    ]
    assert overdue_of(reading(), won.cast.paul.id) == []
    rows = board_rows(reading(), load_actor(reading(), owen))
    assert rows[0].is_late


def test_an_ended_time_box_a_day_to_look_again_and_a_missing_owner_are_overdue(won, found, clock):
    cast, until = won.cast, date(2026, 12, 1)
    choice = promotion.Choice(won.projects[1])
    held = {"event_id": won.event_id, "choices": [choice]}
    do(promotion.promote, cast.olga, **held, hold=promotion.Hold(cast.lena.id, until))
    accept(cast, found)
    go(cast.paul, found, Verb.START)
    clock.forward(timedelta(days=61))
    assert "the time box has ended" in [row.what for row in overdue_of(reading(), cast.owen.id)]
    assert [row.what for row in overdue_of(reading(), cast.lena.id)] == ["name an outcome owner"]
    go(cast.owen, found, Verb.PARK, reason="Wait for data", revisit_on=date(2027, 2, 1))
    clock.forward(timedelta(days=60))
    assert "look again" in [row.what for row in overdue_of(reading(), cast.owen.id)]


def test_reminders_come_before_on_and_after_the_day_each_once(database, won, found, clock):
    due = date(2026, 11, 29)
    words = [reminder_of(due, due + timedelta(days=days)) for days in (-4, -3, 0, 6, 7, 20, 21)]
    assert words == [None, "soon", "today", "today", "late0", "late0", "late1"]
    clock.forward(timedelta(days=3))
    for _ in range(3):
        remind()
    told = [row.text for row in notices_of(reading(), won.cast.owen.id)]
    assert told == ["Handover of Invoice reader: check in by 29 November 2026."]


def test_who_owes_a_decision_or_an_owner_is_reminded_by_one_mail_a_day(database, won, found, clock):
    hold = promotion.Hold(won.cast.lena.id, date(2026, 12, 7))
    choice = promotion.Choice(won.projects[1])
    do(promotion.promote, won.cast.olga, event_id=won.event_id, choices=[choice], hold=hold)
    clock.set(datetime(2026, 12, 22, 9, 0, tzinfo=UTC))
    for _ in range(2):
        remind()
    told = {row.text for row in notices_of(reading(), won.cast.owen.id)}
    assert "Invoice reader: accept or decline, 22 December 2026." in told
    told = [row.text for row in notices_of(reading(), won.cast.lena.id)]
    assert told == ["Shift planner: name an outcome owner, 7 December 2026."]
    mails = reading().scalars(sa.select(OutgoingMail.subject).order_by(OutgoingMail.address)).all()
    assert mails == ["Shift planner: name an outcome owner, 7 December 2026.", "3 things are due"]


def test_what_is_parked_rests_until_its_day(database, won, found, clock):
    accept(won.cast, found)
    go(won.cast.owen, found, Verb.PARK, reason="Wait for data", revisit_on=date(2027, 2, 1))
    clock.set(datetime(2027, 1, 31, 9, 0, tzinfo=UTC))
    remind()
    told = [row.text for row in notices_of(reading(), won.cast.owen.id)]
    assert told == ["Invoice reader: look again, 1 February 2027."]
    assert overdue_of(reading(), won.cast.owen.id) == []


def test_two_missed_check_ins_put_a_proposal_at_risk_and_close_nothing(won, found, clock):
    lena = load_actor(reading(), won.cast.lena.id)
    clock.forward(timedelta(days=20))
    assert not board_rows(reading(), lena)[0].is_at_risk
    clock.forward(timedelta(days=20))
    row = board_rows(reading(), lena)[0]
    assert (row.is_at_risk, row.state) == (True, State.IN_REVIEW)


def test_the_team_reads_what_became_of_it(database, won, found):
    accept(won.cast, found)
    follow_facts(database)
    told = [row.text for row in notices_of(reading(), won.cast.paul.id)]
    assert told[0] == "Invoice reader is accepted."


# --- conversion from the history -------------------------------------------------------


def test_conversion_counts_every_valid_project_and_no_rehearsal(won, found, clock):
    monday, day_before = date(2026, 11, 23), date(2026, 11, 21)
    assert len(valid_projects(reading(), monday)) == 4
    assert valid_projects(reading(), day_before) == []
    rows = innovation_projects(reading(), monday)
    assert [row.is_promoted for row in rows].count(True) == 1
    with transaction() as session:
        session.get_one(Event, won.event_id).is_rehearsal = True
    assert valid_projects(reading(), monday) == []


def test_a_merged_cluster_counts_once(won, found):
    choice = promotion.Choice(won.projects[1], owner="owen@example.com")
    other = do(promotion.promote, won.cast.olga, event_id=won.event_id, choices=[choice])[0]
    go(won.cast.olga, found, Verb.MERGE, reason="The same idea", target=other)
    rows = innovation_projects(reading(), date(2026, 11, 23))
    assert len(rows) == 3
    assert sum(row.is_promoted for row in rows) == 1
