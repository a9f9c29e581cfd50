"""The next visit, taken live: leases, keys, races."""

import uuid
from collections import Counter
from datetime import timedelta

import make
import pytest
import sqlalchemy as sa
from conftest import SATURDAY
from panel import do, set_panel

from hackathon.events.models import Event
from hackathon.judging.models import Pitch, Round, Seat, Visit, VisitStep
from hackathon.judging.queries.conflicts import conflicts_of
from hackathon.judging.queries.progress import progress_of
from hackathon.judging.rules import Mode, Reason
from hackathon.judging.service import leases, seats
from hackathon.people.models import Person
from hackathon.people.rules import Actor
from hackathon.shared.clock import now
from hackathon.shared.db import reading
from hackathon.shared.errors import Conflict, NotAllowed, NotFound
from hackathon.shared.facts import facts_of
from hackathon.shared.web import act


@pytest.fixture
def hall(cast, clock):
    """A round of visits in which two judges meet each project, nothing planned."""
    panel = set_panel(cast, clock, is_open=False)
    set_visits(panel, wanted=1)
    panel.move("open")
    return panel


def set_visits(panel, **more):
    def work(session):
        found = session.get_one(Round, panel.round_id)
        found.mode = Mode.VISITS
        for name, value in more.items():
            setattr(found, name, value)

    act(work)


def ask(panel, name, key=None):
    key = key or uuid.uuid4().hex
    given = do(leases.take_next, getattr(panel.cast, name), round_id=panel.round_id, key=key)
    if given.visit is None:
        return given.none
    return next(team for team, each in panel.projects.items() if each == given.visit.project_id)


def give_back(panel, name, team, reason, key=None):
    visit = panel.visit(name, team)
    more = {"key": key or uuid.uuid4().hex, "reason": Reason(reason)}
    return do(leases.release, getattr(panel.cast, name), visit_id=visit.id, **more)


def test_each_judge_goes_where_nobody_is_and_has_been(hall):
    assert (ask(hall, "judith"), ask(hall, "jonas")) == ("bees", "foxes")
    hall.sheet("judith", "bees", 4, 4)
    assert ask(hall, "judith") == "owls"
    hall.sheet("jonas", "foxes", 4, 4)
    assert ask(hall, "jonas") == "done"


def test_the_same_visit_again_while_it_is_open_and_for_the_same_key(hall):
    first = ask(hall, "judith", key="a" * 32)
    assert ask(hall, "judith") == first
    hall.sheet("judith", first, 4, 4)
    assert ask(hall, "judith", key="a" * 32) == first
    assert ask(hall, "judith") != first
    with pytest.raises(Conflict, match="used for something else"):
        ask(hall, "jonas", key="a" * 32)
    with pytest.raises(Conflict, match="used for something else"):
        give_back(hall, "judith", "foxes", "busy", key="a" * 32)


def test_a_lease_that_is_over_goes_to_somebody_else(hall, clock):
    assert ask(hall, "judith") == "bees"
    clock.set(now() + timedelta(minutes=10))
    assert ask(hall, "jonas") == "bees"
    assert hall.visit("judith", "bees").release_reason == "expired"
    hall.mark("judith", "bees", "impact", 4)  # the mark of a slow phone is never lost
    assert hall.visit("judith", "bees").released_at is None


def test_a_begun_sheet_does_not_expire(hall, clock):
    ask(hall, "judith")
    hall.mark("judith", "bees", "impact", 4)
    clock.set(now() + timedelta(hours=1))
    assert ask(hall, "jonas") == "foxes"
    assert ask(hall, "judith") == "bees"


def test_a_busy_or_absent_team_is_asked_again_later(hall, clock):
    assert ask(hall, "judith") == "bees"
    give_back(hall, "judith", "bees", "busy", key="b" * 32)
    give_back(hall, "judith", "bees", "busy", key="b" * 32)  # sent again
    assert ask(hall, "judith") == "foxes"
    give_back(hall, "judith", "foxes", "absent")
    assert ask(hall, "judith") == "owls"
    give_back(hall, "judith", "owls", "absent")
    assert ask(hall, "judith") == "busy"
    clock.set(now() + timedelta(minutes=5))
    assert ask(hall, "judith") == "bees"
    kinds = Counter(fact.kind for fact in facts_of(reading(), f"judging:{hall.round_id}"))
    assert (kinds["visit.leased"], kinds["visit.released"]) == (4, 3)


def test_after_a_break_the_judge_may_go_there_at_once(hall):
    ask(hall, "judith")
    give_back(hall, "judith", "bees", "break")
    assert ask(hall, "judith") == "bees"


def test_a_conflict_is_declared_and_the_project_goes_to_others(hall):
    ask(hall, "judith")
    give_back(hall, "judith", "bees", "conflict")
    pair = hall.seats["judith"], hall.projects["bees"]
    assert pair in conflicts_of(reading(), hall.round_id)
    assert ask(hall, "jonas") == "bees"
    for team in ("foxes", "owls"):
        assert ask(hall, "judith") == team
        give_back(hall, "judith", team, "conflict")
    assert ask(hall, "judith") == "conflicts"


def test_a_complete_sheet_is_not_given_back(hall):
    ask(hall, "judith")
    hall.sheet("judith", "bees", 4, 4)
    with pytest.raises(Conflict, match="complete"):
        give_back(hall, "judith", "bees", "busy")
    hall.move("freeze")
    with pytest.raises(Conflict, match="not open"):
        give_back(hall, "judith", "bees", "conflict")


def test_nobody_gives_back_or_takes_what_is_not_theirs(hall):
    ask(hall, "judith")
    visit = hall.visit("judith", "bees").id
    more = {"key": uuid.uuid4().hex, "reason": Reason.BUSY}
    with pytest.raises(NotFound):
        do(leases.release, hall.cast.jonas, visit_id=visit, **more)
    with pytest.raises(NotFound):
        do(leases.release, hall.cast.judith, visit_id=999, **more)
    with pytest.raises(NotAllowed):
        do(leases.release, hall.cast.paul, visit_id=visit, **more)
    with pytest.raises(NotAllowed):
        ask(hall, "paul")


def test_there_is_a_word_for_each_reason_that_nothing_comes(draft):
    set_visits(draft)
    assert ask(draft, "judith") == "not_open"
    draft.move("open")
    draft.move("pause", "Lunch")
    assert ask(draft, "judith") == "paused"
    draft.move("resume")
    do(seats.add_seat, draft.cast.olga, **draft.place, person_id=draft.cast.judith.id,
       chair=seats.Chair(max_load=0))  # fmt: skip
    assert ask(draft, "judith") == "full"
    draft.move("freeze")
    assert ask(draft, "judith") == "closed"
    assert set(leases.NONE) >= {"not_open", "paused", "full", "closed", "done", "busy"}


def test_in_pitches_the_next_is_the_next_of_the_list(panel):
    assert ask(panel, "judith") == "bees"
    for team in panel.projects:
        panel.sheet("judith", team, 3, 3)
    assert ask(panel, "judith") == "done"


def test_who_left_holds_up_no_project(hall):
    ask(hall, "judith")
    do(seats.remove_seat, hall.cast.olga, **hall.place, seat_id=hall.seats["judith"])
    assert ask(hall, "jonas") == "bees"


def test_the_same_room_comes_first_among_equals(hall):
    def tables(session):
        for team, place in (("bees", "Hall A 1"), ("foxes", "Hall B 1"), ("owls", "Hall A 2")):
            more = {"round_id": hall.round_id, "project_id": hall.projects[team]}
            session.scalars(sa.select(Pitch).filter_by(**more)).one().place = place

    act(tables)
    assert ask(hall, "judith") == "bees"
    hall.sheet("judith", "bees", 3, 3)
    assert ask(hall, "judith") == "owls"


@pytest.mark.parametrize("wanted", [1, 2])
def test_judges_who_ask_at_once_are_all_served_and_no_project_gets_too_many(
    database, hall, race, wanted
):
    set_visits(hall, wanted=wanted)

    def crowd(session):
        event = session.get_one(Event, hall.cast.event_id)
        people = []
        for number in range(6):
            name = f"Team {number}"
            make.make_project(session, event, name=name, saved_at=SATURDAY)
            person = Person(email=f"crowd{number}@example.org", name=f"Crowd {number}")
            session.add(person)
            session.flush()
            session.add(Seat(round_id=hall.round_id, person_id=person.id))
            people.append(person.id)
        for (project,) in session.execute(sa.text("SELECT id FROM projects")).all():
            there = sa.select(Pitch.id).filter_by(round_id=hall.round_id, project_id=project)
            if session.scalar(there) is None:
                session.add(Pitch(round_id=hall.round_id, project_id=project, position=project))
        return people

    people = act(crowd)

    def job(person_id):
        actor = Actor(person_id=person_id, name="", email="")

        def take():
            key = uuid.uuid4().hex
            return act(
                lambda session: leases.take_next(
                    session, actor, round_id=hall.round_id, key=key
                )
            ).visit.project_id  # fmt: skip

        return take

    answers, refusals = race(database, [job(person_id) for person_id in people])
    assert refusals == []
    assert len(answers) == len(people)
    assert max(Counter(answers).values()) <= wanted
    reading().rollback()
    taken = reading().execute(sa.select(Visit.seat_id, Visit.project_id)).all()
    assert len(taken) == len(set(taken)) == len(people)
    progress = progress_of(reading(), hall.round, hall.entries())
    assert max(row.of for row in progress.projects) <= wanted


def test_one_judge_on_two_phones_has_one_visit(database, hall, race):
    answers, _ = race(database, [lambda: ask(hall, "judith")] * 4)
    assert set(answers) == {"bees"}
    reading().rollback()
    assert reading().scalar(sa.select(sa.func.count(Visit.id))) == 1
    assert reading().scalar(sa.select(sa.func.count(VisitStep.id))) == 4
