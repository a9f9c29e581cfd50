"""Every form of every page works with scripts switched off; the ten most needed are really sent."""

import re
from urllib.parse import urldefrag, urlsplit

from playwright.sync_api import Error, expect
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

FAULTS = """() => {
  const faults = [];
  const shown = (node) => node.getClientRects().length > 0;
  const brief = (node) => node.outerHTML.replace(/\\s+/g, " ").slice(0, 160);
  const say = (what, node) => faults.push(`${what}: ${brief(node)}`);
  for (const fold of document.querySelectorAll("details")) {
    if (shown(fold) && !shown(fold.querySelector(":scope > summary"))) say("no way to open", fold);
    fold.open = true;
  }
  for (const tab of document.querySelectorAll(".tabs > .tab")) {
    if (shown(tab) && tab.scrollWidth > tab.clientWidth) say("cut off", tab);
  }
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) faults.push(`${page.scrollWidth} px wide`);
  const named = (node) => (node.getAttribute("aria-label") || node.textContent || node.value).trim();
  const labels = (node) => [...(node.labels ?? [])].filter((label) => label.textContent.trim());
  const forms = [...document.forms].filter((form) => form.getAttribute("method") !== "dialog");
  for (const form of forms) {
    if (form.closest(".sheet[hidden]")) continue; // one of the judge's sheets: it has its own page
    if ([...form.elements].every((node) => node.type === "hidden")) continue;
    const buttons = [...form.elements].filter((node) => node.type === "submit");
    if (!buttons.some((node) => shown(node) && named(node))) say("nothing to send it by", form);
    if (form.method === "post" && !form.elements.csrf_token) say("no token", form);
    for (const node of form.elements) {
      if (["hidden", "submit", "button", "fieldset"].includes(node.type)) continue;
      if (node.closest("[data-carried]")) continue; // what an open round carries along unchanged
      if (node.type === "radio" && labels(node).some(shown)) continue; // drawn by its label
      if (!shown(node)) say("only a script shows it", node);
      if (!labels(node).length && !node.getAttribute("aria-label")) say("no label", node);
    }
  }
  for (const node of document.querySelectorAll("button[type=button], [role=button], a:not([href])")) {
    if (shown(node) && !node.matches("a.disabled")) say("does nothing without a script", node);
  }
  const sent = forms.map((form) => [form.method.toUpperCase(), form.getAttribute("action") === null
    ? location.href : form.action]);
  const links = [...document.querySelectorAll("a[href]")].map((link) => link.href);
  return { faults, sent, links };
}"""

LEFT_ALONE = {"static", "people.sign_out", "judging.stage"}  # the projector's page is a script


class Walk:
    """Goes through all pages that links lead to, one of each kind and event."""

    def __init__(self, page, url, app, kinds):
        self.page, self.url, self.kinds = page, url, kinds
        self.map = app.url_map.bind("")
        self.events, self.seen, self.faults, self.sent = [], set(), [], set()

    def kind_of(self, address, method="GET"):
        """What an address of ours leads to, one of each kind to be looked at; None: not to us."""
        parts = urlsplit(address)
        if f"{parts.scheme}://{parts.netloc}" != self.url:
            return None
        try:
            endpoint, values = self.map.match(parts.path, method)
        except RequestRedirect:
            return None
        event = values.get("slug", "")
        if event and event not in self.events and len(self.events) < 3:
            self.events.append(event)
        return self.kinds(endpoint, event) if not event or event in self.events else None

    def go(self, start="/"):
        waiting = [self.url + start]
        self.seen.add(self.kind_of(self.url + start))
        while waiting:
            address = waiting.pop(0)
            try:
                self.page.goto(address)
            except Error as error:
                if "Download is starting" not in str(error):
                    raise
                continue
            found = self.page.evaluate(FAULTS)
            place = urlsplit(address).path
            self.faults += [f"{place}: {fault}" for fault in found["faults"]]
            for method, target in found["sent"]:
                self.check(place, method, target)
            for link in {urldefrag(link).url: 0 for link in found["links"]}:
                kind = self.is_page(link) and self.kind_of(link)
                if kind and kind not in self.seen and kind[0] not in LEFT_ALONE:
                    self.seen.add(kind)
                    waiting.append(link)

    def is_page(self, link):
        """Whether a link leads to a page, not to a file."""
        return link.startswith(self.url) and not re.search(r"format=|\\.(csv|xlsx|ics|json)", link)

    def check(self, place, method, target):
        """A form has to go to a door that takes it."""
        try:
            endpoint, _ = self.map.match(urlsplit(target).path, method)
        except HTTPException as error:
            self.faults.append(f"{place}: {method} {target}: {error}")
            return
        if not target.startswith(self.url):
            self.faults.append(f"{place}: {method} {target} leaves the program")
        elif method == "POST":
            self.sent.add(endpoint)


def enter_as(page, url, name):
    page.goto(url)
    page.get_by_role("button", name=re.compile(name)).click()
    expect(page.get_by_role("heading", name=f"Hello, {name}")).to_be_visible()


def walk_as(name, demo, pages, app, kinds):
    """Everything this person sees, on the narrowest of usual phones; returns the walk."""
    page = pages(360, java_script_enabled=False)
    if name:
        enter_as(page, demo.url, name)
    walk = Walk(page, demo.url, app, kinds)
    walk.go()
    return walk


def test_every_form_of_who_organizes_can_be_found_read_and_sent(demo, pages, app):
    olga = walk_as("Olga", demo, pages, app, lambda endpoint, event: (endpoint, event))
    assert len(olga.events) == 3  # one to come, one being judged, one that is over
    ada = walk_as("Ada", demo, pages, app, lambda endpoint, _: (endpoint, ""))
    assert olga.faults + ada.faults == []
    assert len(olga.sent | ada.sent) > 75


def test_every_form_of_everybody_else_can_be_found_read_and_sent(demo, pages, app):
    faults, sent = [], set()
    for name in ("", "Paul", "Pia", "Judith", "Owen"):
        walk = walk_as(name, demo, pages, app, lambda endpoint, _: (endpoint, ""))
        faults += walk.faults
        sent |= walk.sent
    assert faults == []
    assert len(sent) > 25


# --- really sent ----------------------------------------------------------------------


def told(page, text):
    expect(page.get_by_text(text).first).to_be_visible()


def event_of(page, url, phase):
    """The address of the newest event in a phase."""
    page.goto(url + "/events")
    row = page.locator("tbody tr", has_text=phase).first
    return url + row.get_by_role("link").first.get_attribute("href")


def test_who_organizes_needs_no_script(demo, pages):
    olga = pages(390, java_script_enabled=False)
    enter_as(olga, demo.url, "Olga")
    place = event_of(olga, demo.url, "Judging")

    olga.goto(place)
    olga.locator(".tabs summary").click()
    olga.locator(".tabs-rest").get_by_role("link", name="Announcements").click()
    olga.get_by_label("Text").fill("Pizza is in the hall.")
    olga.get_by_role("main").get_by_role("button", name="Announce").click()
    told(olga, "Pizza is in the hall.")

    olga.goto(place + "/agenda")
    olga.get_by_label("What").fill("Pizza")
    olga.get_by_label("Starts").fill("2026-11-21T19:00")
    olga.get_by_label("Ends").fill("2026-11-21T18:00")
    olga.get_by_role("button", name="Add").click()
    told(olga, "Nothing was saved.")
    expect(olga.get_by_label("What")).to_have_value("Pizza")
    olga.get_by_label("Ends").fill("2026-11-21T20:00")
    olga.get_by_role("button", name="Add").click()
    expect(olga.locator("ol.agenda li", has_text="Pizza")).to_be_visible()

    olga.goto(place + "/credits/requests")
    olga.get_by_role("button", name="Grant").first.click()
    told(olga, "Granted")

    olga.goto(place + "/credits")
    olga.locator("summary", has_text="Give a team credits").click()
    door = olga.locator("details#grant")
    door.get_by_label("Team").select_option(index=1)
    door.get_by_label("Amount").fill("12.50")
    door.get_by_label("Reason").fill("GPU hours until Sunday")
    door.get_by_role("button").click()
    told(olga, "12.50")

    olga.goto(demo.url + "/events/new")
    olga.get_by_label("Name", exact=True).fill("Winter Hackathon")
    olga.get_by_label("Starts").fill("2030-12-03T09:00")
    olga.get_by_label("Ends").fill("2030-12-05T17:00")
    olga.get_by_label("Time zone").fill("Europe/Berlin")
    olga.get_by_role("main").get_by_role("button").last.click()
    told(olga, "Winter Hackathon")
    publish = olga.locator("form[data-confirm]", has_text="Publish").first
    shown = publish.evaluate("(form) => getComputedStyle(form, '::after').content")
    assert publish.get_attribute("data-confirm") in shown  # no script asks, so it stands there
    publish.get_by_role("button").click()
    told(olga, "Published. Share the join link.")


def test_nobody_else_needs_a_script(demo, pages):
    paul = pages(390, java_script_enabled=False)
    enter_as(paul, demo.url, "Paul")
    place = event_of(paul, demo.url, "Judging")
    paul.goto(place + "/credits")
    paul.get_by_label("Amount in dollars").fill("25")
    paul.get_by_label("What for").fill("One more training run")
    paul.get_by_role("button", name="Ask").click()
    told(paul, "One more training run")

    paul.goto(place + "/retrospective")
    paul.get_by_label("What went well?").fill("Pizza was on time")
    paul.get_by_role("button", name="Add").first.click()
    told(paul, "Pizza was on time")

    paul.goto(place + "/help")
    paul.get_by_label("In one sentence").fill("Our GPU is gone")
    paul.get_by_label("Where you are").fill("Table 4")
    paul.get_by_role("button", name="Ask").click()
    told(paul, "Our GPU is gone")

    paul.goto(demo.url + "/me")
    paul.get_by_label("Department").fill("Night shift")
    paul.get_by_role("button", name="Save").first.click()
    expect(paul.get_by_label("Department")).to_have_value("Night shift")

    judith = pages(390, java_script_enabled=False)
    enter_as(judith, demo.url, "Judith")
    judith.get_by_role("link", name=re.compile("Score .* more projects")).click()
    judith.locator("ol.visits a", has_text="Not yet").first.click()
    for row in judith.locator("section.sheet:not([hidden]) fieldset.scores").all():
        row.locator("label.level").last.click()
    judith.get_by_role("button", name="Save").click()
    told(judith, "Saved.")

    owen = pages(390, java_script_enabled=False)
    enter_as(owen, demo.url, "Owen")
    owen.get_by_role("link", name=re.compile("check-in")).first.click()
    owen.get_by_label("What has changed").fill("Two wards use it every day")
    owen.get_by_label("The number now").fill("41 %")
    owen.get_by_label("What is in the way").fill("Nothing")
    owen.get_by_role("button", name="Send").click()
    told(owen, "Two wards use it every day")
