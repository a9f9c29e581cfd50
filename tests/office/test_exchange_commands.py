"""Files in and out by the command line, as a process."""

import json

import pytest


@pytest.fixture
def hackathon(hackathon):
    """Run the command in an instance of its own, with an event in draft."""
    hackathon(
        "events", "add", "q4", "--name", "Autumn", "--starts", "2026-11-20T09:00",
        "--ends", "2026-11-22T17:00", "--zone", "UTC",
    )  # fmt: skip
    return hackathon


def test_a_dry_run_saves_nothing_and_then_the_file_comes_once(hackathon, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("email,name,shirt\nmia@example.com,Mia,M\nnoa@example.com,Noa,L\n", "utf-8")
    bring = ("import", "people", str(file), "--event", "q4")
    dry = hackathon(*bring, "--dry-run")
    assert dry.stdout == (
        "people.csv: 2 created, 0 changed, 0 unchanged. A dry run: nothing was saved.\n"
    )
    assert "column shirt: Not a column of this import" in dry.stderr
    assert json.loads(hackathon(*bring, "--json").stdout) == {
        "created": 2, "changed": 0, "unchanged": 0, "errors": [],
        "warnings": [{
            "line": 1, "column": "shirt",
            "message": "Not a column of this import; it was left out.",
        }],
    }  # fmt: skip
    again = hackathon(*bring)
    assert (again.returncode, again.stdout) == (
        0, "people.csv: 0 created, 0 changed, 2 unchanged.\n",
    )  # fmt: skip


def test_the_teams_that_a_file_made_are_counted(hackathon, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text(
        "email,name,team\nmia@example.com,Mia,Team 01\nnoa@example.com,Noa,Bees\n", "utf-8"
    )
    done = hackathon("import", "people", str(file), "--event", "q4")
    assert done.stdout == (
        "people.csv: 2 created, 0 changed, 0 unchanged (and 2 teams in the event by it).\n"
    )


def test_errors_are_itemized_and_end_with_exit_code_1(hackathon, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("email,name\nmia@example.com,Mia\nnoa,\n", "utf-8")
    bring = ("import", "people", str(file), "--event", "q4")
    done = hackathon(*bring)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "people.csv, line 3, column email: That does not look like an e-mail address.\n"
        "Nothing was imported: 1 error.\n"
    )
    told = hackathon(*bring, "--json")
    assert told.returncode == 1
    assert json.loads(told.stdout)["errors"] == [
        {"line": 3, "column": "email", "message": "That does not look like an e-mail address."}
    ]
    file.write_bytes(b"\xff")
    assert "not UTF-8" in hackathon(*bring).stderr
    file.write_text("email,name\nmia@example.com,Mia\n", "utf-8")
    assert hackathon(*bring).stdout == "people.csv: 1 created, 0 changed, 0 unchanged.\n"
    nobody = hackathon(*bring, "--as", "mia@example.com")
    assert (nobody.returncode, "no such event" in nobody.stderr) == (1, True)
    assert hackathon("import", "people", "no-such-file", "--event", "q4").returncode == 2


def test_an_event_is_exported_to_a_folder_of_its_own(hackathon, tmp_path):
    done = hackathon("export", "event", "q4", str(tmp_path / "out"))
    assert (done.returncode, "files." in done.stdout) == (0, True)
    assert json.loads((tmp_path / "out" / "event.json").read_text("utf-8"))["event"]["name"] == (
        "Autumn"
    )
    assert hackathon("export", "event", "q4", str(tmp_path / "out")).returncode == 0
    refused = hackathon("export", "event", "q4", str(tmp_path / "instance"))
    assert (refused.returncode, "holds other files" in refused.stderr) == (1, True)
    assert hackathon("export", "event", "no-such", str(tmp_path / "x")).returncode == 1


def test_values_of_an_open_round_are_exported_only_with_a_reason(hackathon, tmp_path):
    rubric = tmp_path / "rubric.json"
    rubric.write_text('{"name": "Final", "criteria": [{"label": "Impact"}]}', "utf-8")
    made = hackathon("judging", "add", "q4", "--rubric", str(rubric))
    assert made.returncode == 0, made.stderr
    without = hackathon("export", "event", "q4", str(tmp_path / "out"))
    assert "Final is not frozen: its values are left out" in without.stdout
    looked = hackathon(
        "export", "event", "q4", str(tmp_path / "out"), "--look", "A copy for the archive"
    )
    assert (looked.returncode, "left out" in looked.stdout) == (0, False)
    assert "values.looked" in (tmp_path / "out" / "facts.csv").read_text("utf-8")


def test_an_event_goes_out_and_comes_in_again(hackathon, tmp_path):
    assert hackathon("export", "event", "q4", str(tmp_path / "out")).returncode == 0
    file = tmp_path / "out" / "event.json"
    taken = hackathon("import", "event", str(file))
    assert (taken.returncode, taken.stdout) == (1, "")
    assert "There is already an event at q4." in taken.stderr
    file.write_text(file.read_text().replace('"slug": "q4"', '"slug": "q5"'))
    dry = hackathon("import", "event", str(file), "--dry-run")
    assert "1 created, 0 changed, 0 unchanged. A dry run: nothing was saved." in dry.stdout
    done = hackathon("import", "event", str(file), "--json")
    assert json.loads(done.stdout)["created"] == 1
    file.write_text("{")
    assert hackathon("import", "event", str(file)).returncode == 1
