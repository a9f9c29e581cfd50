"""`hackathon judging`: a round from a file to its reveal, as the contract says."""

import json

import pytest
from click.testing import CliRunner

from hackathon.cli import cli, main
from hackathon.judging import commands
from hackathon.judging.models import Round
from hackathon.judging.queries.rounds import criteria_of
from hackathon.shared.db import reading
from hackathon.shared.facts import facts_of

RUBRIC = {
    "name": "Semifinal", "min": 0, "max": 10, "step": 0.5,
    "criteria": [
        {"key": "impact", "label": "Impact", "weight": 0.6, "anchors": {"10": "Changes us"}},
        {"key": "works", "label": "Works", "weight": "0.4"},
    ],
}  # fmt: skip


@pytest.fixture
def hackathon():
    """Run `hackathon judging` in the open context."""

    def run(*arguments, actor=""):
        found = CliRunner().invoke(
            commands.judging, [str(part) for part in arguments], obj={"as": actor}
        )
        reading().rollback()
        reading().expire_all()
        return found

    return run


def test_a_round_is_added_from_a_file_and_its_number_printed(draft, hackathon, tmp_path):
    file = tmp_path / "rubric.json"
    file.write_text(json.dumps(RUBRIC), encoding="utf-8")
    done = hackathon("add", "q4", "--rubric", file)
    assert done.exit_code == 0, done.stderr
    found = reading().get(Round, int(done.stdout))
    assert (found.name, found.state, found.low, found.high, found.step) == (
        "Semifinal", "draft", 0, 100, 5,
    )  # fmt: skip
    assert [(line.key, line.weight) for line in criteria_of(reading(), found.id)] == [
        ("impact", "0.6"), ("works", "0.4"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "not valid JSON"),
        ("[]", "an object with criteria"),
        ('{"name": "X", "criteria": [3]}', "Each criterion is an object"),
        ('{"name": "X", "criteria": []}', "1 to 20 criteria"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_rubric_that_cannot_be_is_refused(draft, hackathon, tmp_path, text, said):
    file = tmp_path / "rubric.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    done = hackathon("add", "q4", "--rubric", file)
    assert (done.exit_code, said in done.stderr) == (1, True)
    assert reading().query(Round).count() == 1


def test_wrong_usage_is_exit_code_2(draft, hackathon, tmp_path):
    for arguments in (("add", "q4"), ("add", "q4", "--rubric", tmp_path / "none"), ("open",)):
        assert hackathon(*arguments).exit_code == 2


def test_every_step_from_draft_to_reveal(draft, hackathon):
    said = [hackathon(verb, "q4", "--reason", "Because") for verb in ("open", "pause", "resume")]
    draft.everything()
    said += [hackathon(verb, "q4") for verb in ("freeze", "finalize", "reveal")]
    assert [done.stdout for done in said] == [
        "Final is open.\n", "Final is paused.\n", "Final is open again.\n",
        "Final is frozen; the result record is written.\n", "Final is final.\n",
        "Final is revealed; everybody sees the results.\n",
    ]  # fmt: skip
    assert draft.round.state == "revealed"
    assert draft.event.revealed_at is not None


def test_a_guard_that_does_not_hold_is_exit_code_1(draft, hackathon):
    for arguments, word in (
        (("freeze", "q4"), "The round is draft"),
        (("pause", "q4", "--round", draft.round_id), "The round is draft"),
        (("open", "q4", "--round", 999), "no such round"),
        (("open", "nowhere"), "no such event"),
        (("open", "other"), "no such round"),
    ):
        done = hackathon(*arguments)
        assert (done.exit_code, word in done.stderr) == (1, True), done.stderr
    assert draft.round.state == "draft"


def test_of_two_rounds_in_draft_the_number_is_asked(draft, hackathon, tmp_path):
    file = tmp_path / "rubric.json"
    file.write_text(json.dumps(RUBRIC), encoding="utf-8")
    second = int(hackathon("add", "q4", "--rubric", file).stdout)
    asked = hackathon("open", "q4")
    assert (asked.exit_code, f"--round: {draft.round_id} (Final), {second}" in asked.stderr) == (
        1, True,
    )  # fmt: skip
    assert hackathon("open", "q4", "--round", draft.round_id).exit_code == 0
    assert hackathon("freeze", "q4").exit_code == 0  # only one of them is open


def test_only_organizers_act_and_the_actor_is_recorded(draft, hackathon):
    for address in ("paul@example.com", "judith@example.com", "rita@example.com"):
        done = hackathon("open", "q4", actor=address)
        assert (done.exit_code, "Only organizers" in done.stderr) == (1, True)
        done = hackathon("standings", "q4", "--look", "Me too", actor=address)
        assert (done.exit_code, "Only organizers" in done.stderr) == (1, True)
    assert hackathon("open", "q4", actor="olga@example.com").exit_code == 0
    last = facts_of(reading(), f"judging:{draft.round_id}")[-1]
    assert (last.kind, last.actor_id) == ("round.opened", draft.cast.olga.id)


def test_standings_before_the_freeze_need_a_reason_that_is_recorded(panel, hackathon):
    panel.everything()
    refused = hackathon("standings", "q4")
    assert (refused.exit_code, "Say why" in refused.stderr) == (1, True)
    done = hackathon("standings", "q4", "--look", "A tie is reported", "--json")
    assert [row["project"] for row in json.loads(done.stdout)["rows"]] == [
        "Owls at work", "Bees at work", "Foxes at work",
    ]  # fmt: skip
    assert facts_of(reading(), f"judging:{panel.round_id}")[-1].kind == "values.looked"


def test_the_shape_of_standings_is_the_contract(panel, hackathon):
    panel.everything()
    hackathon("freeze", "q4")
    given = json.loads(hackathon("standings", "q4", "--round", panel.round_id, "--json").stdout)
    assert (given["round"], given["rule"], len(given["rows"])) == (panel.round_id, "adjusted", 3)
    assert given["version"] == len(facts_of(reading(), f"judging:{panel.round_id}"))
    assert given["rows"][0] == {
        "project": "Owls at work", "place": 1, "rank_low": 1, "rank_high": 1, "band": 1,
        "raw_mean": 5.0, "adjusted": 5.0, "sheets": 2, "component": 1,
    }  # fmt: skip
    table = hackathon("standings", "q4").stdout.splitlines()
    assert table[0].split() == [
        "band", "project", "team", "place", "likely", "adjusted", "raw", "mean", "sheets",
    ]  # fmt: skip
    assert table[1].split() == [
        "1", "Owls", "at", "work", "Owls", "1", "1-1", "5.00", "5.00", "2",
    ]  # fmt: skip


def test_standings_of_an_event_without_a_round_are_not_found(cast, hackathon):
    done = hackathon("standings", "q4", "--look", "Why")
    assert (done.exit_code, "no such round" in done.stderr) == (1, True)


def test_judging_is_a_command_and_its_steps_are_only_below_it(monkeypatch):
    monkeypatch.setattr("sys.argv", ["hackathon", "--help"])
    with pytest.raises(SystemExit):
        main()
    assert "judging" in cli.commands
    assert not {"open", "freeze", "reveal", "standings", "add"} & set(cli.commands)
