"""The cockpit in real browsers: its menu, the late tray as it fills, a screen that is paired."""

import re
from datetime import timedelta

import pytest
from conftest import make_app
from panel import SUNDAY
from playwright.sync_api import expect

from hackathon.shared import clock as clock_module
from hackathon.shared.db import db


@pytest.fixture
def acting(evening):
    """Act in the running evening, which reads the same database; the clock stands."""
    server, _, _ = evening
    app = make_app(f"sqlite:///{server.folder / 'hackathon.db'}", server.folder)
    with clock_module.at(SUNDAY), app.app_context():
        yield
        db.session.remove()
        db.engine.dispose()


def test_the_menu_of_the_cockpit_works_by_keyboard_and_looks_right(evening, pages, looks_right):
    server, _, enter = evening
    olga = enter(pages(390), "olga")
    olga.goto(f"{server.url}/events/q4/judging")
    close = olga.get_by_role("button", name="Close judging")
    top = olga.locator("#on-stage").bounding_box()["y"]
    assert olga.locator(".press").bounding_box()["y"] > top  # the stage comes first
    close.focus()
    more = olga.locator("details.more")
    for _ in range(5):
        olga.keyboard.press("Tab")
        if more.evaluate("node => node.contains(document.activeElement)"):
            break
    olga.keyboard.press("Enter")
    expect(more.get_by_role("link", name="Conflicts")).to_be_visible()
    looks_right(olga)
    olga.keyboard.press("Escape")
    expect(more.get_by_role("link", name="Conflicts")).to_be_hidden()
    more.locator("summary").click()
    olga.locator("h1").click()
    expect(more.get_by_role("link", name="Conflicts")).to_be_hidden()
    assert olga.problems == []


def test_the_menu_opens_without_scripts(evening, pages):
    server, _, enter = evening
    olga = enter(pages(390, java_script_enabled=False), "olga")
    olga.goto(f"{server.url}/events/q4/judging")
    olga.locator("details.more summary").click()
    olga.get_by_role("link", name="Conflicts").click()
    expect(olga.get_by_role("heading", name="Conflicts")).to_be_visible()


@pytest.mark.usefixtures("acting")
def test_the_late_tray_fills_before_ones_eyes_and_takes_nothing_unseen(evening, pages, looks_right):
    server, room, enter = evening
    room.sheet("judith", "owls", 4, 4)
    room.move("freeze")
    olga, lena = enter(pages(390), "olga"), enter(pages(1280, "dark"), "lena")
    olga.goto(f"{server.url}/events/q4/judging")
    lena.goto(f"{server.url}/events/q4/judging/{room.round_id}/late")
    expect(olga.get_by_text("Nothing came late.")).to_be_visible()
    expect(lena.get_by_text("The tray is empty")).to_be_visible()
    before = SUNDAY - timedelta(minutes=3)
    for name in ("impact", "works"):
        room.mark("jonas", "bees", name, 5, made_at=before)
    expect(olga.get_by_text("2 late scores wait for your decision.")).to_be_visible()
    olga.get_by_role("link", name="Late tray (2)").click()
    expect(lena.get_by_text("2 wait for your decision.")).to_be_visible()
    looks_right(olga)
    lena.get_by_label("Reason").fill("The hall had no signal")
    room.mark("jonas", "foxes", "impact", 1, made_at=before)
    expect(lena.get_by_text("1 more came in.")).to_be_visible()  # what she typed stays
    lena.get_by_role("button", name="Accept all of Jonas").click()
    expect(lena.get_by_text("2 accepted; a new result record is written.")).to_be_visible()
    for page in (olga, lena):
        expect(page.get_by_text("1 waits for your decision.")).to_be_visible()
    assert olga.problems + lena.problems == []


def test_a_screen_is_paired_by_its_code(evening, pages, looks_right):
    server, room, enter = evening
    olga, screen, other = enter(pages(390), "olga"), pages(1280, "dark"), pages(390)
    for page in (screen, other):
        page.goto(f"{server.url}/screen")
        looks_right(page)
        page.get_by_role("button", name="Show a code").click()
        expect(page.locator(".code")).to_have_text(re.compile(r"^[A-Z3479]{3} [A-Z3479]{3}$"))
        expect(page.get_by_text("Can be confirmed once, for")).to_be_visible()
        looks_right(page)
    olga.goto(f"{server.url}/events/q4/judging/{room.round_id}/screens")
    looks_right(olga)
    olga.get_by_label("The code on the screen").fill(screen.locator(".code").inner_text().lower())
    olga.get_by_role("button", name="Confirm").click()
    expect(screen.get_by_text("Judging is open")).to_be_visible()
    assert screen.url.endswith(f"/judging/{room.round_id}/stage")
    expect(other.locator(".code")).to_be_visible()
    expect(olga.get_by_text("A screen since")).to_have_count(1)
    assert olga.problems + screen.problems + other.problems == []


@pytest.mark.usefixtures("acting")
def test_paper_sheets_are_typed_by_keyboard_and_a_slip_is_seen_at_once(evening, pages, looks_right):
    server, room, enter = evening
    room.sheet("judith", "owls", 3, 3)
    olga = enter(pages(390), "olga")
    olga.goto(f"{server.url}/events/q4/judging")
    olga.get_by_role("link", name="Enter paper").click()
    title = olga.locator(".topline bdi").inner_text()
    keys = olga.keyboard
    olga.get_by_label("Impact, Jonas").focus()
    for text in ("4", "5", "Runs on real data", "Who pays?", "3", "9"):
        keys.type(text)
        keys.press("Tab")  # through the sheet of Jonas, then to Judith's
    judith = olga.locator("[data-sheet]", has_text="Judith")
    expect(judith).to_contain_text("Not on the scale")
    expect(olga.get_by_label("Works, Judith")).to_have_attribute("aria-invalid", "true")
    looks_right(olga)
    olga.get_by_role("button", name="Enter and stay").click()
    expect(olga.get_by_text("Judith, Works: 9 is not on the scale (1 to 5).")).to_be_visible()
    expect(olga.get_by_label("A strength, Jonas")).to_have_value("Runs on real data")
    works = olga.get_by_label("Works, Judith")
    works.fill("2")
    expect(judith).not_to_contain_text("not on the scale")
    works.press("Enter")  # the first button: enter, then the next project
    expect(olga.get_by_text("2 sheets entered")).to_be_visible()
    expect(olga.locator(".topline bdi")).not_to_have_text(title)
    assert [text for text in olga.problems if "422" not in text] == []


@pytest.mark.usefixtures("acting")
def test_paper_sheets_are_entered_without_scripts(evening, pages):
    server, room, enter = evening
    olga = enter(pages(390, java_script_enabled=False), "olga")
    owls = room.projects["owls"]
    olga.goto(f"{server.url}/events/q4/judging/{room.round_id}/papers/{owls}")
    olga.get_by_label("Impact, Jonas").fill("4")
    olga.get_by_role("button", name="Enter and stay").click()
    expect(olga.get_by_text("Jonas: no score for Works. A sheet is entered whole.")).to_be_visible()
    olga.get_by_label("Works, Jonas").fill("4")
    olga.get_by_role("button", name="Enter and stay").click()
    expect(olga.get_by_text("1 sheet entered")).to_be_visible()
    expect(olga.get_by_text("Owls at work: 1 of 2 sheets are in.")).to_be_visible()
