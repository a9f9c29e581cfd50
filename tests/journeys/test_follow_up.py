"""From the reveal to the quarter's page: promote, accept, check in, stop, sign off."""

import re
from datetime import timedelta

from panel import SUNDAY
from playwright.sync_api import expect

from hackathon.shared import clock as clock_module


def confirm(page, name):
    page.get_by_role("button", name=name).click()
    page.get_by_role("button", name="Yes, go on").click()


def reveal(evening):
    """Everything until the results are out, by the use cases."""
    server, room, _ = evening
    with server.app.app_context(), clock_module.at(SUNDAY):
        room.to_reveal()
        room.show(3)
        room.publish()


def later(server, days):
    """Move the server's clock."""
    server.clock.write_text((SUNDAY + timedelta(days=days)).isoformat())


def promote(olga, axe):
    """The winners of the event, an owner for each."""
    expect(olga.get_by_text("Take the winners of Autumn Hackathon")).to_be_visible()
    olga.get_by_role("link", name=re.compile("Take the winners")).click()
    axe(olga)
    for box in olga.get_by_label("Owner").all():
        box.fill("owen@example.com")
    olga.get_by_role("button", name="Promote the chosen").click()
    expect(olga.get_by_text("In the backlog").first).to_be_visible()
    axe(olga)


def take_on(owen, title, axe):
    """The owner says what success is, accepts and starts."""
    owen.get_by_role("link", name="Backlog").first.click()
    owen.get_by_role("link", name=title).first.click()
    owen.get_by_label("Success criteria").fill("Hours a week, 30 to 10")
    owen.get_by_label("Time box").fill("60")
    owen.get_by_role("button", name="Save", exact=True).click()
    owen.get_by_role("button", name="Accept").click()
    owen.get_by_role("button", name="Start the prototype").click()
    expect(owen.get_by_role("heading", name="Prototyping")).to_be_visible()
    axe(owen)


def test_winners_are_followed_until_the_quarter_is_signed_off(evening, pages, axe):
    server, _, enter = evening
    reveal(evening)
    olga, owen, lena = enter(pages(1280), "olga"), enter(pages(390), "owen"), None
    olga.goto(server.url)
    promote(olga, axe)

    later(server, 2)
    enter(owen, "owen").goto(server.url)
    take_on(owen, "Owls at work", axe)
    take_on(owen, "Bees at work", axe)

    later(server, 9)
    enter(owen, "owen").goto(server.url)
    expect(owen.get_by_text("things need you")).to_be_visible()
    owen.get_by_role("link", name=re.compile("Owls at work: check-in")).click()
    owen.get_by_label("What has changed").fill("The desk tries it")
    owen.get_by_label("The number now").fill("24 hours a week")
    owen.get_by_label("What is in the way").fill("Nothing")
    owen.get_by_role("button", name="Send").click()
    expect(owen.get_by_text("The desk tries it")).to_be_visible()
    with owen.expect_download() as given:
        owen.get_by_role("link", name="Calendar").click()
    assert given.value.suggested_filename.endswith(".ics")

    owen.get_by_role("link", name="Backlog").first.click()
    owen.get_by_role("link", name="Bees at work").first.click()
    owen.locator("summary", has_text="Stop").click()
    owen.get_by_label("What was tried").fill("Two models on last year's data")
    owen.get_by_label("What was learned").fill("The labels are wrong in every third row")
    owen.get_by_label("Who should know").fill("Whoever labels next")
    owen.get_by_role("button", name="Stop", exact=True).click()
    expect(owen.get_by_role("heading", name="Learning card")).to_be_visible()
    axe(owen)

    lena = enter(pages(1280, "dark"), "lena")
    lena.goto(server.url + "/quarters/2026-Q4")
    expect(lena.get_by_text("The labels are wrong in every third row")).to_be_visible()
    axe(lena)
    lena.get_by_role("button", name="Sign off").click()
    expect(lena.get_by_text("SHA-256")).to_be_visible()
    axe(lena)
    assert [*olga.problems, *owen.problems, *lena.problems] == []
