"""Phases by the clock and by hand, zones with their gaps and folds."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hackathon.events.rules import (
    Phase,
    Schedule,
    check_dates,
    check_move,
    days_of,
    fold_slug,
    last_day_of,
    local_instant,
    next_boundary,
    phase_at,
    quarter_of,
)
from hackathon.shared.errors import Conflict, Invalid

PUBLISHED = datetime(2026, 11, 1, 8, tzinfo=UTC)
START = datetime(2026, 11, 20, 8, tzinfo=UTC)
CLOSE = datetime(2026, 11, 22, 12, tzinfo=UTC)
END = datetime(2026, 11, 22, 16, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def schedule(**more):
    values = {
        "starts_at": START,
        "ends_at": END,
        "submissions_close_at": CLOSE,
        "published_at": PUBLISHED,
    }
    return Schedule(**values | more)


@pytest.mark.parametrize(
    ("moment", "phase"),
    [
        (PUBLISHED - TICK, Phase.DRAFT),
        (PUBLISHED, Phase.REGISTRATION),
        (START - TICK, Phase.REGISTRATION),
        (START, Phase.HACKING),
        (CLOSE - TICK, Phase.HACKING),
        (CLOSE, Phase.JUDGING),
        (END + timedelta(days=400), Phase.JUDGING),
    ],
)
def test_the_clock_opens_each_phase_at_its_instant(moment, phase):
    assert phase_at(schedule(), [], moment) is phase


def test_a_draft_is_left_by_publishing_alone():
    assert phase_at(schedule(published_at=None), [], END) is Phase.DRAFT


def test_results_last_a_day_then_the_follow_up_begins():
    told = schedule(revealed_at=END)
    assert phase_at(told, [], END - TICK) is Phase.JUDGING
    assert phase_at(told, [], END) is Phase.RESULTS
    assert phase_at(told, [], END + timedelta(days=1) - TICK) is Phase.RESULTS
    assert phase_at(told, [], END + timedelta(days=1)) is Phase.FOLLOW_UP
    closed = schedule(revealed_at=END, closed_at=END + timedelta(days=2))
    assert phase_at(closed, [], END + timedelta(days=2)) is Phase.CLOSED


def test_a_move_forward_is_not_undone_by_an_earlier_boundary():
    early = [(START - timedelta(hours=2), Phase.JUDGING)]
    assert phase_at(schedule(), early, START + TICK) is Phase.JUDGING


def test_a_move_back_lasts_until_the_next_boundary_that_leads_further():
    back = [(CLOSE + timedelta(minutes=5), Phase.HACKING)]
    assert phase_at(schedule(), back, CLOSE + timedelta(minutes=1)) is Phase.JUDGING
    assert phase_at(schedule(), back, CLOSE + timedelta(hours=1)) is Phase.HACKING
    extended = schedule(submissions_close_at=CLOSE + timedelta(minutes=15))
    assert phase_at(extended, back, CLOSE + timedelta(minutes=14)) is Phase.HACKING
    assert phase_at(extended, back, CLOSE + timedelta(minutes=15)) is Phase.JUDGING


def test_the_newest_move_counts():
    moves = [(START, Phase.JUDGING), (START + timedelta(hours=1), Phase.HACKING)]
    assert phase_at(schedule(), moves, START + timedelta(hours=2)) is Phase.HACKING
    assert phase_at(schedule(), list(reversed(moves)), START + timedelta(hours=2)) is Phase.HACKING


@given(
    st.lists(
        st.tuples(
            st.integers(0, 30 * 24).map(lambda hours: PUBLISHED + timedelta(hours=hours)),
            st.sampled_from([Phase.REGISTRATION, Phase.HACKING, Phase.JUDGING]),
        ),
        max_size=4,
    ),
    st.integers(0, 30 * 24),
)
def test_the_next_boundary_is_when_the_phase_changes(moves, hours):
    moment = PUBLISHED + timedelta(hours=hours)
    moves = [move for move in moves if move[0] <= moment]
    upcoming = next_boundary(schedule(), moves, moment)
    present = phase_at(schedule(), moves, moment)
    if upcoming is None:
        assert phase_at(schedule(), moves, moment + timedelta(days=900)) is present
    else:
        at, phase = upcoming
        assert phase_at(schedule(), moves, at - TICK) is present
        assert phase_at(schedule(), moves, at) is phase


@pytest.mark.parametrize(
    ("present", "wanted"),
    [
        (Phase.DRAFT, Phase.HACKING),
        (Phase.HACKING, Phase.HACKING),
        (Phase.HACKING, Phase.RESULTS),
        (Phase.RESULTS, Phase.JUDGING),
        (Phase.CLOSED, Phase.HACKING),
    ],
)
def test_phases_with_a_door_of_their_own_cannot_be_reached_by_a_move(present, wanted):
    with pytest.raises(Conflict):
        check_move(present, wanted)


def test_line_39_a_time_in_the_gap_of_spring_does_not_exist():
    with pytest.raises(Invalid, match="does not exist that night"):
        local_instant("2026-03-29T02:30", "Europe/Berlin", field="starts")


def test_line_39_an_hour_that_happens_twice_is_asked_about():
    with pytest.raises(Invalid, match=r"happens twice.*\+02:00.*\+01:00"):
        local_instant("2026-10-25T02:30", "Europe/Berlin", field="starts")
    first = local_instant("2026-10-25T02:30+02:00", "Europe/Berlin", field="starts")
    second = local_instant("2026-10-25T02:30", "Europe/Berlin", field="starts", second=True)
    assert second - first == timedelta(hours=1)


def test_an_event_across_a_clock_change_keeps_its_instants():
    start = local_instant("2026-10-23T09:00", "Europe/Berlin", field="starts")
    end = local_instant("2026-10-25T17:00", "Europe/Berlin", field="ends")
    assert end - start == timedelta(hours=57)
    assert days_of(start, end, "Europe/Berlin") == 3


def test_an_end_at_midnight_belongs_to_the_day_before():
    assert last_day_of(datetime(2026, 11, 22, 23, tzinfo=UTC), "Europe/Berlin") == date(
        2026, 11, 22
    )


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01T00:00", "2026-02-30T10:00"])
def test_what_is_not_a_time_is_refused(text):
    with pytest.raises(Invalid):
        local_instant(text, "UTC", field="starts")


def test_dates_have_an_order():
    check_dates(START, END, CLOSE)
    for wrong in [(END, START, CLOSE), (START, END, START), (START, END, END + TICK)]:
        with pytest.raises(Invalid):
            check_dates(*wrong)


@pytest.mark.parametrize(
    ("day", "quarter"),
    [
        (date(2026, 1, 1), "2026-Q1"),
        (date(2026, 3, 31), "2026-Q1"),
        (date(2026, 12, 31), "2026-Q4"),
    ],
)
def test_a_day_lies_in_its_calendar_quarter(day, quarter):
    assert quarter_of(day) == quarter


def test_an_address_is_proposed_from_a_name():
    assert fold_slug("Herbst-Hackathon 2026: Für alle!") == "herbst-hackathon-2026-fur-alle"
    assert fold_slug("هاكاثون") == ""
