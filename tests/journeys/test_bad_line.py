"""A judge's phone on a bad line: cut, slow, answers swallowed; every mark once, in order."""

import re

import pytest
from journeys.proxy import Proxy
from playwright.sync_api import expect


@pytest.fixture
def line(evening):
    """The line between Judith's phone and the server."""
    proxy = Proxy(evening[0].port)
    yield proxy
    proxy.close()


def tap(page, row, value):
    sheet = page.locator("section.sheet:not([hidden])")
    choices = sheet.locator("fieldset.scores").nth(row)
    choices.locator("label.level", has_text=re.compile(f"^{value}$")).click()


def saved(page):
    return page.locator("#saved")


def ledger(evening, pages):
    """(project, criterion, value) of every stored mark, the oldest first."""
    server, room, enter = evening
    olga = enter(pages(1280), "olga")
    query = f"round={room.round_id}&look=Checking+the+line"
    rows = olga.request.get(f"{server.url}/api/v1/events/q4/marks?{query}").json()["rows"]
    assert len({row["key"] for row in rows}) == len(rows)
    return [(row["project"].split()[0], row["criterion"], row["value"]) for row in rows]


def test_when_the_line_is_back_every_mark_is_stored_once_in_the_judges_order(evening, pages, line):
    _, room, enter = evening
    judith = enter(pages(390), "judith")
    place = f"{line.url}/events/q4/judging/{room.round_id}"
    judith.goto(f"{place}/projects/{room.projects['owls']}")
    tap(judith, 0, 3)
    expect(saved(judith)).to_have_text("Saved")

    line.swallow()  # the server stores it; the phone does not hear so
    tap(judith, 1, 4)
    expect(saved(judith)).to_have_text("Kept on this phone (1)")
    tap(judith, 0, 5)
    expect(saved(judith)).to_have_text("Kept on this phone (2)")

    line.cut()
    judith.get_by_role("link", name="My list").locator("visible=true").first.click()
    judith.locator(f'[data-open="{room.projects["bees"]}"]').first.click()
    tap(judith, 0, 2)
    tap(judith, 1, 2)
    expect(saved(judith)).to_have_text("Kept on this phone (4)")

    line.restore(seconds=0.2)
    expect(saved(judith)).to_have_text("Saved", timeout=45_000)
    assert ledger(evening, pages) == [
        ("Owls", "impact", 3), ("Owls", "works", 4), ("Owls", "impact", 5),
        ("Bees", "impact", 2), ("Bees", "works", 2),
    ]  # fmt: skip


def test_the_page_opens_without_a_line_and_what_is_tapped_is_sent_later(evening, pages, line):
    _, room, enter = evening
    judith = enter(pages(390), "judith")
    place = f"{line.url}/events/q4/judging/{room.round_id}"
    judith.goto(f"{place}/list")
    judith.evaluate(
        """async () => {
            await navigator.serviceWorker.ready;
            for (let n = 0; n < 50; n += 1) {
                const cache = await caches.open("judging-1");
                const kept = (await cache.keys()).map((each) => each.url);
                if (kept.some((url) => url.endsWith("/list")) && kept.length > 8) return;
                await new Promise((done) => setTimeout(done, 100));
            }
        }"""
    )
    line.cut()
    judith.goto(f"{place}/list")
    expect(judith.get_by_text("0 of 3 done")).to_be_visible()
    judith.locator(f'[data-open="{room.projects["foxes"]}"]').first.click()
    tap(judith, 0, 4)
    expect(saved(judith)).to_have_text("Kept on this phone (1)")
    line.restore()
    expect(saved(judith)).to_have_text("Saved", timeout=45_000)
    assert ledger(evening, pages) == [("Foxes", "impact", 4)]


def test_the_judge_goes_on_with_another_device_and_both_show_the_same(evening, pages, axe):
    server, room, enter = evening
    phone, tablet = enter(pages(390), "judith"), pages(1280)
    sheet = f"{server.url}/events/q4/judging/{room.round_id}/projects/{room.projects['owls']}"
    phone.goto(sheet)
    tap(phone, 0, 3)
    expect(saved(phone)).to_have_text("Saved")
    phone.goto(f"{server.url}/events/q4/judging/{room.round_id}/device")
    phone.get_by_role("button", name="Show the code").click()
    expect(phone.locator("img.qr")).to_be_visible()
    axe(phone)
    tablet.goto(phone.locator("#link").inner_text())
    tablet.get_by_role("button").filter(has_text="Sign in").last.click()
    tablet.wait_for_url(lambda url: "/sign-in" not in url)
    tablet.goto(sheet)
    chosen = f'input[id="value-{room.projects["owls"]}-impact-30"]'
    expect(tablet.locator(chosen)).to_be_checked()
    expect(tablet.locator("#elsewhere")).to_be_visible()
    phone.goto(sheet)
    expect(phone.locator("#elsewhere")).to_be_visible()
    axe(phone)
    tap(tablet, 1, 5)
    other = f'input[id="value-{room.projects["owls"]}-works-50"]'
    expect(phone.locator(other)).to_be_checked()
