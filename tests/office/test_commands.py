"""The command line, as a process: what it prints and its exit codes."""

import json
import shutil
import sqlite3

EVENT = (
    "events", "add", "q4", "--name", "Autumn", "--starts", "2026-11-20T09:00",
    "--ends", "2026-11-22T17:00", "--zone", "Europe/Berlin",
)  # fmt: skip


def test_help_lists_every_command(hackathon):
    done = hackathon("--help")
    assert done.returncode == 0
    for word in ("credits", "db", "events", "people", "run", "settings", "verify"):
        assert f"  {word}" in done.stdout


def test_wrong_usage_is_exit_code_2(hackathon):
    assert hackathon("events", "phase", "q4", "nonsense", "--reason", "x").returncode == 2
    assert hackathon("people", "add", "a@example.com").returncode == 2


def test_wrong_settings_are_all_named_and_nothing_starts(hackathon):
    done = hackathon("verify", HACKATHON_PUBLIC_URL="nonsense", HACKATHON_MAIL_PORT="0")
    assert done.returncode == 1
    assert "HACKATHON_PUBLIC_URL" in done.stderr
    assert "HACKATHON_MAIL_PORT" in done.stderr


def test_from_nothing_to_an_event_with_an_organizer(hackathon):
    shutil.rmtree(hackathon.instance)
    added = hackathon(*EVENT)
    assert added.stdout == "Added q4 in 2026-Q4, in draft.\n"
    again = hackathon(*EVENT)
    assert (again.returncode, "already an event" in again.stderr) == (1, True)
    olga = hackathon(
        "people", "add", "olga@example.com", "--name", "Olga", "--event", "q4",
        "--role", "organizer", "--password-stdin", given="correct horse battery staple\n",
    )  # fmt: skip
    assert olga.stdout == "Added: olga@example.com\n"
    refused = hackathon("--as", "olga@example.com", *EVENT)
    assert (refused.returncode, "Only program leads" in refused.stderr) == (1, True)
    link = hackathon("people", "link", "olga@example.com")
    assert "/sign-in/" in link.stdout
    rows = json.loads(hackathon("events", "list", "--json").stdout)
    assert [(row["slug"], row["phase"], row["quarter"]) for row in rows] == [
        ("q4", "draft", "2026-Q4")
    ]
    moved = hackathon("events", "phase", "q4", "hacking", "--reason", "We begin")
    assert (moved.returncode, "Publish the event first" in moved.stderr) == (1, True)


def test_verify_names_what_was_changed_behind_the_program(hackathon):
    hackathon(*EVENT)
    assert hackathon("verify").stdout == "Everything fits.\n"
    with sqlite3.connect(hackathon.instance / "hackathon.db") as connection:
        connection.execute("DROP TRIGGER facts_no_update")
        connection.execute("UPDATE facts SET body = '{\"copied_from\":7}' WHERE position = 1")
    done = hackathon("verify")
    assert done.returncode == 1
    assert "fact 1 does not fit its chain" in done.stdout


def test_an_unknown_address_cannot_act(hackathon):
    done = hackathon("--as", "nobody@example.com", "events", "list")
    assert (done.returncode, "Nobody here has the address" in done.stderr) == (1, True)
