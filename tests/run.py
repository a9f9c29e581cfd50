"""All checks, then all tests on all engines: what `python3 dev.py test` runs once set up.

With arguments only pytest runs, with these arguments. What has to be left out, because the
machine has no browser or no PostgreSQL, is said loudly; with CI=true it is a failure. What is
only tested in a weaker way is said as loudly.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
from network import why_not

from hackathon.server import own_addresses

ROOT = Path(__file__).resolve().parents[1]
CODE = ("hackathon", "tests", "dev.py", "build_assets.py", "wsgi.py")
CHECKS = {
    "ruff check": ("-m", "ruff", "check", *CODE),
    "ruff format": ("-m", "ruff", "format", "--check", *CODE),
    "mypy": ("-m", "mypy"),
    "lint-imports": ("-c", "import importlinter.cli as c; c.lint_imports_command()", "--no-logo"),
    "djlint": ("-m", "djlint", "templates", "--lint", "--quiet"),
}
EVERYTHING = ("-n", "auto")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge")
INSTALL = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")


def say(text: str) -> None:
    """Print at once, so that our lines stand between those of the checkers."""
    print(text, flush=True)


def python(*words: str) -> bool:
    """Run this Python in the checkout; true when it ends well."""
    return subprocess.run([sys.executable, *words], cwd=ROOT, check=False).returncode == 0


def find_browser() -> str | None:
    """Find a browser for the journeys; as root on Debian its own is installed."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        say("Installing chromium ...")
        environment = {"DEBIAN_FRONTEND": "noninteractive", **os.environ}
        for line in (("apt-get", "update", "-qq"), INSTALL):
            subprocess.run(line, check=False, env=environment, stdout=subprocess.DEVNULL)
        found = shutil.which("chromium")
    return found


def find_postgresql() -> str | None:
    """Find a PostgreSQL that answers: the one the environment names, else the usual one."""
    named = os.environ.pop("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/test")
    plain = named.replace("+psycopg", "", 1)
    try:
        psycopg.connect(plain, connect_timeout=3).close()
    except psycopg.Error:
        return None
    return plain.replace("://", "+psycopg://", 1)


def prepare() -> list[str]:
    """Tell the tests by environment what the machine has; returns what must be left out."""
    left_out = []
    if browser := find_browser():
        os.environ["HACKATHON_TEST_BROWSER"] = browser
    else:
        left_out.append("the journeys in a browser (there is no chromium)")
    if address := find_postgresql():
        os.environ["TEST_DATABASE_URL"] = address
    else:
        left_out.append("the tests on PostgreSQL (TEST_DATABASE_URL does not answer)")
    if why_not() and not own_addresses():
        left_out.append("the phones in the room (this computer is on no network)")
    return left_out


def look_for_weaker() -> list[str]:
    """What the machine lets us test only in part."""
    reason = why_not()
    if not reason or not own_addresses() or not find_browser():
        return []
    return [f"the phones use this computer's own address, without a cable to pull ({reason})"]


def run_pytest(*words: str) -> tuple[int, str]:
    """Run the tests, their output passed on; returns the exit code and the closing line."""
    color = f"--color={'yes' if sys.stdout.isatty() else 'auto'}"
    line = [sys.executable, "-u", "-m", "pytest", color, *words]
    closing = ""
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, text=True) as tests:
        for text in tests.stdout or ():
            say(text.removesuffix("\n"))
            closing = text.strip() or closing
    return tests.returncode, closing


def main(arguments: list[str]) -> int:
    """Run what is asked for; returns the exit code."""
    left_out = prepare()
    without = () if "HACKATHON_TEST_BROWSER" in os.environ else ("--ignore=tests/journeys",)
    refused = bool(left_out) and os.environ.get("CI") == "true"
    loud = [f"!!! LEFT OUT: {what}" for what in left_out]
    loud += [f"!!! WEAKER: {what}" for what in look_for_weaker()]
    for line in loud:
        say(line)
    if arguments:
        words = ("-m", "pytest", *without, *arguments)
        code = subprocess.run([sys.executable, *words], cwd=ROOT, check=False).returncode
        return code or int(refused)
    summary = []
    for name, words in CHECKS.items():
        say(f"--- {name}")
        summary.append(f"{'ok    ' if python(*words) else 'FAILED'} {name}")
    say("--- pytest")
    code, closing = run_pytest(*EVERYTHING, *without)
    failed = any(line.startswith("FAILED") for line in summary)
    for line in ["", "--- summary", *summary, *loud, closing]:
        say(line)
    return code or int(failed or refused)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
