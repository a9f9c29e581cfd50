"""The plan of visits: looked at, applied by a click, made again when judges come and go."""

from collections import Counter
from datetime import timedelta

import pytest
from panel import SUNDAY, do

from hackathon.judging.models import Round, Visit
from hackathon.judging.queries.assignment import Wishes, propose, timetable_of
from hackathon.judging.queries.progress import progress_of
from hackathon.judging.rules import Mode
from hackathon.judging.service import assignment, seats
from hackathon.shared.clock import now
from hackathon.shared.db import reading
from hackathon.shared.errors import Conflict, Invalid, NotAllowed
from hackathon.shared.facts import facts_of
from hackathon.shared.web import act

WISHES = Wishes(wanted=2, minutes=10, starts_at=SUNDAY)


@pytest.fixture
def hall(draft):
    """A round of visits in draft with three judges and three projects; nothing planned."""
    do(seats.add_seat, draft.cast.olga, **draft.place, person_id=draft.cast.owen.id)

    def work(session):
        session.get_one(Round, draft.round_id).mode = Mode.VISITS

    act(work)
    return draft


def look(panel, wishes=WISHES):
    reading().rollback()
    return propose(reading(), panel.event, panel.round, wishes)


def apply(panel, wishes=WISHES, stamp=None, player=None):
    more = {"wishes": wishes, "stamp": stamp or look(panel, wishes).stamp}
    return do(assignment.apply_plan, player or panel.cast.olga, **panel.place, **more)


def visits(panel):
    reading().rollback()
    return reading().query(Visit).order_by(Visit.id).all()


def test_looking_at_a_plan_moves_nothing(hall):
    proposal = look(hall)
    assert (len(proposal.turns), proposal.load_range, proposal.slots) == (6, (2, 2), 2)
    assert proposal.answer.islands == 1
    assert proposal.ends_at == SUNDAY + timedelta(minutes=10)
    assert visits(hall) == []


def test_applying_makes_the_visits_with_their_turns_and_tables(hall):
    wishes = Wishes(2, 10, SUNDAY, places=("A 1", "A 2"))
    apply(hall, wishes)
    hall.move("open")
    assert {visit.slot for visit in visits(hall)} == {1, 2}
    table = timetable_of(reading(), hall.event, hall.round)
    assert sorted(table.places.values()) == ["A 1", "A 2", "Table 3"]
    mine = table.of(hall.seats["judith"])
    assert [turn.at for turn in mine] == [SUNDAY, SUNDAY + timedelta(minutes=10)]
    body = facts_of(reading(), f"judging:{hall.round_id}")
    told = next(fact.values for fact in body if fact.kind == "plan.applied")
    assert (told["wanted"], told["visits"], told["added"]) == (2, 6, 6)
    progress = progress_of(reading(), hall.round, hall.entries())
    assert (progress.of, [row.of for row in progress.projects]) == (6, [2, 2, 2])


def test_what_was_looked_at_is_what_is_applied(hall):
    stamp = look(hall).stamp
    do(seats.add_seat, hall.cast.olga, **hall.place, person_id=hall.cast.lena.id)
    with pytest.raises(Conflict, match="changed since this plan"):
        apply(hall, stamp=stamp)
    assert visits(hall) == []
    apply(hall)


def test_a_plan_applied_again_changes_nothing(hall):
    apply(hall)
    first = [(visit.seat_id, visit.project_id, visit.slot) for visit in visits(hall)]
    proposal = look(hall)
    assert (proposal.added, proposal.dropped, proposal.kept) == (set(), set(), 6)
    apply(hall)
    assert [(visit.seat_id, visit.project_id, visit.slot) for visit in visits(hall)] == first


def test_conflicts_and_the_own_team_are_never_planned(hall):
    seat = do(seats.add_seat, hall.cast.olga, **hall.place, person_id=hall.cast.paul.id)
    for _ in range(2):
        pairs = look(hall, Wishes(4, 10, SUNDAY)).answer
        assert (seat.id, hall.projects["owls"]) not in pairs.pairs
    assert pairs.short == {hall.projects["owls"]: 1}


def test_when_a_judge_leaves_begun_visits_stay_and_the_rest_is_taken_over(hall, clock):
    apply(hall)
    hall.move("open")
    turns = {visit.seat_id: visit for visit in reversed(visits(hall))}
    begun = turns[hall.seats["judith"]]
    team = next(name for name, each in hall.projects.items() if each == begun.project_id)
    hall.sheet("judith", team, 4, 4)
    other = turns[hall.seats["jonas"]]
    there = next(name for name, each in hall.projects.items() if each == other.project_id)
    hall.mark("jonas", there, "impact", 3)
    do(seats.remove_seat, hall.cast.olga, **hall.place, seat_id=hall.seats["judith"])
    clock.set(now() + timedelta(minutes=25))
    proposal = look(hall)
    assert (begun.seat_id, begun.project_id) in proposal.answer.pairs
    assert (other.seat_id, other.project_id) in proposal.answer.pairs
    assert proposal.answer.short == {}
    apply(hall)
    progress = progress_of(reading(), hall.round, hall.entries())
    assert [row.of for row in progress.projects] == [2, 2, 2]
    later = [visit.slot for visit in visits(hall) if not visit.begun_at and not visit.released_at]
    assert min(later) > 2  # the turns that are over are not planned again
    counted = Counter(visit.seat_id for visit in visits(hall) if visit.released_at is None)
    assert counted[hall.seats["judith"]] == 1  # the complete one


def test_a_judge_who_arrives_takes_visits_from_the_busiest(hall):
    do(seats.remove_seat, hall.cast.olga, **hall.place, seat_id=hall.seats["judith"])
    apply(hall)
    hall.move("open")
    do(seats.add_seat, hall.cast.olga, **hall.place, person_id=hall.cast.judith.id)
    proposal = look(hall)
    assert proposal.load_range == (2, 2)
    assert len(proposal.dropped) == len(proposal.added) == 2
    apply(hall)
    released = [visit for visit in visits(hall) if visit.released_at]
    assert [visit.release_reason for visit in released] == ["planned", "planned"]


def test_only_organizers_apply_and_only_in_rounds_of_visits_before_the_freeze(hall):
    with pytest.raises(NotAllowed):
        apply(hall, player=hall.cast.judith)
    with pytest.raises(Invalid, match="1 to 20"):
        apply(hall, Wishes(0, 10, SUNDAY))
    with pytest.raises(Invalid, match="1 to 120"):
        apply(hall, Wishes(2, 500, SUNDAY))
    apply(hall)
    hall.move("open")
    hall.move("freeze")
    with pytest.raises(Conflict, match="Judging is closed"):
        apply(hall)


def test_pitches_need_no_plan(panel):
    with pytest.raises(Conflict, match="everyone sees everyone"):
        apply(panel)
