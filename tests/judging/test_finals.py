"""Two stages: the best of a first round go on into the final of the same track."""

import make
import pytest
import sqlalchemy as sa
from panel import do

from hackathon.events.models import Event
from hackathon.events.queries import phase_of
from hackathon.judging.models import DeclaredConflict, Final, Pitch, Round, Seat
from hackathon.judging.queries.finals import final_of
from hackathon.judging.queries.glance import glances
from hackathon.judging.queries.outcome import outcomes, result_cards, rounds_with_firsts
from hackathon.judging.queries.results import newest_record, public_version, recorded_standings
from hackathon.judging.queries.rounds import criteria_of, entries_of, seats_of
from hackathon.judging.rules import Mode, Rule, Takes, Track, Verb
from hackathon.judging.service import finals, reopening, results, rounds, seats
from hackathon.judging.service.order import choose_projects
from hackathon.projects.models import Challenge, Project
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import broken_links, facts_of


@pytest.fixture
def first(panel):
    """The first round is final: Owls 5, Bees 4, Foxes 2."""
    panel.to_reveal()
    return panel


def carry(panel, best=2, player=None, reason="Six minutes each", **more):
    return do(
        finals.carry_on, player or panel.cast.olga, **panel.place, best=best, reason=reason, **more
    )


def second(panel, made):
    """The panel of the final, with its own seats."""
    panel.round_id = made.id
    reading().rollback()
    for row in seats_of(reading(), made.id):
        panel.seats[row.name.casefold()] = row.seat.id
    return panel


def teams(panel, round_id):
    reading().rollback()
    return sorted(row.submission.team_name for row in entries_of(reading(), panel.event, round_id))


def count(model):
    return reading().scalar(sa.select(sa.func.count()).select_from(model))


def test_one_action_makes_the_final_with_projects_judges_rubric_and_conflicts(panel):
    do(
        seats.add_seat, panel.cast.olga, **panel.place, person_id=panel.cast.owen.id,
        chair=seats.Chair("o1", "Finance", "", 4),
    )  # fmt: skip
    more = {"seat_id": panel.seats["jonas"], "kind": seats.Declared.MENTOR}
    panel.declare(panel.cast.olga, "bees", reason="Met them weekly", **more)
    panel.declare(panel.cast.judith, "foxes")
    panel.sheet("judith", "owls", 5, 5)
    panel.sheet("judith", "bees", 4, 4)
    panel.sheet("jonas", "owls", 5, 5)
    panel.sheet("jonas", "foxes", 2, 2)
    panel.move("freeze")
    panel.move("finalize")
    made = carry(panel, name="  The   last round ")
    assert (made.name, made.state, made.takes, made.track) == (
        "The last round", "draft", Takes.CHOSEN, "",
    )  # fmt: skip
    assert teams(panel, made.id) == ["Bees", "Owls"]
    names = {row.name: row.seat for row in seats_of(reading(), made.id)}
    assert sorted(names) == ["Jonas", "Judith", "Owen"]
    assert (names["Owen"].key, names["Owen"].group_label, names["Owen"].max_load) == (
        "o1", "Finance", 4,
    )  # fmt: skip
    carried = reading().scalars(
        sa.select(DeclaredConflict).join(Seat).where(Seat.round_id == made.id)
    ).all()  # fmt: skip
    assert [(row.seat_id, row.project_id, row.kind, row.declared_by_id) for row in carried] == [
        (names["Jonas"].id, panel.projects["bees"], "mentor", panel.cast.olga.id)
    ]
    assert [line.key for line in criteria_of(reading(), made.id)] == ["impact", "works"]
    fact = next(
        fact for fact in facts_of(reading(), f"judging:{made.id}")
        if fact.kind == "finalists.carried"
    )  # fmt: skip
    assert (fact.values["first"], fact.values["best"]) == (panel.round_id, 2)
    assert fact.values["projects"] == sorted(
        [panel.projects["owls"], panel.projects["bees"]]
    )  # fmt: skip
    assert broken_links(reading()) == []


def test_the_final_with_another_rubric_ranks_only_the_finalists(first):
    made = carry(first)
    do(
        rounds.change_round, first.cast.olga, event_id=first.cast.event_id, round_id=made.id,
        rubric=make.make_rubric("pitch"), mode=Mode.PITCHES, rule=Rule.RAW, track=Track("Other"),
    )  # fmt: skip
    second(first, made)
    first.move("open")
    assert (first.round.track, teams(first, made.id)) == ("", ["Bees", "Owls"])
    with pytest.raises(NotFound, match="not on your list"):
        first.mark("judith", "foxes", "pitch", 5)
    for name in ("judith", "jonas"):
        first.mark(name, "owls", "pitch", 2)
        first.mark(name, "bees", "pitch", 5)
    first.move("freeze")
    rows = recorded_standings(reading(), newest_record(reading(), made.id))
    assert [(row.team_name, row.place) for row in rows] == [("Bees", 1), ("Owls", 2)]


def test_a_project_that_comes_late_stays_out_of_the_final(first):
    made = carry(first)
    with transaction() as session:
        event = session.get_one(Event, first.cast.event_id)
        make.make_project(session, event, name="Newts", saved_at=event.starts_at)
    do(rounds.take_in, first.cast.olga, event_id=first.cast.event_id)
    second(first, made).move("open")
    assert teams(first, made.id) == ["Bees", "Owls"]


def test_a_project_that_is_out_by_now_gives_its_place_to_the_next(first):
    with transaction() as session:
        session.get_one(Project, first.projects["owls"]).withdrawn_at = first.round.finalized_at
    assert teams(first, carry(first, best=3).id) == ["Bees", "Foxes"]


def test_only_final_results_are_carried_on_and_only_by_organizers(panel):
    for step in (None, "freeze"):
        if step:
            panel.everything()
            panel.move(step)
        with pytest.raises(Conflict, match="once it is final"):
            carry(panel)
    panel.move("finalize")
    for player in (panel.cast.paul, panel.cast.judith):
        with pytest.raises(NotAllowed):
            carry(panel, player=player)
    with pytest.raises(Invalid, match="Say why"):
        carry(panel, reason=" ")
    with pytest.raises(Invalid, match="1 to 100"):
        carry(panel, best=0)
    panel.show(1)
    with pytest.raises(Conflict, match="blank it first"):
        carry(panel)
    assert count(Final) == 0


def test_across_the_edge_of_a_band_nobody_is_chosen(first):
    reading().rollback()
    rows = recorded_standings(reading(), newest_record(reading(), first.round_id))
    assert len({row.chance.band for row in rows}) > 1
    with pytest.raises(Conflict, match="tell these projects apart"):
        carry(first, best=1, projects=[first.projects["foxes"]])
    assert (count(Final), count(Round)) == (0, 1)


def test_inside_a_band_people_choose_who_goes_on(panel):
    for team, one, two in (("owls", 4, 3), ("bees", 3, 4), ("foxes", 4, 4)):
        panel.sheet("judith", team, one, one)
        panel.sheet("jonas", team, two, two)
    panel.move("freeze")
    panel.move("finalize")
    rows = recorded_standings(reading(), newest_record(reading(), panel.round_id))
    assert {row.chance.band for row in rows} == {1}
    made = carry(panel, best=1, projects=[panel.projects["bees"]], reason="Runs on real data")
    assert teams(panel, made.id) == ["Bees"]


def test_carrying_again_changes_who_goes_on_until_the_final_opens(first):
    made = carry(first)
    do(seats.remove_seat, first.cast.olga, event_id=first.cast.event_id, round_id=made.id,
       seat_id=seats_of(reading(), made.id)[0].seat.id)  # fmt: skip
    again = carry(first, best=3, reason="There is time for three")
    assert again.id == made.id
    assert (count(Final), teams(first, made.id)) == (1, ["Bees", "Foxes", "Owls"])
    assert [row.seat.removed_at is None for row in seats_of(reading(), made.id)] == [False, True]
    assert carry(first, best=1).id == made.id
    assert teams(first, made.id) == ["Owls"]
    second(first, made).move("open")
    first.round_id = final_of(reading(), made.id).first_id
    with pytest.raises(Conflict, match="has opened"):
        carry(first)


def test_two_organizers_who_carry_at_once_make_one_final(database, first, race):
    answers, refusals = race(database, [lambda: carry(first).id, lambda: carry(first).id])
    assert (len(set(answers)), refusals) == (1, [])
    reading().rollback()
    assert (count(Final), count(Round)) == (1, 2)


def test_carried_results_that_change_must_be_carried_again(first):
    made = carry(first)
    do(reopening.ask_to_reopen, first.cast.olga, **first.place, reason="A wrong sheet")
    do(reopening.decide_reopening, first.cast.lena, **first.place, is_confirmed=True)
    with pytest.raises(Conflict, match="freeze it first"):
        do(rounds.move, first.cast.olga, event_id=first.cast.event_id, round_id=made.id,
           verb=Verb.OPEN)  # fmt: skip
    for name in ("judith", "jonas"):
        first.sheet(name, "foxes", 5, 5, seq=5)
    first.move("freeze")
    first.move("finalize")
    with pytest.raises(Conflict, match="carry the best on again"):
        do(rounds.move, first.cast.olga, event_id=first.cast.event_id, round_id=made.id,
           verb=Verb.OPEN)  # fmt: skip
    assert carry(first).id == made.id
    assert "Foxes" in teams(first, made.id)
    second(first, made).move("open")


def test_once_the_final_has_begun_the_first_round_stays_and_waits(first):
    made, here = carry(first), dict(first.place)
    second(first, made).move("open")
    with pytest.raises(Conflict, match="goes on from these results"):
        do(reopening.ask_to_reopen, first.cast.olga, **here, reason="Too late")
    for refused in (
        lambda: do(results.show_step, first.cast.olga, **here, step=1),
        lambda: do(results.publish_results, first.cast.olga, **here),
    ):
        with pytest.raises(Conflict, match="they go out together"):
            refused()
    assert [one.round_id for one in glances(reading(), [first.cast.event_id], None)] == [made.id]


def test_the_reveal_of_the_final_publishes_both_and_the_page_shows_both(first):
    first_id, made = first.round_id, carry(first)
    second(first, made)
    first.move("open")
    for name in ("judith", "jonas"):
        first.sheet(name, "owls", 3, 3)
        first.sheet(name, "bees", 5, 5)
    first.move("freeze")
    first.move("finalize")
    reading().rollback()
    every, firsts = rounds_with_firsts(reading(), first.cast.event_id)
    assert outcomes(reading(), every, firsts) == []
    first.show(1)
    reading().rollback()
    every, firsts = rounds_with_firsts(reading(), first.cast.event_id)
    ((last,),) = [one.stages for one in outcomes(reading(), every, firsts)]
    assert [(row.place, row.team_name) for row in last.rows] == [(2, "Owls")]
    first.publish()
    reading().rollback()
    assert phase_of(reading(), first.event).value == "results"
    every, firsts = rounds_with_firsts(reading(), first.cast.event_id)
    assert {row.id: row.state for row in every} == {first_id: "revealed", made.id: "revealed"}
    ((last, before),) = [one.stages for one in outcomes(reading(), every, firsts)]
    assert [row.team_name for row in last.rows] == ["Bees", "Owls"]
    assert [row.team_name for row in before.rows] == ["Owls", "Bees", "Foxes"]
    assert before.finalists == {first.projects["owls"], first.projects["bees"]}
    bees = reading().get(Project, first.projects["bees"]).team_id
    assert [(card.found.id, card.standing.place) for card in result_cards(
        reading(), every, bees)] == [(made.id, 1), (first_id, 2)]  # fmt: skip


def test_a_final_that_never_began_does_not_hold_the_results_back(first):
    made = carry(first)
    first.publish()
    assert phase_of(reading(), first.event).value == "results"
    with pytest.raises(Conflict):
        do(rounds.move, first.cast.olga, event_id=first.cast.event_id, round_id=made.id,
           verb=Verb.OPEN)  # fmt: skip


def test_carrying_tells_nobody_outside_how_they_stand(first):
    """What everybody may know of the first round is the same; the order is by lot."""
    version = public_version(reading(), first.round)
    orders = set()
    for _ in range(12):
        with transaction() as session:
            session.execute(sa.delete(Pitch).where(Pitch.round_id != first.round_id))
        made = carry(first, best=3)
        reading().rollback()
        orders.add(tuple(row.submission.team_name for row in
                         entries_of(reading(), first.event, made.id)))  # fmt: skip
    assert len(orders) > 1
    assert public_version(reading(), first.round) == version


# --- tracks and prizes ----------------------------------------------------------------


def add_track(panel, track, rubric=None):
    found = do(
        rounds.add_round, panel.cast.olga, event_id=panel.cast.event_id,
        rubric=rubric or make.make_rubric("data", name="Best use of data"), track=track,
    )  # fmt: skip
    seat = do(seats.add_seat, panel.cast.olga, event_id=panel.cast.event_id, round_id=found.id,
              person_id=panel.cast.judith.id)  # fmt: skip
    return found, seat


def test_a_category_prize_has_its_own_rubric_and_runs_beside_the_event(panel):
    found, _ = add_track(panel, Track("Best use of data"))
    main = panel.round_id
    panel.round_id = found.id
    panel.move("open")  # the event's own round is open too
    panel.mark("judith", "foxes", "data", 5)
    panel.mark("judith", "owls", "data", 2)
    panel.mark("judith", "bees", "data", 3)
    for step in ("freeze", "finalize"):
        panel.move(step)
    panel.publish()
    assert phase_of(reading(), panel.event).value == "judging"  # the event's own round goes on
    reading().rollback()
    every, firsts = rounds_with_firsts(reading(), panel.cast.event_id)
    (one,) = outcomes(reading(), every, firsts)
    assert (one.track, one.stages[0].rows[0].team_name) == ("Best use of data", "Foxes")
    panel.round_id = main
    panel.to_reveal()
    panel.publish()
    reading().rollback()
    every, firsts = rounds_with_firsts(reading(), panel.cast.event_id)
    assert [one.track for one in outcomes(reading(), every, firsts)] == ["", "Best use of data"]
    assert phase_of(reading(), panel.event).value == "results"


def test_two_rounds_of_one_track_are_not_open_at_once(panel):
    one, _ = add_track(panel, Track("Data"))
    two, _ = add_track(panel, Track("Data"))
    place = {"event_id": panel.cast.event_id}
    do(rounds.move, panel.cast.olga, **place, round_id=one.id, verb=Verb.OPEN)
    with pytest.raises(Conflict, match="freeze it first"):
        do(rounds.move, panel.cast.olga, **place, round_id=two.id, verb=Verb.OPEN)
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        session.get_one(Round, two.id).state = "open"


def test_a_challenges_track_takes_its_projects_and_its_name(panel):
    with transaction() as session:
        challenge = Challenge(event_id=panel.cast.event_id, title="Cold calls")
        session.add(challenge)
        session.flush()
        for team in ("owls", "foxes"):
            session.get_one(Project, panel.projects[team]).challenge_id = challenge.id
        number = challenge.id
    with pytest.raises(NotFound, match="no such challenge"):
        add_track(panel, Track(takes=Takes.CHALLENGE, challenge_id=999))
    found, _ = add_track(panel, Track(takes=Takes.CHALLENGE, challenge_id=number))
    assert found.track == "Cold calls"
    do(rounds.move, panel.cast.olga, event_id=panel.cast.event_id, round_id=found.id,
       verb=Verb.OPEN)  # fmt: skip
    assert teams(panel, found.id) == ["Foxes", "Owls"]


def test_the_projects_of_a_prize_are_chosen_and_only_come_once_it_is_open(panel):
    found, _ = add_track(panel, Track("Data", Takes.CHOSEN))
    place = {"event_id": panel.cast.event_id, "round_id": found.id}

    def choose(*names):
        do(choose_projects, panel.cast.olga, **place,
           projects=[panel.projects[name] for name in names])  # fmt: skip

    with pytest.raises(Invalid, match="at least one"):
        choose()
    panel.projects["unknown"] = 999
    with pytest.raises(Invalid, match="submitted projects"):
        choose("unknown")
    with pytest.raises(Conflict, match="nothing to judge"):
        do(rounds.move, panel.cast.olga, **place, verb=Verb.OPEN)
    choose("owls", "bees")
    choose("foxes", "bees")
    assert teams(panel, found.id) == ["Bees", "Foxes"]
    do(rounds.move, panel.cast.olga, **place, verb=Verb.OPEN)
    choose("owls")
    assert teams(panel, found.id) == ["Bees", "Foxes", "Owls"]
    with pytest.raises(Conflict, match="not chosen by hand"):
        do(choose_projects, panel.cast.olga, **panel.place, projects=[panel.projects["owls"]])
    do(rounds.move, panel.cast.olga, **place, verb=Verb.FREEZE)
    with pytest.raises(Conflict, match="stay as they are"):
        choose("owls")


def test_the_finalists_of_a_final_are_not_chosen_by_hand(first):
    made = carry(first)
    with pytest.raises(Conflict, match="not chosen by hand"):
        do(choose_projects, first.cast.olga, event_id=first.cast.event_id, round_id=made.id,
           projects=[first.projects["foxes"]])  # fmt: skip


def test_an_event_with_tracks_only_waits_for_the_last_of_them(cast, clock, draft):
    place = {"event_id": draft.cast.event_id}
    one, _ = add_track(draft, Track("Data"))
    two, _ = add_track(draft, Track("Reuse"))
    for found in (one, two):
        for verb in (Verb.OPEN, Verb.FREEZE, Verb.FINALIZE):
            do(rounds.move, draft.cast.olga, **place, round_id=found.id, verb=verb)
    do(results.publish_results, draft.cast.olga, **place, round_id=two.id)
    assert phase_of(reading(), draft.event).value == "judging"
    do(results.publish_results, draft.cast.olga, **place, round_id=one.id)
    assert phase_of(reading(), draft.event).value == "results"
