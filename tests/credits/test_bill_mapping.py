"""Whose costs these are: accounts, tags, beginnings, days; nothing is lost on the way."""

from datetime import date

import pytest
import sqlalchemy as sa
from bills import bring, focus, look, map_to
from make import cents, make_event, make_team
from treasury import do, line

from hackathon.credits.models import Account, BillRule, Entry, Source
from hackathon.credits.queries.bills import rules_of, source_of, sources_of
from hackathon.credits.service.bills.look import whole_of
from hackathon.credits.service.bills.mapping import Sign, add_rule, change_source
from hackathon.credits.service.grants import describe_access
from hackathon.events.models import Event
from hackathon.office.queries import differences
from hackathon.people.access import load_actor
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Invalid, NotAllowed, NotFound
from hackathon.shared.jobs import follow_facts
from hackathon.teams.models import Team

TAGGED = {"SubAccountId": "", "Tags": '{"Team": "Owls"}'}


def spent(team_id):
    found = reading().scalar(sa.select(Account.balance).where(Account.name == f"spent:{team_id}"))
    return (found or 0) / 1_000_000


def left():
    source = reading().scalars(sa.select(Source)).one()
    return [
        (row.why, row.rows, str(row.amount))
        for row in whole_of(reading(), source).shares.unallocated()
    ]


@pytest.fixture
def known(cast, funded, tmp_path):
    """Ten dollars of Owls' account lie without a team."""
    bring(tmp_path, focus({}))
    return funded


def test_edge_29_key_and_value_of_a_tag_are_trimmed_and_folded(cast, known, tmp_path):
    map_to(cast, known[0], "tag", " OWLS", "TEAM ")
    tags = ['{" Team ": "owls"}', '{"team": "Owls "}', '{"TEAM": "OWLS"}', '{"team": "Unknown"}']
    bring(tmp_path, focus(*[{**TAGGED, "Tags": text} for text in tags]))
    assert spent(known[0]) == 30
    assert ("no rule for it", 1, "10") in left()


def test_edges_30_and_31_true_and_seven_are_text_and_broken_tags_are_untagged(
    cast, known, tmp_path
):
    map_to(cast, known[0], "tag", "true", "team")
    map_to(cast, known[1], "tag", "7", "team")
    tags = ['{"team": true}', '{"team": 7}', "{broken", '{"team": null}']
    bring(tmp_path, focus(*[{**TAGGED, "Tags": text} for text in tags]))
    assert (spent(known[0]), spent(known[1])) == (10, 10)
    assert {why for why, _, _ in left()} == {"tags cannot be read", "no account or tag"}


def test_edge_32_the_first_configured_tag_wins_and_the_conflict_is_counted(cast, known, tmp_path):
    map_to(cast, known[0], "tag", "owls", "team")
    map_to(cast, known[1], "tag", "bees", "project")
    bring(tmp_path, focus({**TAGGED, "Tags": '{"project": "bees", "team": "owls"}'}))
    assert (spent(known[0]), spent(known[1])) == (10, 0)
    assert whole_of(reading(), reading().scalars(sa.select(Source)).one()).shares.conflicts == 1


def test_edge_33_the_account_wins_over_the_tag(cast, known, tmp_path):
    map_to(cast, known[0])
    map_to(cast, known[1], "tag", "bees", "team")
    seen = look(tmp_path, focus({"Tags": '{"team": "bees"}'}, {"Tags": '{"team": "bees"}'}))
    assert {move.team.name: move.after for move in seen.moves if move.team} == {"Owls": cents(20)}
    assert seen.shares.conflicts == 2


def test_edge_34_merged_teams_are_a_rule_from_a_day_on_and_sums_do_not_change(
    cast, known, tmp_path
):
    later = {"ChargePeriodStart": "2026-11-21T03:00:00Z", "ChargePeriodEnd": "2026-11-21T04:00:00Z"}
    bring(tmp_path, focus({}, {**later, "BilledCost": "4"}))
    map_to(cast, known[0])
    assert (spent(known[0]), spent(known[1])) == (14, 0)
    made = map_to(cast, known[1], from_day=date(2026, 11, 21))
    assert (spent(known[0]), spent(known[1]), made) == (10, 4, 2)
    with transaction() as session:
        session.get_one(Team, known[0]).name = "Night Owls"
    assert (spent(known[0]), spent(known[1])) == (10, 4)
    assert differences(reading()) == []


def test_edge_35_a_day_belongs_to_who_holds_the_account_at_its_beginning(cast, known, tmp_path):
    noon = [f"2026-11-21T{hour:02}:00:00Z" for hour in (1, 23)]
    bring(tmp_path, focus(*[{"ChargePeriodStart": at, "ChargePeriodEnd": ""} for at in noon]))
    map_to(cast, known[0])
    map_to(cast, known[1], from_day=date(2026, 11, 22))
    assert (spent(known[0]), spent(known[1])) == (20, 0)


def test_edge_36_late_rows_reach_an_archived_team(cast, known, tmp_path, clock):
    map_to(cast, known[0])
    with transaction() as session:
        session.get_one(Team, known[0]).archived_at = clock.moment
    bring(tmp_path, focus({"BilledCost": "12"}))
    assert spent(known[0]) == 12


def test_edge_37_an_assignment_moves_what_is_booked_and_is_remembered(cast, known, tmp_path):
    assert left() == [("no rule for it", 1, "10")]
    assert map_to(cast, known[0]) == 2
    assert (spent(known[0]), left()) == (10, [])
    bring(tmp_path, focus({}, {"BilledCost": "3"}))
    assert (spent(known[0]), left()) == (13, [])
    assert map_to(cast, known[0]) == 0
    assert [row.by for row in rules_of(reading(), 1)] == ["Lena", "Lena"]
    assert map_to(cast, None) == 2
    assert (spent(known[0]), left()) == (0, [("nobody's by rule", 2, "13")])
    assert differences(reading()) == []


def test_the_longest_beginning_of_an_account_decides_when_nothing_else_does(cast, known, tmp_path):
    map_to(cast, known[0], "prefix", "/groups/")
    map_to(cast, known[1], "prefix", "/groups/bees/")
    bring(tmp_path, focus({"SubAccountId": "/groups/x"}, {"SubAccountId": "/groups/bees/1"}))
    assert (spent(known[0]), spent(known[1])) == (10, 10)


@pytest.mark.parametrize(
    ("day", "reaches"),
    [("2026-11-19", False), ("2026-11-20", True), ("2026-12-02", True), ("2026-12-03", False)],
)
def test_costs_outside_the_days_of_the_event_and_its_settling_reach_no_team(
    cast, known, tmp_path, day, reaches
):
    map_to(cast, known[0])
    bring(tmp_path, focus({"ChargePeriodStart": f"{day}T10:00:00Z", "ChargePeriodEnd": ""}))
    assert (spent(known[0]) == 10) is reaches
    assert left() == ([] if reaches else [("outside the event's days", 1, "10")])


def test_the_account_of_a_teams_access_maps_its_costs_without_another_import(cast, known, database):
    access = {"how": "", "link": "", "until": None}
    more = {"event_id": cast.event_id, "team_id": known[0], **access}
    do(describe_access, cast.olga, sub_account="owls-account", **more)
    follow_facts(database)
    assert spent(known[0]) == 10
    do(describe_access, cast.olga, sub_account="owls-account", **more)
    assert reading().scalar(sa.select(sa.func.count(BillRule.id))) == 1
    do(describe_access, cast.olga, sub_account="new-account", **more)
    follow_facts(database)
    assert spent(known[0]) == 0
    assert differences(reading()) == []


def test_an_account_taken_over_in_the_next_quarter_leaves_the_old_costs_where_they_are(cast, known):
    map_to(cast, known[0])
    with transaction() as session:
        event = session.get_one(Event, cast.other_event_id)
        event.starts_at = event.starts_at.replace(month=12, day=4)
        event.ends_at = event.ends_at.replace(month=12, day=6)
        team = make_team(session, event.id, "Foxes").id
    map_to(cast, team, event_id=cast.other_event_id, from_day=date(2026, 12, 4))
    assert spent(known[0]) == 10


def test_the_effective_cost_may_count_instead(cast, known, tmp_path):
    map_to(cast, known[0])
    bring(tmp_path, focus({"EffectiveCost": "6.5"}))
    change = {"event_id": cast.event_id, "source_id": 1, "charged": ["Usage"], "tag_keys": ["team"]}
    assert do(change_source, cast.lena, basis="effective", **change) == 1
    assert spent(known[0]) == 6.5
    entry = reading().scalars(sa.select(Entry).order_by(Entry.id.desc())).first()
    assert (entry.deed, entry.amount) == ("refund", cents(3.5))


@pytest.mark.parametrize(
    ("sign", "field"),
    [
        (Sign("colour", "x"), "kind"),
        (Sign("tag", "x", " "), "key"),
        (Sign("account", "  "), "value"),
        (Sign("prefix", "x" * 201), "value"),
    ],
)
def test_a_rule_without_a_sense_is_refused(cast, known, sign, field):
    with pytest.raises(Invalid) as refused:
        do(
            add_rule, cast.lena, event_id=cast.event_id, source_id=1, sign=sign,
            team_id=known[0], reason="Because",
        )  # fmt: skip
    assert refused.value.field == field


@pytest.mark.parametrize(
    "more",
    [
        {"basis": "list"},
        {"charged": ["Nothing"]},
        {"tag_keys": [" "]},
        {"tag_keys": list("abcdefghijk")},
    ],
)
def test_settings_of_a_source_without_a_sense_are_refused(cast, known, more):
    values = {"basis": "billed", "charged": ["Usage"], "tag_keys": ["team"], **more}
    with pytest.raises(Invalid):
        do(change_source, cast.lena, event_id=cast.event_id, source_id=1, **values)


def test_an_organizer_works_with_the_sources_that_feed_the_own_event(cast, known):
    with transaction() as session:
        olga, rita = (load_actor(session, player.id) for player in (cast.olga, cast.rita))
    assert sources_of(reading(), olga, cast.event_id) == []
    map_to(cast, known[0])
    assert [row.name for row in sources_of(reading(), olga, cast.event_id)] == ["AWS"]
    with pytest.raises(NotFound):
        source_of(reading(), rita, cast.other_event_id, 1)


def test_no_organizer_takes_costs_from_another_events_team(cast, known):
    map_to(cast, known[0])
    with transaction() as session:
        foxes = make_team(session, cast.other_event_id, "Foxes").id
        session.get_one(Source, 1).event_id = cast.other_event_id
    values = {"event_id": cast.other_event_id, "source_id": 1, "reason": "Mine now"}
    with pytest.raises(NotAllowed):
        do(add_rule, cast.rita, sign=Sign("account", "owls-account"), team_id=foxes, **values)
    assert (spent(known[0]), spent(foxes)) == (10, 0)
    with pytest.raises(NotFound):
        do(add_rule, cast.rita, sign=Sign("account", "x"), team_id=known[0], **values)


def test_more_than_one_event_is_fed_by_one_source(cast, known, tmp_path):
    with transaction() as session:
        event = make_event(session)
        foxes = make_team(session, event.id, "Foxes").id
    map_to(cast, known[0])
    map_to(cast, foxes, "account", "foxes-account", event_id=event.id)
    bring(tmp_path, focus({}, {"SubAccountId": "foxes-account"}))
    assert (spent(known[0]), spent(foxes)) == (10, 10)
    assert line(cast, known[0]).balances.spent == cents(10)
