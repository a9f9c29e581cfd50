"""Prizes: of a place within its band, by people's choice, the audience's."""

import pytest
from panel import do

from hackathon.judging.queries.outcome import awards_of, result_cards
from hackathon.judging.queries.results import newest_record, recorded_standings
from hackathon.judging.rules import Prize
from hackathon.judging.service import audience, decisions, reopening
from hackathon.judging.service.late import decide_late
from hackathon.projects.models import Project
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import facts_of


@pytest.fixture
def level(panel):
    """Frozen: Owls and Bees in one band, Foxes below."""
    panel.sheet("judith", "owls", 5, 4)
    panel.sheet("judith", "bees", 4, 5)
    panel.sheet("jonas", "owls", 4, 5)
    panel.sheet("jonas", "bees", 5, 4)
    for name in ("judith", "jonas"):
        panel.sheet(name, "foxes", 1, 1)
    panel.move("freeze")
    reading().rollback()
    rows = recorded_standings(reading(), newest_record(reading(), panel.round_id))
    assert [(row.team_name, row.chance.band) for row in rows] == [
        ("Bees", 1), ("Owls", 1), ("Foxes", 2),
    ]  # fmt: skip
    return panel


def give(panel, team, place=None, player=None, name="", reason="Runs on real data"):
    return do(
        decisions.give_award, player or panel.cast.olga, **panel.place,
        project_id=panel.projects[team], name=name, reason=reason, place=place,
    )  # fmt: skip


def prizes(panel):
    reading().rollback()
    teams = {project: team for team, project in panel.projects.items()}
    return [(row.name, teams[row.project_id]) for row in awards_of(reading(), panel.round_id)]


def test_inside_a_band_people_say_who_gets_the_first_prize_and_why(level):
    give(level, "owls", 1)
    give(level, "bees", 2)
    give(level, "foxes", 3, name="A day with the board")
    assert prizes(level) == [
        ("First prize", "owls"), ("Second prize", "bees"), ("A day with the board", "foxes"),
    ]  # fmt: skip
    fact = next(
        fact for fact in facts_of(reading(), f"judging:{level.round_id}")
        if fact.kind == "award.given"
    )  # fmt: skip
    assert (fact.values["place"], "note" in fact.values["reason"]) == (1, True)
    with pytest.raises(Invalid, match="Say why"):
        give(level, "owls", 1, reason=" ")


def test_outside_the_band_a_prize_of_a_place_never_goes(level):
    for team, place in (("foxes", 1), ("foxes", 2), ("owls", 3)):
        with pytest.raises(Conflict, match="tell this project apart"):
            give(level, team, place)
    with pytest.raises(Invalid, match="first three"):
        give(level, "owls", 4)
    assert prizes(level) == []


def test_a_project_has_one_prize_of_a_place_and_a_place_one_prize(level):
    give(level, "owls", 1)
    with pytest.raises(Conflict, match="prize of another place"):
        give(level, "owls", 2)
    with pytest.raises(Conflict, match="under another name"):
        give(level, "bees", 1, name="Main prize")
    give(level, "bees", 1)  # again under its name: it moves
    assert prizes(level) == [("First prize", "bees")]


def test_other_prizes_are_peoples_choice_wherever_the_project_stands(level):
    give(level, "foxes", name="Best learning", reason="They said what failed")
    give(level, "foxes", name="Best reuse", reason="Three teams can use it")
    assert prizes(level) == [("Best learning", "foxes"), ("Best reuse", "foxes")]


def test_a_prize_given_by_mistake_is_taken_back(level):
    made = give(level, "foxes", name="Best lerning").id
    more = {**level.place, "award_id": made}
    with pytest.raises(NotAllowed):
        do(decisions.take_award_back, level.cast.judith, **more)
    do(decisions.take_award_back, level.cast.olga, **more)
    with pytest.raises(NotFound, match="no such prize"):
        do(decisions.take_award_back, level.cast.olga, **more)
    assert prizes(level) == []
    kinds = [fact.kind for fact in facts_of(reading(), f"judging:{level.round_id}")]
    assert kinds[-2:] == ["award.given", "award.taken_back"]
    level.move("finalize")
    level.publish()
    with pytest.raises(Conflict, match="between the freeze and the reveal"):
        do(decisions.take_award_back, level.cast.olga, **more)


def test_a_project_that_is_out_gets_no_prize(level):
    with transaction() as session:
        session.get_one(Project, level.projects["owls"]).disqualified_at = level.round.frozen_at
    with pytest.raises(NotFound, match="Nobody judged"):
        give(level, "owls", 1)


def test_a_prize_that_left_its_band_must_be_decided_again(level):
    give(level, "owls", 1)
    for name, value in (("judith", 1), ("jonas", 1)):
        for criterion in ("impact", "works"):
            level.mark(name, "owls", criterion, value, seq=9)
    do(decide_late, level.cast.olga, **level.place, which=[1, 2, 3, 4], is_accepted=True,
       reason="The network was down")  # fmt: skip
    with pytest.raises(Conflict, match="it left the band of its place"):
        level.move("finalize")
    give(level, "bees", 1)
    level.move("finalize")


def test_a_round_that_was_reopened_keeps_its_prizes_and_checks_them(level):
    give(level, "owls", 1)
    do(reopening.ask_to_reopen, level.cast.olga, **level.place, reason="A wrong sheet")
    do(reopening.decide_reopening, level.cast.lena, **level.place, is_confirmed=True)
    for name in ("judith", "jonas"):
        level.sheet(name, "owls", 1, 1, seq=20)
    level.move("freeze")
    with pytest.raises(Conflict, match="it left the band of its place"):
        level.move("finalize")


def test_the_peoples_choice_is_the_audiences_and_shared_where_votes_are_level(level):
    do(audience.open_vote, level.cast.olga, **level.place)
    for player, team in (("olga", "owls"), ("lena", "bees"), ("ada", "owls"), ("owen", "bees")):
        do(audience.cast_vote, getattr(level.cast, player), **level.place,
           project_id=level.projects[team])  # fmt: skip
    level.move("finalize")
    assert prizes(level) == []
    level.publish()
    assert prizes(level) == [("People's choice", "owls"), ("People's choice", "bees")]
    rows = awards_of(reading(), level.round_id)
    assert {(row.kind, row.reason) for row in rows} == {
        (Prize.AUDIENCE, "2 of 4 votes of the audience")
    }
    owls = reading().get(Project, level.projects["owls"]).team_id
    (card,) = result_cards(reading(), [level.round], owls)
    assert card.awards == ["People's choice"]
