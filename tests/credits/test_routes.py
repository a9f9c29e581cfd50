"""The screens of credits: the organizer's board, a team's statement, JSON, and who sees what."""

import io

import pytest
from make import cents, make_team
from openpyxl import load_workbook
from sqlalchemy import event as sa_event

from hackathon.credits.queries.board import board_of
from hackathon.credits.queries.ledger import wrong_balances
from hackathon.credits.queries.lines import team_line
from hackathon.credits.service import budgets, grants, spend
from hackathon.events.models import Event
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.clock import now
from hackathon.shared.db import db, reading, transaction
from hackathon.shared.jobs import follow_facts
from hackathon.shared.notices import notices_of
from hackathon.teams.models import Membership

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


def pool(app, stage):
    with app.app_context():
        return board_of(reading(), reading().get(Event, stage.event_id)).pool


def test_an_empty_board_says_what_to_do_first(stage, sign_in):
    page = text(sign_in(stage.olga).get(CREDITS))
    assert "2026-Q4 has no budget yet. Set it, or fund the pool." in page
    assert "no data yet (bills arrive 8-24 h late)" in page


def test_the_whole_way_from_budget_to_reversal_by_forms(app, stage, owls, sign_in):
    client, (own, other) = sign_in(stage.olga), owls
    steps = [
        ("budget", {"amount": "4,500"}, "The budget is set."),
        ("fund", {"amount": "500"}, "The pool has $500.00 more."),
        ("grants", {"team": other, "amount": "49.50", "reason": "GPU"}, "$49.50 granted."),
        ("split", {"amount": "0.03", "reason": "Equal"}, "2 teams got $0.01 or a cent more each."),
        ("split", {"amount": "", "reason": "The rest"}, "2 teams got $625.23 or a cent more each."),
        ("readings", {"team": own, "source": "AWS", "total": "0"}, "AWS shows $0.00 so far"),
        (
            "readings",
            {"team": own, "source": "AWS", "total": "80.5", "seen_at": "2026-11-21T09:30"},
            "AWS shows $80.50 so far",
        ),
        (
            "charges",
            {"team": other, "source": "Azure", "amount": "700", "through": "", "reason": "No 7"},
            "$700.00 charged.",
        ),
        (f"teams/{own}/return", {"amount": "100"}, "$100.00 returned to the pool."),
        (f"teams/{own}/return", {}, "returned to the pool."),
        (
            f"teams/{own}/access",
            {"how": "Ask Olga", "link": "https://c.example.com", "until": "2026-12-01"},
            "The team can read it now.",
        ),
        ("entries/1/reverse", {"reason": "Too much"}, "$1,000.00 reversed."),
    ]
    for path, data, said in steps:
        if path == "entries/1/reverse":
            client.post(f"{CREDITS}/fund", data={"amount": "1000"})
        answer = client.post(f"{CREDITS}/{path}", data=data, follow_redirects=True)
        assert (answer.status_code, said in text(answer)) == (200, True), (path, text(answer))
    with app.app_context():
        assert wrong_balances(reading()) == []
    page = text(client.get(f"{CREDITS}/teams/{other}"))
    assert "charged beyond the grant" in page
    assert "More used than granted: Bees." in text(client.get(CREDITS))
    assert "Ask Olga" in text(client.get(f"{CREDITS}/teams/{own}"))


@pytest.mark.parametrize(
    "case",
    [
        ("grants", {"team": 1, "amount": "800.01", "reason": "More"}, 409, "Only $800.00 is left"),
        ("grants", {"team": 1, "amount": "1.001", "reason": "More"}, 422, "whole cents"),
        ("grants", {"team": 1, "amount": "x", "reason": "More"}, 422, "Type an amount like"),
        ("grants", {"team": 1, "amount": "-5", "reason": "More"}, 422, "more than zero"),
        ("grants", {"team": 1, "amount": "5", "reason": "x"}, 422, "Say why"),
        ("grants", {"team": "x", "amount": "5", "reason": "More"}, 422, "Choose a team"),
        ("grants", {}, 422, "Type an amount."),
        ("grants", {"team": 99, "amount": "5", "reason": "More"}, 404, "no such team"),
        ("fund", {"amount": "2000.01"}, 409, "Only $2,000.00 of the quarter"),
        ("fund", {"amount": "NaN"}, 422, "Type an amount like"),
        ("budget", {"amount": "999"}, 403, "Only a program lead"),
        ("split", {"amount": "5000", "reason": "Equal"}, 409, "Only $800.00 is left"),
        ("readings", {"team": 1, "source": "", "total": "5"}, 422, "Say where"),
        ("readings", {"team": 1, "source": "A", "total": "-5"}, 422, "between 0"),
        (
            "readings",
            {"team": 1, "source": "A", "total": "5", "seen_at": "2026-11-22T10:00"},
            422,
            "not come yet",
        ),
        (
            "charges",
            {"team": 1, "source": "A", "amount": "5", "through": "yesterday"},
            422,
            "marked below",
        ),
        ("teams/1/return", {"amount": "200.01"}, 409, "Only $200.00 is unused"),
        ("teams/2/return", {}, 409, "nothing unused"),
        ("teams/1/access", {"link": "javascript:x"}, 422, "A link begins with https"),
        ("entries/2/reverse", {"team": 1, "entry": 2}, 422, "Say why"),
        (
            "entries/1/reverse",
            {"reason": "Wrong", "entry": 1},
            409,
            "The pool has only $800.00",
        ),
        ("entries/99/reverse", {"reason": "Wrong"}, 404, "no such entry"),
    ],
)
def test_what_is_refused_says_so_on_its_form_and_moves_nothing(app, stage, owls, sign_in, case):
    path, data, status, said = case
    answer = sign_in(stage.olga).post(f"{CREDITS}/{path}", data=data)
    assert answer.status_code == status
    assert said in text(answer)
    assert pool(app, stage) == cents(800)
    assert line(app, stage, owls[0]).rest == cents(200)


def test_line_41_the_second_click_is_the_same_grant(app, stage, owls, sign_in):
    client = sign_in(stage.olga)
    typed = {"team": owls[0], "amount": "500", "reason": "GPU", "once": "k1"}
    assert [client.post(f"{CREDITS}/grants", data=typed).status_code for _ in "ab"] == [303, 303]
    assert pool(app, stage) == cents(300)
    again = client.post(f"{CREDITS}/grants", data=typed | {"amount": "50"})
    assert (again.status_code, "already used" in text(again)) == (409, True)
    assert pool(app, stage) == cents(300)


def test_a_form_opens_where_a_link_leads(stage, owls, sign_in):
    page = text(sign_in(stage.olga).get(f"{CREDITS}?open=grant&team={owls[1]}"))
    assert '<details class="card mb-2 door" id="grant" open>' in page
    assert f'<option value="{owls[1]}" selected>' in page


def test_a_member_reads_the_own_statement_only(app, stage, owls, sign_in):
    paul, pia = sign_in(stage.paul), sign_in(stage.pia)
    answer = paul.get(CREDITS)
    assert answer.location == f"{CREDITS}/teams/{owls[0]}"
    page = text(paul.get(answer.location))
    assert "$200.00 left" in page
    assert "Start" in page
    assert "Reverse" not in page
    assert paul.get(f"{CREDITS}/teams/{owls[1]}").status_code == 404
    assert paul.get(f"{CREDITS}/teams/99").status_code == 404
    assert pia.get(f"{CREDITS}/teams/{owls[0]}").status_code == 404
    assert "Credits belong to teams" in text(pia.get(CREDITS))


def test_a_team_of_another_event_is_not_found(app, stage, owls, sign_in):
    with app.app_context(), transaction() as session:
        foreign = make_team(session, stage.other_event_id).id
    client = sign_in(stage.olga)
    assert client.get(f"{CREDITS}/teams/{foreign}").status_code == 404
    assert client.post(f"{CREDITS}/teams/{foreign}/return").status_code == 404
    assert sign_in(stage.rita).get(f"/events/other/credits/teams/{owls[0]}").status_code == 404


def test_programs_read_the_ledger_in_micros_and_members_only_their_part(stage, owls, sign_in):
    whole = sign_in(stage.olga).get("/api/v1/events/q4/credits").json
    assert (whole["currency"], whole["data_through"]) == ("USD", None)
    kinds = {row["kind"]: row["balance"] for row in whole["accounts"]}
    assert (kinds["funding"], kinds["pool"]) == (cents(-1000), cents(800))
    assert sum(row["balance"] for row in whole["accounts"]) == 0
    assert [row["amount"] for row in whole["postings"]] == [cents(1000), cents(200)]
    assert [row["name"] for row in whole["teams"]] == ["Bees", "Owls"]
    own = sign_in(stage.paul).get("/api/v1/events/q4/credits").json
    assert {row["team"] for row in own["accounts"]} == {owls[0]}
    assert [row["deed"] for row in own["postings"]] == ["grant"]
    assert [row["name"] for row in own["teams"]] == ["Owls"]
    assert own["version"] == whole["version"] == 3
    nobody = sign_in(stage.pia).get("/api/v1/events/q4/credits").json
    assert (nobody["accounts"], nobody["postings"], nobody["version"]) == ([], [], 0)


def test_the_board_as_a_file_leaves_empty_what_nobody_knows(stage, owls, sign_in):
    rows = text(sign_in(stage.olga).get(f"{CREDITS}/board.csv")).splitlines()
    assert rows[0].startswith('"team","granted","used"')
    assert rows[2] == '"Owls",200,"",0,0,200,"","no",0,"open"'


def test_the_chargeback_is_a_line_a_team_and_source_that_adds_up(app, stage, owls, sign_in):
    with app.app_context(), transaction() as session:
        more = {"event_id": stage.event_id}
        evil = make_team(session, stage.event_id, "=1+1").id
        for team_id, source, amount in (
            (owls[0], "AWS", 210_000_005), (owls[0], "@Azure", 5_000), (evil, "AWS", 5_000),
        ):  # fmt: skip
            spend.record_charge(
                session, COMMAND_LINE, **more, team_id=team_id, source=source, amount=amount
            )
    client = sign_in(stage.olga)
    rows = text(client.get(f"{CREDITS}/chargeback.csv")).splitlines()
    assert rows == [
        '"team","source","cents rounded","exact","currency"',
        '"\'=1+1","AWS",0.01,0.005,"USD"',
        '"Owls","\'@Azure",0.00,0.005,"USD"',
        '"Owls","AWS",210.00,210.000005,"USD"',
        '"(total)","",210.01,210.010005,"USD"',
    ]
    assert '"Owls",200,210.005005,210.005005,10.005005,-10.005005,' in text(
        client.get(f"{CREDITS}/board.csv")
    )


@pytest.mark.parametrize("path", ["board.csv", "chargeback.csv"])
def test_a_table_as_xlsx_has_numbers_and_no_formula(app, stage, owls, sign_in, path):
    with app.app_context(), transaction() as session:
        evil = make_team(session, stage.event_id, "=1+1").id
        spend.record_charge(
            session, COMMAND_LINE, event_id=stage.event_id, team_id=evil, source="AWS",
            amount=cents(12.5),
        )  # fmt: skip
    client = sign_in(stage.olga)
    assert f"{path}?format=xlsx" in text(client.get(CREDITS))
    answer = client.get(f"{CREDITS}/{path}?format=xlsx")
    sheet = load_workbook(io.BytesIO(answer.data)).active
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row]
    (name,) = [cell for cell in cells if cell.value == "=1+1"]
    assert name.data_type == "s"
    assert 12.5 in {cell.value for cell in cells if cell.data_type == "n"}


def test_members_are_told_of_a_grant_once(app, stage, owls):
    follow_facts(app)
    follow_facts(app)
    with app.app_context():
        told = notices_of(reading(), stage.paul.id)
    assert [(row.text, row.link) for row in told] == [
        ("Owls got $200.00 of credits.", f"{CREDITS}/teams/{owls[0]}")
    ]


@pytest.mark.parametrize("count", [11, 198])
def test_no_page_needs_more_than_twelve_statements_whatever_the_event_has(
    app, stage, owls, sign_in, count
):
    with app.app_context(), transaction() as session:
        more = {"event_id": stage.event_id}
        teams = [make_team(session, stage.event_id).id for _ in range(count)]
        grants.split_pool(session, COMMAND_LINE, **more, amount=None, reason="Equal")
        for team_id in teams[::3]:
            spend.record_reading(
                session, COMMAND_LINE, **more, team_id=team_id, source="AWS", total=cents(1)
            )
            spend.record_charge(
                session, COMMAND_LINE, **more, team_id=team_id, source="Azure", amount=cents(9)
            )
        engine = db.engine
    statements = []
    sa_event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    for player, path in (
        (stage.olga, CREDITS),
        (stage.olga, f"{CREDITS}/teams/{owls[0]}"),
        (stage.olga, f"{CREDITS}/pool"),
        (stage.olga, "/api/v1/events/q4/credits"),
        (stage.paul, f"{CREDITS}/teams/{owls[0]}"),
    ):
        client = sign_in(player)
        statements.clear()
        assert client.get(path).status_code == 200
        asked = [row for row in statements if not row.startswith(("BEGIN", "PRAGMA", "ROLLBACK"))]
        assert len(asked) <= 12, path + "\n".join(asked)


def test_the_tab_is_there_for_organizers_and_participants(stage, sign_in):
    assert f'href="{CREDITS}"' in text(sign_in(stage.olga).get("/events/q4"))
    assert f'href="{CREDITS}"' in text(sign_in(stage.paul).get("/events/q4"))
    assert f'href="{CREDITS}"' not in text(sign_in(stage.judith).get("/events/q4"))


def test_ages_are_shown_for_every_figure(app, stage, owls, sign_in, clock):
    with app.app_context(), transaction() as session:
        spend.record_reading(
            session, COMMAND_LINE, event_id=stage.event_id, team_id=owls[0], source="AWS",
            total=cents(20), seen_at=now(),
        )  # fmt: skip
    clock.set(clock.moment.replace(hour=12))
    page = text(sign_in(stage.olga).get(CREDITS))
    assert "All clear: $20.00 of $200.00 used, no team is over." in page
    assert "3 hours ago" in page
    clock.set(clock.moment.replace(day=23))
    page = text(sign_in(stage.olga).get(CREDITS))
    assert "stale" in page
    assert "Old figures of 1 team; look again." in page
