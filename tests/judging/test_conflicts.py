"""Conflicts: read from what is known, declared, lifted; each with its reason for organizers."""

import pytest
import sqlalchemy as sa
from panel import do

from hackathon.judging.models import DeclaredConflict, Seat
from hackathon.judging.queries.conflicts import conflict_rows, conflicts_of
from hackathon.judging.queries.results import live_standings
from hackathon.judging.queries.rounds import seats_of, visits_of
from hackathon.judging.rules import Declared, Source, check_declared
from hackathon.judging.service import seats
from hackathon.people.models import Person
from hackathon.projects.models import Challenge, Project
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import facts_of
from hackathon.teams.models import Membership


def pairs(panel, name):
    """The teams a judge must not score."""
    reading().rollback()
    teams = {project: team for team, project in panel.projects.items()}
    found = conflicts_of(reading(), panel.round_id, panel.seats[name])
    return sorted(teams[project] for _, project in found)


def rows(panel):
    """What organizers read: (judge, team, labels or `flag`)."""
    reading().rollback()
    names = {row.seat.id: row.name for row in seats_of(reading(), panel.round_id)}
    teams = {project: team for team, project in panel.projects.items()}
    return [
        (row.judge, teams[row.project_id], [why.source.value for why in row.why] or "flag")
        for row in conflict_rows(reading(), panel.round, names, panel.projects.values())
    ]


def own_challenge(panel, team, player):
    """The team works on a challenge of this person."""
    with transaction() as session:
        challenge = Challenge(event_id=panel.cast.event_id, title="Calls", owner_id=player.id)
        session.add(challenge)
        session.flush()
        session.get_one(Project, panel.projects[team]).challenge_id = challenge.id


def departments(panel, **given):
    with transaction() as session:
        for name, department in given.items():
            session.get_one(Person, getattr(panel.cast, name).id).department = department


def forbid(panel, is_departmental=True):
    do(seats.set_departmental, panel.cast.olga, **panel.place, is_departmental=is_departmental)


def test_nobody_scores_a_project_for_their_own_challenge(panel):
    panel.sheet("judith", "bees", 5, 5)
    own_challenge(panel, "bees", panel.cast.judith)
    assert (pairs(panel, "judith"), pairs(panel, "jonas")) == (["bees"], [])
    assert live_standings(reading(), panel.event, panel.round) == []
    with pytest.raises(NotAllowed, match="You have a conflict"):
        panel.mark("judith", "bees", "impact", 4, seq=7)
    assert rows(panel) == [("Judith", "bees", ["challenge"])]


def test_the_same_department_is_a_flag_until_the_round_forbids_it(draft):
    departments(draft, judith=" Claims ", paul="claims", pia="Claims", jonas="")
    assert pairs(draft, "judith") == []
    assert rows(draft) == [("Judith", "owls", "flag"), ("Judith", "bees", "flag")]
    forbid(draft)
    assert pairs(draft, "judith") == ["bees", "owls"]
    assert rows(draft) == [
        ("Judith", "owls", ["department"]), ("Judith", "bees", ["department"]),
    ]  # fmt: skip
    draft.move("open")
    with pytest.raises(NotAllowed, match="You have a conflict"):
        draft.mark("judith", "owls", "impact", 4)
    draft.mark("judith", "foxes", "impact", 4)
    with pytest.raises(Conflict, match="fixed when the round opens"):
        forbid(draft, is_departmental=False)


def test_a_member_who_left_or_a_blank_department_is_no_conflict(draft):
    departments(draft, judith="", paul="", pia="Claims", jonas="Claims")
    with transaction() as session:
        left = sa.select(Membership).filter_by(person_id=draft.cast.pia.id)
        session.scalars(left).one().left_at = draft.event.starts_at
    forbid(draft)
    assert rows(draft) == []


def test_the_departments_are_set_once_and_only_by_organizers(draft):
    forbid(draft)
    forbid(draft)  # the second click
    kinds = [fact.kind for fact in facts_of(reading(), f"judging:{draft.round_id}")]
    assert kinds.count("departments.set") == 1
    with pytest.raises(NotAllowed):
        do(seats.set_departmental, draft.cast.judith, **draft.place, is_departmental=False)


def test_organizers_say_that_a_judge_mentors_a_team_or_leads_a_member(panel):
    for team, kind in (("owls", Declared.MENTOR), ("bees", Declared.MANAGER)):
        panel.declare(
            panel.cast.olga, team, seat_id=panel.seats["jonas"], kind=kind, reason="Told by Paul"
        )
    panel.declare(panel.cast.judith, "owls")
    assert rows(panel) == [
        ("Jonas", "owls", ["mentor"]), ("Jonas", "bees", ["manager"]),
        ("Judith", "owls", ["declared"]),
    ]  # fmt: skip


def test_a_judge_only_says_that_there_is_one(panel):
    panel.declare(panel.cast.judith, "owls", kind=Declared.MANAGER)
    assert rows(panel) == [("Judith", "owls", ["declared"])]
    with pytest.raises(Invalid, match="declared, mentor or manager"):
        check_declared("cousin")


def test_several_reasons_stand_side_by_side_with_who_said_so(panel):
    own_challenge(panel, "owls", panel.cast.judith)
    panel.declare(
        panel.cast.olga, "owls", seat_id=panel.seats["judith"], reason="She said so at lunch"
    )
    names = {panel.seats["judith"]: "Judith"}
    reading().rollback()
    (row,) = conflict_rows(reading(), panel.round, names, panel.projects.values())
    told = row.why[-1]
    assert [why.source for why in row.why] == [Source.CHALLENGE, Source.DECLARED]
    assert (told.reason, told.by) == ("She said so at lunch", "Olga")


def test_before_the_round_opens_conflicts_are_declared_too(draft):
    draft.declare(draft.cast.judith, "owls")
    draft.move("open")
    with pytest.raises(NotAllowed, match="You have a conflict"):
        draft.mark("judith", "owls", "impact", 4)


def lift(panel, player=None, reason="A slip of the finger"):
    reading().rollback()
    number = reading().scalar(sa.select(DeclaredConflict.id).order_by(DeclaredConflict.id))
    do(seats.lift_conflict, player or panel.cast.olga, **panel.place, conflict_id=number or 0,
       reason=reason)  # fmt: skip


def test_a_conflict_declared_by_mistake_is_lifted_and_the_sheet_counts_again(panel):
    panel.sheet("judith", "owls", 5, 5)
    panel.declare(panel.cast.judith, "owls")
    with pytest.raises(Invalid, match="Say why"):
        lift(panel, reason=" ")
    lift(panel)
    lift(panel)  # the second click
    assert (pairs(panel, "judith"), rows(panel)) == ([], [])
    assert [row.team_name for row in live_standings(reading(), panel.event, panel.round)] == [
        "Owls"
    ]
    kinds = [fact.kind for fact in facts_of(reading(), f"judging:{panel.round_id}")]
    assert kinds.count("conflict.lifted") == 1
    panel.declare(panel.cast.judith, "owls")  # it was none after all
    assert pairs(panel, "judith") == ["owls"]


def test_a_lifted_conflict_puts_the_project_on_the_list(draft):
    draft.declare(draft.cast.judith, "owls")
    draft.move("open")
    assert len(visits_of(reading(), draft.round_id, draft.seats["judith"])) == 2
    lift(draft)
    assert len(visits_of(reading(), draft.round_id, draft.seats["judith"])) == 3


def test_nobody_lifts_the_own_conflict_or_what_is_known_or_after_the_freeze(panel):
    with pytest.raises(NotFound, match="no such conflict"):
        lift(panel)
    seat = do(seats.add_seat, panel.cast.olga, **panel.place, person_id=panel.cast.olga.id)
    panel.declare(panel.cast.olga, "owls", seat_id=seat.id)
    with pytest.raises(NotAllowed, match="another organizer"):
        lift(panel)
    with pytest.raises(NotAllowed):
        lift(panel, player=panel.cast.judith)
    panel.move("freeze")
    with pytest.raises(Conflict, match="the result record stands"):
        lift(panel, player=panel.cast.lena)


def test_what_counts_and_what_is_refused_know_the_same_conflicts(draft):
    """Every source keeps the visit off the list and the mark out: two statements, one list."""
    departments(draft, jonas="Claims", paul="Claims")
    forbid(draft)
    own_challenge(draft, "bees", draft.cast.judith)
    with transaction() as session:
        event, project = draft.event, session.get_one(Project, draft.projects["foxes"])
        session.add(
            Membership(event_id=event.id, team_id=project.team_id, person_id=draft.cast.jonas.id)
        )
    draft.declare(draft.cast.jonas, "bees")
    draft.move("open")
    every = {
        (seat, project) for seat in draft.seats.values() for project in draft.projects.values()
    }
    counted = {(v.seat_id, v.project_id) for v in visits_of(reading(), draft.round_id)}
    refused = conflicts_of(reading(), draft.round_id)
    assert every - counted == refused
    assert len(refused) == 4
    assert reading().scalar(sa.select(sa.func.count(Seat.id))) == 2
