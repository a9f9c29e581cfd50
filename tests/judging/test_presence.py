"""Judges on the day: absent, busy, back, gone; a way in on the spot; paper and its entry."""

import re
import uuid
from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa
from make import client_of
from panel import SUNDAY, do

from hackathon.judging.models import JudgeAbsence, Round, Seat, Visit
from hackathon.judging.queries.assignment import Wishes, propose
from hackathon.judging.queries.checks import wrong_sheets
from hackathon.judging.queries.conflicts import conflicts_of
from hackathon.judging.queries.presence import away_in
from hackathon.judging.queries.progress import progress_of
from hackathon.judging.queries.watch import sheet_marks, watch_of
from hackathon.judging.rules import Away, Mode
from hackathon.judging.service import assignment, leases, presence, seats
from hackathon.judging.service.marks import Texts
from hackathon.shared.db import reading
from hackathon.shared.errors import Conflict, Invalid, NotAllowed, NotFound
from hackathon.shared.facts import broken_links, facts_of
from hackathon.shared.jobs import follow_facts
from hackathon.shared.notices import notices_of
from hackathon.shared.web import act


def text_of(answer):
    return unescape(answer.get_data(as_text=True))


def away(panel, name, word=Away.ABSENT, reason="Missed the train", by=None):
    return do(
        presence.mark_away, by or panel.cast.olga, **panel.place, seat_id=panel.seats[name],
        word=word, reason=reason,
    )  # fmt: skip


def back(panel, name):
    do(presence.mark_back, panel.cast.olga, **panel.place, seat_id=panel.seats[name])


def progress(panel):
    reading().rollback()
    return progress_of(reading(), panel.round, panel.entries())


def of(panel, name):
    (row,) = [row for row in progress(panel).judges if row.seat_id == panel.seats[name]]
    return row.done, row.of


@pytest.fixture
def hall(draft):
    """A round of visits with a third judge, planned with two judges a project, open."""
    seat = do(seats.add_seat, draft.cast.olga, **draft.place, person_id=draft.cast.owen.id)
    draft.seats["owen"] = seat.id

    def work(session):
        session.get_one(Round, draft.round_id).mode = Mode.VISITS

    act(work)
    wishes = Wishes(wanted=2, minutes=10, starts_at=SUNDAY)
    reading().rollback()
    stamp = propose(reading(), draft.event, draft.round, wishes).stamp
    do(assignment.apply_plan, draft.cast.olga, **draft.place, wishes=wishes, stamp=stamp)
    draft.move("open")
    return draft


# --- pitches --------------------------------------------------------------------------


def test_nobody_waits_for_an_absent_judge_and_complete_sheets_stay(panel):
    panel.sheet("judith", "foxes", 4, 5)
    before = of(panel, "judith")
    handed = away(panel, "judith")
    assert (before[0], of(panel, "judith")) == (1, (1, 1))
    assert (len(handed.released), handed.given, handed.short) == (before[1] - 1, [], [])
    back(panel, "judith")
    assert of(panel, "judith") == before
    assert wrong_sheets(reading()) == []
    kinds = [row.kind for row in facts_of(reading(), f"judging:{panel.round_id}")]
    assert kinds[-2:] == ["judge.away", "judge.back"]
    assert broken_links(reading()) == []


def test_a_score_that_still_comes_from_an_absent_judge_counts(panel):
    away(panel, "judith")
    panel.sheet("judith", "foxes", 4, 5)
    assert of(panel, "judith") == (1, 1)


def test_a_judge_absent_before_the_opening_gets_no_list_until_back(draft):
    away(draft, "jonas")
    draft.move("open")
    assert of(draft, "jonas") == (0, 0)
    back(draft, "jonas")
    assert of(draft, "jonas")[1] == 3


# --- visits ---------------------------------------------------------------------------


def test_open_visits_go_to_who_has_the_least_to_do_with_the_reason(hall, database):
    before = {name: of(hall, name) for name in hall.seats}
    handed = away(hall, "owen")
    assert len(handed.released) == before["owen"][1]
    reading().rollback()
    forbidden = conflicts_of(reading(), hall.round_id)
    for seat, project in handed.given:
        assert seat != hall.seats["owen"]
        assert (seat, project) not in forbidden
    counts = [row.of for row in progress(hall).projects]
    assert sum(counts) == 6 - len(handed.short)
    follow_facts(database)
    reading().rollback()
    for seat, _ in handed.given:
        person = reading().get(Seat, seat).person_id
        texts = [row.text for row in notices_of(reading(), person)]
        assert any("One more project is on your list" in text for text in texts)
        assert any("Why: Missed the train" in text for text in texts)
    assert notices_of(reading(), hall.cast.owen.id)[0].text.startswith("You are noted as absent.")


def test_two_judges_are_never_sent_to_one_project_at_one_time(hall):
    away(hall, "owen", Away.BUSY, "On the phone")
    live = reading().scalars(sa.select(Visit).filter_by(released_at=None)).all()
    turns = [(visit.project_id, visit.slot) for visit in live if visit.slot]
    assert len(turns) == len(set(turns)) == len(live)
    own = [(visit.seat_id, visit.slot) for visit in live]
    assert len(own) == len(set(own))


def test_what_finds_nobody_is_said(hall):
    away(hall, "owen")
    handed = away(hall, "jonas", reason="Ill")
    assert len(handed.short) > 0
    assert {seat for seat, _ in handed.given} <= {hall.seats["judith"]}


def test_a_judge_who_is_full_takes_nothing_over(hall):
    def work(session):
        for name in ("judith", "jonas"):
            session.get_one(Seat, hall.seats[name]).max_load = 1

    act(work)
    handed = away(hall, "owen")
    assert (handed.given, len(handed.short)) == ([], len(handed.released))


def test_a_lease_ends_and_next_gives_nothing_until_the_judge_is_here(hall):
    key = uuid.uuid4().hex
    taken = do(leases.take_next, hall.cast.owen, round_id=hall.round_id, key=key).visit
    away(hall, "owen")
    visit = reading().get(Visit, taken.id, populate_existing=True)
    assert (visit.leased_until, visit.release_reason) == (None, "away")
    again = do(leases.take_next, hall.cast.owen, round_id=hall.round_id, key=uuid.uuid4().hex)
    assert (again.visit, again.none) == (None, "away")
    do(presence.come_back, hall.cast.owen, event_id=hall.cast.event_id, round_id=hall.round_id)
    assert away_in(reading(), hall.round_id) == {}
    after = do(leases.take_next, hall.cast.owen, round_id=hall.round_id, key=uuid.uuid4().hex)
    assert after.none != "away"


def test_a_plan_made_anew_leaves_the_absent_out(hall):
    away(hall, "owen")
    reading().rollback()
    wishes = Wishes(wanted=2, minutes=10, starts_at=SUNDAY)
    proposal = propose(reading(), hall.event, hall.round, wishes)
    assert hall.seats["owen"] not in {turn.seat_id for turn in proposal.turns}


def test_a_judge_leaves_and_the_open_projects_go_on(hall, database):
    handed = do(
        presence.let_go, hall.cast.olga, **hall.place, seat_id=hall.seats["owen"],
        reason="Called home",
    )  # fmt: skip
    assert handed.given
    assert reading().get(Seat, hall.seats["owen"]).removed_at is not None
    follow_facts(database)
    reading().rollback()
    text = notices_of(reading(), hall.cast.owen.id)[0].text
    assert text == "You no longer judge in Final. Your complete sheets count. Why: Called home"
    with pytest.raises(NotFound):
        away(hall, "owen")


def test_away_needs_an_organizer_a_reason_an_open_round_and_only_once(panel):
    with pytest.raises(NotAllowed):
        away(panel, "judith", by=panel.cast.paul)
    with pytest.raises(Invalid):
        away(panel, "judith", reason=" ")
    with pytest.raises(NotFound):
        do(
            presence.mark_away, panel.cast.olga, **panel.place, seat_id=999, word=Away.BUSY,
            reason="x",
        )  # fmt: skip
    away(panel, "judith")
    with pytest.raises(Conflict, match="marked this judge already"):
        away(panel, "judith", Away.BUSY)
    panel.move("freeze")
    with pytest.raises(Conflict, match="Judging is closed"):
        away(panel, "jonas")


def test_the_database_holds_one_absence_a_judge(panel):
    away(panel, "judith")
    seat = panel.seats["judith"]
    with pytest.raises(sa.exc.IntegrityError):
        act(lambda session: session.add(JudgeAbsence(seat_id=seat, word="busy", note_id=1)))


def test_who_is_away_is_not_called_quiet(panel, clock):
    clock.forward(timedelta(minutes=20))
    away(panel, "judith")
    reading().rollback()
    away_now = away_in(reading(), panel.round_id)
    watch = watch_of(reading(), panel.round, progress(panel), away_now)
    assert ([row.name for row in watch.quiet], [row.name for row in watch.lost]) == ([], ["Jonas"])


# --- paper ----------------------------------------------------------------------------


def enter(panel, name, team, values, *, by=None, reason="The phone broke", texts=None):
    return do(
        presence.enter_paper, by or panel.cast.olga, **panel.place, seat_id=panel.seats[name],
        project_id=panel.projects[team], values=values, texts=texts or Texts(), reason=reason,
    )  # fmt: skip


def test_a_paper_sheet_counts_and_the_judge_sees_why(panel):
    words = Texts(strength="Runs on real data")
    assert enter(panel, "judith", "foxes", {"impact": 40, "works": 50}, texts=words) == 3
    assert of(panel, "judith")[0] == 1
    marks = sheet_marks(reading(), panel.visit("judith", "foxes").id)
    assert {(row.entered_by, row.reason) for row in marks} == {("Olga", "The phone broke")}
    assert enter(panel, "judith", "foxes", {"impact": 40, "works": 50}, texts=words) == 0
    assert wrong_sheets(reading()) == []


def test_paper_is_entered_by_an_organizer_who_does_not_judge_with_a_reason(panel):
    with pytest.raises(NotAllowed):
        enter(panel, "judith", "foxes", {"impact": 40}, by=panel.cast.jonas)
    with pytest.raises(Invalid):
        enter(panel, "judith", "foxes", {"impact": 40}, reason="")
    with pytest.raises(Invalid, match="Scores go from 1 to 5"):
        enter(panel, "judith", "foxes", {"impact": 60})
    do(seats.add_seat, panel.cast.lena, **panel.place, person_id=panel.cast.olga.id)
    with pytest.raises(NotAllowed):
        enter(panel, "judith", "foxes", {"impact": 40})
    panel.move("freeze")
    with pytest.raises(Conflict, match="Judging is closed"):
        enter(panel, "judith", "foxes", {"impact": 40}, by=panel.cast.lena)


# --- the pages ------------------------------------------------------------------------


def test_a_judge_is_added_on_the_spot_and_scans_the_way_in(app, room, sign_in):
    olga, place = sign_in(room.cast.olga), f"/events/q4/judging/{room.round_id}"
    form = {"email": "noor@example.com", "name": "Noor", "then": "code"}
    answer = olga.post(f"{place}/seats", data=form)
    page = text_of(answer)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert "data:image/svg+xml" in page
    path = re.search(r"/sign-in/[\w-]+", page)[0]
    phone = client_of(app)
    assert phone.post(path).status_code == 303
    assert "0 of 3 done" in text_of(phone.get(f"{place}/list"))


def seen(app, seat_id):
    with app.app_context():
        act(lambda session: seats.note_seen(session, seat_id=seat_id, device="a"))


def test_the_page_of_a_judge_says_offline_and_not_idle(app, room, sign_in, clock):
    olga, place = sign_in(room.cast.olga), f"/events/q4/judging/{room.round_id}"
    path = f"{place}/judges/{room.seats['jonas']}"
    assert "Has not opened the list yet." in text_of(olga.get(path))
    seen(app, room.seats["jonas"])
    assert "Here: 0 of 3 done." in text_of(olga.get(path))
    clock.forward(timedelta(minutes=11))
    assert "more may wait on the phone" in text_of(olga.get(path))
    cockpit = re.sub("<[^>]+>", "", text_of(olga.get("/events/q4/judging")))
    assert "The device of Jonas is offline; it was here 11 minutes ago." in cockpit
    seen(app, room.seats["jonas"])
    cockpit = re.sub("<[^>]+>", "", text_of(olga.get("/events/q4/judging")))
    assert "Jonas gave the last score" in cockpit


def test_busy_is_noted_shown_on_the_phone_and_ended_there(room, sign_in):
    olga, judith = sign_in(room.cast.olga), sign_in(room.cast.judith)
    place = f"/events/q4/judging/{room.round_id}"
    path = f"{place}/judges/{room.seats['judith']}"
    assert olga.post(f"{path}/away", data={"word": "busy", "reason": ""}).status_code == 422
    form = {"word": "busy", "reason": "A call from the board"}
    assert olga.post(f"{path}/away", data=form).status_code == 303
    page = text_of(olga.get(path))
    assert "3 open projects taken back." in page
    assert "A call from the board" in page
    assert "busy" in text_of(olga.get(place))
    phone = text_of(judith.get(f"{place}/list"))
    assert "An organizer noted that you are busy" in phone
    assert judith.post(f"{place}/here").status_code == 303
    phone = text_of(judith.get(f"{place}/list"))
    assert ("noted that you are" in phone, "0 of 3 done" in phone) == (False, True)
    assert olga.post(f"{path}/back").status_code == 303
    gone = olga.post(f"{path}/away", data={"word": "left", "reason": "Called home"})
    assert gone.status_code == 303
    assert "Give the seat again" in text_of(olga.get(path))
    assert olga.post(f"{path}/link").status_code == 404


def test_paper_is_printed_with_the_rubric_and_entered(room, sign_in):
    olga, place = sign_in(room.cast.olga), f"/events/q4/judging/{room.round_id}"
    page = text_of(olga.get(f"{place}/paper?judge={room.seats['jonas']}"))
    assert "3 sheets for" in page
    assert page.count('scope="row">Impact') == 3
    path = f"{place}/judges/{room.seats['jonas']}/paper/{room.projects['foxes']}"
    assert "Paper sheet of Jonas" in text_of(olga.get(path))
    assert olga.post(path, data={"reason": "x"}).status_code == 422
    form = {"value-impact": "4", "value-works": "9", "reason": "Paper"}
    refused = olga.post(path, data=form)
    assert (refused.status_code, "Scores go from 1 to 5" in text_of(refused)) == (422, True)
    answer = olga.post(path, data={**form, "value-works": "5"})
    assert answer.status_code == 303
    assert "2 rows entered" in text_of(olga.get(answer.location))
    assert olga.get(f"{place}/judges/{room.seats['jonas']}/paper/999").status_code == 404


def test_the_page_of_an_absent_judge_offers_the_way_back_first_and_asks_before_the_last_step(
    room, sign_in
):
    olga = sign_in(room.cast.olga)
    path = f"/events/q4/judging/{room.round_id}/judges/{room.seats['jonas']}"
    olga.post(f"{path}/away", data={"word": "absent", "reason": "Missed the train"})
    page = text_of(olga.get(path))
    assert page.index("Here again") < page.index("Show the QR code") < page.index("End the seat")
    assert 'data-confirm="The seat ends' in page
    assert page.count("not on the list") == 3
    olga.post(f"{path}/away", data={"word": "left", "reason": "Went home"})
    page = text_of(olga.get(path))
    assert "This judge left without scoring a project." in page
