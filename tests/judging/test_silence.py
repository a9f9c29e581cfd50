"""Before the results are final: which projects no judge left a word for, and who could."""

from html import unescape

import pytest
from backlog.scene import counted
from panel import do

from hackathon.judging.queries.results import newest_record
from hackathon.judging.queries.silence import silent_projects
from hackathon.judging.service.late import ask_for_words, decide_late
from hackathon.judging.service.seats import remove_seat
from hackathon.shared.db import reading
from hackathon.shared.errors import Conflict, NotAllowed
from hackathon.shared.jobs import follow_facts


def silent(room):
    reading().rollback()
    return silent_projects(reading(), newest_record(reading(), room.round_id))


def ask(room, player):
    return do(ask_for_words, player, **room.place)


@pytest.fixture
def frozen(panel):
    """Everything is scored; only the Owls have a word, the Bees a note that is not for them."""
    panel.everything()
    panel.texts("judith", "owls", strength="Clear.")
    panel.texts("jonas", "bees", note="For myself")
    panel.move("freeze")
    return panel


def test_projects_without_a_released_word_are_named_with_the_judges_who_could_write(frozen):
    found = silent(frozen)
    assert [row.team_name for row in found] == ["Bees", "Foxes"]
    assert [name for _, _, name in found[0].judges] == ["Jonas", "Judith"]
    do(remove_seat, frozen.cast.olga, **frozen.place, seat_id=frozen.seats["jonas"])
    assert [name for _, _, name in silent(frozen)[0].judges] == ["Judith"]


def test_a_word_that_comes_late_waits_and_counts_once_accepted(frozen):
    assert ask(frozen, frozen.cast.olga) == 2
    frozen.texts("judith", "bees", strength="Brave.", seq=3)
    assert [(row.team_name, row.is_late) for row in silent(frozen)] == [
        ("Bees", True), ("Foxes", False),
    ]  # fmt: skip
    do(
        decide_late, frozen.cast.olga, **frozen.place, which=[1], is_accepted=True,
        reason="A word for the team",
    )  # fmt: skip
    assert [row.team_name for row in silent(frozen)] == ["Foxes"]
    frozen.move("finalize")
    with pytest.raises(Conflict):
        ask(frozen, frozen.cast.olga)


def test_only_organizers_ask_and_only_after_the_close(panel):
    with pytest.raises(Conflict):
        ask(panel, panel.cast.olga)
    with pytest.raises(NotAllowed):
        ask(panel, panel.cast.paul)


def test_the_cockpit_warns_asks_and_tells_each_judge_once(app, room, sign_in):
    with app.app_context():
        room.everything()
        room.move("freeze")
    olga = sign_in(room.cast.olga)
    with counted(app) as seen:
        page = unescape(olga.get(f"/events/q4/judging/{room.round_id}").get_data(as_text=True))
    assert len(seen) <= 12, "\n".join(seen)
    assert "3 projects have no comment from any judge" in page
    assert "3 projects have no comment from any judge. The results cannot change" in page
    for _ in range(2):
        answer = olga.post(f"/events/q4/judging/{room.round_id}/ask-words")
        assert answer.status_code == 303
    with app.app_context():
        follow_facts(app)
    notices = sign_in(room.cast.judith).get("/notices").get_data(as_text=True)
    assert notices.count("have no comment from anybody") == 1
    with app.app_context():
        room.move("finalize")
    page = olga.get(f"/events/q4/judging/{room.round_id}").get_data(as_text=True)
    assert "no comment from any judge" not in page
