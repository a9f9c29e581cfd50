"""What people may decide: inside a band, never across its edge."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hackathon.judging.rules import (
    Ranked,
    check_finalists,
    check_place_prize,
    cut,
    eligible,
    most_votes,
)
from hackathon.shared.errors import Conflict, Invalid


def ranked(*bands, component=1, first=1):
    """Projects in order; `ranked("ab", "c")`: a and b are level, c is below."""
    rows, place = [], first
    for number, names in enumerate(bands, 1):
        for name in names:
            rows.append(Ranked(ord(name), component, place, number))
            place += 1
    return rows


def ids(names):
    return {ord(name) for name in names}


@st.composite
def standings(draw):
    """Places with ties inside bands, in one or two groups."""
    rows, project = [], 0
    for component in range(1, draw(st.integers(1, 2)) + 1):
        at = 0
        for band in range(1, draw(st.integers(1, 5)) + 1):
            place = at + 1
            for _ in range(draw(st.integers(1, 4))):
                at, project = at + 1, project + 1
                place = place if draw(st.booleans()) and place == at - 1 else at
                rows.append(Ranked(project, component, place, band))
    return rows


@given(standings(), st.integers(1, 12))
def test_what_the_rule_takes_may_always_go_on(rows, best):
    lines = cut(rows, best)
    chosen = {project for line in lines for project in line.by_rule}
    check_finalists(rows, best, chosen)
    for line in lines:
        assert line.sure <= line.by_rule <= line.sure | line.level
        assert len(line.by_rule) >= min(best, len(line.sure | line.level))
    assert chosen == {row.project for row in rows if row.place <= best}


@given(standings(), st.integers(1, 12), st.data())
def test_nobody_goes_on_or_stays_behind_across_the_edge_of_a_band(rows, best, data):
    chosen = data.draw(st.sets(st.sampled_from([row.project for row in rows])))
    band = {row.project: (row.component, row.band) for row in rows}
    try:
        check_finalists(rows, best, chosen)
    except (Conflict, Invalid):
        return
    for project in chosen:
        above = {
            other for other, (group, number) in band.items()
            if group == band[project][0] and number < band[project][1]
        }  # fmt: skip
        assert above <= chosen
    for line in cut(rows, best):
        assert len(chosen & (line.sure | line.level)) >= min(best, len(line.sure | line.level))


@given(standings(), st.integers(1, 3))
def test_the_prize_of_a_place_goes_to_the_band_of_that_place_only(rows, place):
    for row in rows:
        group = sorted(
            (each for each in rows if each.component == row.component), key=lambda one: one.place
        )
        own = place <= len(group) and group[place - 1].band == row.band
        assert (row.project in eligible(rows, place)) == own


def test_the_line_inside_a_band_leaves_the_choice_to_people():
    rows = ranked("a", "bcd", "e")
    (line,) = cut(rows, 2)
    assert (line.sure, line.level, line.least) == (ids("a"), ids("bcd"), 1)
    assert line.by_rule == ids("ab")
    for good in ("ab", "ac", "ad", "abcd"):
        check_finalists(rows, 2, ids(good))
    for wrong in ("bc", "abe", "e", ""):
        with pytest.raises(Conflict, match="tell these projects apart"):
            check_finalists(rows, 2, ids(wrong))
    with pytest.raises(Invalid, match="at least 2"):
        check_finalists(rows, 2, ids("a"))


def test_ties_at_the_line_go_on_together_by_the_rule():
    rows = [Ranked(1, 1, 1, 1), Ranked(2, 1, 2, 2), Ranked(3, 1, 2, 2), Ranked(4, 1, 4, 3)]
    (line,) = cut(rows, 2)
    assert line.by_rule == {1, 2, 3}


def test_groups_that_no_judge_connects_each_send_their_best():
    rows = ranked("a", "b") + ranked("x", "y", component=2)
    check_finalists(rows, 1, ids("ax"))
    with pytest.raises(Conflict):
        check_finalists(rows, 1, ids("ab"))


@pytest.mark.parametrize("best", [0, -1, 101])
def test_a_final_has_1_to_100_projects_of_each_group(best):
    with pytest.raises(Invalid, match="1 to 100"):
        check_finalists(ranked("a"), best, ids("a"))


def test_a_project_gets_the_prize_of_one_place():
    rows = ranked("abc")
    check_place_prize(rows, 1, ord("b"), {})
    check_place_prize(rows, 1, ord("b"), {1: ord("b")})
    with pytest.raises(Conflict, match="prize of another place"):
        check_place_prize(rows, 1, ord("b"), {2: ord("b")})
    with pytest.raises(Conflict, match="tell this project apart"):
        check_place_prize(ranked("a", "b"), 1, ord("b"), {})


def test_the_audiences_favorites_are_those_with_the_most_votes():
    assert most_votes({}) == []
    assert most_votes({1: 2, 2: 3, 3: 3}) == [2, 3]
