"""A judge's phone whose storage is slow, hangs or is full: no tap is lost, none called kept."""

import re

import pytest
from playwright.sync_api import expect

SLOW = """
const asked = Object.getOwnPropertyDescriptor(IDBRequest.prototype, "onsuccess");
Object.defineProperty(IDBOpenDBRequest.prototype, "onsuccess", {
  set(done) { asked.set.call(this, (event) => setTimeout(() => done(event), 1500)); },
});
"""
SLOW_READS = """
const asked = Object.getOwnPropertyDescriptor(IDBRequest.prototype, "onsuccess");
Object.defineProperty(IDBRequest.prototype, "onsuccess", {
  set(done) {
    const wait = this.source?.name === "drafts" ? 1500 : 0;
    asked.set.call(this, (event) => setTimeout(() => done(event), wait));
  },
});
"""
HANGING = 'Object.defineProperty(IDBOpenDBRequest.prototype, "onsuccess", { set() {} });'
FULL = """
IDBObjectStore.prototype.add = () => { throw new DOMException("no room", "QuotaExceededError"); };
"""
STUCK = "IDBObjectStore.prototype.delete = () => { throw new DOMException('', 'UnknownError'); };"


@pytest.fixture
def phone(evening, pages):
    """Judith's phone with the first sheet open; `wire` lists what it sends."""
    server, room, enter = evening

    def make(script):
        page = enter(pages(390), "judith")
        page.add_init_script(script)
        page.wire = []
        page.on("websocket", lambda line: line.on("framesent", lambda f: page.wire.append(str(f))))
        page.goto(f"{server.url}/events/q4/judging/{room.round_id}/list")
        page.locator("ol.visits a").first.click()
        return page

    return make


def tap(page, row, value):
    choices = page.locator("section.sheet:not([hidden]) fieldset.scores").nth(row)
    choices.locator("label.level", has_text=re.compile(f"^{value}$")).click()


def sent(page, message):
    return [frame for frame in page.wire if message in frame]


def test_a_tap_before_the_storage_is_open_is_not_called_kept_and_then_saved(phone):
    judith = phone(SLOW)
    tap(judith, 0, 5)
    expect(judith.locator("#saved")).to_have_text("Do not close this page: 1 waiting")
    expect(judith.locator("#saved")).to_have_text("Saved")
    assert len(sent(judith, "judging.mark")) == 1


@pytest.mark.parametrize("storage", [SLOW, SLOW_READS], ids=["opening", "being read"])
def test_words_typed_while_the_storage_is_slow_stay(phone, storage):
    judith = phone(storage)
    words = judith.locator("section.sheet:not([hidden]) [name=strength]")
    words.fill("Clear and brave")
    judith.wait_for_timeout(2000)  # past the moment at which the storage answers
    expect(words).to_have_value("Clear and brave")
    for row in (0, 1):
        tap(judith, row, 4)
    expect(judith.locator("#saved")).to_have_text("Saved")
    judith.reload()
    expect(words).to_have_value("Clear and brave")


def test_a_phone_greets_the_server_once_a_line(phone):
    judith = phone(SLOW)
    tap(judith, 0, 5)
    expect(judith.locator("#saved")).to_have_text("Saved")
    assert len(sent(judith, "judging.hello")) == 1


@pytest.mark.parametrize("storage", [HANGING, FULL], ids=["hangs", "is full"])
def test_without_a_storage_the_page_keeps_and_sends(phone, storage):
    judith = phone(storage)
    judith.context.set_offline(True)
    tap(judith, 0, 5)
    tap(judith, 1, 4)
    expect(judith.locator("#saved")).to_have_text("Do not close this page: 2 waiting")
    judith.context.set_offline(False)
    expect(judith.locator("#saved")).to_have_text("Saved", timeout=45_000)
    assert sent(judith, "judging.mark")


def test_what_the_storage_does_not_let_go_of_is_sent_once(phone):
    judith = phone(STUCK)
    tap(judith, 0, 5)
    expect(judith.locator("#saved")).to_have_text("Saved")
    tap(judith, 1, 4)
    expect(judith.locator("#saved")).to_have_text("Saved")
    assert len(sent(judith, "judging.mark")) == 2
