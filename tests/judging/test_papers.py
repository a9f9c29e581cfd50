"""Sheets from paper, a project at a time: whole or not at all, never unseen over a judge's own."""

import re

import pytest
import sqlalchemy as sa
from panel import do
from sqlalchemy import event

from hackathon.judging.models import Feedback, Mark
from hackathon.judging.queries.checks import wrong_sheets
from hackathon.judging.queries.papers import judges_of_project
from hackathon.judging.queries.watch import sheet_marks
from hackathon.judging.service import papers, seats
from hackathon.judging.service.marks import Texts
from hackathon.judging.service.papers import Paper
from hackathon.shared.db import db, reading
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import broken_links, facts_of, note_texts


def paper(panel, name, impact="", works="", *, strength="", question="", wins=False):
    values = {"impact": impact, "works": works}
    return Paper(panel.seats[name], values, Texts(strength, question), wins)


def enter(panel, team, *given, by=None, reason="From paper"):
    return do(
        papers.enter_papers, by or panel.cast.olga, **panel.place,
        project_id=panel.projects[team], papers=given, reason=reason,
    )  # fmt: skip


def there(panel, team):
    """What is known of each judge's sheet, by name."""
    reading().rollback()
    rows = judges_of_project(reading(), panel.round, panel.projects[team])
    return {row.name: row for row in rows}


def refusal(panel, team, *given):
    before = count(Mark)
    with pytest.raises(Invalid) as caught:
        enter(panel, team, *given)
    assert count(Mark) == before  # nothing at all
    return caught.value


def count(model):
    reading().rollback()
    return reading().scalar(sa.select(sa.func.count(model.id)))


# --- the service, on both databases -----------------------------------------------------


def test_all_sheets_of_a_project_come_in_together_each_recorded_as_its_own(panel):
    both = (
        paper(panel, "judith", "4", "5", strength="Runs on real data"),
        paper(panel, "jonas", "2", "3"),
    )
    assert enter(panel, "foxes", *both) == [panel.seats["judith"], panel.seats["jonas"]]
    for name in ("judith", "jonas"):
        marks = sheet_marks(reading(), panel.visit(name, "foxes").id)
        assert {(row.entered_by, row.reason) for row in marks} == {("Olga", "From paper")}
    entered = [
        fact for fact in facts_of(reading(), f"judging:{panel.round_id}")
        if fact.kind == "sheet.entered"
    ]  # fmt: skip
    assert [(fact.values["seat"], fact.values["rows"]) for fact in entered] == [
        (panel.seats["judith"], 3), (panel.seats["jonas"], 2),
    ]  # fmt: skip
    assert {fact.actor_id for fact in entered} == {panel.cast.olga.id}
    notes = note_texts(reading(), [int(fact.values["reason"]["note"]) for fact in entered])
    assert list(notes.values()) == ["From paper"] * 2
    assert (wrong_sheets(reading()), broken_links(reading())) == ([], [])


def test_half_a_sheet_is_refused_with_whose_it_is_and_what_it_misses(panel):
    told = refusal(panel, "foxes", paper(panel, "judith", "4", "5"), paper(panel, "jonas", "2"))
    assert told.message == (
        "Jonas: no score for Works. A sheet is entered whole. Nothing was saved."
    )
    assert list(told.extra["cells"]) == [f"value-{panel.seats['jonas']}-works"]
    told = refusal(panel, "foxes", paper(panel, "jonas", question="Who pays?"))
    assert "Jonas: no score for Impact, Works." in told.message


@pytest.mark.parametrize("typed", ["6", "0", "4.5", "4,5", "-1", "1e1", "four", "4 5"])
def test_what_is_not_on_the_scale_is_named_with_its_judge(panel, typed):
    told = refusal(panel, "foxes", paper(panel, "judith", typed, "5"))
    assert f"Judith, Impact: {typed} is not on the scale (1 to 5)." in told.message


def test_everything_wrong_is_said_at_once(panel):
    panel.sheet("judith", "foxes", 3, 3)
    told = refusal(panel, "foxes", paper(panel, "judith", "9", "5"), paper(panel, "jonas", "2"))
    assert set(told.extra["cells"]) == {
        f"value-{panel.seats['judith']}-impact", f"wins-{panel.seats['judith']}",
        f"value-{panel.seats['jonas']}-works",
    }  # fmt: skip


def test_scores_from_a_judges_own_device_are_never_replaced_unseen(panel):
    panel.mark("judith", "foxes", "impact", 3)
    told = refusal(panel, "foxes", paper(panel, "judith", "4", "5"))
    assert "Judith: there are scores from the phone already" in told.message
    enter(panel, "foxes", paper(panel, "judith", "4", "5", wins=True))
    assert there(panel, "foxes")["Judith"].is_complete


def test_a_sheet_that_somebody_entered_before_is_said_to_be_theirs(panel):
    enter(panel, "foxes", paper(panel, "judith", "4", "5"), by=panel.cast.lena)
    told = refusal(panel, "foxes", paper(panel, "judith", "4", "5"))  # the same again, too
    assert "Judith: there are scores from paper by Lena already" in told.message
    row = there(panel, "foxes")["Judith"]
    assert (row.scored, row.is_from_device, row.entered_by) == (2, False, "Lena")
    assert row.entered_at is not None


def test_a_score_that_was_taken_away_again_is_none(panel):
    panel.mark("judith", "foxes", "impact", 3)
    panel.clear("judith", "foxes", "impact", seq=2)
    assert there(panel, "foxes")["Judith"].scored == 0
    assert enter(panel, "foxes", paper(panel, "judith", "4", "5")) == [panel.seats["judith"]]


def test_words_alone_are_taken_where_the_sheet_is_complete(panel):
    panel.sheet("judith", "foxes", 3, 3)
    enter(panel, "foxes", paper(panel, "judith", strength="Brave", wins=True))
    assert (count(Mark), count(Feedback)) == (2, 1)


def test_of_two_organizers_who_type_the_same_stack_one_is_told(database, panel, race):
    jobs = [
        lambda: enter(panel, "foxes", paper(panel, "judith", "4", "5")),
        lambda: enter(panel, "foxes", paper(panel, "judith", "4", "4"), by=panel.cast.lena),
    ]
    answers, refusals = race(database, jobs)
    assert (answers, refusals) == ([[panel.seats["judith"]]], ["sheets"])
    assert count(Mark) == 2


def test_a_tap_that_comes_while_somebody_types_is_not_overwritten(database, panel, race):
    jobs = [
        lambda: enter(panel, "foxes", paper(panel, "judith", "4", "5")),
        lambda: panel.mark("judith", "foxes", "impact", 2, seq=9),
    ]
    answers, refusals = race(database, jobs)
    assert len(answers) + len(refusals) == 2
    assert refusals in ([], ["sheets"])
    assert count(Mark) == (1 if refusals else 3)


def test_paper_is_for_organizers_who_do_not_judge_while_judging_is_open(panel):
    sheet = paper(panel, "judith", "4", "5")
    for player in (panel.cast.jonas, panel.cast.paul, panel.cast.rita):
        with pytest.raises(NotAllowed):
            enter(panel, "foxes", sheet, by=player)
    with pytest.raises(Invalid, match="Say why"):
        enter(panel, "foxes", sheet, reason=" ")
    with pytest.raises(Invalid, match="Type at least one sheet"):
        enter(panel, "foxes", paper(panel, "judith"))
    with pytest.raises(NotFound, match="no such judge"):
        enter(panel, "foxes", Paper(999, {"impact": "4", "works": "5"}))
    panel.projects["nobody"] = 999
    with pytest.raises(NotFound, match="no such project"):
        enter(panel, "nobody", sheet)
    panel.declare(panel.cast.judith, "foxes")
    with pytest.raises(Invalid, match="Judith has a conflict"):
        enter(panel, "foxes", sheet)
    do(seats.add_seat, panel.cast.lena, **panel.place, person_id=panel.cast.olga.id)
    with pytest.raises(NotAllowed, match="You judge in this round"):
        enter(panel, "bees", sheet)
    panel.move("freeze")
    with pytest.raises(Conflict, match="while judging is open"):
        enter(panel, "bees", sheet, by=panel.cast.lena)
    assert count(Mark) == 0


# --- the page ---------------------------------------------------------------------------


def text_of(answer):
    return answer.get_data(as_text=True)


@pytest.fixture
def olga(room, sign_in):
    """The organizer's browser."""
    return sign_in(room.cast.olga)


def path(room, team="foxes"):
    return f"/events/q4/judging/{room.round_id}/papers/{room.projects[team]}"


def form(room, **typed):
    """Typed sheets: judith=("4", "5")."""
    values = {"seat": [room.seats[name] for name in ("judith", "jonas")], "reason": "From paper"}
    for name, marks in typed.items():
        for key, value in zip(("impact", "works"), marks, strict=True):
            values[f"value-{room.seats[name]}-{key}"] = value
    return values


def test_the_cockpit_leads_to_the_first_project_that_lacks_sheets(app, room, olga):
    assert "Enter paper" in text_of(olga.get(f"/events/q4/judging/{room.round_id}"))
    with app.app_context():
        first, second, _ = [entry.project_id for entry in room.entries()]
        team = next(name for name, number in room.projects.items() if number == first)
        room.sheet("judith", team, 3, 3)
        room.sheet("jonas", team, 3, 3)
    answer = olga.get(f"/events/q4/judging/{room.round_id}/papers")
    assert answer.location.endswith(f"/papers/{second}")


def test_rows_are_judges_columns_criteria_and_tab_goes_row_by_row(room, olga):
    page = text_of(olga.get(path(room)))
    names = re.findall(r'<(?:input|textarea) [^>]*name="((?:value|strength|question)-[^"]+)"', page)
    jonas, judith = room.seats["jonas"], room.seats["judith"]
    assert names == [
        f"{field}-{seat}{key}"
        for seat in (jonas, judith)
        for field, key in (
            ("value", "-impact"), ("value", "-works"), ("strength", ""), ("question", ""),
        )
    ]  # fmt: skip
    assert "tabindex" not in page.split('id="papers"')[1].split("</form>")[0]


def test_sheets_are_entered_and_the_next_project_opens(room, olga):
    sent = form(room, judith=("4", "5"), jonas=("2", "3")) | {"then": "next"}
    answer = olga.post(path(room), data=sent)
    assert answer.status_code == 303
    assert answer.location != path(room)
    page = text_of(olga.get(answer.location))
    assert "2 sheets entered; the judges see them with your reason." in page
    page = text_of(olga.get(path(room)))
    assert "2 of 2 sheets are in." in page
    assert "2 of 2 scores from paper by Olga" in page


def test_a_second_click_enters_nothing_twice(app, room, olga):
    sent = form(room, judith=("4", "5")) | {"once": "the-first-click"}
    assert [olga.post(path(room), data=sent).status_code for _ in range(2)] == [303, 303]
    with app.app_context():
        assert count(Mark) == 2


def test_a_refused_page_keeps_what_was_typed_and_marks_the_cell(room, olga):
    answer = olga.post(path(room), data=form(room, judith=("4", "9"), jonas=("2", "")))
    page = text_of(answer)
    assert answer.status_code == 422
    assert "Nothing was saved." in page
    wrong = re.findall(r'name="(value-[^"]+)" value="([^"]*)"[^>]*aria-invalid', page)
    assert wrong == [
        (f"value-{room.seats['jonas']}-works", ""), (f"value-{room.seats['judith']}-works", "9"),
    ]  # fmt: skip
    assert f'name="value-{room.seats["judith"]}-impact" value="4"' in page


def test_a_judge_with_scores_stands_apart_and_no_value_is_shown(app, room, olga):
    with app.app_context():
        room.sheet("judith", "foxes", 1, 1)
    page = text_of(olga.get(path(room)))
    assert "1 judge has scores already or is not on the list" in page
    assert "2 of 2 scores from the phone" in page
    assert set(re.findall(r'name="value-[^"]+" value="([^"]*)"', page)) == {""}
    sent = form(room, judith=("4", "5"))
    assert "tick “The paper wins”" in text_of(olga.post(path(room), data=sent))
    assert re.search(r'<details class="card mb-3" open>', text_of(olga.post(path(room), data=sent)))
    won = olga.post(path(room), data=sent | {f"wins-{room.seats['judith']}": "on"})
    assert won.status_code == 303


def test_who_judges_is_told_to_leave_it_to_another(app, room, olga):
    with app.app_context():
        do(seats.add_seat, room.cast.lena, **room.place, person_id=room.cast.olga.id)
    page = text_of(olga.get(path(room)))
    assert "You judge in this round" in page
    assert 'id="papers"' not in page


def test_the_page_of_another_or_closed_round_takes_nothing(app, room, olga):
    assert olga.get(path(room).replace("/judging/1", "/judging/999")).status_code == 404
    room.projects["nobody"] = 999
    assert olga.get(path(room, "nobody")).status_code == 404
    with app.app_context():
        room.move("freeze")
    assert "while judging is open" in text_of(olga.get(path(room)))
    assert olga.post(path(room), data=form(room, judith=("4", "5"))).status_code == 409


def test_the_page_takes_few_statements(app, room, olga):
    with app.app_context():
        room.sheet("judith", "foxes", 1, 1)
        engine = db.engine
    told = []

    def hear(_connection, _cursor, statement, *_more):
        told.append(statement)

    event.listen(engine, "before_cursor_execute", hear)
    olga.get(path(room))
    event.remove(engine, "before_cursor_execute", hear)
    assert len([text for text in told if text.startswith(("SELECT", "WITH"))]) <= 12, told
