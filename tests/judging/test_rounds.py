"""Rounds: their rubric, their states, the running order and the pitch on stage."""

from datetime import timedelta

import make
import pytest
import sqlalchemy as sa
from panel import SUNDAY, do, set_panel

from hackathon.events.models import Event
from hackathon.judging.models import CriterionRow, Pitch, Round, Visit
from hackathon.judging.queries.boards import pitch_json
from hackathon.judging.queries.rounds import board_round, entries_of, present_round, rounds_of
from hackathon.judging.rules import Mode, Rule
from hackathon.judging.service import rounds, seats
from hackathon.projects.models import Project
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import facts_of


def kinds(panel):
    reading().rollback()
    return [fact.kind for fact in facts_of(reading(), f"judging:{panel.round_id}")]


def teams_in_order(panel):
    return [
        entry.submission.team_name
        for entry in entries_of(reading(), panel.event, panel.round_id)
    ]  # fmt: skip


def change(panel, **more):
    given = {"rubric": make.make_rubric("idea"), "mode": Mode.PITCHES, "rule": Rule.RAW} | more
    do(rounds.change_round, panel.cast.olga, **panel.place, **given)


def test_only_organizers_make_and_move_rounds(draft):
    cast = draft.cast
    for player in (cast.paul, cast.judith, cast.rita):
        with pytest.raises(NotAllowed):
            do(
                rounds.add_round, player, event_id=cast.event_id,
                rubric=make.make_rubric(name="Mine"),
            )  # fmt: skip
        with pytest.raises(NotAllowed):
            draft.move("open", player=player)
    assert len(rounds_of(reading(), cast.event_id)) == 1


def test_a_round_of_another_event_is_not_found(draft):
    cast = draft.cast
    with pytest.raises(NotFound, match="no such round"):
        do(
            rounds.move, cast.rita, event_id=cast.other_event_id, round_id=draft.round_id,
            verb=rounds.Verb.OPEN,
        )  # fmt: skip
    with pytest.raises(NotFound, match="no such round"):
        do(rounds.move, cast.ada, event_id=cast.event_id, round_id=999, verb=rounds.Verb.OPEN)


def test_in_draft_the_method_can_be_changed_and_once_open_it_is_fixed(draft):
    change(draft)
    lines = reading().scalars(sa.select(CriterionRow.key).filter_by(round_id=draft.round_id))
    assert (list(lines), draft.round.rule) == (["idea"], "raw")
    draft.move("open")
    with pytest.raises(Conflict, match="fixed when the round opens"):
        change(draft, rule=Rule.ADJUSTED)
    assert draft.round.rule == "raw"


def test_a_round_opens_only_in_phase_judging(draft, clock):
    clock.set(SUNDAY - timedelta(hours=2))
    with pytest.raises(Conflict, match="phase hacking") as refused:
        draft.move("open")
    assert refused.value.word == "wrong_phase"
    clock.set(SUNDAY)
    draft.move("open")
    assert draft.round.state == "open"


def test_a_round_opens_only_with_judges_and_projects(cast, clock):
    clock.set(SUNDAY)
    made = do(rounds.add_round, cast.olga, event_id=cast.event_id, rubric=make.make_rubric())
    more = {"event_id": cast.event_id, "round_id": made.id, "verb": rounds.Verb.OPEN}
    with pytest.raises(Conflict, match="Nobody has a seat yet"):
        do(rounds.move, cast.olga, **more)
    do(
        seats.add_seat, cast.olga, event_id=cast.event_id, round_id=made.id,
        person_id=cast.judith.id,
    )  # fmt: skip
    with pytest.raises(Conflict, match="No project was submitted"):
        do(rounds.move, cast.olga, **more)
    assert reading().get(Round, made.id).state == "draft"


def test_opening_plans_a_visit_of_every_judge_to_every_project(panel):
    assert reading().scalar(sa.select(sa.func.count(Visit.id))) == 6
    assert kinds(panel)[-1] == "round.opened"


def test_what_was_saved_after_the_deadline_is_not_judged(draft):
    with transaction() as session:
        event = session.get_one(Event, draft.cast.event_id)
        make.make_project(session, event, name="Newts")
    draft.move("open")
    assert sorted(teams_in_order(draft)) == ["Bees", "Foxes", "Owls"]


def test_a_project_reopened_since_joins_at_the_end_of_the_order(draft):
    do(rounds.set_order, draft.cast.olga, **draft.place, projects=None)
    with transaction() as session:
        event = session.get_one(Event, draft.cast.event_id)
        newts = make.make_project(session, event, name="Newts")
        newts.reopened_until = SUNDAY + timedelta(hours=1)
    draft.move("open")
    assert teams_in_order(draft)[-1] == "Newts"


STEPS = {
    "draft": {"open"},
    "open": {"pause", "freeze"},
    "paused": {"resume", "freeze"},
    "frozen": {"finalize"},
    "finalized": {"reveal"},
    "revealed": set(),
}


@pytest.mark.parametrize("state", STEPS)
def test_from_each_state_only_its_own_steps_lead_on(draft, state):
    path = {
        "draft": [], "open": ["open"], "paused": ["open", "pause"], "frozen": ["open", "freeze"],
        "finalized": ["open", "freeze", "finalize"],
        "revealed": ["open", "freeze", "finalize"],
    }[state]  # fmt: skip
    for verb in path:
        draft.move(verb, "Because")
    if state == "revealed":
        draft.publish()
    assert draft.round.state == state
    for verb in ("open", "pause", "resume", "freeze", "finalize", "reveal"):
        if verb in STEPS[state] - {"reveal"}:
            continue
        with pytest.raises(Conflict) as refused:
            draft.move(verb, "Because")
        wanted = "by_steps" if verb in STEPS[state] else "wrong_state"
        assert refused.value.word == wanted
        assert draft.round.state == state


def test_a_pause_needs_a_reason_that_is_kept(panel):
    with pytest.raises(Invalid, match="Say why"):
        panel.move("pause", " ")
    panel.move("pause", "The stage is on fire")
    assert "reason" in facts_of(reading(), f"judging:{panel.round_id}")[-1].values


def test_one_round_of_an_event_is_open_at_a_time(panel):
    cast = panel.cast
    second = do(
        rounds.add_round, cast.olga, event_id=cast.event_id,
        rubric=make.make_rubric(name="Second"),
    )  # fmt: skip
    place = {"event_id": cast.event_id, "round_id": second.id}
    do(seats.add_seat, cast.olga, **place, person_id=cast.judith.id)
    for state in ("open", "paused"):
        with pytest.raises(Conflict, match="Final is open; freeze it first"):
            do(rounds.move, cast.olga, **place, verb=rounds.Verb.OPEN)
        if state == "open":
            panel.move("pause", "Coffee")
    panel.move("freeze")
    do(rounds.move, cast.olga, **place, verb=rounds.Verb.OPEN)
    every = rounds_of(reading(), cast.event_id)
    assert [row.state for row in every] == ["frozen", "open"]
    assert present_round(every) is board_round(every) is every[1]


def test_the_database_itself_refuses_a_second_open_round(panel):
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        session.add(
            Round(event_id=panel.cast.event_id, name="X", low=10, high=50, step=10, state="open")
        )


def test_of_two_rounds_opened_at_once_one_opens(database, cast, clock, race):
    first = set_panel(cast, clock, is_open=False)
    second = do(
        rounds.add_round, cast.olga, event_id=cast.event_id,
        rubric=make.make_rubric(name="Second"),
    )  # fmt: skip
    places = [first.place, {"event_id": cast.event_id, "round_id": second.id}]
    do(seats.add_seat, cast.olga, **places[1], person_id=cast.judith.id)

    def job(place):
        return lambda: do(rounds.move, cast.olga, **place, verb=rounds.Verb.OPEN).id

    answers, refusals = race(database, [job(place) for place in places])
    assert (len(answers), refusals) == (1, ["other_open"])


def test_the_board_of_an_event_is_the_open_round_else_the_one_revealed_last(panel):
    def rows(*states):
        return [Round(id=number, state=state) for number, state in enumerate(states, 1)]

    def chosen(*states):
        found = board_round(rows(*states))
        return found.id if found else None

    assert chosen() is None
    assert chosen("draft") == 1
    assert chosen("revealed", "open", "draft") == 2
    assert chosen("revealed", "revealed", "draft") == 2
    assert chosen("frozen", "draft") == 1  # a final in draft hides nothing


# --- the running order and the stage --------------------------------------------------


def test_the_order_is_drawn_by_lot_or_set_and_names_each_project_once(panel):
    wanted = [panel.projects[team] for team in ("foxes", "owls", "bees")]
    do(rounds.set_order, panel.cast.olga, **panel.place, projects=wanted)
    assert teams_in_order(panel) == ["Foxes", "Owls", "Bees"]
    for wrong in (wanted[:2], [*wanted, wanted[0]], [*wanted[:2], 999]):
        with pytest.raises(Invalid, match="each project once"):
            do(rounds.set_order, panel.cast.olga, **panel.place, projects=wrong)
    do(rounds.set_order, panel.cast.olga, **panel.place, projects=None)
    assert sorted(teams_in_order(panel)) == ["Bees", "Foxes", "Owls"]
    positions = reading().scalars(sa.select(Pitch.position).filter_by(round_id=panel.round_id))
    assert sorted(positions) == [1, 2, 3]


def show(panel, position):
    do(rounds.show_pitch, panel.cast.olga, **panel.place, position=position)


def test_a_pitch_on_stage_has_a_timer_that_the_second_click_leaves_alone(panel, clock):
    show(panel, 1)
    started = panel.round.pitch_started_at
    clock.forward(timedelta(seconds=30))
    show(panel, 1)
    assert panel.round.pitch_started_at == started
    pitch = pitch_json(panel.round, panel.entries())
    assert (pitch["position"], pitch["of"], pitch["seconds"]) == (1, 3, 300)
    show(panel, 2)
    assert panel.round.pitch_started_at > started
    assert kinds(panel)[-2:] == ["pitch.shown", "pitch.shown"]
    show(panel, None)
    assert (panel.round.pitch, panel.round.pitch_started_at) == (None, None)
    assert pitch_json(panel.round, panel.entries()) is None


def test_there_is_no_such_place_in_the_order(panel):
    for position in (0, -1, 4, 10**6):
        with pytest.raises(Invalid, match="no such place"):
            show(panel, position)


def test_pitches_run_only_while_the_round_is_open_and_the_order_then_stays(panel):
    show(panel, 1)
    with pytest.raises(Conflict, match="the order stays"):
        do(rounds.set_order, panel.cast.olga, **panel.place, projects=None)
    panel.move("freeze")
    assert panel.round.pitch is None
    with pytest.raises(Conflict, match="while the round is open"):
        show(panel, 1)
    with pytest.raises(Conflict, match="the order stays"):
        do(rounds.set_order, panel.cast.olga, **panel.place, projects=None)


def test_the_timer_starts_again_perhaps_with_another_length(panel, clock):
    show(panel, 1)
    clock.forward(timedelta(seconds=30))
    do(rounds.restart_timer, panel.cast.olga, **panel.place, seconds=120)
    assert (panel.round.pitch_started_at, panel.round.pitch_seconds) == (clock.moment, 120)
    for wrong in (0, 29, 3601, -60):
        with pytest.raises(Invalid, match="30 seconds to an hour"):
            do(rounds.restart_timer, panel.cast.olga, **panel.place, seconds=wrong)


def test_a_project_taken_out_leaves_the_order_and_the_lists(panel):
    with transaction() as session:
        session.get_one(Project, panel.projects["bees"]).disqualified_at = SUNDAY
    assert sorted(teams_in_order(panel)) == ["Foxes", "Owls"]


def test_when_the_results_are_out_no_round_can_be_added(panel):
    panel.to_reveal()
    panel.publish()
    assert panel.event.revealed_at is not None
    with pytest.raises(Conflict, match="nothing left to judge"):
        do(
            rounds.add_round, panel.cast.olga, event_id=panel.cast.event_id,
            rubric=make.make_rubric(name="Again"),
        )  # fmt: skip


def test_visits_are_planned_for_those_with_a_seat_only(draft):
    do(seats.remove_seat, draft.cast.olga, **draft.place, seat_id=draft.seats["jonas"])
    draft.move("open")
    planned = set(reading().scalars(sa.select(Visit.seat_id)))
    assert planned == {draft.seats["judith"]}
