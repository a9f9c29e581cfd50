"""Sheets brought by organizers and typed in plain forms: the same ledger, the same rules."""

import uuid

import pytest
import sqlalchemy as sa
from panel import do

from hackathon.judging.models import Feedback, LateMark, Mark, Seat, Visit
from hackathon.judging.queries.checks import wrong_sheets
from hackathon.judging.queries.marks import cells_of_visit, texts_of
from hackathon.judging.service import seats, sheets
from hackathon.judging.service.marks import Texts
from hackathon.shared.db import reading
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound


def bring(panel, name, team, player=None, texts=None, **values):
    seat = reading().get(Seat, panel.seats[name])
    return panel.with_round(
        sheets.bring_sheet, player or panel.cast.olga, seat=seat,
        project_id=panel.projects[team], values=values, texts=texts,
    )  # fmt: skip


def typed(panel, name, team, texts=None, once=None, **values):
    return panel.with_round(
        sheets.type_sheet, getattr(panel.cast, name), project_id=panel.projects[team],
        values=values, texts=texts or Texts(), once=once or uuid.uuid4().hex,
    )  # fmt: skip


def count(model):
    reading().rollback()
    return reading().scalar(sa.select(sa.func.count(model.id)))


def values_of(panel, name, team):
    reading().rollback()
    return [cell.value for cell in cells_of_visit(reading(), panel.visit(name, team).id).values()]


# --- brought --------------------------------------------------------------------------


def test_a_sheet_on_paper_is_entered_by_an_organizer(panel):
    assert bring(panel, "judith", "owls", impact=40, works=50) == 2
    assert {row.entered_by_id for row in panel.values()} == {panel.cast.olga.id}
    assert panel.visit("judith", "owls").submitted_at is not None
    assert wrong_sheets(reading()) == []


def test_the_same_sheet_again_changes_nothing_and_another_value_is_one_row(panel):
    words = Texts("Clear", "Who pays?", "")
    bring(panel, "judith", "owls", texts=words, impact=40, works=50)
    assert bring(panel, "judith", "owls", texts=words, impact=40, works=50) == 0
    assert bring(panel, "judith", "owls", texts=Texts("New"), impact=40, works=10) == 2
    assert (count(Mark), count(Feedback)) == (3, 2)
    assert values_of(panel, "judith", "owls") == [40, 10]
    assert texts_of(reading(), panel.round_id)[panel.visit("judith", "owls").id].strength == "New"


def test_a_criterion_left_out_is_not_scored_and_the_sheet_incomplete(panel):
    assert bring(panel, "judith", "owls", impact=40) == 1
    assert panel.visit("judith", "owls").submitted_at is None


def test_a_brought_value_follows_what_the_device_sent(panel):
    panel.mark("judith", "owls", "impact", 5, seq=9)
    bring(panel, "judith", "owls", impact=10)
    assert [(row.value, row.seq) for row in panel.values()] == [(50, 9), (10, 10)]


def test_a_sheet_in_draft_makes_its_visit(draft):
    assert bring(draft, "judith", "owls", impact=40, works=50) == 2
    assert count(Visit) == 1
    draft.move("open")
    assert count(Visit) == 6


def test_what_cannot_be_brought_is_refused(panel):
    with pytest.raises(NotFound, match="no criterion beauty"):
        bring(panel, "judith", "owls", beauty=40)
    with pytest.raises(Invalid, match="Scores go from 1 to 5"):
        bring(panel, "judith", "owls", impact=45)
    for name in ("paul", "judith", "rita"):
        with pytest.raises(NotAllowed):
            bring(panel, "judith", "owls", getattr(panel.cast, name), impact=40)
    panel.declare(panel.cast.judith, "owls")
    with pytest.raises(NotAllowed, match="conflict with that project"):
        bring(panel, "judith", "owls", impact=40)
    do(seats.add_seat, panel.cast.olga, **panel.place, person_id=panel.cast.olga.id)
    with pytest.raises(NotAllowed, match="You judge in this round"):
        bring(panel, "jonas", "owls", impact=40)
    panel.move("freeze")
    with pytest.raises(Conflict, match="sheets come in before the freeze"):
        bring(panel, "jonas", "owls", panel.cast.lena, impact=40)
    assert count(Mark) == 0


def test_sheets_brought_amid_a_freeze_are_in_the_record_or_refused(database, panel, race):
    jobs = [
        lambda name=name, team=team: bring(panel, name, team, impact=40, works=50)
        for name in panel.seats
        for team in panel.projects
    ]
    answers, refusals = race(database, [*jobs, lambda: panel.move("freeze") and 0])
    assert set(refusals) <= {"frozen"}
    assert count(Mark) == sum(answers)
    assert wrong_sheets(reading()) == []


# --- typed ----------------------------------------------------------------------------


def test_a_form_saves_what_differs(panel):
    first = typed(panel, "judith", "owls", impact="4", works=" 5 ")
    assert (first.marks, first.late, first.blank) == (2, 0, ())
    second = typed(panel, "judith", "owls", impact="4", works="3")
    assert second.marks == 1
    assert values_of(panel, "judith", "owls") == [40, 30]
    assert typed(panel, "judith", "owls", impact="", works="").marks == 0


def test_the_second_click_stores_nothing_more(panel):
    key = uuid.uuid4().hex
    more = {"texts": Texts("Clear"), "once": key, "impact": "4", "works": "5"}
    first, second = (typed(panel, "judith", "owls", **more) for _ in range(2))
    assert (first.marks, first.texts, second.marks, second.texts) == (2, True, 0, False)
    assert (count(Mark), count(Feedback)) == (2, 1)


def test_two_clicks_at_once_store_each_score_once(database, panel, race):
    for number in range(1, 5):
        more = {"once": uuid.uuid4().hex, "impact": str(number), "works": str(number)}
        answers, refusals = race(
            database, [lambda more=more: typed(panel, "judith", "owls", **more)] * 2
        )
        assert (len(answers), refusals) == (2, [])
        assert count(Mark) == 2 * number
        assert values_of(panel, "judith", "owls") == [number * 10] * 2


def test_line_16_a_typed_number_is_digits_and_one_decimal(panel):
    wrong = ["1_0", "-0", "-1", "6", "4.5", "4.55", "1e1", "\u0664", "NaN", "4,0", "0x4", "+4"]
    for text in [*wrong, "44444"]:
        with pytest.raises(Invalid, match="Scores go from 1 to 5"):
            typed(panel, "judith", "owls", impact="4", works=text)
        assert count(Mark) == 0, text  # the whole form or nothing


def test_line_16_spaces_around_a_number_are_no_error(panel):
    assert typed(panel, "judith", "owls", impact=" 4 ", works="4.0\n").marks == 2


def test_words_wait_for_the_last_score_and_the_scores_do_not(panel):
    done = typed(panel, "judith", "owls", texts=Texts("Clear"), impact="4")
    assert (done.marks, done.texts, done.blank) == (1, False, ("Works",))
    assert count(Feedback) == 0
    done = typed(panel, "judith", "owls", texts=Texts("Clear"), works="4")
    assert (done.marks, done.texts) == (1, True)


def test_a_form_after_the_freeze_goes_to_the_late_tray(panel):
    panel.sheet("judith", "owls", 4, 4)
    panel.move("freeze")
    done = typed(panel, "judith", "owls", texts=Texts("Clear"), impact="5", works="4")
    assert (done.marks, done.late, done.texts) == (0, 2, False)
    assert (count(Mark), count(LateMark)) == (2, 2)


def test_a_form_is_for_the_own_list_only(panel):
    for name in ("paul", "olga"):
        with pytest.raises(NotFound, match="not on your list"):
            typed(panel, name, "foxes", impact="4")
    panel.projects["unknown"] = 999
    with pytest.raises(NotFound, match="not on your list"):
        typed(panel, "judith", "unknown", impact="4")
    panel.declare(panel.cast.judith, "owls")
    with pytest.raises(NotAllowed, match="You have a conflict"):
        typed(panel, "judith", "owls", impact="4")
