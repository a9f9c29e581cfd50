"""An evening of judging in real browsers: phones, cockpit, projector, a lost line, the reveal."""

import re

from playwright.sync_api import expect


def rate(page, *values):
    """Tap one value a criterion on the sheet that is open."""
    sheet = page.locator("section.sheet:not([hidden])")
    for row, value in enumerate(values):
        choices = sheet.locator("fieldset.scores").nth(row)
        choices.locator("label.level", has_text=re.compile(f"^{value}$")).click()


def confirm(page, name):
    page.get_by_role("button", name=name).click()
    page.get_by_role("button", name="Yes, go on").click()


def saved(page):
    return page.locator("#saved")


def problems_of(*pages):
    """What went wrong on the pages, but for lines that were cut on purpose."""
    cut = ("ERR_INTERNET_DISCONNECTED", "ERR_CONNECTION_REFUSED", "WebSocket")
    return [text for page in pages for text in page.problems if not any(x in text for x in cut)]


def open_the_round(evening, pages, axe):
    """Everybody comes; the first team goes on stage and every phone opens its sheet."""
    server, room, enter = evening
    place = f"{server.url}/events/q4/judging"
    olga, screen = enter(pages(1280), "olga"), enter(pages(1280, "dark"), "olga")
    judith, jonas = enter(pages(390), "judith"), enter(pages(390, "dark"), "jonas")
    olga.goto(place)
    axe(olga)
    screen.goto(f"{place}/{room.round_id}/stage")
    expect(screen.get_by_text("Judging is open")).to_be_visible()
    for judge in (judith, jonas):
        judge.goto(place)
        expect(judge.get_by_text("0 of 3 done")).to_be_visible()
        axe(judge)
    olga.get_by_role("button", name=re.compile("Next:")).click()
    for judge in (judith, jonas):
        expect(judge.locator("section.sheet:not([hidden]) > h2")).to_have_text("Bees at work")
    expect(screen.locator("#pitch")).to_contain_text("Bees at work")
    expect(screen.locator("#timer")).to_have_text("5:00")
    axe(screen)
    return olga, screen, judith, jonas


def pause_for_a_moment(evening, pages, olga, judith, axe):
    """A pause and its reason reach a participant's open pages, and leave them, by themselves."""
    server, _, enter = evening
    here, home = enter(pages(390), "paul"), enter(pages(1280, "dark"), "paul")
    here.goto(f"{server.url}/events/q4/teams")
    home.goto(server.url)
    for page in (here, home):
        expect(page.locator("[data-pause]")).to_have_count(1)
        expect(page.get_by_text("is paused")).to_be_hidden()
    olga.locator("#pause summary").click()
    olga.locator("#reason").fill("The projector is dark")
    olga.get_by_role("button", name="Pause judging").click()
    for page in (here, home, olga, judith):
        expect(page.get_by_text("The projector is dark")).to_be_visible()
    for page in (here, home):
        axe(page)
    olga.get_by_role("button", name="Go on").click()
    for page in (here, home, judith):
        expect(page.get_by_text("The projector is dark")).to_be_hidden()
    assert problems_of(here, home) == []
    for page in (here, home):
        page.close()


def judge_everything(olga, screen, judith, jonas, axe):
    """Judith scores three; Jonas two, with a lost line, and the third when it is too late."""
    rate(judith, 4, 4)
    expect(olga.locator("[data-done]")).to_have_text("1 of 6", timeout=1000)  # within a second
    expect(saved(judith)).to_have_text("Saved")
    axe(judith)
    expect(screen.locator("#counts")).to_have_text("1 of 6 sheets are in")
    for values in ((2, 3), (5, 5)):
        judith.get_by_role("link", name="Next", exact=True).click()
        rate(judith, *values)
    words = judith.locator("section.sheet:not([hidden])").get_by_label("A strength")
    words.fill("Clear as day")
    judith.get_by_role("link", name="My list").locator("visible=true").click()
    expect(judith.get_by_text("3 of 3 done")).to_be_visible()

    jonas.context.set_offline(True)
    rate(jonas, 4, 3)
    expect(saved(jonas)).to_have_text("Kept on this phone (2)")
    axe(jonas)
    jonas.context.set_offline(False)
    expect(saved(jonas)).to_have_text("Saved", timeout=40_000)
    jonas.get_by_role("link", name="Next", exact=True).click()
    rate(jonas, 3, 3)
    expect(saved(jonas)).to_have_text("Saved")
    expect(olga.locator("[data-done]")).to_have_text("5 of 6")

    jonas.context.set_offline(True)
    jonas.get_by_role("link", name="Next", exact=True).click()
    rate(jonas, 5, 4)
    expect(saved(jonas)).to_have_text("Kept on this phone (2)")


def close_and_decide(olga, jonas, axe):
    """The close, the late tray, the final word."""
    confirm(olga, "Close judging")
    expect(olga.get_by_text("Judging closed")).to_be_visible()
    expect(olga.get_by_text("Nothing came late.")).to_be_visible()
    axe(olga)
    jonas.context.set_offline(False)
    expect(jonas.locator("#refused")).to_contain_text(
        "Received after judging closed. The organizers will decide.", timeout=40_000
    )
    expect(saved(jonas)).to_have_text("Saved")
    axe(jonas)
    expect(olga.get_by_text("2 late scores wait for your decision.")).to_be_visible()
    olga.get_by_role("link", name="Late tray (2)").click()
    axe(olga)
    olga.get_by_label("Reason").fill("The line was cut")
    olga.get_by_role("button", name="Accept all of Jonas").click()
    expect(olga.get_by_text("2 accepted; a new result record is written.")).to_be_visible()
    olga.get_by_role("link", name="Judging", exact=True).click()
    confirm(olga, "Make it final")


def reveal(olga, screen, paul, axe):
    """Place by place, the projector and a participant's page together."""
    expect(paul.get_by_text("No results yet")).to_be_visible()
    axe(paul)
    olga.get_by_role("link", name="Reveal").click()
    axe(olga)
    screen.reload()
    expect(screen.get_by_text("The results are ready")).to_be_visible()
    for name in ("Foxes", "Bees", "Owls"):
        expect(paul.locator("#results")).not_to_contain_text(f"{name} at work")
        olga.get_by_role("button", name=re.compile("Show place")).click()
        expect(screen.locator("#places")).to_contain_text(f"{name} at work")
        expect(screen.locator("#places li")).to_have_count(1)
        expect(paul.locator("#results")).to_contain_text(f"{name} at work")
    axe(screen)
    confirm(olga, "Publish the results")
    expect(olga.get_by_text("The results are out.")).to_be_visible()
    axe(olga)


def test_an_evening_of_judging(evening, pages, axe):
    server, _, enter = evening
    olga, screen, judith, jonas = open_the_round(evening, pages, axe)
    pause_for_a_moment(evening, pages, olga, judith, axe)
    judge_everything(olga, screen, judith, jonas, axe)
    close_and_decide(olga, jonas, axe)
    paul = enter(pages(390), "paul")
    paul.goto(f"{server.url}/events/q4/results")
    reveal(olga, screen, paul, axe)
    expect(paul.get_by_text("took the first place")).to_be_visible()
    paul.get_by_role("link", name="Our result card").click()
    expect(paul.get_by_text("Place 1 of 3")).to_be_visible()
    expect(paul.get_by_text("Clear as day")).to_be_visible()
    axe(paul)
    assert problems_of(olga, screen, judith, jonas, paul) == []


def test_the_phone_keeps_scores_over_a_reload_and_a_dead_server(evening, pages):
    server, room, enter = evening
    judith = enter(pages(390), "judith")
    judith.goto(f"{server.url}/events/q4/judging/{room.round_id}/list")
    judith.locator("ol.visits a").first.click()
    expect(saved(judith)).to_have_text("Saved")
    server.kill()
    rate(judith, 5, 4)
    expect(saved(judith)).to_have_text("Kept on this phone (2)")
    judith.get_by_label("A strength").first.fill("Kept words")
    server.start()
    judith.reload()
    expect(judith.get_by_label("A strength").first).to_have_value("Kept words")
    expect(saved(judith)).to_have_text("Saved", timeout=40_000)
    second = enter(pages(390), "judith")
    second.goto(judith.url)
    expect(second.locator("input:checked")).to_have_count(2)
    expect(second.get_by_label("A strength").first).to_have_value("Kept words")
    rate(judith, 3)
    expect(second.locator("section.sheet:not([hidden]) input:checked").first).to_have_value("3")


def test_a_tap_on_the_chosen_score_takes_it_away_until_the_sheet_is_complete(evening, pages):
    server, room, enter = evening
    judith = enter(pages(390), "judith")
    judith.goto(f"{server.url}/events/q4/judging/{room.round_id}/list")
    judith.locator("ol.visits a").first.click()
    rate(judith, 5)
    rate(judith, 5)
    expect(judith.locator("section.sheet:not([hidden]) input:checked")).to_have_count(0)
    rate(judith, 5, 4)
    rate(judith, 5)
    expect(judith.locator("section.sheet:not([hidden]) input:checked")).to_have_count(2)
    expect(saved(judith)).to_have_text("Saved")


def test_judging_works_without_javascript(evening, pages):
    server, room, enter = evening
    judith = enter(pages(390, java_script_enabled=False), "judith")
    judith.goto(f"{server.url}/events/q4/judging/{room.round_id}/list")
    judith.locator("ol.visits a").first.click()
    rate(judith, 4, 5)
    judith.get_by_role("button", name="Save").click()
    expect(judith.get_by_text("Saved.")).to_be_visible()
    expect(judith.locator("section.sheet:not([hidden]) input:checked")).to_have_count(2)
