"""Seats and conflicts: who judges, and what they must not score."""

import make
import pytest
import sqlalchemy as sa
from panel import do

from hackathon.events.models import Event
from hackathon.judging.models import DeclaredConflict, Seat, Visit
from hackathon.judging.queries.boards import my_list
from hackathon.judging.queries.conflicts import conflicts_of
from hackathon.judging.queries.progress import progress_of
from hackathon.judging.queries.results import live_standings, newest_record
from hackathon.judging.queries.rounds import criteria_of, seat_of, seats_of
from hackathon.judging.service import rounds, seats
from hackathon.judging.service.seats import Chair
from hackathon.people.models import Person
from hackathon.projects.models import Project
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import facts_of
from hackathon.shared.jobs import follow_facts
from hackathon.shared.notices import notices_of
from hackathon.teams.models import Membership


def add(panel, player, **more):
    return do(seats.add_seat, panel.cast.olga, **panel.place, person_id=player.id, **more)


def remove(panel, name):
    do(seats.remove_seat, panel.cast.olga, **panel.place, seat_id=panel.seats[name])


def own_list(panel, name):
    """The teams on a judge's list."""
    reading().rollback()
    found = panel.round
    seat = seat_of(reading(), found.id, getattr(panel.cast, name).id)
    lines = criteria_of(reading(), found.id)
    mine = my_list(reading(), found, seat, lines, panel.entries())
    return [row.entry.submission.team_name.casefold() for row in mine]


def test_only_organizers_give_seats_and_only_to_people(panel):
    with pytest.raises(NotAllowed):
        do(seats.add_seat, panel.cast.paul, **panel.place, person_id=panel.cast.paul.id)
    with pytest.raises(NotFound, match="no such person"):
        do(seats.add_seat, panel.cast.olga, **panel.place, person_id=999)


def test_a_seat_given_twice_is_one_and_changes_what_is_said(panel):
    first = add(panel, panel.cast.owen, chair=Chair(key="o1", group_label="Finance", max_load=4))
    again = add(panel, panel.cast.owen, chair=Chair(tracks="ML"))
    assert first.id == again.id
    assert (again.key, again.group_label, again.tracks, again.max_load) == (
        "o1", "Finance", "ML", 4,
    )  # fmt: skip
    with pytest.raises(Conflict, match="Another judge of this round is o1"):
        add(panel, panel.cast.lena, chair=Chair(key="o1"))
    assert len(seats_of(reading(), panel.round_id)) == 3


def test_a_judge_who_comes_late_has_the_whole_list(panel):
    add(panel, panel.cast.owen)
    assert own_list(panel, "owen") == ["bees", "foxes", "owls"]


def test_a_seat_is_told_to_its_judge(database, panel):
    follow_facts(database)
    reading().rollback()
    assert "You judge in Final" in notices_of(reading(), panel.cast.judith.id)[0].text
    kinds = [fact.kind for fact in facts_of(reading(), f"access:{panel.cast.judith.id}")]
    assert kinds == ["seat.given"]


def test_a_seat_taken_away_takes_nothing_new_and_keeps_complete_sheets(panel):
    panel.sheet("judith", "owls", 5, 5)
    panel.mark("judith", "bees", "impact", 1)
    remove(panel, "judith")
    remove(panel, "judith")  # the second click
    with pytest.raises(NotAllowed, match="Only the judges"):
        panel.mark("judith", "bees", "works", 1)
    assert seat_of(reading(), panel.round_id, panel.cast.judith.id) is None
    rows = live_standings(reading(), panel.event, panel.round)
    assert [(row.team_name, row.sheets) for row in rows] == [("Owls", 1)]
    progress = progress_of(reading(), panel.round, panel.entries())
    assert [(row.name, row.done, row.of, row.is_away) for row in progress.judges] == [
        ("Jonas", 0, 3, False), ("Judith", 1, 1, True),
    ]  # fmt: skip
    assert [fact.kind for fact in facts_of(reading(), f"access:{panel.cast.judith.id}")] == [
        "seat.given", "seat.taken",
    ]  # fmt: skip


def test_a_judge_who_comes_back_goes_on(panel):
    panel.mark("judith", "bees", "impact", 1)
    remove(panel, "judith")
    seat = add(panel, panel.cast.judith)
    assert seat.id == panel.seats["judith"]
    assert panel.mark("judith", "bees", "works", 1).submitted


def test_a_seat_of_another_round_is_not_found(panel):
    with pytest.raises(NotFound, match="no such judge"):
        do(seats.remove_seat, panel.cast.olga, **panel.place, seat_id=999)


def test_after_the_freeze_nobody_gets_a_seat_and_no_conflict_is_declared(panel):
    panel.move("freeze")
    with pytest.raises(Conflict, match="Judging is closed"):
        add(panel, panel.cast.owen)
    with pytest.raises(Conflict, match="the result record stands"):
        panel.declare(panel.cast.judith, "owls")


def test_nobody_scores_the_own_team_also_when_they_left_it(draft):
    seat = add(draft, draft.cast.paul)
    draft.move("open")
    assert (seat.id, draft.projects["owls"]) in conflicts_of(reading(), draft.round_id)
    assert own_list(draft, "paul") == ["bees", "foxes"]
    with pytest.raises(NotAllowed, match="You have a conflict"):
        draft.mark("paul", "owls", "impact", 5)
    draft.mark("paul", "bees", "impact", 5)
    with transaction() as session:
        session.scalars(sa.select(Membership).filter_by(person_id=draft.cast.paul.id)).one(
        ).left_at = draft.round.opened_at  # fmt: skip
    with pytest.raises(NotAllowed, match="You have a conflict"):
        draft.mark("paul", "owls", "impact", 5)


def test_a_judge_who_joins_a_team_afterwards_does_not_count_for_it(panel):
    panel.sheet("judith", "foxes", 5, 5)
    with transaction() as session:
        event = session.get_one(Event, panel.cast.event_id)
        project = session.get_one(Project, panel.projects["foxes"])
        judith = session.get_one(Person, panel.cast.judith.id)
        session.add(Membership(event_id=event.id, team_id=project.team_id, person_id=judith.id))
    assert live_standings(reading(), panel.event, panel.round) == []
    assert own_list(panel, "judith") == ["bees", "owls"]


def test_a_judge_declares_a_conflict_without_a_reason_and_the_sheet_does_not_count(panel):
    panel.sheet("judith", "owls", 5, 5)
    panel.declare(panel.cast.judith, "owls")
    panel.declare(panel.cast.judith, "owls")  # the second click
    assert reading().scalar(sa.select(sa.func.count(DeclaredConflict.id))) == 1
    assert live_standings(reading(), panel.event, panel.round) == []
    assert own_list(panel, "judith") == ["bees", "foxes"]
    assert facts_of(reading(), f"judging:{panel.round_id}")[-1].kind == "conflict.declared"


def test_an_organizer_declares_one_for_a_judge_and_says_why(panel):
    more = {"seat_id": panel.seats["jonas"]}
    with pytest.raises(Invalid, match="Say why"):
        panel.declare(panel.cast.olga, "owls", **more)
    panel.declare(panel.cast.olga, "owls", reason="Manager of the team", **more)
    with pytest.raises(NotAllowed, match="You have a conflict"):
        panel.mark("jonas", "owls", "impact", 5)


def test_nobody_declares_a_conflict_for_somebody_else(panel):
    for player in (panel.cast.judith, panel.cast.paul):
        with pytest.raises(NotAllowed):
            panel.declare(player, "owls", seat_id=panel.seats["jonas"], reason="No")
    for wrong in ({"seat_id": 999}, {"seat_id": None}):
        with pytest.raises(NotFound, match="no such judge"):
            panel.declare(panel.cast.olga, "owls", reason="Typing", **wrong)
    panel.projects["unknown"] = 999
    with pytest.raises(NotFound, match="no such project"):
        panel.declare(panel.cast.judith, "unknown")


def test_a_conflict_amid_the_freeze_is_in_the_record_or_refused(database, panel, race):
    panel.everything()

    def declaring():
        panel.declare(panel.cast.judith, "owls")
        return "declared"

    answers, refusals = race(database, [declaring, lambda: panel.move("freeze") and "frozen"])
    reading().rollback()
    sheets = newest_record(reading(), panel.round_id).sheet_count
    assert sheets == (5 if "declared" in answers else 6)
    assert refusals == ([] if "declared" in answers else ["frozen"])


def test_a_visit_can_be_planned_by_hand_but_not_against_a_conflict(panel):
    def plan(team):
        seat = reading().get(Seat, panel.seats["judith"])
        more = {"seat": seat, "project_id": panel.projects[team]}
        return panel.with_round(seats.plan_visit, panel.cast.olga, **more).id

    assert plan("owls") == panel.visit("judith", "owls").id
    panel.declare(panel.cast.judith, "owls")
    with pytest.raises(NotAllowed, match="conflict with that project"):
        plan("owls")
    assert reading().scalar(sa.select(sa.func.count(Visit.id))) == 6


def test_a_visit_is_given_by_hand_and_again_it_is_the_same_one(draft):
    do(
        rounds.change_round, draft.cast.olga, **draft.place, mode=rounds.Mode.VISITS,
        rule=rounds.Rule.ADJUSTED, rubric=make.make_rubric(),
    )  # fmt: skip
    draft.move("open")
    given = {"seat_id": draft.seats["judith"], "project_id": draft.projects["owls"]}
    first = do(seats.give_visit, draft.cast.olga, **draft.place, **given)
    again = do(seats.give_visit, draft.cast.olga, **draft.place, **given)
    assert first.id == again.id
    assert draft.mark("judith", "owls", "impact", 4).receipt
    with pytest.raises(NotFound, match="no such judge or project"):
        do(seats.give_visit, draft.cast.olga, **draft.place, seat_id=999, project_id=1)
    draft.move("freeze")
    with pytest.raises(Conflict, match="its lists stay as they are"):
        do(seats.give_visit, draft.cast.olga, **draft.place, **given)
