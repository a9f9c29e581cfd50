"""The ledger of marks: stored once, ordered by the device, only by a seat."""

import uuid
from datetime import UTC, datetime

import make
import pytest
import sqlalchemy as sa
from panel import do

from hackathon.events.models import Event
from hackathon.judging.models import Feedback, LateMark, Mark, Round, Visit
from hackathon.judging.queries.marks import cells_of_visit, texts_of
from hackathon.judging.queries.rounds import criteria_of
from hackathon.judging.service import marks, rounds, seats
from hackathon.judging.service.marks import Sent
from hackathon.shared.db import reading, transaction
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from hackathon.shared.facts import facts_of, last_seq


def cell(panel, name, team, criterion):
    """The current (value, seq) of a cell."""
    reading().rollback()
    lines = {line.key: line.id for line in criteria_of(reading(), panel.round_id)}
    found = cells_of_visit(reading(), panel.visit(name, team).id).get(lines[criterion])
    return (found.value, found.seq) if found else None


def count(model):
    reading().rollback()
    return reading().scalar(sa.select(sa.func.count(model.id)))


def test_a_mark_is_a_row_and_a_fact(panel):
    saved = panel.mark("judith", "owls", "impact", 4)
    (row,) = panel.values()
    assert (row.id, row.value, row.seq) == (saved.receipt, 40, 1)
    fact = facts_of(reading(), f"judging:{panel.round_id}")[-1]
    assert (fact.kind, fact.seq, fact.values["receipt"]) == ("mark.saved", saved.version, row.id)
    assert (saved.superseded, saved.submitted, saved.replay) == (False, False, False)


def test_line_15_what_is_not_on_the_scale_is_refused(panel):
    inf = float("inf")
    values = [-1, 0, 6, 11, 10.0001, 4.5, 4.55, float("nan"), inf, -inf, 1e308, 1e-9, 10**40]
    for value in [*values, -(10**40), True, "4", None, [], {}, 0.1 + 0.2]:
        with pytest.raises(Invalid, match=r"Scores go from 1 to 5\. Nothing was saved") as refused:
            panel.mark("judith", "owls", "impact", value)
        said = refused.value
        assert (said.code, said.word, said.field) == (422, "score", "value"), value
    assert count(Mark) == 0


def test_halves_are_stored_as_tenths_where_the_rubric_has_them(draft):
    do(
        rounds.change_round, draft.cast.olga, **draft.place, mode=rounds.Mode.PITCHES,
        rule=rounds.Rule.ADJUSTED, rubric=make.make_rubric(low=0, high=10, step=0.5),
    )  # fmt: skip
    draft.move("open")
    draft.mark("judith", "owls", "impact", 4.5)
    draft.mark("judith", "owls", "works", 10)
    assert [row.value for row in draft.values()] == [45, 100]
    with pytest.raises(Invalid, match=r"Scores go from 0 to 10 in steps of 0\.5"):
        draft.mark("judith", "owls", "impact", 4.2, seq=2)


def test_line_18_unknown_unassigned_and_foreign_projects_are_not_found_alike(panel):
    def foreign(session):
        event = session.get_one(Event, panel.cast.other_event_id)
        return make.make_project(session, event, name="Strangers").id

    with transaction() as session:
        panel.projects["strangers"] = foreign(session)
        event = session.get_one(Event, panel.cast.event_id)
        panel.projects["unassigned"] = make.make_project(session, event, name="Late").id
    panel.projects["unknown"] = 999_999
    said = set()
    for team in ("strangers", "unassigned", "unknown"):
        with pytest.raises(NotFound) as refused:
            panel.mark("judith", team, "impact", 4)
        said.add((refused.value.code, refused.value.word, refused.value.message))
    for visit_id in (panel.visit("jonas", "owls").id, 999_999):
        sent = Sent(uuid.uuid4().hex, 1, datetime(2026, 11, 22, tzinfo=UTC), visit_id=visit_id)
        with pytest.raises(NotFound) as refused:
            do(marks.save_mark, panel.cast.judith, sent=sent, criterion="impact", value=4)
        said.add((refused.value.code, refused.value.word, refused.value.message))
    assert len(said) == 1
    assert count(Mark) == 0


def test_an_unknown_criterion_is_not_found(panel):
    with pytest.raises(NotFound, match="no such criterion"):
        panel.mark("judith", "owls", "beauty", 4)


def test_line_19_the_same_key_and_body_is_answered_again_and_stored_once(panel):
    key = uuid.uuid4().hex
    first = panel.mark("judith", "owls", "impact", 4, key=key)
    again = panel.mark("judith", "owls", "impact", 4, key=key)
    assert (again.receipt, again.replay, first.replay) == (first.receipt, True, False)
    assert again.version == last_seq(reading(), f"judging:{panel.round_id}") == first.version
    assert count(Mark) == 1


def test_a_repetition_says_what_became_of_it_since(panel):
    key = uuid.uuid4().hex
    panel.mark("judith", "owls", "impact", 4, key=key)
    panel.mark("judith", "owls", "impact", 5, seq=2)
    panel.mark("judith", "owls", "works", 5)
    again = panel.mark("judith", "owls", "impact", 4, key=key)
    assert (again.superseded, again.submitted, again.replay) == (True, True, True)


@pytest.mark.parametrize(
    "other",
    [
        {"value": 5}, {"seq": 2}, {"criterion": "works"}, {"team": "bees"}, {"name": "jonas"},
        {"value": "clear"},
    ],
    ids=str,
)  # fmt: skip
def test_line_20_a_key_used_for_something_else_or_by_somebody_else_is_refused(panel, other):
    key = uuid.uuid4().hex
    panel.mark("judith", "owls", "impact", 4, key=key)
    sent = {"name": "judith", "team": "owls", "criterion": "impact", "value": 4, "seq": 1} | other
    if sent["value"] == "clear":
        sent["value"] = marks.CLEAR
    with pytest.raises(Conflict, match="used for something else") as refused:
        panel.mark(**sent, key=key)
    assert refused.value.word == "key_reused"
    assert [(row.value, row.seq) for row in panel.values()] == [(40, 1)]


def test_line_20_marks_texts_and_the_late_tray_share_their_keys(panel):
    panel.sheet("judith", "owls", 4, 4)
    mark_key, text_key, late_key = (uuid.uuid4().hex for _ in range(3))
    panel.mark("judith", "owls", "impact", 5, seq=2, key=mark_key)
    panel.texts("judith", "owls", "Clear", key=text_key)
    panel.move("freeze")
    with pytest.raises(Conflict, match="used for something else"):
        panel.mark("judith", "owls", "impact", 5, key=text_key)
    with pytest.raises(Conflict, match="used for something else"):
        panel.texts("judith", "owls", "Clear", key=mark_key)
    assert panel.mark("jonas", "owls", "impact", 3, key=late_key).late
    for name, value in (("jonas", 4), ("judith", 3)):
        with pytest.raises(Conflict, match="used for something else"):
            panel.mark(name, "owls", "impact", value, key=late_key)
    with pytest.raises(Conflict, match="used for something else"):
        panel.texts("jonas", "owls", "Clear", key=late_key)
    assert (count(Mark), count(Feedback), count(LateMark)) == (3, 1, 1)


def test_line_21_an_older_count_that_comes_late_is_kept_and_changes_nothing(panel):
    panel.mark("judith", "owls", "impact", 5, seq=7)
    older = panel.mark("judith", "owls", "impact", 2, seq=6)
    assert older.superseded
    assert count(Mark) == 2
    assert cell(panel, "judith", "owls", "impact") == (50, 7)


def test_of_two_with_one_count_the_higher_receipt_is_current(panel):
    panel.mark("judith", "owls", "impact", 5, seq=3)
    second = panel.mark("judith", "owls", "impact", 2, seq=3)
    assert not second.superseded
    assert cell(panel, "judith", "owls", "impact") == (20, 3)


def test_line_23_only_a_seat_scores(panel):
    for name in ("paul", "olga", "ada", "lena", "rita", "owen"):
        with pytest.raises(NotAllowed, match="Only the judges of this round") as refused:
            panel.mark(name, "foxes", "impact", 4)
        assert refused.value.code == 403
    assert count(Mark) == 0


def test_the_mark_that_completes_a_sheet_submits_it(panel):
    first = panel.mark("judith", "owls", "impact", 4)
    assert panel.visit("judith", "owls").submitted_at is None
    second = panel.mark("judith", "owls", "works", 4)
    assert (first.submitted, second.submitted) == (False, True)
    assert panel.visit("judith", "owls").submitted_at is not None
    assert facts_of(reading(), f"judging:{panel.round_id}")[-1].values["submitted"] is True


def test_an_older_mark_does_not_complete_a_sheet_whose_newer_one_was_cleared(panel):
    panel.mark("judith", "owls", "impact", 4, seq=1)
    panel.clear("judith", "owls", "impact", seq=3)
    panel.mark("judith", "owls", "works", 4)
    older = panel.mark("judith", "owls", "impact", 5, seq=2)
    assert (older.superseded, older.submitted) == (True, False)
    assert panel.visit("judith", "owls").submitted_at is None


def test_a_complete_sheet_can_be_changed_until_the_freeze(panel):
    panel.sheet("judith", "owls", 4, 4)
    changed = panel.mark("judith", "owls", "impact", 2, seq=2)
    assert changed.submitted
    assert cell(panel, "judith", "owls", "impact") == (20, 2)


def test_a_cleared_cell_is_not_scored_and_never_zero(panel):
    panel.mark("judith", "owls", "impact", 4)
    cleared = panel.clear("judith", "owls", "impact", seq=2)
    assert not cleared.superseded
    assert cell(panel, "judith", "owls", "impact") == (None, 2)


def test_a_complete_sheet_takes_no_score_away_not_even_after_the_freeze(panel):
    panel.sheet("judith", "owls", 4, 4)
    with pytest.raises(Conflict, match="can be changed but not taken away") as refused:
        panel.clear("judith", "owls", "impact", seq=2)
    assert refused.value.word == "submitted"
    panel.move("freeze")
    with pytest.raises(Conflict, match="can be changed but not taken away"):
        panel.clear("judith", "owls", "impact", seq=2)
    assert (count(Mark), count(LateMark)) == (2, 0)


def test_texts_wait_for_a_complete_sheet_and_the_newest_count(panel):
    panel.mark("judith", "owls", "impact", 4)
    with pytest.raises(Invalid, match="Still without a score: Works") as refused:
        panel.texts("judith", "owls", "Clear")
    assert (refused.value.word, refused.value.extra["criteria"]) == ("incomplete", ["works"])
    panel.mark("judith", "owls", "works", 4)
    panel.texts("judith", "owls", "Clear", seq=4)
    older = panel.texts("judith", "owls", "Old", seq=3)
    assert older.superseded
    assert texts_of(reading(), panel.round_id)[panel.visit("judith", "owls").id].strength == "Clear"


def test_texts_sent_twice_are_one_row_and_another_body_is_refused(panel):
    panel.sheet("judith", "owls", 4, 4)
    key = uuid.uuid4().hex
    first = panel.texts("judith", "owls", "Clear", key=key)
    again = panel.texts("judith", "owls", "Clear", key=key)
    assert (again.receipt, again.replay) == (first.receipt, True)
    for more in ({"strength": "Other"}, {"strength": "Clear", "seq": 2}):
        with pytest.raises(Conflict, match="used for something else"):
            panel.texts("judith", "owls", key=key, **more)
    assert count(Feedback) == 1


def test_before_it_opens_and_while_it_is_paused(draft):
    with pytest.raises(NotFound, match="not on your list"):  # no visit is planned yet
        draft.mark("judith", "owls", "impact", 4)
    draft.move("open")
    draft.mark("judith", "owls", "impact", 4)
    draft.move("pause", "The stage is on fire")
    assert draft.mark("judith", "owls", "works", 4).submitted
    with pytest.raises(Conflict, match="Judging is paused"):
        draft.mark("judith", "bees", "impact", 4)
    with pytest.raises(Conflict, match="Judging is paused"):
        draft.texts("judith", "bees", "Good")
    draft.move("resume")
    draft.mark("judith", "bees", "impact", 4)


def test_a_round_in_draft_takes_no_marks_even_with_a_visit(draft):
    with transaction() as session:
        session.add(
            Visit(
                round_id=draft.round_id, seat_id=draft.seats["judith"],
                project_id=draft.projects["owls"],
            )
        )  # fmt: skip
    with pytest.raises(Conflict, match="has not opened yet"):
        draft.mark("judith", "owls", "impact", 4)


def test_nobody_scores_a_project_with_a_conflict(panel):
    panel.declare(panel.cast.judith, "owls")
    with pytest.raises(NotAllowed, match="You have a conflict"):
        panel.mark("judith", "owls", "impact", 4)
    assert count(Mark) == 0


@pytest.mark.parametrize("table", ["marks", "feedback", "result_records", "result_rows"])
def test_the_database_itself_refuses_to_change_what_is_recorded(panel, table):
    panel.everything()
    panel.texts("judith", "owls", "Clear")
    panel.move("freeze")
    for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), transaction() as session:
            session.execute(sa.text(statement))


def test_the_database_itself_refuses_a_second_mark_of_one_key(panel):
    panel.mark("judith", "owls", "impact", 4, key="a" * 32)
    first = panel.values()[0]
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        session.add(
            Mark(
                visit_id=first.visit_id, criterion_id=first.criterion_id, value=10, seq=9,
                key="a" * 32, made_at=first.made_at, received_at=first.received_at,
            )
        )  # fmt: skip


# --- races ----------------------------------------------------------------------------


def again_when_busy(send):
    """As devices do: a server that had no time is asked again."""
    for _ in range(20):
        try:
            return send()
        except Refusal as refusal:
            if refusal.word != "busy":
                raise
    pytest.fail("the server is busy all the time")


def test_eight_threads_of_one_judges_two_devices_store_each_mark_once(database, panel, race):
    taps = [
        (criterion, value, seq, uuid.uuid4().hex)
        for seq in (1, 2, 3, 4)
        for criterion, value in (("impact", 1 + seq % 5), ("works", 1 + (seq + 2) % 5))
    ]

    def job(device):
        def work():
            order = taps if device % 2 else taps[::-1]
            return [
                again_when_busy(
                    lambda tap=tap: (
                        panel.mark("judith", "owls", tap[0], tap[1], seq=tap[2], key=tap[3]).receipt
                    )
                )
                for tap in order
            ]

        return work

    answers, refusals = race(database, [job(number) for number in range(8)])
    assert refusals == []
    stored = panel.values()
    assert sorted(row.key for row in stored) == sorted(tap[3] for tap in taps)
    assert {frozenset(receipts) for receipts in answers} == {frozenset(row.id for row in stored)}
    assert cell(panel, "judith", "owls", "impact") == (50, 4)
    assert cell(panel, "judith", "owls", "works") == (20, 4)
    told = [fact.values["receipt"] for fact in facts_of(reading(), f"judging:{panel.round_id}")
            if fact.kind == "mark.saved"]  # fmt: skip
    assert sorted(told) == sorted(row.id for row in stored)


def test_of_two_judges_with_one_key_at_once_one_is_refused(database, panel, race):
    for seq in range(1, 9):
        key = uuid.uuid4().hex

        def job(name, seq=seq, key=key):
            return lambda: panel.mark(name, "owls", "impact", 4, seq=seq, key=key).receipt

        answers, refusals = race(database, [job("judith"), job("jonas")])
        assert (len(answers), refusals) == (1, ["key_reused"])
    assert count(Mark) == 8


def test_a_freeze_amid_marks_loses_none_and_doubles_none(database, panel, race):
    """Every acknowledged mark is in the record or in the late tray."""
    keys = {}

    def judge(name, team):
        def work():
            said = []
            for seq in range(1, 9):
                criterion = ("impact", "works")[seq % 2]
                key = uuid.uuid4().hex
                keys[key] = seq
                saved = panel.mark(name, team, criterion, 1 + seq % 5, seq=seq, key=key)
                said.append((key, saved.late))
            return said

        return work

    jobs = [judge(name, team) for name in ("judith", "jonas") for team in panel.projects]
    answers, refusals = race(database, [*jobs, lambda: panel.move("freeze") and []])
    assert refusals == []
    said = dict(pair for answer in answers for pair in answer)
    reading().rollback()
    stored = set(reading().scalars(sa.select(Mark.key)))
    late = set(reading().scalars(sa.select(LateMark.key)))
    assert stored == {key for key, was_late in said.items() if not was_late}
    assert late == {key for key, was_late in said.items() if was_late}
    assert stored | late == set(keys)
    facts = facts_of(reading(), f"judging:{panel.round_id}")
    frozen = next(fact.seq for fact in facts if fact.kind == "round.frozen")
    assert all(fact.seq < frozen for fact in facts if fact.kind == "mark.saved")
    assert reading().get(Round, panel.round_id).state == "frozen"


def test_a_seat_taken_away_amid_marks_ends_them(database, panel, race):
    def judge():
        done = 0
        for seq in range(1, 20):
            try:
                panel.mark("judith", "owls", "impact", 1 + seq % 5, seq=seq)
            except (NotAllowed, NotFound):
                break
            done += 1
        return done

    def leave():
        do(seats.remove_seat, panel.cast.olga, **panel.place, seat_id=panel.seats["judith"])
        return -1

    answers, refusals = race(database, [judge, leave])
    assert refusals == []
    assert count(Mark) == max(answers)
    with pytest.raises(NotAllowed):
        panel.mark("judith", "owls", "impact", 4, seq=99)
