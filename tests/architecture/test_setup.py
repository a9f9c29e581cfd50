"""Set-up: two commands, clean lock files, nothing left out in silence, nothing from another host."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import run

from hackathon.app import FEATURES

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
NOBODY = "postgresql://nobody@127.0.0.1:1/nothing"


def _name(requirement):
    return re.split(r"[\[<>=; ]", requirement)[0]


def _outcome(*line, **environment):
    done = subprocess.run(
        [sys.executable, *line],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def _contract(name):
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    return next(contract for contract in contracts if contract["id"] == name)


def _manual():
    source = (ROOT / "dev.py").read_text("utf-8")
    return source.split('"""')[1] + "\n"


def test_every_dependency_is_pinned_without_an_address():
    pins = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    extras = PROJECT["project"]["optional-dependencies"].values()
    wanted = [PROJECT["project"]["dependencies"], *extras]
    assert all(re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; .+)?", pin) for pin in pins)
    names = {_name(pin) for pin in pins}
    assert {_name(line) for lines in wanted for line in lines} - names == set()


def test_front_end_packages_are_pinned_with_their_digest_and_no_address():
    asked = json.loads((ROOT / "package.json").read_text("utf-8"))["dependencies"]
    packages = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    assert packages[""]["dependencies"] == asked
    for name in asked:
        assert packages[f"node_modules/{name}"]["version"] == asked[name]
    for path in packages.keys() - {""}:
        assert "resolved" not in packages[path], path
        assert packages[path]["integrity"].startswith("sha512-"), path


def test_every_icon_and_vendor_file_that_a_page_asks_for_is_there():
    sprite = (ROOT / "static" / "vendor" / "icons.svg").read_text("utf-8")
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text("utf-8")
        for name in re.findall(r"\bicon\('([a-z-]+)'", text):
            assert f'<symbol id="{name}"' in sprite, (path, name)
        for name in re.findall(r"filename='([\w./-]+)'", text):
            assert (ROOT / "static" / name).is_file(), (path, name)


def test_every_vendor_file_comes_with_a_license():
    licenses = ROOT / "static" / "vendor" / "licenses"
    for name in json.loads((ROOT / "package.json").read_text("utf-8"))["dependencies"]:
        assert (licenses / f"{name.replace('/', '-')}.txt").stat().st_size > 400, name


def test_our_styles_and_scripts_ask_no_other_host():
    for folder in (ROOT / "static").iterdir():
        for path in folder.rglob("*.*s") if folder.name != "vendor" else ():
            assert not re.search(r"(url\(|from |import\()\s*[\"']?(https?:)?//", path.read_text())


def test_the_inside_of_every_feature_is_watched():
    watched = {
        container.removeprefix("hackathon.") for container in _contract("inside")["containers"]
    }
    assert watched == set(FEATURES)


def test_every_checker_runs_before_the_tests():
    assert set(run.CHECKS) == {"ruff check", "ruff format", "mypy", "lint-imports", "djlint"}


@pytest.mark.parametrize(("word", "code"), [("--help", 0), ("help", 0), ("fly", 2)])
def test_dev_says_what_it_does_and_refuses_what_it_does_not(word, code):
    assert _outcome("dev.py", word) == (code, _manual())


def test_the_exit_code_of_pytest_passes_through():
    assert _outcome("tests/run.py", "--no-such-option", CI="")[0] == 4


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_what_is_left_out_is_said_and_fails_only_where_nothing_may_be(ci, code):
    found, text = _outcome("tests/run.py", "--version", CI=ci, TEST_DATABASE_URL=NOBODY)
    assert "!!! LEFT OUT: the tests on PostgreSQL" in text
    assert found == code


def test_the_closing_line_of_the_tests_is_remembered():
    code, closing = run.run_pytest("--collect-only", "-q", "-p", "no:randomly", __file__)
    assert code == 0
    assert "tests collected" in closing
