"""`hackathon screenshots`: the pictures of README, taken from a running demo."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from playwright.sync_api import Page

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SHOTS = (
    ("welcome", "", "/", 1280, "light"),
    ("home", "Olga", "/", 1280, "light"),
    ("doors", "Pia", "{present}/teams", 390, "light"),
    ("sheet", "Judith", "{present}/judging", 390, "light"),
    ("cockpit", "Olga", "{present}/judging", 1280, "light"),
    ("projector", "Olga", "{present}/judging", 1280, "dark"),
    ("credits", "Olga", "{present}/credits", 1280, "dark"),
    ("results", "Paul", "{past}/results", 390, "dark"),
    ("backlog", "Owen", "/backlog", 1280, "light"),
    ("quarter", "Ada", "/quarters/{quarter}", 1280, "light"),
)
"""(name, who signs in, where, width, color scheme)"""


def _places(page: Page, url: str) -> dict[str, str]:
    """The addresses of the demo's present and first event, and the first one's quarter."""
    page.goto(url + "/events")
    rows = page.locator("tbody tr")
    present = rows.filter(has_text="Judging").get_by_role("link").first
    past = rows.filter(has_text="Follow-up").last
    quarter = re.search(r"\d{4}-Q\d", past.inner_text())
    return {
        "present": str(present.get_attribute("href")),
        "past": str(past.get_by_role("link").first.get_attribute("href")),
        "quarter": quarter[0] if quarter else "",
    }


def _open(page: Page, name: str) -> None:
    """What is behind the first page."""
    if name == "sheet":
        page.get_by_role("link", name="Score it").click()
    if name == "projector":
        page.get_by_role("link", name="Projector", exact=True).click()
    page.wait_for_timeout(1500)  # for the socket's first word


@click.command("screenshots")
@click.option("--url", default="http://127.0.0.1:5000", show_default=True, help="A running demo.")
@click.option("--to", "folder", default="docs/screenshots", show_default=True, help="Where to.")
@click.option(
    "--only", multiple=True, type=click.Choice([shot[0] for shot in SHOTS]), help="Only this one."
)
def screenshots(url: str, folder: str, only: tuple[str, ...]) -> None:
    """Take the pictures of README from a running demo (needs the test extra and chromium)."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only here, only for this

    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for name, person, path, width, scheme in SHOTS:
            if only and name not in only:
                continue
            height = 844 if width < 600 else 800  # noqa: PLR2004 - a phone
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if scheme == "dark" else "light",
            )
            page = context.new_page()
            page.goto(url)
            if person:
                page.get_by_role("button", name=re.compile(f"^{person}")).click()
            if "{" in path:
                path = path.format(**_places(page, url))  # noqa: PLW2901 - filled in
            page.goto(url + path)
            _open(page, name)
            page.screenshot(path=target / f"{name}-{width}-{scheme}.png")
            context.close()
            click.echo(f"{name}-{width}-{scheme}.png")
        browser.close()
