"""Screens, files and commands with two currencies: one at a time, never a sum (edge 48)."""

import json
import re

import pytest
from click.testing import CliRunner
from make import cents, make_team
from sqlalchemy import event as sa_event

from hackathon.credits.commands import credits_
from hackathon.credits.queries.board import board_of
from hackathon.credits.queries.lines import team_line
from hackathon.credits.service import budgets, grants, spend
from hackathon.events.models import Event
from hackathon.office.commands import verify
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.db import db, reading, transaction
from hackathon.shared.jobs import follow_facts
from hackathon.shared.notices import notices_of
from hackathon.teams.models import Membership

CREDITS = "/events/q4/credits"
PLAN = "/quarters/plan/2026"
EUR = {"currency": "EUR"}


@pytest.fixture
def owls(app, stage):
    """Paul's Owls with $200 of a pool of $1,000; Bees with nothing."""
    with app.app_context(), transaction() as session:
        more = {"event_id": stage.event_id}
        owls, bees = (make_team(session, stage.event_id, name) for name in ("Owls", "Bees"))
        session.add(Membership(**more, team_id=owls.id, person_id=stage.paul.id))
        owls.captain_id = stage.paul.id
        budgets.set_budget(session, COMMAND_LINE, **more, amount=cents(3000))
        budgets.fund(session, COMMAND_LINE, **more, amount=cents(1000))
        grants.grant(
            session, COMMAND_LINE, **more, team_id=owls.id, amount=cents(200), reason="Start"
        )
        return owls.id, bees.id


@pytest.fixture
def both(stage, owls, sign_in):
    """By forms: a budget of 2,000.00 EUR, a pool of 500.00 EUR, and 120.00 EUR for Owls."""
    lead, olga = sign_in(stage.lena), sign_in(stage.olga)
    lead.post(f"{PLAN}/other", data={"quarter": "2026-Q4", "currency": "eur", "amount": "2,000"})
    olga.post(f"{CREDITS}/fund", data={"amount": "500", **EUR})
    olga.post(
        f"{CREDITS}/grants", data={"team": owls[0], "amount": "120", "reason": "In Europe", **EUR}
    )
    return owls


def text(answer):
    return answer.get_data(as_text=True)


def amounts(page):
    """What a page says in dollars, and what in euros."""
    body = re.sub(r"<[^>]+>", " ", page.split("<main", 1)[1])
    return re.findall(r"\$[\d,.]+\d", body), re.findall(r"[\d,.]+\d EUR", body)


def test_a_program_lead_adds_a_budget_in_another_currency(app, stage, owls, sign_in):
    client = sign_in(stage.lena)
    assert "Add a budget in another currency" in text(client.get(PLAN))
    done = client.post(
        f"{PLAN}/other",
        data={"quarter": "2026-Q4", "currency": " eur", "amount": "1500"},
        follow_redirects=True,
    )
    page = text(done)
    assert "The budget of 2026-Q4 in EUR is set." in page
    assert "A quarter usually has 2,000 EUR to 5,000 EUR; 1,500.00 EUR is less." in page
    assert "1,500.00 EUR planned for 2026" in page
    assert "$" not in "".join(amounts(page)[0])
    assert "$3,000.00 planned for 2026" in text(client.get(PLAN))
    files = [text(client.get(f"{PLAN}/plan.csv{query}")) for query in ("", "?currency=EUR")]
    assert ['"2026-Q4",3000' in files[0], '"2026-Q4",1500' in files[1]] == [True, True]
    client.post(f"{PLAN}/budget", data={"quarter": "2026-Q4", "amount": "1800", **EUR})
    client.post(
        f"{PLAN}/transfer",
        data={"source": "2026-Q4", "target": "2027-Q1", "amount": "300", "reason": "Later", **EUR},
    )
    page = text(client.get(f"{PLAN}?currency=EUR"))
    assert "1,500.00 EUR planned for 2026" in page
    assert "<strong>300.00 EUR</strong> 2026-Q4" in page
    assert "<strong>300.00" not in text(client.get(PLAN))


@pytest.mark.parametrize(
    ("name", "said"),
    [("EURO", "three letters"), ("XYZ", "three letters"), ("JPY", "two decimals"), ("", "Name it")],
)
def test_what_is_no_currency_stands_at_its_field(stage, owls, sign_in, name, said):
    answer = sign_in(stage.lena).post(
        f"{PLAN}/other", data={"quarter": "2026-Q4", "currency": name, "amount": "1500"}
    )
    assert answer.status_code == 422
    assert said in text(answer)


def test_only_program_leads_add_a_currency(stage, owls, sign_in):
    data = {"quarter": "2026-Q4", "currency": "EUR", "amount": "1500"}
    assert sign_in(stage.olga).post(f"{PLAN}/other", data=data).status_code == 403
    answer = sign_in(stage.olga).post(f"{CREDITS}/fund", data={"amount": "5", **EUR})
    assert answer.status_code == 404


def test_with_one_currency_no_page_speaks_of_another(stage, owls, sign_in):
    client = sign_in(stage.olga)
    for path in (
        "",
        "/pool",
        "/forecast",
        "/requests",
        f"/teams/{owls[0]}",
        f"/teams/{owls[0]}/costs",
    ):
        page = text(client.get(CREDITS + path))
        assert 'aria-label="Currency"' not in page
        assert 'name="currency"' not in page
        assert "EUR" not in page
    assert "others" not in client.get("/api/v1/events/q4/credits").json


def test_edge_48_the_board_shows_one_currency_at_a_time(stage, both, sign_in):
    client = sign_in(stage.olga)
    main, other = text(client.get(CREDITS)), text(client.get(f"{CREDITS}?currency=EUR"))
    assert amounts(main)[1] == []
    assert amounts(other)[0] == []
    assert "$800.00" in main
    assert "380.00 EUR" in other
    assert 'name="currency" value="EUR"' in other
    assert "Amount in EUR" in other
    assert "Amount in dollars" in main
    assert "In EUR</a>: No data yet of 1 team with credits" in main
    assert "In USD</a>: No data yet of 1 team with credits" in other
    assert client.get(f"{CREDITS}?currency=CHF").status_code == 404
    assert client.get(f"{CREDITS}?currency=x").status_code == 404


def test_every_form_of_the_board_works_in_the_second_currency(app, stage, both, sign_in):
    client, (own, other) = sign_in(stage.olga), both
    steps = [
        ("budget", {"amount": "2500"}, "The budget is set."),
        ("fund", {"amount": "100"}, "The pool has 100.00 EUR more."),
        ("split", {"amount": "80", "reason": "Equal"}, "2 teams got 40.00 EUR each."),
        ("readings", {"team": own, "source": "OVH", "total": "9"}, "OVH shows 9.00 EUR so far"),
        ("charges", {"team": other, "source": "OVH", "amount": "41"}, "41.00 EUR charged."),
        (f"teams/{own}/return", {"amount": "10"}, "10.00 EUR returned to the pool."),
    ]
    for path, data, said in steps:
        answer = client.post(f"{CREDITS}/{path}", data=data | EUR, follow_redirects=True)
        assert (answer.status_code, said in text(answer)) == (200, True), (path, text(answer))
        assert answer.request.args["currency"] == "EUR"
    refused = client.post(
        f"{CREDITS}/grants", data={"team": own, "amount": "9999", "reason": "More", **EUR}
    )
    assert (refused.status_code, "Only 410.00 EUR is left in the pool" in text(refused)) == (
        409, True,
    )  # fmt: skip
    assert "Amount in EUR" in text(refused)
    with app.app_context():
        found = [
            (
                board_of(reading(), reading().get(Event, 1), unit).pool,
                team_line(reading(), 1, own, unit),
            )
            for unit in ("USD", "EUR")
        ]
        assert [pool for pool, _ in found] == [cents(800), cents(410)]
        assert [row.granted for _, row in found] == [cents(200), cents(150)]


def test_edge_48_a_member_reads_each_currency_on_the_statement(app, stage, both, sign_in):
    owls = both[0]
    client, olga = sign_in(stage.paul), sign_in(stage.olga)
    statement = f"{CREDITS}/teams/{owls}"
    main, other = text(client.get(statement)), text(client.get(f"{statement}?currency=EUR"))
    assert ("$200.00 left" in main, "120.00 EUR left" in other) == (True, True)
    assert (amounts(main)[1], amounts(other)[0]) == ([], [])
    assert 'aria-label="Currency"' in main
    asked = client.post(
        f"{statement}/ask",
        data={"amount": "30", "kind": "gpu", "reason": "One more run", **EUR},
        follow_redirects=True,
    )
    assert "<strong>30.00 EUR</strong> GPU hours" in text(asked)
    page = text(olga.get(f"{CREDITS}/requests"))
    assert "$800.00 and 380.00 EUR can be granted" in page
    assert "Above $500.00 or 500.00 EUR a second person agrees" in page
    assert "Amount in EUR" in page
    olga.post(f"{CREDITS}/requests/1", data={"amount": "30", "deed": "approve"})
    assert "150.00 EUR left" in text(client.get(f"{statement}?currency=EUR"))
    paused = olga.post(
        f"{statement}/state?currency=EUR", data={"state": "paused", "reason": "Wait"},
        follow_redirects=True,
    )  # fmt: skip
    assert "150.00 EUR left" in text(paused)
    refused = olga.post(
        f"{CREDITS}/entries/4/reverse?currency=EUR", data={"reason": "", "team": owls, "entry": 4}
    )
    assert "Reverse 120.00 EUR" in text(refused)
    with app.app_context():
        follow_facts(app)
        told = [row.text for row in notices_of(reading(), stage.paul.id)]
    assert "Owls got 120.00 EUR of credits." in told
    assert any("your request for 30.00 EUR got 30.00 EUR" in row for row in told)


def test_edge_48_files_and_json_keep_currencies_apart(app, stage, both, sign_in):
    client, owls = sign_in(stage.olga), both[0]
    for amount, unit in ((12, "USD"), (34, "EUR")):
        client.post(
            f"{CREDITS}/charges",
            data={"team": owls, "source": "OVH", "amount": amount, "currency": unit},
        )
    for path, first, second in (
        ("board.csv", '"Owls",200', '"Owls",120'),
        ("chargeback.csv", '"Owls","OVH",12.00,12,"USD"', '"Owls","OVH",34.00,34,"EUR"'),
        ("forecast.csv", '"granted","",200', '"granted","",120'),
        (f"teams/{owls}/costs.csv", "12", "34"),
    ):
        one, two = client.get(f"{CREDITS}/{path}"), client.get(f"{CREDITS}/{path}?currency=EUR")
        assert (first in text(one), second in text(two)) == (True, True), (text(one), text(two))
        assert second not in text(one)
        assert "EUR" in two.headers["Content-Disposition"]
    found = client.get("/api/v1/events/q4/credits").json
    assert [row["granted"] for row in found["teams"] if row["id"] == owls] == [cents(200)]
    (other,) = found["others"]
    assert (other["currency"], [row["granted"] for row in other["teams"]]) == (
        "EUR",
        [0, cents(120)],
    )


def test_edge_48_home_and_report_have_a_line_a_currency(stage, both, sign_in):
    home = text(sign_in(stage.paul).get("/"))
    assert ("$200" in home, "120 EUR" in home) == (True, True)
    assert "currency=EUR" in home
    page = text(sign_in(stage.lena).get("/quarters/2026-Q4"))
    assert "A prototype costs, in dollars" in page
    body = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "Granted to teams $200.00" in body
    assert "Granted to teams 120.00 EUR" in body
    file = text(sign_in(stage.lena).get("/quarters/2026-Q4/report.csv"))
    assert '"money, micros","granted",200000000' in file
    assert '"money, micros EUR","granted",120000000' in file


def test_commands_print_and_grant_each_currency(app, stage, both):
    def run(group, *arguments):
        with app.app_context():
            return CliRunner().invoke(group, arguments)

    given = ("grant", "q4", "Bees", "7.50", "--reason", "In Europe", "--currency", "eur")
    assert run(credits_, *given).output == "Bees has 7.50 EUR more.\n"
    board = json.loads(run(credits_, "board", "q4", "--json").output)
    assert (board["currency"], board["pool"]) == ("USD", "800")
    assert [(row["currency"], row["pool"]) for row in board["others"]] == [("EUR", "372.5")]
    shown = run(credits_, "board", "q4").output
    assert "500.00 EUR of 2,000.00 EUR in pools; this pool holds 372.50 EUR." in shown
    assert run(credits_, *given[:-1], "YEN").exit_code == 1
    assert run(verify).output == "Everything fits.\n"


def test_a_posting_in_one_currency_moves_the_bars_of_that_one(app, stage, both, connect, tick):
    olga, paul = connect(stage.olga), connect(stage.paul)
    for client in (olga, paul):
        client.emit("credits.watch", {"event": "q4"}, callback=True)
    with app.app_context(), transaction() as session:
        spend.record_charge(
            session, COMMAND_LINE, event_id=stage.event_id, team_id=both[0], source="OVH",
            amount=cents(20), **EUR,
        )  # fmt: skip
    tick()
    for client, rows in ((olga, {"pool:EUR", f"{both[0]}:EUR"}), (paul, {f"{both[0]}:EUR"})):
        pushed = [
            row["args"][0] for row in client.get_received() if row["name"] == "credits.changed"
        ]
        assert {row["id"] for row in pushed[0]["rows"]} == rows
        assert pushed[0]["rows"][-1]["cents_left"] == "100.00 EUR left"


def test_no_page_of_two_currencies_needs_more_than_twelve_statements(app, stage, both, sign_in):
    with app.app_context():
        engine = db.engine
    statements = []
    sa_event.listen(engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    olga, lead, paul = sign_in(stage.olga), sign_in(stage.lena), sign_in(stage.paul)
    for client, path in (
        (olga, CREDITS),
        (olga, f"{CREDITS}/teams/{both[0]}"),
        (paul, f"{CREDITS}/teams/{both[0]}"),
        (olga, f"{CREDITS}/teams/{both[0]}/costs"),
        (olga, f"{CREDITS}/pool"),
        (olga, f"{CREDITS}/forecast"),
        (olga, f"{CREDITS}/requests"),
        (lead, PLAN),
        (paul, "/"),
    ):
        for query in ("", "?currency=EUR"):
            client.get(path + query)
            statements.clear()
            assert client.get(path + query).status_code == 200
            asked = [row for row in statements if row.startswith(("SELECT", "WITH"))]
            assert 3 <= len(asked) <= 12, (path, asked)
