"""Why one project stands above another, what evening out does, and the same numbers again."""

import random
import subprocess
import sys
from pathlib import Path

import pytest
from panel import do

from hackathon.judging.queries import explain
from hackathon.judging.queries.results import decisions_of, newest_record, recorded_standings
from hackathon.judging.service import results
from hackathon.judging.service.late import decide_late
from hackathon.office.queries import differences
from hackathon.shared.db import reading
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound

RECOMPUTE = Path(__file__).parents[2] / "bench" / "recompute.py"


def sheets(panel, marks):
    """Sheets of {team: (Judith's mark, Jonas's mark)}."""
    for team, values in marks.items():
        for name, value in zip(("judith", "jonas"), values, strict=True):
            if value is not None:
                panel.sheet(name, team, value, value)


def asked(panel, one, other):
    given = explain.recorded(reading(), panel.round)
    return explain.why(given, panel.projects[one], panel.projects[other])


def decide(panel, team, place=1, reason="It is safer to build on", player=None):
    return do(
        results.decide_place, player or panel.cast.olga, **panel.place,
        project_id=panel.projects[team], place=place, reason=reason,
    )  # fmt: skip


def places(panel):
    rows = recorded_standings(reading(), newest_record(reading(), panel.round_id))
    return [(row.place, row.team_name, row.tie) for row in rows]


UNSURE = {"owls": (5, 3), "bees": (3, 4), "foxes": (2, 4)}


def test_a_sentence_and_the_arithmetic_say_why(panel):
    sheets(panel, UNSURE)
    panel.move("freeze")
    answer = asked(panel, "bees", "owls")
    assert answer.sentence.startswith("Owls at work has 4.00 and Bees at work 3.50 after strict")
    assert answer.sentence.endswith(" %.")
    assert answer.without == "Plain means: 4.00 against 3.50; the order would be the same."
    for side in (answer.upper, answer.lower):
        evened = [line.evened for line in side.lines]
        assert sum(evened) / len(evened) == side.standing.adjusted
        assert sum(line.score for line in side.lines) / 2 == side.standing.raw_mean
    assert asked(panel, "owls", "owls") is None


def test_evening_out_changes_the_order_and_the_page_says_so(panel):
    sheets(panel, {"owls": (4, None), "bees": (None, 5), "foxes": (1, 5)})
    panel.move("freeze")
    answer = asked(panel, "owls", "bees")
    assert (answer.upper.standing.team_name, answer.lower.standing.team_name) == ("Owls", "Bees")
    assert answer.without.endswith("Bees at work would stand above Owls at work.")
    given = explain.recorded(reading(), panel.round)
    changes = explain.without_calibration(given)
    assert {(row.standing.team_name, row.standing.place, row.place) for row in changes} >= {
        ("Owls", 1, 2), ("Bees", 2, 1),
    }  # fmt: skip


def test_where_everyone_sees_everyone_evening_out_changes_no_place(panel):
    sheets(panel, UNSURE)
    panel.move("freeze")
    changes = explain.without_calibration(explain.recorded(reading(), panel.round))
    assert [row for row in changes if row.place != row.standing.place] == []


def test_a_tie_names_the_criterion_that_decides(panel):
    for name in ("judith", "jonas"):
        panel.sheet(name, "owls", 5, 3)
        panel.sheet(name, "bees", 3, 5)
    panel.move("freeze")
    assert asked(panel, "owls", "bees").sentence == (
        "Owls at work and Bees at work both have 4.00; Impact decides: 5.00 against 3.00."
    )


def test_nothing_that_decides_is_said_and_groups_apart_too(panel):
    sheets(panel, {"owls": (4, 4), "bees": (4, 4)})
    panel.move("freeze")
    assert "share place 1" in asked(panel, "owls", "bees").sentence


def test_without_a_common_judge_there_is_no_above(panel):
    sheets(panel, {"owls": (4, None), "bees": (None, 4)})
    panel.move("freeze")
    assert asked(panel, "owls", "bees").sentence.startswith("No judge connects")


def test_people_decide_within_a_band_with_a_reason_and_the_record_names_it(panel):
    sheets(panel, UNSURE)
    panel.move("freeze")
    first = newest_record(reading(), panel.round_id)
    decide(panel, "foxes")
    assert places(panel) == [(1, "Foxes", "decided"), (2, "Owls", ""), (3, "Bees", "")]
    again = newest_record(reading(), panel.round_id)
    assert (again.number, again.inputs_hash) == (2, first.inputs_hash)
    assert [row.reason for row in decisions_of(reading(), again)] == ["It is safer to build on"]
    assert "people decided: It is safer" in asked(panel, "foxes", "owls").sentence
    assert differences(reading()) == []


def test_what_the_scores_tell_apart_people_do_not_turn_round(panel):
    panel.everything()
    panel.move("freeze")
    with pytest.raises(Conflict, match="The scores tell these projects apart"):
        decide(panel, "bees")
    assert newest_record(reading(), panel.round_id).number == 1


def test_a_decision_is_an_organizers_while_frozen_and_about_a_better_place(panel):
    sheets(panel, UNSURE)
    with pytest.raises(Conflict, match="The round is open"):
        decide(panel, "bees")
    panel.move("freeze")
    for player in (panel.cast.paul, panel.cast.judith, panel.cast.rita):
        with pytest.raises(NotAllowed):
            decide(panel, "bees", player=player)
    for place in (2, 3, 9):
        with pytest.raises(Invalid, match="better place"):
            decide(panel, "bees", place=place)
    with pytest.raises(Invalid, match="Say why"):
        decide(panel, "bees", reason=" ")
    with pytest.raises(NotFound):
        do(
            results.decide_place, panel.cast.olga, **panel.place, project_id=999, place=1,
            reason="x",
        )  # fmt: skip
    panel.move("finalize")
    with pytest.raises(Conflict, match="The round is finalized"):
        decide(panel, "bees")


def test_late_marks_that_count_ask_people_anew(panel):
    sheets(panel, UNSURE)
    panel.move("freeze")
    decide(panel, "foxes")
    panel.mark("judith", "bees", "impact", 4, seq=9)
    do(
        decide_late, panel.cast.olga, **panel.place, which=[1], is_accepted=True, reason="Wifi",
    )  # fmt: skip
    made = newest_record(reading(), panel.round_id)
    assert (made.number, decisions_of(reading(), made)) == (3, [])
    assert differences(reading()) == []


def recomputed(client, folder, round_id):
    """The small script on the two files an organizer downloads."""
    files = []
    for name in ("sheets", "standings"):
        answer = client.get(f"/events/q4/judging/{round_id}/{name}.csv")
        assert answer.status_code == 200
        files.append(folder / f"{name}.csv")
        files[-1].write_bytes(answer.data)
    return subprocess.run(
        [sys.executable, "-I", RECOMPUTE, *files], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_exported_files_recompute_to_the_same_numbers(app, room, sign_in, tmp_path, seed):
    dice = random.Random(seed)
    with app.app_context():
        for name in ("judith", "jonas"):
            for team in room.projects:
                if dice.random() < 0.9:
                    room.sheet(name, team, dice.randint(1, 5), dice.randint(1, 5))
        room.move("freeze")
    done = recomputed(sign_in(room.cast.olga), tmp_path, room.round_id)
    assert (done.returncode, done.stderr) == (0, "")
    assert "the same numbers" in done.stdout


def test_a_changed_file_is_noticed(app, room, sign_in, tmp_path):
    with app.app_context():
        room.everything()
        room.move("freeze")
    client = sign_in(room.cast.olga)
    assert recomputed(client, tmp_path, room.round_id).returncode == 0
    sheets_file, standings_file = tmp_path / "sheets.csv", tmp_path / "standings.csv"
    sheets_file.write_text(sheets_file.read_text().replace(",5,5", ",4,5", 1))
    done = subprocess.run(
        [sys.executable, "-I", RECOMPUTE, sheets_file, standings_file],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "not those of the inputs hash" in done.stdout


def test_the_pages_say_why_and_refuse_before_the_freeze(app, room, sign_in):
    client, place = sign_in(room.cast.olga), f"/events/q4/judging/{room.round_id}"
    for name in ("why", "sheets.csv"):
        assert client.get(f"{place}/{name}").status_code == 404
    with app.app_context():
        sheets(room, UNSURE)
        room.move("freeze")
    page = client.get(f"{place}/why").text
    assert "Owls at work has 4.00 and Bees at work 3.50" in page
    assert "What would change if judges were not evened out" in page
    page = client.get(f"{place}/standings").text
    assert "the scores do not tell these" in page
    wrong = client.post(f"{place}/places", data={"project": room.projects["bees"], "place": 1})
    assert wrong.status_code == 422
    sent = {"project": room.projects["bees"], "place": 1, "reason": "Simpler"}
    assert client.post(f"{place}/places", data=sent).status_code == 303
    assert "decided by people" in client.get(f"{place}/standings").text
