"""A real bill through the browser: sent, stopped, looked at, booked; every page of credits."""

import csv
import gzip
import io
import random
import re
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa
from bills import sample
from make import cents
from panel import SUNDAY
from playwright.sync_api import expect
from treasury import ask, do, give, hold, see, token

from hackathon.credits.models import Entry, Posting
from hackathon.credits.queries.ledger import wrong_balances
from hackathon.credits.service import budgets, grants
from hackathon.people.rules import COMMAND_LINE
from hackathon.shared import clock as clock_module
from hackathon.shared.db import db, reading, transaction
from hackathon.teams.queries import team_named

ACCOUNTS = {"owls-account": "Owls", "bees-account": "Bees", "": ""}
CHARGED = {"Usage", "Adjustment"}


@contextmanager
def acting(server):
    """The services on the running server's database."""
    with clock_module.at(SUNDAY) as clock, server.app.app_context():
        yield clock
        db.session.remove()


def november():
    """Usage and credits of the real bill, in the days of the event and on its teams' accounts."""
    found = list(csv.DictReader(io.StringIO(sample().decode(), newline="")))
    rows = found[:390] + [row for row in found if row["ChargeCategory"] not in CHARGED][:10]
    for number, row in enumerate(rows):
        day, hour = f"2026-11-{21 + number % 2}", number % 10
        row |= {
            "BillingPeriodStart": "2026-11-01 00:00:00",
            "BillingPeriodEnd": "2026-12-01 00:00:00",
            "ChargePeriodStart": f"{day} {hour:02}:00:00",
            "ChargePeriodEnd": f"{day} {hour + 1:02}:00:00",
            "SubAccountId": list(ACCOUNTS)[number % 3],
        }
    rows[0] |= {"BilledCost": "61.12345678901", "ChargeCategory": "Usage"}
    rows[1] |= {"BilledCost": "7.00000000001", "ChargeCategory": "Usage"}
    return rows


def written(rows):
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, rows[0], lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def summed(rows):
    """What the program must come to: (teams, unallocated, excluded), to the last digit."""
    teams, left, kept = (
        sum((Decimal(row["BilledCost"]) for row in rows if fits(row)), Decimal(0))
        for fits in (
            lambda row: row["ChargeCategory"] in CHARGED and row["SubAccountId"],
            lambda row: row["ChargeCategory"] in CHARGED and not row["SubAccountId"],
            lambda row: row["ChargeCategory"] not in CHARGED,
        )
    )
    return teams, left, kept


def plain(number):
    shown = f"{number:f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def set_treasury(server, cast):
    """Owls with $75 and a job under way, Bees with readings of a day and a request."""
    with acting(server) as clock:
        with transaction() as session:
            budgets.fund(session, COMMAND_LINE, event_id=cast.event_id, amount=cents(2000))
            teams = [team_named(session, cast.event_id, name).id for name in ("Owls", "Bees")]
        for team_id, account, amount in zip(teams, ACCOUNTS, (75, 300), strict=False):
            give(cast, team_id, amount)
            do(grants.describe_access, cast.olga, event_id=cast.event_id, team_id=team_id,
               how="Ask Olga", link="", sub_account=account, until=None)  # fmt: skip
        for hour in range(6):
            see(cast, teams[1], 10 * hour, SUNDAY - timedelta(hours=7 - hour), source="Azure")
        hold(token(cast, teams[0])[0], 5, source="Azure", seconds=86_400)
        ask(cast, teams[1], 40, player=cast.pia)
        clock.set(SUNDAY)
    return teams


def booked(server):
    with acting(server):
        reading().rollback()
        assert wrong_balances(reading()) == []
        return [reading().scalar(sa.select(sa.func.count(row.id))) for row in (Entry, Posting)]


@contextmanager
def slow_line(page):
    """So slow that a bill takes seconds to send."""
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1}
    line.send("Network.emulateNetworkConditions", limits | {"uploadThroughput": 40_000})
    yield
    line.send("Network.emulateNetworkConditions", limits | {"uploadThroughput": -1})


def send(page, place, name, data):
    page.goto(f"{place}/bills")
    page.get_by_label("Who bills").fill("AWS")
    page.get_by_label("File").set_input_files({"name": name, "mimeType": "", "buffer": data})
    page.get_by_role("button", name="Upload and look").click()


def look_at(page, axe, address):
    page.goto(address)
    axe(page)
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, address


def press(page, name):
    """Agree to what stands under "Look twice", if anything does, and go on."""
    confirm = page.get_by_role("checkbox")
    if confirm.count():
        confirm.check()
    page.get_by_role("button", name=name).click()


def stop_sending(page, place, bill, axe):
    with slow_line(page):
        send(page, place, "bill.csv", bill)
        expect(page.get_by_text("% sent")).to_be_visible()
        axe(page)
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_label("Sending")).to_be_hidden()
    expect(page.get_by_role("button", name="Upload and look")).to_be_enabled()


def send_again(page, place, rows):
    """The same rows, shuffled, packed: each time there is nothing to book."""
    shuffled = rows.copy()
    random.Random(4).shuffle(shuffled)
    for name, data in (
        ("bill.csv", written(rows)),
        ("shuffled.csv", written(shuffled)),
        ("bill.csv.gz", gzip.compress(written(shuffled))),
    ):
        send(page, place, name, data)
        expect(page.get_by_text("No change: all of it is booked already.")).to_be_visible()
        press(page, "Done")
        expect(page.get_by_text("No change").first).to_be_visible()


def test_a_bill_is_sent_stopped_looked_at_and_booked_once(evening, pages, axe):
    server, room, enter = evening
    teams = set_treasury(server, room.cast)
    place = f"{server.url}/events/q4/credits"
    rows = november()
    in_teams, left, kept = summed(rows)
    olga, board = enter(pages(), "olga"), enter(pages(390, "dark"), "olga")
    board.goto(place)
    owls, bees = (board.locator(f'[data-row="{team_id}"]') for team_id in teams)
    expect(owls.locator('[data-show="held_text"]')).to_have_text("$5.00 held")
    expect(owls.locator("[data-near]")).to_be_hidden()
    before = booked(server)

    stop_sending(olga, place, written(rows), axe)
    send(olga, place, "bill.csv", written(rows))
    said = (
        f"Every cent is placed: {plain(in_teams + left + kept)} = teams {plain(in_teams)} + "
        f"unallocated {plain(left)} + excluded {plain(kept)} + rejected 0."
    )
    expect(olga.get_by_text(said)).to_be_visible()
    assert booked(server) == before
    press(olga, "Book it")
    used, *_ = summed([row for row in rows if row["SubAccountId"] == "owls-account"])
    expect(owls.locator('[data-show="share"]')).to_have_text(f"${used:.0f} of $75", timeout=1000)
    expect(owls.locator("rect.use")).to_have_attribute("width", str(int(used * 1000 / 75)))
    expect(owls.locator("[data-near]")).to_be_visible()
    expect(olga.get_by_text(re.compile("^Booked; [0-9]+ postings made"))).to_be_visible()
    expect(olga.get_by_text(said)).to_be_visible()
    after = booked(server)
    assert after > before
    send_again(olga, place, rows)
    assert booked(server) == after

    olga.goto(f"{place}/requests")
    olga.get_by_role("button", name="Grant").click()
    expect(olga.get_by_text("No request waits")).to_be_visible()
    expect(bees.locator('[data-show="share"]')).to_contain_text("of $340")

    send(olga, place, "less.csv", written(rows[:200]))
    expect(olga.get_by_text("Look twice").first).to_be_visible()
    names = ("", "/pool", "/forecast", "/bills", "/bills/1", "/sources/1", "/requests")
    own = [f"{place}/teams/{teams[0]}{more}" for more in ("", "/costs")]
    for width, scheme in ((390, "light"), (1280, "dark")):
        lena, paul = (enter(pages(width, scheme), name) for name in ("lena", "paul"))
        for address in (*(place + name for name in names), *own, olga.url):
            look_at(lena, axe, address)
        look_at(lena, axe, f"{server.url}/quarters/plan/2026")
        look_at(paul, axe, own[0])
        expect(paul.get_by_text("$5.00 held").first).to_be_visible()
        assert lena.problems + paul.problems == []
    assert olga.problems + board.problems == []
