"""What hurt people at real events with other systems, and the test that keeps each from here.

`HURT` names every known failure whose answer is a behaviour of ours, with the tests that would
fail if it came back; a test below looks for each of them. Tests that stand nowhere else follow.
"""

import ast
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from panel import do

from hackathon.judging.models import Round, Seat
from hackathon.judging.queries.results import live_standings, progress_of
from hackathon.judging.queries.watch import sheet_marks, watch_of
from hackathon.judging.rules import Mode, Reason, check_rubric, check_scale
from hackathon.judging.service import leases, rounds, rubric, seats, sheets
from hackathon.judging.service.marks import save_mark
from hackathon.projects import service as projects
from hackathon.shared.clock import now
from hackathon.shared.db import reading
from hackathon.shared.errors import Conflict
from hackathon.shared.web import act

TESTS = Path(__file__).parents[1]

HURT = {
    "a judge had 69 votes within minutes by random taps, before the start, with no way back": """
        judging/test_failures.py test_a_pocket_that_scores_is_named_to_the_organizer
        judging/test_marks.py test_before_it_opens_and_while_it_is_paused
        judging/test_rubric.py test_practice_counts_nothing
        judging/test_marks.py test_a_cleared_cell_is_not_scored_and_never_zero
        judging/test_marks.py test_a_complete_sheet_can_be_changed_until_the_freeze
        judging/test_corrections.py test_a_void_takes_the_sheet_out_until_the_judge_scores_again""",
    "judges did not know how many projects were left": """
        judging/test_failures.py test_a_judge_always_reads_how_many_projects_are_left""",
    "organizers did not know how many judges they needed": """
        judging/test_planner.py test_a_plan_breaks_no_hard_rule_and_says_what_is_missing
        judging/test_planner.py test_many_projects_are_visited_in_two_stages_when_there_are_judges
        judging/test_planner.py test_few_judges_for_many_projects_visit_as_often_as_they_can""",
    "people and projects were kept in another program than the scores": """
        journeys/test_first_hour.py test_a_stranger_starts_for_real_and_a_team_forms
        journeys/test_judging_evening.py test_an_evening_of_judging""",
    "judges were sent to busy tables again and again": """
        judging/test_leases.py test_each_judge_goes_where_nobody_is_and_has_been
        judging/test_leases.py test_a_busy_or_absent_team_is_asked_again_later
        judging/test_watch.py test_where_nobody_was_somebody_should_go_and_see""",
    "three judges who found nobody hid a project by themselves": """
        judging/test_failures.py test_judges_who_find_nobody_hide_no_project""",
    "short codes of judges were guessed; an empty token let anyone in": """
        people/test_routes.py test_line_5_ten_failures_lock_strangers_out_but_not_a_known_device
        people/test_service.py test_line_8_a_link_works_once
        judging/test_failures.py test_an_empty_or_guessed_key_opens_nothing
        judging/test_evening.py test_the_handshake_takes_a_key_and_refuses_a_wrong_one""",
    "timer and pause were guessed from a clock": """
        judging/test_failures.py test_a_pause_ends_by_a_person_however_long_it_lasts
        judging/test_live.py test_state_and_stage_reach_everybody_in_the_round
        judging/test_rounds.py test_a_pitch_on_stage_has_a_timer_that_the_second_click_leaves_alone""",
    "finishing named no project, and a repetition finished another": """
        judging/test_failures.py test_the_last_tap_sent_again_finishes_no_other_project
        judging/test_live.py test_line_19_the_same_again_is_a_replay_also_with_hyphens
        judging/test_live.py test_line_20_a_used_key_is_409_key_reused""",
    "every judge landed in the first group": """
        judging/test_planner.py test_without_conflicts_loads_differ_by_at_most_one""",
    "removing a project shifted everybody else's scores": """
        judging/test_failures.py test_a_project_taken_out_moves_nobody_elses_scores
        judging/test_rounds.py test_a_project_taken_out_leaves_the_order_and_the_lists""",
    "the ranking rule was another at each event": """
        judging/test_rounds.py test_in_draft_the_method_can_be_changed_and_once_open_it_is_fixed
        judging/test_rubric.py test_the_method_is_public_as_soon_as_it_is_published""",
    "a judge who missed one project had every score set to zero": """
        judging/test_failures.py test_a_project_that_a_judge_misses_costs_nobody_anything
        judging/test_sheets.py test_a_criterion_left_out_is_not_scored_and_the_sheet_incomplete""",
    "each judge's private scale decided the ranks": """
        judging/test_standings.py test_the_golden_values_hold
        judging/test_standings.py test_a_stricter_judge_moves_every_project_alike_without_shrinkage
        judging/test_chair.py test_a_mild_judge_is_said_to_be_milder_and_agreement_is_a_correlation""",
    "ranks crossed groups of judges; a team that changed groups lost its scores": """
        judging/test_standings.py test_groups_without_a_common_judge_are_ranked_apart
        judging/test_failures.py test_a_project_planned_anew_keeps_its_scores
        judging/test_assignment.py\
 test_when_a_judge_leaves_begun_visits_stay_and_the_rest_is_taken_over""",
    "tablets failed to send what was scored": """
        journeys/test_bad_line.py\
 test_when_the_line_is_back_every_mark_is_stored_once_in_the_judges_order
        journeys/test_judging_evening.py test_the_phone_keeps_scores_over_a_reload_and_a_dead_server
        judging/test_sheets.py test_a_sheet_on_paper_is_entered_by_an_organizer""",
    "a team that was not there was handled in some reports and not in others": """
        judging/test_failures.py test_a_team_that_was_not_there_is_nowhere_a_zero
        judging/test_leases.py test_a_busy_or_absent_team_is_asked_again_later""",
    "the wrong team's page on a tablet; two devices on one sheet": """
        judging/test_failures.py test_a_sheet_begins_with_the_project_and_its_team
        judging/test_plan_pages.py test_a_second_device_is_told_of_until_it_is_gone
        journeys/test_bad_line.py\
 test_the_judge_goes_on_with_another_device_and_both_show_the_same""",
    "one person alone entered what counts": """
        judging/test_failures.py test_what_was_entered_from_paper_is_read_and_mended_by_its_judge
        judging/test_corrections.py test_nobody_corrects_their_own_and_judges_not_before_the_freeze
        judging/test_reopening.py test_who_asked_does_not_confirm_but_may_take_it_back""",
    "settings changed midway, then nothing could be saved": """
        judging/test_failures.py test_after_a_change_of_the_rubric_every_sheet_can_still_be_saved
        judging/test_rubric.py test_scale_and_criteria_stay""",
    "counts and points leaked through a frozen board, and nothing told admins it was frozen": """
        judging/test_leaks.py test_every_door_gives_the_same_bytes_before_and_after_late_marks
        judging/test_leaks.py test_every_leak_that_is_planted_is_found
        judging/test_failures.py test_organizers_read_that_only_they_see_the_frozen_standings""",
    "a first mark, a number of tries, an export leaked through the freeze": """
        judging/test_leaks.py test_a_judge_sees_the_own_late_marks_and_nothing_of_anybody_elses
        judging/test_leaks.py test_the_walk_asks_every_message_and_what_pages_name
        judging/test_results.py test_what_participants_may_know_does_not_move_with_late_marks""",
    "a team gave up because nobody had said how it would be judged": """
        judging/test_rubric.py test_the_method_is_public_as_soon_as_it_is_published
        judging/test_rubric.py test_judges_and_the_method_page_show_what_changed_and_why""",
    "a conflict of interest was found by a voter afterwards": """
        judging/test_seats.py test_nobody_scores_the_own_team_also_when_they_left_it
        judging/test_seats.py\
 test_a_judge_declares_a_conflict_without_a_reason_and_the_sheet_does_not_count
        judging/test_assignment.py test_conflicts_and_the_own_team_are_never_planned""",
    "any valid word was taken for a state, from anyone, from any state": """
        judging/test_rounds.py test_from_each_state_only_its_own_steps_lead_on
        judging/test_rounds.py test_only_organizers_make_and_move_rounds
        judging/test_rules.py test_a_verb_starts_in_its_states_only""",
    "weights needed a spreadsheet beside the program": """
        judging/test_standings.py test_a_sheet_is_the_weighted_mean_of_its_marks
        judging/test_rules.py test_a_weight_is_kept_to_the_last_digit""",
}


def test_each_failure_has_its_tests():
    known = {}
    missing = []
    for hurt, tests in HURT.items():
        lines = [line.split() for line in tests.strip().splitlines()]
        assert lines, hurt
        for path, name in lines:
            if path not in known:
                tree = ast.parse((TESTS / path).read_text())
                known[path] = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
            if name not in known[path]:
                missing.append(f"{path} {name}")
    assert missing == []
    assert len(HURT) == 26


# --- the judges -------------------------------------------------------------------------


@pytest.fixture
def hall(draft):
    """A round of visits that is open."""

    def work(session):
        session.get_one(Round, draft.round_id).mode = Mode.VISITS

    act(work)
    draft.move("open")
    return draft


def look(panel):
    reading().rollback()
    return watch_of(reading(), panel.round, progress_of(reading(), panel.round, panel.entries()))


def means(panel):
    """Each team's plain mean."""
    reading().rollback()
    rows = live_standings(reading(), panel.event, panel.round)
    return {row.team_name: float(row.raw_mean) for row in rows}


def test_a_pocket_that_scores_is_named_to_the_organizer(panel, clock, monkeypatch):
    monkeypatch.setattr("hackathon.judging.queries.watch.HASTY", 3)
    for team in ("owls", "bees"):
        panel.sheet("judith", team, 1, 1)
    clock.set(now() + timedelta(seconds=61))
    panel.sheet("judith", "foxes", 1, 1)
    assert look(panel).hasty == []
    for seq, team in enumerate(("owls", "bees"), 2):
        panel.sheet("judith", team, 5, 5, seq=seq)
    assert look(panel).hasty == [("Judith", 3)]
    clock.set(now() + timedelta(minutes=31))
    assert look(panel).hasty == []


def test_what_organizers_enter_at_once_is_no_pocket(panel, monkeypatch):
    monkeypatch.setattr("hackathon.judging.queries.watch.HASTY", 3)
    for team in panel.projects:
        bring(panel, "judith", team, impact=40, works=40)
    assert look(panel).hasty == []


def test_a_judge_always_reads_how_many_projects_are_left(app, room, sign_in):
    judith = sign_in(room.cast.judith)
    asked = f"/events/q4/judging/{room.round_id}"
    assert "0 of 3 done" in judith.get(f"{asked}/list").text
    with app.app_context():
        room.sheet("judith", "owls", 4, 4)
    assert "1 of 3 done" in judith.get(f"{asked}/list").text
    sheet = judith.get(f"{asked}/projects/{room.projects['bees']}").text
    assert "1 of 3 done" in sheet


def take(panel, name):
    return do(
        leases.take_next, getattr(panel.cast, name), round_id=panel.round_id, key=uuid.uuid4().hex
    ).visit


def find_nobody(panel, name, visit):
    more = {"key": uuid.uuid4().hex, "reason": Reason.ABSENT, "visit_id": visit.id}
    do(leases.release, getattr(panel.cast, name), **more)


def test_judges_who_find_nobody_hide_no_project(hall, clock):
    for _ in range(3):
        for name in ("judith", "jonas"):
            find_nobody(hall, name, take(hall, name))
        clock.set(now() + timedelta(minutes=6))
    reading().rollback()
    assert len(hall.entries()) == 3
    assert sum(times for _, times in look(hall).flags) == 6
    assert take(hall, "judith") is not None


def test_a_team_that_was_not_there_is_nowhere_a_zero(hall):
    missed = take(hall, "judith")
    team = next(name for name, number in hall.projects.items() if number == missed.project_id)
    find_nobody(hall, "judith", missed)
    present = take(hall, "judith")
    other = next(name for name, number in hall.projects.items() if number == present.project_id)
    hall.sheet("judith", other, 4, 4)
    assert means(hall) == {other.capitalize(): 4.0}
    progress = progress_of(reading(), hall.round, hall.entries())
    assert {row.team_name: row.done for row in progress.projects}[team.capitalize()] == 0


def test_a_project_that_a_judge_misses_costs_nobody_anything(panel):
    for team, value in (("owls", 5), ("bees", 3)):
        panel.sheet("judith", team, value, value)
    for team, value in (("owls", 5), ("bees", 3), ("foxes", 4)):
        panel.sheet("jonas", team, value, value)
    assert means(panel) == {"Owls": 5.0, "Bees": 3.0, "Foxes": 4.0}


def test_the_last_tap_sent_again_finishes_no_other_project(panel):
    panel.mark("judith", "owls", "impact", 5)
    last = panel.sent("owls", seq=2)
    for _ in range(3):
        do(save_mark, panel.cast.judith, sent=last, criterion="works", value=5)
        assert panel.visit("judith", "owls").submitted_at is not None
        assert panel.visit("judith", "bees").submitted_at is None
        panel.mark("judith", "bees", "impact", 3, key="b" * 32)
    assert len(panel.values()) == 3


def test_a_sheet_begins_with_the_project_and_its_team(room, sign_in):
    asked = f"/events/q4/judging/{room.round_id}/projects/{room.projects['foxes']}"
    page = sign_in(room.cast.judith).get(asked).text
    shown = page[page.index(f'id="sheet-{room.projects["foxes"]}"') :]
    title, team = shown.index("<bdi>Foxes at work</bdi></h2>"), shown.index("<bdi>Foxes</bdi>")
    assert title < team < shown.index("<fieldset")


# --- the organizers ---------------------------------------------------------------------


def bring(panel, name, team, **values):
    seat = reading().get(Seat, panel.seats[name])
    return panel.with_round(
        sheets.bring_sheet, panel.cast.olga, seat=seat, project_id=panel.projects[team],
        values=values, texts=None,
    )  # fmt: skip


def test_what_was_entered_from_paper_is_read_and_mended_by_its_judge(panel):
    bring(panel, "judith", "owls", impact=40, works=10)
    told = sheet_marks(reading(), panel.visit("judith", "owls").id)
    assert {row.entered_by for row in told} == {"Olga"}
    panel.mark("judith", "owls", "works", 5, seq=9)
    assert means(panel) == {"Owls": 4.5}
    told = sheet_marks(reading(), panel.visit("judith", "owls").id)
    assert [row.entered_by for row in told] == [None, "Olga", "Olga"]


def test_a_pause_ends_by_a_person_however_long_it_lasts(panel, clock):
    panel.move("pause", "A fire alarm")
    clock.set(now() + timedelta(hours=20))
    assert panel.round.state == "paused"
    with pytest.raises(Conflict, match="paused"):
        panel.mark("judith", "owls", "impact", 4)
    panel.move("resume")
    panel.mark("judith", "owls", "impact", 4)


def test_a_project_taken_out_moves_nobody_elses_scores(panel):
    panel.everything()
    before = means(panel)
    do(
        projects.take_out, panel.cast.olga, event_id=panel.cast.event_id,
        project_id=panel.projects["owls"], disqualify=True, reason="Not made here",
    )  # fmt: skip
    assert before.pop("Owls") == 5.0
    assert means(panel) == before


def test_a_project_planned_anew_keeps_its_scores(panel):
    panel.everything()
    before = means(panel)
    do(
        rounds.set_order,
        panel.cast.olga,
        **panel.place,
        projects=list(panel.projects.values())[::-1],
    )
    do(seats.remove_seat, panel.cast.olga, **panel.place, seat_id=panel.seats["jonas"])
    assert means(panel) == before


def test_after_a_change_of_the_rubric_every_sheet_can_still_be_saved(panel):
    panel.sheet("judith", "owls", 5, 1)
    lines = [("impact", "Effect", 3, {}), ("works", "Works", 1, {})]
    more = {"rubric": check_rubric("Final", check_scale(1, 5, 1), lines), "reason": "Clearer"}
    do(rubric.revise_rubric, panel.cast.olga, **panel.place, **more)
    panel.sheet("judith", "bees", 3, 3)
    panel.mark("judith", "owls", "works", 4, seq=2)
    assert means(panel) == {"Owls": 4.75, "Bees": 3.0}


def test_organizers_read_that_only_they_see_the_frozen_standings(app, room, sign_in):
    with app.app_context():
        room.everything()
        room.move("freeze")
    olga = sign_in(room.cast.olga)
    page = olga.get(f"/events/q4/judging/{room.round_id}/standings").text
    assert "Only organizers see this" in page


def test_an_empty_or_guessed_key_opens_nothing(room, sign_in):
    visitor = sign_in(None)
    stage = f"/events/q4/judging/{room.round_id}/stage"
    for query in ("", "?stage=", "?stage=%00", "?stage=1", "?stage=null", "?stage=undefined"):
        answer = visitor.get(stage + query, follow_redirects=True)
        assert answer.request.path == "/sign-in", query
    for link in ("/sign-in/%20", "/sign-in/null", "/sign-in/0"):
        assert visitor.post(link).status_code in {403, 404, 410}, link
