"""How fast credits are used and where that leads: plain numbers (research credits, 7)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from make import cents

from hackathon.credits import metrics
from hackathon.credits.metrics import Point, burn_of, curve, forecast, is_reached, value_at
from hackathon.credits.rules import Charged, Seen

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def line(*dollars, start=NOON):
    return [Point(start + HOUR * number, cents(amount)) for number, amount in enumerate(dollars)]


def test_a_steady_rate_is_its_own_low_mid_and_high():
    found = burn_of(line(0, 5, 10, 15))
    assert (found.low, found.mid, found.high) == (cents(5),) * 3


def test_low_mid_and_high_are_the_25th_percentile_the_mean_and_the_90th():
    found = burn_of(line(0, 1, 2, 3, 13))
    assert (found.low, found.mid, found.high) == (cents(1), cents(3.25), cents(10))


@pytest.mark.parametrize("points", [[], line(5), line(0, 5), [*line(0, 5), Point(NOON, cents(5))]])
def test_fewer_than_three_hours_with_data_are_not_enough(points):
    found = forecast(points[:2], held=0, granted=cents(100), end=NOON + 9 * HOUR)
    assert (found.burn, found.exhausted_at) == (None, None)


def test_only_the_last_24_hours_count():
    found = burn_of(line(*([0] + [100] * 25), start=NOON - 25 * HOUR))
    assert found.mid == 0


def test_the_end_is_what_is_used_and_held_and_the_rate_for_the_rest():
    found = forecast(line(0, 5, 10), held=cents(7), granted=cents(100), end=NOON + 12 * HOUR)
    assert found.mid == cents(10 + 7 + 5 * 10)
    assert found.exhausted_at is None
    later = forecast(line(0, 5, 10), held=cents(7), granted=cents(27), end=NOON + 12 * HOUR)
    assert later.exhausted_at == NOON + 4 * HOUR
    gone = forecast(line(0, 5, 10), held=0, granted=cents(10), end=NOON + 12 * HOUR)
    assert gone.exhausted_at == NOON + 2 * HOUR


def test_a_rate_of_zero_or_below_exhausts_nothing():
    for points in (line(5, 5, 5), line(9, 7, 5)):
        found = forecast(points, held=0, granted=cents(10), end=NOON + 9 * HOUR)
        assert found.burn.mid <= 0
        assert found.exhausted_at is None


def test_after_the_end_nothing_is_added():
    found = forecast(line(0, 5, 10), held=0, granted=cents(50), end=NOON)
    assert (found.low, found.high) == (cents(10), cents(10))


def test_readings_and_charges_make_one_curve_at_their_own_times():
    seen = [
        Seen("AWS", cents(5), NOON),
        Seen("AWS", cents(9), NOON + HOUR),
        Seen("AWS", cents(9.5), NOON + HOUR + timedelta(minutes=30)),
    ]
    charged = [
        Charged("aws", cents(8), NOON + 2 * HOUR),
        Charged("Gate", cents(1), NOON + 3 * HOUR, is_item=True),
    ]
    assert [point.used for point in curve(seen, charged)] == [
        cents(5), cents(9.5), cents(8), cents(9),
    ]  # fmt: skip


def test_between_two_points_the_curve_is_straight():
    points = line(0, 10)
    assert value_at(points, NOON + timedelta(minutes=15)) == cents(2.5)
    assert value_at(points, NOON - HOUR) == 0
    assert value_at(points, NOON + 9 * HOUR) == cents(10)


@given(st.lists(st.integers(0, 10**9), min_size=3, max_size=40))
def test_low_is_never_above_high_and_the_forecast_keeps_their_order(steps):
    total, points = 0, []
    for number, step in enumerate(steps):
        total += step
        points.append(Point(NOON + HOUR * number, total))
    found = forecast(points, held=0, granted=10**12, end=NOON + 80 * HOUR)
    assert found.burn.low <= found.burn.high
    assert found.low <= found.high


@given(st.integers(1, 10**13), st.integers(1, 10**13), st.sampled_from([5000, 8000, 10_000]))
def test_a_level_is_reached_exactly_in_whole_numbers(amount, limit, threshold):
    assert is_reached(amount, limit, threshold) == (amount * 10_000 >= limit * threshold)


def test_of_no_credits_any_use_is_everything_and_none_is_nothing():
    assert metrics.reached(spent=1, held=0, granted=0)[-1] == ("committed", 10_000)
    assert metrics.reached(spent=0, held=0, granted=0) == []
