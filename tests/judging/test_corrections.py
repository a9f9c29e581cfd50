"""Corrections and voids: rows with a reason, by another organizer, visible to the judge."""

import re
import uuid

import pytest
from panel import do

from hackathon.judging.queries.checks import wrong_sheets
from hackathon.judging.queries.progress import progress_of
from hackathon.judging.queries.results import newest_record
from hackathon.judging.queries.watch import sheet_marks
from hackathon.judging.service import corrections, seats
from hackathon.shared.db import reading
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import facts_of


def correct(panel, value="2", player=None, **more):
    given = {
        "visit_id": panel.visit("judith", "owls").id,
        "criterion": "impact",
        "value": value,
        "reason": "She meant the other team",
        "once": uuid.uuid4().hex,
    } | more
    return do(corrections.correct_mark, player or panel.cast.olga, **panel.place, **given)


@pytest.fixture
def scored(panel):
    """Judith's sheet of the Owls is complete."""
    panel.sheet("judith", "owls", 5, 5)
    return panel


def rows(panel):
    reading().rollback()
    marks = sheet_marks(reading(), panel.visit("judith", "owls").id)
    return [(row.mark.value, row.entered_by, row.reason) for row in marks]


def test_a_correction_is_a_new_row_with_its_reason(scored):
    correct(scored, once="one click")
    correct(scored, once="one click")
    assert rows(scored) == [
        (20, "Olga", "She meant the other team"), (50, None, None), (50, None, None),
    ]  # fmt: skip
    assert wrong_sheets(reading()) == []
    facts = facts_of(reading(), f"judging:{scored.round_id}")
    assert [fact.kind for fact in facts[-2:]] == ["mark.saved", "mark.corrected"]


def test_a_void_takes_the_sheet_out_until_the_judge_scores_again(scored):
    correct(scored, value=" ")
    assert rows(scored)[0][0] is None
    assert progress_of(reading(), scored.round, scored.entries()).done == 0
    assert wrong_sheets(reading()) == []
    assert scored.mark("judith", "owls", "impact", 3, seq=9).submitted
    with pytest.raises(Conflict, match="that way already"):
        correct(scored, value="3")


def test_nobody_corrects_their_own_and_judges_not_before_the_freeze(scored):
    for player in (scored.cast.judith, scored.cast.paul, scored.cast.rita):
        with pytest.raises(NotAllowed):
            correct(scored, player=player)
    do(seats.add_seat, scored.cast.olga, **scored.place, person_id=scored.cast.olga.id)
    with pytest.raises(NotAllowed, match="stay closed to you"):
        correct(scored)
    correct(scored, player=scored.cast.lena)


def test_what_cannot_be_is_refused_and_adds_nothing(scored):
    for more, refusal in (
        ({"value": "9"}, Invalid), ({"reason": " "}, Invalid), ({"criterion": "charm"}, NotFound),
        ({"visit_id": 999}, NotFound), ({"value": "5"}, Conflict),
    ):  # fmt: skip
        with pytest.raises(refusal):
            correct(scored, **more)
    assert len(rows(scored)) == 2


def test_in_a_frozen_round_a_correction_writes_a_new_record_and_a_final_one_stays(scored):
    scored.move("freeze")
    correct(scored)
    assert newest_record(reading(), scored.round_id).number == 2
    assert wrong_sheets(reading()) == []
    scored.move("finalize")
    with pytest.raises(Conflict, match="until the results are final"):
        correct(scored, value="3")


def test_through_the_page_without_values_before_the_freeze(app, room, sign_in):
    with app.app_context():
        room.sheet("judith", "owls", 5, 5)
        visit = room.visit("judith", "owls").id
    olga = sign_in(room.cast.olga)
    base = f"/events/q4/judging/{room.round_id}"
    sheets = olga.get(f"{base}/timetable").get_data(as_text=True)
    assert f"{base}/visits/{visit}" in sheets
    path = f"{base}/visits/{visit}"
    page = olga.get(path).get_data(as_text=True)
    assert "a score" in page
    assert "<td>5" not in page
    form = {"criterion": "impact", "value": "", "reason": "", "once": "a"}
    assert olga.post(path, data=form).status_code == 422
    form["reason"] = "Wrong team"
    assert olga.post(path, data=form).status_code == 303
    mine = sign_in(room.cast.judith).get(f"{base}/projects/{room.projects['owls']}")
    assert "Taken away by an organizer: Wrong team" in mine.get_data(as_text=True)
    assert olga.get(f"{base}/visits/999").status_code == 404
    with app.app_context():
        room.move("freeze")
    assert re.search(r"<td>5\b", olga.get(path).get_data(as_text=True))


def test_the_judges_phone_hears_of_a_correction(app, room, connect, tick):
    with app.app_context():
        room.sheet("judith", "owls", 5, 5)
    judith, jonas = connect(room.cast.judith), connect(room.cast.jonas)
    for client in (judith, jonas):
        client.emit("judging.hello", {"round": room.round_id, "after": 0}, callback=True)
    tick()
    judith.get_received(), jonas.get_received()
    with app.app_context():
        correct(room)
    tick()
    names = [(given["name"], given["args"][0].get("again")) for given in judith.get_received()]
    assert ("judging.state", "mark.corrected") in names
    assert ("judging.visit", None) in names
    assert [given["name"] for given in jonas.get_received()] == []
