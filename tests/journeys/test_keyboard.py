"""The main journeys with a keyboard alone: focus is seen, in order, and comes back."""

import re

from conftest import SATURDAY
from journeys.keys import Keys
from journeys.test_without_scripts import enter_as, event_of
from playwright.sync_api import expect


def told(page, text):
    expect(page.get_by_text(text).first).to_be_visible()


def button(page, name):
    return page.get_by_role("main").get_by_role("button", name=name)


def link(page, name):
    return page.get_by_role("main").get_by_role("link", name=name)


def test_an_organizer_opens_an_event_moves_it_and_asks_before_what_cannot_be_undone(demo, pages):
    page = pages(1280)
    page.goto(demo.url)
    keys = Keys(page)
    keys.enter(button(page, re.compile("Olga")))
    expect(page.get_by_role("heading", name="Hello, Olga")).to_be_visible()
    page.goto(demo.url + "/events/new")
    keys.skip()
    keys.tab()
    assert page.evaluate("document.getElementById('content').contains(document.activeElement)")
    keys.type_into(page.get_by_label("Name", exact=True), "Winter Hackathon")
    for label, day, time in (("Starts", "12032030", "0900A"), ("Ends", "12052030", "0500P")):
        keys.to(page.get_by_label(label))
        keys.press(*day, "ArrowRight", *time)
    keys.type_into(page.get_by_label("Time zone"), "Europe/Berlin")
    expect(page.get_by_label("Starts")).to_have_value("2030-12-03T09:00")
    expect(page.get_by_label("Ends")).to_have_value("2030-12-05T17:00")
    keys.press("Enter")
    told(page, "Winter Hackathon")

    publish = button(page, "Publish").first
    keys.start()
    keys.enter(publish)
    expect(page.get_by_role("dialog")).to_be_visible()
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(publish).to_be_focused()
    told(page, "Publish")
    keys.press("Enter")
    keys.enter(page.get_by_role("dialog").get_by_role("button", name="Yes, go on"))
    told(page, "Published. Share the join link.")

    place = event_of(page, demo.url, "Judging")
    page.goto(place + "/judging")
    keys.enter(page.locator("#pause > summary"))
    keys.type_into(page.locator("#reason"), "The projector is dark")
    keys.enter(button(page, "Pause judging"))
    expect(button(page, "Go on")).to_be_visible()
    keys.start()
    keys.enter(button(page, "Go on"))
    expect(page.locator("#pause > summary")).to_be_visible()  # open again: it can be paused
    assert [text for text in page.problems if "422" not in text] == []


def test_a_participant_makes_a_team_and_hands_in_a_card(evening, pages):
    server, _, enter = evening
    server.clock.write_text(SATURDAY.isoformat())  # hacking again
    page = enter(pages(390), "pia")
    keys = Keys(page)
    page.goto(f"{server.url}/events/q4/teams")
    keys.skip()
    keys.enter(link(page, "Bees").first)
    keys.enter(button(page, "Leave the team"))
    keys.enter(page.get_by_role("dialog").get_by_role("button", name="Yes, go on"))
    told(page, "You have left the team.")
    keys.start()
    keys.type_into(page.get_by_label("Name of the team"), "Night Bees")
    keys.press("Enter")
    told(page, "Your team is there")

    keys.start()
    keys.enter(page.get_by_role("navigation", name="Event").get_by_role("link", name="Projects"))
    keys.enter(link(page, "Our project").first)
    keys.enter(link(page, re.compile("Edit|Write")).first)
    for label in ("Title", "In one sentence", "The problem", "The approach"):
        keys.type_into(page.get_by_label(label), f"{label} of the bees")
    told(page, "Saved as a draft. Still missing")
    for field in page.locator("form.card [required]").all():
        if field.evaluate("(node) => node.tagName") == "SELECT":
            keys.to(field)
            keys.press("ArrowDown")
        elif not field.input_value():
            keys.type_into(field, "One of a hundred")
    keys.enter(button(page, "Save"))
    told(page, "complete")


def test_a_judge_scores_with_arrows_and_space(evening, pages):
    server, _, enter = evening
    page = enter(pages(390), "judith")
    keys = Keys(page)
    page.goto(f"{server.url}/events/q4/judging")
    keys.skip()
    keys.enter(page.get_by_role("link", name=re.compile("Bees at work")))
    sheet = page.locator("section.sheet:not([hidden])")
    expect(sheet.locator("h2")).to_be_focused()
    rows = sheet.locator("fieldset.scores")
    keys.to(rows.nth(0).locator("input"))
    keys.press("Space", "ArrowRight", "ArrowRight")
    keys.to(rows.nth(1).locator("input"))
    keys.press("ArrowRight")
    expect(page.locator("#saved")).to_have_text("Saved")
    expect(rows.nth(0).locator("input:checked")).to_have_value("3")
    keys.type_into(sheet.get_by_label("A strength"), "Clear as day")
    keys.enter(page.locator("#next"))
    expect(page.locator("section.sheet:not([hidden]) h2")).to_be_focused()
    expect(page.locator("section.sheet:not([hidden]) h2")).not_to_have_text("Bees at work")
    keys.to(
        page.locator("section.sheet:not([hidden])").get_by_role("link", name="My list"), back=True
    )
    keys.press("Enter")
    expect(page.get_by_text("1 of 3 done")).to_be_visible()
    assert page.evaluate("document.activeElement !== document.body"), "focus is lost"


def test_an_organizer_grants_a_request_and_stays_where_they_are_on_the_board(demo, pages):
    page = pages(1280)
    enter_as(page, demo.url, "Olga")
    keys = Keys(page)
    place = event_of(page, demo.url, "Judging")
    page.goto(place + "/credits/requests")
    keys.skip()
    keys.enter(button(page, "Grant").first)
    told(page, "Granted")
    page.goto(place + "/credits")
    team = page.locator("tbody tr").nth(2).get_by_role("link").first
    keys.skip()
    keys.to(team)
    name = keys.focused()
    other = page.context.new_page()
    other.goto(place + "/credits?open=grant")
    other.locator("#grant select").select_option(label=name)
    other.locator("#grant").get_by_label("Amount").fill("7")
    other.locator("#grant").get_by_label("Reason").fill("GPU hours")
    other.locator("#grant button").click()
    told(other, "7")
    expect(page.locator("tbody tr", has_text=name).first).to_contain_text("$287")
    assert keys.focused() == name
    keys.tab()
    keys.tab(back=True)
    assert keys.focused() == name
    page.set_viewport_size({"width": 390, "height": 844})
    keys.start()
    keys.enter(page.locator(".tabs summary"))
    keys.tab()
    assert page.evaluate("document.activeElement.closest('.tabs-rest') !== null")
    keys.press("Escape")
    expect(page.locator(".tabs summary")).to_be_focused()
    expect(page.locator(".tabs-rest")).to_be_hidden()


def test_a_program_lead_promotes_a_winner(demo, pages):
    page = pages(1280)
    enter_as(page, demo.url, "Ada")
    keys = Keys(page)
    page.goto(event_of(page, demo.url, "Follow-up") + "/results/promote")
    keys.skip()
    winner = page.get_by_role("checkbox", name=re.compile("Letter Sorter"))
    expect(winner).to_be_checked()  # every winner is proposed; who wants fewer takes some out
    keys.to(winner)
    keys.press("Space")
    expect(winner).not_to_be_checked()
    keys.press("Space")
    keys.type_into(page.get_by_label("Outcome owner").first, "owen@example.com")
    keys.enter(button(page, "Promote the chosen"))
    told(page, "1 project is in the backlog, in review.")
    expect(page.get_by_role("link", name="Letter Sorter")).to_have_count(2)  # an earlier one, too
