"""The pool goes to teams, each amount once, and what is unused comes back."""

import pytest
import sqlalchemy as sa
from make import cents, make_team
from treasury import board, do, give, line, see

from hackathon.credits.models import Access
from hackathon.credits.queries.ledger import wrong_balances
from hackathon.credits.queries.statements import entry_lines
from hackathon.credits.service import budgets, grants, reversals, spend
from hackathon.events.models import Event
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import broken_links, facts_of
from hackathon.teams.models import Team

# --- from pool to team ---------------------------------------------------------------


def test_a_grant_moves_money_from_the_pool_with_its_reason(cast, funded):
    entry = give(cast, funded[0], 250.5)
    assert board(cast.event_id).pool == cents(749.5)
    assert line(cast, funded[0]).rest == cents(250.5)
    shown = entry_lines(reading(), cast.event_id, funded[0])
    assert [(row.word, row.change, row.rest, row.by, row.reason) for row in shown] == [
        ("Granted", cents(250.5), cents(250.5), "Olga", "GPU hours")
    ]
    said = facts_of(reading(), f"credits:{cast.event_id}")[-1]
    assert (said.kind, said.values["entry"], said.values["amount"]) == (
        "credits.granted", entry.id, cents(250.5),
    )  # fmt: skip
    assert "GPU" not in said.body
    assert broken_links(reading()) == []


def test_line_42_a_grant_above_the_pool_is_refused_and_one_that_fits_is_not(cast, funded):
    give(cast, funded[0], 400)
    with pytest.raises(Conflict, match=r"Only \$600\.00 is left in the pool") as refused:
        give(cast, funded[1], 600.01)
    assert (refused.value.word, refused.value.field) == ("over_pool", "amount")
    give(cast, funded[1], 600)
    assert board(cast.event_id).pool == 0


@pytest.mark.parametrize("amount", [0, -5, 10_000_000.01])
def test_edge_49_amounts_lie_between_nothing_and_ten_million(cast, funded, amount):
    with pytest.raises(Invalid):
        give(cast, funded[0], amount)
    with pytest.raises(Invalid):
        do(budgets.fund, cast.olga, event_id=cast.event_id, amount=cents(amount))


def test_a_grant_needs_a_reason_a_living_team_and_its_own_event(cast, funded):
    more = {"event_id": cast.event_id, "amount": cents(1)}
    with pytest.raises(Invalid, match="Say why"):
        do(grants.grant, cast.olga, **more, team_id=funded[0], reason=" ")
    with transaction() as session:
        session.get_one(Team, funded[0]).archived_at = session.get_one(
            Event, cast.event_id
        ).starts_at
        foreign = make_team(session, cast.other_event_id).id
    with pytest.raises(Conflict, match="archived"):
        do(grants.grant, cast.olga, **more, team_id=funded[0], reason="why not")
    with pytest.raises(NotFound):
        do(grants.grant, cast.olga, **more, team_id=foreign, reason="why not")


def test_only_organizers_of_the_event_move_money(cast, funded, clock):
    calls = [
        (budgets.set_budget, {"amount": cents(2000)}),
        (budgets.fund, {"amount": cents(1)}),
        (grants.grant, {"team_id": funded[0], "amount": cents(1), "reason": "mine"}),
        (grants.split_pool, {"amount": None, "reason": "ours"}),
        (grants.give_back, {"team_id": funded[0]}),
        (reversals.reverse_entry, {"entry_id": 1, "reason": "mine"}),
        (
            grants.describe_access,
            {"team_id": funded[0], "sub_account": "", "how": "", "link": "", "until": None},
        ),
        (
            spend.record_reading,
            {"team_id": funded[0], "source": "AWS", "total": 0, "seen_at": clock.moment},
        ),
        (
            spend.record_charge,
            {"team_id": funded[0], "source": "A", "amount": cents(1), "through": clock.moment},
        ),
    ]
    for verb, more in calls:
        for player in (cast.paul, cast.rita):
            with pytest.raises(NotAllowed):
                do(verb, player, event_id=cast.event_id, **more)
        with pytest.raises(NotFound), transaction() as session:
            verb(session, COMMAND_LINE, event_id=999, **more)


def test_an_equal_split_places_every_cent(cast, funded):
    with transaction() as session:
        third = make_team(session, cast.event_id, "Cats").id
    made = do(grants.split_pool, cast.olga, event_id=cast.event_id, amount=None, reason="Equal")
    assert [entry.amount for entry in made] == [cents(333.34), cents(333.33), cents(333.33)]
    assert board(cast.event_id).pool == 0
    assert line(cast, third).granted == cents(333.33)
    with pytest.raises(Conflict, match="pool is empty"):
        do(grants.split_pool, cast.olga, event_id=cast.event_id, amount=None, reason="Again")


def test_a_split_above_the_pool_or_among_nobody_is_refused(cast, funded):
    more = {"event_id": cast.event_id, "reason": "Equal"}
    with pytest.raises(Conflict, match=r"Only \$1,000\.00"):
        do(grants.split_pool, cast.olga, **more, amount=cents(1000.01))
    made = do(grants.split_pool, cast.olga, **more, amount=cents(0.01))
    assert [entry.amount for entry in made] == [cents(0.01)]
    do(budgets.fund, cast.rita, event_id=cast.other_event_id, amount=cents(1))
    with pytest.raises(Invalid, match="nobody"):
        do(
            grants.split_pool, cast.rita, event_id=cast.other_event_id, amount=None,
            reason="Equal",
        )  # fmt: skip


# --- once ------------------------------------------------------------------------------


def test_edge_38_a_double_click_is_one_posting(cast, funded, clock):
    first, second = (give(cast, funded[0], 100, key="k1").id for _ in range(2))
    assert first == second
    for verb, more in (
        (budgets.fund, {"amount": cents(5), "key": "k2"}),
        (grants.split_pool, {"amount": cents(5), "reason": "Equal", "key": "k3"}),
        (grants.give_back, {"team_id": funded[0], "key": "k4"}),
        (
            spend.record_charge,
            {"team_id": funded[0], "source": "A", "amount": cents(3), "through": clock.moment,
             "key": "k5"},
        ),
        (reversals.reverse_entry, {"entry_id": first, "reason": "Wrong team", "key": "k6"}),
        (
            spend.record_reading,
            {"team_id": funded[0], "source": "A", "total": cents(3), "seen_at": clock.moment,
             "key": "k7"},
        ),
    ):  # fmt: skip
        if verb is reversals.reverse_entry:
            give(cast, funded[0], 200)
        answers = [do(verb, cast.olga, event_id=cast.event_id, **more) for _ in range(2)]
        ids = [
            [row.id for row in answer] if isinstance(answer, list) else answer.id
            for answer in answers
        ]
        assert ids[0] == ids[1], verb
    assert wrong_balances(reading()) == []


def test_edge_39_the_same_key_for_another_request_is_refused(cast, funded, clock):
    give(cast, funded[0], 100, key="k1")
    with pytest.raises(Conflict, match="already used") as refused:
        give(cast, funded[0], 101, key="k1")
    assert refused.value.word == "key_reused"
    for verb, more in (
        (budgets.fund, {"amount": cents(5)}),
        (grants.split_pool, {"amount": cents(5), "reason": "Equal"}),
        (grants.give_back, {"team_id": funded[0]}),
        (reversals.reverse_entry, {"entry_id": 1, "reason": "Wrong"}),
    ):
        with pytest.raises(Conflict, match="already used"):
            do(verb, cast.olga, event_id=cast.event_id, **more, key="k1")
    with pytest.raises(Conflict, match="already used"):
        do(
            grants.grant, cast.lena, event_id=cast.event_id, team_id=funded[0],
            amount=cents(100), reason="GPU hours", key="k1",
        )  # fmt: skip
    see(cast, funded[0], 1, clock.moment, key="r1")
    with pytest.raises(Conflict, match="already used"):
        see(cast, funded[0], 2, clock.moment, key="r1")
    with pytest.raises(Invalid, match="80 characters"):
        give(cast, funded[0], 1, key="x" * 81)
    assert line(cast, funded[0]).granted == cents(100)


# --- back to the pool ----------------------------------------------------------------


def test_unused_money_returns_to_the_pool_but_not_what_a_reading_shows_as_used(cast, funded, clock):
    give(cast, funded[0], 100)
    see(cast, funded[0], 30, clock.moment)
    more = {"event_id": cast.event_id, "team_id": funded[0]}
    with pytest.raises(Conflict, match=r"Only \$70\.00 is unused"):
        do(grants.give_back, cast.olga, **more, amount=cents(70.01))
    do(grants.give_back, cast.olga, **more, amount=cents(20))
    entry = do(grants.give_back, cast.olga, **more)
    assert entry.amount == cents(50)
    with pytest.raises(Conflict, match="nothing unused"):
        do(grants.give_back, cast.olga, **more)
    found = line(cast, funded[0])
    assert (found.granted, found.rest) == (cents(30), 0)
    assert board(cast.event_id).pool == cents(970)


# --- access ----------------------------------------------------------------------------


def test_a_team_is_told_where_and_how_to_use_its_credits(cast, funded):
    more = {"event_id": cast.event_id, "team_id": funded[0], "until": None}
    for how in ("Ask Olga", "Sign in with your work account"):
        do(
            grants.describe_access, cast.olga, **more, sub_account=" 1234 ", how=how,
            link=" https://console.example.com/ ",
        )  # fmt: skip
    found = reading().scalars(sa.select(Access)).one()
    assert (found.sub_account, found.how) == ("1234", "Sign in with your work account")
    assert found.link == "https://console.example.com/"
    said = facts_of(reading(), f"credits:{cast.event_id}")[-1]
    assert said.values == {"team": funded[0]}


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "ftp://x", "https://a b", "//x", "https://" + "x" * 500]
)
def test_a_link_is_a_web_address(cast, funded, link):
    with pytest.raises(Invalid, match="https"):
        do(
            grants.describe_access, cast.olga, event_id=cast.event_id, team_id=funded[0],
            sub_account="", how="", link=link, until=None,
        )  # fmt: skip
