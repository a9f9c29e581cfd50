"""Phones in the room: judging and the demo over plain http on an address of the network."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from hackathon.server import own_addresses
from hackathon.shared import sessions

IN_THE_ROOM = own_addresses()
pytestmark = pytest.mark.skipif(not IN_THE_ROOM, reason="this computer is on no network")


def in_the_room(server):
    """Serve on every address; returns the one that phones use."""
    server.kill()
    server.arguments = ("--host", "0.0.0.0", *server.arguments)  # noqa: S104 - that is the point
    server.start()
    return f"http://{IN_THE_ROOM[0]}:{server.port}"


def printed(server):
    return Path(server.log.name).read_text("utf-8")


def problems_of(page, url):
    """What went wrong, but for requests to the address in question and a header plain http ignores."""
    known = (url, "Cross-Origin-Opener-Policy")
    return [text for text in page.problems if not any(word in text for word in known)]


def test_a_judge_scores_on_a_phone_over_plain_http(evening, pages, axe):
    server, room, enter = evening
    phone = enter(pages(390), "judith")
    url = in_the_room(server)
    assert f"Phones on this network open {url}" in printed(server)
    assert "\u2588" in printed(server)
    (cookie,) = phone.context.cookies()
    phone.context.clear_cookies()
    phone.context.add_cookies(
        [{"name": sessions.Sessions(secure=False).cookie, "value": cookie["value"], "url": url}]
    )
    phone.goto(f"{url}/events/q4/judging")
    assert phone.evaluate("window.isSecureContext") is False
    expect(phone.get_by_text("0 of 3 done")).to_be_visible()
    phone.get_by_role("link", name=re.compile("Bees at work")).click()
    sheet = phone.locator("section.sheet:not([hidden])")
    for row, value in enumerate((4, 5)):
        choices = sheet.locator("fieldset.scores").nth(row)
        choices.locator("label.level", has_text=re.compile(f"^{value}$")).click()
    expect(phone.locator("#saved")).to_have_text("Saved")
    axe(phone)
    assert room.sent is not None
    phone.goto(f"{url}/events/q4/judging")
    expect(phone.get_by_text("1 of 3 done")).to_be_visible()
    assert problems_of(phone, url) == []


def test_the_demo_asks_a_phone_for_the_printed_pin(demo, pages, axe):
    url = in_the_room(demo)
    pin = re.search(r"asks for this PIN: (\d{6})", printed(demo))[1]
    phone = pages(390)
    phone.goto(url)
    axe(phone)
    phone.get_by_label("PIN").fill("000000" if pin != "000000" else "111111")
    phone.get_by_role("button", name=re.compile("Paul")).click()
    expect(
        phone.get_by_text("Type the PIN that stands where the program was started.")
    ).to_be_visible()
    axe(phone)
    phone.get_by_label("PIN").fill(pin)
    phone.get_by_role("button", name=re.compile("Paul")).click()
    expect(phone.get_by_role("heading", name="Hello, Paul")).to_be_visible()
    phone.goto(url + "/start")
    expect(phone.get_by_label("PIN")).to_be_visible()
