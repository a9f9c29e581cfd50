"""Conventions that a machine keeps."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from hackathon.app import FEATURES
from hackathon.shared import live

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "hackathon"


def _tracked():
    line = ["git", "-c", "safe.directory=*", "ls-files", "-z"]  # whoever owns the checkout
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True)
    names = done.stdout.split("\0")
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def test_every_view_says_who_may_see_it(app):
    undeclared = {
        endpoint
        for endpoint, view in app.view_functions.items()
        if endpoint != "static" and not getattr(view, "requires", None)
    }
    assert undeclared == set()


def test_every_message_says_who_may_send_it(app):
    assert {name for name, answer in live.MESSAGES.items() if not answer.requires} == set()


def test_only_the_database_module_commits():
    guilty = [
        path.name
        for path in PACKAGE.rglob("*.py")
        if re.search(r"\.commit\(", path.read_text("utf-8"))
        and path.relative_to(PACKAGE).as_posix() not in {"shared/db.py", "migrations/env.py"}
    ]
    assert guilty == []


def test_every_module_opens_with_a_docstring():
    bare = [
        str(path)
        for path in PACKAGE.rglob("*.py")
        if ast.get_docstring(ast.parse(path.read_text("utf-8"))) is None
    ]
    assert bare == []


def test_blueprint_package_templates_and_tests_share_one_name(app):
    for name in app.blueprints:
        assert name in FEATURES
        code = "".join(path.read_text("utf-8") for path in (PACKAGE / name).rglob("*.py"))
        assert (ROOT / "templates" / name).is_dir() == ("render_template(" in code)
        assert (ROOT / "tests" / name).is_dir()
    folders = {path.name for path in (ROOT / "templates").iterdir()}
    assert folders <= {*FEATURES, "shared"}


def test_no_template_has_inline_code_or_asks_another_host():
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text("utf-8")
        assert not re.search(r"\sstyle=|\son\w+=|\|\s*safe\b", text), path
        assert not re.search(r"<script(?![^>]*\b(src=|type=.application/json))", text), path
        assert not re.search(r"(src|href)=.https?://", text), path


def test_no_tracked_file_names_a_registry_or_a_content_network():
    words = ["pypi.org", "pythonhosted.org", "registry.npmjs", "registry.yarnpkg", "unpkg.com"]
    words += ["jsdelivr", "cdnjs", "esm.sh", "skypack", "fonts.googleapis", "fonts.gstatic"]
    for path in _tracked():
        if path.suffix in {".png", ".woff2"}:
            continue
        text = path.read_text("utf-8", errors="replace")
        if path.name == Path(__file__).name:
            continue
        assert not any(word in text for word in words), path


def test_third_party_files_are_not_tracked():
    names = [path.relative_to(ROOT).as_posix() for path in _tracked()]
    assert not [name for name in names if name.startswith(("static/vendor/", "node_modules/"))]


@pytest.mark.parametrize("path", ["templates/shared/base.html", "static/vendor/tabler.min.css"])
def test_what_pages_need_is_there(path):
    assert (ROOT / path).is_file()
