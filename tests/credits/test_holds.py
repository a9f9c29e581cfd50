"""Holds: money set aside before a job runs, and what becomes of it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from make import cents
from treasury import bill, capture, give, hold, line, see, set_state, token, void

from hackathon.credits.jobs import end_due_holds
from hackathon.credits.models import Entry, Hold, TeamToken
from hackathon.credits.queries.ledger import wrong_balances
from hackathon.credits.service import holds
from hackathon.events.models import Event
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotFound, NotSignedIn
from hackathon.shared.money import Micros

HOUR = timedelta(hours=1)


@pytest.fixture
def owls(cast, funded):
    """A team with $100, and its token."""
    give(cast, funded[0], 100)
    return funded[0], token(cast, funded[0])[0]


def state(hold_id):
    return reading().scalar(sa.select(Hold.state).where(Hold.id == hold_id))


def parts(cast, team_id):
    """available, held, spent, overrun in dollars."""
    found = line(cast, team_id).balances
    assert wrong_balances(reading()) == []
    assert found.granted == found.available + found.held + found.spent + found.overrun
    return tuple(x / 10**6 for x in (found.available, found.held, found.spent, found.overrun))


def test_a_hold_sets_money_aside_and_the_board_shows_what_is_left(cast, owls):
    made, replay = hold(owls[1], 30)
    assert (made.state, replay) == ("open", False)
    assert parts(cast, owls[0]) == (70, 30, 0, 0)
    shown = line(cast, owls[0])
    assert (shown.rest, shown.as_json()["held_text"]) == (cents(70), "$30.00 held")


def test_edge_41_a_hold_of_exactly_the_balance_fits_and_one_micro_more_does_not(cast, owls):
    with (
        pytest.raises(Conflict, match=r"Only \$100\.00 is available") as refused,
        transaction() as s,
    ):
        holds.make_hold(s, token_id=owls[1], key="b", amount=Micros(cents(100) + 1), source="AWS")
    assert refused.value.extra["left"] == cents(100)
    hold(owls[1], 100)
    assert parts(cast, owls[0]) == (0, 100, 0, 0)


def test_what_a_reading_shows_as_used_cannot_be_held(cast, owls, clock):
    see(cast, owls[0], 60, clock.moment)
    with pytest.raises(Conflict, match=r"Only \$40\.00 is available"):
        hold(owls[1], 41)
    hold(owls[1], 40)


def test_a_part_is_captured_and_the_rest_is_available_again(cast, owls):
    made, _ = hold(owls[1], 30)
    found, entry, replay = capture(owls[1], made.id, 12.5)
    assert (found.state, entry.amount, replay) == ("captured", cents(12.5), False)
    assert parts(cast, owls[0]) == (87.5, 0, 12.5, 0)


def test_a_capture_above_the_hold_takes_what_is_available_then_overruns(cast, owls):
    made, _ = hold(owls[1], 30)
    capture(owls[1], made.id, 130)
    assert parts(cast, owls[0]) == (0, 0, 130, -30)


def test_edge_43_a_capture_of_nothing_releases_and_stores_no_empty_leg(cast, owls):
    made, _ = hold(owls[1], 30)
    found, entry, _ = capture(owls[1], made.id, 0)
    assert (found.state, entry) == ("captured", None)
    assert capture(owls[1], made.id, 0)[2] is True
    assert parts(cast, owls[0]) == (100, 0, 0, 0)
    assert reading().scalar(sa.select(sa.func.count(Entry.id)).filter_by(deed="capture")) == 0
    with pytest.raises(Conflict, match="another amount"):
        capture(owls[1], made.id, 1)


def test_edge_42_a_capture_after_the_expiry_is_a_plain_charge(cast, owls, clock):
    made, _ = hold(owls[1], 30, seconds=60)
    clock.forward(timedelta(seconds=60))
    found, entry, _ = capture(owls[1], made.id, 10)
    assert (found.state, entry.deed) == ("expired", "capture")
    assert parts(cast, owls[0]) == (90, 0, 10, 0)


def test_expired_money_can_be_held_again_before_any_job_ran(cast, owls, clock):
    made, _ = hold(owls[1], 100, seconds=60)
    clock.forward(timedelta(seconds=61))
    hold(owls[1], 100, key="b")
    assert state(made.id) == "expired"
    assert parts(cast, owls[0]) == (0, 100, 0, 0)


def test_the_job_of_each_minute_ends_what_is_due(cast, owls, clock):
    first, _ = hold(owls[1], 10, seconds=60)
    later, _ = hold(owls[1], 10, key="b", seconds=600)
    clock.forward(timedelta(seconds=61))
    end_due_holds()
    end_due_holds()
    assert (state(first.id), state(later.id)) == ("expired", "open")
    assert parts(cast, owls[0]) == (90, 10, 0, 0)


def test_property_14_a_hold_ends_exactly_once(cast, owls):
    made, _ = hold(owls[1], 30)
    assert void(owls[1], made.id)[1] is False
    assert void(owls[1], made.id)[1] is True
    with pytest.raises(Conflict, match="voided"):
        capture(owls[1], made.id, 5)
    other, _ = hold(owls[1], 30, key="b")
    capture(owls[1], other.id, 5)
    with pytest.raises(Conflict, match="captured"):
        void(owls[1], other.id)
    for statement in (
        "UPDATE holds SET state = 'open', ended_at = NULL",
        "UPDATE holds SET amount = 1",
        "DELETE FROM holds",
    ):
        with pytest.raises(sa.exc.DBAPIError), transaction() as session:
            session.execute(sa.text(statement))
    assert parts(cast, owls[0]) == (95, 0, 5, 0)


def test_a_hold_changed_behind_the_triggers_is_named(cast, owls):
    hold(owls[1], 30)
    sqlite = reading().get_bind().dialect.name == "sqlite"
    with transaction() as session:
        on = "" if sqlite else " ON holds"
        session.execute(sa.text(f"DROP TRIGGER holds_end_once{on}"))
        session.execute(sa.text("UPDATE holds SET amount = 1"))
    assert wrong_balances(reading()) == [
        f"team {owls[0]}: its open holds differ from its account by {1 - cents(30)} micros"
    ]


def test_edge_38_the_same_key_and_request_is_one_hold_and_one_capture(cast, owls):
    made, _ = hold(owls[1], 30)
    again, replay = hold(owls[1], 30)
    assert (again.id, replay) == (made.id, True)
    _, entry, _ = capture(owls[1], made.id, 5, key="c")
    _, same, replay = capture(owls[1], made.id, 5, key="c")
    assert (same.id, replay) == (entry.id, True)
    assert parts(cast, owls[0]) == (95, 0, 5, 0)


def test_edge_39_the_same_key_for_something_else_is_refused(cast, owls):
    made, _ = hold(owls[1], 30)
    with pytest.raises(Conflict) as refused:
        hold(owls[1], 31)
    assert refused.value.word == "key_reused"
    capture(owls[1], made.id, 5, key="c")
    with pytest.raises(Conflict) as refused:
        capture(owls[1], made.id, 6, key="c")
    assert refused.value.word == "key_reused"
    assert parts(cast, owls[0]) == (95, 0, 5, 0)


def test_edge_62_holds_are_refused_from_the_event_s_last_second(cast, owls, clock):
    ends_at = reading().get(Event, cast.event_id).ends_at
    clock.set(ends_at - timedelta(seconds=1))
    hold(owls[1], 10)
    clock.set(ends_at)
    with pytest.raises(Conflict, match="over") as refused:
        hold(owls[1], 10, key="b")
    assert refused.value.word == "settling"


def test_edge_60_a_month_s_end_resets_nothing(cast, owls, clock):
    with transaction() as session:
        event = session.get_one(Event, cast.event_id)
        event.ends_at = clock.moment + timedelta(days=60)
    hold(owls[1], 60, seconds=7 * 86_400)
    clock.set(clock.moment.replace(month=12, day=1, hour=0))
    bill(cast, owls[0], 10, clock, source="Azure")
    found = line(cast, owls[0]).balances
    assert (found.granted, found.spent) == (cents(100), cents(10))


def test_paused_credits_take_no_holds_and_still_capture(cast, owls):
    made, _ = hold(owls[1], 30)
    set_state(cast, owls[0], "paused")
    with pytest.raises(Conflict, match="paused"):
        hold(owls[1], 1, key="b")
    capture(owls[1], made.id, 20)
    set_state(cast, owls[0], "open")
    hold(owls[1], 1, key="b")
    assert parts(cast, owls[0]) == (79, 1, 20, 0)


def test_a_bill_ends_holds_of_its_source_so_that_no_dollar_is_held_and_spent(cast, owls, clock):
    first, _ = hold(owls[1], 20)
    second, _ = hold(owls[1], 20, key="b")
    azure, _ = hold(owls[1], 5, key="c", source="Azure")
    bill(cast, owls[0], 30, clock, source="aws")
    assert [state(row.id) for row in (first, second, azure)] == ["expired", "open", "open"]
    assert parts(cast, owls[0]) == (45, 25, 30, 0)


def test_a_released_hold_repays_an_overrun_first(cast, owls, clock):
    made, _ = hold(owls[1], 40)
    bill(cast, owls[0], 90, clock, source="Azure")
    assert parts(cast, owls[0]) == (0, 40, 90, -30)
    void(owls[1], made.id)
    assert parts(cast, owls[0]) == (10, 0, 90, 0)


def test_a_later_reading_holds_the_captures_and_an_earlier_one_does_not(cast, owls, clock):
    see(cast, owls[0], 20, clock.moment)
    clock.forward(HOUR)
    made, _ = hold(owls[1], 10)
    capture(owls[1], made.id, 5)
    assert line(cast, owls[0]).used == cents(25)
    clock.forward(HOUR)
    see(cast, owls[0], 27, clock.moment)
    assert line(cast, owls[0]).used == cents(27)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"key": ""}, "key"),
        ({"key": "x" * 81}, "key"),
        ({"source": " "}, "source"),
        ({"seconds": 0}, "expires_in"),
        ({"seconds": 7 * 86_400 + 1}, "expires_in"),
        ({"amount": 0}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": 10_000_001}, "amount"),
    ],
)
def test_a_hold_that_cannot_be_is_refused(cast, owls, more, field):
    with pytest.raises(Invalid) as refused:
        hold(owls[1], **{"amount": 5} | more)
    assert refused.value.field == field
    assert parts(cast, owls[0]) == (100, 0, 0, 0)


def test_a_capture_that_cannot_be_is_refused(cast, owls):
    made, _ = hold(owls[1], 30)
    with pytest.raises(Invalid):
        capture(owls[1], made.id, -1)
    assert state(made.id) == "open"


def test_a_token_reaches_holds_of_its_own_team_only_and_nothing_once_revoked(cast, funded, owls):
    made, _ = hold(owls[1], 30)
    other = token(cast, funded[1])[0]
    for verb in (capture, void):
        with pytest.raises(NotFound):
            verb(other, made.id, *([1] if verb is capture else []))
    with transaction() as session:
        session.get_one(TeamToken, owls[1]).revoked_at = made.made_at
    with pytest.raises(NotSignedIn):
        capture(owls[1], made.id, 1)
