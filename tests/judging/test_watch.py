"""What the cockpit says an organizer should look after."""

import uuid
from datetime import timedelta

import pytest
from panel import do

from hackathon.judging.models import Round
from hackathon.judging.queries.boards import ORGANIZERS, board_rows
from hackathon.judging.queries.progress import progress_of
from hackathon.judging.queries.watch import watch_of
from hackathon.judging.rules import Mode, Reason
from hackathon.judging.service import leases
from hackathon.judging.service.seats import note_seen
from hackathon.shared.clock import now
from hackathon.shared.db import reading
from hackathon.shared.web import act


def look(panel):
    reading().rollback()
    progress = progress_of(reading(), panel.round, panel.entries())
    return watch_of(reading(), panel.round, progress)


@pytest.fixture
def hall(draft):
    """A round of visits that is open."""

    def work(session):
        session.get_one(Round, draft.round_id).mode = Mode.VISITS

    act(work)
    draft.move("open")
    return draft


def here(panel, *names):
    """Their devices say hello."""
    for name in names:
        act(lambda session, name=name: note_seen(session, seat_id=panel.seats[name], device="a"))


def test_a_judge_without_a_score_for_ten_minutes_is_quiet(panel, clock):
    assert look(panel).quiet == []
    clock.set(now() + timedelta(minutes=9))
    panel.mark("judith", "owls", "impact", 4)
    clock.set(now() + timedelta(minutes=1))
    here(panel, "judith", "jonas")
    assert [(row.name, row.left) for row in look(panel).quiet] == [("Jonas", 3)]
    clock.set(now() + timedelta(minutes=9))
    here(panel, "judith", "jonas")
    assert [row.name for row in look(panel).quiet] == ["Jonas", "Judith"]


def test_a_judge_whose_device_is_not_here_is_offline_and_not_idle(panel, clock):
    here(panel, "judith", "jonas")
    clock.set(now() + timedelta(minutes=11))
    here(panel, "jonas")
    found = look(panel)
    assert [row.name for row in found.quiet] == ["Jonas"]
    assert [(row.name, row.left, row.seen) for row in found.lost] == [
        ("Judith", 3, now() - timedelta(minutes=11))
    ]
    assert found.count == 2
    here(panel, "judith")
    assert look(panel).lost == []


def test_the_board_of_the_cockpit_says_who_is_offline_and_no_value(panel):
    here(panel, "judith")
    panel.mark("judith", "owls", "impact", 4)
    _, rows = board_rows(reading(), panel.round_id, ORGANIZERS)
    judges = {row["name"]: row for row in rows if row["id"].startswith("judge:")}
    assert (judges["Judith"]["offline"], judges["Jonas"]["offline"]) == (False, True)
    assert set(judges["Judith"]) == {"id", "name", "done", "of", "offline"}


def test_a_judge_who_is_done_or_a_round_that_is_paused_is_not_quiet(panel, clock):
    for team in panel.projects:
        panel.sheet("judith", team, 4, 4)
    clock.set(now() + timedelta(minutes=20))
    here(panel, "judith", "jonas")
    assert [row.name for row in look(panel).quiet] == ["Jonas"]
    panel.move("pause", "Lunch")
    assert look(panel).quiet == []


def test_a_judge_whose_phone_says_nothing_is_offline(panel, clock):
    assert set(look(panel).offline) == set(panel.seats.values())
    act(lambda session: note_seen(session, seat_id=panel.seats["judith"], device="a"))
    assert set(look(panel).offline) == {panel.seats["jonas"]}
    clock.set(now() + timedelta(seconds=91))
    assert set(look(panel).offline) == set(panel.seats.values())


def test_projects_with_too_few_judges_are_named(hall):
    assert look(hall).behind == []

    def work(session):
        session.get_one(Round, hall.round_id).wanted = 2

    act(work)
    assert len(look(hall).behind) == 3


def test_a_project_far_behind_the_others_is_named(panel):
    for team in ("owls", "bees"):
        for judge in ("judith", "jonas"):
            panel.sheet(judge, team, 4, 4)
    assert [row.team_name for row in look(panel).behind] == ["Foxes"]


def test_where_nobody_was_somebody_should_go_and_see(hall, clock):
    given = do(leases.take_next, hall.cast.judith, round_id=hall.round_id, key=uuid.uuid4().hex)
    more = {"key": uuid.uuid4().hex, "reason": Reason.ABSENT, "visit_id": given.visit.id}
    do(leases.release, hall.cast.judith, **more)
    assert look(hall).flags == [("Bees at work", 1)]
    assert look(hall).count == 1
    clock.set(now() + timedelta(minutes=31))
    assert look(hall).flags == []


def test_the_cockpit_says_it(app, room, sign_in, clock):
    clock.set(now() + timedelta(minutes=11))
    page = sign_in(room.cast.olga).get("/events/q4/judging").get_data(as_text=True)
    assert "2 things need you" in page
    assert "Judith</bdi> has not opened the list yet; 3 projects wait." in page
    assert page.count("<span data-offline>") == 2
    with app.app_context():
        here(room, "judith")
        clock.set(now() + timedelta(minutes=11))
    page = sign_in(room.cast.olga).get("/events/q4/judging").get_data(as_text=True)
    assert "The device of <bdi>Judith</bdi> is offline; it was here" in page
    with app.app_context():
        room.move("pause", "Lunch")
    page = sign_in(room.cast.olga).get("/events/q4/judging").get_data(as_text=True)
    assert "<bdi data-reason>Lunch</bdi>" in page
