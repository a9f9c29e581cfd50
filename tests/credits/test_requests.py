"""Requests: asked by a member, decided by somebody else, by two above a limit."""

import pytest
from make import cents
from treasury import approve, ask, board, do, line, set_state

from hackathon.credits.models import CreditRequest
from hackathon.credits.queries.requests import requests_of, waiting_count
from hackathon.credits.service import requests
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.jobs import follow_facts
from hackathon.shared.notices import notices_of
from hackathon.teams.models import Membership


@pytest.fixture
def owls(cast, funded):
    """Paul's team."""
    with transaction() as session:
        session.add(Membership(event_id=cast.event_id, team_id=funded[0], person_id=cast.paul.id))
    return funded[0]


def refuse(cast, found, player=None, reason="Too much"):
    return do(
        requests.refuse, player or cast.olga, event_id=cast.event_id, request_id=found.id,
        reason=reason,
    )  # fmt: skip


def told(player):
    reading().rollback()
    return [row.text for row in notices_of(reading(), player.id)]


def test_a_granted_request_is_a_grant_and_both_sides_are_told(database, cast, owls):
    found = ask(cast, owls, 80)
    assert waiting_count(reading(), cast.event_id) == 1
    follow_facts(database)
    assert told(cast.olga) == ["Owls asks for $80.00 of credits."]
    approve(cast, found, 80)
    follow_facts(database)
    assert line(cast, owls).granted == cents(80)
    assert "Owls: your request for $80.00 got $80.00." in told(cast.paul)
    assert waiting_count(reading(), cast.event_id) == 0


def test_edge_38_approving_twice_is_one_posting(cast, owls):
    found = ask(cast, owls, 80)
    approve(cast, found, 80)
    approve(cast, found, 80)
    assert line(cast, owls).granted == cents(80)


def test_a_reduced_request_needs_a_reason_and_more_than_asked_is_refused(cast, owls):
    found = ask(cast, owls, 80)
    with pytest.raises(Invalid, match="Say why"):
        approve(cast, found, 50)
    with pytest.raises(Invalid, match=r"At most \$80\.00"):
        approve(cast, found, 80.01)
    approve(cast, found, 50, reason="Half is enough")
    (row,) = requests_of(reading(), cast.event_id)
    assert (row.answer, row.decided_by, row.request.state) == ("Half is enough", "Olga", "granted")
    assert line(cast, owls).granted == cents(50)


def test_a_refused_request_says_why_and_stays_refused(database, cast, owls):
    found = ask(cast, owls, 80)
    with pytest.raises(Invalid, match="Say why"):
        refuse(cast, found, reason=" ")
    refuse(cast, found)
    with pytest.raises(Conflict, match="refused already"):
        approve(cast, found, 80)
    follow_facts(database)
    assert "Owls: your request for $80.00 was refused; the statement says why." in told(cast.paul)
    assert line(cast, owls).granted == 0


def test_who_asks_never_decides_not_even_an_organizer(cast, owls):
    found = ask(cast, owls, 80, player=cast.olga)
    for verb in (lambda: approve(cast, found, 80), lambda: refuse(cast, found)):
        with pytest.raises(NotAllowed, match="Who asks does not decide"):
            verb()
    approve(cast, found, 80, player=cast.lena)
    assert line(cast, owls).granted == cents(80)


def test_above_the_limit_a_second_person_agrees_too(database, cast, owls):
    found = ask(cast, owls, 500.01)
    assert approve(cast, found, 500.01).state == "agreed"
    assert line(cast, owls).granted == 0
    with pytest.raises(NotAllowed, match="second person"):
        approve(cast, found, 500.01)
    follow_facts(database)
    assert "Owls: $500.01 of credits need a second yes." in told(cast.lena)
    assert "Owls: $500.01 of credits need a second yes." not in told(cast.olga)
    assert approve(cast, found, 500.01, player=cast.ada).state == "granted"
    assert line(cast, owls).granted == cents(500.01)


def test_a_reduction_to_the_limit_needs_one_person_only(cast, owls):
    found = ask(cast, owls, 900)
    assert approve(cast, found, 500, reason="The limit").state == "granted"


def test_the_second_may_refuse_or_reduce_what_the_first_agreed_to(cast, owls):
    first, second = ask(cast, owls, 600), ask(cast, owls, 700)
    approve(cast, first, 600)
    approve(cast, second, 550, reason="Less")
    assert refuse(cast, first, player=cast.lena).state == "refused"
    with pytest.raises(Invalid, match=r"At most \$550\.00"):
        approve(cast, second, 700, player=cast.lena)
    approve(cast, second, 510, player=cast.lena, reason="Still less")
    assert line(cast, owls).granted == cents(510)


def test_edge_40_two_approvals_that_exceed_the_pool_grant_one(cast, owls):
    first, second = ask(cast, owls, 500), ask(cast, owls, 500)
    third = ask(cast, owls, 1)
    approve(cast, first, 500)
    approve(cast, second, 500)
    with pytest.raises(Conflict, match=r"Only \$0\.00 is left in the pool"):
        approve(cast, third, 1)
    assert reading().get(CreditRequest, third.id).state == "asked"
    assert board(cast.event_id).pool == 0


def test_only_members_ask_and_only_organizers_of_the_event_decide(cast, funded, owls):
    with pytest.raises(NotFound):
        ask(cast, owls, 5, player=cast.pia)
    with pytest.raises(NotFound):
        ask(cast, funded[1], 5)
    found = ask(cast, owls, 5)
    for player in (cast.pia, cast.rita):
        with pytest.raises(NotAllowed):
            approve(cast, found, 5, player=player)
    with pytest.raises(NotFound):
        do(
            requests.approve, cast.lena, event_id=cast.other_event_id, request_id=found.id,
            amount=cents(5), two_above=cents(500),
        )  # fmt: skip


@pytest.mark.parametrize("more", [{"kind": "gold"}, {"reason": "x"}, {"amount": 0}])
def test_a_request_that_cannot_be_is_refused(cast, owls, more):
    with pytest.raises(Invalid):
        ask(cast, owls, **{"amount": 5} | more)


def test_the_same_click_asks_once_and_five_may_wait(cast, owls):
    found = ask(cast, owls, 5, key="k")
    assert ask(cast, owls, 5, key="k").id == found.id
    with pytest.raises(Conflict, match="already used"):
        ask(cast, owls, 6, key="k")
    for _ in range(4):
        ask(cast, owls, 5)
    with pytest.raises(Conflict, match="wait already"):
        ask(cast, owls, 5)


def test_closed_credits_get_no_requests_and_no_grants(cast, owls):
    found = ask(cast, owls, 5)
    set_state(cast, owls, "closed")
    with pytest.raises(Conflict, match="closed"):
        ask(cast, owls, 5)
    with pytest.raises(Conflict, match="closed"):
        approve(cast, found, 5)
