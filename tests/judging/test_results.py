"""Results: recorded at the freeze, read from the record, shown only step by step."""

import json

import pytest
import sqlalchemy as sa
from panel import SUNDAY, do

from hackathon.events.queries import phase_of
from hackathon.judging.models import ResultRecord
from hackathon.judging.queries import results as queries
from hackathon.judging.queries.boards import ORGANIZERS, PUBLIC, board_rows
from hackathon.judging.queries.outcome import awards_of, result_cards
from hackathon.judging.queries.results import (
    live_standings,
    newest_record,
    public_standings,
    public_version,
    recorded_standings,
    score_text,
    steps_of,
)
from hackathon.judging.service import results, seats
from hackathon.judging.service.late import decide_late
from hackathon.projects.models import Project
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import facts_of
from hackathon.shared.jobs import follow_facts
from hackathon.shared.notices import notices_of


def public(panel):
    """What everybody may see: (place, team)."""
    return [(row.place, row.team_name) for row in public_standings(reading(), panel.round)]


def plan(panel, top):
    do(results.set_reveal_top, panel.cast.olga, **panel.place, top=top)


def look(panel, player, reason="A tie is reported"):
    do(results.look_at_values, player, **panel.place, reason=reason)


def award(panel, team="bees", name="Best idea", reason="It was new to us all"):
    do(
        results.give_award, panel.cast.olga, **panel.place, project_id=panel.projects[team],
        name=name, reason=reason,
    )  # fmt: skip


def test_the_freeze_writes_the_record_in_the_same_transaction(panel):
    panel.everything()
    panel.texts("judith", "owls", "Clear", "Who pays?", "Mine alone")
    live = live_standings(reading(), panel.event, panel.round)
    panel.move("freeze")
    made = newest_record(reading(), panel.round_id)
    rows = recorded_standings(reading(), made)
    assert [(row.place, row.team_name, row.sheets) for row in rows] == [
        (1, "Owls", 2), (2, "Bees", 2), (3, "Foxes", 2),
    ]  # fmt: skip
    assert [(row.adjusted, row.raw_mean, row.criteria) for row in rows] == [
        (row.adjusted, row.raw_mean, row.criteria) for row in live
    ]
    assert (made.number, made.sheet_count, len(made.inputs_hash)) == (1, 6, 64)
    assert json.loads(made.parameters)["lambda_judge"] == "2"
    assert rows[0].texts == (("Clear", "Who pays?"),)  # the private note stays with the judge
    last = facts_of(reading(), f"judging:{panel.round_id}")[-2:]
    assert [fact.kind for fact in last] == ["round.frozen", "results.recorded"]


def test_from_the_freeze_results_come_from_the_record_and_not_from_the_ledger(panel):
    panel.everything()
    panel.move("freeze")
    with transaction() as session:
        session.get_one(Project, panel.projects["owls"]).disqualified_at = SUNDAY
    assert len(live_standings(reading(), panel.event, panel.round)) == 2
    assert len(recorded_standings(reading(), newest_record(reading(), panel.round_id))) == 3
    panel.move("finalize")
    panel.publish()
    assert [place for place, _ in public(panel)] == [1, 2, 3]


def test_a_freeze_without_any_sheet_is_an_empty_record(panel):
    panel.move("freeze")
    panel.move("finalize")
    assert newest_record(reading(), panel.round_id).sheet_count == 0
    assert panel.show(0) == 0
    with pytest.raises(Invalid, match="no such step"):
        panel.show(1)
    panel.publish()
    assert public(panel) == []


def test_nobody_sees_standings_before_the_reveal(panel):
    assert public(panel) == []
    panel.everything()
    assert public(panel) == []
    panel.move("freeze")
    assert public(panel) == []
    panel.move("finalize")
    assert public(panel) == []
    with pytest.raises(Conflict, match="its own page"):
        panel.move("reveal")


def test_the_steps_of_the_reveal_show_nothing_ahead(panel):
    panel.to_reveal()
    steps = [(1, [(3, "Foxes")]), (2, [(2, "Bees"), (3, "Foxes")]),
             (3, [(1, "Owls"), (2, "Bees"), (3, "Foxes")])]  # fmt: skip
    for step, shown in steps:
        panel.show(step)
        assert public(panel) == shown
        assert len(board_rows(reading(), panel.round_id, PUBLIC)[1]) == 1 + step
    panel.show(1)  # back
    assert public(panel) == [(3, "Foxes")]
    panel.show(0)  # blank
    assert public(panel) == []


def test_there_is_no_step_beyond_the_winner(panel):
    panel.to_reveal()
    for step in (-1, 4, 1000):
        with pytest.raises(Invalid, match="no such step"):
            panel.show(step)


def test_the_second_click_shows_the_same_step_and_is_no_second_fact(panel):
    panel.to_reveal()
    panel.show(1)
    version = public_version(reading(), panel.round)
    assert panel.show(1) == 1
    assert public_version(reading(), panel.round) == version


def test_only_the_top_is_shown_one_by_one_and_all_when_it_is_over(panel):
    panel.everything()
    panel.move("freeze")
    plan(panel, 2)
    panel.move("finalize")
    panel.show(1)
    assert public(panel) == [(2, "Bees")]
    with pytest.raises(Conflict, match="The reveal has begun"):
        plan(panel, 3)
    panel.publish()
    assert len(public(panel)) == 3
    for wrong in (-1, 1001):
        with pytest.raises((Invalid, Conflict)):
            plan(panel, wrong)


def test_how_many_are_shown_is_a_number_of_places(panel):
    panel.to_reveal()
    for wrong in (-1, 1001):
        with pytest.raises(Invalid, match="number of places"):
            plan(panel, wrong)
    plan(panel, 0)
    assert panel.show(3) == 3


def test_those_who_share_a_place_are_shown_together(panel):
    for name in ("judith", "jonas"):
        for team, value in (("owls", 4), ("bees", 4), ("foxes", 2)):
            panel.sheet(name, team, value, value)
    panel.move("freeze")
    panel.move("finalize")
    steps = steps_of(recorded_standings(reading(), newest_record(reading(), panel.round_id)), 3)
    assert [[row.team_name for row in step] for step in steps] == [["Foxes"], ["Bees", "Owls"]]


def test_the_reveal_needs_the_round_finalized(panel):
    for step in ("open", "frozen"):
        with pytest.raises(Conflict, match=f"The round is {step}"):
            panel.show(0)
        with pytest.raises(Conflict, match=f"The round is {step}"):
            panel.publish()
        if step == "open":
            panel.move("freeze")
    assert panel.event.revealed_at is None


def test_publishing_ends_the_reveal_and_moves_the_event_to_results(panel):
    panel.to_reveal()
    panel.publish()
    panel.publish()  # the second click
    assert panel.round.state == "revealed"
    assert phase_of(reading(), panel.event).value == "results"
    with pytest.raises(Conflict, match="The round is revealed"):
        panel.show(1)


def test_only_organizers_reveal(panel):
    panel.to_reveal()
    for player in (panel.cast.judith, panel.cast.paul, panel.cast.rita):
        for use_case, more in (
            (results.show_step, {"step": 3}), (results.publish_results, {}),
            (results.set_reveal_top, {"top": 1}), (results.look_at_values, {"reason": "x"}),
        ):  # fmt: skip
            with pytest.raises(NotAllowed):
                do(use_case, player, **panel.place, **more)
    assert public(panel) == []


def test_what_participants_may_know_does_not_move_with_late_marks(panel):
    panel.sheet("judith", "owls", 4, 4)
    panel.move("freeze")
    before = (public_version(reading(), panel.round), board_rows(reading(), panel.round_id, PUBLIC))
    late = panel.sheet("judith", "bees", 5, 5).receipt
    do(
        decide_late, panel.cast.olga, **panel.place, which=[late - 1, late], is_accepted=True,
        reason="The network was down",
    )  # fmt: skip
    after = (public_version(reading(), panel.round), board_rows(reading(), panel.round_id, PUBLIC))
    assert before == after
    assert newest_record(reading(), panel.round_id).number == 2


# --- boards ---------------------------------------------------------------------------


def test_before_the_freeze_boards_hold_counts_and_never_values(panel):
    panel.everything()
    for audience in (PUBLIC, ORGANIZERS):
        version, rows = board_rows(reading(), panel.round_id, audience)
        assert version > 0
        text = json.dumps(rows)
        assert not any(word in text for word in ("value", "mean", "adjusted", "place"))
        assert (rows[0]["done"], rows[0]["of"]) == (6, 6)


def test_from_the_freeze_organizers_see_the_record_and_others_the_state(panel):
    panel.everything()
    panel.move("freeze")
    _, mine = board_rows(reading(), panel.round_id, ORGANIZERS)
    _, theirs = board_rows(reading(), panel.round_id, PUBLIC)
    assert [row.get("place") for row in mine] == [None, 1, 2, 3]
    assert theirs == [{"id": "round", "state": "frozen"}]
    assert board_rows(reading(), 999, PUBLIC) == (0, [])


# --- looking, prizes, cards -----------------------------------------------------------


def test_a_look_at_values_is_recorded_and_told_to_every_organizer(database, panel):
    panel.everything()
    look(panel, panel.cast.lena, "A tie is reported")
    fact = facts_of(reading(), f"judging:{panel.round_id}")[-1]
    assert (fact.kind, fact.actor_id) == ("values.looked", panel.cast.lena.id)
    follow_facts(database)
    reading().rollback()
    told = notices_of(reading(), panel.cast.olga.id)[0].text
    assert told == "Lena looked at values of Final before the freeze: A tie is reported"


def test_a_look_needs_a_reason_and_is_closed_to_who_judges_here(panel):
    with pytest.raises(Invalid, match="Say why") as refused:
        look(panel, panel.cast.olga, " ")
    assert refused.value.field == "look"
    do(seats.add_seat, panel.cast.olga, **panel.place, person_id=panel.cast.olga.id)
    with pytest.raises(NotAllowed, match="stay closed to you until the freeze"):
        look(panel, panel.cast.olga)
    panel.move("freeze")
    look(panel, panel.cast.olga)  # from the freeze it is no secret to organizers
    kinds = [fact.kind for fact in facts_of(reading(), f"judging:{panel.round_id}")]
    assert "values.looked" not in kinds


def test_a_prize_is_given_between_freeze_and_reveal_with_a_reason(panel):
    panel.everything()
    with pytest.raises(Conflict, match="between the freeze and the reveal"):
        award(panel)
    panel.move("freeze")
    for more, said in (({"name": " "}, "name"), ({"reason": " "}, "Say why")):
        with pytest.raises(Invalid, match=said):
            award(panel, **more)
    panel.projects["unknown"] = 999
    with pytest.raises(NotFound, match="Nobody judged"):
        award(panel, "unknown")
    award(panel)
    award(panel, "foxes", reason="On second thought")  # the same prize moves
    (given,) = awards_of(reading(), panel.round_id)
    assert (given.name, given.project_id, given.reason) == (
        "Best idea", panel.projects["foxes"], "On second thought",
    )  # fmt: skip


def team_of(panel, team):
    return reading().get(Project, panel.projects[team]).team_id


def test_a_result_card_holds_the_own_result_against_the_middle_half_of_the_field(panel):
    panel.everything()
    panel.texts("jonas", "bees", "Clear", "Who pays?", "Mine")
    panel.move("freeze")
    award(panel)
    panel.move("finalize")
    assert result_cards(reading(), [panel.round], team_of(panel, "bees")) == []
    panel.publish()
    (card,) = result_cards(reading(), [panel.round], team_of(panel, "bees"))
    assert (card.standing.place, card.field_size, card.awards) == (2, 3, ["Best idea"])
    assert card.texts == [("Clear", "Who pays?")]
    assert [(line.label, line.own, line.low, line.high) for line in card.criteria] == [
        (label, 4, 3, queries.Fraction(9, 2)) for label in ("Impact", "Works")
    ]
    assert result_cards(reading(), [panel.round], 999) == []
    assert score_text(card.standing.raw_mean) == "4.00"


def test_records_are_numbered_and_keep_who_made_them(panel):
    panel.move("freeze")
    rows = reading().execute(sa.select(ResultRecord.number, ResultRecord.made_by_id)).all()
    assert rows == [(1, panel.cast.olga.id)]
