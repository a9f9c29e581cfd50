"""The late tray: what comes after the freeze is kept, and counts when a person says so."""

import json
import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import current_app
from panel import do

from hackathon.judging.models import Feedback, LateMark, Mark
from hackathon.judging.queries.checks import wrong_sheets
from hackathon.judging.queries.marks import late_rows, late_waiting
from hackathon.judging.queries.results import newest_record, recorded_standings
from hackathon.judging.service import seats
from hackathon.judging.service.late import OfJudge, decide_late
from hackathon.shared.db import reading
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import broken_links, facts_of
from hackathon.shared.jobs import follow_facts


@pytest.fixture
def frozen(panel, clock):
    """Judith gave both marks to Owls and one to Bees, then judging closed."""
    panel.sheet("judith", "owls", 4, 4)
    panel.mark("judith", "bees", "impact", 5)
    clock.forward(timedelta(minutes=10))
    panel.move("freeze")
    clock.forward(timedelta(minutes=5))
    return panel


def decide(panel, ids, *, player=None, is_accepted=True, reason="The network was down"):
    return do(
        decide_late, player or panel.cast.olga, **panel.place, which=ids,
        is_accepted=is_accepted, reason=reason,
    )  # fmt: skip


def record(panel):
    reading().rollback()
    return newest_record(reading(), panel.round_id)


def places(panel):
    return [(row.team_name, row.place) for row in recorded_standings(reading(), record(panel))]


def count(model):
    reading().rollback()
    return reading().scalar(sa.select(sa.func.count(model.id)))


def test_line_22_what_comes_after_the_freeze_is_kept_and_not_counted(frozen, clock):
    made_at = clock.moment - timedelta(minutes=7)
    saved = frozen.mark("judith", "bees", "works", 5, made_at=made_at)
    assert saved.late
    (row,) = late_rows(reading(), frozen.round_id, frozen.round.frozen_at)
    assert (row.late.made_at, row.late.received_at) == (made_at, clock.moment)
    assert (row.judge, row.criterion, row.before_freeze) == ("Judith", "Works", True)
    assert count(Mark) == 3
    assert (record(frozen).number, places(frozen)) == (1, [("Owls", 1)])
    kinds = [fact.kind for fact in facts_of(reading(), f"late:{frozen.round_id}")]
    assert kinds == ["mark.late"]


def test_the_same_late_mark_again_is_one_row(frozen):
    key = uuid.uuid4().hex
    first = frozen.mark("judith", "bees", "works", 5, key=key)
    again = frozen.mark("judith", "bees", "works", 5, key=key)
    assert (again.receipt, again.late, again.replay) == (first.receipt, True, True)
    assert count(LateMark) == 1


def test_what_was_stored_before_the_freeze_is_answered_with_its_receipt_after_it(panel):
    key = uuid.uuid4().hex
    first = panel.mark("judith", "owls", "impact", 5, key=key)
    panel.move("freeze")
    again = panel.mark("judith", "owls", "impact", 5, key=key)
    assert (again.receipt, again.late, again.replay) == (first.receipt, False, True)
    assert count(LateMark) == 0


def test_accepting_counts_it_and_makes_a_new_record(frozen):
    key = uuid.uuid4().hex
    late = frozen.mark("judith", "bees", "works", 5, key=key).receipt
    assert decide(frozen, [late]) == 1
    assert (record(frozen).number, places(frozen)) == (2, [("Bees", 1), ("Owls", 2)])
    stored = frozen.values()[-1]
    assert (stored.key, stored.entered_by_id) == (key, frozen.cast.olga.id)
    kinds = [fact.kind for fact in facts_of(reading(), f"late:{frozen.round_id}")]
    assert kinds == ["mark.late", "late.accepted"]
    again = frozen.mark("judith", "bees", "works", 5, key=key)  # the phone tries once more
    assert (again.receipt, again.late, again.replay) == (stored.id, False, True)
    assert (wrong_sheets(reading()), broken_links(reading())) == ([], [])


def test_refusing_leaves_the_record_and_the_tray_remembers(frozen):
    key = uuid.uuid4().hex
    late = frozen.mark("judith", "bees", "works", 5, key=key).receipt
    assert decide(frozen, [late], is_accepted=False, reason="Made after the talk") == 1
    assert (record(frozen).number, count(Mark), count(LateMark)) == (1, 3, 1)
    assert frozen.mark("judith", "bees", "works", 5, key=key).late
    assert decide(frozen, [late]) == 0  # what is decided stays
    assert (record(frozen).number, count(Mark)) == (1, 3)


def test_one_click_takes_those_made_before_the_freeze(frozen, clock):
    before = clock.moment - timedelta(minutes=7)
    frozen.mark("judith", "bees", "works", 5, made_at=before)
    frozen.mark("jonas", "owls", "impact", 1, made_at=before)
    frozen.mark("jonas", "owls", "works", 1, made_at=clock.moment)
    assert decide(frozen, None) == 2
    assert (late_waiting(reading(), frozen.round_id), count(Mark)) == (1, 5)
    assert places(frozen) == [("Bees", 1), ("Owls", 2)]


def test_all_of_one_judge_are_accepted_at_once_each_as_its_own_fact(frozen):
    judith, jonas = frozen.seats["judith"], frozen.seats["jonas"]
    frozen.mark("judith", "bees", "works", 5)
    frozen.sheet("judith", "foxes", 1, 1)
    others = [frozen.mark("jonas", "owls", name, 1).receipt for name in ("impact", "works")]
    unseen = frozen.texts("judith", "foxes", "Brave", "Who pays?").receipt
    assert decide(frozen, OfJudge(judith, unseen - 1)) == 3
    assert (record(frozen).number, count(Mark)) == (2, 6)
    assert places(frozen) == [("Bees", 1), ("Owls", 2), ("Foxes", 3)]
    kinds = [fact.kind for fact in facts_of(reading(), f"late:{frozen.round_id}")]
    assert kinds == ["mark.late"] * 6 + ["late.accepted"] * 3
    rows = late_rows(reading(), frozen.round_id, frozen.round.frozen_at)
    assert [row.late.id for row in rows[:3]] == [*others, unseen]  # what nobody saw still waits
    assert len({row.late.note_id for row in rows[3:]}) == 1  # one reason
    assert decide(frozen, OfJudge(jonas, unseen), is_accepted=False) == 2
    assert (record(frozen).number, count(Mark)) == (2, 6)
    assert decide(frozen, OfJudge(jonas, unseen)) == 0
    assert (wrong_sheets(reading()), broken_links(reading())) == ([], [])


def test_all_of_a_judge_is_all_or_nothing(database, frozen, race):
    frozen.sheet("judith", "foxes", 1, 1)
    last = frozen.texts("judith", "foxes", "Brave").receipt
    jobs = [
        lambda: decide(frozen, OfJudge(frozen.seats["judith"], last)),
        lambda: decide(
            frozen, OfJudge(frozen.seats["judith"], last), player=frozen.cast.lena,
            is_accepted=False,
        ),
    ]  # fmt: skip
    answers, refusals = race(database, jobs)
    assert (sorted(answers), refusals) == ([0, 3], [])
    rows = late_rows(reading(), frozen.round_id, frozen.round.frozen_at)
    assert len({row.late.is_accepted for row in rows}) == 1


def test_nothing_chosen_is_said_and_nothing_is_decided(frozen):
    frozen.mark("judith", "bees", "works", 5)
    with pytest.raises(Invalid, match="Choose a score"):
        decide(frozen, [])
    assert decide(frozen, OfJudge(999, 999)) == 0
    assert late_waiting(reading(), frozen.round_id) == 1


def test_an_accepted_mark_with_an_older_count_changes_nothing_that_counts(frozen):
    late = frozen.mark("judith", "owls", "impact", 1, seq=0).receipt
    first = record(frozen).inputs_hash
    decide(frozen, [late])
    assert (record(frozen).number, record(frozen).inputs_hash) == (2, first)


def test_late_texts_are_kept_and_counted_like_marks(frozen):
    late = frozen.texts("judith", "owls", "Clear", "Who pays?").receipt
    assert count(Feedback) == 0
    assert decide(frozen, [late]) == 1
    (row,) = recorded_standings(reading(), record(frozen))
    assert row.texts == (("Clear", "Who pays?"),)


def test_a_late_clear_that_is_accepted_makes_the_sheet_incomplete(frozen):
    frozen.clear("judith", "bees", "impact", seq=2)
    frozen.mark("judith", "bees", "works", 5)
    frozen.mark("judith", "bees", "impact", 5, seq=3)
    cleared, works, again = (
        row.late.id for row in late_rows(reading(), frozen.round_id, frozen.round.frozen_at)
    )
    decide(frozen, [works])
    assert places(frozen) == [("Bees", 1), ("Owls", 2)]
    decide(frozen, [cleared])
    assert places(frozen) == [("Owls", 1)]
    assert frozen.visit("judith", "bees").submitted_at is None
    assert wrong_sheets(reading()) == []
    decide(frozen, [again])
    assert places(frozen) == [("Bees", 1), ("Owls", 2)]
    assert wrong_sheets(reading()) == []


def test_a_decision_needs_a_reason_an_organizer_and_marks_of_this_round(frozen):
    late = frozen.mark("judith", "bees", "works", 5).receipt
    with pytest.raises(Invalid, match="Say why"):
        decide(frozen, [late], reason=" ")
    for player in (frozen.cast.judith, frozen.cast.paul, frozen.cast.rita):
        with pytest.raises(NotAllowed):
            decide(frozen, [late], player=player)
    with pytest.raises(NotFound, match="no such mark"):
        decide(frozen, [late, 999])
    assert late_waiting(reading(), frozen.round_id) == 1


def test_nobody_decides_on_own_marks(panel):
    do(seats.add_seat, panel.cast.olga, **panel.place, person_id=panel.cast.olga.id)
    panel.sheet("judith", "owls", 4, 4)
    panel.move("freeze")
    late = panel.mark("olga", "bees", "works", 5).receipt
    with pytest.raises(NotAllowed, match="your own marks"):
        decide(panel, [late])
    (row,) = late_rows(reading(), panel.round_id, None)
    with pytest.raises(NotAllowed, match="your own marks"):
        decide(panel, OfJudge(row.late.seat_id, late))
    assert decide(panel, [late], player=panel.cast.lena) == 1


def test_late_marks_are_decided_while_the_round_is_frozen_and_before_it_is_final(frozen):
    late = frozen.mark("judith", "bees", "works", 5).receipt
    with pytest.raises(Conflict, match="1 late mark waits"):
        frozen.move("finalize")
    decide(frozen, [late], is_accepted=False)
    frozen.move("finalize")
    another = frozen.mark("jonas", "bees", "works", 5).receipt
    with pytest.raises(Conflict, match="decided while it is frozen"):
        decide(frozen, [another])
    assert count(LateMark) == 2


def test_of_two_organizers_who_decide_at_once_one_does(database, frozen, race):
    late = frozen.mark("judith", "bees", "works", 5).receipt
    jobs = [
        lambda: decide(frozen, [late], is_accepted=True),
        lambda: decide(frozen, [late], player=frozen.cast.lena, is_accepted=False),
    ]
    answers, refusals = race(database, jobs)
    assert (sorted(answers), refusals) == ([0, 1], [])
    assert record(frozen).number == 1 + count(Mark) - 3


def test_the_freeze_anchors_every_chain_outside_the_database(panel, tmp_path):
    panel.everything()
    panel.move("freeze")
    folder = current_app.extensions["settings"].folder
    follow_facts(current_app)
    line = json.loads((folder / "anchors.log").read_text("utf-8").splitlines()[-1])
    stream = f"judging:{panel.round_id}"
    last = facts_of(reading(), stream)[-1]
    assert line["heads"][stream] == [last.seq, last.hash]
