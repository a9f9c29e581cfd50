"""Phones in the room: judging and the demo over plain http on an address of a network."""

import re

import pytest
from journeys.room import TheRoom, can_serve
from playwright.sync_api import expect

pytestmark = pytest.mark.skipif(not can_serve(), reason="this computer is on no network")

MISSING = """() => [window.isSecureContext, "serviceWorker" in navigator, Boolean(navigator.clipboard),
    Boolean(window.crypto.subtle), Boolean(window.crypto.randomUUID)]"""


@pytest.fixture
def room(launch, tmp_path_factory):
    """A server's computer and phones, joined by a cable."""
    made = TheRoom(launch, tmp_path_factory.mktemp("room"))
    yield made
    made.close()


def problems_of(page, url):
    """What went wrong, but for the line that was cut and a header that plain http ignores."""
    known = (f"ws://{url.removeprefix('http://')}", "Cross-Origin-Opener-Policy", "net::ERR_")
    return [text for text in page.problems if not any(word in text for word in known)]


def sheet_of(phone):
    return phone.locator("section.sheet:not([hidden])")


def level(phone, row, value):
    """The button of a value in a row of the sheet that is open."""
    choices = sheet_of(phone).locator("fieldset.scores").nth(row)
    return choices.locator("label.level", has_text=re.compile(f"^{value}$"))


def card_of(olga, url, name):
    """The link on the sign-in card that an organizer makes for somebody."""
    olga.goto(f"{url}/events/q4/cards?who=judges")
    for box in olga.get_by_role("checkbox").all():
        box.set_checked(False)
    olga.get_by_role("checkbox", name=re.compile(name)).check()
    olga.get_by_role("button", name="Make cards").click()
    return re.search(r"http://\S+", olga.locator("main").inner_text())[0]


class Newcomer:
    """Somebody who has never seen this; counts what has to be done and read."""

    def __init__(self, page):
        self.page = page
        self.taps = 0
        self.loaded = []
        page.on("domcontentloaded", lambda page: self.loaded.append(page.url))

    def tap(self, place):
        """A tap; what is tapped must be large enough for a thumb."""
        box = place.bounding_box()
        assert min(box["width"], box["height"]) >= 40, place
        place.tap()
        self.taps += 1


def test_a_newcomer_saves_a_first_mark_in_four_taps_and_a_pin(demo, room, axe):
    url = room.serve(demo)
    pin = re.search(r"asks for this PIN: (\d{6})", demo.printed())[1]
    assert f"Phones on this network open {url}, or scan" in demo.printed()
    phone = room.page(demo, has_touch=True, is_mobile=True)
    newcomer = Newcomer(phone)

    phone.goto(url)
    axe(phone)
    expect(phone.get_by_label("PIN")).to_be_in_viewport()
    phone.get_by_label("PIN").fill(pin)
    newcomer.tap(phone.get_by_role("button", name=re.compile("Judith")))
    expect(phone.get_by_role("heading", name="Hello, Judith")).to_be_visible()
    newcomer.tap(phone.get_by_role("link", name=re.compile(r"Score \d+ more projects")))
    newcomer.tap(phone.locator("ol.visits a", has_text="Not yet").first)
    expect(sheet_of(phone)).to_be_visible()
    newcomer.tap(level(phone, 0, 4))
    expect(phone.locator("#saved")).to_have_text("Saved")

    assert newcomer.taps == 4
    assert len(newcomer.loaded) == 3  # welcome, home, my list; the sheet opens in the list
    phone.reload()
    expect(sheet_of(phone).locator("input:checked")).to_have_count(1)
    assert problems_of(phone, url) == []


def test_the_demo_lets_nobody_in_without_the_pin(demo, room, axe):
    url = room.serve(demo)
    pin = re.search(r"asks for this PIN: (\d{6})", demo.printed())[1]
    phone = room.page(demo)
    phone.goto(url)
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


def test_a_judge_comes_by_a_card_and_loses_no_mark_when_the_network_goes(evening, room, axe):
    server, panel, enter = evening
    url = room.serve(server)
    olga = enter(room.page(server, 1280), "olga")
    link = card_of(olga, url, "Judith")
    assert link.startswith(f"{url}/sign-in/")

    judith = room.page(server, has_touch=True, is_mobile=True)
    judith.goto(link)
    assert judith.evaluate(MISSING) == [False] * 5
    judith.locator("main").get_by_role("button", name="Sign in").tap()
    expect(judith.get_by_role("heading", name="Hello, Judith")).to_be_visible()
    judith.get_by_role("link", name=re.compile("Score 3 more projects")).tap()
    judith.get_by_role("link", name=re.compile("Bees at work")).tap()
    level(judith, 0, 4).tap()
    saved = judith.locator("#saved")
    expect(saved).to_have_text("Saved")
    axe(judith)

    room.cut()
    level(judith, 1, 5).tap()
    level(judith, 0, 3).tap()
    expect(saved).to_have_text("Kept on this phone (2)")
    judith.get_by_label("A strength").first.fill("Clear as day")
    axe(judith)
    room.restore()
    expect(saved).to_have_text("Saved", timeout=45_000)
    judith.get_by_role("link", name="My list").locator("visible=true").first.tap()
    expect(judith.get_by_text("1 of 3 done")).to_be_visible()

    with server.app.app_context():
        marks = panel.values()
        assert [mark.value for mark in marks] == [40, 50, 30]  # each once, in the judge's order
        assert marks[0].criterion_id == marks[2].criterion_id != marks[1].criterion_id
    judith.goto(f"{url}/events/q4/judging/{panel.round_id}/device")
    judith.get_by_role("button", name="Show the code").tap()
    expect(judith.locator("img.qr")).to_be_visible()
    expect(judith.get_by_text(f"{url}/sign-in/")).to_be_visible()
    judith.get_by_role("button", name="Sign out").tap()
    expect(judith.get_by_role("link", name="Sign in").first).to_be_visible()
    assert problems_of(judith, url) == []
