"""Winners become proposals all together or not at all, one a project, with their evidence."""

import hashlib
import json
import threading
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from backlog.scene import MONDAY, do, promote_first, proposal

from hackathon.backlog.models import CheckIn, Evidence, Proposal, ProposalMember, ProposalMove
from hackathon.backlog.queries.figures import wrong_history
from hackathon.backlog.queries.proposals import history_of, page_of
from hackathon.backlog.rules import Given, State, Verb
from hackathon.backlog.service import moves, promotion
from hackathon.backlog.service.promotion import Choice, Hold
from hackathon.events.models import Event
from hackathon.projects.models import Project
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from hackathon.shared.facts import broken_links, facts_of
from hackathon.shared.jobs import follow_facts
from hackathon.shared.mail import OutgoingMail
from hackathon.shared.notices import notices_of

OWEN = "owen@example.com"


def promote(won, choices, player=None, **more):
    player = player or won.cast.olga
    return do(promotion.promote, player, event_id=won.event_id, choices=choices, **more)


def count(model):
    return reading().scalar(sa.select(sa.func.count()).select_from(model))


def test_three_winners_land_in_review_with_evidence_check_ins_and_team(won):
    ids = promote(won, [Choice(project, owner=OWEN) for project in won.projects[:3]])
    first = proposal(ids[0])
    assert (first.state, first.owner_id, first.title) == (
        "in_review", won.cast.owen.id, "Invoice reader",
    )  # fmt: skip
    assert first.decide_by == date(2026, 12, 22)
    assert first.start == date(2026, 11, 22)
    assert page_of(reading(), first).impact == "Hours a week: 30 to 10"
    assert (count(CheckIn), count(Evidence), count(ProposalMember)) == (21, 3, 3)
    assert [row.verb for row in history_of(reading(), ids[0])] == ["promote"]
    assert broken_links(reading()) == []
    assert wrong_history(reading()) == []


def test_the_evidence_holds_places_means_words_and_card_and_no_names(won):
    found = proposal(promote_first(won))
    row = reading().scalar(sa.select(Evidence).filter_by(proposal_id=found.id))
    assert row.sha256 == hashlib.sha256(row.body.encode()).hexdigest()
    body = json.loads(row.body)
    assert body["result"]["place"] == 1
    assert body["result"]["of"] == 4
    assert body["feedback"] == [["Clear.", "Who runs it?"]] * 2
    assert body["card"]["repo_url"] == "https://git.example.com/reader"
    assert body["people"] == [{"person": won.cast.paul.id, "role": "ML engineer"}]
    assert not any(name in row.body for name in ("Judith", "Jonas", "Paul"))


def test_the_lineage_is_recorded_both_ways(won):
    found = promote_first(won)
    event = [fact.values for fact in facts_of(reading(), f"event:{won.event_id}")]
    assert {"project": won.projects[0], "proposal": found} in event
    own = facts_of(reading(), f"proposal:{found}")
    assert own[0].kind == "proposal.promoted"
    assert own[0].values["project"] == won.projects[0]


@pytest.mark.parametrize("owner", ["nobody@example.com", "no address", "pia@example.com"])
def test_one_bad_owner_and_none_of_the_winners_is_promoted(won, owner):
    choices = [Choice(won.projects[0], owner=OWEN), Choice(won.projects[1], owner=owner)]
    with pytest.raises(Invalid) as caught:
        promote(won, choices)
    assert caught.value.field == f"owner-{won.projects[1]}"
    assert (count(Proposal), count(CheckIn), count(Evidence), count(ProposalMove)) == (0, 0, 0, 0)


def test_a_failure_in_the_middle_leaves_nothing(won, monkeypatch):
    def fail(*_args, **_more):
        raise ZeroDivisionError

    monkeypatch.setattr(promotion, "write_page", fail)
    with pytest.raises(ZeroDivisionError):
        promote_first(won)
    assert count(Proposal) == 0
    assert facts_of(reading(), "proposal:1") == []


def test_without_an_owner_a_named_program_lead_holds_it_until_a_day(won):
    choice = Choice(won.projects[0])
    until = MONDAY.date() + timedelta(days=14)
    for hold in (None, Hold(won.cast.owen.id, until)):
        with pytest.raises(Invalid, match="program lead who holds"):
            promote(won, [choice], hold=hold)
    for day in (MONDAY.date(), MONDAY.date() + timedelta(days=31)):
        with pytest.raises(Invalid, match="within 30 days"):
            promote(won, [choice], hold=Hold(won.cast.lena.id, day))
    found = proposal(promote(won, [choice], hold=Hold(won.cast.lena.id, until))[0])
    assert (found.owner_id, found.held_by_id, found.held_until) == (None, won.cast.lena.id, until)
    with pytest.raises(Conflict, match="an outcome owner"):
        do(moves.move, won.cast.lena, proposal_id=found.id, verb=Verb.ACCEPT, version=1)


def test_another_project_is_nominated_only_with_a_reason(won):
    with pytest.raises(Invalid, match="Say why"):
        promote(won, [Choice(won.projects[3], owner=OWEN)])
    ids = promote(won, [Choice(won.projects[3], owner=OWEN, reason="Sales asked for it.")])
    assert proposal(ids[0]).source == "nominated"
    assert history_of(reading(), ids[0])[0].reason == "Sales asked for it."


def test_promoting_twice_ends_with_the_same_proposals(won):
    first = promote_first(won)
    again = promote(won, [Choice(project, owner=OWEN) for project in won.projects[:2]])
    assert again[0] == first
    assert count(Proposal) == 2


def test_two_organizers_at_once_make_one_proposal(database, won):
    barrier = threading.Barrier(2)
    made, refused = [], []

    def run(player):
        with database.app_context():
            barrier.wait()
            try:
                made.append(promote(won, [Choice(won.projects[0], owner=OWEN)], player))
            except Refusal as refusal:
                refused.append(refusal)

    threads = [
        threading.Thread(target=run, args=(player,)) for player in (won.cast.olga, won.cast.lena)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == []
    assert made[0] == made[1]
    assert (count(Proposal), count(Evidence), count(ProposalMove)) == (1, 1, 1)


def test_the_database_refuses_a_second_proposal_of_a_project(won):
    found = proposal(promote_first(won))
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        session.add(
            Proposal(
                event_id=found.event_id, project_id=found.project_id, source="winner",
                state="in_review", title="Twice",
            )
        )  # fmt: skip


def test_evidence_never_changes(won):
    promote_first(won)
    for statement in (sa.update(Evidence).values(body="{}"), sa.delete(Evidence)):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), transaction() as session:
            session.execute(statement)


def test_nothing_is_promoted_before_the_reveal_or_from_a_rehearsal(cast, won):
    choice = [Choice(won.projects[0], owner=OWEN)]
    with pytest.raises(Conflict, match="after the reveal"):
        do(promotion.promote, cast.ada, event_id=cast.other_event_id, choices=choice)
    with transaction() as session:
        session.get_one(Event, won.event_id).is_rehearsal = True
    with pytest.raises(Conflict, match="rehearsal"):
        promote(won, choice)


def test_a_disqualified_winner_is_not_promoted(won):
    with transaction() as session:
        session.get_one(Project, won.projects[0]).disqualified_at = MONDAY
    with pytest.raises(Conflict, match="withdrawn or disqualified"):
        promote_first(won)


def test_only_organizers_of_the_event_promote(won):
    for player in (won.cast.paul, won.cast.rita, won.cast.owen):
        with pytest.raises(NotAllowed):
            promote(won, [Choice(won.projects[0], owner=OWEN)], player)
    with pytest.raises(Invalid, match="Choose at least one"):
        promote(won, [])
    with pytest.raises(NotFound):
        do(promotion.promote, won.cast.ada, event_id=999, choices=[])


def test_a_promotion_is_taken_back_within_a_day_and_made_again_on_the_same_page(won, clock):
    found = promote_first(won)
    undo = {"proposal_id": found, "verb": Verb.WITHDRAW, "version": 1}
    do(moves.move, won.cast.olga, **undo, given=Given(reason="The wrong one."))
    assert proposal(found).state == State.WITHDRAWN
    assert promote_first(won) == found
    assert proposal(found).state == State.IN_REVIEW
    verbs = [row.verb for row in reversed(history_of(reading(), found))]
    assert verbs == ["promote", "withdraw", "reopen", "review"]
    assert count(Evidence) == 1
    assert wrong_history(reading()) == []


def test_after_a_day_a_promotion_stands(won, clock):
    found = promote_first(won)
    clock.forward(timedelta(hours=25))
    with pytest.raises(NotAllowed):
        do(
            moves.move, won.cast.olga, proposal_id=found, verb=Verb.WITHDRAW, version=1,
            given=Given(reason="The wrong one."),
        )  # fmt: skip


def test_the_owner_reads_until_when_to_decide_and_the_team_that_it_is_there(database, won):
    promote_first(won)
    follow_facts(database)
    told = notices_of(reading(), won.cast.owen.id)
    assert [row.text for row in told] == ["You own Invoice reader. Decide by 22 December 2026."]
    mail = reading().scalar(sa.select(OutgoingMail).filter_by(address=OWEN))
    assert mail.subject == "You own Invoice reader. Decide by 22 December 2026."
    assert [row.text for row in notices_of(reading(), won.cast.paul.id)][:1] == [
        "Invoice reader is in the backlog."
    ]
    follow_facts(database)
    assert len(notices_of(reading(), won.cast.owen.id)) == 1


def test_the_holder_reads_that_an_owner_is_missing(database, won):
    until = MONDAY.date() + timedelta(days=14)
    promote(won, [Choice(won.projects[0])], hold=Hold(won.cast.lena.id, until))
    follow_facts(database)
    told = [row.text for row in notices_of(reading(), won.cast.lena.id)]
    assert told == ["Invoice reader has no owner. Name one by 7 December 2026."]
