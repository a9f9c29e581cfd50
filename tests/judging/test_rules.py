"""Rubrics, scales, values, keys and times: what they must look like."""

import json
import uuid
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hackathon.judging import rules
from hackathon.judging.rules import Scale, State, Verb
from hackathon.shared.errors import Conflict, Invalid, NotAllowed

FIVE = Scale(10, 50, 10)
HALVES = Scale(0, 100, 5)


# --- values ---------------------------------------------------------------------------


@given(st.integers(-(10**45), 10**45) | st.floats(allow_nan=True) | st.none() | st.booleans())
def test_line_15_a_value_is_a_step_of_the_scale_or_refused(value):
    try:
        tenths = rules.parse_value(value, HALVES)
    except Invalid:
        assert value not in [rules.number(step) for step in HALVES.levels()] or type(value) is bool
    else:
        assert tenths in HALVES.levels()
        assert rules.number(tenths) == value
        assert type(value) is not bool


@given(st.sampled_from(HALVES.levels()))
def test_every_step_is_read_back_as_it_is_shown(tenths):
    assert rules.parse_value(rules.number(tenths), HALVES) == tenths
    assert rules.parse_value(tenths / 10, HALVES) == tenths
    assert rules.parse_form_value(f" {rules.shown(tenths)} ", HALVES) == tenths


@given(st.text(max_size=6))
def test_line_16_a_typed_value_is_digits_with_one_decimal_at_most(text):
    try:
        tenths = rules.parse_form_value(text, HALVES)
    except Invalid:
        return
    assert text.strip().isascii()
    assert Decimal(text.strip()) * 10 == tenths


def test_the_refusal_names_the_scale_and_its_steps():
    assert FIVE.refusal().message == "Scores go from 1 to 5. Nothing was saved."
    assert HALVES.refusal().message == "Scores go from 0 to 10 in steps of 0.5. Nothing was saved."


@pytest.mark.parametrize(
    ("low", "high", "step", "levels"),
    [(1, 5, 1, 5), (0, 10, 0.5, 21), ("0", "5", "0.5", 11), (0, 4, Decimal("0.1"), 41)],
)
def test_scales_of_two_to_forty_one_steps(low, high, step, levels):
    assert len(rules.check_scale(low, high, step).levels()) == levels


@pytest.mark.parametrize(
    ("low", "high", "step", "field"),
    [
        (5, 1, 1, "max"), (1, 1, 1, "max"), (1, 5, 0, "max"), (1, 5, 3, "step"),
        (0, 10, 0.1, "step"), (-1, 5, 1, "min"), (0, 101, 1, "max"), (0, 5, 0.25, "step"),
        ("x", 5, 1, "min"), (True, 5, 1, "min"), (1, "NaN", 1, "max"), (1, "Infinity", 1, "max"),
        (None, 5, 1, "min"), (1, 5, "-1", "step"), (1, [], 1, "max"),
    ],
)  # fmt: skip
def test_a_scale_that_cannot_be_is_refused(low, high, step, field):
    with pytest.raises(Invalid) as refused:
        rules.check_scale(low, high, step)
    assert refused.value.field == field


# --- envelope -------------------------------------------------------------------------


def test_a_key_has_one_spelling():
    key = uuid.uuid4()
    assert {rules.check_key(text) for text in (key.hex, str(key), str(key).upper())} == {key.hex}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "0" * 31,
        "0" * 33,
        "g" * 32,
        f"{{{uuid.UUID(int=7)}}}",
        "\u0660" * 32,
        "0" * 32 + "\n",
    ],
)
def test_what_is_no_uuid_is_no_key(text):
    with pytest.raises(Invalid, match="form of a UUID"):
        rules.check_key(text)


def test_a_count_fits_a_device():
    assert [rules.check_seq(seq) for seq in (0, 2**53 - 1)] == [0, 2**53 - 1]
    for wrong in (-1, 2**53):
        with pytest.raises(Invalid, match="from 0 upward"):
            rules.check_seq(wrong)


@pytest.mark.parametrize(
    "text",
    ["2026-11-22T14:05:00+01:00", "2026-11-22T13:05:00Z", "2026-11-22T13:05:00", 1795352700000],
)
def test_when_it_was_made_is_an_instant(text):
    assert rules.parse_made_at(text) == datetime(2026, 11, 22, 13, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "1999-12-31T00:00:00Z", "2101-01-01", 0, -1, 10**30, "9" * 99,
             "0001-01-01T00:00:00+14:00", float("nan"), float("inf")]
)  # fmt: skip
def test_a_time_outside_this_century_is_refused(text):
    with pytest.raises(Invalid, match="Say when it was made"):
        rules.parse_made_at(text)


def test_texts_have_a_length_and_one_kind_of_line_end():
    assert rules.check_text(" a\r\nb ", "note") == "a\nb"
    assert len(rules.check_text("x" * 2000, "note")) == 2000
    with pytest.raises(Invalid, match="At most 2,000 characters") as refused:
        rules.check_text("x" * 2001, "strength")
    assert refused.value.field == "strength"


# --- rubric ---------------------------------------------------------------------------


def rubric(**more):
    given_ = {
        "name": "Final", "min": 1, "max": 5,
        "criteria": [{"key": "impact", "label": "Impact", "weight": 0.1, "anchors": {"1": "Nice"}}],
    } | more  # fmt: skip
    return rules.read_rubric(json.dumps(given_))


def test_a_rubric_is_read_with_exact_weights():
    found = rubric()
    assert (found.name, found.scale) == ("Final", FIVE)
    assert found.criteria[0].weight == Decimal("0.1")
    assert found.criteria[0].anchors == {"1": "Nice"}
    plain = rubric(criteria=[{"label": "Can be adopted!"}]).criteria[0]
    assert (plain.key, plain.weight, plain.anchors) == ("can-be-adopted", 1, {})


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"name": " "}, "a name"),
        ({"name": None}, "a name"),
        ({"criteria": []}, "1 to 20"),
        ({"criteria": [{"label": f"C{n}"} for n in range(21)]}, "1 to 20"),
        ({"criteria": [{"label": "A", "key": "a"}, {"label": "B", "key": "a"}]}, "same key"),
        ({"criteria": [{"label": "A", "key": "a"}, {"label": "a", "key": "b"}]}, "same label"),
        ({"criteria": [{"label": ""}]}, "label of at most"),
        ({"criteria": [{"label": "x" * 81}]}, "label of at most"),
        ({"criteria": [{"label": "A", "key": "No Spaces"}]}, "lower-case letters"),
        ({"criteria": [{"label": "影响"}]}, "lower-case letters"),
        ({"criteria": [{"label": "A", "anchors": {"6": "Beyond"}}]}, "6 is not a step"),
        ({"criteria": [{"label": "A", "anchors": ["x"]}]}, "Anchors are an object"),
        ({"criteria": ["A"]}, "Each criterion is an object"),
        ({"criteria": {}}, "object with criteria"),
        *(
            ({"criteria": [{"label": "A", "weight": weight}]}, "number above 0")
            for weight in (0, -1, 1001, "x", True, None, "NaN", "Infinity", 0.0000001, [])
        ),
    ],
)
def test_a_rubric_that_breaks_a_rule_is_refused(more, said):
    with pytest.raises(Invalid, match=said):
        rubric(**more)


@pytest.mark.parametrize("text", ["", "[", "3", "[]", "null", "[" * 100_000, '{"criteria": 1}'])
def test_what_is_no_rubric_is_refused(text):
    with pytest.raises(Invalid):
        rules.read_rubric(text)


@given(st.decimals(min_value="0.000001", max_value=1000, places=6))
def test_a_weight_is_kept_to_the_last_digit(weight):
    assert Decimal(rules.weight_text(rules.check_weight(str(weight), "A"))) == weight


def test_blank_anchors_are_left_out():
    found = rubric(criteria=[{"label": "A", "anchors": {"1": " ", "3": " runs  well "}}])
    assert found.criteria[0].anchors == {"3": "runs well"}


# --- states and people ----------------------------------------------------------------


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", Verb)
def test_a_verb_starts_in_its_states_only(state, verb):
    if verb in rules.verbs_of(state):
        assert rules.next_state(state, verb) is rules.MOVES[verb][1]
    else:
        with pytest.raises(Conflict, match=f"The round is {state.value}"):
            rules.next_state(state, verb)


def test_every_state_is_lived_through_in_order():
    state, seen = State.DRAFT, []
    for verb in (Verb.OPEN, Verb.PAUSE, Verb.RESUME, Verb.FREEZE, Verb.FINALIZE, Verb.REVEAL):
        state = rules.next_state(state, verb)
        seen.append(state.label)
    assert seen == ["Open", "Paused", "Open", "Frozen", "Finalized", "Revealed"]


def test_line_23_who_may_score():
    rules.check_may_score(has_seat=True, has_conflict=False)
    with pytest.raises(NotAllowed, match="Only the judges"):
        rules.check_may_score(has_seat=False, has_conflict=False)
    with pytest.raises(NotAllowed, match="conflict with this project"):
        rules.check_may_score(has_seat=True, has_conflict=True)


def test_who_judges_sees_no_values_before_the_freeze():
    for state in State:
        rules.check_may_see_values(state, holds_seat=False)
        if state in rules.FROM_FREEZE:
            rules.check_may_see_values(state, holds_seat=True)
        else:
            with pytest.raises(NotAllowed, match="closed to you until the freeze"):
                rules.check_may_see_values(state, holds_seat=True)


@given(st.lists(st.integers(1, 20), unique=True, max_size=8), st.integers(0, 21))
def test_moving_up_swaps_with_the_one_before_or_changes_nothing(order, project):
    moved = rules.moved_up(order, project)
    assert sorted(moved) == sorted(order)
    if project in order[1:]:
        spot = order.index(project)
        assert (moved[spot - 1], moved[spot]) == (project, order[spot - 1])
    else:
        assert moved == order


# --- names ----------------------------------------------------------------------------


def test_a_round_is_offered_the_next_number_and_never_the_name_of_a_final():
    assert rules.usual_name([]) == "Round 1"
    assert rules.usual_name(["ROUND 1", "Final"]) == "Round 2"
    assert rules.usual_name(["Best idea", "Round 2"]) == "Round 1"


def test_a_track_s_name_is_one_line_of_limited_length():
    assert rules.check_track("  Green\n  data ") == "Green data"
    with pytest.raises(Invalid, match="characters") as refused:
        rules.check_track("x" * 200)
    assert refused.value.field == "track"
