"""A judge whose seat was taken away: what was given before is kept, and people decide."""

import uuid
from datetime import timedelta

import pytest
from panel import do

from hackathon.judging.models import LateMark, Mark
from hackathon.judging.queries.marks import late_rows, late_waiting
from hackathon.judging.queries.results import newest_record, recorded_standings
from hackathon.judging.service import seats
from hackathon.judging.service.late import decide_late
from hackathon.shared.clock import utc_text
from hackathon.shared.db import reading
from hackathon.shared.errors import Conflict, NotAllowed


def leave(panel, clock, name="judith"):
    """Ten minutes pass, the seat is taken away, five more pass; returns a time before it."""
    clock.forward(timedelta(minutes=10))
    do(seats.remove_seat, panel.cast.olga, **panel.place, seat_id=panel.seats[name])
    before = clock.moment - timedelta(minutes=3)
    clock.forward(timedelta(minutes=5))
    return before


def rows(panel):
    reading().rollback()
    return [
        (row.judge, row.criterion, row.late.value, row.has_left)
        for row in late_rows(reading(), panel.round_id, panel.round.frozen_at)
    ]


def decide(panel, ids=None):
    return do(decide_late, panel.cast.olga, **panel.place, which=ids, is_accepted=True,
              reason="Made before Judith left")  # fmt: skip


def test_what_was_made_before_and_comes_after_is_kept_and_never_counts_by_itself(panel, clock):
    before = leave(panel, clock)
    for criterion in ("impact", "works"):
        assert panel.mark("judith", "owls", criterion, 5, made_at=before).late
    saved = panel.texts("judith", "owls", "Clear", made_at=before)
    assert (saved.late, saved.has_left) == (True, True)
    assert rows(panel) == [
        ("Judith", "Impact", 50, True), ("Judith", "Works", 50, True),
        ("Judith", "texts", None, True),
    ]  # fmt: skip
    assert (panel.values(), panel.visit("judith", "owls").submitted_at) == ([], None)
    panel.sheet("jonas", "owls", 3, 3)
    panel.move("freeze")
    with pytest.raises(Conflict, match="3 late marks wait"):
        panel.move("finalize")
    assert decide(panel) == 3  # one click: all were made before the freeze
    (row,) = recorded_standings(reading(), newest_record(reading(), panel.round_id))
    assert (row.sheets, float(row.raw_mean), row.texts) == (2, 4.0, (("Clear", ""),))


def test_what_was_made_after_the_seat_was_taken_away_is_refused(panel, clock):
    leave(panel, clock)
    with pytest.raises(NotAllowed, match="Only the judges of this round"):
        panel.mark("judith", "owls", "impact", 5)
    assert late_waiting(reading(), panel.round_id) == 0


def test_a_repeated_key_gets_its_first_answer_also_without_the_seat(panel, clock):
    key, again = uuid.uuid4().hex, uuid.uuid4().hex
    first = panel.mark("judith", "owls", "impact", 5, key=key)
    before = leave(panel, clock)
    saved = panel.mark("judith", "owls", "impact", 5, key=key)
    assert (saved.receipt, saved.replay, saved.late) == (first.receipt, True, False)
    late = panel.mark("judith", "bees", "impact", 5, key=again, made_at=before)
    twice = panel.mark("judith", "bees", "impact", 5, key=again, made_at=before)
    assert (twice.receipt, twice.replay, twice.late) == (late.receipt, True, True)
    assert len(rows(panel)) == 1


def test_somebody_who_never_had_a_seat_is_refused_whatever_the_time(panel, clock):
    before = leave(panel, clock)
    for name in ("paul", "rita"):
        with pytest.raises(NotAllowed, match="Only the judges"):
            panel.mark(name, "owls", "impact", 5, made_at=before)


def test_a_conflict_is_refused_also_for_who_left(panel, clock):
    panel.declare(panel.cast.judith, "owls")
    before = leave(panel, clock)
    with pytest.raises(NotAllowed, match="You have a conflict"):
        panel.mark("judith", "owls", "impact", 5, made_at=before)


def test_a_judge_who_is_back_goes_on_and_what_waited_is_decided_all_the_same(panel, clock):
    before = leave(panel, clock)
    panel.mark("judith", "owls", "impact", 5, made_at=before)
    do(seats.add_seat, panel.cast.olga, **panel.place, person_id=panel.cast.judith.id)
    assert not panel.mark("judith", "owls", "works", 4).late
    panel.move("freeze")
    assert decide(panel) == 1
    assert panel.visit("judith", "owls").submitted_at is not None


def test_the_socket_says_late_and_keeps_it_and_403_after(app, room, clock, connect):
    with app.app_context():
        before = leave(room, clock)
    judith = connect(room.cast.judith)
    payload = {
        "round": room.round_id, "project": room.projects["owls"], "criterion": "impact",
        "value": 4, "seq": 1, "key": uuid.uuid4().hex, "made_at": utc_text(before),
    }  # fmt: skip
    for _ in range(2):  # the phone tries again
        answer = judith.emit("judging.mark", payload, callback=True)
        assert (answer["ok"], answer["code"], answer["error"]) == (False, 409, "late")
        assert "do not judge in this round any more" in answer["message"]
    after = payload | {"key": uuid.uuid4().hex, "seq": 2, "made_at": utc_text(clock.moment)}
    answer = judith.emit("judging.mark", after, callback=True)
    assert (answer["code"], answer["error"]) == (403, "seats_only")
    assert judith.emit("judging.hello", {"round": room.round_id}, callback=True)["code"] == 403
    with app.app_context():
        assert [row[:3] for row in rows(room)] == [("Judith", "Impact", 40)]


def test_a_plain_form_that_was_opened_before_goes_to_the_tray(app, room, clock, sign_in):
    judith = sign_in(room.cast.judith)
    path = f"/events/q4/judging/{room.round_id}/projects/{room.projects['owls']}"
    page = judith.get(path).get_data(as_text=True)
    opened = page.split('name="opened_at" value="')[1].split('"')[0]
    with app.app_context():
        leave(room, clock)
    form = {"value-impact": "5", "strength": "Clear", "opened_at": opened, "once": "a" * 32}
    for _ in range(2):  # the second click
        answer = judith.post(path, data=form)
        assert answer.status_code == 409
        assert "What you gave before is kept" in answer.get_data(as_text=True)
    with app.app_context():
        assert rows(room) == [
            ("Judith", "Impact", 50, True), ("Judith", "texts", None, True),
        ]  # fmt: skip
        assert reading().query(Mark).count() == 0
    fresh = form | {"opened_at": utc_text(clock.moment), "once": "b" * 32}
    assert judith.post(path, data=fresh).status_code == 403
    assert judith.post(path, data={"value-impact": "5"}).status_code == 403
    assert judith.get(path).status_code in {403, 404}
    with app.app_context():
        assert reading().query(LateMark).count() == 2


def test_the_cockpit_and_the_tray_tell_that_something_waits(app, room, clock, sign_in):
    with app.app_context():
        before = leave(room, clock)
        room.mark("judith", "owls", "impact", 5, made_at=before)
    olga = sign_in(room.cast.olga)
    page = olga.get(f"/events/q4/judging/{room.round_id}").get_data(as_text=True)
    assert "Scores of a judge who left wait in the" in page
    assert "late tray<span data-late-count> (1)</span>" in page
    tray = olga.get(f"/events/q4/judging/{room.round_id}/late").get_data(as_text=True)
    assert "before the seat was taken away" in tray
    assert "decided while the round is closed" in tray
