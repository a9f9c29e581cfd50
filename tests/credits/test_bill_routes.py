"""The screens of bills: upload, look, book, give to teams; who sees what."""

import gzip
import io
import json
import time

import pytest
from bills import focus
from make import cents, make_team
from sqlalchemy import event as sa_event
from sqlalchemy import select

from hackathon.credits.models import Account
from hackathon.credits.queries.lines import team_line
from hackathon.credits.routes import bills as routes
from hackathon.credits.service import budgets, grants, spend
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared.db import db, reading, transaction
from hackathon.teams.models import Membership

BILLS = "/events/q4/credits/bills"
SOURCE = "/events/q4/credits/sources/1"
TEAMS = "/events/q4/credits/teams"


@pytest.fixture
def owls(app, stage):
    """Owls with $100, and Bees."""
    with app.app_context(), transaction() as session:
        more = {"event_id": stage.event_id}
        owls, bees = (make_team(session, stage.event_id, name) for name in ("Owls", "=Bees"))
        budgets.fund(session, COMMAND_LINE, **more, amount=cents(1000))
        grants.grant(
            session, COMMAND_LINE, **more, team_id=owls.id, amount=cents(100), reason="Start"
        )
        return owls.id, bees.id


def text(answer):
    return answer.get_data(as_text=True)


def send(client, data, name="bill.csv", source="AWS", follow=True):
    return client.post(
        BILLS,
        data={"source": source, "file": (io.BytesIO(data), name)},
        content_type="multipart/form-data",
        follow_redirects=follow,
    )


def book(client, data, **more):
    place = client.post(
        BILLS,
        data={"source": "AWS", "file": (io.BytesIO(data), "bill.csv"), **more},
        content_type="multipart/form-data",
    ).headers["Location"]
    return place, client.post(f"{place}/apply", data={"confirmed": "yes"}, follow_redirects=True)


def spent(app, team_id):
    with app.app_context():
        found = reading().scalar(select(Account.balance).where(Account.name == f"spent:{team_id}"))
        return (found or 0) / 1_000_000


def test_the_whole_way_of_a_bill_by_plain_forms(app, stage, owls, sign_in):
    client = sign_in(stage.olga)
    assert "No bill yet" in text(client.get(BILLS))
    place, done = book(client, focus({}, {"BilledCost": "2.5", "SubAccountId": "=evil"}))
    assert "Every cent is placed: 12.5 = teams 0 + unallocated 12.5" in text(done)
    assert client.get(place).status_code == 404
    page = text(client.get(SOURCE))
    assert "kind=account&amp;value=owls-account" in page
    filled = text(client.get(f"{SOURCE}?open=rule&kind=account&value=owls-account"))
    assert 'value="owls-account"' in filled
    rule = {"kind": "account", "value": "owls-account", "team": owls[0], "reason": "Their account"}
    moved = client.post(f"{SOURCE}/rules", data=rule, follow_redirects=True)
    assert "Remembered; 2 postings moved what changed." in text(moved)
    assert spent(app, owls[0]) == 10
    again = client.post(f"{SOURCE}/rules", data=rule, follow_redirects=True)
    assert "nothing that is booked changes" in text(again)
    _, same = book(client, gzip.compress(focus({"BilledCost": "2.5", "SubAccountId": "=evil"}, {})))
    assert "No change: all of it was booked already." in text(same)
    change = {"basis": "billed", "charged": ["Usage", "Tax"], "tag_keys": "team, Project"}
    assert "Saved" in text(client.post(f"{SOURCE}/settings", data=change, follow_redirects=True))
    statement = text(client.get(f"/events/q4/credits/teams/{owls[0]}"))
    assert "Charged" in statement
    assert "Reverse" not in statement.split("Charged")[1].split("Granted")[0]
    with app.app_context():
        assert team_line(reading(), stage.event_id, owls[0]).rest == cents(90)


def test_a_preview_says_what_would_be_posted_and_books_nothing(app, stage, owls, sign_in):
    client = sign_in(stage.olga)
    page = text(send(client, focus({}, {"BilledCost": "x"})))
    for said in (
        "What would be posted",
        "Look twice",
        "1 row not taken",
        "BilledCost is not",
        "+$10.00",
    ):
        assert said in page
    with app.app_context():
        assert reading().scalar(select(Account.name).where(Account.kind == "unallocated")) is None


def test_what_needs_a_second_look_is_not_booked_without_it(app, stage, owls, sign_in):
    client = sign_in(stage.olga)
    place = send(client, focus({}), follow=False).headers["Location"]
    refused = client.post(f"{place}/apply")
    assert (refused.status_code, "needs a second look" in text(refused)) == (409, True)
    assert client.post(f"{place}/apply", data={"confirmed": "yes"}).status_code == 303
    assert client.post(f"{place}/apply", data={"confirmed": "yes"}).status_code == 404


def test_an_upload_is_taken_back(stage, owls, sign_in):
    client = sign_in(stage.olga)
    place = send(client, focus({}), follow=False).headers["Location"]
    assert client.get(f"{place}/progress").json == {"percent": 100, "over": True}
    assert "Taken back" in text(client.post(f"{place}/cancel", follow_redirects=True))
    for path in (place, f"{place}/progress"):
        assert client.get(path).status_code == 404
    for path in (f"{place}/cancel", f"{place}/apply", f"{place}/again"):
        assert client.post(path).status_code == 404


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"identity/LineItemId,lineItem/UnblendedCost\n1,2\n", "an AWS Cost and Usage Report"),
        (b"PAR1", "Parquet"),
        (focus({})[:-40], "Line 2: it has"),
        (focus({"BilledCost": "x"}), "Not one row can be taken"),
    ],
)
def test_a_file_that_is_none_is_answered_with_what_to_do(stage, owls, sign_in, data, said):
    answer = send(sign_in(stage.olga), data)
    assert (answer.status_code, said in text(answer), "Back to the bills" in text(answer)) == (
        422, True, True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"source": ""}, "Say who bills"),
        ({"source": "x" * 90}, "longer"),
        ({"file": None}, "Choose a file"),
    ],
)
def test_a_form_without_source_or_file_is_refused(stage, sign_in, more, said):
    fields = {"source": "AWS", "file": (io.BytesIO(focus({})), "a.csv"), **more}
    data = {name: value for name, value in fields.items() if value is not None}
    answer = sign_in(stage.olga).post(BILLS, data=data, content_type="multipart/form-data")
    assert (answer.status_code, said in text(answer)) == (422, True)
    empty = sign_in(stage.olga).post(
        BILLS, data={"source": "AWS", "file": (io.BytesIO(b""), "a.csv")},
        content_type="multipart/form-data",
    )  # fmt: skip
    assert (empty.status_code, "The file is empty" in text(empty)) == (422, True)


def test_a_large_file_is_read_in_the_background_with_its_progress(
    stage, owls, sign_in, monkeypatch
):
    monkeypatch.setattr(routes, "AT_ONCE", 10)
    client = sign_in(stage.olga)
    place = send(client, focus(*[{}] * 3000), follow=False).headers["Location"]
    for _ in range(100):
        if client.get(f"{place}/progress").json["over"]:
            break
        time.sleep(0.05)
    assert "What would be posted" in text(client.get(place))


def test_reading_that_stopped_can_be_started_again(app, stage, owls, sign_in, monkeypatch):
    client = sign_in(stage.olga)
    monkeypatch.setattr(routes, "_start", lambda _found: None)
    place = send(client, focus({}), follow=False).headers["Location"]
    page = text(client.get(place))
    assert "0 %" in page
    assert "Look again" in page
    refused = client.post(f"{place}/apply", data={"confirmed": "yes"})
    assert (refused.status_code, refused.status_code) != (303, 303)
    monkeypatch.undo()
    monkeypatch.setattr("hackathon.credits.service.bills.files.SILENT_AFTER", -1.0)
    assert "Reading has stopped at 0 %" in text(client.get(place))
    assert "What would be posted" in text(client.post(f"{place}/again", follow_redirects=True))


def test_a_whole_bill_may_be_far_larger_than_other_forms(stage, owls, sign_in):
    large = focus(*[{"ServiceName": "x" * 900}] * 1500)
    assert len(large) > 1_500_000
    assert send(sign_in(stage.olga), large).status_code == 200
    assert send(sign_in(stage.judith), large).status_code in {403, 413}
    other = sign_in(stage.olga).post("/events/q4/credits/fund", data={"amount": "1" * 1_500_000})
    assert other.status_code == 413


@pytest.mark.parametrize(
    ("path", "data", "said"),
    [
        ("rules", {"kind": "account", "value": "", "reason": "Because"}, "Say what stands there"),
        ("rules", {"kind": "tag", "value": "x", "reason": "Because"}, "Say which tag"),
        ("rules", {"kind": "account", "value": "x", "reason": ""}, "Say why"),
        (
            "settings",
            {"basis": "billed", "charged": [], "tag_keys": "team"},
            "at least one category",
        ),
        ("settings", {"basis": "billed", "charged": ["Usage"], "tag_keys": ""}, "at least one tag"),
    ],
)
def test_what_is_wrong_on_the_page_of_a_source_is_said_there(
    stage, owls, sign_in, path, data, said
):
    client = sign_in(stage.olga)
    book(client, focus({}))
    answer = client.post(f"{SOURCE}/{path}", data=data)
    assert (answer.status_code, said in text(answer)) == (422, True)


def test_the_chargeback_adds_up_and_is_safe_for_spreadsheets(stage, owls, sign_in):
    client = sign_in(stage.olga)
    thirds = [{"SubAccountId": name, "BilledCost": "0.005"} for name in ("a", "b")]
    book(client, focus(*thirds, {"ChargeCategory": "Credit", "BilledCost": "-0.001"}))
    for account, team in zip("ab", owls, strict=True):
        client.post(
            f"{SOURCE}/rules",
            data={"kind": "account", "value": account, "team": team, "reason": "Theirs"},
        )
    rows = text(client.get(f"{SOURCE}/chargeback.csv")).split("\r\n")
    assert rows[0] == '"source","team","cents rounded","exact","currency"'
    assert rows[1] == '"AWS","\'=Bees",0.00,0.005,"USD"' or '"\'=Bees"' in rows[1]
    parts = [row.split(",") for row in rows[1:-1]]
    assert sum(float(row[2]) for row in parts[:-1]) == pytest.approx(float(parts[-1][2]))
    assert parts[-1][1:4] == ['"(total)"', "0.01", "0.009"]


def test_a_teams_costs_stand_by_service_and_day_and_add_up(app, stage, owls, sign_in):
    client = sign_in(stage.olga)
    book(
        client,
        focus(
            {"BilledCost": "1.000000001"},
            {"BilledCost": "2", "ServiceName": "=Storage"},
            {"BilledCost": "4", "ChargePeriodStart": "2026-11-21T01:00:00Z"},
            {"BilledCost": "8", "SubAccountId": "bees"},
        ),
    )
    for account, team in (("owls-account", owls[0]), ("bees", owls[1])):
        client.post(
            f"{SOURCE}/rules",
            data={"kind": "account", "value": account, "team": team, "reason": "Theirs"},
        )
    with app.app_context(), transaction() as session:
        session.add(Membership(event_id=stage.event_id, team_id=owls[0], person_id=stage.paul.id))
        spend.record_charge(
            session, COMMAND_LINE, event_id=stage.event_id, team_id=owls[0], source="Azure",
            amount=cents(0.5),
        )  # fmt: skip
    place = f"/events/q4/credits/teams/{owls[0]}/costs"
    page = text(sign_in(stage.paul).get(place))
    assert "$7.50 on 2 days; the most for Compute." in page
    rows = text(client.get(f"{place}.csv")).splitlines()
    assert rows == [
        '"source","service","day","dollars"',
        '"AWS","\'=Storage","2026-11-20",2',
        '"AWS","Compute","2026-11-20",1.000000001',
        '"AWS","Compute","2026-11-21",4',
        '"Azure","Booked by hand","2026-11-21",0.5',
    ]
    assert spent(app, owls[0]) == 7.5
    assert f'href="{place}"' in text(client.get(place.removesuffix("/costs")))
    for other in (place.replace(f"/{owls[0]}/", f"/{owls[1]}/"), f"{place[:-6]}0/costs.csv"):
        assert sign_in(stage.paul).get(other).status_code == 404
    empty = place.replace(f"/{owls[0]}/", f"/{make_bare_team(app, stage)}/")
    assert "No costs yet" in text(client.get(empty))


def make_bare_team(app, stage):
    with app.app_context(), transaction() as session:
        return make_team(session, stage.event_id, "Cranes").id


def test_another_events_organizer_sees_nothing_of_it(stage, owls, sign_in):
    book(sign_in(stage.olga), focus({}))
    rita = sign_in(stage.rita)
    assert "No bill yet" in text(rita.get("/events/other/credits/bills"))
    for path in ("bills/1", "sources/1", "sources/1/chargeback.csv"):
        assert rita.get(f"/events/other/credits/{path}").status_code == 404
    waiting = send(sign_in(stage.olga), focus({"BilledCost": "1"}), follow=False).headers[
        "Location"
    ]
    assert rita.get(waiting.replace("q4", "other")).status_code == 404
    refused = rita.post(
        "/events/other/credits/bills",
        data={"source": "AWS", "file": (io.BytesIO(focus({"BilledCost": "9"})), "x.csv")},
        content_type="multipart/form-data",
    )
    answer = rita.post(f"{refused.headers['Location']}/apply", data={"confirmed": "yes"})
    assert (answer.status_code, "set up elsewhere" in text(answer)) == (403, True)


def test_no_page_of_bills_needs_more_than_twelve_statements(app, stage, owls, sign_in):
    client = sign_in(stage.olga)
    book(client, focus({}, {"SubAccountId": "x"}))
    client.post(
        f"{SOURCE}/rules",
        data={"kind": "account", "value": "owls-account", "team": owls[0], "reason": "Theirs"},
    )
    waiting = send(client, focus({"BilledCost": "11"}), follow=False).headers["Location"]
    with app.app_context():
        engine = db.engine
    statements = []
    sa_event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    pages = (BILLS, f"{BILLS}/1", SOURCE, waiting, f"{SOURCE}/chargeback.csv")
    for path in (
        *pages,
        "/events/q4/credits",
        *(f"{TEAMS}/{owls[0]}{more}" for more in ("", "/costs")),
    ):
        statements.clear()
        assert client.get(path).status_code == 200
        asked = [row for row in statements if not row.startswith(("BEGIN", "PRAGMA", "ROLLBACK"))]
        assert len(asked) <= 12, path + "\n".join(asked)


def test_the_facts_of_a_source_are_read_by_program_leads_only(stage, owls, sign_in):
    book(sign_in(stage.olga), focus({}))
    address = "/api/v1/facts?stream=bills:1"
    assert sign_in(stage.olga).get(address).status_code == 404
    facts = json.loads(text(sign_in(stage.lena).get(address)))["facts"]
    assert [fact["kind"] for fact in facts] == ["bill.applied"]


def test_pieces_are_uploaded_together_and_a_missing_one_is_named(app, stage, owls, sign_in):
    client = sign_in(stage.olga)
    later = {"ChargePeriodStart": "2026-11-21T01:00:00Z", "ChargePeriodEnd": ""}
    named = json.dumps({"dataFiles": ["s3://x/one.csv", "s3://x/two.csv"]}).encode()

    def upload(*files):
        return client.post(
            BILLS,
            data={"source": "AWS", "file": [(io.BytesIO(data), name) for data, name in files]},
            content_type="multipart/form-data",
            follow_redirects=True,
        )

    one, two, manifest = (focus({}), "one.csv"), (focus(later), "two.csv"), (named, "m.json")
    short = upload(one, manifest)
    assert (short.status_code, "two.csv is missing" in text(short)) == (422, True)
    whole = upload(one, two, manifest)
    assert (whole.status_code, "one.csv and 1 more" in text(whole)) == (200, True)
    place = whole.request.path
    done = client.post(f"{place}/apply", data={"confirmed": "yes"}, follow_redirects=True)
    assert "Every cent is placed: 20 = teams 0 + unallocated 20" in text(done)


def test_rates_and_accounts_are_entered_on_the_page_of_the_source(app, stage, owls, sign_in):
    client = sign_in(stage.olga)
    book(client, focus({}, {"BillingCurrency": "EUR", "BilledCost": "4"}))
    rule = {"kind": "account", "value": "owls-account", "team": owls[0], "reason": "Theirs"}
    client.post(f"{SOURCE}/rules", data=rule)
    assert "4 EUR of November 2026 wait for an exchange rate" in text(client.get(SOURCE))
    rate = {"month": "2026-11", "currency": "EUR", "rate": "1.5", "reason": "Central bank"}
    done = client.post(f"{SOURCE}/rates", data=rate, follow_redirects=True)
    assert "1 EUR = 1.5 USD" in text(done)
    assert spent(app, owls[0]) == 16
    wrong = client.post(f"{SOURCE}/rates", data={**rate, "month": "November"})
    assert (wrong.status_code, "Choose a month" in text(wrong)) == (422, True)
    hand = {"account": "company", "to": "aws", "reason": "They bill it now"}
    refused = client.post(f"{SOURCE}/accounts", data=hand)
    assert (refused.status_code, "Name another source" in text(refused)) == (422, True)
    moved = client.post(
        f"{SOURCE}/accounts", data={**hand, "to": "Reseller"}, follow_redirects=True
    )
    assert "Handed over;" in text(moved)
    assert spent(app, owls[0]) == 0
    assert "Bills of" in text(client.get("/events/q4/credits/sources/2"))
