"""Announcements on a phone, and whose hour a new event is in, in a real browser."""

import re

from playwright.sync_api import expect

LONG = "The fire brigade tests the alarm at eleven; nobody has to leave the building.\nThank you."


def enter_as(page, url, name):
    page.goto(url)
    page.get_by_role("button", name=re.compile(f"^{name}")).click()
    expect(page.get_by_role("heading", name=f"Hello, {name}")).to_be_visible()


def announce(olga, text):
    olga.get_by_label("Text", exact=False).fill(text)
    olga.get_by_role("button", name="Announce", exact=True).click()
    expect(olga.get_by_text("Sent.")).to_be_visible()


def test_an_announcement_is_one_line_of_a_phone_and_opens(demo, pages, looks_right):
    olga, paul = pages(1280), pages(390)
    enter_as(olga, demo.url, "Olga")
    enter_as(paul, demo.url, "Paul")
    event = demo.url + olga.locator("[data-home] a").first.get_attribute("href")
    olga.goto(event + "/announcements")
    expect(olga.get_by_label("Also by mail")).to_be_disabled()  # a demo has no mail server
    paul.goto(event)
    announce(olga, "Lunch is ready.")
    announce(olga, LONG)
    banner = paul.locator(".banner", has_text="The fire brigade")
    expect(banner).to_be_visible()  # it came while the page was open
    assert banner.bounding_box()["height"] < 60
    expect(paul.locator(".banner:visible")).to_have_count(1)
    expect(banner.get_by_text("All announcements")).to_be_hidden()
    banner.locator("summary").click()
    expect(banner.get_by_text("All announcements")).to_be_visible()
    assert banner.bounding_box()["height"] > 100
    looks_right(paul)
    paul.set_viewport_size({"width": 390, "height": 844})
    banner.get_by_role("button", name=re.compile("^Dismiss")).click()
    expect(banner).to_have_count(0)
    expect(paul.locator(".banner:visible")).to_have_text(re.compile("Lunch is ready"))
    assert paul.problems == []


def test_the_announcements_own_page_hangs_up_only_what_comes_meanwhile(demo, pages):
    olga, paul = pages(1280), pages(390)
    enter_as(olga, demo.url, "Olga")
    enter_as(paul, demo.url, "Paul")
    path = olga.locator("[data-home] a").first.get_attribute("href") + "/announcements"
    olga.goto(demo.url + path)
    announce(olga, "Lunch is ready.")
    paul.goto(demo.url + path)
    expect(paul.get_by_text("Lunch is ready.")).to_have_count(1)
    expect(paul.locator(".banner")).to_have_count(0)
    announce(olga, "Coffee is ready.")
    expect(paul.locator(".banner")).to_have_text(re.compile("Coffee is ready."))


def test_a_new_event_is_offered_the_zone_of_the_browser_unless_one_has_a_zone(demo, pages):
    far = pages(1280, timezone_id="Asia/Tokyo")
    far.goto(demo.url + "/start")
    expect(far.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    enter_as(far, demo.url, "Olga")
    far.goto(demo.url + "/events/new")
    expect(far.get_by_label("Time zone")).to_have_value("Europe/Berlin")  # Olga's own
    far.goto(demo.url + "/me")
    far.get_by_label("Time zone").fill("")
    far.get_by_role("button", name="Save").first.click()
    far.goto(demo.url + "/events/new")
    expect(far.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    plain = pages(1280, java_script_enabled=False)
    plain.goto(demo.url + "/start")
    expect(plain.get_by_label("Time zone")).to_have_value("UTC")
