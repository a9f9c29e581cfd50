"""For the chair: leniency, agreement, order and department, with what could not be noticed."""

import pytest

from hackathon.judging.queries import chair, explain
from hackathon.people.models import Person
from hackathon.shared.db import reading, transaction


def told(panel):
    return chair.report(
        reading(), panel.round, explain.recorded(reading(), panel.round)
    )  # fmt: skip


def departments(panel, **names):
    with transaction() as session:
        for name, department in names.items():
            session.get_one(Person, getattr(panel.cast, name).id).department = department


def test_a_mild_judge_is_said_to_be_milder_and_agreement_is_a_correlation(panel):
    for team, value in (("owls", 4), ("bees", 3), ("foxes", 2)):
        panel.sheet("judith", team, value + 1, value + 1)
        panel.sheet("jonas", team, value - 1, value - 1)
    panel.move("freeze")
    jonas, judith = told(panel).judges
    assert (jonas.name, judith.name) == ("Jonas", "Judith")
    assert judith.leniency == -jonas.leniency > 0
    assert judith.agreement == pytest.approx(1)
    assert (judith.sheets, judith.mean) == (3, 4)


def test_a_judge_who_says_the_same_of_all_has_no_agreement(panel):
    for team in panel.projects:
        panel.sheet("judith", team, 4, 4)
        panel.sheet("jonas", team, 2, 3)
    panel.move("freeze")
    assert [row.agreement for row in told(panel).judges] == [None, None]


def test_the_own_department_is_an_estimate_with_the_smallest_effect(panel):
    departments(panel, judith=" Sales", paul="sales ", jonas="Legal")
    for team, ours, theirs in (("owls", 5, 3), ("bees", 3, 4), ("foxes", 2, 2)):
        panel.sheet("judith", team, ours, ours)
        panel.sheet("jonas", team, theirs, theirs)
    panel.move("freeze")
    found = told(panel)
    assert (found.same, found.department.sheets) == (1, 6)
    assert found.department.low < found.department.estimate < found.department.high
    assert found.department.estimate > 0
    assert found.department.smallest > 0


def test_without_a_department_nothing_is_estimated(panel):
    panel.everything()
    panel.move("freeze")
    found = told(panel)
    assert (found.same, found.department.estimate) == (0, None)


def test_no_sheet_is_no_report(panel):
    panel.move("freeze")
    assert told(panel) is None


def test_the_page_says_what_could_have_been_noticed_and_never_passed(app, room, sign_in):
    path, client = f"/events/q4/judging/{room.round_id}/chair", sign_in(room.cast.olga)
    assert client.get(path).status_code == 404
    with app.app_context():
        departments(room, judith="Sales", paul="Sales")
        for team, ours, theirs in (("owls", 4, 4), ("bees", 3, 5), ("foxes", 5, 2)):
            room.sheet("judith", team, ours, ours)
            room.sheet("jonas", team, theirs, theirs)
        room.move("freeze")
    page = client.get(path).text
    assert "1 of 6 sheets are for a project" in page
    assert "could only have noticed" in page
    assert "passed" not in page.lower()
