"""Levels of a grant: each is told once a limit, by notice and mail, whatever comes between."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from make import cents
from treasury import bill, do, give, hold, line, reverse, see, set_state, token

from hackathon.credits.jobs import look_ahead
from hackathon.credits.models import Crossing
from hackathon.credits.queries.forecast import forecasts_of
from hackathon.credits.service import grants
from hackathon.events.models import Event
from hackathon.shared.db import reading, transaction
from hackathon.shared.facts import facts_of
from hackathon.shared.jobs import follow_facts
from hackathon.shared.mail import OutgoingMail
from hackathon.shared.notices import notices_of
from hackathon.teams.models import Membership

HOUR = timedelta(hours=1)


@pytest.fixture
def owls(cast, funded):
    """Paul's team with $100."""
    with transaction() as session:
        session.add(Membership(event_id=cast.event_id, team_id=funded[0], person_id=cast.paul.id))
    give(cast, funded[0], 100)
    return funded[0]


def crossed(team_id):
    reading().rollback()
    rows = reading().execute(
        sa.select(Crossing.basis, Crossing.threshold)
        .filter_by(team_id=team_id)
        .order_by(Crossing.id)
    )
    return [(basis, threshold // 100) for basis, threshold in rows]


def facts(cast):
    return [
        row.values["threshold"]
        for row in facts_of(reading(), f"credits:{cast.event_id}")
        if row.kind == "limit.crossed"
    ]


def test_each_level_is_crossed_exactly_when_it_is_reached(cast, owls, clock):
    bill(cast, owls, 49.99, clock)
    assert crossed(owls) == []
    bill(cast, owls, 0.01, clock)
    assert crossed(owls) == [("spent", 50)]
    bill(cast, owls, 30, clock)
    assert crossed(owls) == [("spent", 50), ("spent", 80)]


def test_edge_55_a_jump_from_nothing_to_130_percent_crosses_all_and_tells_once(
    database, cast, owls, clock
):
    bill(cast, owls, 130, clock)
    assert set(crossed(owls)) == {
        ("spent", 50), ("spent", 80), ("spent", 100), ("committed", 100),
    }  # fmt: skip
    assert facts(cast) == [10_000]
    follow_facts(database)
    follow_facts(database)
    reading().rollback()
    for player in (cast.paul, cast.olga):
        texts = [row.text for row in notices_of(reading(), player.id)]
        assert texts.count(
            "Owls has used 100 % of its credits: $130.00 used, $100.00 granted."
        ) == 1  # fmt: skip
    mails = reading().scalars(
        sa.select(OutgoingMail.address)
        .where(OutgoingMail.key.startswith("crossing:"))
        .order_by(OutgoingMail.address)
    )
    assert [row for row in mails] == [cast.olga.email, cast.paul.email]  # noqa: C416
    assert [row for row in notices_of(reading(), cast.pia.id)] == []  # noqa: C416


def test_edge_50_who_was_down_is_told_after_the_restart_and_once(database, cast, owls, clock):
    bill(cast, owls, 60, clock)
    follow_facts(database)  # the first time anything looks, long after the posting
    follow_facts(database)
    reading().rollback()
    crossings = sa.select(sa.func.count()).where(OutgoingMail.key.startswith("crossing:"))
    assert reading().scalar(crossings) == 2


def test_edge_47_a_correction_below_and_back_above_tells_nothing_new(cast, owls, clock):
    entry = bill(cast, owls, 60, clock)
    reverse(cast, entry)
    bill(cast, owls, 70, clock)
    assert (crossed(owls), facts(cast)) == ([("spent", 50)], [5_000])


def test_edge_46_a_top_up_arms_the_levels_again(cast, owls, clock):
    bill(cast, owls, 130, clock)
    give(cast, owls, 100)
    bill(cast, owls, 1, clock)
    assert crossed(owls)[4:] == [("spent", 50)]
    assert line(cast, owls).balances.available == cents(69)


def test_holds_alone_reach_the_committed_level(cast, owls, clock):
    bill(cast, owls, 40, clock)
    hold(token(cast, owls)[0], 60)
    assert crossed(owls) == [("committed", 100)]


def test_a_charge_for_what_was_held_reaches_only_what_is_spent(cast, owls, clock):
    hold(token(cast, owls)[0], 60)
    bill(cast, owls, 60, clock)
    assert crossed(owls) == [("spent", 50)]
    found = line(cast, owls).balances
    assert (found.available, found.held, found.overrun) == (cents(40), 0, 0)


def test_a_reading_reaches_levels_too_and_without_credits_any_use_is_all(cast, owls, funded, clock):
    see(cast, owls, 80, clock.moment)
    assert crossed(owls) == [("spent", 50), ("spent", 80)]
    see(cast, funded[1], 0, clock.moment)
    assert crossed(funded[1]) == []
    see(cast, funded[1], 0.01, clock.moment + timedelta(0), source="Azure")
    assert ("spent", 100) in crossed(funded[1])


def test_after_closing_nobody_is_alarmed(cast, owls, clock):
    set_state(cast, owls, "closed")
    bill(cast, owls, 40, clock)
    assert crossed(owls) == []


def test_a_forecast_beyond_the_grant_is_told_once_by_the_job(cast, owls, clock):
    for hour in range(4):
        clock.forward(HOUR)
        see(cast, owls, 5 * hour, clock.moment)
    (found, *_) = forecasts_of(reading(), reading().get(Event, cast.event_id))
    assert found.found.burn.mid == cents(5)
    assert found.found.mid > cents(100)
    assert found.is_near
    look_ahead()
    look_ahead()
    assert crossed(owls) == [("forecast", 100)]
    assert facts(cast) == [10_000]


def test_edge_54_nothing_new_keeps_the_figures_marks_them_old_and_clears_no_level(
    cast, owls, clock
):
    see(cast, owls, 60, clock.moment)
    clock.forward(37 * HOUR)
    shown = line(cast, owls)
    assert (shown.used, shown.is_stale) == (cents(60), True)
    assert crossed(owls) == [("spent", 50)]


def test_property_15_a_level_is_at_most_one_row(cast, owls, clock):
    bill(cast, owls, 60, clock)
    for statement in (
        "INSERT INTO crossings SELECT 99, event_id, team_id, basis, threshold, limit_entry_id, "  # noqa: ISC004
        "crossed_at FROM crossings",
        "UPDATE crossings SET threshold = 1",
        "DELETE FROM crossings",
    ):
        with pytest.raises(sa.exc.DBAPIError), transaction() as session:
            session.execute(sa.text(statement))


def test_a_returned_grant_does_not_alarm_by_itself(cast, owls, clock):
    bill(cast, owls, 40, clock)
    do(grants.give_back, cast.olga, event_id=cast.event_id, team_id=owls)
    assert crossed(owls) == []


def test_members_read_what_was_granted_and_what_was_reversed_and_why(database, cast, owls):
    reverse(cast, give(cast, owls, 40))
    follow_facts(database)
    follow_facts(database)
    reading().rollback()
    texts = [row.text for row in notices_of(reading(), cast.paul.id)]
    assert texts[:2] == [
        "An entry of $40.00 in the credits of Owls was reversed. Why: A mistake",
        "Owls got $40.00 of credits.",
    ]
    mails = reading().scalars(sa.select(OutgoingMail.subject)).all()
    assert mails.count("Autumn Hackathon: credits for Owls") == len(texts) - 1
