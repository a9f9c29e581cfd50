"""The pages: promote, board, proposal, calendar; few statements, plain forms, for whom."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from backlog.scene import counted, do, promote_first
from icalendar import Calendar

from hackathon.backlog.models import Proposal
from hackathon.backlog.service import plans, promotion
from hackathon.projects.models import Project
from hackathon.shared.db import reading, transaction


@pytest.fixture
def found(app, won_stage):
    with app.app_context():
        return promote_first(won_stage)


def state_of(app, proposal_id):
    with app.app_context():
        return reading().get(Proposal, proposal_id).state


def test_the_winners_are_promoted_with_one_form(app, won_stage, sign_in):
    olga = sign_in(won_stage.cast.olga)
    page = olga.get("/events/q4/results/promote").get_data(as_text=True)
    assert "3 winners wait" in page
    assert "Menu oracle" in page
    one, two = won_stage.projects[:2]
    answer = olga.post(
        "/events/q4/results/promote",
        data={
            "project": [one, two], f"owner-{one}": "owen@example.com", f"owner-{two}": "",
            "holder": won_stage.cast.lena.id, "held_until": "2026-12-07",
        },
    )  # fmt: skip
    assert answer.location == "/backlog"
    page = olga.get("/events/q4/results/promote").get_data(as_text=True)
    assert page.count("In the backlog") == 2
    board = olga.get("/backlog").get_data(as_text=True)
    assert "no owner, held by Lena" in board
    assert "Owen" in board


@pytest.mark.parametrize("day", ["", "soon", "2026-11-23", "2027-11-23"])
def test_what_was_typed_stays_when_nothing_is_promoted(app, won_stage, sign_in, day):
    olga = sign_in(won_stage.cast.olga)
    one = won_stage.projects[0]
    answer = olga.post(
        "/events/q4/results/promote",
        data={"project": [one], f"owner-{one}": "", "holder": "8", "held_until": day},
    )
    assert answer.status_code == 422
    assert "Nothing was saved" in answer.get_data(as_text=True)
    with app.app_context():
        assert reading().scalar(sa.select(sa.func.count(Proposal.id))) == 0


def test_a_wrong_owner_is_named_at_the_field(app, won_stage, sign_in):
    one = won_stage.projects[0]
    answer = sign_in(won_stage.cast.olga).post(
        "/events/q4/results/promote",
        data={"project": [one], f"owner-{one}": "nobody@example.com"},
    )
    page = answer.get_data(as_text=True)
    assert "Nobody here has the address nobody@example.com" in page
    assert f'id="owner-{one}-error"' in page
    assert 'value="nobody@example.com"' in page


def test_another_project_is_nominated(app, won_stage, sign_in):
    olga = sign_in(won_stage.cast.olga)
    typed = {"project": won_stage.projects[3], "owner": "owen@example.com", "reason": ""}
    assert olga.post("/events/q4/results/nominate", data=typed).status_code == 422
    assert olga.post("/events/q4/results/nominate", data={"project": "x"}).status_code == 409
    answer = olga.post("/events/q4/results/nominate", data=typed | {"reason": "Sales wants it."})
    assert answer.location == "/backlog/1"
    assert "Nominated: " in olga.get("/events/q4/results/promote").get_data(as_text=True)


def test_there_is_nothing_to_promote_before_the_reveal(app, stage, sign_in):
    answer = sign_in(stage.olga).get("/events/q4/results/promote")
    assert answer.status_code == 409
    assert "after the reveal" in answer.get_data(as_text=True)


def test_the_owner_plans_accepts_and_answers_a_check_in(app, won_stage, found, sign_in):
    owen = sign_in(won_stage.cast.owen)
    page = owen.get(f"/backlog/{found}").get_data(as_text=True)
    for words in ("Decide by", "22 December 2026", "Place 1 of 4", "Owen (you)", "Handover"):
        assert words.casefold() in page.casefold()
    at = f"/backlog/{found}"
    early = owen.post(f"{at}/move/accept", data={"version": "1"})
    assert early.status_code == 409
    assert "success criteria" in early.get_data(as_text=True)
    plan = {"version": "1", "criteria": "Hours a week: 30 to 10", "time_box_days": "60"}
    assert owen.post(f"{at}/plan", data=plan).status_code == 303
    assert owen.post(f"{at}/plan", data=plan).status_code == 409
    assert owen.post(f"{at}/move/accept", data={"version": "2"}).status_code == 303
    assert state_of(app, found) == "accepted"
    answer = {"changed": "Handed over", "number_now": "30", "in_the_way": "Nothing"}
    assert owen.post(f"{at}/check-ins/7d", data=answer).status_code == 303
    assert owen.post(f"{at}/check-ins/7d", data=answer).status_code == 409
    assert owen.post(f"{at}/check-ins/30d", data={"changed": ""}).status_code == 422
    page = owen.get(at).get_data(as_text=True)
    assert "Handed over" in page
    assert "answered" in page


def test_stopping_asks_for_the_learning_card_and_shows_it(app, won_stage, found, sign_in):
    owen = sign_in(won_stage.cast.owen)
    at = f"/backlog/{found}"
    plan = {"version": "1", "criteria": "Hours", "time_box_days": "60"}
    owen.post(f"{at}/plan", data=plan)
    owen.post(f"{at}/move/accept", data={"version": "2"})
    missing = owen.post(f"{at}/move/stop", data={"version": "3", "tried": "A model"})
    assert missing.status_code == 422
    assert "The learning card needs it" in missing.get_data(as_text=True)
    card = {"tried": "A model", "learned": "Half are photographs.", "who_should_know": "Accounting"}
    assert owen.post(f"{at}/move/stop", data={"version": "3", **card}).status_code == 303
    assert "Half are photographs." in owen.get("/backlog").get_data(as_text=True)
    assert "Learning card" in owen.get(at).get_data(as_text=True)


def test_an_idea_is_written_once_and_proposed(app, stage, sign_in):
    pia = sign_in(stage.pia)
    assert "Nothing in the backlog yet" in pia.get("/backlog").get_data(as_text=True)
    assert pia.get("/backlog/new").status_code == 200
    assert pia.post("/backlog/new", data={"title": " "}).status_code == 422
    idea = {
        "title": "Lunch bot", "problem": "Queues", "approach": "Order ahead",
        "impact": "Minutes a day", "needs": "A week", "once": "k1",
    }  # fmt: skip
    first, second = (pia.post("/backlog/new", data=idea).location for _ in range(2))
    assert first == second == "/backlog/1"
    assert sign_in(stage.ada).get("/backlog/1").status_code == 404
    page = {**idea, "title": "Lunch robot", "version": "1"}
    assert pia.post("/backlog/1/page", data=page).status_code == 303
    assert pia.post("/backlog/1/page", data=page).status_code == 409
    assert pia.post("/backlog/1/move/propose", data={"version": "2"}).status_code == 303
    assert "Lunch robot" in sign_in(stage.ada).get("/backlog/1").get_data(as_text=True)
    mine = sign_in(stage.paul).get("/backlog?show=mine").get_data(as_text=True)
    assert "Lunch robot" not in mine


@pytest.mark.parametrize(
    "bad",
    [
        ("move/dance", {}, 404),
        ("move/accept", {"version": "x"}, 409),
        ("move/accept", {}, 409),
        ("move/park", {"version": "1", "revisit_on": "soon"}, 422),
        ("move/merge", {"version": "1", "target": "x"}, 422),
        ("move/start", {"version": "1"}, 409),
        ("plan", {"version": "1", "criteria": "a", "time_box_days": "many"}, 422),
        ("plan", {"version": "1", "criteria": "a", "time_box_days": "9" * 30}, 422),
        ("owner", {"version": "1", "owner": "paul@example.com"}, 422),
        ("page", {"version": "1", "title": "T" * 121}, 422),
        ("check-ins/8d", {"changed": "a", "number_now": "b", "in_the_way": "c"}, 404),
    ],
)
def test_bad_input_is_answered_in_words(app, won_stage, found, sign_in, bad):
    path, data, status = bad
    answer = sign_in(won_stage.cast.owen).post(f"/backlog/{found}/{path}", data=data)
    assert answer.status_code == status
    assert state_of(app, found) == "in_review"


@pytest.mark.parametrize("who", ["paul", "pia", "rita", "judith"])
def test_others_read_and_change_nothing(app, won_stage, found, sign_in, who):
    client = sign_in(getattr(won_stage.cast, who))
    at = f"/backlog/{found}"
    page = client.get(at).get_data(as_text=True)
    assert "Invoice reader" in page
    assert "Decline" not in page
    why = {"version": "1", "code": "not_now", "reason": "Accounting moves to another system."}
    assert client.post(f"{at}/move/decline", data=why).status_code == 403
    plan = {"version": "1", "criteria": "a", "time_box_days": "9"}
    assert client.post(f"{at}/plan", data=plan).status_code == 403
    owner = {"version": "1", "owner": "judith@example.com", "reason": "She will."}
    assert client.post(f"{at}/owner", data=owner).status_code == 403
    assert state_of(app, found) == "in_review"


def test_the_owner_is_changed_on_the_page(app, won_stage, found, sign_in):
    owner = {"version": "1", "owner": "judith@example.com", "reason": "She runs accounting."}
    assert (
        sign_in(won_stage.cast.olga).post(f"/backlog/{found}/owner", data=owner).status_code == 303
    )
    assert "Judith (you)" in sign_in(won_stage.cast.judith).get(f"/backlog/{found}").get_data(
        as_text=True
    )


# --- calendar, CSV, statements -----------------------------------------------------------


def test_the_calendar_is_valid_folded_and_keeps_its_ids(app, won_stage, sign_in):
    title = "Läger, Mängel; und\\oder sehr lange Überschriften in einer Zeile, die gefaltet wird"
    with app.app_context(), transaction() as session:
        session.execute(
            sa.text("UPDATE projects SET key = 'x' WHERE id = :id"), {"id": won_stage.projects[0]}
        )
    with app.app_context():
        found = promote_first(won_stage)
        with transaction() as session:
            session.get_one(Proposal, found).title = title
    owen = sign_in(won_stage.cast.owen)
    first, second = (owen.get(f"/backlog/{found}/calendar.ics").data for _ in range(2))
    assert first == second
    assert first.count(b"\n") == first.count(b"\r\n")
    assert all(len(line) <= 75 for line in first.split(b"\r\n"))
    events = Calendar.from_ical(first).walk("VEVENT")
    assert len(events) == 7
    assert str(events[0]["summary"]) == f"Handover: {title}"
    assert str(events[0]["uid"]) == f"proposal-{found}-7d@hackathon"
    assert b"DTSTART;VALUE=DATE:20261129" in first


def test_the_board_comes_as_csv_with_formulas_disarmed(app, won_stage, found, sign_in):
    with app.app_context(), transaction() as session:
        session.get_one(Proposal, found).title = "=1+1"
    text = sign_in(won_stage.cast.owen).get("/backlog.csv").get_data(as_text=True)
    assert '"\'=1+1"' in text


@pytest.mark.parametrize("size", [1, 3])
def test_each_page_takes_at_most_twelve_statements_however_full(
    app, won_stage, sign_in, size, clock
):
    with app.app_context():
        choices = [
            promotion.Choice(one, owner="owen@example.com") for one in won_stage.projects[:size]
        ]
        do(promotion.promote, won_stage.cast.olga, event_id=won_stage.event_id, choices=choices)
    clock.forward(timedelta(days=40))
    for who in ("olga", "owen", "lena"):
        client = sign_in(getattr(won_stage.cast, who))
        for path in ("/backlog", "/backlog/1", "/backlog/1/calendar.ics", "/backlog/new"):
            with counted(app) as seen:
                assert client.get(path).status_code == 200
            assert len(seen) <= 12, (path, len(seen))


def test_promote_page_statements(app, won_stage, sign_in):
    client = sign_in(won_stage.cast.olga)
    with counted(app) as seen:
        assert client.get("/events/q4/results/promote").status_code == 200
    assert len(seen) <= 12, "\n".join(seen)


def test_a_withdrawn_project_leaves_the_promote_page(app, won_stage, sign_in, clock):
    with app.app_context(), transaction() as session:
        session.get_one(Project, won_stage.projects[0]).withdrawn_at = clock.moment
    page = sign_in(won_stage.cast.olga).get("/events/q4/results/promote").get_data(as_text=True)
    assert "Invoice reader" not in page
    assert plans.MOST_CRITERIA == 5
