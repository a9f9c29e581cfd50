"""The pages of requests, states, forecast and plan, as people use them."""

import json
import re
from datetime import timedelta

import pytest
from make import cents, make_team
from sqlalchemy import event as sa_event

from hackathon.credits.queries.board import board_of
from hackathon.credits.queries.lines import team_line
from hackathon.credits.service import budgets, grants, holds, requests, spend, tokens
from hackathon.events.models import Event
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.clock import now
from hackathon.shared.db import db, reading, transaction
from hackathon.teams.models import Membership, Team

CREDITS = "/events/q4/credits"


@pytest.fixture
def owls(app, stage):
    """Paul's team with $200 of a pool of $1,000, and Bees with nothing."""
    with app.app_context(), transaction() as session:
        more = {"event_id": stage.event_id}
        owls, bees = (make_team(session, stage.event_id, name) for name in ("Owls", "Bees"))
        session.add(Membership(**more, team_id=owls.id, person_id=stage.paul.id))
        budgets.set_budget(session, COMMAND_LINE, **more, amount=cents(3000))
        budgets.fund(session, COMMAND_LINE, **more, amount=cents(1000))
        grants.grant(
            session, COMMAND_LINE, **more, team_id=owls.id, amount=cents(200), reason="Start"
        )
        return owls.id, bees.id


def text(answer):
    return answer.get_data(as_text=True)


def line(app, stage, team_id):
    with app.app_context():
        return team_line(reading(), stage.event_id, team_id)


def test_a_member_asks_on_the_statement_and_an_organizer_decides(app, stage, owls, sign_in):
    paul, olga = sign_in(stage.paul), sign_in(stage.olga)
    own = f"{CREDITS}/teams/{owls[0]}"
    assert "Ask for credits" in text(paul.get(own))
    wrong = paul.post(f"{own}/ask", data={"amount": "5", "kind": "gpu", "reason": ""})
    assert (wrong.status_code, "Say what you need it for." in text(wrong)) == (422, True)
    asked = {"amount": "800", "kind": "gpu", "reason": "Two more runs"}
    assert paul.post(f"{own}/ask", data=asked).status_code == 303
    assert "1 request for credits waits" in text(olga.get(CREDITS))
    page = text(olga.get(f"{CREDITS}/requests"))
    assert "Two more runs" in page
    assert "Agree, ask a second person" in page
    answer = olga.post(f"{CREDITS}/requests/1", data={"amount": "900", "deed": "approve"})
    assert (answer.status_code, "At most $800.00" in text(answer)) == (422, True)
    olga.post(f"{CREDITS}/requests/1", data={"amount": "800", "deed": "approve"})
    assert "You agreed; a second person decides." in text(olga.get(f"{CREDITS}/requests"))
    lena = sign_in(stage.lena)
    assert lena.post(f"{CREDITS}/requests/1", data={"amount": "800"}).status_code == 303
    assert line(app, stage, owls[0]).granted == cents(1000)
    paul.post(f"{own}/ask", data=asked)
    answer = olga.post(f"{CREDITS}/requests/2", data={"deed": "refuse"})
    assert (answer.status_code, "Say why" in text(answer)) == (422, True)
    olga.post(f"{CREDITS}/requests/2", data={"deed": "refuse", "reason": "The pool is empty"})
    assert "The pool is empty" in text(paul.get(own))
    assert "No request waits" in text(olga.get(f"{CREDITS}/requests"))


def test_an_organizer_pauses_and_the_team_reads_who_and_why(app, stage, owls, sign_in):
    olga, own = sign_in(stage.olga), f"{CREDITS}/teams/{owls[0]}"
    assert olga.post(f"{own}/state", data={"state": "paused"}).status_code == 422
    assert olga.post(f"{own}/state", data={"state": "gone", "reason": "x y"}).status_code == 422
    olga.post(f"{own}/state", data={"state": "paused", "reason": "Their key leaked"})
    page = text(sign_in(stage.paul).get(own))
    assert "Paused: no new holds." in page
    assert "Their key leaked" in page
    assert "Olga" in page
    assert "paused" in text(olga.get(CREDITS))


def test_after_the_end_all_close_but_those_with_open_readings_and_the_rest_is_carried(
    app, stage, owls, sign_in, clock
):
    with app.app_context(), transaction() as session:
        spend.record_reading(
            session, COMMAND_LINE, event_id=stage.event_id, team_id=owls[1], source="AWS",
            total=cents(3),
        )  # fmt: skip
    olga = sign_in(stage.olga)
    assert "Close the credits of all teams" not in text(olga.get(CREDITS))
    clock.forward(timedelta(days=3))
    olga = sign_in(stage.olga)
    assert "Close the credits of all teams" in text(olga.get(CREDITS))
    assert olga.post(f"{CREDITS}/close", data={}).status_code == 422
    page = text(
        olga.post(f"{CREDITS}/close", data={"reason": "All bills are in"}, follow_redirects=True)
    )
    assert "1 team closed. Readings without a charge keep open: Bees." in page
    wrong = olga.post(f"{CREDITS}/carry", data={"amount": "1001", "reason": "Spring"})
    assert (wrong.status_code, "Only $1,000.00" in text(wrong)) == (409, True)
    done = olga.post(f"{CREDITS}/carry", data={"reason": "Spring"}, follow_redirects=True)
    assert "$1,000.00 carried over to the next quarter." in text(done)
    with app.app_context():
        assert board_of(reading(), reading().get(Event, stage.event_id)).pool == 0
    assert "$1,000.00" in text(sign_in(stage.lena).get("/quarters/plan/2027"))
    assert "Carried to the next quarter" in text(olga.get(f"{CREDITS}/pool"))


def test_a_split_by_member_says_who_got_how_much(app, stage, owls, sign_in):
    with app.app_context(), transaction() as session:
        more = {"event_id": stage.event_id}
        session.add(Membership(**more, team_id=owls[1], person_id=stage.pia.id))
        session.add(Membership(**more, team_id=owls[1], person_id=stage.jonas.id))
    done = sign_in(stage.olga).post(
        f"{CREDITS}/split", data={"by": "member", "amount": "30", "reason": "By head"},
        follow_redirects=True,
    )  # fmt: skip
    assert "2 teams got $10.00 to $20.00." in text(done)


def test_program_leads_plan_the_year(stage, owls, sign_in):
    lena = sign_in(stage.lena)
    path = "/quarters/plan/2026"
    page = text(lena.get("/quarters/plan"))
    assert "$3,000.00 planned for 2026, $1,000.00 of it in pools." in page
    done = lena.post(
        f"{path}/budget", data={"quarter": "2026-Q1", "amount": "1500"}, follow_redirects=True
    )
    assert "The budget of 2026-Q1 is set. A quarter usually has" in text(done)
    wrong = lena.post(f"{path}/budget", data={"quarter": "2026-Q4", "amount": "999"})
    assert (wrong.status_code, "pools already have" in text(wrong)) == (409, True)
    asked = {"source": "2026-Q4", "target": "2027-Q1", "amount": "500", "reason": "Spring"}
    assert "$500.00 moved to 2027-Q1." in text(
        lena.post(f"{path}/transfer", data=asked, follow_redirects=True)
    )
    wrong = lena.post(f"{path}/transfer", data=asked | {"amount": "1500.01"})
    assert (wrong.status_code, "Only $1,500.00 of 2026-Q4" in text(wrong)) == (409, True)
    rows = text(lena.get(f"{path}/plan.csv")).splitlines()
    assert rows[4].startswith('"2026-Q4",2500,1000,0,1500')
    assert lena.get("/quarters/plan/1").status_code == 404
    assert 'href="/quarters/plan"' in text(lena.get("/quarters"))
    assert 'href="/quarters/plan"' not in text(sign_in(stage.olga).get("/quarters"))


def test_the_forecast_is_words_a_chart_and_a_file_of_the_same_figures(
    app, stage, owls, sign_in, clock
):
    olga = sign_in(stage.olga)
    assert "not enough data" in text(olga.get(f"{CREDITS}/forecast"))
    for hour in range(4):
        clock.forward(timedelta(hours=1))
        with app.app_context(), transaction() as session:
            spend.record_reading(
                session, COMMAND_LINE, event_id=stage.event_id, team_id=owls[0], source="AWS",
                total=cents(10 * hour), seen_at=now(),
            )  # fmt: skip
    page = text(olga.get(f"{CREDITS}/forecast"))
    assert "Near the limit: Owls." in page
    assert "about <strong>$300</strong>, $300 to $300" in page
    data = json.loads(re.search(r'id="chart-data">(.*?)</script>', page)[1])
    assert [y for _, y in data["known"]] == [0, 10, 20, 30]
    assert data["tails"]["mid"][1][1] == 300
    assert (data["limit"], data["zone"]) == (200, "Europe/Berlin")
    rows = text(olga.get(f"{CREDITS}/forecast.csv")).splitlines()
    assert '"Owls","at the end, mid","2026-11-22T16:00:00.000000Z",300' in rows
    assert "Used over time" in text(sign_in(stage.paul).get(f"{CREDITS}/teams/{owls[0]}"))


def test_edge_36_a_team_with_spend_is_archived_and_never_deleted(app, stage, owls):
    with (
        app.app_context(),
        pytest.raises(Exception, match="FOREIGN KEY"),
        transaction() as session,
    ):
        session.delete(session.get(Team, owls[0]))


@pytest.mark.parametrize("count", [10, 198])
def test_no_page_needs_more_than_twelve_statements(app, stage, owls, sign_in, count):
    with app.app_context(), transaction() as session:
        more = {"event_id": stage.event_id}
        session.get_one(Team, owls[0]).captain_id = stage.paul.id
        teams = [make_team(session, stage.event_id).id for _ in range(count)]
        grants.split_pool(session, COMMAND_LINE, **more, amount=None, reason="Equal")
        for team_id in [*teams[::10], owls[0]]:
            made, _ = tokens.make_token(session, COMMAND_LINE, **more, team_id=team_id, name="T")
            for number in range(3):
                holds.make_hold(
                    session, token_id=made.id, key=str(number), amount=cents(0.01), source="AWS"
                )
            for hour in range(4):
                spend.record_reading(
                    session, COMMAND_LINE, **more, team_id=team_id, source="AWS",
                    total=cents(1), seen_at=now() - timedelta(hours=hour),
                )  # fmt: skip
            requests.ask(
                session, COMMAND_LINE, **more, team_id=team_id, amount=cents(1), kind="api",
                reason="Because",
            )  # fmt: skip
        engine = db.engine
    statements = []
    sa_event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    for player, path in (
        (stage.olga, CREDITS),
        (stage.olga, f"{CREDITS}/teams/{owls[0]}"),
        (stage.paul, f"{CREDITS}/teams/{owls[0]}"),
        (stage.olga, f"{CREDITS}/requests"),
        (stage.olga, f"{CREDITS}/forecast"),
        (stage.lena, "/quarters/plan/2026"),
    ):
        client = sign_in(player)
        statements.clear()
        assert client.get(path).status_code == 200
        asked = [row for row in statements if not row.startswith(("BEGIN", "PRAGMA", "ROLLBACK"))]
        assert len(asked) <= 12, f"{len(asked)} {path}\n" + "\n".join(row[:300] for row in asked)
