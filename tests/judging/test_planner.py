"""Who visits whom: loads, conflicts, fellow judges, turns."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hackathon.judging.planner import (
    Question,
    advise,
    islands_of,
    plan,
    slots_of,
)


@st.composite
def questions(draw):
    judges = tuple(range(1, draw(st.integers(1, 7)) + 1))
    projects = tuple(range(1, draw(st.integers(1, 12)) + 1))
    pairs = st.tuples(st.sampled_from(judges), st.sampled_from(projects))
    conflicts = draw(st.frozensets(pairs, max_size=20))
    begun = draw(st.frozensets(pairs, max_size=6)) - conflicts
    present = draw(st.frozensets(pairs, max_size=10)) - conflicts
    most = draw(st.dictionaries(st.sampled_from(judges), st.integers(0, 6), max_size=3))
    wanted = draw(st.integers(1, 5))
    return Question(judges, projects, wanted, conflicts, most, begun, present, seed=1)


@given(questions())
def test_a_plan_breaks_no_hard_rule_and_says_what_is_missing(question):
    answer = plan(question)
    assert not answer.pairs & question.conflicts
    assert question.fixed <= answer.pairs
    loads = answer.loads(question.judges)
    for judge, most in question.most.items():
        begun = sum(pair[0] == judge for pair in question.fixed)
        assert loads[judge] <= max(most, begun)
    for project in question.projects:
        here = {judge for judge, other in answer.pairs if other == project}
        begun = {judge for judge, other in question.fixed if other == project}
        assert len(here) <= max(question.wanted, len(begun))
        assert answer.short.get(project, 0) == max(0, question.wanted - len(here))
        if project in answer.short:  # nobody with room could still come
            for judge in set(question.judges) - here:
                full = loads[judge] >= question.most.get(judge, 99)
                assert full or (judge, project) in question.conflicts


@given(st.integers(1, 8), st.integers(1, 20), st.integers(1, 5))
def test_without_conflicts_loads_differ_by_at_most_one(judges, projects, wanted):
    answer = plan(Question(tuple(range(judges)), tuple(range(projects)), wanted))
    loads = answer.loads(range(judges)).values()
    assert max(loads) - min(loads) <= 1
    assert len(answer.pairs) == projects * min(wanted, judges)


@given(questions(), st.integers(1, 4))
def test_nobody_is_in_two_places_and_turns_are_as_few_as_can_be(question, first):
    pairs = plan(question).pairs
    turns = slots_of(pairs, first)
    assert turns.keys() == pairs
    assert len({(judge, turns[judge, project]) for judge, project in pairs}) == len(pairs)
    assert len({(project, turns[judge, project]) for judge, project in pairs}) == len(pairs)
    degrees = [sum(pair[side] == node for pair in pairs) for side in (0, 1) for node in range(13)]
    assert set(turns.values()) <= set(range(first, first + max(degrees)))


def test_somebody_hands_on_a_visit_where_a_project_would_have_nobody():
    # judge 1 may see only project 1; without a chain judge 2 might hold it
    conflicts = frozenset({(1, 2), (1, 3), (2, 3)})
    question = Question((1, 2, 3), (1, 2, 3), 1, conflicts, most={1: 1, 2: 1, 3: 1})
    assert plan(question).pairs == {(1, 1), (2, 2), (3, 3)}


def test_what_is_present_stays_where_the_rules_allow_it():
    first = plan(Question((1, 2, 3, 4), tuple(range(12)), 2))
    again = plan(Question((1, 2, 3, 4), tuple(range(12)), 2, present=first.pairs))
    assert again.pairs == first.pairs
    gone = plan(Question((1, 2, 3), tuple(range(12)), 2, present=first.pairs))
    kept = {pair for pair in first.pairs if pair[0] != 4}
    assert len(kept & gone.pairs) == len(kept)
    assert gone.short == {}


def test_judges_meet_many_fellow_judges_and_the_field_hangs_together():
    answer = plan(Question(tuple(range(10)), tuple(range(30)), 3))
    assert answer.islands == 1
    assert answer.most_shared <= 3
    assert islands_of({(1, 1), (2, 2)}) == 2


def test_the_same_question_has_the_same_answer():
    question = Question(tuple(range(9)), tuple(range(25)), 3, seed=7)
    assert plan(question).pairs == plan(question).pairs


@pytest.mark.parametrize("wanted", [3, 5])
def test_three_hundred_projects_and_sixty_judges_are_planned_within_two_seconds(wanted):
    begun = time.process_time()
    answer = plan(Question(tuple(range(60)), tuple(range(300)), wanted))
    slots_of(answer.pairs)
    assert time.process_time() - begun < 2
    assert set(answer.loads(range(60)).values()) == {300 * wanted // 60}


def test_few_projects_are_pitched_to_everyone():
    ways = advise(21, 4, 5, 7)
    assert [(way.name, way.sheets, way.minutes) for way in ways if way.is_advised] == [
        ("Pitches", 4, 147),
    ]  # fmt: skip
    assert [way.sheets for way in ways if way.name == "Visits" and way.is_possible] == [2, 3]


def test_many_projects_are_visited_in_two_stages_when_there_are_judges():
    pick = next(way for way in advise(111, 15, 5, 7) if way.is_advised)
    assert (pick.name, pick.load, pick.minutes) == ("Two stages", 25, 196)
    assert (pick.winner, pick.top_three) == (63, 69)


def test_few_judges_for_many_projects_visit_as_often_as_they_can():
    assert next(way for way in advise(60, 5, 5, 7) if way.is_advised).sheets == 3
    assert next(way for way in advise(60, 3, 5, 7) if way.is_advised).sheets == 2
    assert next(way for way in advise(60, 1, 5, 7) if way.is_advised).name == "Pitches"
    assert advise(0, 4, 5, 7) == []


def test_what_was_not_simulated_has_no_figure():
    figures = [(way.winner, way.top_three) for n in (9, 5, 4) for way in advise(12, n, 5, 7)[:1]]
    assert figures == [(72, 81), (66, 78), (None, None)]
