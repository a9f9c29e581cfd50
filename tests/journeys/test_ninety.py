"""Ninety people without a shell and without a spreadsheet program, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

ROLES = ("data scientist", "ML engineer", "data engineer", "product manager", "domain expert")


def pasted():
    """Ninety rows as a spreadsheet copies them; two are wrong."""
    rows = ["Full name\tE-mail\tFunction\trole\tteam"]
    for number in range(90):
        team = f"Team {number // 5:02}" if number < 80 else ""
        address = f"person.{number}@example.com" if number != 40 else "person.40 at example.com"
        role = ROLES[number % 5] if number != 41 else "wizard"
        rows.append(f"Person {number}\t{address}\tClaims\t{role}\t{team}")
    return "\n".join(rows)


def start_for_real(page, url, axe):
    page.goto(url + "/start")
    axe(page)
    page.get_by_label("Your name").fill("Olga")
    page.get_by_label("Your e-mail").fill("olga@example.com")
    page.get_by_label("A password").fill("correct horse battery staple")
    page.get_by_label("Name", exact=True).fill("Spring Hackathon")
    page.get_by_label("Starts").fill("2030-03-04T09:00")
    page.get_by_label("Ends").fill("2030-03-06T17:00")
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_label("Their name").fill("Lena")
    page.get_by_label("Their e-mail").fill("lena@example.com")
    page.get_by_role("button", name="Start for real").click()
    expect(page.get_by_text("1 of 2 has not signed in yet.")).to_be_visible()
    axe(page)


def import_ninety(page, axe):
    page.get_by_role("link", name="Import", exact=True).click()
    axe(page)
    page.get_by_label("Paste from a spreadsheet").fill(pasted())
    page.get_by_role("button", name="Look it over").click()
    expect(page.get_by_text("2 rows are wrong; nothing is written yet.")).to_be_visible()
    axe(page)
    page.get_by_label("E-mail", exact=True).last.fill("person.40@example.com")
    page.locator("fieldset", has_text="Line 43").get_by_label("role").fill("ML engineer")
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_text("Everything fits.")).to_be_visible()
    page.locator("summary", has_text="Columns").click()
    page.get_by_label(re.compile("^Function")).select_option("department")
    page.get_by_role("button", name="Check again").click()
    axe(page)
    page.get_by_role("button", name="Apply 90 rows").click()
    expect(page.get_by_text("Imported: 90 new, 0 changed, 0 unchanged.")).to_be_visible()


def print_cards(page, axe):
    page.get_by_role("link", name="Sign-in cards").click()
    expect(page.get_by_text("91 of 92 have not signed in yet.")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Make cards").click()
    expect(page.get_by_text("91 cards. They are shown this once")).to_be_visible()
    axe(page)
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation").first).to_be_hidden()
    page.emulate_media(media="screen")
    card = page.locator(".sign-in-cards li", has_text="Person 85").first
    return card.locator(".joinbox").inner_text()


@pytest.mark.parametrize(("width", "script"), [(1280, True), (390, False)])
def test_a_stranger_gets_ninety_people_in(demo, pages, axe, width, script):
    olga = pages(width, java_script_enabled=script) if not script else pages(width)
    check = axe if script else (lambda _page: None)
    start_for_real(olga, demo.url, check)
    import_ninety(olga, check)
    link = print_cards(olga, check)

    phone = pages(390)
    phone.goto(link)
    phone.get_by_role("button", name="Sign in").click()
    expect(phone.get_by_role("heading", name="Hello, Person 85")).to_be_visible()
    olga.get_by_role("link", name="People", exact=True).click()
    olga.get_by_role("link", name="Not signed in yet").click()
    expect(olga.get_by_text("person.86@example.com")).to_be_visible()
    expect(olga.get_by_text("person.85@example.com")).to_have_count(0)
    assert [text for text in olga.problems if "422" not in text] == []
