"""Set up everything and run, with Python 3.11 or newer alone.

python3 dev.py run [--port N] [--host H] [--no-demo]   serve on this computer
python3 dev.py test [pytest arguments]                 all checks and tests
python3 dev.py hackathon ...                           the command line
python3 dev.py lock                                    renew constraints.txt and package-lock.json
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
SOURCES = (
    "pyproject.toml",
    "constraints.txt",
    "package.json",
    "package-lock.json",
    "build_assets.py",
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge")
LOCAL_POSTGRESQL = "postgresql+psycopg://postgres@127.0.0.1:5432/test"


def say(text: str) -> None:
    """Print at once, whatever buffers."""
    print(text, flush=True)


def set_up(extra: str) -> None:
    """Make the environment and install; does nothing while its stamp fits."""
    digest = hashlib.sha256(sys.version.encode())
    for name in SOURCES:
        digest.update((ROOT / name).read_bytes())
    wanted, stamp = digest.hexdigest(), VENV / f".stamp-{extra or 'run'}"
    assets = ROOT / "static" / "vendor" / ".stamp"
    fuller = VENV / ".stamp-test"
    for path in (stamp, fuller):
        if assets.is_file() and path.is_file() and path.read_text("ascii") == wanted:
            return
    say("Setting up (once; about a minute) ...")
    if not PYTHON.is_file():
        try:
            venv.create(VENV, with_pip=True)
        except (subprocess.CalledProcessError, OSError):
            shutil.rmtree(VENV, ignore_errors=True)
            sys.exit(
                "Python's venv module is missing; on Debian or Ubuntu: apt install python3-venv"
            )
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    what = f".[{extra}]" if extra else "."
    for arguments in (["--upgrade", "pip"], ["-c", "constraints.txt", "-e", what]):
        if code := subprocess.run([*pip, *arguments], cwd=ROOT, check=False).returncode:
            sys.exit(code)
    stamp.write_text(wanted, "ascii")


def find_browser() -> str | None:
    """A browser for the journeys; Debian's is installed where that is possible."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None and shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        say("Installing chromium ...")
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
            check=False,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
        found = shutil.which("chromium")
    return found


def find_postgresql() -> str | None:
    """The address of a PostgreSQL that answers."""
    address = os.environ.get("TEST_DATABASE_URL") or LOCAL_POSTGRESQL
    address = address.replace("postgresql://", "postgresql+psycopg://", 1)
    code = "import sys, psycopg; psycopg.connect(sys.argv[1], connect_timeout=3).close()"
    plain = address.replace("+psycopg", "", 1)
    done = subprocess.run([str(PYTHON), "-c", code, plain], check=False, capture_output=True)
    return address if done.returncode == 0 else None


def test(arguments: list[str]) -> int:
    """Run the checkers and the tests; fails when anything had to be left out under CI."""
    set_up("test")
    environment = dict(os.environ)
    left_out = []
    if browser := find_browser():
        environment["HACKATHON_TEST_BROWSER"] = browser
    else:
        left_out.append("the journeys in a browser (install chromium)")
    if address := find_postgresql():
        environment["TEST_DATABASE_URL"] = address
    else:
        environment.pop("TEST_DATABASE_URL", None)
        left_out.append("PostgreSQL (set TEST_DATABASE_URL)")
    code = ["hackathon", "tests", "dev.py", "build_assets.py", "wsgi.py"]
    checks = [
        ["ruff", "check", *code],
        ["ruff", "format", "--check", *code],
        ["mypy"],
        ["lint-imports"],
        ["djlint", "templates", "--lint", "--quiet"],
    ]
    failed = []
    if not arguments:
        for check in checks:
            say("$ " + " ".join(check))
            if subprocess.run(
                [str(BIN / check[0]), *check[1:]], cwd=ROOT, env=environment, check=False
            ).returncode:
                failed.append(check[0])
        arguments = ["-n", "auto", "--cov", "--cov-report=term"]
    say("$ pytest " + " ".join(arguments))
    code_of_tests = subprocess.run(
        [str(PYTHON), "-m", "pytest", *arguments], cwd=ROOT, env=environment, check=False
    ).returncode
    for what in left_out:
        say(f"!!! LEFT OUT: {what}")
    if failed:
        say("!!! FAILED: " + ", ".join(failed))
    if code_of_tests:
        return code_of_tests
    return 1 if failed or (left_out and os.environ.get("CI") == "true") else 0


def lock() -> int:
    """Renew both lock files without addresses in them."""
    set_up("test")
    scratch = ROOT / ".venv-lock"
    venv.create(scratch, with_pip=True)
    tool = scratch / BIN.name / PYTHON.name
    subprocess.run([str(tool), "-m", "pip", "install", "--quiet", "uv"], check=True)
    subprocess.run(
        [
            str(tool),
            "-m",
            "uv",
            "pip",
            "compile",
            "--universal",
            "--python-version",
            "3.11",
            "--upgrade",
            "--extra",
            "test",
            "--extra",
            "server",
            "--no-emit-index-url",
            "--no-annotate",
            "--no-header",
            "--quiet",
            "pyproject.toml",
            "-o",
            "constraints.txt",
        ],
        cwd=ROOT,
        check=True,
    )
    shutil.rmtree(scratch)
    return subprocess.run(
        ["npm", "install", "--package-lock-only"], cwd=ROOT, check=False
    ).returncode


def main() -> int:
    """Do what the first word says."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is what an older Python meets first
        sys.exit("Hackathon needs Python 3.11 or newer.")
    command, *arguments = sys.argv[1:] or ["help"]
    if command == "test":
        return test(arguments)
    if command == "lock":
        return lock()
    if command in {"run", "hackathon"}:
        set_up("")
        words = ["run", *arguments] if command == "run" else arguments
        line = [str(PYTHON), "-m", "hackathon", *words]
        if os.name == "nt":
            return subprocess.run(line, check=False).returncode
        os.execv(line[0], line)
    say(__doc__ or "")
    return 0 if command in {"help", "-h", "--help"} else 2


if __name__ == "__main__":
    sys.exit(main())
