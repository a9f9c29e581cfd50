"""A bill takes the place of the captures it covers: nothing is missed, nothing counts twice."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from bills import bring, focus, look, map_to
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from make import cents, make_event, make_team
from treasury import capture, give, hold, line, set_state, token

from hackathon.credits.models import Account, Crossing, Entry, Hold
from hackathon.credits.queries.statements import statement_of
from hackathon.credits.service import budgets, grants, holds, tokens
from hackathon.credits.service.bills.captures import Reach
from hackathon.credits.service.bills.mapping import Sign, add_rule
from hackathon.events.models import Event
from hackathon.office.queries import differences
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.clock import utc_text
from hackathon.shared.db import reading, transaction
from hackathon.shared.money import Micros


@pytest.fixture
def owls(cast, funded, tmp_path):
    """Owls with $100 and a token; AWS bills their account and has no cost of it yet."""
    give(cast, funded[0], 100)
    bring(tmp_path, focus({"BilledCost": "0"}))
    map_to(cast, funded[0])
    return funded[0], token(cast, funded[0])[0]


def used(owls, amount, key="a", source="AWS"):
    """A job held and used so many dollars."""
    made, _ = hold(owls[1], amount, key=key, source=source)
    return capture(owls[1], made.id, amount)


def usage(clock, amount, hours=1, **more):
    """A bill of one row that began so many hours ago and lasted one."""
    start = clock.moment - timedelta(hours=hours)
    return focus(
        {
            "BilledCost": str(amount),
            "BillingPeriodStart": f"{start:%Y-%m}-01",
            "ChargePeriodStart": utc_text(start),
            "ChargePeriodEnd": utc_text(start + timedelta(hours=1)),
        }
        | more
    )


def parts(cast, team_id):
    """available, held, spent, overrun in dollars; everything fits."""
    reading().rollback()
    found = line(cast, team_id).balances
    assert differences(reading()) == []
    return tuple(x / 10**6 for x in (found.available, found.held, found.spent, found.overrun))


def later(clock, hours=5):
    clock.set(clock.moment + timedelta(hours=hours))


def test_a_capture_stands_until_a_bill_reaches_it_and_then_the_bill_counts(
    cast, owls, tmp_path, clock
):
    used(owls, 20)
    assert parts(cast, owls[0]) == (80, 0, 20, 0)
    later(clock)
    bring(tmp_path, usage(clock, 3, hours=9))
    assert parts(cast, owls[0]) == (77, 0, 23, 0)
    bring(tmp_path, usage(clock, 19.5))
    assert parts(cast, owls[0]) == (80.5, 0, 19.5, 0)
    assert bring(tmp_path, usage(clock, 19.5)).postings == 0
    said = statement_of(reading(), reading().get(Event, cast.event_id), owls[0])
    back = next(row for row in said.entries if row.word == "Reversed: captured")
    assert (back.change, back.reason) == (cents(20), "The bill of AWS holds it")


def test_what_is_captured_after_the_bill_stands_beside_it(cast, owls, tmp_path, clock):
    later(clock)
    bring(tmp_path, usage(clock, 10))
    used(owls, 20)
    bring(tmp_path, usage(clock, 11))
    assert parts(cast, owls[0]) == (69, 0, 31, 0)


def test_a_fee_until_the_month_s_end_says_nothing_about_what_came_in_by_now(
    cast, owls, tmp_path, clock
):
    used(owls, 20)
    later(clock)
    month = {"ChargePeriodStart": "2026-11-20T00:00:00Z", "ChargePeriodEnd": "2026-12-01T00:00:00Z"}
    hour = {"ChargePeriodStart": "2026-11-20T08:00:00Z", "ChargePeriodEnd": "2026-11-20T09:00:00Z"}
    seen = look(tmp_path, focus({"BilledCost": "2", **month}, {"BilledCost": "1", **hour}))
    assert (seen.ended, seen.scopes[0].through) == ({}, datetime(2026, 11, 20, 9, tzinfo=UTC))
    only = look(tmp_path, focus({"BilledCost": "2", **month}))
    assert only.scopes[0].through == clock.moment


def test_captures_of_other_sources_and_other_teams_stay(cast, funded, owls, tmp_path, clock):
    give(cast, funded[1], 100)
    bees = funded[1], token(cast, funded[1])[0]
    used(owls, 20, source="Azure")
    used(bees, 30)
    later(clock)
    bring(tmp_path, usage(clock, 5))
    assert parts(cast, owls[0]) == (75, 0, 25, 0)
    assert parts(cast, bees[0]) == (70, 0, 30, 0)


def test_a_rule_that_comes_after_the_bill_ends_the_captures_then(cast, funded, tmp_path, clock):
    give(cast, funded[0], 100)
    owls = funded[0], token(cast, funded[0])[0]
    used(owls, 20)
    later(clock)
    bring(tmp_path, usage(clock, 18))
    assert parts(cast, owls[0]) == (80, 0, 20, 0)
    map_to(cast, owls[0])
    assert parts(cast, owls[0]) == (82, 0, 18, 0)


def test_a_bill_of_another_month_ends_nothing_of_this_one(cast, owls, tmp_path, clock):
    used(owls, 20)
    later(clock)
    bring(tmp_path, usage(clock, 5, BillingPeriodStart="2026-10-01"))
    assert parts(cast, owls[0]) == (75, 0, 25, 0)


def test_where_each_file_stands_for_itself_a_day_without_one_is_not_covered():
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    reach = Reach({noon.date().replace(day=1): noon + timedelta(days=2)}, {noon.date()})
    assert reach.covers(noon)
    assert not reach.covers(noon + timedelta(days=1))


def test_no_level_is_crossed_by_what_would_count_twice_for_a_moment(cast, owls, tmp_path, clock):
    used(owls, 45)
    later(clock)
    bring(tmp_path, usage(clock, 45))
    assert reading().scalars(sa.select(Crossing.threshold)).all() == []


def test_after_closing_the_pool_gets_what_a_bill_takes_back(cast, owls, tmp_path, clock):
    used(owls, 20)
    set_state(cast, owls[0], "closed")
    later(clock)
    bring(tmp_path, usage(clock, 15))
    assert parts(cast, owls[0]) == (0, 0, 15, 0)


def test_the_look_names_what_the_bill_takes_the_place_of(owls, tmp_path, clock):
    used(owls, 20)
    used(owls, 5, key="b")
    later(clock)
    seen = look(tmp_path, usage(clock, 24))
    assert [row.amount for row in seen.ended[owls[0]]] == [cents(20), cents(5)]
    assert not seen.changes_nothing


steps = st.lists(
    st.one_of(
        st.tuples(st.just("use"), st.integers(1, 400)),
        st.tuples(st.just("bill"), st.integers(0, 400)),
        st.tuples(st.just("rule"), st.just(0)),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_spend_is_the_newest_bill_and_the_captures_it_does_not_reach(
    app, clock, tmp_path_factory, made
):
    folder, begin = tmp_path_factory.getbasetemp(), datetime(2026, 11, 20, 9, tzinfo=UTC)
    clock.set(begin)
    with app.app_context():
        with transaction() as session:
            event = make_event(session)
            event.quarter, event.ends_at = f"{3000 + event.id}-Q1", begin + timedelta(days=5)
            team, event_id = make_team(session, event.id).id, event.id
            more = {"event_id": event_id}
            budgets.set_budget(session, COMMAND_LINE, **more, amount=cents(9000))
            budgets.fund(session, COMMAND_LINE, **more, amount=cents(9000))
            grants.grant(
                session, COMMAND_LINE, **more, team_id=team, amount=cents(9000), reason="All"
            )
            made_token, _ = tokens.make_token(
                session, COMMAND_LINE, **more, team_id=team, name="Jobs"
            )
            token_id = made_token.id
        name = f"Cloud {event_id}"
        head = {"BillingAccountId": name, "SubAccountId": "x"}
        billed, through, captured, ruled = 0, begin, [], False
        for number, (deed, amount) in enumerate(made):
            clock.set(clock.moment + timedelta(hours=1))
            if deed == "use":
                with transaction() as session:
                    kept, _ = holds.make_hold(
                        session, token_id=token_id, key=str(number), amount=cents(1), source=name
                    )
                    holds.capture(
                        session, token_id=token_id, hold_id=kept.id, amount=Micros(amount * 7)
                    )
                captured.append((clock.moment, amount * 7))
            elif deed == "bill":
                bring(folder, usage(clock, f"0.{amount:06}", **head), name)
                billed, through = amount, clock.moment
            elif through > begin and not ruled:
                with transaction() as session:
                    source = session.scalar(
                        sa.text("SELECT id FROM bill_sources WHERE name = :name"), {"name": name}
                    )
                    add_rule(
                        session, COMMAND_LINE, **more, source_id=source, team_id=team,
                        sign=Sign("account", "x"), reason="Theirs",
                    )  # fmt: skip
                ruled = True
        covered = through if ruled else begin
        expected = sum(amount for at, amount in captured if at >= covered)
        expected += billed if ruled else 0
        query = sa.select(Account.balance).where(Account.name == f"spent:{team}")
        assert (reading().scalar(query) or 0) == expected
        assert differences(reading()) == []
        ends = sa.select(sa.func.count(Entry.id)).where(Entry.key.startswith("billed:"))
        assert reading().scalar(ends.where(Entry.team_id == team)) == sum(
            at < covered for at, _ in captured
        )
        assert reading().scalar(sa.select(sa.func.count(Hold.id)).where(Hold.state == "open")) == 0
