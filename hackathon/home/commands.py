"""`hackathon screenshots`: the pictures of README, taken from a running demo."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import click

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SHOTS = (
    ("welcome", "", "/", 1280, "light"),
    ("event", "Paul", "{event}", 390, "light"),
    ("people", "Olga", "{event}/people", 1280, "dark"),
    ("doors", "Pia", "{event}/teams", 390, "light"),
    ("teams", "Olga", "{event}/teams", 1280, "light"),
    ("team", "Paul", "{team}", 1280, "light"),
    ("settings", "Olga", "{event}/settings", 1280, "dark"),
    ("start", "", "/start", 390, "dark"),
    ("projects", "Olga", "{event}/projects", 1280, "light"),
    ("card", "Olga", "{project}", 1280, "light"),
)


@click.command("screenshots")
@click.option("--url", default="http://127.0.0.1:5000", show_default=True, help="A running demo.")
@click.option("--to", "folder", default="docs/screenshots", show_default=True, help="Where to.")
def screenshots(url: str, folder: str) -> None:
    """Take the pictures of README from a running demo (needs the test extra and chromium)."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only here, only for this

    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for name, person, path, width, scheme in SHOTS:
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
                page.goto(url + "/events")
                event = page.locator("tbody tr", has_text="Hacking").get_by_role("link")
                address = str(event.first.get_attribute("href"))
                page.goto(url + address + "/teams")
                team = str(page.locator("tbody tr a").first.get_attribute("href"))
                project = team.replace("/teams/", "/projects/")
                path = path.format(event=address, team=team, project=project)  # noqa: PLW2901 - filled in
            page.goto(url + path)
            page.screenshot(path=target / f"{name}-{width}-{scheme}.png")
            context.close()
            click.echo(f"{name}-{width}-{scheme}.png")
        browser.close()
