"""Eighteen transitions and no other; each by whom its row names, each with its guard."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hackathon.backlog import rules
from hackathon.backlog.rules import (
    TRANSITIONS,
    Asker,
    Case,
    Given,
    Page,
    Stage,
    State,
    Verb,
    Who,
    next_state,
)
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, Refusal

TODAY = date(2026, 11, 23)
EVERYTHING = Given(
    reason="It belongs to accounting, which will not take it this year.",
    code="not_now",
    link="https://git.example.com/x",
    measured=("12 hours",),
    days=30,
    home_team="Accounting tools",
    live_on=TODAY,
    release_url="https://example.com/release",
    monitored_by="Accounting tools",
    is_ready=True,
    revisit_on=TODAY + timedelta(days=60),
    tried="A model that reads.",
    learned="Half the invoices are photographs.",
    who_should_know="Accounting",
    target=2,
)
READY = Case(
    state=State.IN_REVIEW,
    today=TODAY,
    start=date(2026, 11, 22),
    came_from=State.ACCEPTED,
    owner_id=7,
    author_id=3,
    criteria=("Hours a week: 30 to 10",),
    criteria_by_id=7,
    time_box_days=90,
    may_undo=True,
)
EVERYONE = Asker(9, frozenset(Who))


def refusal(case, verb, given_=EVERYTHING, asker=EVERYONE):
    with pytest.raises(Refusal) as caught:
        next_state(case, verb, asker, given_)
    return caught.value


def test_there_are_eighteen_transitions_with_three_gates():
    assert [row.number for row in TRANSITIONS.values()] == [f"T{n}" for n in range(1, 19)]
    gates = {row.number: row.gate for row in TRANSITIONS.values() if row.gate}
    assert gates == {"T3": "G1", "T8": "G2", "T9": "G2", "T10": "G3"}


@given(st.sampled_from(State), st.sampled_from(Verb), st.sets(st.sampled_from(Who)))
def test_only_a_listed_transition_by_whom_its_row_names_ever_passes(state, verb, roles):
    row = TRANSITIONS[verb]
    case = replace(READY, state=state, came_from=State.PILOTING)
    try:
        to = next_state(case, verb, Asker(9, frozenset(roles)), EVERYTHING)
    except Conflict:
        assert state not in row.begins
    except NotAllowed:
        undo = verb is Verb.WITHDRAW
        assert not (row.who & roles) or (undo and Who.AUTHOR not in roles)
    else:
        assert state in row.begins
        assert row.who & roles
        assert to == (row.ends or State.PILOTING)


@given(st.sampled_from(State), st.sampled_from(Verb), st.sets(st.sampled_from(Who)))
def test_what_the_page_offers_is_what_the_rules_let_through(state, verb, roles):
    case, asker = replace(READY, state=state), Asker(9, frozenset(roles))
    offered = verb in rules.verbs_of(case, asker)
    try:
        next_state(case, verb, asker, EVERYTHING)
    except Refusal:
        assert not offered
    else:
        assert offered


@given(st.text(max_size=40), st.integers(-10, 400), st.booleans())
def test_nothing_goes_live_tomorrow_or_before_it_began(url, days, is_ready):
    day = TODAY + timedelta(days=days)
    case = replace(READY, state=State.PILOTING)
    typed = replace(EVERYTHING, live_on=day, is_ready=is_ready)
    if READY.start <= day <= TODAY and is_ready:
        assert next_state(case, Verb.LAUNCH, EVERYONE, typed) is State.PRODUCTION
    else:
        assert refusal(case, Verb.LAUNCH, typed).field in {"live_on", "is_ready"}


def test_acceptance_needs_an_owner_criteria_of_the_owner_and_a_time_box():
    for lacking, word in (
        (replace(READY, owner_id=None, criteria_by_id=None), "outcome owner"),
        (replace(READY, criteria=()), "success criteria"),
        (replace(READY, criteria_by_id=8), "set by the outcome owner"),
        (replace(READY, time_box_days=None), "time box"),
    ):
        told = refusal(lacking, Verb.ACCEPT)
        assert word in told.message
        assert "Nothing was changed" in told.message


@pytest.mark.parametrize(
    ("verb", "state", "change", "field"),
    [
        (Verb.DECLINE, State.IN_REVIEW, {"reason": "No."}, "reason"),
        (Verb.DECLINE, State.IN_REVIEW, {"code": "because"}, "code"),
        (Verb.RETURN, State.IN_REVIEW, {"reason": " "}, "reason"),
        (Verb.READY, State.PROTOTYPING, {"link": ""}, "link"),
        (Verb.READY, State.PROTOTYPING, {"link": "javascript:alert(1)"}, "link"),
        (Verb.READY, State.PROTOTYPING, {"measured": ()}, "measured"),
        (Verb.RECYCLE, State.PROTOTYPE_READY, {"days": 91}, "days"),
        (Verb.PILOT, State.PROTOTYPE_READY, {"home_team": ""}, "home_team"),
        (Verb.LAUNCH, State.PILOTING, {"live_on": None}, "live_on"),
        (Verb.LAUNCH, State.PILOTING, {"release_url": "ftp://x"}, "release_url"),
        (Verb.LAUNCH, State.PILOTING, {"monitored_by": ""}, "monitored_by"),
        (Verb.PARK, State.ACCEPTED, {"revisit_on": None}, "revisit_on"),
        (Verb.PARK, State.ACCEPTED, {"revisit_on": TODAY}, "revisit_on"),
        (Verb.PARK, State.ACCEPTED, {"revisit_on": TODAY + timedelta(181)}, "revisit_on"),
        (Verb.STOP, State.PILOTING, {"tried": ""}, "tried"),
        (Verb.STOP, State.PILOTING, {"learned": ""}, "learned"),
        (Verb.STOP, State.PARKED, {"who_should_know": ""}, "who_should_know"),
    ],
)
def test_a_guard_names_the_field_that_lacks(verb, state, change, field):
    told = refusal(replace(READY, state=state), verb, replace(EVERYTHING, **change))
    assert isinstance(told, Invalid)
    assert told.field == field


def test_there_is_one_extension_of_the_time_box():
    case = replace(READY, state=State.PROTOTYPE_READY)
    assert next_state(case, Verb.RECYCLE, EVERYONE, EVERYTHING) is State.PROTOTYPING
    assert refusal(replace(case, is_extended=True), Verb.RECYCLE).word == "extended"


def test_nobody_reviews_the_own_idea():
    case = replace(READY, state=State.PROPOSED, author_id=9)
    assert refusal(case, Verb.REVIEW).word == "not_yours"


def test_an_organizer_withdraws_only_as_the_undo_of_a_promotion():
    olga = Asker(9, frozenset({Who.ORGANIZER}))
    assert next_state(READY, Verb.WITHDRAW, olga, EVERYTHING) is State.WITHDRAWN
    late = replace(READY, may_undo=False)
    assert refusal(late, Verb.WITHDRAW, asker=olga).word == "not_yours"


def test_without_a_known_way_back_nothing_is_resumed():
    case = replace(READY, state=State.PARKED, came_from=None)
    assert refusal(case, Verb.RESUME).word == "no_way_back"


def test_a_proposal_is_proposed_only_with_a_complete_page():
    case = replace(READY, state=State.DRAFT, page_missing=("impact",))
    assert "impact" in refusal(case, Verb.PROPOSE).message


def test_parked_and_stopped_stay_in_their_stage():
    assert rules.stage_of(State.PARKED, State.PILOTING) is Stage.PILOT
    assert rules.stage_of(State.STOPPED, State.PROTOTYPING) is Stage.PROTOTYPE
    assert rules.stage_of(State.DECLINED, None) is Stage.IDEA
    assert {rules.stage_of(state, None) for state in State} == set(Stage)


def test_a_page_is_one_page():
    assert rules.check_page(Page("T", "a " * 400)).missing == ("approach", "impact", "needs")
    for page in (Page(" "), Page("T" * 121), Page("T", "a " * 500)):
        with pytest.raises(Invalid):
            rules.check_page(page)


@pytest.mark.parametrize("text", ["2026-13-01", "soon", "22.11.2026"])
def test_a_day_that_is_none_is_refused(text):
    with pytest.raises(Invalid, match="Give a day"):
        rules.parse_day(text, "live_on")
    assert rules.parse_day(" ", "live_on") is None
