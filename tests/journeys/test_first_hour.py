"""From the demo to a real event with a team in it, in a real browser."""

import re

from playwright.sync_api import expect


def enter_as(page, url, name):
    page.goto(url)
    page.get_by_role("button", name=re.compile(f"^{name}")).click()
    expect(page.get_by_role("heading", name=f"Hello, {name}")).to_be_visible()


def leave(page):
    page.get_by_role("button", name="Sign out").click()


def rows_of_events(page, url):
    page.goto(url + "/events")
    return page.locator("tbody tr")


def path_of(row):
    return row.get_by_role("link").first.get_attribute("href")


def test_every_page_of_the_demo_is_accessible_on_phone_and_desktop(demo, pages, looks_right):
    page = pages(390)
    for path in ("", "/sign-in", "/start"):
        page.goto(demo.url + path)
        looks_right(page)
    enter_as(page, demo.url, "Olga")
    looks_right(page)
    present = path_of(rows_of_events(page, demo.url).nth(1))
    looks_right(page)
    tails = ("", "/people", "/teams", "/projects", "/settings")
    for path in ["/events/new", "/me", "/notices", *(present + tail for tail in tails)]:
        page.goto(demo.url + path)
        looks_right(page)
    page.goto(demo.url + present + "/teams")
    page.locator("tbody tr a").first.click()
    looks_right(page)
    page.goto(demo.url + present + "/projects")
    page.locator("tbody tr a").first.click()
    looks_right(page)
    page.get_by_role("link", name=re.compile("1 ·")).click()
    looks_right(page)
    page.goto(demo.url + "/no/such/page")
    looks_right(page)
    assert [text for text in page.problems if "404" not in text] == []


def test_judging_credits_backlog_and_quarters_are_accessible_everywhere(demo, pages, looks_right):
    page = pages(390)
    enter_as(page, demo.url, "Olga")
    rows = rows_of_events(page, demo.url)
    present, past = (
        path_of(rows.filter(has_text="Judging")), path_of(rows.filter(has_text="Follow-up").last)
    )  # fmt: skip
    round_path = past + "/judging/1"
    paths = [
        present + "/judging", present + "/judging/new", present + "/credits",
        present + "/credits/pool", present + "/results", past + "/judging", past + "/results",
        past + "/results/promote", round_path + "/standings", round_path + "/late",
        round_path + "/method", round_path + "/reveal", round_path + "/stage",
        past + "/results/teams/1", past + "/credits/teams/1",
        "/backlog", "/backlog/1", "/backlog/3", "/backlog/new", "/quarters",
    ]  # fmt: skip
    for path in paths:
        page.goto(demo.url + path)
        looks_right(page)
    page.goto(demo.url + "/quarters")
    page.locator(".list-group a").last.click()
    looks_right(page)
    leave(page)
    enter_as(page, demo.url, "Judith")
    page.goto(demo.url + present + "/judging")
    looks_right(page)
    page.goto(demo.url + page.locator("ol.visits a").first.get_attribute("href"))
    looks_right(page)
    assert page.problems == []


def test_the_pictures_of_the_readme_are_taken_by_a_command(demo, hackathon, tmp_path):
    done = hackathon(
        "screenshots", "--url", demo.url, "--to", tmp_path / "pictures",
        "--only", "sheet", "--only", "projector",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    for name in ("sheet-390-light.png", "projector-1280-dark.png"):
        assert (tmp_path / "pictures" / name).read_bytes().startswith(b"\x89PNG")


def write_a_card_in_two_tabs(paul, axe):
    paul.get_by_role("link", name="Projects").click()
    paul.get_by_role("link", name="Our project").first.click()
    paul.get_by_role("link", name="Edit", exact=True).click()
    axe(paul)
    leaving = "!window.dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    paul.get_by_label("Title").fill("Night Watch")
    assert paul.evaluate(leaving)  # asks, and saves at once
    expect(paul.get_by_text("Saved as a draft. Still missing: In one sentence")).to_be_visible()
    assert not paul.evaluate(leaving)
    paul.reload()
    expect(paul.get_by_label("Title")).to_have_value("Night Watch")
    stale = paul.context.new_page()
    stale.goto(paul.url)
    paul.get_by_label("In one sentence").fill("See what moves at night.")
    expect(paul.get_by_text("Still missing: The problem")).to_be_visible()
    stale.get_by_label("Title").fill("Day Watch")
    stale.get_by_role("button", name="Save", exact=True).click()
    expect(stale.get_by_text("Somebody else saved first").first).to_be_visible()
    expect(stale.get_by_label("Title")).to_have_value("Day Watch")


def test_a_stranger_starts_for_real_and_a_team_forms(demo, pages, axe):
    olga = pages(1280)
    olga.goto(demo.url)
    olga.get_by_role("link", name="Start for real").first.click()
    olga.get_by_label("Your name").fill("Olga")
    olga.get_by_label("Your e-mail").fill("olga@example.com")
    olga.get_by_label("A password").fill("correct horse battery staple")
    olga.get_by_label("Name", exact=True).fill("Spring Hackathon")
    olga.get_by_label("Starts").fill("2030-03-04T09:00")
    olga.get_by_label("Ends").fill("2030-03-06T17:00")
    olga.get_by_label("Time zone").fill("Europe/Berlin")
    olga.get_by_role("button", name="Start for real").click()
    expect(olga.get_by_role("heading", name="Settings")).to_be_visible()
    expect(olga.get_by_text("This is a demo")).to_have_count(0)
    olga.get_by_role("button", name="Publish").first.click()
    olga.get_by_role("button", name="Yes, go on").click()
    expect(olga.get_by_text("Published. Share the join link.")).to_be_visible()
    join = olga.locator(".joinbox").inner_text()

    olga.get_by_role("link", name="People").click()
    links = {}
    for name in ("Paul", "Pia"):
        olga.get_by_label("E-mail").fill(f"{name.lower()}@example.com")
        olga.get_by_label("Name").fill(name)
        olga.get_by_label("Role").select_option("mentor")
        olga.get_by_role("button", name="Add", exact=True).click()
        olga.locator("tr", has_text=name).get_by_role("button", name="Sign-in link").click()
        links[name] = olga.locator(".joinbox").inner_text()
        olga.get_by_role("link", name="Back", exact=True).click()

    players = {}
    for name in ("Paul", "Pia"):
        page = players[name] = pages(390)
        page.goto(links[name])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        page.goto(join)
        page.get_by_label("Your role in a team").select_option("ML engineer")
        page.get_by_role("button", name="Join").click()
        expect(page.get_by_text("You are in: Spring Hackathon.")).to_be_visible()
        page.get_by_role("link", name="Teams").click()

    paul, pia = players["Paul"], players["Pia"]
    paul.get_by_label("Name of the team").fill("Owls")
    paul.get_by_role("button", name="Make the team").click()
    expect(paul.get_by_text("Your team is there")).to_be_visible()
    pia.reload()
    pia.get_by_role("button", name="Ask to join").click()
    expect(pia.get_by_text("The captain has been asked.")).to_be_visible()
    paul.reload()
    paul.get_by_role("button", name="Accept").click()
    expect(paul.get_by_text("2 of 5 members")).to_be_visible()
    pia.reload()
    expect(pia.get_by_role("button", name="Leave the team")).to_be_visible()

    write_a_card_in_two_tabs(paul, axe)
    assert [text for text in paul.problems if "409" not in text] == []


def test_the_same_forms_work_without_javascript(demo, pages):
    page = pages(390, java_script_enabled=False)
    enter_as(page, demo.url, "Olga")
    page.goto(demo.url + "/events")
    present = demo.url + path_of(page.locator("tbody tr", has_text="Judging"))
    page.goto(present + "/settings")
    form = page.locator("form", has=page.get_by_role("heading", name="Phase"))
    form.get_by_label("Phase").select_option("hacking")
    form.locator("[name$=reason]").fill("Teams may still form")
    form.get_by_role("button", name="Move").click()
    expect(page.locator(".page-pretitle")).to_contain_text("Hacking")
    leave(page)
    expect(page.get_by_role("button", name=re.compile("Pia"))).to_be_visible()
    enter_as(page, demo.url, "Pia")
    page.goto(present)
    page.get_by_role("link", name="Teams").click()
    page.get_by_label("Name of the team").fill("Bees")
    page.get_by_role("button", name="Make the team").click()
    expect(page.get_by_text("Your team is there")).to_be_visible()
    page.get_by_role("button", name="Leave the team").click()
    expect(page.get_by_text("You have left the team.")).to_be_visible()
